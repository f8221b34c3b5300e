//! What was asked for and did not come about.

use crate::case::{Case, Reason, Step, StepState};
use crate::definition::{Definition, Holder, StepDefinition, StepKind};

/// The mandatory steps that did not come about, in the order of the case: refused for good, or closed because nothing
/// came from the party in time. A step that was withdrawn, or was not needed, is not one of them.
pub fn unfulfilled<'a>(definition: &'a Definition, case: &'a Case) -> impl Iterator<Item = &'a Step> {
    case.steps
        .iter()
        .map(|step| &**step)
        .filter(|step| definition.step(&step.id.slug).is_some_and(|known| known.is_mandatory && is_lost(known, step)))
}

fn is_lost(definition: &StepDefinition, step: &Step) -> bool {
    let is_refused = step.state == StepState::Done && !step.outcome.is_favourable() && !step.appeal.may_change();
    is_refused || is_missed(definition, step)
}

/// Whether a step that asks something of its party was closed because nothing came in time.
fn is_missed(definition: &StepDefinition, step: &Step) -> bool {
    let Some(Reason::ClockEnded(slug)) = &step.reason else { return false };
    let asks = definition.asks_someone() || definition.kind == StepKind::External;
    asks && definition.clock(slug).is_some_and(|clock| clock.holder == Holder::Applicant)
}
