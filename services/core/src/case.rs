//! How a case stands: a pure function of its history.

mod asked;
mod state;

pub use asked::{AmountUsed, AmountValue, Ask, Asked, DecisionTerms};
pub use state::{AppealState, ExecutionState, Outcome, StepState};

use crate::command::{Actor, Undelivered};
use crate::definition::{AwaitedFact, FactKind, MandateKind, Role, StepDefinition};
use crate::id::{
    Attempt, CaseId, DocumentId, EffectKey, PartyId, RequestId, Revision, Sequence, Slug, StepId, Subject,
};
use crate::notice::Telling;
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
    /// The children, by number from 1: the subjects of the group `child`.
    pub children: Vec<Child>,
    /// The subjects of every other group, by number from 1: where each is, if elsewhere than the case.
    pub subjects: Arc<BTreeMap<Slug, Vec<Option<Arc<str>>>>>,
    /// Mandates that have been shown, in the order they were.
    pub mandates: Arc<Vec<HeldMandate>>,
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
    /// Who wants to be told, and what became of it.
    pub telling: Arc<Telling>,
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
    /// Everything is decided: what was asked for came about, or at least some of it.
    Completed,
    /// The applicant withdrew it.
    Withdrawn,
    /// Nothing mandatory came about, or something mandatory fell because another that it needs did not.
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

/// A mandate as it was shown: on which ground, for what and how long somebody acts for the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Its kind.
    pub kind: MandateKind,
    /// For what.
    pub scope: MandateScope,
    /// From which day, inclusive.
    pub from: Date,
    /// To which day, inclusive; without one until it ends otherwise.
    pub to: Option<Date>,
    /// What was shown, in words, 1 to 200 characters: the agency judges it.
    pub evidence: String,
}

/// What a mandate covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MandateScope {
    /// Every step that accepts its kind.
    All,
    /// These steps, by slug.
    Steps(Vec<Slug>),
}

/// A mandate with who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMandate {
    /// The representative.
    pub party: PartyId,
    /// The mandate.
    pub mandate: Mandate,
}

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
    /// The person, where it concerns one of the parties (a death); without one the party that the life event is about.
    pub party: Option<PartyId>,
    /// The step, where it concerns one (a payment, a revoked permit).
    pub step: Option<StepId>,
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
    /// Which time it belongs to, of a group that is counted by what happens; [`Subject::WHOLE`] otherwise.
    pub occurrence: Subject,
    /// By whom.
    pub reported_by: Actor,
    /// When it was recorded.
    pub recorded_at: CivilTime,
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
    FactEnded(AwaitedFact),
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
    /// When it was carried out, or completed where nothing is decided.
    pub executed_at: Option<CivilTime>,
    /// Since which day its carrying out is interrupted, until it goes on.
    pub interrupted_on: Option<Date>,
    /// When the last supplement was sent.
    pub supplemented_at: Option<CivilTime>,
    /// What else the decision says, once there is one that says more than its outcome.
    pub decision: Option<Arc<DecisionTerms>>,
    /// The amounts it was filed by.
    pub amounts: Vec<AmountUsed>,
    /// The documents that its agency was sent, with the filing or a supplement, in the order in which they went. One that an answer names no
    /// longer stays: the agency has it.
    pub documents: Vec<DocumentId>,
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

impl Step {
    /// Whether it is over here and its agency has not heard so yet: the withdrawal is on its way, or tried again later.
    pub fn is_cancelling(&self) -> bool {
        let is_unanswered = self.task.is_some_and(|task| task.is_cancel && !task.is_answered);
        self.state.is_over() && self.is_withdrawing && (is_unanswered || self.retry_at.is_some())
    }

    /// Since when the matter has been complete: the latest of its arrival and the last supplement or payment. Not complete
    /// while one is waited for.
    pub fn complete_at(&self) -> Option<CivilTime> {
        let is_waited_for = |asked: &Asked| !asked.ask.is_offer();
        let arrived_at = self.arrived_at.filter(|_| !self.asked.as_ref().is_some_and(is_waited_for))?;
        Some(self.supplemented_at.map_or(arrived_at, |supplemented_at| supplemented_at.max(arrived_at)))
    }
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
            subjects: Arc::default(),
            mandates: Arc::default(),
            facts: Arc::default(),
            steps: Vec::new(),
            requests: Arc::default(),
            created_at: CivilTime(0),
            filed_at: CivilTime(0),
            changed_at: CivilTime(0),
            ended_at: None,
            expires_at: None,
            withdrawn_at: None,
            telling: Arc::default(),
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

    /// The first party with a role.
    pub fn first(&self, role: Role) -> Option<&Party> {
        self.parties.iter().find(|party| party.role == role)
    }

    /// The party that a subject of a role's group stands for: the first is number 1.
    pub fn party_of(&self, role: Role, subject: Subject) -> Option<&Party> {
        let index = usize::from(subject.0).checked_sub(1)?;
        self.parties.iter().filter(|party| party.role == role).nth(index)
    }

    /// Where a step's municipal and regional agencies are looked for: where its subject is, or the case.
    pub fn municipality_of(&self, definition: &StepDefinition, subject: Subject) -> &str {
        let known = definition.for_each.as_ref().and_then(|group| self.subjects.get(group));
        let index = usize::from(subject.0).checked_sub(1);
        let own = known.zip(index).and_then(|(known, index)| known.get(index)).and_then(Option::as_deref);
        own.unwrap_or(&self.municipality)
    }

    /// Whether a party has died.
    pub fn is_dead(&self, person: PartyId) -> bool {
        self.facts.iter().any(|fact| fact.report.kind == FactKind::Death && fact.report.party == Some(person))
    }

    /// The mandate by which a representative acts for the applicant in a step on a day: valid then, of a kind that the step
    /// accepts, and within its scope.
    pub fn mandate_for(&self, person: PartyId, step: &StepDefinition, day: Date) -> Option<&Mandate> {
        let is_dead = self.applicant().is_some_and(|applicant| self.is_dead(applicant.id));
        self.mandates.iter().filter(|held| held.party == person).map(|held| &held.mandate).find(|mandate| {
            let covers = match &mandate.scope {
                MandateScope::All => true,
                MandateScope::Steps(steps) => steps.contains(&step.slug),
            };
            let holds = mandate.from <= day && mandate.to.is_none_or(|to| day <= to);
            covers && holds && step.mandates.contains(&mandate.kind) && !(is_dead && mandate.kind.ends_at_death())
        })
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

    /// The next moment of civil time at which something happens by itself, or is told.
    pub fn wakes_at(&self) -> Option<CivilTime> {
        let told_at = self.telling.wakes_at.filter(|_| self.is_open());
        self.moves_at().into_iter().chain(told_at).min()
    }

    /// The next moment of civil time at which something happens by itself, whether or not anybody is told of anything.
    pub fn moves_at(&self) -> Option<CivilTime> {
        match self.stage {
            Stage::Absent | Stage::Ended(_) => None,
            Stage::Draft => self.expires_at,
            Stage::Open => {
                let clocks = self
                    .steps
                    .iter()
                    .filter(|step| {
                        let has_appeal = step.appeal == AppealState::Open || step.appeal.is_lodged();
                        !step.state.is_over() || has_appeal || step.is_cancelling()
                    })
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
