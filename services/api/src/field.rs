//! The names of every field in spans and log lines, in one place.
//!
//! No field holds an identity number, a name, an address, or content of a case.

/// The gRPC method, `/livshandelse.v1.CaseService/GetCase`.
pub const METHOD: &str = "rpc.method";
/// The gRPC status code, as its number.
pub const CODE: &str = "rpc.code";
/// Who calls: `person`, `agency`, `operator`, never which person.
pub const ACTOR_KIND: &str = "actor.kind";
pub use livshandelse_engine::field::{AGENCY, ATTEMPT, RESULT, STEP, TRY};

/// Why something was refused or failed, as a stable word.
pub const REASON: &str = "reason";
/// What went wrong, without content.
pub const ERROR: &str = "error";
/// How many.
pub const COUNT: &str = "count";
