//! One case played by commands alone, with its history and the desks of its agencies.

use crate::fault::Fault;
use crate::stage::Stage;
use jiff::civil::Date;
use livshandelse_core::case::{NewParty, Outcome, StepState};
use livshandelse_core::command::{Actor, Report, Request};
use livshandelse_core::decide::Facts;
use livshandelse_core::definition::{Role, StepDefinition};
use livshandelse_core::event::{Decided, Record};
use livshandelse_core::id::{Attempt, CaseId, EffectKey, RequestId, Sequence, Slug, StepId};
use livshandelse_core::invariant::violations;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Values;
use livshandelse_core::{Answer, Case, Command, Decision, Effect, Rejection, decide};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The id of every case played.
pub const CASE: CaseId = CaseId([7; 16]);

/// One line of what happened: a record, or a refusal that left none.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A record, by its index.
    Record(usize),
    /// A command was refused and nothing was stored.
    Refused(CivilTime, Rejection),
    /// A command said nothing new.
    Repeated(CivilTime),
}

/// What happens in the middle of a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Twist {
    /// The process ends after the record and before anything of it is done, and begins again.
    Crash,
    /// The applicant withdraws the case.
    WithdrawCase,
    /// The applicant withdraws one step.
    WithdrawStep(StepId),
}

/// A step on an agency's desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// The agency.
    pub agency: Slug,
    /// The newest attempt it has been handed.
    pub attempt: Attempt,
    /// It has been told of a withdrawal.
    pub is_cancelled: bool,
    /// The effects it has seen; a repeat is recognised by its key.
    pub seen: BTreeSet<EffectKey>,
}

/// One case being played.
#[derive(Debug, Clone)]
pub struct Play {
    /// The life event.
    pub stage: Arc<Stage>,
    /// How the case stands.
    pub case: Case,
    /// Its history.
    pub records: Vec<Arc<Record>>,
    /// What happened, refusals too.
    pub entries: Vec<Entry>,
    /// Civil time.
    pub now: CivilTime,
    /// What agencies have on their desks.
    pub desks: BTreeMap<StepId, Desk>,
    /// Who may still come into the case.
    pub joiners: Vec<NewParty>,
    /// What those answer whom the form asks when they come.
    pub answers: Values,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// What happens once the history has so many records.
    pub turn_of_events: Option<(usize, Twist)>,
    /// What is to be told waits: nothing is delivered by itself.
    pub is_post_slow: bool,
    /// Until when the person who asks is left in peace, as her other cases have it.
    pub quiet_elsewhere: Option<Date>,
    /// Every report is delivered twice.
    pub is_report_doubled: bool,
    /// Every request is asked a second time, and a third with another body.
    pub is_thorough: bool,
    /// What did not hold. A play goes on, so that a test can tell all of it.
    pub broken: Vec<String>,
    /// Requests that were taken, while it is thorough.
    pub taken: Vec<Request>,
    asked_count: u64,
    crash_count: u32,
    is_fault_spent: bool,
    stale: Option<(StepId, Attempt)>,
}

impl Play {
    /// A play before its first command, at a time.
    pub fn new(stage: Arc<Stage>, now: CivilTime) -> Play {
        Play {
            stage,
            case: Case::absent(),
            records: Vec::new(),
            entries: Vec::new(),
            now,
            desks: BTreeMap::new(),
            joiners: Vec::new(),
            answers: Values::new(),
            fault: None,
            turn_of_events: None,
            is_post_slow: false,
            quiet_elsewhere: None,
            is_report_doubled: false,
            is_thorough: false,
            broken: Vec::new(),
            taken: Vec::new(),
            asked_count: 0,
            crash_count: 0,
            is_fault_spent: false,
            stale: None,
        }
    }

