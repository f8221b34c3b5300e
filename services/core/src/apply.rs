//! Folds recorded events into a case. Never reads a definition: what a rule needs was recorded.

use crate::case::{
    AppealState, Ask, Asked, Case, Child, ChildState, Clock, ClockState, DecisionTerms, End, ExecutionState, Fact,
    FactReport, HeldMandate, Mandate, NewParty, Outcome, Reason, Stage, Step, StepState, Task,
};
use crate::command::Actor;
use crate::definition::FactKind;
use crate::event::{Decided, Event, Filed, Record};
use crate::id::{Attempt, EffectKey, Sequence, Slug, StepId, Subject};
use crate::time::CivilTime;
use crate::value::{Value, Values};
use jiff::civil::Date;
use std::sync::Arc;

/// An event cannot follow the state it was applied to: the history was damaged, or written by a newer version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence}: {problem}", sequence = sequence.0)]
pub struct CorruptHistory {
    /// The record that was being applied.
    pub sequence: Sequence,
    /// What does not fit, without content of the case.
    pub problem: String,
}

impl Case {
    /// Folds one whole record into the state.
    ///
    /// # Errors
    ///
    /// Returns [`CorruptHistory`] if the record is not the next one, or an event cannot follow; the state is then
    /// not to be used.
    pub fn apply_record(&mut self, record: &Record) -> Result<(), CorruptHistory> {
        if record.sequence.0 != self.sequence.0 + 1 {
            let problem = format!("expected record {}", self.sequence.0 + 1);
            return Err(CorruptHistory { sequence: record.sequence, problem });
        }
        self.begin_record(record.sequence, record.at);
        record.events.iter().try_for_each(|event| self.apply(event))
    }

    /// Notes which record the next events belong to, and its civil time.
    pub fn begin_record(&mut self, sequence: Sequence, at: CivilTime) {
        self.sequence = sequence;
        self.changed_at = at;
    }

