//! How a case stands: a pure function of its history.

use crate::command::{Actor, Undelivered};
use crate::definition::{FactKind, Role};
use crate::id::{Attempt, CaseId, EffectKey, PartyId, RequestId, Revision, Sequence, Slug, StepId, Subject};
use crate::time::CivilTime;
use crate::value::Values;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One run of a life event for its parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id; all zero before it begins.
    pub id: CaseId,
    /// The number of its last record.
    pub sequence: Sequence,
    /// Where it stands.
    pub stage: Stage,
    /// The definition it is pinned to.
    pub revision: Option<Revision>,
    /// Who is in it.
    pub parties: Arc<Vec<Party>>,
    /// Its municipality now, four digits; a `move` fact changes it for what is filed later.
    pub municipality: Arc<str>,
    /// The form of the life event.
    pub input: Arc<Values>,
    /// The forms of steps given ahead and not yet used.
    pub step_input: Arc<BTreeMap<StepId, Values>>,
    /// The children, by number from 1.
    pub children: Vec<Child>,
    /// Facts, in the order they were reported.
    pub facts: Arc<Vec<Fact>>,
    /// Its steps, in the order they were planned.
    pub steps: Vec<Arc<Step>>,
    /// Requests it has accepted, with the hash of their bodies.
    pub requests: Arc<BTreeMap<RequestId, [u8; 16]>>,
    /// When it was created, filed, last changed, ended.
    pub created_at: CivilTime,
    /// When it was filed; the same as created unless it was a draft.
    pub filed_at: CivilTime,
    /// When anything last happened.
    pub changed_at: CivilTime,
    /// When it ended.
    pub ended_at: Option<CivilTime>,
    /// When an unsent draft expires.
    pub expires_at: Option<CivilTime>,
    /// When the applicant withdrew the whole case; it ends once its agencies have closed what they had.
    pub withdrawn_at: Option<CivilTime>,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before its first record.
    Absent,
    /// An unsent draft.
    Draft,
    /// Filed and going on.
    Open,
    /// Ended.
    Ended(End),
}

/// Why a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Everything is done.
    Completed,
    /// The applicant withdrew it.
    Withdrawn,
    /// A mandatory step was refused or failed for good.
    CannotContinue,
    /// A fact ended it.
    ClosedByFact,
    /// A draft nobody sent.
    DraftExpired,
}

/// A party as given at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParty {
    /// Its id, derived from the identity number.
    pub id: PartyId,
    /// Its role.
    pub role: Role,
    /// Twelve digits; sealed from the first byte, given only to agencies that handle the person's step.
    pub identity_number: String,
    /// Its name.
    pub name: String,
    /// Protected personal data of any kind: place and agency are masked, nothing is sent without approval.
    pub is_protected: bool,
}

/// A party of a case.
pub type Party = NewParty;

/// A child of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Counts from 1.
    pub number: u8,
    /// How it is.
    pub state: ChildState,
}

/// How a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildState {
    /// Not born yet.
    Expected,
    /// Born.
    Born(CivilTime),
    /// Stillborn.
    Stillborn(CivilTime),
    /// Died after birth.
    Dead(CivilTime),
}

/// A fact as reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactReport {
    /// Its kind.
    pub kind: FactKind,
    /// The child, where it concerns one; [`Subject::WHOLE`] otherwise.
    pub child: Subject,
    /// The person, where it concerns one of the parties (a death).
    pub party: Option<PartyId>,
    /// When it happened.
    pub occurred_at: CivilTime,
    /// The new municipality (a move), four digits.
    pub municipality: Option<String>,
    /// Evidence the fact carries: a new personal identity number.
    pub values: Values,
}

/// A recorded fact, with who reported it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub report: FactReport,
    /// By whom.
    pub reported_by: Actor,
    /// When it was recorded.
    pub recorded_at: CivilTime,
}

/// How a step stands (domain §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Cannot be begun yet.
    Blocked,
    /// Can be begun.
    Ready,
    /// Begun, not sent: a signature is missing.
    Draft,
    /// Sent; not arrived yet.
    Submitted,
    /// Arrived.
    Received,
    /// Being handled.
    InProgress,
    /// The agency waits for the applicant.
    WaitingForApplicant,
    /// The agency waits for another.
    WaitingForOther,
    /// Decided.
    Decided,
    /// Being carried out.
    InExecution,
    /// Done.
    Done,
    /// Withdrawn and closed.
    Withdrawn,
    /// Not needed, with a reason.
    NotNeeded,
    /// Could not be delivered; an operator knows.
    FailedDelivery,
    /// The agency's answer could not be understood, so nobody knows.
    Unknown,
}

