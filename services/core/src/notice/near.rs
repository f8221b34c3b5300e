//! What nears its end, and from when on.

use crate::case::{AppealState, Case, ClockState, Outcome, Stage, Step};
use crate::definition::{ClockDefinition, ClockKind, Definition, Holder, StepDefinition};
use crate::id::{Slug, StepId};
use crate::time::CivilTime;
use jiff::ToSpan;
use jiff::civil::Date;

/// Something of a person's that ends on a day: a clock, or without one what an agency asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) step: StepId,
    pub(super) clock: Option<Slug>,
    pub(super) last_day: Date,
}

/// Everything that runs and ends on a day which somebody in the case must keep: clocks that the applicant holds, not those
/// of a price, and days that agencies set for an answer.
pub(super) fn endings(definition: &Definition, case: &Case) -> Vec<Ending> {
    if case.stage != Stage::Open {
        return Vec::new();
    }
    let mut endings = Vec::new();
    for step in &case.steps {
        let Some(known) = definition.step(&step.id.slug) else { continue };
        if let Some(due) = step.asked.as_ref().and_then(|asked| asked.due) {
            endings.push(Ending { step: step.id.clone(), clock: None, last_day: due });
        }
        for (clock, _) in held_clocks(known, step) {
            endings.push(Ending { step: step.id.clone(), clock: Some(clock.slug.clone()), last_day: clock.last_day });
        }
    }
    endings
}

/// The running clocks of a step that the applicant holds and that still matter.
fn held_clocks<'a>(
    known: &'a StepDefinition,
    step: &'a Step,
) -> impl Iterator<Item = (&'a crate::case::Clock, &'a ClockDefinition)> {
    let running = step.clocks.iter().filter(|clock| clock.state == ClockState::Running && clock.passed_count == 0);
    running.filter_map(|clock| known.clock(&clock.slug).map(|known| (clock, known))).filter(|(_, known)| {
        // Nobody is reminded to appeal what was granted in full.
        let is_granted = matches!(step.outcome, Outcome::Approved | Outcome::NoDecisionNeeded);
        let matters = match known.kind {
            ClockKind::Appeal => step.appeal == AppealState::Open && !is_granted,
            ClockKind::Chance | ClockKind::Statutory | ClockKind::Own | ClockKind::Price => !step.state.is_over(),
        };
        matters && known.holder == Holder::Applicant && known.kind != ClockKind::Price
    })
}

/// From when on a last day is near: `attention-days` before it.
pub(super) fn near_from(definition: &Definition, last_day: Date) -> CivilTime {
    CivilTime::start_of(last_day.saturating_sub(i64::from(definition.parts().attention_days).days()))
}

/// From when on the end of a draft is near: `attention-days` before it, or half of its time if that is less.
pub(super) fn draft_near_from(definition: &Definition, ends_at: CivilTime) -> CivilTime {
    let parts = definition.parts();
    let days = parts.attention_days.min(parts.draft_days / 2);
    CivilTime::start_of(ends_at.date().saturating_sub(i64::from(days).days()))
}
