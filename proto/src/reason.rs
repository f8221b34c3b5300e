//! How an [`ErrorReason`] is written in `google.rpc.ErrorInfo`.

use crate::v1::ErrorReason;

/// What every value's name begins with in the contract.
const PREFIX: &str = "ERROR_REASON_";

impl ErrorReason {
    /// Gives the text for `ErrorInfo.reason`: the name without its prefix, for
    /// example `ETAG_MISMATCH`.
    #[must_use]
    pub fn as_reason(&self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix(PREFIX).unwrap_or(name)
    }

    /// Reads the text of an `ErrorInfo.reason`. A reason that this version does
    /// not know is `None`; fall back on the status code.
    #[must_use]
    pub fn from_reason(reason: &str) -> Option<Self> {
        Self::from_str_name(&format!("{PREFIX}{reason}"))
    }
}
