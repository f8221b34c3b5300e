//! Every revision ever published. Stored before its first case; the same number with other content is refused.
//!
//! What the program brings is live at once. What is published while serving is live, place by place, when the agencies there
//! have approved the steps that are handed to them.

mod live;
mod record;

pub use live::{handed_over, is_handed_over};
pub use record::{Approval, By};

use livshandelse_core::Definition;
use livshandelse_core::definition::AgencyDefinition;
use livshandelse_core::id::{Revision, Slug};
use livshandelse_core::time::CivilTime;
use livshandelse_store::{
    Append, Head, Payload, Section, Sequence, SpaceId, Store, StoredRecord, StreamId, StreamKind, Unit,
};
use record::DefinitionRecord;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Streams that are looked at in one go.
const STREAMS_PER_LOOK: usize = 1_000;

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
    /// Whether the program brought it.
    is_brought: bool,
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
    /// A later revision is there.
    #[error("{revision} is older than revision {newest}, which is there: give it a later number")]
    Older {
        /// Which.
        revision: Revision,
        /// The newest there is.
        newest: u32,
    },
    /// A stored revision cannot be read back.
    #[error("a stored revision cannot be read: {reason}")]
    Unreadable {
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

/// Why an approval was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// There is no such revision.
    #[error("no such revision")]
    NoSuchRevision,
    /// The agency saw another content.
    #[error("the revision has another digest")]
    OtherDigest,
    /// Nothing in it is handed to the agency.
    #[error("no step of the revision is handed to the agency")]
    NoSteps,
    /// It was not stored.
    #[error(transparent)]
    Publish(#[from] PublishError),
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
        Published { definition, spaces, is_brought: false }
    }

    /// The space in which what a step's agency says is sealed: one key for each agency and retention class of a case.
    pub(crate) fn space_of(&self, step: &Slug) -> SpaceId {
        self.spaces.get(step).copied().unwrap_or(livshandelse_store::record::OWN_SPACE)
    }
}

/// All published revisions, by number, who has approved them, and which are live.
#[derive(Debug, Default)]
pub struct Definitions {
    known: RwLock<Known>,
    /// Held while a life event's stream is read and written, so that nobody decides on what is being changed.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    by_revision: BTreeMap<Revision, Arc<Published>>,
    approvals: BTreeMap<Revision, BTreeMap<Slug, CivilTime>>,
    /// Bundles that were published while serving, the oldest first.
    bundles: Vec<Vec<u8>>,
}

impl Known {
    /// Every revision of a life event, in order.
    fn of(&self, life_event: &Slug) -> impl DoubleEndedIterator<Item = &Arc<Published>> {
        let from = Revision { life_event: life_event.clone(), number: 0 };
        let to = Revision { life_event: life_event.clone(), number: u32::MAX };
        self.by_revision.range(from..=to).map(|(_, published)| published)
    }
}

/// How a revision stands with those who must approve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// The revision.
    pub revision: Revision,
    /// Its digest.
    pub digest: [u8; 32],
    /// Whether the program brought it: then nobody has to approve.
    pub is_brought: bool,
    /// The agencies that are handed steps, as the definition names them, in order.
    pub agencies: Vec<AgencyApproval>,
}

/// How one agency stands to a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyApproval {
    /// As the definition names it.
    pub agency: Slug,
    /// The steps that are handed to it.
    pub steps: Vec<Slug>,
    /// Whether its steps are as in an earlier revision that the program brought: it need not approve anew.
    pub is_unchanged: bool,
    /// Who has approved this very revision, resolved, and when.
    pub approved_by: Vec<(Slug, CivilTime)>,
}

impl Definitions {
    fn read_known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A revision.
    pub fn get(&self, revision: &Revision) -> Option<Arc<Published>> {
        self.read_known().by_revision.get(revision).cloned()
    }

    /// The newest revision of a life event that is live at a place: all its agencies there have approved their steps.
    /// `resolve` tells what an agency is called at the place, and nothing for one that is not known there.
    pub fn current(
        &self,
        life_event: &Slug,
        resolve: &dyn Fn(&AgencyDefinition) -> Option<Slug>,
    ) -> Option<Arc<Published>> {
        self.read_known().live(life_event, resolve).cloned()
    }

    /// Every revision, in order.
    pub fn all(&self) -> Vec<Arc<Published>> {
        self.read_known().by_revision.values().cloned().collect()
    }

