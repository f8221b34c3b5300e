//! The one door to the clock, to randomness and to the environment; everybody else is handed what they give.

use livshandelse_core::time::CivilTime;

/// What time it is by the machine's clock.
pub(crate) fn now() -> CivilTime {
    CivilTime(jiff::Timestamp::now().as_millisecond())
}

/// A name for one request that nobody has used before (UUID version 4).
pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A variable of the environment; `None` when it is not set, empty, or no text.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
