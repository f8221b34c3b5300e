//! Why stored bytes could not be read.

/// What is wrong with stored bytes. Never holds anything of their content, since it goes to logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no message at all.
    #[error("read {what}")]
    Malformed {
        /// What was read: `record`, `state`.
        what: &'static str,
        /// Where it went wrong.
        source: prost::DecodeError,
    },
    /// An enum or a kind has a number that this version does not know. A newer program reads it.
    #[error("{field} has number {number}, which this version does not know: written by a newer version")]
    NewerNumber {
        /// What has it.
        field: &'static str,
        /// The number; 0 means that nothing was written.
        number: i64,
    },
    /// Something that is always written is not there: damaged, or replaced by something else in a newer version.
    #[error("{field} is missing")]
    Absent {
        /// What.
        field: &'static str,
    },
    /// A value that the core would never have made.
    #[error("{field} is not a {expected}")]
    Invalid {
        /// What has it.
        field: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
    /// Two events say that they have the same place in the record.
    #[error("two events have index {index}")]
    RepeatedIndex {
        /// The place, from 0.
        index: u32,
    },
    /// Events are missing, or too many, although nothing was disposed of that would explain it.
    #[error("{found} events where {expected} were recorded")]
    EventsMissing {
        /// How many there are.
        found: u32,
        /// How many were recorded.
        expected: u32,
    },
}
