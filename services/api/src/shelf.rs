//! The bundles that are served: texts, forms and samples, by revision.

use livshandelse_core::id::{Revision, Slug};
use livshandelse_workflows::Bundle;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

type Bundles = BTreeMap<Slug, BTreeMap<u32, Arc<Bundle>>>;

/// Every bundle that is known, to find the texts of a case by. Cheap to clone; clones share what is on it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    by_life_event: Arc<RwLock<Bundles>>,
}

impl Shelf {
    /// Puts bundles on the shelf. Of two with the same revision the last counts.
    pub(crate) fn new(bundles: impl IntoIterator<Item = Arc<Bundle>>) -> Shelf {
        let shelf = Shelf::default();
        bundles.into_iter().for_each(|bundle| shelf.put(bundle));
        shelf
    }

    /// Puts one more on it, in place of another of the same revision.
    pub(crate) fn put(&self, bundle: Arc<Bundle>) {
        let revision = bundle.definition.revision().clone();
        let mut all = self.by_life_event.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(revision.life_event).or_default().insert(revision.number, bundle);
    }

    /// The bundle whose texts a case is shown with: the revision's own, or else the nearest later one of the life event,
    /// since texts may be corrected without a new revision; or the newest there is.
    pub(crate) fn texts_of(&self, revision: &Revision) -> Option<Arc<Bundle>> {
        let all = self.by_life_event.read().unwrap_or_else(PoisonError::into_inner);
        let bundles = all.get(&revision.life_event)?;
        let own = bundles.range(revision.number..).map(|(_, bundle)| bundle).next();
        own.or_else(|| bundles.values().next_back()).cloned()
    }

    /// The life events, in the order of their names.
    pub(crate) fn life_events(&self) -> Vec<Slug> {
        self.by_life_event.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// One revision of a life event.
    pub(crate) fn bundle(&self, revision: &Revision) -> Option<Arc<Bundle>> {
        let all = self.by_life_event.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&revision.life_event)?.get(&revision.number).cloned()
    }
}
