//! The rules: what a command does to a case. Pure; one file per kind of command, and `settle.rs` for what follows by
//! itself.

mod amounts;
mod asked_of;
mod create;
mod fact;
mod input;
mod join;
mod needs;
mod notice;
mod operate;
mod pass_time;
mod report;
mod settle;
mod withdraw;

pub use needs::{Standing, need_standing, need_subject};
pub use settle::missing_fields;

use crate::apply::CorruptHistory;
use crate::case::{Case, Stage, Step, StepState};
use crate::command::{Actor, Command, Request};
use crate::definition::{Definition, Role, StepDefinition};
use crate::effect::Effect;
use crate::event::Event;
use crate::form::WrongField;
use crate::id::{Attempt, CaseId, PartyId, Revision, Sequence, Slug, StepId, Subject};
use crate::registry::Registry;
use crate::status::{View, acts_as, shows, view_of};
use crate::time::CivilTime;
use jiff::civil::Date;

/// What the shell looked up beforehand, so that the rules need not look.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Municipalities, regions, and which agency is which place's.
    pub registry: &'a Registry,
    /// The id a case gets if this command begins one.
    pub case: CaseId,
    /// The last day on which the person who asks is left in peace, as her other cases have it. Looked up only when she says
    /// how she wants to be told.
    pub quiet_to: Option<Date>,
}

/// What follows from a command.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What happened, in past tense. Empty when nothing is to be stored.
    pub events: Vec<Event>,
    /// What is to be done once the events are on disk; safe to do twice.
    pub effects: Vec<Effect>,
    /// What the caller is told, once the events are on disk.
    pub answer: Result<Answer, Rejection>,
    /// The case with the events applied, or as it was when there are none.
    pub case: Case,
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// This very request, or the same report, was answered before; nothing changed.
    Repeated,
}

/// Why a command was refused. Facts are fields; one table turns each into a status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Fields are wrong: all of them.
    #[error("{} wrong: {}", plural(.0.len()), .0.iter().map(|field| format!("{}: {}", field.path, field.problem)).collect::<Vec<_>>().join("; "))]
    WrongFields(Vec<WrongField>),
    /// No such municipality.
    #[error("municipality `{given}` is unknown")]
    UnknownMunicipality {
        /// What was given.
        given: String,
    },
    /// There is no such case, or none for this caller to know of.
    #[error("no such case")]
    NoSuchCase,
    /// The case has no such step.
    #[error("the case has no step {step}")]
    NoSuchStep {
        /// What was asked for.
        step: StepId,
    },
    /// The case is there already.
    #[error("the case exists already")]
    CaseExists,
    /// The case has ended.
    #[error("the case has ended")]
    CaseEnded,
    /// The case is still an unsent draft.
    #[error("the case is an unsent draft")]
    NotFiledYet,
    /// The request id was used for another request.
    #[error("the request id was used with another body")]
    RequestIdReused,
    /// The caller has no part in this.
    #[error("{actor} has no part in {what}")]
    NotYours {
        /// Who asked, without identity numbers.
        actor: String,
        /// What for.
        what: String,
    },
    /// The step does not wait for an answer.
    #[error("step {step} asks nothing of you now")]
    NotAsked {
        /// The step.
        step: StepId,
        /// How it stands.
        state: StepState,
    },
    /// The step cannot be taken up.
    #[error("step {step} cannot be added")]
    NotAddable {
        /// The step.
        step: StepId,
        /// How it stands.
        state: StepState,
    },
    /// The step cannot be withdrawn.
    #[error("step {step} cannot be withdrawn")]
    NotWithdrawable {
        /// The step.
        step: StepId,
        /// How it stands.
        state: StepState,
    },
    /// The step has not been handed to the agency.
    #[error("step {step} has not been filed")]
    NotFiled {
        /// The step.
        step: StepId,
    },
    /// The report speaks of an older attempt. It was kept, not applied.
    #[error("attempt {} of step {step} no longer counts; attempt {} does", given.0, current.0)]
    StaleAttempt {
        /// The step.
        step: StepId,
        /// The attempt that counts.
        current: Attempt,
        /// The attempt that was given.
        given: Attempt,
    },
    /// The step is over. The report was kept, not applied.
    #[error("step {step} is over")]
    AlreadyFinished {
        /// The step.
        step: StepId,
        /// How it stands.
        state: StepState,
    },
    /// The agency closed a step that nobody withdrew.
    #[error("nobody has withdrawn step {step}")]
    NotWithdrawn {
        /// The step.
        step: StepId,
    },
    /// The fact contradicts one that is recorded.
    #[error("the fact contradicts another: {what}")]
    FactContradicts {
        /// What, without content.
        what: String,
    },
    /// The step has nothing for an operator to mend.
    #[error("step {step} has no incident")]
    NoIncident {
        /// The step.
        step: StepId,
    },
    /// The definition the case is pinned to is another.
    #[error("the case is pinned to {pinned}")]
    OtherRevision {
        /// The pinned one.
        pinned: Revision,
    },
    /// Our own fault: the events do not follow. Nothing is stored.
    #[error("inconsistent decision: {0}")]
    Inconsistent(CorruptHistory),
}

