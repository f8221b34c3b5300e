//! Whether what a step waits for has come, may come, or is gone.

use crate::case::{Case, ChildState, ClockState, ExecutionState, Fact, Outcome, Reason, Step, StepState};
use crate::definition::{
    Awaited, AwaitedFact, Definition, FactAbout, FactKind, FactOf, GroupDefinition, Members, Need,
};
use crate::id::{PartyId, Slug, StepId, Subject};
use std::collections::BTreeSet;

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

/// How a need of a step stands: met when any of what it awaits has come, gone when none can. One of every subject is as
/// its worst subject; those of which nothing is needed are not counted, and of none at all nothing is missing.
pub fn need_standing(definition: &Definition, case: &Case, need: &Need, step: &Step) -> Standing {
    worst(definition, case, need, step).map_or(Standing::Met, |(standing, _)| standing)
}

/// The subject whose step a need waits for: the step's own, or of every subject the first of those that stand worst.
pub fn need_subject(definition: &Definition, case: &Case, need: &Need, step: &Step) -> Subject {
    worst(definition, case, need, step).map_or(step.id.subject, |(_, subject)| subject)
}

fn worst(definition: &Definition, case: &Case, need: &Need, step: &Step) -> Option<(Standing, Subject)> {
    let of = |id: &StepId| best(need.any.iter().map(|awaited| standing(definition, case, awaited, id)));
    if need.every.is_none() {
        return Some((of(&step.id), step.id.subject));
    }
    let counted = awaited_steps(case, need).filter(|step| counts(step)).map(|step| step.id.subject);
    let subjects: BTreeSet<Subject> = counted.collect();
    let stands = |subject: Subject| (of(&StepId { slug: step.id.slug.clone(), subject }), subject);
    subjects.into_iter().rev().map(stands).max_by_key(|(standing, _)| *standing)
}

/// The steps that a need speaks of, of every subject.
fn awaited_steps<'a>(case: &'a Case, need: &'a Need) -> impl Iterator<Item = &'a Step> {
    let speaks_of = |id: &StepId| need.any.iter().any(|awaited| awaited.step() == Some(&id.slug));
    case.steps.iter().map(|step| &**step).filter(move |step| speaks_of(&step.id))
}

/// Whether a step is one that every subject's is asked for: it was not proposed away, ended by a fact, or taken back.
fn counts(step: &Step) -> bool {
    match step.state {
        StepState::NotNeeded => !matches!(step.reason, Some(Reason::Condition | Reason::FactEnded(_))),
        StepState::Withdrawn => false,
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
        | StepState::Done
        | StepState::FailedDelivery
        | StepState::Unknown => true,
    }
}

fn best(standings: impl Iterator<Item = Standing>) -> Standing {
    standings.min().unwrap_or(Standing::Gone)
}

