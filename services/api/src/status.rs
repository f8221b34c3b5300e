//! The one table from a refusal to a status. Exhaustive: a new refusal does not compile without a row.
//!
//! Every status carries `ErrorInfo` with a reason from the contract, and whatever varies in the text stands in its
//! metadata too. Messages say what to do, and never repeat an identity number, a name or content.

mod rejection;
#[cfg(test)]
mod tests;

use livshandelse_core::form::WrongField;
use livshandelse_core::id::{Revision, StepId};
use livshandelse_engine::Refusal;
use livshandelse_proto::ERROR_DOMAIN;
use livshandelse_proto::v1::ErrorReason;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, StatusExt};

/// Field violations that one status carries; the rest are counted in the message.
const VIOLATIONS_LEN_MAX: usize = 100;

/// When to try again after something that passes by itself.
const RETRY_SOON: Duration = Duration::from_millis(500);
/// When to try again after something that somebody has to mend.
const RETRY_LATER: Duration = Duration::from_secs(30);

/// Why a call is refused. Facts are fields; [`Status`] is made of it by one table.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The engine, or the rules behind it, said no.
    #[error(transparent)]
    Engine(#[from] Refusal),
    /// Fields are wrong: all of them.
    #[error("{} fields are wrong", .0.len())]
    Fields(Vec<WrongField>),
    /// `request_id` is missing or no UUID.
    #[error("the request id is no UUID")]
    RequestId,
    /// A page token of another list, or none.
    #[error("the page token was not made for this list")]
    PageToken,
    /// Something is larger than its limit.
    #[error("{what} is larger than {max}")]
    TooLarge {
        /// What, as a path.
        what: String,
        /// The limit, with its unit.
        max: String,
    },
    /// The actor's metadata is missing.
    #[error("no actor")]
    ActorMissing,
    /// The actor's metadata cannot be read.
    #[error("the actor cannot be read: {problem}")]
    ActorUnreadable {
        /// Why, without repeating it.
        problem: String,
    },
    /// The actor is not believed from where the call comes.
    #[error("the actor is not believed from another machine")]
    ActorNotBelieved,
    /// The purpose's metadata is missing or unreadable.
    #[error("no purpose")]
    PurposeMissing,
    /// The method is for another kind of actor.
    #[error("the method is for {needs}")]
    NotAllowed {
        /// For whom it is.
        needs: &'static str,
    },
    /// No such thing, or none for this caller.
    #[error("no such {kind}")]
    NotFound {
        /// `case`, `step`, `task`, `agency`. What was asked for is the caller's own text and is not repeated.
        kind: &'static str,
    },
    /// No such life event or revision.
    #[error("no such life event")]
    NoSuchLifeEvent,
    /// The case has changed since the etag was read.
    #[error("the case has changed")]
    EtagMismatch,
    /// Another supplement is open than the one answered.
    #[error("supplement {given} is not open")]
    SupplementMismatch {
        /// The step.
        step: StepId,
        /// The one answered.
        given: u32,
        /// The one that is open; 0 for none.
        open: u32,
    },
    /// The case is no draft.
    #[error("the case is no draft")]
    NotADraft,
    /// The document was sent with a step.
    #[error("the document was sent")]
    AttachmentSent,
    /// An answer names the document, and may be filed at any time.
    #[error("an answer names the document")]
    AttachmentNamed,
    /// The case holds as many documents, or as much of them, as it may.
    #[error("the case has its {max} {what}")]
    AttachmentsFull {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: String,
    },
    /// The revision's number is taken by other content.
    #[error("the number is taken by other content")]
    RevisionExists {
        /// Which.
        revision: Revision,
    },
    /// A later revision is there.
    #[error("a later revision is there")]
    RevisionOlder {
        /// The newest there is.
        newest: u32,
    },
    /// The revision is another than was read.
    #[error("the revision is another than was read")]
    DigestMismatch,
    /// Too many streams.
    #[error("too many are watching")]
    TooManyWatchers,
    /// Too many calls at once.
    #[error("too many calls at once")]
    TooManyCalls,
    /// The call took longer than one may.
    #[error("the call took too long")]
    TooSlow,
    /// The service ends.
    #[error("draining")]
    Draining,
    /// A fault of ours.
    #[error("internal: {what}")]
    Internal {
        /// What, without content.
        what: &'static str,
    },
}

/// One row of the table.
struct Row {
    code: Code,
    reason: ErrorReason,
    message: String,
    facts: Vec<(&'static str, String)>,
    extra: Extra,
}

/// What a row carries beside its reason.
enum Extra {
    Nothing,
    Fields(Vec<WrongField>),
    Retry(Duration),
    Resource { kind: &'static str, name: String },
    Precondition { subject: String },
}

impl Row {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Row {
        Row { code, reason, message: message.into(), facts: Vec::new(), extra: Extra::Nothing }
    }

