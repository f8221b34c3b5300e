//! What agencies say of their steps. A report of an old attempt, or of a step that is over, is kept and never applied.

use super::settle::ends;
use super::{Answer, Rejection, Sitting};
use crate::case::{AppealState, Ask, ExecutionState, Outcome, Reason, Step, StepState};
use crate::command::{Actor, Arrival, Report, Undelivered};
use crate::definition::AppealRoute;
use crate::event::{Decided, Event};
use crate::form::WrongField;
use crate::id::{Attempt, StepId};
use crate::time::CivilTime;
use jiff::civil::Date;

/// Hours until a failed attempt is handed over again: the first time, doubled each time after.
const RETRY_HOURS_FIRST: i64 = 1;
/// And never more than a day, so that a mended agency is found within one (I8).
const RETRY_HOURS_MAX: i64 = 24;

impl Sitting<'_> {
    pub(super) fn take_report(
        &mut self,
        id: &StepId,
        attempt: Attempt,
        arrival: Option<&Arrival>,
        report: &Report,
    ) -> Result<Answer, Rejection> {
        if self.case.stage == crate::case::Stage::Absent {
            return Err(Rejection::NoSuchCase);
        }
        self.require_agency_of(id)?;
        let (_, step) = self.step(id)?;
        let Some(task) = step.task else { return Err(Rejection::NotFiled { step: id.clone() }) };
        if attempt > task.attempt {
            return Err(Rejection::StaleAttempt { step: id.clone(), current: task.attempt, given: attempt });
        }
        if says_again(step, report) {
            return Ok(Answer::Repeated);
        }
        if attempt < task.attempt {
            self.keep(id, attempt, report);
            return Err(Rejection::StaleAttempt { step: id.clone(), current: task.attempt, given: attempt });
        }
        let state = step.state;
        let is_open = self.case.stage == crate::case::Stage::Open;
        if !is_open || (state.is_over() && !is_of_appeal(step, report) && !self.breaks_off(id, report)) {
            self.keep(id, attempt, report);
            return Err(Rejection::AlreadyFinished { step: id.clone(), state });
        }
        self.apply_report(id, arrival, report)?;
        Ok(Answer::Done)
    }

    fn apply_report(&mut self, id: &StepId, arrival: Option<&Arrival>, report: &Report) -> Result<(), Rejection> {
        let (definition, step) = self.step(id)?;
        if matches!(report, Report::Closed { .. }) && !step.is_withdrawing {
            return Err(Rejection::NotWithdrawn { step: id.clone() });
        }
        if matches!(report, Report::Decided(decided) if decided.outcome == Outcome::None) {
            return Err(wrong("decision.outcome", "required and not given", "say what was decided"));
        }
        let moves = |to: AppealState| step.appeal == AppealState::NotAppealable && to != AppealState::NotAppealable;
        if matches!(report, Report::Progress { appeal: Some(to), .. } if moves(*to)) {
            let problem = "nothing has been decided that can be appealed";
            return Err(wrong("progress.appeal_state", problem, "record the decision first, or leave the appeal out"));
        }
        if let Report::Progress { execution, interrupted_on, .. } = report {
            require_execution(step, *execution, *interrupted_on, self.now.date())?;
        }
        if let Report::SupplementAsked { ask: Ask::Payment { link, amount, reference }, .. } = report {
            require_payment(link, *amount, reference)?;
        }
        let (has_arrived, filed_at, attempts) = (step.arrived_at.is_some(), step.filed_at, step.attempts);
        let known_day = step.interrupted_on;
        let may_break_off = !step.state.is_over() || self.breaks_off(id, report);
        // Neither in the future nor before it was sent, whatever the agency's own clock says.
        let now = self.now;
        let plausible = |at: CivilTime| at.max(filed_at.unwrap_or(at)).min(now);
        let is_new = arrival.is_some_and(|arrival| {
            arrival.case_number.is_some() && arrival.case_number.as_deref() != step.case_number.as_deref()
        });
        let step = id.clone();
        let speaks_of_it = !matches!(report, Report::Arrived { .. } | Report::Failed { .. });
        // A report that is itself of the arrival is recorded below, once.
        let is_arrival = matches!(report, Report::Arrived { .. });
        if !is_arrival && (is_new || (!has_arrived && (speaks_of_it || arrival.is_some()))) {
            // An agency that speaks of a document has it: it had arrived by now at the latest (FL 22 §).
            let case_number = arrival.and_then(|arrival| arrival.case_number.clone());
            let at = arrival.map_or(now, |arrival| plausible(arrival.at));
            self.record(Event::Arrived { step: step.clone(), case_number, at });
        }
        match report {
            Report::Arrived { case_number, at } => {
                self.record(Event::Arrived { step, case_number: case_number.clone(), at: plausible(*at) });
            }
            Report::Progress { words, waits_for_other, delay, appeal, execution, interrupted_on } => {
                let (words, waits_for_other, delay) = (words.clone(), *waits_for_other, delay.clone());
                self.record(Event::ProgressReported { step: step.clone(), words, waits_for_other, delay });
                if let Some(execution) = *execution {
                    let is_interrupted = execution == ExecutionState::Interrupted && may_break_off;
                    // Said again without a day, it is still the day that was told before.
                    let day = interrupted_on.or(known_day).unwrap_or(self.now.date());
                    let interrupted_on = is_interrupted.then_some(day);
                    self.record(Event::ExecutionMoved { step: step.clone(), execution, interrupted_on });
                }
                if let Some(appeal) = *appeal {
                    self.record(Event::AppealMoved { step, appeal });
                }
            }
            Report::SupplementAsked { words, due, ask } => {
                self.record(Event::SupplementAsked { step, words: words.clone(), due: *due, ask: ask.clone() });
            }
            Report::Decided(decided) => {
                let is_executed = definition.is_executed && decided.outcome.is_favourable();
                let is_appealable = definition.appeal_route != AppealRoute::None;
                let mut decided: Decided = decided.clone();
                // Shown here the moment it is recorded: then the party has it, unless the agency knows better.
                decided.received_at = decided.received_at.or(Some(self.now));
                self.record(Event::DecisionRecorded { step, decided, is_executed, is_appealable });
            }
            Report::Completed { words, gives } => {
                self.record(Event::StepCompleted { step, words: words.clone(), gives: gives.clone() });
            }
            Report::Failed { words, retryable } => {
                let retry_at = retryable.then(|| self.now.plus_hours(retry_hours(attempts)));
                self.record(Event::StepFailed { step, words: words.clone(), retry_at });
            }
            Report::Closed { words } => {
                let reason = Reason::WithdrawnAndClosed;
                self.record(Event::StepWithdrawn { step, reason, words: Some(words.clone()) });
            }
        }
        Ok(())
    }

    /// Whether a report breaks off what was carried out: what a step had decided may be interrupted although the step is done.
    ///
    /// Only where the definition says by when it goes on again (I8), and neither once the case has been taken back nor after
    /// what ends the step.
    fn breaks_off(&self, id: &StepId, report: &Report) -> bool {
        let interrupted = Some(ExecutionState::Interrupted);
        let is_told = matches!(report, Report::Progress { execution, .. } if *execution == interrupted);
        let Ok((definition, step)) = self.step(id) else { return false };
        let is_carried_out = step.state == StepState::Done && step.execution == ExecutionState::Executed;
        is_told
            && is_carried_out
            && step.decided_at.is_some()
            && definition.may_be_interrupted()
            && self.case.withdrawn_at.is_none()
            && !definition.ends_when.iter().any(|fact| ends(self.definition, &self.case, fact, id))
    }

    fn keep(&mut self, id: &StepId, attempt: Attempt, report: &Report) {
        let what = match report {
            Report::Arrived { .. } => "arrived",
            Report::Progress { .. } => "progress",
            Report::SupplementAsked { .. } => "supplement-asked",
            Report::Decided(_) => "decided",
            Report::Completed { .. } => "completed",
            Report::Failed { .. } => "failed",
            Report::Closed { .. } => "closed",
        };
        self.record(Event::ReportKept { step: id.clone(), attempt, what: what.to_owned() });
    }

    pub(super) fn take_undelivered(
        &mut self,
        id: &StepId,
        attempt: Attempt,
        why: Undelivered,
    ) -> Result<(), Rejection> {
        match self.actor {
            Actor::Time | Actor::Operator(_) => {}
            Actor::Person(_) | Actor::Agency(_) => return Err(Rejection::not_yours(self.actor, format!("step {id}"))),
        }
        let (_, step) = self.step(id)?;
        let (state, attempts) = (step.state, step.attempts);
        let Some(task) = step.task else { return Err(Rejection::NotFiled { step: id.clone() }) };
        if attempt != task.attempt {
            return Err(Rejection::StaleAttempt { step: id.clone(), current: task.attempt, given: attempt });
        }
        if task.is_answered {
            return Err(Rejection::NotAsked { step: id.clone(), state });
        }
        let is_settled = state.is_over() && !step.is_cancelling();
        if is_settled || self.case.stage != crate::case::Stage::Open {
            self.record(Event::ReportKept { step: id.clone(), attempt, what: "undelivered".to_owned() });
            return Ok(());
        }
        let retry_at = self.now.plus_hours(retry_hours(attempts));
        self.record(Event::Undelivered { step: id.clone(), why, retry_at });
        Ok(())
    }
}