fn plural(count: usize) -> String {
    if count == 1 { "1 field is".to_owned() } else { format!("{count} fields are") }
}

impl Rejection {
    fn not_yours(actor: &Actor, what: impl ToString) -> Rejection {
        let actor = match actor {
            Actor::Person(_) => "this person".to_owned(),
            Actor::Agency(slug) => format!("agency {slug}"),
            Actor::Operator(_) => "an operator".to_owned(),
            Actor::Time => "time".to_owned(),
        };
        Rejection::NotYours { actor, what: what.to_string() }
    }
}

/// Answers a command against one case.
///
/// Uses nothing but its arguments, so equal inputs give equal decisions. The caller stores `events` before it performs
/// `effects` or gives the `answer`; a refusal may have events too (a late report, kept).
pub fn decide(definition: &Definition, case: &Case, facts: &Facts<'_>, request: &Request, now: CivilTime) -> Decision {
    let refused = |rejection| Decision { events: vec![], effects: vec![], answer: Err(rejection), case: case.clone() };
    if let Some((id, hash)) = &request.id
        && let Some(known) = case.requests.get(id)
    {
        let answer = if known == hash { Ok(Answer::Repeated) } else { Err(Rejection::RequestIdReused) };
        return Decision { events: vec![], effects: vec![], answer, case: case.clone() };
    }
    if let Some(pinned) = &case.revision
        && case.stage != Stage::Draft
        && pinned != definition.revision()
    {
        return refused(Rejection::OtherRevision { pinned: pinned.clone() });
    }
    let mut sitting = Sitting::open(definition, case, facts, request, now);
    let answer = sitting.hear(&request.command);
    sitting.close(answer)
}

/// A case while a command is being decided: every event is applied as it is recorded, so that each rule sees what the
/// ones before it did.
struct Sitting<'a> {
    definition: &'a Definition,
    facts: &'a Facts<'a>,
    actor: &'a Actor,
    request: &'a Request,
    now: CivilTime,
    before: &'a Case,
    case: Case,
    events: Vec<Event>,
    effects: Vec<Effect>,
    broken: Option<CorruptHistory>,
}

