//! The bundles that are served: texts, forms and samples, by revision.

use livshandelse_core::id::{Revision, Slug};
use livshandelse_workflows::Bundle;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every bundle that the program brought, to find the texts of a case by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    by_life_event: BTreeMap<Slug, BTreeMap<u32, Arc<Bundle>>>,
}

impl Shelf {
    /// Puts bundles on the shelf. Of two with the same revision the last counts.
    pub(crate) fn new(bundles: impl IntoIterator<Item = Arc<Bundle>>) -> Shelf {
        let mut shelf = Shelf::default();
        for bundle in bundles {
            let revision = bundle.definition.revision().clone();
            shelf.by_life_event.entry(revision.life_event).or_default().insert(revision.number, bundle);
        }
        shelf
    }

    /// The bundle whose texts a case is shown with: the revision's own, or else the nearest later one of the life event,
    /// since texts may be corrected without a new revision; or the newest there is.
    pub(crate) fn texts_of(&self, revision: &Revision) -> Option<&Arc<Bundle>> {
        let bundles = self.by_life_event.get(&revision.life_event)?;
        bundles.range(revision.number..).map(|(_, bundle)| bundle).next().or_else(|| bundles.values().next_back())
    }

    /// The newest bundle of each life event, in the order of their names.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Arc<Bundle>> {
        self.by_life_event.values().filter_map(|bundles| bundles.values().next_back())
    }

    /// One revision of a life event, or its newest.
    pub(crate) fn bundle(&self, life_event: &Slug, number: Option<u32>) -> Option<&Arc<Bundle>> {
        let bundles = self.by_life_event.get(life_event)?;
        match number {
            Some(number) => bundles.get(&number),
            None => bundles.values().next_back(),
        }
    }
}