fn wrong(path: &str, problem: &str, remedy: &str) -> Rejection {
    let (path, problem, remedy) = (path.to_owned(), problem.to_owned(), remedy.to_owned());
    Rejection::WrongFields(vec![WrongField { path, problem, remedy }])
}

/// Characters of a payment link at the most.
const LINK_LENGTH_MAX: usize = 2_048;

/// Characters of a payment's reference at the most.
const REFERENCE_LENGTH_MAX: usize = 100;

/// That what is told of the carrying out can be so.
fn require_execution(
    step: &Step,
    to: Option<ExecutionState>,
    interrupted_on: Option<Date>,
    today: Date,
) -> Result<(), Rejection> {
    if let Some(to) = to {
        require_on_the_way(step, to)?;
    }
    let Some(day) = interrupted_on else { return Ok(()) };
    let path = "progress.interrupt_date";
    if to != Some(ExecutionState::Interrupted) {
        return Err(wrong(path, "nothing is said to be interrupted", "tell it with INTERRUPTED, or leave the day out"));
    }
    let is_before = step.decided_at.is_some_and(|decided_at| day < decided_at.date());
    if is_before || day > today {
        return Err(wrong(path, "not from the decision until today", "give the day on which it was broken off"));
    }
    Ok(())
}

fn require_on_the_way(step: &Step, to: ExecutionState) -> Result<(), Rejection> {
    if step.decided_at.is_none() || step.execution == ExecutionState::NotApplicable {
        let problem = "nothing has been decided that is carried out";
        return Err(wrong("progress.execution", problem, "record the decision first, or leave the execution out"));
    }
    match to {
        ExecutionState::Pending
        | ExecutionState::Offered
        | ExecutionState::DeclinedOffer
        | ExecutionState::Partly
        | ExecutionState::Interrupted
        | ExecutionState::ReportedToIvo => Ok(()),
        ExecutionState::Executed | ExecutionState::NotApplicable => {
            let remedy = "report the step completed when it has been carried out";
            Err(wrong("progress.execution", "is not on the way", remedy))
        }
    }
}