    /// Folds one recorded event into the state, at the time of the record begun last.
    ///
    /// # Errors
    ///
    /// Returns [`CorruptHistory`] if the event cannot follow this state.
    pub fn apply(&mut self, event: &Event) -> Result<(), CorruptHistory> {
        match event {
            Event::RequestAccepted { id, hash } => {
                Arc::make_mut(&mut self.requests).insert(*id, *hash);
            }
            Event::DraftSaved { case, filing, expires_at } => {
                self.require_stage("draft-saved", |stage| matches!(stage, Stage::Absent | Stage::Draft))?;
                if self.stage == Stage::Absent {
                    self.created_at = self.changed_at;
                }
                self.id = *case;
                self.stage = Stage::Draft;
                self.expires_at = Some(*expires_at);
                self.take_filing(filing);
            }
            Event::DraftExpired => {
                self.require_stage("draft-expired", |stage| stage == Stage::Draft)?;
                self.end(End::DraftExpired);
            }
            Event::CaseCreated { case, filing } => {
                self.require_stage("case-created", |stage| matches!(stage, Stage::Absent | Stage::Draft))?;
                if self.stage == Stage::Absent {
                    self.created_at = self.changed_at;
                }
                self.id = *case;
                self.stage = Stage::Open;
                self.filed_at = self.changed_at;
                self.expires_at = None;
                self.take_filing(filing);
            }
            Event::ChildExpected { child } => {
                self.children.push(Child { number: child.0, state: ChildState::Expected });
            }
            Event::SubjectKnown { group, subject, municipality } => {
                self.take_subject(group, *subject, municipality.as_deref())?;
            }
            Event::PartyJoined { party, mandate, input } => {
                self.take_party(party, mandate.as_ref());
                if !input.is_empty() {
                    Arc::make_mut(&mut self.input)
                        .extend(input.iter().map(|(field, value)| (field.clone(), value.clone())));
                }
            }
            Event::StepPlanned { step, is_executed } => {
                if self.step(step).is_some() {
                    return Err(self.corrupt("step-planned", "the step is there already"));
                }
                let as_of = self.changed_at;
                self.steps.push(Arc::new(Step::planned(step.clone(), *is_executed, as_of)));
            }
            Event::FactReported { report, occurrence, by } => self.take_fact(report, *occurrence, by),
            Event::CaseWithdrawn => self.withdrawn_at = Some(self.changed_at),
            Event::CaseEnded { end } => {
                self.require_stage("case-ended", |stage| stage == Stage::Open)?;
                self.end(*end);
            }
            Event::Notice(event) => {
                let (sequence, now, ends_at) = (self.sequence, self.changed_at, self.expires_at);
                let applied = Arc::make_mut(&mut self.telling).apply(event, sequence, now, ends_at);
                applied.map_err(|problem| self.corrupt("notice", problem))?;
            }
            Event::StepOpened { step } => self.at(step)?.move_to(StepState::Ready, None),
            Event::StepAdded { step } => {
                let step = self.at(step)?;
                // It begins anew: what was signed and which clocks ran belongs to the time before it was left.
                step.is_added = true;
                step.input = Arc::default();
                step.signed_by.clear();
                step.clocks.clear();
                step.move_to(StepState::Blocked, None);
            }
            Event::InputGiven { step, input, role, is_signature } => {
                let step = self.at(step)?;
                if !input.is_empty() {
                    Arc::make_mut(&mut step.input)
                        .extend(input.iter().map(|(field, value)| (field.clone(), value.clone())));
                }
                if *is_signature && !step.signed_by.contains(role) {
                    step.signed_by.push(*role);
                }
                if step.state == StepState::Ready {
                    step.move_to(StepState::Draft, None);
                }
            }
            Event::StepFiled { step, agency, attempt, effect_index, is_received_here, evidence, amounts } => {
                let key = self.effect_key(*effect_index);
                let now = self.changed_at;
                Arc::make_mut(&mut self.step_input).remove(step);
                let step = self.at(step)?;
                step.agency = Some(agency.clone());
                step.filed_at = Some(now);
                step.hand_over(*attempt, key, false);
                if !evidence.is_empty() {
                    Arc::make_mut(&mut step.input)
                        .extend(evidence.iter().map(|(field, value)| (field.clone(), value.clone())));
                }
                step.amounts.clone_from(amounts);
                step.send_documents();
                step.arrived_at = is_received_here.then_some(now);
                step.move_to(if *is_received_here { StepState::Received } else { StepState::Submitted }, None);
            }
            Event::StepRetried { step, attempt, effect_index } => {
                let key = self.effect_key(*effect_index);
                let step = self.at(step)?;
                step.hand_over(*attempt, key, step.is_withdrawing);
                step.incident = None;
                step.return_to_agency();
            }
            Event::SupplementSent { step, number, effect_index } => {
                let key = self.effect_key(*effect_index);
                let now = self.changed_at;
                let step = self.at(step)?;
                let Some(task) = step.task else { return Err(self.corrupt("supplement-sent", "the step has no task")) };
                step.hand_over(task.attempt, key, false);
                step.supplements = *number;
                step.send_documents();
                match step.asked.take().map(|asked| asked.ask) {
                    Some(Ask::Offer) => {
                        let accept = step.input.get("accept");
                        let declined = matches!(accept, Some(Value::Flag(false)));
                        step.execution = if declined { ExecutionState::DeclinedOffer } else { ExecutionState::Offered };
                    }
                    Some(Ask::Supplement) | None => step.supplemented_at = Some(now),
                    Some(Ask::Payment { .. }) => {}
                }
                step.go_on();
            }
            Event::Arrived { step, case_number, at } => {
                let step = self.heard_from(step)?;
                step.arrived_at = step.arrived_at.or(Some(*at));
                if let Some(number) = case_number {
                    step.case_number = Some(Arc::from(number.as_str()));
                }
                if matches!(step.state, StepState::Submitted | StepState::Unknown | StepState::FailedDelivery) {
                    step.move_to(step.state_with_agency(), None);
                }
            }
            Event::ProgressReported { step, words, waits_for_other, delay: _ } => {
                let step = self.heard_from(step)?;
                step.words = Some(Arc::from(words.as_str()));
                if step.decided_at.is_some() {
                    // Words about carrying out: an offer stays open, and what could not be reached is heard again.
                    if matches!(step.state, StepState::Unknown | StepState::FailedDelivery) {
                        step.move_to(step.state_with_agency(), None);
                    }
                } else if !step.state.is_over() {
                    let state = if *waits_for_other { StepState::WaitingForOther } else { StepState::InProgress };
                    step.asked = None;
                    step.move_to(state, None);
                }
            }
            Event::SupplementAsked { step, words, due, ask } => {
                let step = self.heard_from(step)?;
                let words: Arc<str> = Arc::from(words.as_str());
                step.words = Some(words.clone());
                step.asked = Some(Asked { words, due: *due, ask: ask.clone() });
                if ask.is_offer() {
                    step.execution = ExecutionState::Offered;
                }
                step.move_to(StepState::WaitingForApplicant, None);
            }
            Event::DecisionRecorded { step, decided, is_executed, is_appealable } => {
                self.heard_from(step)?.take_decision(decided, *is_executed, *is_appealable);
            }
            Event::StepCompleted { step, words, gives } => {
                let now = self.changed_at;
                let step = self.heard_from(step)?;
                step.executed_at = Some(now);
                step.words = Some(Arc::from(words.as_str()));
                step.take_evidence(gives);
                if step.outcome == Outcome::None {
                    step.outcome = Outcome::NoDecisionNeeded;
                }
                if step.execution != ExecutionState::NotApplicable {
                    step.execution = ExecutionState::Executed;
                }
                step.interrupted_on = None;
                step.move_to(StepState::Done, None);
            }
            Event::ExecutionMoved { step, execution, interrupted_on } => {
                let step = self.at(step)?;
                step.execution = *execution;
                // The first versions recorded no day, and a step that was done stayed so.
                if let Some(day) = interrupted_on {
                    step.interrupt(*day);
                }
            }
            Event::AppealMoved { step, appeal } => {
                let step = self.at(step)?;
                step.appeal = *appeal;
            }
            Event::StepFailed { step, words, retry_at } => {
                let step = self.heard_from(step)?;
                step.words = Some(Arc::from(words.as_str()));
                step.retry_at = *retry_at;
                step.answer_task();
                if retry_at.is_none() {
                    step.incident = Some(Reason::AgencyFailed);
                }
                step.move_to(StepState::FailedDelivery, Some(Reason::AgencyFailed));
            }
            Event::Undelivered { step, why, retry_at } => {
                let now = self.changed_at;
                let step = self.at(step)?;
                step.answer_task();
                step.retry_at = Some(*retry_at);
                step.incident = Some(Reason::Undelivered(*why));
                if step.state.is_over() {
                    // Only its withdrawal did not get through: how the step ended stands.
                    return Ok(());
                }
                // Garbage and silence say nothing of whether the document arrived; only a refusal or no contact does.
                let state = match why {
                    crate::command::Undelivered::Silent | crate::command::Undelivered::Garbage => StepState::Unknown,
                    crate::command::Undelivered::Unreachable | crate::command::Undelivered::Refused => {
                        StepState::FailedDelivery
                    }
                };
                step.as_of = now;
                step.move_to(state, Some(Reason::Undelivered(*why)));
            }
            Event::HandedToInbox { step } => {
                let now = self.changed_at;
                let step = self.at(step)?;
                step.answer_task();
                step.retry_at = None;
                step.incident = None;
                step.arrived_at = step.arrived_at.or(Some(now));
                step.return_to_agency();
            }
            Event::ReportKept { step, attempt, what } => {
                let step = self.at(step)?;
                // A withdrawal is answered by an end of the matter, not by news from before the agency heard of it.
                let is_end = matches!(what.as_str(), "decided" | "completed" | "failed" | "closed" | "undelivered");
                if let Some(task) = &mut step.task
                    && task.attempt == *attempt
                    && (is_end || !task.is_cancel)
                {
                    task.is_answered = true;
                    if step.state.is_over() {
                        step.retry_at = None;
                        step.incident = None;
                    }
                }
            }
            Event::ClockStarted { step, clock, last_day, acts_on, amounts: _ } => {
                let started_at = self.changed_at;
                let clocks = &mut self.at(step)?.clocks;
                clocks.retain(|known| known.slug != *clock);
                clocks.push(Clock {
                    slug: clock.clone(),
                    started_at,
                    last_day: *last_day,
                    acts_on: *acts_on,
                    state: ClockState::Running,
                    passed_count: 0,
                });
            }
            Event::ClockMet { step, clock } => self.clock_at(step, clock)?.state = ClockState::Met,
            Event::ClockStopped { step, clock } => self.clock_at(step, clock)?.state = ClockState::Stopped,
            Event::ClockPassed { step, clock, again_on } => {
                let clock = self.clock_at(step, clock)?;
                clock.passed_count += 1;
                match again_on {
                    Some(day) => clock.acts_on = *day,
                    None => clock.state = ClockState::Passed,
                }
            }
            Event::StepDoneByFact { step, agency, gives } => {
                let now = self.changed_at;
                let step = self.at(step)?;
                step.agency = Some(agency.clone());
                step.arrived_at = Some(now);
                step.executed_at = Some(now);
                step.outcome = Outcome::NoDecisionNeeded;
                step.take_evidence(gives);
                step.as_of = now;
                step.move_to(StepState::Done, None);
            }
            Event::StepNotNeeded { step, reason } => self.at(step)?.move_to(StepState::NotNeeded, Some(reason.clone())),
            Event::StepSettled { step, clock } => {
                let now = self.changed_at;
                let step = self.at(step)?;
                step.executed_at = Some(now);
                step.outcome = Outcome::NoDecisionNeeded;
                step.move_to(StepState::Done, Some(Reason::Settled(clock.clone())));
            }
            Event::WithdrawalSent { step, effect_index } => {
                let key = self.effect_key(*effect_index);
                let step = self.at(step)?;
                let Some(task) = step.task else { return Err(self.corrupt("withdrawal-sent", "the step has no task")) };
                step.hand_over(task.attempt, key, true);
                step.is_withdrawing = true;
                step.asked = None;
                step.incident = None;
                match step.state {
                    // On its way again: whatever stopped the filing, the withdrawal has yet to be delivered.
                    StepState::FailedDelivery | StepState::Unknown => step.move_to(step.state_with_agency(), None),
                    StepState::WaitingForApplicant if step.decided_at.is_some() => {
                        step.move_to(StepState::InExecution, None);
                    }
                    StepState::WaitingForApplicant => step.move_to(StepState::InProgress, None),
                    StepState::Blocked
                    | StepState::Ready
                    | StepState::Draft
                    | StepState::Submitted
                    | StepState::Received
                    | StepState::InProgress
                    | StepState::WaitingForOther
                    | StepState::Decided
                    | StepState::InExecution
                    | StepState::Done
                    | StepState::Withdrawn
                    | StepState::NotNeeded => {}
                }
            }
            Event::StepWithdrawn { step, reason, words } => {
                let step = self.at(step)?;
                if let Some(words) = words {
                    step.words = Some(Arc::from(words.as_str()));
                }
                step.move_to(StepState::Withdrawn, Some(reason.clone()));
            }
        }
        Ok(())
    }

