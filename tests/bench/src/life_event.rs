//! The life event that is measured: eight steps in three waves, two, four and two, each a call to an agency. It is data
//! like any other, in `life-event/`.

use anyhow::anyhow;
use jiff::civil::Date;
use livshandelse_workflows::Bundle;
use std::path::Path;
use std::sync::Arc;

/// The waves, as the limit must call them: two, four, two.
pub(crate) const WAVES: [&[&str]; 3] =
    [&["first-a", "first-b"], &["second-a", "second-b", "second-c", "second-d"], &["third-a", "third-b"]];

/// The civil day of a measured run.
pub(crate) const DAY: Date = Date::constant(2026, 3, 2);

/// The identity number of the person who files every measured case (one of Skatteverket's test numbers).
pub(crate) const APPLICANT: &str = "198804152380";

/// Reads the life event.
///
/// # Errors
///
/// Returns every complaint about it.
pub(crate) fn bundle() -> anyhow::Result<Arc<Bundle>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("life-event");
    let bundle = Bundle::read(&folder).map_err(|complaints| anyhow!("{complaints:?}"))?;
    Ok(Arc::new(bundle))
}