/// That a payment can be made: somewhere, of something, and told apart.
fn require_payment(link: &str, amount: i64, reference: &str) -> Result<(), Rejection> {
    let mut fields = Vec::new();
    let mut refuse = |path: &str, problem: &str, remedy: &str| {
        let (path, problem, remedy) = (path.to_owned(), problem.to_owned(), remedy.to_owned());
        fields.push(WrongField { path, problem, remedy });
    };
    let is_plain = |text: &str| !text.chars().any(|character| character.is_control() || character.is_whitespace());
    let host = link.strip_prefix("https://").map(|rest| rest.split('/').next().unwrap_or_default());
    if host.is_none_or(str::is_empty) || link.len() > LINK_LENGTH_MAX || !is_plain(link) {
        refuse("payment.link", "not an https link", "give an https URI of at most 2048 characters");
    }
    if amount <= 0 {
        refuse("payment.amount", "not above zero", "give the amount in öre");
    }
    let length = reference.chars().count();
    if !(1..=REFERENCE_LENGTH_MAX).contains(&length) || reference.chars().any(char::is_control) {
        refuse("payment.reference", "not 1 to 100 characters", "give what the payment is to be marked with");
    }
    if fields.is_empty() { Ok(()) } else { Err(Rejection::WrongFields(fields)) }
}

