//! What must always hold, as code: used by scenarios, properties, the engine before it commits, and the scrubber.
//!
//! I1 (nothing acknowledged is lost), I2 (history is never rewritten) and I10 (nothing linkable leaves) are properties of
//! the store and the API; their tests name them. What can be seen in a case's state is checked here.

use crate::case::{AppealState, Case, ClockState, ExecutionState, Outcome, Stage, Step, StepState};
use crate::decide::{Standing, need_standing};
use crate::definition::{Awaited, Definition, NeedFor, StepKind};
use crate::status::{Turn, turn_of};

/// One broken invariant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {what}")]
pub struct Violation {
    /// `I3`, `I5`, …
    pub id: &'static str,
    /// What is broken, without content of the case.
    pub what: String,
}

/// Checks everything that a case's state alone can show. Empty when all holds.
pub fn violations(definition: &Definition, case: &Case) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut broken = |id: &'static str, what: String| found.push(Violation { id, what });
    for step in &case.steps {
        // I3: one attempt counts, and the newest one is it.
        if let Some(task) = step.task
            && (task.attempt.0 != step.attempts || task.effect.case != case.id || task.effect.sequence > case.sequence)
        {
            broken("I3", format!("step {} counts attempt {} of {}", step.id, task.attempt.0, step.attempts));
        }
        if let Some(what) = impossible(step) {
            broken("I7", format!("step {} {what}", step.id));
        }
        // An appeal outlives its step; nothing else does.
        let has_appeal = step.appeal == AppealState::Open || step.appeal.is_lodged();
        let runs = step.clocks.iter().any(|clock| clock.state == ClockState::Running);
        let is_told = has_appeal || step.is_cancelling();
        if runs && step.state.is_over() && !is_told && case.stage == Stage::Open {
            broken("I5", format!("step {} is over and its clock runs", step.id));
        }
        // I4: nothing but a to-file need, or the place it goes to, holds a step back.
        if let (StepState::Blocked, Stage::Open, Some(known)) = (step.state, case.stage, definition.step(&step.id.slug))
        {
            let mut to_file = known.needs.iter().filter(|need| need.purpose == NeedFor::ToFile);
            let is_held = to_file.any(|need| need_standing(definition, case, need, step) != Standing::Met);
            if !is_held && known.needs.iter().any(|need| need.purpose != NeedFor::ToFile) {
                broken("I4", format!("step {} is held back without a need to file", step.id));
            }
        }
    }
    // Quiet that is to be spread is that of somebody in the case, and an effect of its history orders it.
    for unspread in &case.telling.unspread {
        if unspread.quiet.sequence > case.sequence || case.party(unspread.party).is_none() {
            broken("I3", "quiet is to be spread that nothing ordered".to_owned());
        }
    }
    // I5: always a next actor and a next wake-up.
    match case.stage {
        Stage::Open => {
            if case.moves_at().is_none() {
                broken("I5", "the case is open and has no next wake-up".to_owned());
            }
            let has_actor = case.steps.iter().any(|step| {
                definition.step(&step.id.slug).is_some_and(|known| {
                    known.kind != StepKind::Information && turn_of(definition, case, step) != Turn::Nobody
                }) || step.incident.is_some()
                    || step.appeal == AppealState::Open
                    || step.is_cancelling()
                    || waits_for_fact(definition, case, step)
            });
            if !has_actor {
                broken("I5", "the case is open and nobody is to act".to_owned());
            }
        }
        Stage::Draft => {
            if case.moves_at().is_none() {
                broken("I5", "the draft never expires".to_owned());
            }
        }
        Stage::Absent | Stage::Ended(_) => {}
    }
    found
}

/// Whether a step waits for something to happen in the world, or for somebody to join: then whoever reports it, or joins,
/// is to act.
fn waits_for_fact(definition: &Definition, case: &Case, step: &Step) -> bool {
    let needs = definition.step(&step.id.slug).map_or(&[][..], |known| &known.needs);
    step.state == StepState::Blocked
        && needs.iter().any(|need| {
            let is_fact = need.any.iter().any(|awaited| matches!(awaited, Awaited::Fact(_) | Awaited::Joined(_)));
            is_fact && need_standing(definition, case, need, step) == Standing::Waiting
        })
}

/// Combinations of the five fields that cannot be (design §7).
fn impossible(step: &Step) -> Option<&'static str> {
    let decided = step.outcome != Outcome::None;
    if step.appeal != AppealState::NotAppealable && !decided {
        return Some("is appealed and was not decided");
    }
    if step.execution == ExecutionState::ReportedToIvo && step.decided_at.is_none() {
        return Some("is reported as not carried out and was not decided");
    }
    if step.interrupted_on.is_some() && step.decided_at.is_none() {
        return Some("is interrupted and was not decided");
    }
    match step.state {
        StepState::Done if step.interrupted_on.is_some() => Some("is done and interrupted"),
        StepState::Blocked | StepState::Ready | StepState::Draft if step.filed_at.is_some() => {
            Some("is unsent and filed")
        }
        StepState::Blocked | StepState::Ready | StepState::Draft | StepState::Submitted if decided => {
            Some("has an outcome before it has arrived")
        }
        StepState::Received | StepState::InProgress | StepState::WaitingForOther if step.arrived_at.is_none() => {
            Some("is handled and has not arrived")
        }
        StepState::Received | StepState::InProgress | StepState::WaitingForOther if decided => {
            Some("is handled and was decided already")
        }
        StepState::Withdrawn | StepState::NotNeeded | StepState::Done
            if step.asked.is_some() || (step.retry_at.is_some() && !step.is_withdrawing) =>
        {
            Some("is over and asks or tries something")
        }
        StepState::WaitingForApplicant if step.asked.is_none() => Some("waits for an answer that nobody asked for"),
        StepState::InExecution if !step.outcome.is_favourable() => Some("is carried out and was not approved"),
        StepState::Done if !decided => Some("is done without an outcome"),
        _ if step.execution == ExecutionState::Executed && !decided => Some("is executed and was not decided"),
        _ => None,
    }
}