    fn take_filing(&mut self, filing: &Filed) {
        self.revision = Some(filing.revision.clone());
        self.parties = Arc::new(filing.parties.clone());
        self.input = Arc::new(filing.input.clone());
        self.step_input = Arc::new(filing.step_input.iter().cloned().collect());
        self.municipality = Arc::from(filing.municipality.as_str());
    }

    fn take_subject(&mut self, group: &Slug, subject: Subject, place: Option<&str>) -> Result<(), CorruptHistory> {
        let known = Arc::make_mut(&mut self.subjects).entry(group.clone()).or_default();
        if usize::from(subject.0) != known.len() + 1 {
            return Err(self.corrupt("subject-known", "the subjects are not counted from 1"));
        }
        known.push(place.map(Arc::from));
        Ok(())
    }

    fn take_party(&mut self, party: &NewParty, mandate: Option<&Mandate>) {
        if self.party(party.id).is_none() {
            Arc::make_mut(&mut self.parties).push(party.clone());
        }
        if let Some(mandate) = mandate {
            Arc::make_mut(&mut self.mandates).push(HeldMandate { party: party.id, mandate: mandate.clone() });
        }
    }

    fn take_fact(&mut self, report: &FactReport, occurrence: Subject, by: &Actor) {
        let at = report.occurred_at;
        if let Some(child) = self.children.iter_mut().find(|child| child.number == report.child.0) {
            child.state = match report.kind {
                FactKind::Birth => ChildState::Born(at),
                FactKind::Stillbirth => ChildState::Stillborn(at),
                FactKind::Death => ChildState::Dead(at),
                FactKind::Homecoming
                | FactKind::Move
                | FactKind::Paid
                | FactKind::Admission
                | FactKind::ReadyForDischarge
                | FactKind::Discharge
                | FactKind::PermitRevoked => child.state,
            };
        }
        if let (FactKind::Paid, Some(id)) = (report.kind, &report.step)
            && let Some(step) = self.steps.iter_mut().find(|step| step.id == *id).map(Arc::make_mut)
            && step.asked.as_ref().is_some_and(|asked| asked.ask.is_payment())
        {
            step.asked = None;
            step.supplemented_at = Some(self.changed_at);
            step.as_of = self.changed_at;
            if step.state == StepState::WaitingForApplicant {
                step.go_on();
            }
        }
        if let (FactKind::Move, Some(municipality)) = (report.kind, &report.municipality) {
            self.municipality = Arc::from(municipality.as_str());
        }
        Arc::make_mut(&mut self.facts).push(Fact {
            report: report.clone(),
            occurrence,
            reported_by: by.clone(),
            recorded_at: self.changed_at,
        });
    }

