//! What all services share: the engine, the bundles, the secrets, the limits.

use crate::actor::{Caller, Trust, identify};
use crate::field;
use crate::limits::Limits;
use crate::name;
use crate::opaque::Opaque;
use crate::secrets::Secrets;
use crate::service::attachment::{Attachments, dispose_unsent, expire_uploads};
use crate::shelf::Shelf;
use crate::show::Sight;
use crate::status::Refused;
use livshandelse_core::case::{Case, End, Stage};
use livshandelse_core::id::{CaseId, PartyId, RequestId, Revision, Slug};
use livshandelse_core::status::{View, view_of};
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{Engine, Published};
use livshandelse_store::blobs::Documents;
use livshandelse_workflows::Bundle;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tonic::Request;

/// What an [`Api`] is built from.
#[derive(Debug)]
pub struct Setup {
    /// The engine, started.
    pub engine: Engine,
    /// The bundles whose texts and forms are served: those of the engine's definitions.
    pub bundles: Vec<Arc<Bundle>>,
    /// The instance's keys.
    pub secrets: Secrets,
    /// The limits.
    pub limits: Limits,
    /// Whose word is taken for who they are.
    pub trust: Trust,
    /// When the process started, in machine time.
    pub started_at: CivilTime,
    /// What the store is called towards operators: `memory`, `sled`.
    pub store_name: &'static str,
}

/// Everything the services share. Cheap to clone.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    engine: Engine,
    shelf: Shelf,
    secrets: Secrets,
    opaque: Opaque,
    limits: Limits,
    trust: Trust,
    started_at: CivilTime,
    store_name: &'static str,
    watchers: Arc<Semaphore>,
    attachments: OnceLock<Attachments>,
    drain: watch::Sender<Option<Duration>>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// A case that a person may see, with what showing it takes.
pub(crate) struct Opened {
    pub(crate) case: Arc<Case>,
    pub(crate) published: Arc<Published>,
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) view: View,
    pub(crate) reader: PartyId,
}

impl Api {
    /// Prepares the services of an engine.
    pub fn new(setup: Setup) -> Api {
        let Setup { engine, bundles, secrets, limits, trust, started_at, store_name } = setup;
        Api(Arc::new(Inner {
            engine,
            shelf: Shelf::new(bundles),
            opaque: Opaque::new(&secrets),
            secrets,
            watchers: Arc::new(Semaphore::new(limits.watchers_max)),
            limits,
            trust,
            started_at,
            store_name,
            attachments: OnceLock::new(),
            drain: watch::Sender::new(None),
        }))
    }