    /// Wrong fields, all at once.
    fn fields(fields: Vec<WrongField>) -> Row {
        let count = fields.len();
        let shown: Vec<String> =
            fields.iter().take(3).map(|field| format!("{}: {}; {}", field.path, field.problem, field.remedy)).collect();
        let more = if count > 3 { format!("; and {} more, see BadRequest", count - 3) } else { String::new() };
        let message = format!(
            "{} wrong: {}{more}",
            if count == 1 { "1 field is".to_owned() } else { format!("{count} fields are") },
            shown.join("; ")
        );
        let row = Row::new(Code::InvalidArgument, ErrorReason::FieldInvalid, message);
        Row { extra: Extra::Fields(fields), ..row }.fact("field_count", count)
    }

    fn fact(mut self, name: &'static str, value: impl ToString) -> Row {
        self.facts.push((name, value.to_string()));
        self
    }

    fn retry(self, after: Duration) -> Row {
        Row { extra: Extra::Retry(after), ..self }
    }

    fn resource(self, kind: &'static str, name: impl ToString) -> Row {
        Row { extra: Extra::Resource { kind, name: name.to_string() }, ..self }
    }

    fn precondition(self, subject: impl ToString) -> Row {
        Row { extra: Extra::Precondition { subject: subject.to_string() }, ..self }
    }