    /// Asks a command under a request id of its own.
    ///
    /// # Errors
    ///
    /// Returns the refusal.
    pub fn ask(&mut self, actor: Actor, command: Command) -> Result<Answer, Rejection> {
        self.asked_count += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.asked_count.to_be_bytes());
        let id = (actor != Actor::Time).then_some((RequestId(id), [1; 16]));
        self.ask_as(Request { id, actor, purpose: "scenario".to_owned(), command })
    }

    /// Asks a request as it stands, stores what follows, performs the effects, and checks what must hold.
    ///
    /// # Errors
    ///
    /// Returns the refusal.
    pub fn ask_as(&mut self, request: Request) -> Result<Answer, Rejection> {
        let stage = self.stage.clone();
        let facts = Facts { registry: &stage.registry, case: CASE, quiet_to: self.quiet_elsewhere };
        let decision = decide(&stage.definition, &self.case, &facts, &request, self.now);
        if let Err(Rejection::Inconsistent(corrupt)) = &decision.answer {
            self.broken.push(format!("{:?} cannot be applied: {corrupt}", request.command));
        }
        let Decision { events, effects, answer, case } = decision;
        if events.is_empty() {
            self.check_nothing_happened(&case, &effects);
            let entry = match &answer {
                Ok(Answer::Done) => None,
                Ok(Answer::Repeated) => Some(Entry::Repeated(self.now)),
                Err(rejection) => Some(Entry::Refused(self.now, rejection.clone())),
            };
            self.entries.extend(entry);
            return answer;
        }
        if answer == Ok(Answer::Repeated) {
            self.broken.push(format!("I3: a repeated {:?} has events", request.command));
        }
        let sequence = Sequence(self.case.sequence.0 + 1);
        let (actor, purpose) = (request.actor.clone(), request.purpose.clone());
        let record = Record { sequence, at: self.now, actor, purpose, events, effects: effects.clone() };
        self.store(record, &case);
        if self.is_thorough {
            self.check_repeat(&request, &answer);
            if answer.is_ok() && request.id.is_some() {
                self.taken.push(request);
            }
        }
        if self.turn_of_events == Some((self.records.len(), Twist::Crash)) {
            // On disk, and nothing of it is done or answered yet: recovery must do it.
            self.turn_of_events = None;
            self.recover();
            self.deliver_notices();
            return answer;
        }
        for (index, effect) in effects.iter().enumerate() {
            self.perform(effect, EffectKey { case: CASE, sequence, index: u32::try_from(index).unwrap_or(u32::MAX) });
        }
        let life = self.crash_count;
        for effect in &effects {
            // A process that ended in the middle does not go on: recovery has done the rest.
            if self.crash_count == life {
                self.go_wrong(effect);
            }
        }
        if self.turn_of_events.as_ref().is_some_and(|(count, _)| *count <= self.records.len()) {
            self.withdraw_unasked();
        }
        self.deliver_notices();
        answer
    }

    /// Adds a record to the history, after checking that it replays (I2) and that the state holds.
    fn store(&mut self, record: Record, decided: &Case) {
        let sequence = record.sequence.0;
        let mut folded = self.case.clone();
        if let Err(corrupt) = folded.apply_record(&record) {
            self.broken.push(format!("I2: record {sequence} does not replay: {corrupt}"));
        }
        if folded != *decided {
            self.broken.push(format!("I2: record {sequence} replays to another state: {:?}", record.events));
        }
        for (index, effect) in record.effects.iter().enumerate() {
            // Telling somebody is no task: nobody answers for it.
            let (Some(step), Some(attempt)) = (effect.step(), effect.attempt()) else { continue };
            let task = folded.step(step).and_then(|step| step.task);
            let is_known = task.is_some_and(|task| {
                task.effect.sequence == record.sequence
                    && task.effect.index as usize == index
                    && task.attempt == attempt
                    && !task.is_answered
                    && task.is_cancel == matches!(effect, Effect::CancelStep { .. })
            });
            if !is_known {
                self.broken.push(format!("I3: record {sequence} orders {effect:?} and no task waits for it"));
            }
        }
        for violation in violations(&self.stage.definition, &folded) {
            self.broken.push(format!("record {sequence} breaks {violation}"));
        }
        self.case = folded;
        self.entries.push(Entry::Record(self.records.len()));
        self.records.push(Arc::new(record));
    }

    /// The applicant withdraws, in the middle of whatever went on.
    fn withdraw_unasked(&mut self) {
        let Some((_, twist)) = self.turn_of_events.take() else { return };
        let actor = Actor::Person(self.owner());
        match twist {
            Twist::Crash => self.recover(),
            Twist::WithdrawCase => {
                if let Err(rejection) = self.ask(actor, Command::WithdrawCase)
                    && self.case.is_open()
                {
                    self.broken.push(format!("the case cannot be withdrawn: {rejection}"));
                }
            }
            Twist::WithdrawStep(step) => {
                let may_refuse = |rejection: &Rejection| {
                    matches!(
                        rejection,
                        Rejection::NotWithdrawable { .. } | Rejection::CaseEnded | Rejection::NoSuchStep { .. }
                    )
                };
                let is_helpers = self.stage.definition.step(&step.slug).is_some_and(StepDefinition::is_helpers_own);
                let is_waiting = self.case.step(&step).is_some_and(|step| step.state == StepState::Blocked);
                let has_applicant = self.case.applicant().is_some();
                let helper = self.person_in(&step, Role::Helper).filter(|_| is_helpers);
                let actor = helper.map_or(actor, Actor::Person);
                if !is_helpers && !has_applicant && is_waiting {
                    // What waits for the applicant is nobody else's to give up.
                    return;
                }
                if let Err(rejection) = self.ask(actor, Command::WithdrawStep { step: step.clone() })
                    && !may_refuse(&rejection)
                    // In a case with a protected party a helper sees nothing, the helper's own neither.
                    && !(is_helpers && self.case.is_protected() && rejection == Rejection::NoSuchCase)
                {
                    self.broken.push(format!("step {step} cannot be withdrawn: {rejection}"));
                }
            }
        }
    }

    fn check_nothing_happened(&mut self, case: &Case, effects: &[Effect]) {
        if *case != self.case || !effects.is_empty() {
            self.broken.push("I1: something changed and there is no event of it".to_owned());
        }
    }

    fn check_repeat(&mut self, request: &Request, answer: &Result<Answer, Rejection>) {
        let Some((id, hash)) = request.id else { return };
        if answer.is_err() {
            return;
        }
        let stage = self.stage.clone();
        let facts = Facts { registry: &stage.registry, case: CASE, quiet_to: self.quiet_elsewhere };
        let again = decide(&stage.definition, &self.case, &facts, request, self.now);
        if again.answer != Ok(Answer::Repeated) || !again.events.is_empty() {
            self.broken.push(format!("I3: a repeat of {:?} is not recognised: {:?}", request.command, again.answer));
        }
        let other = Request { id: Some((id, [hash[0] + 1; 16])), ..request.clone() };
        let other = decide(&stage.definition, &self.case, &facts, &other, self.now);
        if other.answer != Err(Rejection::RequestIdReused) || !other.events.is_empty() {
            self.broken.push(format!("I3: another body under the same id is taken: {:?}", other.answer));
        }
    }

    /// Hands an effect to its agency's desk; one that the agency has seen is recognised.
    pub fn perform(&mut self, effect: &Effect, key: EffectKey) {
        let (Some(step), Some(agency), Some(attempt)) = (effect.step(), effect.agency(), effect.attempt()) else {
            return;
        };
        if self.is_unheard(agency) {
            return;
        }
        let desk = self.desks.entry(step.clone()).or_insert_with(|| Desk {
            agency: agency.clone(),
            attempt,
            is_cancelled: false,
            seen: BTreeSet::new(),
        });
        if desk.seen.insert(key) {
            desk.attempt = attempt;
            desk.is_cancelled = matches!(effect, Effect::CancelStep { .. });
        }
    }

    /// What goes wrong when an effect has been performed.
    fn go_wrong(&mut self, effect: &Effect) {
        let (Some(step), Some(handed), Some(attempt)) = (effect.step().cloned(), effect.agency(), effect.attempt())
        else {
            return;
        };
        let is_first = matches!(effect, Effect::PerformStep { supplement_number: 0, .. });
        if let (Some((late, old)), true) = (self.stale.clone(), is_first)
            && late == step
            && attempt > old
        {
            self.stale = None;
            self.answer_old(&step, old, attempt);
        }
        let is_unheard = self.is_unheard(handed);
        let failed = |retryable| Report::Failed { words: "Vi kan inte läsa handlingen.".to_owned(), retryable };
        let mut answers: Vec<Report> = Vec::new();
        match &mut self.fault {
            Some(Fault::FailsOnce(faulty)) if *faulty == step && is_first && !self.is_fault_spent => {
                answers.push(failed(true));
            }
            Some(Fault::FailsForGood(faulty)) if *faulty == step && is_first && !self.is_fault_spent => {
                answers.push(failed(false));
            }
            Some(Fault::Refuses(faulty)) if *faulty == step && is_first && !self.is_fault_spent => {
                answers.push(decided(Outcome::Rejected, self.now, Values::new()));
            }
            Some(Fault::AnswersLate(faulty)) if *faulty == step && is_first && !self.is_fault_spent => {
                self.is_fault_spent = true;
                self.stale = Some((step.clone(), attempt));
                self.undelivered(&step, attempt, livshandelse_core::command::Undelivered::Silent);
            }
            Some(Fault::Unheard { agency, why, until }) if agency == handed => {
                until.get_or_insert(self.now.plus_hours(24 * 12));
                let why = *why;
                if is_unheard {
                    self.undelivered(&step, attempt, why);
                }
            }
            Some(Fault::Idle { agency, until }) if agency == handed => {
                until.get_or_insert(self.now.plus_hours(24 * 400));
            }
            _ => {}
        }
        for answer in answers {
            self.is_fault_spent = true;
            self.expect_done(&step, answer);
        }
    }

    fn undelivered(&mut self, step: &StepId, attempt: Attempt, why: livshandelse_core::command::Undelivered) {
        let is_over = self.case.step(step).is_none_or(|step| step.state.is_over());
        let command = Command::ReportUndelivered { step: step.clone(), attempt, why };
        if let Err(rejection) = self.ask(Actor::Time, command)
            && !is_over
        {
            self.broken.push(format!("an undelivered attempt of {step} is refused: {rejection}"));
        }
    }

    /// The agency decides on an attempt that no longer counts: kept, answered, and nothing changes.
    fn answer_old(&mut self, step: &StepId, old: Attempt, current: Attempt) {
        let before = self.bare();
        let answer = self.report(step, Some(old), decided(Outcome::Rejected, self.now, Values::new()));
        let expected = Err(Rejection::StaleAttempt { step: step.clone(), current, given: old });
        if answer != expected {
            self.broken.push(format!("I3: a late decision on {step} is answered {answer:?}"));
        }
        if self.bare() != before {
            self.broken.push(format!("I3: a late decision on {step} changed the case"));
        }
    }

    fn expect_done(&mut self, step: &StepId, report: Report) {
        if let Err(rejection) = self.report(step, None, report.clone()) {
            self.broken.push(format!("{report:?} of {step} is refused: {rejection}"));
        }
    }

    /// Whether nothing reaches an agency now.
    pub fn is_unheard(&self, agency: &Slug) -> bool {
        match &self.fault {
            Some(Fault::Unheard { agency: deaf, until, .. }) => {
                deaf == agency && until.is_none_or(|until| self.now < until)
            }
            _ => false,
        }
    }

    /// Whether an agency does nothing now.
    pub fn is_idle(&self, agency: &Slug) -> bool {
        match &self.fault {
            Some(Fault::Idle { agency: idle, until }) => idle == agency && until.is_none_or(|until| self.now < until),
            _ => self.is_unheard(agency),
        }
    }

    /// An agency reports on a step: of the attempt on its desk, or of a given one.
    ///
    /// # Errors
    ///
    /// Returns the refusal.
    pub fn report(&mut self, id: &StepId, attempt: Option<Attempt>, report: Report) -> Result<Answer, Rejection> {
        let desk = self.desks.get(id);
        let attempt = attempt.or(desk.map(|desk| desk.attempt)).unwrap_or(Attempt(1));
        let agency = desk.map(|desk| desk.agency.clone()).or_else(|| self.agency_of(id));
        let Some(agency) = agency else { return Err(Rejection::NoSuchStep { step: id.clone() }) };
        let command = Command::Report { step: id.clone(), attempt, arrival: None, report };
        let answer = self.ask(Actor::Agency(agency.clone()), command.clone());
        if self.is_report_doubled && answer == Ok(Answer::Done) {
            let before = self.bare();
            let again = self.ask(Actor::Agency(agency), command.clone());
            if self.bare() != before {
                self.broken
                    .push(format!("I3: the same report twice changed the case: {command:?}, answered {again:?}"));
            }
        }
        answer
    }

    /// The agency that has a step, or that it goes to.
    pub fn agency_with(&self, id: &StepId) -> Option<Slug> {
        let known = self.case.step(id).and_then(|step| step.agency.clone());
        known.or_else(|| self.agency_of(id))
    }

    /// The agency a step goes to in this case.
    pub fn agency_of(&self, id: &StepId) -> Option<Slug> {
        let definition = &self.stage.definition;
        let known = definition.step(&id.slug)?;
        let agency = definition.agency(&known.agency)?;
        let municipality = self.case.municipality_of(known, id.subject);
        self.stage.registry.resolve(agency, municipality, self.case.new_municipality())
    }

    /// The state without what every record changes: when, how many, and how fresh.
    pub fn bare(&self) -> Case {
        let mut bare = self.case.clone();
        bare.sequence = Sequence(0);
        bare.changed_at = CivilTime(0);
        bare.requests = Arc::default();
        for step in &mut bare.steps {
            Arc::make_mut(step).as_of = CivilTime(0);
        }
        bare
    }

    /// Time passes to a moment, by way of every moment at which something is due.
    pub fn pass_to(&mut self, until: CivilTime) {
        while let Some(wake) = self.case.wakes_at().filter(|wake| *wake <= until) {
            self.now = self.now.max(wake);
            let before = self.records.len();
            let answer = self.ask(Actor::Time, Command::PassTime);
            if answer.is_err() || self.records.len() == before {
                self.broken.push(format!("I5: nothing happens at the wake-up of {wake}: {answer:?}"));
                break;
            }
        }
        self.now = self.now.max(until);
    }

    /// The process ends here and begins again: the state comes of the records alone, and what nobody has answered is
    /// performed again.
    pub fn recover(&mut self) {
        self.crash_count += 1;
        let mut case = Case::absent();
        for record in &self.records {
            if let Err(corrupt) = case.apply_record(record) {
                self.broken.push(format!("I2: the history does not replay: {corrupt}"));
                return;
            }
        }
        if case != self.case {
            self.broken.push("I2: the history replays to another state".to_owned());
        }
        let unanswered: Vec<EffectKey> = case.unanswered().map(|(_, task)| task.effect).collect();
        self.case = case;
        for key in unanswered {
            let record = key.sequence.0.checked_sub(1).and_then(|index| self.records.get(usize::try_from(index).ok()?));
            let effect = record.and_then(|record| record.effects.get(key.index as usize)).cloned();
            match effect {
                Some(effect) => {
                    self.perform(&effect, key);
                    self.go_wrong(&effect);
                }
                None => self.broken.push(format!("I3: effect {key} is not in the history")),
            }
        }
    }

    /// What the end of the case looks like: the stage, and each step's fields.
    pub fn end(&self) -> Vec<String> {
        let steps = self.case.steps.iter().map(|step| {
            format!(
                "{} {:?} {:?} {:?} {:?} {:?}",
                step.id, step.state, step.outcome, step.appeal, step.execution, step.reason
            )
        });
        std::iter::once(format!("{:?}", self.case.stage)).chain(steps).collect()
    }

    /// The steps that have been handed to an agency so far.
    pub fn filed(&self) -> Vec<StepId> {
        let filed = self.case.steps.iter().filter(|step| step.attempts > 0);
        filed.map(|step| step.id.clone()).collect()
    }

    /// Whether a step waits for an operator.
    pub fn needs_operator(&self, id: &StepId) -> bool {
        self.case.step(id).is_some_and(|step| {
            step.incident.is_some() && step.retry_at.is_none() && step.state == StepState::FailedDelivery
        })
    }
}

/// A decision as an agency reports it.
pub fn decided(outcome: Outcome, at: CivilTime, gives: Values) -> Report {
    let words = format!("Beslut: {outcome:?}.");
    let decided = Decided {
        outcome,
        decided_at: at,
        received_at: None,
        words,
        gives,
        number: None,
        valid_from: None,
        valid_to: None,
        appeal_to: None,
    };
    Report::Decided(decided)
}