fn retry_hours(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(5);
    (RETRY_HOURS_FIRST << doublings).min(RETRY_HOURS_MAX)
}

/// Whether a report says only what is recorded already: answered as before, nothing to apply or keep.
fn says_again(step: &Step, report: &Report) -> bool {
    match report {
        Report::Arrived { case_number, .. } => {
            let same_number = case_number.as_deref() == step.case_number.as_deref() || case_number.is_none();
            step.arrived_at.is_some() && same_number && step.task.is_some_and(|task| task.is_answered)
        }
        Report::Decided(decided) => {
            step.outcome == decided.outcome
                && step.decided_at == Some(decided.decided_at)
                && step.words.as_deref() == Some(decided.words.as_str())
        }
        Report::Completed { words, .. } => {
            let is_carried_out = matches!(step.execution, ExecutionState::Executed | ExecutionState::NotApplicable);
            step.state == StepState::Done && is_carried_out && has_said(step, words)
        }
        Report::Closed { .. } => step.reason == Some(Reason::WithdrawnAndClosed),
        Report::Progress { words, waits_for_other, delay, appeal, execution, interrupted_on } => {
            let state = if *waits_for_other { StepState::WaitingForOther } else { StepState::InProgress };
            let is_new = delay.is_some()
                || appeal.is_some_and(|appeal| appeal != step.appeal)
                || execution.is_some_and(|execution| execution != step.execution)
                || interrupted_on.is_some_and(|day| Some(day) != step.interrupted_on);
            let is_shown = step.state == state || step.decided_at.is_some();
            is_shown && has_said(step, words) && !is_new && step.task.is_some_and(|task| task.is_answered)
        }
        Report::SupplementAsked { words, due, ask } => step
            .asked
            .as_ref()
            .is_some_and(|asked| asked.words.as_ref() == words.as_str() && asked.due == *due && asked.ask == *ask),
        Report::Failed { words, retryable } => {
            step.reason == Some(Reason::AgencyFailed) && has_said(step, words) && step.retry_at.is_some() == *retryable
        }
    }
}

fn has_said(step: &Step, words: &str) -> bool {
    step.words.as_deref() == Some(words)
}

/// Whether a report is about the appeal of a decision that stands: what may still change in a step that is over.
fn is_of_appeal(step: &Step, report: &Report) -> bool {
    let moves = matches!(report, Report::Progress { appeal: Some(_), .. });
    // While an appeal is tried, or once the court has changed the decision, which the agency then carries out by a new one.
    let is_tried = step.appeal.is_lodged() || step.appeal == AppealState::DecidedChanged;
    let decides_again = matches!(report, Report::Decided(_)) && is_tried;
    (moves || decides_again) && step.appeal != AppealState::NotAppealable
}
