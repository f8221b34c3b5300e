//! A limit on everything that can grow, each with its reason.

use std::time::Duration;

/// The engine's limits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// New work under way at once. Roughly a tenth of a second at the measured rate: who waits longer is better off
    /// trying again.
    pub starts_in_flight_max: usize,
    /// Reports and everything else under way at once; more wait for a place.
    pub reports_in_flight_max: usize,
    /// Commands in one commit. Bounds what a sync that fails leaves unanswered.
    pub batch_len_max: usize,
    /// Cases kept in memory; colder ones are read from the store when asked for.
    pub cases_cached_max: usize,
    /// Calls to one agency at once.
    pub agency_calls_max: usize,
    /// How long one call to an agency may take.
    pub agency_deadline: Duration,
    /// Calls for one attempt before it is recorded as undelivered.
    pub agency_tries_max: u32,
    /// Wait after the first failed call; four times as long after each more.
    pub agency_backoff: Duration,
    /// Cases woken at once when civil time has moved.
    pub wakes_in_flight_max: usize,
    /// How long a notice waits before it is sent, so that who is looking at the case just then is not written to.
    pub tell_after: Duration,
    /// How long one attempt to tell somebody may take.
    pub tell_deadline: Duration,
    /// Attempts to tell somebody at once.
    pub tells_at_once_max: usize,
    /// Notices in hand at once, most of them waiting; more stay in their cases until the next start.
    pub tells_waiting_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            starts_in_flight_max: 512,
            reports_in_flight_max: 4_096,
            batch_len_max: 512,
            cases_cached_max: 32_768,
            agency_calls_max: 256,
            agency_deadline: Duration::from_secs(10),
            agency_tries_max: 4,
            agency_backoff: Duration::from_millis(250),
            wakes_in_flight_max: 256,
            tell_after: Duration::from_secs(120),
            tell_deadline: Duration::from_secs(90),
            tells_at_once_max: 64,
            tells_waiting_max: 200_000,
        }
    }
}