impl<'a> Sitting<'a> {
    fn open(
        definition: &'a Definition,
        case: &'a Case,
        facts: &'a Facts<'a>,
        request: &'a Request,
        now: CivilTime,
    ) -> Sitting<'a> {
        let mut after = case.clone();
        after.begin_record(Sequence(case.sequence.0 + 1), now);
        Sitting {
            definition,
            facts,
            actor: &request.actor,
            request,
            now,
            before: case,
            case: after,
            events: Vec::new(),
            effects: Vec::new(),
            broken: None,
        }
    }

    fn hear(&mut self, command: &Command) -> Result<Answer, Rejection> {
        match command {
            Command::SaveDraft(filing) => self.save_draft(filing)?,
            Command::CreateCase(filing) => self.create_case(filing)?,
            Command::JoinCase { party, mandate, represented, input } => {
                return self.join_case(party, mandate.as_ref(), represented.as_ref(), input).inspect(|_| self.settle());
            }
            Command::SubmitInput { step, input } => self.submit_input(step, input)?,
            Command::AddStep { step } => self.add_step(step)?,
            Command::WithdrawStep { step } => return self.withdraw_step(step).inspect(|_| self.settle()),
            Command::WithdrawCase => return self.withdraw_case().inspect(|_| self.settle()),
            Command::Report { step, attempt, arrival, report } => {
                let answer = self.take_report(step, *attempt, arrival.as_ref(), report);
                // A late report is refused and kept; it may be the last word that the case was waiting for.
                if answer.is_ok() || !self.events.is_empty() {
                    self.settle();
                }
                return answer;
            }
            Command::ReportFact(report) => return self.take_fact(report).inspect(|_| self.settle()),
            Command::ReportUndelivered { step, attempt, why } => self.take_undelivered(step, *attempt, *why)?,
            Command::PassTime => self.pass_time()?,
            Command::RetryStep { step } => self.retry_step(step)?,
            Command::HandToInbox { step } => self.hand_to_inbox(step)?,
            Command::Notice(command) => return self.hear_of_notices(command),
        }
        self.settle();
        Ok(Answer::Done)
    }

    fn close(mut self, answer: Result<Answer, Rejection>) -> Decision {
        if !self.events.is_empty() || matches!(self.request.command, Command::PassTime) {
            self.begin_quiet();
            self.notify();
        }
        if let Some(broken) = self.broken {
            let answer = Err(Rejection::Inconsistent(broken));
            return Decision { events: vec![], effects: vec![], answer, case: self.before.clone() };
        }
        if self.events.is_empty() {
            return Decision { events: vec![], effects: vec![], answer, case: self.before.clone() };
        }
        if let Some((id, hash)) = self.request.id
            && answer.is_ok()
        {
            let accepted = Event::RequestAccepted { id, hash };
            std::sync::Arc::make_mut(&mut self.case.requests).insert(id, hash);
            self.events.push(accepted);
        }
        Decision { events: self.events, effects: self.effects, answer, case: self.case }
    }

    /// Records an event: from here on the case is as if it had happened.
    fn record(&mut self, event: Event) {
        if self.broken.is_none()
            && let Err(corrupt) = self.case.apply(&event)
        {
            self.broken = Some(corrupt);
        }
        self.events.push(event);
    }

    /// Orders an effect; returns its place in the record.
    fn order(&mut self, effect: Effect) -> u32 {
        self.effects.push(effect);
        u32::try_from(self.effects.len() - 1).unwrap_or(u32::MAX)
    }

    fn require_open(&self) -> Result<(), Rejection> {
        match self.case.stage {
            Stage::Absent => Err(Rejection::NoSuchCase),
            Stage::Draft => Err(Rejection::NotFiledYet),
            Stage::Open => Ok(()),
            Stage::Ended(_) => Err(Rejection::CaseEnded),
        }
    }

    fn person(&self) -> Result<PartyId, Rejection> {
        match self.actor {
            Actor::Person(id) => Ok(*id),
            Actor::Agency(_) | Actor::Operator(_) | Actor::Time => Err(Rejection::not_yours(self.actor, "this case")),
        }
    }

    /// The caller and what the case shows them. Whoever may not see the case does not learn that it exists.
    fn seen(&self) -> Result<(PartyId, View), Rejection> {
        let id = self.person()?;
        let view = view_of(&self.case, id).ok_or(Rejection::NoSuchCase)?;
        Ok((id, view))
    }

    /// That the caller is whose case it is: the applicant, or the helper who filed it while no applicant has joined.
    fn require_owner(&self) -> Result<(), Rejection> {
        match self.seen()?.1 {
            View::Whole => Ok(()),
            View::Of(_) => Err(Rejection::not_yours(self.actor, "what only the applicant can do")),
        }
    }

    /// As what the caller acts in a step: in their own role, or for the applicant.
    fn acting_in(&self, id: &StepId) -> Result<Role, Rejection> {
        let (person, view) = self.seen()?;
        self.require_open()?;
        self.step(id)?;
        let today = self.now.date();
        if !shows(self.definition, &self.case, view, id, today) {
            return Err(Rejection::NoSuchStep { step: id.clone() });
        }
        let role = acts_as(self.definition, &self.case, id, person, today);
        role.ok_or_else(|| Rejection::not_yours(self.actor, format!("step {id}")))
    }

    /// That a step is the caller's to take up or withdraw: the applicant's, hers who acts for the applicant, or the
    /// helper's own.
    fn require_own(&self, id: &StepId) -> Result<(), Rejection> {
        match self.acting_in(id)? {
            Role::Applicant | Role::Helper => Ok(()),
            Role::CoParty | Role::Subject | Role::Representative | Role::Guide => {
                Err(Rejection::not_yours(self.actor, "what only the applicant can do"))
            }
        }
    }

    fn require_operator(&self) -> Result<(), Rejection> {
        match self.actor {
            Actor::Operator(_) => Ok(()),
            Actor::Person(_) | Actor::Agency(_) | Actor::Time => {
                Err(Rejection::not_yours(self.actor, "what only an operator can do"))
            }
        }
    }

    fn step(&self, id: &StepId) -> Result<(&'a StepDefinition, &Step), Rejection> {
        let missing = || Rejection::NoSuchStep { step: id.clone() };
        let step = self.case.step(id).ok_or_else(missing)?;
        let definition = self.definition.step(&id.slug).ok_or_else(missing)?;
        Ok((definition, step))
    }

    /// The agency that a step goes to: where its subject is, or the case.
    fn resolve(&self, step: &StepDefinition, subject: Subject) -> Option<Slug> {
        let agency = self.definition.agency(&step.agency)?;
        let municipality = self.case.municipality_of(step, subject);
        self.facts.registry.resolve(agency, municipality, self.case.new_municipality())
    }
}
