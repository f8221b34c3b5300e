//! Who may do what with the documents of a case. What an agency may read, is in `sent`.

use crate::status::Refused;
use livshandelse_core::Rejection;
use livshandelse_core::case::{Case, End, Stage, Step};
use livshandelse_core::id::{DocumentId, PartyId};
use livshandelse_core::value::{Value, Values};
use livshandelse_engine::Refusal;
use std::sync::Arc;

/// What is to be done with the documents of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// List or read them.
    Read,
    /// Add one.
    Add,
    /// Delete one.
    Remove,
}

/// Whether a person who sees a case may do something with its documents: they lie in the applicant's own space (design §1).
pub(super) fn check(case: &Case, person: PartyId, deed: Deed) -> Result<(), Refused> {
    if case.applicant().is_none_or(|applicant| applicant.id != person) {
        return Err(Refused::NotAllowed { needs: "the case's applicant" });
    }
    match (deed, case.stage) {
        (_, Stage::Draft | Stage::Open) => Ok(()),
        // A draft that is over has no documents any more, whether they have been destroyed yet or not.
        (_, Stage::Absent | Stage::Ended(End::DraftExpired)) | (Deed::Add, Stage::Ended(_)) => {
            Err(Refusal::Rejected { rejection: Box::new(Rejection::CaseEnded), case: None }.into())
        }
        (Deed::Read | Deed::Remove, Stage::Ended(_)) => Ok(()),
    }
}

/// Whether a document went to an agency with a step. From then on it is the agency's too, and not the applicant's to delete.
pub(super) fn is_sent(case: &Case, id: DocumentId) -> bool {
    case.steps.iter().any(|step| step.documents.contains(&id))
}

/// Whether a document is the applicant's alone to do away with: no agency has it, and none may get it at any time.
pub(super) fn check_unused(case: &Case, id: DocumentId) -> Result<(), Refused> {
    let names = |values: &Values| values.values().any(|value| *value == Value::Document(id));
    if is_sent(case, id) {
        return Err(Refused::AttachmentSent);
    }
    let waits = |step: &&Arc<Step>| step.filed_at.is_none() && !step.state.is_over();
    let is_named = case.stage == Stage::Open
        && (case.step_input.values().any(names) || case.steps.iter().filter(waits).any(|step| names(&step.input)));
    if is_named { Err(Refused::AttachmentNamed) } else { Ok(()) }
}
