//! Which revision new cases follow: per place, the newest whose agencies there have approved their steps.

use super::{Known, Published};
use livshandelse_core::definition::{AgencyDefinition, Definition, StepDefinition, StepKind};
use livshandelse_core::id::Slug;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether a step is handed to its agency at all. What only informs, and what is done elsewhere, nobody has to approve.
pub fn is_handed_over(step: &StepDefinition) -> bool {
    !matches!(step.kind, StepKind::Information | StepKind::External)
}

/// The agencies of a life event, as it names them, that are handed steps, each with its steps.
pub fn handed_over(definition: &Definition) -> BTreeMap<&Slug, Vec<&StepDefinition>> {
    let mut all: BTreeMap<&Slug, Vec<&StepDefinition>> = BTreeMap::new();
    for step in definition.steps().iter().filter(|step| is_handed_over(step)) {
        all.entry(&step.agency).or_default().push(step);
    }
    all
}

/// How an agency of a definition is called at a place; `None` when it is not known there.
pub(super) type Resolve<'a> = &'a dyn Fn(&AgencyDefinition) -> Option<Slug>;

impl Known {
    /// The newest revision of a life event whose agencies at a place have all approved.
    pub(super) fn live(&self, life_event: &Slug, resolve: Resolve<'_>) -> Option<&Arc<Published>> {
        self.of(life_event).rev().find(|published| self.is_live(published, resolve))
    }

    fn is_live(&self, published: &Published, resolve: Resolve<'_>) -> bool {
        published.is_brought
            || handed_over(&published.definition).keys().all(|agency| {
                let known = published.definition.agency(agency);
                // Who is not known at the place has nothing there to approve.
                known.and_then(resolve).is_none_or(|resolved| self.is_content(published, agency, &resolved))
            })
    }

    /// Whether an agency has approved its steps as they stand in a revision: there, or in an earlier one where they were the
    /// same. What the program brings was approved before it was built.
    pub(super) fn is_content(&self, published: &Published, agency: &Slug, resolved: &Slug) -> bool {
        let revision = published.definition.revision();
        let earlier =
            self.of(&revision.life_event).filter(|other| other.definition.revision().number <= revision.number);
        earlier.rev().any(|other| {
            let has_approved = other.is_brought || self.has_approved(other, resolved);
            has_approved && is_same(&published.definition, &other.definition, agency)
        })
    }

    pub(super) fn has_approved(&self, published: &Published, resolved: &Slug) -> bool {
        let approvals = self.approvals.get(published.definition.revision());
        approvals.is_some_and(|approvals| approvals.contains_key(resolved))
    }
}

/// Whether what an agency is handed is the same in two revisions, and the agency too.
fn is_same(one: &Definition, other: &Definition, agency: &Slug) -> bool {
    fn own<'a>(definition: &'a Definition, agency: &'a Slug) -> impl Iterator<Item = &'a StepDefinition> {
        definition.steps().iter().filter(move |step| step.agency == *agency && is_handed_over(step))
    }
    one.agency(agency) == other.agency(agency) && own(one, agency).eq(own(other, agency))
}
