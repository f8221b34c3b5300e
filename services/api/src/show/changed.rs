//! Which steps a watcher has to be sent again.

use super::Sight;
use livshandelse_core::case::{Case, Step};
use livshandelse_core::decide::{missing_fields, need_standing};
use livshandelse_core::status;
use livshandelse_core::time::CivilTime;

/// A case as it was last sent, and when.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) case: std::sync::Arc<Case>,
    pub(crate) at: CivilTime,
}

impl Sight<'_> {
    /// The visible steps that do not look as they did when `before` was sent, in the order of the definition.
    pub(crate) fn changed_since(&self, before: &Sent) -> Vec<&Step> {
        let mut changed: Vec<_> = self
            .case
            .steps
            .iter()
            .map(|step| &**step)
            .filter(|step| self.shows(&step.id) && !self.looks_as_before(before, step))
            .collect();
        changed.sort_by_key(|step| (self.definition.index_of(&step.id.slug), step.id.subject));
        changed
    }

    /// Whether all that showing a step depends on is as it was. Compares facts, so that nothing is rendered for nothing.
    fn looks_as_before(&self, before: &Sent, step: &Step) -> bool {
        let Some(old) = before.case.step(&step.id) else { return false };
        let Some(definition) = self.definition.step(&step.id.slug) else { return true };
        let (then, now) = (&before.case, self.case);
        old == step
            && then.stage == now.stage
            && then.children.len() == now.children.len()
            && then.parties == now.parties
            && then.mandates == now.mandates
            && then.subjects == now.subjects
            && then.municipality == now.municipality
            && then.is_protected() == now.is_protected()
            && then.new_municipality() == now.new_municipality()
            && status::turn_of(self.definition, then, old) == status::turn_of(self.definition, now, step)
            && status::is_stale(old, before.at) == status::is_stale(step, self.now)
            && definition.needs.iter().all(|need| {
                need_standing(self.definition, then, need, old) == need_standing(self.definition, now, need, step)
            })
            && missing_fields(then, definition, old) == missing_fields(now, definition, step)
    }
}
