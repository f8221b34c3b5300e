//! What is asked of a case.

use crate::case::{Ask, ExecutionState, FactReport, Mandate, NewParty};
use crate::definition::Role;
use crate::event::Decided;
use crate::id::{Attempt, PartyId, RequestId, Revision, Slug, StepId};
use crate::notice::NoticeCommand;
use crate::time::CivilTime;
use crate::value::Values;
use jiff::civil::Date;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// A citizen or company.
    Person(PartyId),
    /// An agency, by its resolved slug (`skatteverket`, `socialnamnden-0580`).
    Agency(Slug),
    /// Somebody who runs the service.
    Operator(String),
    /// Time itself: a clock that ended.
    Time,
}

/// A command with who asked it and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The caller's name for the request and the hash of its body; a repeat gets its outcome again.
    pub id: Option<(RequestId, [u8; 16])>,
    /// Who asks. Recorded.
    pub actor: Actor,
    /// Why, in the caller's words (`x-livshandelse-purpose`). Recorded.
    pub purpose: String,
    /// What is asked.
    pub command: Command,
}

/// What can be asked of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Keep an unsent draft in the applicant's own space, new or changed.
    SaveDraft(Filing),
    /// Start the case.
    CreateCase(Filing),
    /// Come into a case: the person herself, an agency that took her word, or a representative who shows a mandate.
    JoinCase {
        /// Who comes in.
        party: NewParty,
        /// The mandate that a representative shows.
        mandate: Option<Mandate>,
        /// The applicant whom the representative brings along, where she is not in the case yet.
        represented: Option<NewParty>,
        /// Answers to the questions of the life event's form that are asked of those who come in.
        input: Values,
    },
    /// Give what a step asks for: its form, a signature, a supplement, an answer to an offer.
    SubmitInput {
        /// The step.
        step: StepId,
        /// The form's fields.
        input: Values,
    },
    /// Take up a step that a condition proposed as not needed, or that was optional.
    AddStep {
        /// The step.
        step: StepId,
    },
    /// Withdraw one step. A request to the agency once it has been filed: only the agency closes it.
    WithdrawStep {
        /// The step.
        step: StepId,
    },
    /// Withdraw every step that can be.
    WithdrawCase,
    /// What an agency says of a step.
    Report {
        /// The agency's own attempt; an older one is kept and not applied.
        step: StepId,
        /// The attempt it speaks of.
        attempt: Attempt,
        /// What it says of the document itself, in the same breath.
        arrival: Option<Arrival>,
        /// What it says.
        report: Report,
    },
    /// Something happened, told without a task.
    ReportFact(FactReport),
    /// An attempt could not be delivered (machine time ran out, or the answer could not be understood).
    ReportUndelivered {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: Attempt,
        /// Why.
        why: Undelivered,
    },
    /// Civil time has reached a moment that something waits for.
    PassTime,
    /// An operator has mended what stopped a step: try again.
    RetryStep {
        /// The step.
        step: StepId,
    },
    /// An operator hands a step that cannot be delivered to the agency's inbox: it has arrived there (reception `here`).
    HandToInbox {
        /// The step.
        step: StepId,
    },
    /// Something about telling people.
    Notice(NoticeCommand),
}

/// What is filed when a case starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// The definition the case is pinned to.
    pub revision: Revision,
    /// Who is in it. Who files, the applicant or a helper, is the actor of the request.
    pub parties: Vec<NewParty>,
    /// The form of the life event itself.
    pub input: Values,
    /// Forms of steps, given ahead.
    pub step_input: Vec<(StepId, Values)>,
    /// Where the case's municipal and regional steps go: a municipality code.
    pub municipality: String,
}

/// That a document has arrived: when, and under which number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The agency's own case number.
    pub case_number: Option<String>,
    /// When it arrived, as the agency says.
    pub at: CivilTime,
}

/// What an agency can say of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// It has the document; in law it arrived then.
    Arrived {
        /// The agency's own case number.
        case_number: Option<String>,
        /// When it arrived, as the agency says.
        at: CivilTime,
    },
    /// How it stands, in the agency's own words.
    Progress {
        /// The agency's own words.
        words: String,
        /// Waiting for another agency (an opinion, an investigation).
        waits_for_other: bool,
        /// It is going to be late, with the reason (FL 11 §).
        delay: Option<String>,
        /// An appeal's state, if it changed.
        appeal: Option<crate::case::AppealState>,
        /// How far the carrying out has come, if that changed. Only of a decision that is to be carried out.
        execution: Option<ExecutionState>,
        /// On which day it was interrupted, where that is told; otherwise it is today.
        interrupted_on: Option<Date>,
    },
    /// Something is missing, offered, or to be paid; the applicant must act.
    SupplementAsked {
        /// What, in the agency's own words.
        words: String,
        /// The last day to answer, if the agency set one.
        due: Option<Date>,
        /// What kind of thing it asks for.
        ask: Ask,
    },
    /// It has decided.
    Decided(Decided),
    /// What was decided has been carried out, or what was notified is registered.
    Completed {
        /// The agency's own words.
        words: String,
        /// Evidence the step gives.
        gives: Values,
    },
    /// It cannot perform the step.
    Failed {
        /// The agency's own words.
        words: String,
        /// Whether another attempt can help.
        retryable: bool,
    },
    /// It has closed the matter after a withdrawal.
    Closed {
        /// The agency's own words.
        words: String,
    },
}

/// Why an attempt was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undelivered {
    /// No answer before the deadline, however often it was tried.
    Silent,
    /// The agency could not be reached.
    Unreachable,
    /// The answer could not be understood.
    Garbage,
    /// The agency refused the call as wrong.
    Refused,
}

/// The signature of one role on a step.
pub type Signature = Role;