    fn end(&mut self, end: End) {
        self.stage = Stage::Ended(end);
        self.ended_at = Some(self.changed_at);
        self.expires_at = None;
    }

    fn effect_key(&self, index: u32) -> EffectKey {
        EffectKey { case: self.id, sequence: self.sequence, index }
    }

    fn corrupt(&self, event: &str, problem: &str) -> CorruptHistory {
        CorruptHistory { sequence: self.sequence, problem: format!("{event}: {problem}") }
    }

    fn require_stage(&self, event: &str, fits: impl Fn(Stage) -> bool) -> Result<(), CorruptHistory> {
        if fits(self.stage) { Ok(()) } else { Err(self.corrupt(event, "cannot follow the stage the case is in")) }
    }

    fn at(&mut self, id: &StepId) -> Result<&mut Step, CorruptHistory> {
        let sequence = self.sequence;
        self.steps
            .iter_mut()
            .find(|step| step.id == *id)
            .map(Arc::make_mut)
            .ok_or_else(|| CorruptHistory { sequence, problem: format!("step {id} was never planned") })
    }

    /// The step, whose agency has just been heard: its newest effect is answered and what is known is fresh.
    fn heard_from(&mut self, id: &StepId) -> Result<&mut Step, CorruptHistory> {
        let now = self.changed_at;
        let step = self.at(id)?;
        if let Some(task) = &mut step.task
            && !(task.is_cancel && step.is_withdrawing)
        {
            task.is_answered = true;
        }
        step.retry_at = None;
        step.incident = None;
        step.as_of = now;
        Ok(step)
    }

