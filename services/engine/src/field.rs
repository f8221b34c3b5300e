//! The names of the fields of spans, in one place: the API uses them too.
//!
//! No field holds an identity number, a name, an address, a case, or where somebody lives.

/// An agency as the definition names it: `socialnamnden`, never `socialnamnden-0580`, which would tell where somebody lives.
pub const AGENCY: &str = "agency";
/// A step's slug in the definition.
pub const STEP: &str = "step.name";
/// The number of an attempt, from 1.
pub const ATTEMPT: &str = "attempt";
/// The number of a call within an attempt, from 1.
pub const TRY: &str = "try";
/// What came of a call to an agency: `answered`, `silent`, `unreachable`, `garbage`, `refused`.
pub const RESULT: &str = "result";