    /// The bundles that were published while serving, the oldest first: their texts count before those that were there.
    pub fn published_bundles(&self) -> Vec<Vec<u8>> {
        self.read_known().bundles.clone()
    }

    /// How a revision stands with those who must approve it.
    pub fn approvals(&self, revision: &Revision) -> Option<Approvals> {
        let known = self.read_known();
        let published = known.by_revision.get(revision)?;
        let approved = known.approvals.get(revision);
        let agencies = live::handed_over(&published.definition).into_iter().map(|(agency, steps)| AgencyApproval {
            agency: agency.clone(),
            steps: steps.into_iter().map(|step| step.slug.clone()).collect(),
            // Nobody has the name alone unless it is the whole country's: then only what was brought can make it content.
            is_unchanged: known.is_content(published, agency, agency) && !known.has_approved(published, agency),
            approved_by: approved
                .into_iter()
                .flatten()
                .filter(|(resolved, _)| is_of(resolved, agency))
                .map(|(resolved, at)| (resolved.clone(), *at))
                .collect(),
        });
        Some(Approvals {
            revision: revision.clone(),
            digest: published.definition.parts().digest,
            is_brought: published.is_brought,
            agencies: agencies.collect(),
        })
    }

    /// A resolved agency as a definition names it, without its place: `socialnamnden` for `socialnamnden-0580`. `None` if no
    /// definition knows it.
    ///
    /// What goes into logs, spans and metrics: a place there could tell where somebody lives.
    pub fn base_agency(&self, resolved: &Slug) -> Option<Slug> {
        let known = self.read_known();
        let agencies = known.by_revision.values().flat_map(|published| &published.definition.parts().agencies);
        let named = agencies.map(|agency| &agency.slug).filter(|base| is_of(resolved, base));
        named.max_by_key(|base| base.as_str().len()).cloned()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn add(&self, definition: Arc<Definition>, is_brought: bool) {
        let revision = definition.revision().clone();
        self.change(|known| {
            // What was brought once stays so, also when its texts were corrected.
            let is_brought = is_brought || known.by_revision.get(&revision).is_some_and(|known| known.is_brought);
            known.by_revision.insert(revision, Arc::new(Published { is_brought, ..Published::new(definition) }));
        });
    }

    /// Takes up everything that was stored earlier, then stores what the program brings and is new. Blocks.
    pub(crate) fn load(
        &self,
        store: &dyn Store,
        new: Vec<NewDefinition>,
        read: &dyn Fn(&[u8]) -> Result<Definition, String>,
    ) -> Result<(), PublishError> {
        let brought: BTreeMap<&[u8], &Arc<Definition>> =
            new.iter().map(|new| (new.bundle.as_slice(), &new.definition)).collect();
        let mut after = None;
        loop {
            let streams = store.streams(StreamKind::Definitions, after, STREAMS_PER_LOOK)?;
            for stream in &streams {
                for stored in store.history(*stream, Sequence(0), usize::MAX)? {
                    self.take_up(&stored, &brought, read)?;
                }
            }
            match streams.last() {
                Some(last) if streams.len() == STREAMS_PER_LOOK => after = Some(*last),
                Some(_) | None => break,
            }
        }
        let nobody = By { actor: String::new(), purpose: String::new(), at: CivilTime(0) };
        for NewDefinition { definition, bundle } in new {
            let revision = definition.revision().clone();
            match self.get(&revision) {
                Some(known) if known.definition.parts().digest != definition.parts().digest => {
                    return Err(PublishError::OtherContent { revision });
                }
                Some(_) => {}
                None => append(store, &revision.life_event, DefinitionRecord::Brought(bundle).write(&nobody))?,
            }
            self.add(definition, true);
        }
        Ok(())
    }

    fn take_up(
        &self,
        stored: &StoredRecord,
        brought: &BTreeMap<&[u8], &Arc<Definition>>,
        read: &dyn Fn(&[u8]) -> Result<Definition, String>,
    ) -> Result<(), PublishError> {
        let unreadable = |reason: String| PublishError::Unreadable { reason };
        let Some(Payload::Plain(bytes)) = stored.sections.first().map(|section| &section.payload) else {
            return Err(unreadable("its key is gone".to_owned()));
        };
        match DefinitionRecord::read(bytes).map_err(unreadable)? {
            DefinitionRecord::Brought(bundle) => match brought.get(bundle.as_slice()) {
                Some(known) => self.add((*known).clone(), true),
                None => self.add(Arc::new(read(&bundle).map_err(unreadable)?), true),
            },
            DefinitionRecord::Published(bundle) => {
                self.add(Arc::new(read(&bundle).map_err(unreadable)?), false);
                self.change(|known| known.bundles.push(bundle));
            }
            DefinitionRecord::Approved(approval) => self.note(stored.stream, &approval),
        }
        Ok(())
    }

    fn note(&self, stream: StreamId, approval: &Approval) {
        self.change(|known| {
            let revision = known
                .by_revision
                .keys()
                .find(|revision| revision.number == approval.number && stream_of(&revision.life_event) == stream);
            if let Some(revision) = revision.cloned() {
                known.approvals.entry(revision).or_default().insert(approval.agency.clone(), approval.at);
            }
        });
    }

    /// Stores a revision and takes it up. It is live where its agencies have approved it. The same again changes nothing;
    /// with other texts it corrects them. Durable on return. Blocks.
    ///
    /// `before_visible` is called once it is on disk and before anybody can see it.
    pub(crate) fn publish(
        &self,
        store: &dyn Store,
        new: NewDefinition,
        by: &By,
        before_visible: impl FnOnce(),
    ) -> Result<(), PublishError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let NewDefinition { definition, bundle } = new;
        let revision = definition.revision().clone();
        match self.get(&revision) {
            Some(known) if known.definition.parts().digest != definition.parts().digest => {
                return Err(PublishError::OtherContent { revision });
            }
            Some(_) if self.read_known().bundles.last() == Some(&bundle) => return Ok(()),
            Some(_) => {}
            None => {
                let newest = self
                    .read_known()
                    .of(&revision.life_event)
                    .next_back()
                    .map(|known| known.definition.revision().number);
                if let Some(newest) = newest.filter(|newest| *newest > revision.number) {
                    return Err(PublishError::Older { revision, newest });
                }
            }
        }
        append(store, &revision.life_event, DefinitionRecord::Published(bundle.clone()).write(by))?;
        before_visible();
        self.add(definition, false);
        self.change(|known| known.bundles.push(bundle));
        Ok(())
    }