    /// Becomes `Some` when an operator asks the process to drain and end: how long to wait for what is under way.
    pub fn drain_requested(&self) -> watch::Receiver<Option<Duration>> {
        self.0.drain.subscribe()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Serves the documents of cases too, beside the engine's own store; without this the API has no `AttachmentService`. What is given first
    /// counts.
    pub fn keep_documents(&self, documents: Arc<Documents>) {
        self.0.attachments.get_or_init(|| Attachments::new(documents));
    }

    /// Destroys the documents of drafts that expired or were withdrawn. Returns how many there were. Meant for now and then.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the store cannot be read or written; what is left is done the next time.
    pub async fn dispose_unsent_documents(&self) -> Result<usize, Refused> {
        dispose_unsent(self).await
    }

    /// Gives up uploads that were broken off and that nobody resumed in time. Returns how many there were. Meant for now and then.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the store cannot be read or written; what is left is done the next time.
    pub async fn expire_uploads(&self) -> Result<usize, Refused> {
        expire_uploads(self).await
    }

    pub(crate) fn attachments(&self) -> Option<&Attachments> {
        self.0.attachments.get()
    }

    pub(crate) fn request_drain(&self, wait: Duration) {
        self.0.drain.send_replace(Some(wait));
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    pub(crate) fn opaque(&self) -> &Opaque {
        &self.0.opaque
    }

    pub(crate) fn started_at(&self) -> CivilTime {
        self.0.started_at
    }

    pub(crate) fn store_name(&self) -> &'static str {
        self.0.store_name
    }

    /// How many watch at present.
    pub(crate) fn watcher_count(&self) -> usize {
        self.0.limits.watchers_max.saturating_sub(self.0.watchers.available_permits())
    }

    /// A place among those who watch, held as long as the stream lives.
    pub(crate) fn watcher(&self) -> Result<OwnedSemaphorePermit, Refused> {
        self.0.watchers.clone().try_acquire_owned().map_err(|_| Refused::TooManyWatchers)
    }

    /// Who calls. Notes the kind of actor in the call's span.
    pub(crate) fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Refused> {
        let caller = identify(request.metadata(), request.remote_addr(), self.secrets(), self.0.trust)?;
        let span = tracing::Span::current();
        span.record(field::ACTOR_KIND, caller.kind());
        if let Ok(agency) = caller.agency()
            && !span.is_disabled()
            && let Some(base) = self.engine().definitions().base_agency(agency)
        {
            span.record(field::AGENCY, base.as_str());
        }
        Ok(caller)
    }

    /// The revision that new cases of a life event follow in a municipality, by its name in the contract.
    pub(crate) fn current(&self, life_event: &str, municipality: &str) -> Result<Arc<Published>, Refused> {
        let (slug, number) = name::read_life_event(life_event)?;
        let known = match number {
            None => self.engine().current(&slug, Some(municipality).filter(|code| !code.is_empty())),
            Some(_) => None,
        };
        known.ok_or(Refused::NoSuchLifeEvent)
    }

    /// The bundle of each life event that new cases follow in a municipality, or where only the agencies of the whole
    /// country count, in the order of their names.
    pub(crate) fn live(&self, municipality: Option<&str>) -> Vec<Arc<Bundle>> {
        let current = |slug: &Slug| {
            let published = self.engine().current(slug, municipality)?;
            self.shelf().bundle(published.definition.revision())
        };
        self.shelf().life_events().iter().filter_map(current).collect()
    }

    /// The bundle that a revision is shown with.
    pub(crate) fn bundle_of(&self, revision: &Revision) -> Result<Arc<Bundle>, Refused> {
        self.shelf().texts_of(revision).ok_or(Refused::Internal { what: "no texts for a revision" })
    }

    /// A case as a person may see it.
    pub(crate) async fn open(&self, reader: PartyId, id: CaseId) -> Result<Opened, Refused> {
        let case = self.engine().read(id).await?;
        let opened = case.map(|case| self.opened(reader, case)).transpose()?.flatten();
        opened.ok_or_else(|| name::not_found("case"))
    }

    /// The same for a case at hand; `None` when it is not the person's to see.
    pub(crate) fn opened(&self, reader: PartyId, case: Arc<Case>) -> Result<Option<Opened>, Refused> {
        let Some(view) = sight_of(&case, reader) else { return Ok(None) };
        let revision = case.revision.clone().ok_or(Refused::Internal { what: "a case without a revision" })?;
        let published = self.engine().definitions().get(&revision);
        let published = published.ok_or(Refused::Internal { what: "a case of a revision that is not published" })?;
        let bundle = self.bundle_of(&revision)?;
        Ok(Some(Opened { case, published, bundle, view, reader }))
    }

    /// A reader's look at a case, in a language.
    pub(crate) fn sight<'a>(&'a self, opened: &'a Opened, language_code: &str) -> Sight<'a> {
        Sight {
            case: &opened.case,
            definition: &opened.published.definition,
            voice: Sight::voice_of(&opened.bundle, language_code),
            registry: self.engine().registry(),
            view: opened.view,
            reader: opened.reader,
            now: self.engine().now(),
            is_time_lapse: self.engine().is_time_lapse(),
            is_stored: true,
        }
    }

    /// Whether an agency has a part in any life event of today and is a public body: who may report facts.
    pub(crate) fn is_public_agency(&self, caller: &Slug) -> bool {
        use livshandelse_core::definition::Level;
        self.engine().definitions().all().iter().any(|published| {
            published.definition.parts().agencies.iter().any(|agency| {
                let rest = caller.as_str().strip_prefix(agency.slug.as_str());
                agency.level != Level::Provider && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        })
    }
}

/// What a person may see of a case. A draft is in its filer's own space: nobody else knows of it (design §1).
fn sight_of(case: &Case, reader: PartyId) -> Option<View> {
    let view = view_of(case, reader)?;
    match (case.stage, view) {
        (Stage::Absent, _) => None,
        (Stage::Draft | Stage::Ended(End::DraftExpired), View::Whole) => Some(view),
        (Stage::Draft | Stage::Ended(End::DraftExpired), View::Of(_)) => None,
        (Stage::Open | Stage::Ended(_), _) => Some(view),
    }
}

/// Reads a request id: a UUID other than the empty one.
pub(crate) fn request_id(text: &str) -> Result<RequestId, Refused> {
    let is_short = text.len() <= 64;
    let id = is_short.then(|| uuid::Uuid::try_parse(text).ok()).flatten().filter(|id| !id.is_nil());
    id.map(|id| RequestId(*id.as_bytes())).ok_or(Refused::RequestId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_a_uuid() {
        assert!(request_id("0f8fad5b-d9cb-469f-a165-70867728950e").is_ok());
        for wrong in ["", "1", "00000000-0000-0000-0000-000000000000", &"0".repeat(500)] {
            assert!(matches!(request_id(wrong), Err(Refused::RequestId)), "{wrong}");
        }
    }
}