impl StepState {
    /// Whether nothing more will happen in it.
    pub fn is_over(self) -> bool {
        match self {
            StepState::Done | StepState::Withdrawn | StepState::NotNeeded => true,
            StepState::Blocked
            | StepState::Ready
            | StepState::Draft
            | StepState::Submitted
            | StepState::Received
            | StepState::InProgress
            | StepState::WaitingForApplicant
            | StepState::WaitingForOther
            | StepState::Decided
            | StepState::InExecution
            | StepState::FailedDelivery
            | StepState::Unknown => false,
        }
    }

    /// Whether it has been filed and is not over.
    pub fn is_under_way(self) -> bool {
        !self.is_over() && !matches!(self, StepState::Blocked | StepState::Ready | StepState::Draft)
    }
}

/// What the agency decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nothing yet.
    None,
    /// Bifall.
    Approved,
    /// Delvis bifall.
    PartlyApproved,
    /// Avslag.
    Rejected,
    /// Avvisad.
    Dismissed,
    /// Avskriven.
    ClosedWithoutDecision,
    /// Registered; nothing to decide.
    NoDecisionNeeded,
}

impl Outcome {
    /// Whether what was asked for was got, at least in part.
    pub fn is_favourable(self) -> bool {
        matches!(self, Outcome::Approved | Outcome::PartlyApproved | Outcome::NoDecisionNeeded)
    }
}

/// Where an appeal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealState {
    /// Cannot be appealed.
    NotAppealable,
    /// Time runs.
    Open,
    /// The time has run out, as far as we can see; the agency judges (FL 45 §).
    Late,
    /// Lodged.
    Lodged,
    /// The agency checks that it came in time.
    TimelinessCheck,
    /// Sent on to the court.
    Forwarded,
    /// The court upheld the decision.
    DecidedUpheld,
    /// The court changed it.
    DecidedChanged,
    /// Sent back.
    Remitted,
    /// Laga kraft.
    Final,
}

impl AppealState {
    /// Whether an appeal is being tried, which holds a case open.
    pub fn is_lodged(self) -> bool {
        matches!(
            self,
            AppealState::Lodged | AppealState::TimelinessCheck | AppealState::Forwarded | AppealState::Remitted
        )
    }
}

/// How far a decision has been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExecutionState {
    /// Nothing to carry out.
    NotApplicable,
    /// Not begun.
    Pending,
    /// Offered; the applicant answers.
    Offered,
    /// The applicant declined.
    DeclinedOffer,
    /// In part.
    Partly,
    /// Carried out (verkställt).
    Executed,
    /// Interrupted.
    Interrupted,
    /// Reported to IVO as not carried out.
    ReportedToIvo,
}

/// Why a step is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The condition was false; the applicant may add the step.
    Condition,
    /// A need can no longer be met: the step or fact it waits for.
    NeedGone(String),
    /// A clock ended.
    ClockEnded(Slug),
    /// A fact ended it.
    FactEnded(FactKind),
    /// The applicant withdrew before anything was sent.
    WithdrawnUnsent,
    /// The agency closed it after a withdrawal.
    WithdrawnAndClosed,
    /// It could not be delivered.
    Undelivered(Undelivered),
    /// The agency cannot perform it.
    AgencyFailed,
    /// The whole case was withdrawn.
    CaseWithdrawn,
    /// The law settled it.
    Settled(Slug),
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// How it stands.
    pub state: StepState,
    /// What was decided.
    pub outcome: Outcome,
    /// The appeal.
    pub appeal: AppealState,
    /// The execution.
    pub execution: ExecutionState,
    /// Why, where it is not plain.
    pub reason: Option<Reason>,
    /// The resolved agency, once the step has been filed (or performed by a fact).
    pub agency: Option<Slug>,
    /// The applicant took it up although a condition proposed not to.
    pub is_added: bool,
    /// Its whole input so far.
    pub input: Arc<Values>,
    /// Who has signed.
    pub signed_by: Vec<Role>,
    /// The task the agency has now.
    pub task: Option<Task>,
    /// How many attempts there have been.
    pub attempts: u32,
    /// When it was filed.
    pub filed_at: Option<CivilTime>,
    /// When it arrived in law.
    pub arrived_at: Option<CivilTime>,
    /// When it was decided.
    pub decided_at: Option<CivilTime>,
    /// When the party got the decision.
    pub received_at: Option<CivilTime>,
    /// The agency's own case number.
    pub case_number: Option<Arc<str>>,
    /// The agency's own words, last said.
    pub words: Option<Arc<str>>,
    /// What the agency asks of the applicant.
    pub asked: Option<Asked>,
    /// How many supplements have been sent.
    pub supplements: u32,
    /// Evidence given.
    pub gives: Arc<Values>,
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// The withdrawal has been sent to the agency.
    pub is_withdrawing: bool,
    /// An operator must look.
    pub incident: Option<Reason>,
    /// When this was last known to be so, from the agency or from us.
    pub as_of: CivilTime,
    /// When it is handed over again by itself after a failed attempt.
    pub retry_at: Option<CivilTime>,
}