    /// Stores that an agency has approved its steps in a revision. The same again changes nothing. Durable on return. Blocks.
    pub(crate) fn approve(
        &self,
        store: &dyn Store,
        revision: &Revision,
        digest: [u8; 32],
        agency: &Slug,
        by: &By,
    ) -> Result<(), ApproveError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let published = self.get(revision).ok_or(ApproveError::NoSuchRevision)?;
        if published.definition.parts().digest != digest {
            return Err(ApproveError::OtherDigest);
        }
        if !live::handed_over(&published.definition).keys().any(|base| is_of(agency, base)) {
            return Err(ApproveError::NoSteps);
        }
        if self.read_known().has_approved(&published, agency) {
            return Ok(());
        }
        let approval = Approval { number: revision.number, digest, agency: agency.clone(), at: by.at };
        let stream = stream_of(&revision.life_event);
        append(store, &revision.life_event, DefinitionRecord::Approved(approval.clone()).write(by))?;
        self.note(stream, &approval);
        Ok(())
    }
}

/// Whether a resolved agency is one that a definition names so.
fn is_of(resolved: &Slug, base: &Slug) -> bool {
    let place = resolved.as_str().strip_prefix(base.as_str());
    place.is_some_and(|place| place.is_empty() || place.starts_with('-'))
}

fn append(store: &dyn Store, life_event: &Slug, payload: Vec<u8>) -> Result<(), PublishError> {
    let stream = stream_of(life_event);
    let last = store.history(stream, Sequence(0), usize::MAX)?.last().map_or(Sequence(0), |record| record.sequence);
    let head = Head { state: None, wake: None, listed_under: Vec::new() };
    let sections = vec![Section { space: SpaceId(0), payload }];
    let append = Append { stream, expected: last, sections, head };
    for result in store.commit(vec![Unit::one(append)])? {
        result.map_err(PublishError::Refused)?;
    }
    Ok(())
}

fn stream_of(life_event: &Slug) -> StreamId {
    let mut id = [0; 16];
    blake3::Hasher::new_derive_key("livshandelse 2026 definitions stream")
        .update(life_event.as_str().as_bytes())
        .finalize_xof()
        .fill(&mut id);
    StreamId::new(StreamKind::Definitions, id)
}