    fn into_status(self) -> Status {
        let facts: HashMap<String, String> =
            self.facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut details = ErrorDetails::with_error_info(self.reason.as_reason(), ERROR_DOMAIN, facts);
        match self.extra {
            Extra::Nothing => {}
            Extra::Fields(fields) => {
                let violations = fields.into_iter().take(VIOLATIONS_LEN_MAX);
                let violations: Vec<FieldViolation> = violations
                    .map(|field| FieldViolation::new(field.path, format!("{}; {}", field.problem, field.remedy)))
                    .collect();
                details.set_bad_request(violations);
            }
            Extra::Retry(after) => {
                details.set_retry_info(Some(after));
            }
            Extra::Resource { kind, name } => {
                details.set_resource_info(kind, name, "", self.message.clone());
            }
            Extra::Precondition { subject } => {
                let kind = self.reason.as_reason();
                details.set_precondition_failure(vec![PreconditionViolation::new(kind, subject, self.message.clone())]);
            }
        }
        Status::with_error_details(self.code, self.message, details)
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Status {
        row(refused).into_status()
    }
}

/// The table: what a caller of the API is told.
fn row(refused: Refused) -> Row {
    use ErrorReason as Reason;
    match refused {
        Refused::Engine(refusal) => engine_row(refusal),
        Refused::Fields(fields) => Row::fields(fields),
        Refused::RequestId => Row::new(
            Code::InvalidArgument,
            Reason::RequestIdInvalid,
            "request_id is missing or no UUID; give a new UUID for a new request, the same for a repeat",
        ),
        Refused::PageToken => Row::new(
            Code::InvalidArgument,
            Reason::PageTokenInvalid,
            "page_token was not made for this list; send next_page_token unchanged with the same filter, or begin anew without one",
        ),
        Refused::TooLarge { what, max } => {
            Row::new(Code::InvalidArgument, Reason::TooLarge, format!("{what} is larger than {max}; send less"))
                .fact("what", what)
                .fact("max", max)
        }
        Refused::ActorMissing => Row::new(
            Code::Unauthenticated,
            Reason::ActorMissing,
            "metadata x-livshandelse-actor is missing; send it once: `person:<identity number>`, `agency:<slug>` or `operator:<name>`",
        ),
        Refused::ActorUnreadable { problem } => Row::new(
            Code::Unauthenticated,
            Reason::ActorMissing,
            format!("metadata x-livshandelse-actor cannot be read: {problem}"),
        ),
        Refused::ActorNotBelieved => Row::new(
            Code::Unauthenticated,
            Reason::ActorMissing,
            "metadata x-livshandelse-actor is believed from this machine alone; call over loopback, or let the operator open the network behind what authenticates callers",
        ),
        Refused::PurposeMissing => Row::new(
            Code::Unauthenticated,
            Reason::PurposeMissing,
            "metadata x-livshandelse-purpose is missing or unfit; say in 1 to 200 characters what the call is for",
        ),
        Refused::NotAllowed { needs } => {
            Row::new(Code::PermissionDenied, Reason::NotAllowed, format!("this method is for {needs}; call it as one"))
                .fact("needs", needs)
        }
        Refused::NotFound { kind } => Row::new(
            Code::NotFound,
            Reason::NotFound,
            format!("there is no such {kind}, or it is not yours to see; check the name"),
        )
        .fact("kind", kind)
        .resource(kind, ""),
        Refused::NoSuchLifeEvent => Row::new(
            Code::NotFound,
            Reason::LifeEventNotFound,
            "there is no such life event or revision; see ListLifeEvents",
        )
        .resource("life event", ""),
        Refused::EtagMismatch => Row::new(
            Code::Aborted,
            Reason::EtagMismatch,
            "the case has changed since the etag was read; read it again, then repeat with the new etag",
        ),
        Refused::SupplementMismatch { step, given, open } => Row::new(
            Code::FailedPrecondition,
            Reason::SupplementMismatch,
            format!("supplement {given} of step {step} is not open; read the case again and answer the one that is"),
        )
        .fact("step", &step)
        .fact("given", given)
        .fact("open", open)
        .precondition(step),
        Refused::NotADraft => {
            Row::new(Code::FailedPrecondition, Reason::NotADraft, "the case is no draft any more; read it with GetCase")
                .precondition("case")
        }
        Refused::AttachmentSent => Row::new(
            Code::FailedPrecondition,
            Reason::AttachmentSent,
            "the document was sent with a step and is the agency's too; ask the agency, or withdraw the step",
        )
        .precondition("attachment"),
        Refused::AttachmentNamed => Row::new(
            Code::FailedPrecondition,
            Reason::AttachmentNamed,
            "an answer to a step names the document, and may be filed at any time; answer the step with another first",
        )
        .precondition("attachment"),
        Refused::AttachmentsFull { what, max } => Row::new(
            Code::FailedPrecondition,
            Reason::AttachmentsFull,
            format!("the case may have {max} {what} and no more; delete a document that is not needed, or send a smaller one"),
        )
        .fact("what", what)
        .fact("max", max)
        .precondition("case"),
        Refused::RevisionExists { revision } => Row::new(
            Code::AlreadyExists,
            Reason::RevisionExists,
            "the revision's number is taken by other content; give the changed definition the next number",
        )
        .fact("revision", &revision)
        .resource("revision", revision),
        Refused::RevisionOlder { newest } => Row::new(
            Code::FailedPrecondition,
            Reason::RevisionOlder,
            format!("revision {newest} of the life event is there already; give this one a later number"),
        )
        .fact("newest", newest)
        .precondition("revision"),
        Refused::DigestMismatch => Row::new(
            Code::FailedPrecondition,
            Reason::DigestMismatch,
            "the revision is another than the one that was read; read it again with GetLifeEvent, then approve it",
        )
        .precondition("revision"),
        Refused::TooManyWatchers => Row::new(
            Code::ResourceExhausted,
            Reason::TooManyWatchers,
            "too many are watching; wait as RetryInfo says, or read with GetCase",
        )
        .retry(RETRY_LATER),
        Refused::TooManyCalls => Row::new(
            Code::ResourceExhausted,
            Reason::Overloaded,
            "too many calls are under way; wait as RetryInfo says, then repeat with the same request_id",
        )
        .retry(RETRY_SOON),
        Refused::TooSlow => Row::new(
            Code::DeadlineExceeded,
            Reason::TooSlow,
            "the call took longer than one may; wait as RetryInfo says, then repeat with the same request_id",
        )
        .retry(RETRY_SOON),
        Refused::Draining => draining(),
        Refused::Internal { what } => internal(what),
    }
}

/// The engine's part of the table.
fn engine_row(refusal: Refusal) -> Row {
    use ErrorReason as Reason;
    match refusal {
        Refusal::Rejected { rejection, case: _ } => rejection::row(*rejection),
        Refusal::Changed => row(Refused::EtagMismatch),
        Refusal::Busy { retry_after } => Row::new(
            Code::ResourceExhausted,
            Reason::Overloaded,
            "too much is waiting; wait as RetryInfo says, then repeat with the same request_id",
        )
        .retry(retry_after),
        Refusal::DiskFull => Row::new(
            Code::ResourceExhausted,
            Reason::DiskLow,
            "the disk is nearly full and no new cases are taken; wait as RetryInfo says, an operator has to make room",
        )
        .retry(RETRY_LATER),
        Refusal::Draining => draining(),
        Refusal::NotTimeLapse => Row::new(
            Code::FailedPrecondition,
            Reason::ClockIsReal,
            "this store runs in real time and nobody moves it; start one with time-lapse",
        )
        .precondition("clock"),
        Refusal::NotIdle => Row::new(
            Code::Unavailable,
            Reason::NotIdle,
            "something is under way; wait as RetryInfo says, then move time again",
        )
        .retry(RETRY_SOON),
        Refusal::UnknownRevision(revision) => Row::new(
            Code::NotFound,
            Reason::LifeEventNotFound,
            "there is no such life event or revision; see ListLifeEvents",
        )
        .fact("revision", &revision)
        .resource("life event", revision),
        Refusal::Quarantined => Row::new(
            Code::DataLoss,
            Reason::RecordDamaged,
            "the case's stored record is damaged and set aside; call an operator",
        ),
        Refusal::StoreFailed => Row::new(
            Code::Unavailable,
            Reason::StoreUnavailable,
            "the store cannot be written; repeat with the same request_id once the service is back",
        )
        .retry(RETRY_LATER),
    }
}

fn draining() -> Row {
    Row::new(
        Code::Unavailable,
        ErrorReason::Draining,
        "the service is ending; repeat with the same request_id once it is back, or elsewhere",
    )
    .retry(RETRY_SOON)
}

fn internal(what: &'static str) -> Row {
    Row::new(
        Code::Internal,
        ErrorReason::Internal,
        "a fault of ours, and nothing was stored; report what you did to the operator",
    )
    .fact("what", what)
}