    fn clock_at(&mut self, id: &StepId, slug: &Slug) -> Result<&mut Clock, CorruptHistory> {
        let sequence = self.sequence;
        self.at(id)?
            .clocks
            .iter_mut()
            .find(|clock| clock.slug == *slug)
            .ok_or_else(|| CorruptHistory { sequence, problem: format!("clock {slug} of step {id} never started") })
    }
}

impl Step {
    fn planned(id: StepId, is_executed: bool, as_of: CivilTime) -> Step {
        Step {
            id,
            state: StepState::Blocked,
            outcome: Outcome::None,
            appeal: AppealState::NotAppealable,
            execution: if is_executed { ExecutionState::Pending } else { ExecutionState::NotApplicable },
            reason: None,
            agency: None,
            is_added: false,
            input: Arc::default(),
            signed_by: Vec::new(),
            task: None,
            attempts: 0,
            filed_at: None,
            arrived_at: None,
            decided_at: None,
            received_at: None,
            case_number: None,
            words: None,
            asked: None,
            executed_at: None,
            interrupted_on: None,
            supplemented_at: None,
            decision: None,
            amounts: Vec::new(),
            documents: Vec::new(),
            supplements: 0,
            gives: Arc::default(),
            clocks: Vec::new(),
            is_withdrawing: false,
            incident: None,
            as_of,
            retry_at: None,
        }
    }

