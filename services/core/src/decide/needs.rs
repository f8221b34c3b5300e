//! Whether what a step waits for has come, may come, or is gone.

use crate::case::{Case, ChildState, ClockState, ExecutionState, Outcome, Step, StepState};
use crate::definition::{Awaited, FactKind, Need};
use crate::id::{Slug, Subject};

/// How a need stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has come.
    Met,
    /// It may come.
    Waiting,
    /// It can no longer come.
    Gone,
}

/// How a need of a step for `subject` stands: met when any of what it awaits has come, gone when none can.
pub fn need_standing(case: &Case, need: &Need, subject: Subject) -> Standing {
    best(need.any.iter().map(|awaited| standing(case, awaited, subject)))
}

fn best(standings: impl Iterator<Item = Standing>) -> Standing {
    standings.min().unwrap_or(Standing::Gone)
}

fn standing(case: &Case, awaited: &Awaited, subject: Subject) -> Standing {
    match awaited {
        Awaited::Fact(kind) => fact_standing(case, *kind, subject),
        Awaited::Filed(slug) => of_steps(case, slug, subject, |step| once(step, step.filed_at.is_some())),
        Awaited::Arrived(slug) => of_steps(case, slug, subject, |step| once(step, step.arrived_at.is_some())),
        Awaited::Decided(slug) => {
            of_steps(case, slug, subject, |step| once(step, step.decided_at.is_some() || step.state == StepState::Done))
        }
        Awaited::Approved(slug) => of_steps(case, slug, subject, |step| {
            let approved = step.outcome.is_favourable();
            if !approved && step.state.is_over() && may_change(step) { Standing::Waiting } else { once(step, approved) }
        }),
        Awaited::Executed(slug) => of_steps(case, slug, subject, |step| {
            once(
                step,
                step.execution == ExecutionState::Executed
                    || (step.state == StepState::Done && step.outcome == Outcome::NoDecisionNeeded),
            )
        }),
        Awaited::Lapsed(slug) => of_steps(case, slug, subject, |step| {
            if step.outcome.is_favourable() {
                Standing::Gone
            } else if step.state.is_over() && !may_change(step) {
                Standing::Met
            } else {
                Standing::Waiting
            }
        }),
        Awaited::ClockEnded { step, clock } => {
            of_steps(case, step, subject, |step| match step.clocks.iter().find(|known| known.slug == *clock) {
                Some(known) if known.passed_count > 0 => Standing::Met,
                Some(known) if known.state == ClockState::Running => Standing::Waiting,
                Some(_) => Standing::Gone,
                None => once(step, false),
            })
        }
    }
}

/// Whether an appeal may still change an outcome.
fn may_change(step: &Step) -> bool {
    step.appeal == crate::case::AppealState::Open || step.appeal.is_lodged()
}

fn once(step: &Step, has_come: bool) -> Standing {
    if has_come {
        Standing::Met
    } else if step.state.is_over() {
        Standing::Gone
    } else {
        Standing::Waiting
    }
}

/// The best standing over the steps meant: this child's, or the whole case's, or any child's.
fn of_steps(case: &Case, slug: &Slug, subject: Subject, standing: impl Fn(&Step) -> Standing) -> Standing {
    let steps = case.steps.iter().filter(|step| {
        step.id.slug == *slug && (subject.is_whole() || step.id.subject.is_whole() || step.id.subject == subject)
    });
    best(steps.map(|step| standing(step)))
}

fn fact_standing(case: &Case, kind: FactKind, subject: Subject) -> Standing {
    if !kind.is_per_child() {
        return if case.fact(kind, subject).is_some() { Standing::Met } else { Standing::Waiting };
    }
    let children = case.children.iter().filter(|child| subject.is_whole() || child.number == subject.0);
    best(children.map(|child| {
        if case.facts.iter().any(|fact| fact.report.kind == kind && fact.report.child.0 == child.number) {
            return Standing::Met;
        }
        match (kind, child.state) {
            (_, ChildState::Expected) => Standing::Waiting,
            (FactKind::Homecoming, ChildState::Born(_)) => Standing::Waiting,
            (_, ChildState::Born(_) | ChildState::Stillborn(_) | ChildState::Dead(_)) => Standing::Gone,
        }
    }))
}
