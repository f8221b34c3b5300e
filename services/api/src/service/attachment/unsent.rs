//! Drafts that expired or were withdrawn leave no documents, and uploads that nobody resumes nothing.

use crate::api::Api;
use crate::status::Refused;
use livshandelse_core::case::{End, Stage};
use livshandelse_core::id::CaseId;

/// Cases that are looked at in one go.
const CASES_PER_LOOK: usize = 500;

/// Gives up uploads that were broken off too long ago. Returns how many there were.
pub(crate) async fn expire_uploads(api: &Api) -> Result<usize, Refused> {
    let Some(attachments) = api.attachments() else { return Ok(0) };
    let now = api.engine().now().0;
    attachments.blocking(move |documents| documents.expire(super::LIMITS, now)).await
}

/// Destroys the documents of drafts that are over. Returns how many there were.
pub(crate) async fn dispose_unsent(api: &Api) -> Result<usize, Refused> {
    let Some(attachments) = api.attachments() else { return Ok(0) };
    let (mut after, mut disposed_count) = (None, 0);
    loop {
        let cases = attachments.blocking(move |documents| Ok(documents.cases(after, CASES_PER_LOOK)?)).await?;
        for case in &cases {
            let case = *case;
            let stage = api.engine().read(CaseId(case)).await.ok().flatten().map(|case| case.stage);
            if stage == Some(Stage::Ended(End::DraftExpired)) {
                disposed_count += attachments.blocking(move |documents| documents.dispose(case)).await?;
            }
        }
        match cases.last() {
            Some(last) if cases.len() == CASES_PER_LOOK => after = Some(*last),
            Some(_) | None => return Ok(disposed_count),
        }
    }
}
