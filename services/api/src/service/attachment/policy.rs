//! Who may do what with the documents of a case. One place: an agency's right to what came with a task of its own is added here, and nowhere
//! else.

use crate::status::Refused;
use livshandelse_core::Rejection;
use livshandelse_core::case::{Case, End, Stage};
use livshandelse_core::id::PartyId;
use livshandelse_core::value::{Value, Values};
use livshandelse_engine::Refusal;

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

/// Whether a document was sent: a form that has been filed names it. From then on it is the agency's too, and not the applicant's to delete.
pub(super) fn is_sent(case: &Case, name: &str) -> bool {
    match case.stage {
        Stage::Absent | Stage::Draft | Stage::Ended(End::DraftExpired) => false,
        Stage::Open | Stage::Ended(_) => {
            let filed = case.steps.iter().filter(|step| step.filed_at.is_some());
            names(&case.input, name) || filed.into_iter().any(|step| names(&step.input, name))
        }
    }
}

fn names(values: &Values, name: &str) -> bool {
    values.values().any(|value| matches!(value, Value::Text(text) if text.contains(name)))
}
