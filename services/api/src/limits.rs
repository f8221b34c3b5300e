//! A limit on everything that can grow at the door, each with its reason.

use std::time::Duration;

/// Limits that an operator may set.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls of portals under way at once; more are refused at once with `RESOURCE_EXHAUSTED`. Above the engine's own
    /// limit on starts, so that reading goes on while starts are shed.
    pub portal_calls_max: usize,
    /// Calls of agencies and operators under way at once; more wait for a place, until the caller's deadline.
    pub report_calls_max: usize,
    /// Streams that watch, on all connections. Each holds one case and a timer.
    pub watchers_max: usize,
    /// Streams of one HTTP/2 connection; the rest wait by flow control.
    pub streams_per_connection_max: u32,
    /// How long a call of a portal may take; the caller's own deadline if that is shorter.
    pub portal_call_duration_max: Duration,
    /// How long a report may take, waiting included; the caller's own deadline if that is shorter.
    pub report_call_duration_max: Duration,
    /// Silence on a watch stream before a heartbeat is sent. Never above the contract's 15 seconds.
    pub heartbeat_interval: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            portal_calls_max: 2_048,
            report_calls_max: 8_192,
            watchers_max: 20_000,
            streams_per_connection_max: 1_024,
            portal_call_duration_max: Duration::from_secs(20),
            report_call_duration_max: Duration::from_secs(60),
            heartbeat_interval: Duration::from_secs(10),
        }
    }
}

/// Bytes of one request message. A case with every form filled to its own limit is below half of it.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of one response message, and of an agency's answer. A page of a thousand cases without steps is below it.
pub const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of all metadata of a call.
pub const METADATA_BYTES_MAX: u32 = 16 * 1024;

/// Characters of `x-livshandelse-purpose`, which is recorded with every change.
pub const PURPOSE_LEN_MAX: usize = 200;

/// Characters of an operator's name.
pub const OPERATOR_LEN_MAX: usize = 64;

/// Characters of a resource name that is looked at; a longer one is refused unread.
pub const NAME_LEN_MAX: usize = 400;

/// Cases of one person that are looked through for a list or a fact. Nobody has so many; who has is shown the first.
pub const CASES_OF_PARTY_MAX: usize = 1_000;

/// Forms of steps given ahead in one request.
pub const STEP_INPUTS_LEN_MAX: usize = 200;

/// Fields of one `google.protobuf.Struct`; a form has fewer.
pub const FIELDS_LEN_MAX: usize = 500;

/// Cases that one `WatchCases` follows.
pub const WATCHED_CASES_MAX: usize = 1_000;

/// Records that are read from the store at a time for `ListCaseEvents`.
pub const RECORDS_PER_READ: usize = 200;

/// Uploads of documents under way at once. Each holds a file and a quarter of a megabyte.
pub const UPLOADS_MAX: usize = 64;
