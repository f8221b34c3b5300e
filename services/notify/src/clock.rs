//! What time it is, as the caller says.

/// Gives the machine's time.
///
/// Any function that returns milliseconds since 1970-01-01T00:00:00Z is one. It is asked once for each attempt: a letter's
/// `Date` and a call's `webhook-timestamp` are those of the attempt, in real time also where civil time is stepped.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now_ms(&self) -> i64 {
        self()
    }
}

/// Whole seconds since 1970, never negative.
pub(crate) fn seconds(now_ms: i64) -> u64 {
    u64::try_from(now_ms.div_euclid(1000)).unwrap_or(0)
}