/// A task: one attempt at a step, handed to an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Which attempt.
    pub attempt: Attempt,
    /// The newest effect that hands it over, answered or not.
    pub effect: EffectKey,
    /// Whether the agency has answered that effect. An unanswered one is performed again after a crash.
    pub is_answered: bool,
    /// The newest effect is a withdrawal, not a filing.
    pub is_cancel: bool,
}

/// What an agency asks of the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In its own words.
    pub words: Arc<str>,
    /// The last day to answer.
    pub due: Option<Date>,
    /// An offer to accept or decline.
    pub is_offer: bool,
}

/// One running or ended clock of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub slug: Slug,
    /// From when.
    pub started_at: CivilTime,
    /// The last day, unrolled: what people are shown.
    pub last_day: Date,
    /// The day on which the consequence comes: rolled where the law says so, moved on each time an overdue clock repeats.
    pub acts_on: Date,
    /// Where it stands.
    pub state: ClockState,
    /// How often its consequence has come: an overdue clock goes on running and asks again.
    pub passed_count: u32,
}

/// Where a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockState {
    /// Time runs.
    Running,
    /// What it waited for came in time.
    Met,
    /// It ended; the consequence came.
    Passed,
    /// It no longer matters.
    Stopped,
}

impl Case {
    /// Where every case begins.
    pub fn absent() -> Case {
        Case {
            id: CaseId([0; 16]),
            sequence: Sequence(0),
            stage: Stage::Absent,
            revision: None,
            parties: Arc::default(),
            municipality: Arc::from(""),
            input: Arc::default(),
            step_input: Arc::default(),
            children: Vec::new(),
            facts: Arc::default(),
            steps: Vec::new(),
            requests: Arc::default(),
            created_at: CivilTime(0),
            filed_at: CivilTime(0),
            changed_at: CivilTime(0),
            ended_at: None,
            expires_at: None,
            withdrawn_at: None,
        }
    }

    /// The step with an id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id).map(Arc::as_ref)
    }

    /// The child with a number.
    pub fn child(&self, child: Subject) -> Option<&Child> {
        self.children.iter().find(|known| known.number == child.0)
    }

    /// The party with an id.
    pub fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.iter().find(|party| party.id == id)
    }

    /// The applicant; absent only before the case begins.
    pub fn applicant(&self) -> Option<&Party> {
        self.parties.iter().find(|party| party.role == Role::Applicant)
    }

    /// Whether anybody in it is protected, so that nothing is sent without approval and places are masked.
    pub fn is_protected(&self) -> bool {
        self.parties.iter().any(|party| party.is_protected)
    }

    /// The first fact of a kind about a child, or about anyone when `child` is the whole case.
    pub fn fact(&self, kind: FactKind, child: Subject) -> Option<&Fact> {
        self.facts.iter().find(|fact| {
            fact.report.kind == kind && (child.is_whole() || fact.report.child == child || fact.report.child.is_whole())
        })
    }

    /// The municipality a move named last.
    pub fn new_municipality(&self) -> Option<&str> {
        self.facts
            .iter()
            .rev()
            .find(|fact| fact.report.kind == FactKind::Move)
            .and_then(|fact| fact.report.municipality.as_deref())
    }

    /// Whether it has begun and not ended.
    pub fn is_open(&self) -> bool {
        match self.stage {
            Stage::Draft | Stage::Open => true,
            Stage::Absent | Stage::Ended(_) => false,
        }
    }

    /// The next moment of civil time at which something happens by itself.
    pub fn wakes_at(&self) -> Option<CivilTime> {
        match self.stage {
            Stage::Absent | Stage::Ended(_) => None,
            Stage::Draft => self.expires_at,
            Stage::Open => {
                let clocks = self
                    .steps
                    .iter()
                    .filter(|step| !step.state.is_over() || step.appeal == AppealState::Open || step.appeal.is_lodged())
                    .flat_map(|step| {
                        step.clocks.iter().filter(|clock| clock.state == ClockState::Running).map(|clock| clock.acts_on)
                    });
                let retries = self.steps.iter().filter_map(|step| step.retry_at);
                clocks.min().map(CivilTime::after).into_iter().chain(retries).min()
            }
        }
    }

    /// Tasks whose newest effect has no answer: what is performed again after a crash.
    pub fn unanswered(&self) -> impl Iterator<Item = (&Step, Task)> {
        self.steps
            .iter()
            .filter_map(|step| step.task.filter(|task| !task.is_answered).map(|task| (step.as_ref(), task)))
    }
}
