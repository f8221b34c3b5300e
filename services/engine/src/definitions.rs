//! Every revision ever published. Stored before its first case; the same number with other content is refused.

use livshandelse_core::Definition;
use livshandelse_core::id::{Revision, Slug};
use livshandelse_store::{Append, Head, Payload, Section, Sequence, SpaceId, Store, StreamId, StreamKind, Unit};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A definition on its way in, with the bundle it was read from.
#[derive(Debug, Clone)]
pub struct NewDefinition {
    /// The checked definition.
    pub definition: Arc<Definition>,
    /// The files it was read from, in a form that the program's reader understands again.
    pub bundle: Vec<u8>,
}

/// A published revision.
#[derive(Debug)]
pub struct Published {
    /// The definition.
    pub definition: Arc<Definition>,
    /// For each step, the owner space its agency's events are sealed in.
    spaces: BTreeMap<Slug, SpaceId>,
}

/// Why a definition was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The number is taken by other content.
    #[error("{revision} is stored with other content: give the changed definition the next revision number")]
    OtherContent {
        /// Which.
        revision: Revision,
    },
    /// A stored revision cannot be read back.
    #[error("a stored revision of {life_event} cannot be read: {reason}")]
    Unreadable {
        /// The life event.
        life_event: Slug,
        /// Why.
        reason: String,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] livshandelse_store::Error),
    /// Somebody else published at the same moment.
    #[error("the revision was not stored: {0}")]
    Refused(livshandelse_store::Refusal),
}

impl Published {
    /// Prepares a definition for use.
    pub fn new(definition: Arc<Definition>) -> Published {
        let mut numbers: BTreeMap<(Slug, Slug), u32> = BTreeMap::new();
        let mut spaces = BTreeMap::new();
        for step in definition.steps() {
            let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
            let number = *numbers.entry((step.agency.clone(), step.retention.clone())).or_insert(next);
            spaces.insert(step.slug.clone(), SpaceId(number));
        }
        Published { definition, spaces }
    }

    /// The space in which what a step's agency says is sealed: one key for each agency and retention class of a case.
    pub(crate) fn space_of(&self, step: &Slug) -> SpaceId {
        self.spaces.get(step).copied().unwrap_or(livshandelse_store::record::OWN_SPACE)
    }
}

/// All published revisions, by number, and the newest of each life event.
#[derive(Debug, Default)]
pub struct Definitions {
    by_revision: RwLock<BTreeMap<Revision, Arc<Published>>>,
}

impl Definitions {
    /// A revision.
    pub fn get(&self, revision: &Revision) -> Option<Arc<Published>> {
        self.by_revision.read().unwrap_or_else(PoisonError::into_inner).get(revision).cloned()
    }

    /// The newest revision of a life event.
    pub fn current(&self, life_event: &Slug) -> Option<Arc<Published>> {
        let all = self.by_revision.read().unwrap_or_else(PoisonError::into_inner);
        let from = Revision { life_event: life_event.clone(), number: 0 };
        let to = Revision { life_event: life_event.clone(), number: u32::MAX };
        all.range(from..=to).next_back().map(|(_, published)| published.clone())
    }

    /// Every revision, in order.
    pub fn all(&self) -> Vec<Arc<Published>> {
        self.by_revision.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// A resolved agency as a definition names it, without its place: `socialnamnden` for `socialnamnden-0580`. `None` if no
    /// definition knows it.
    ///
    /// What goes into logs, spans and metrics: a place there could tell where somebody lives.
    pub fn base_agency(&self, resolved: &Slug) -> Option<Slug> {
        let all = self.by_revision.read().unwrap_or_else(PoisonError::into_inner);
        let agencies = all.values().flat_map(|published| &published.definition.parts().agencies);
        let named = agencies.map(|agency| &agency.slug).filter(|base| {
            let place = resolved.as_str().strip_prefix(base.as_str());
            place.is_some_and(|place| place.is_empty() || place.starts_with('-'))
        });
        named.max_by_key(|base| base.as_str().len()).cloned()
    }

    fn add(&self, definition: Arc<Definition>) {
        let revision = definition.revision().clone();
        let published = Arc::new(Published::new(definition));
        self.by_revision.write().unwrap_or_else(PoisonError::into_inner).insert(revision, published);
    }

    /// Stores what is new and takes up everything that was stored earlier. Blocks.
    pub(crate) fn publish(
        &self,
        store: &dyn Store,
        new: Vec<NewDefinition>,
        read: &dyn Fn(&[u8]) -> Result<Definition, String>,
    ) -> Result<(), PublishError> {
        for NewDefinition { definition, bundle } in new {
            let revision = definition.revision().clone();
            let stream = stream_of(&revision.life_event);
            let stored = store.history(stream, Sequence(0), usize::MAX)?;
            let last = stored.last().map_or(Sequence(0), |record| record.sequence);
            let mut is_stored = false;
            for record in &stored {
                let unreadable =
                    |reason: String| PublishError::Unreadable { life_event: revision.life_event.clone(), reason };
                let Some(Payload::Plain(bytes)) = record.sections.first().map(|section| &section.payload) else {
                    return Err(unreadable("its key is gone".to_owned()));
                };
                if *bytes == bundle {
                    is_stored = true;
                    continue;
                }
                let old = read(bytes).map_err(unreadable)?;
                if *old.revision() == revision {
                    if old.parts().digest == definition.parts().digest {
                        is_stored = true;
                        continue;
                    }
                    return Err(PublishError::OtherContent { revision });
                }
                self.add(Arc::new(old));
            }
            if !is_stored {
                let head = Head { state: None, wake: None, listed_under: Vec::new() };
                let sections = vec![Section { space: SpaceId(0), payload: bundle }];
                let append = Append { stream, expected: last, sections, head };
                for result in store.commit(vec![Unit::one(append)])? {
                    result.map_err(PublishError::Refused)?;
                }
            }
            self.add(definition);
        }
        Ok(())
    }
}

fn stream_of(life_event: &Slug) -> StreamId {
    let mut id = [0; 16];
    blake3::Hasher::new_derive_key("livshandelse 2026 definitions stream")
        .update(life_event.as_str().as_bytes())
        .finalize_xof()
        .fill(&mut id);
    StreamId::new(StreamKind::Definitions, id)
}
