//! The numbers that the comments of the contract name, for those who enforce them
//! and those who want to know beforehand.

use std::time::Duration;

/// The size of a `google.protobuf.Struct` (input, values, evidence, gives), as
/// compact JSON, in bytes.
pub const STRUCT_BYTES_MAX: usize = 64 * 1024;

/// Parties in a case; there is at least one.
pub const PARTIES_LEN_MAX: usize = 20;

/// An agency's own words about a status, a delay or a failure, and a reason for a
/// withdrawal, in characters.
pub const WORDS_LEN_MAX: usize = 2_000;

/// What a party is told in a decision, a completion or a supplement, in
/// characters.
pub const TEXT_LEN_MAX: usize = 10_000;

/// An agency's own numbers and references, in characters.
pub const AGENCY_NUMBER_LEN_MAX: usize = 64;

/// The address at which a fee is paid, in characters.
pub const LINK_LEN_MAX: usize = 2_048;

/// What was shown of a mandate, in words, in characters.
pub const MANDATE_EVIDENCE_LEN_MAX: usize = 200;

/// Steps that one mandate names.
pub const MANDATE_STEPS_LEN_MAX: usize = 100;

/// A slug, such as the reason of a failure, in characters.
pub const SLUG_LEN_MAX: usize = 64;

/// An effect key, in characters.
pub const EFFECT_KEY_LEN_MAX: usize = 64;

/// The size of a page when `page_size` is 0.
pub const PAGE_SIZE_DEFAULT: u16 = 50;

/// The size of a page when `page_size` is larger.
pub const PAGE_SIZE_MAX: u16 = 1_000;

/// Cases named in one `WatchCases`.
pub const WATCH_POSITIONS_LEN_MAX: usize = 1_000;

/// The longest silence on a watch stream, in machine time.
pub const HEARTBEAT_INTERVAL_MAX: Duration = Duration::from_secs(15);

/// How long a drain waits when nothing is said, in machine time.
pub const DRAIN_DURATION_DEFAULT: Duration = Duration::from_secs(30);

/// How long a drain waits at most, in machine time.
pub const DRAIN_DURATION_MAX: Duration = Duration::from_secs(10 * 60);

/// A document, in bytes.
pub const ATTACHMENT_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// The content of one message of an upload or a download, in bytes.
pub const ATTACHMENT_PIECE_BYTES_MAX: usize = 64 * 1024;

/// Documents of a case.
pub const ATTACHMENTS_LEN_MAX: usize = 20;

/// All documents of a case, in bytes.
pub const ATTACHMENTS_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// Uploads and deletions of a case in all its time.
pub const ATTACHMENT_CHANGES_MAX: usize = 500;

/// Hours of civil time for which an upload that was broken off can be resumed.
pub const UPLOAD_KEPT_HOURS_MAX: i64 = 24;

/// A file name, in characters.
pub const FILE_NAME_LEN_MAX: usize = 120;

/// The longest silence of an upload, in machine time.
pub const UPLOAD_SILENCE_MAX: Duration = Duration::from_secs(30);

/// The longest upload, in machine time.
pub const UPLOAD_DURATION_MAX: Duration = Duration::from_secs(10 * 60);