fn standing(definition: &Definition, case: &Case, awaited: &Awaited, id: &StepId) -> Standing {
    let subject = id.subject;
    match awaited {
        Awaited::Fact(fact) => fact_standing(definition, case, fact, id),
        Awaited::Joined(role) if case.first(*role).is_some() => Standing::Met,
        Awaited::Joined(_) => Standing::Waiting,
        Awaited::Filed(slug) => of_steps(case, slug, subject, |step| once(step, step.filed_at.is_some())),
        Awaited::Arrived(slug) => of_steps(case, slug, subject, |step| once(step, step.arrived_at.is_some())),
        Awaited::Decided(slug) => {
            of_steps(case, slug, subject, |step| once(step, step.decided_at.is_some() || step.state == StepState::Done))
        }
        Awaited::Approved(slug) => of_steps(case, slug, subject, |step| {
            let approved = step.outcome.is_favourable();
            if !approved && step.state.is_over() && step.appeal.may_change() {
                Standing::Waiting
            } else {
                once(step, approved)
            }
        }),
        Awaited::Executed(slug) => of_steps(case, slug, subject, |step| {
            let executed = step.execution == ExecutionState::Executed
                // What was carried out and then broken off has come all the same: nobody moves in a second time.
                || (step.interrupted_on.is_some() && step.executed_at.is_some())
                || (step.state == StepState::Done && step.outcome == Outcome::NoDecisionNeeded);
            // A refusal that may still be changed may still be carried out.
            if !executed && step.state.is_over() && step.appeal.may_change() {
                Standing::Waiting
            } else {
                once(step, executed)
            }
        }),
        Awaited::Lapsed(slug) => of_steps(case, slug, subject, |step| {
            if step.outcome.is_favourable() {
                Standing::Gone
            } else if step.state.is_over() && !step.appeal.may_change() {
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

fn once(step: &Step, has_come: bool) -> Standing {
    if has_come {
        Standing::Met
    } else if step.state.is_over() {
        Standing::Gone
    } else {
        Standing::Waiting
    }
}

/// The best standing over the steps meant: this subject's, or the whole case's, or any subject's.
fn of_steps(case: &Case, slug: &Slug, subject: Subject, standing: impl Fn(&Step) -> Standing) -> Standing {
    let steps = case.steps.iter().filter(|step| {
        step.id.slug == *slug && (subject.is_whole() || step.id.subject.is_whole() || step.id.subject == subject)
    });
    best(steps.map(|step| standing(step)))
}

fn fact_standing(definition: &Definition, case: &Case, awaited: &AwaitedFact, id: &StepId) -> Standing {
    let (kind, subject) = (awaited.kind, id.subject);
    if !kind.is_per_child() {
        return if fact_of(definition, case, awaited, id).is_some() { Standing::Met } else { Standing::Waiting };
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

/// The party that a fact of a step is about unless it names another: in a group of parties that very one, otherwise the
/// one that the life event is about.
pub(super) fn person_of(definition: &Definition, case: &Case, of: &FactOf, id: &StepId) -> Option<PartyId> {
    let role = match of {
        FactOf::Role(role) => return case.first(*role).map(|party| party.id),
        FactOf::Own | FactOf::Step(_) => definition.parts().about,
    };
    let group = definition.step(&id.slug).and_then(|step| definition.group_of(step));
    let party = match group.map(|group| &group.members) {
        Some(Members::Parties(role)) => case.party_of(*role, id.subject),
        Some(Members::Counted(_) | Members::Times { .. }) | None => case.first(role),
    };
    party.map(|party| party.id)
}

/// The fact that a step means by a word: the newest where it comes again, the first otherwise.
pub(super) fn fact_of<'a>(
    definition: &Definition,
    case: &'a Case,
    awaited: &AwaitedFact,
    id: &StepId,
) -> Option<&'a Fact> {
    let subject = id.subject;
    let group = definition.step(&id.slug).and_then(|step| definition.group_of(step));
    let is_in_child_group = group.is_some_and(GroupDefinition::is_child);
    // A step of one time means what happened in it.
    let is_of_time = awaited.of == FactOf::Own && group.is_some_and(|group| group.is_told_by(awaited.kind));
    let person = person_of(definition, case, &awaited.of, id);
    let about = case.first(definition.parts().about).map(|party| party.id);
    let is_meant = |fact: &&Fact| {
        let report = &fact.report;
        let is_child_told =
            is_in_child_group && report.child == subject || (subject.is_whole() && !report.child.is_whole());
        let is_person = match (report.party, person) {
            (Some(told), Some(person)) => told == person,
            // Told of the one whom it is all about.
            (None, person) => report.child.is_whole() && person == about,
            (Some(_), None) => false,
        };
        report.kind == awaited.kind
            && (!is_of_time || fact.occurrence == subject)
            && match (awaited.kind.about(), &awaited.of) {
                (FactAbout::Child, _) => is_child_told,
                (FactAbout::Person, FactOf::Own) => is_child_told || is_person,
                (FactAbout::Person, FactOf::Role(_) | FactOf::Step(_)) => is_person,
                (FactAbout::Case, _) => true,
                (FactAbout::Step, FactOf::Step(slug)) => report.step.as_ref().is_some_and(|told| {
                    let is_same = told.subject == subject || told.subject.is_whole() || subject.is_whole();
                    told.slug == *slug && is_same
                }),
                (FactAbout::Step, FactOf::Own | FactOf::Role(_)) => report.step.as_ref() == Some(id),
            }
    };
    // A move is dated by the first, as it always was.
    if awaited.kind.comes_again() && awaited.kind != FactKind::Move {
        case.facts.iter().rfind(is_meant)
    } else {
        case.facts.iter().find(is_meant)
    }
}