    fn move_to(&mut self, state: StepState, reason: Option<Reason>) {
        self.state = state;
        self.reason = reason;
        if matches!(state, StepState::Done | StepState::Withdrawn) {
            // Also a withdrawal that the agency answered by deciding.
            self.answer_task();
        }
        if state.is_over() {
            self.asked = None;
            self.retry_at = None;
            self.incident = None;
        }
    }

    /// What the agency waited for has come, and it goes on: with the matter, or with carrying out what it decided.
    fn go_on(&mut self) {
        self.move_to(if self.decided_at.is_some() { StepState::InExecution } else { StepState::InProgress }, None);
    }

    /// What was carried out has been broken off: its agency has the step again, until it goes on.
    fn interrupt(&mut self, day: Date) {
        self.interrupted_on = Some(day);
        if self.state == StepState::Done {
            // A withdrawal that was answered by carrying out is answered; another may follow.
            self.is_withdrawing = false;
            self.move_to(StepState::InExecution, None);
        }
    }

    /// Delivered again; a step that is over stays so.
    fn return_to_agency(&mut self) {
        if !self.state.is_over() {
            self.move_to(self.state_with_agency(), None);
        }
    }

    /// The state of a step that its agency has, as far as we know: what a mended delivery returns to.
    fn state_with_agency(&self) -> StepState {
        if self.decided_at.is_some() {
            StepState::InExecution
        } else if self.arrived_at.is_some() {
            StepState::Received
        } else {
            StepState::Submitted
        }
    }

    fn answer_task(&mut self) {
        if let Some(task) = &mut self.task {
            task.is_answered = true;
        }
    }

    fn hand_over(&mut self, attempt: Attempt, effect: EffectKey, is_cancel: bool) {
        self.task = Some(Task { attempt, effect, is_answered: false, is_cancel });
        self.attempts = self.attempts.max(attempt.0);
        self.retry_at = None;
    }

    /// Notes the documents that its answers name: they go to the agency now.
    fn send_documents(&mut self) {
        for value in self.input.values() {
            if let Value::Document(id) = value
                && !self.documents.contains(id)
            {
                self.documents.push(*id);
            }
        }
    }

    fn take_evidence(&mut self, gives: &Values) {
        if !gives.is_empty() {
            Arc::make_mut(&mut self.gives).extend(gives.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    fn take_decision(&mut self, decided: &Decided, is_executed: bool, is_appealable: bool) {
        self.outcome = decided.outcome;
        self.decided_at = Some(decided.decided_at);
        self.received_at = decided.received_at;
        self.words = Some(Arc::from(decided.words.as_str()));
        self.asked = None;
        self.take_evidence(&decided.gives);
        let Decided { number, valid_from, valid_to, appeal_to, .. } = decided;
        let (number, appeal_to) = (number.clone(), appeal_to.clone());
        let terms = DecisionTerms { number, valid_from: *valid_from, valid_to: *valid_to, appeal_to };
        self.decision = (terms != DecisionTerms::default()).then(|| Arc::new(terms));
        self.appeal = if is_appealable { AppealState::Open } else { AppealState::NotAppealable };
        self.execution = if is_executed { ExecutionState::Pending } else { ExecutionState::NotApplicable };
        self.interrupted_on = None;
        self.move_to(if is_executed { StepState::InExecution } else { StepState::Done }, None);
    }
}
