//! `WatchCase` and `WatchCases`: first the whole, then what has changed; merged for slow readers; resumable.
//!
//! A stream is pulled: nothing is made ready before the reader takes it, so a slow reader finds one change with all that
//! happened meanwhile, and costs one case in memory.

use crate::api::{Api, Opened};
use crate::convert::time::timestamp;
use crate::convert::wrong::Wrong;
use crate::limits::WATCHED_CASES_MAX;
use crate::name;
use crate::service::list;
use crate::show::Sent;
use crate::status::Refused;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use livshandelse_core::case::Case;
use livshandelse_core::id::{CaseId, PartyId};
use livshandelse_core::status::View;
use livshandelse_engine::Readiness;
use livshandelse_proto::v1 as pb;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tonic::Status;

type Updates = BoxStream<'static, Result<pb::CaseUpdate, Status>>;

/// What both streams need.
struct Watcher {
    api: Api,
    reader: PartyId,
    language_code: String,
    /// Changes when anything watched does.
    changes: watch::Receiver<u64>,
    readiness: watch::Receiver<Readiness>,
    /// What the reader has of each case.
    sent: BTreeMap<CaseId, Sent>,
    ready: VecDeque<pb::CaseUpdate>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

/// What a watcher wakes for.
enum Woken {
    Changed,
    Quiet,
    Draining,
}

/// Follows one case.
pub(super) async fn case(api: Api, reader: PartyId, request: pb::WatchCaseRequest) -> Result<Updates, Refused> {
    let id = name::read_case(&request.name)?;
    // Watched before it is read, so that nothing falls between.
    let changes = api.engine().watch(id);
    let opened = api.open(reader, id).await?;
    let mut watcher = Watcher::new(api, reader, request.language_code, changes)?;
    watcher.begin(&opened, request.after_sequence);
    watcher.api.engine().saw(&opened.case, reader);
    watcher.is_over = !opened.case.is_open();
    Ok(watcher.stream(move |mut watcher: Watcher| async move {
        let opened = watcher.api.open(watcher.reader, id).await?;
        watcher.look(&opened);
        watcher.api.engine().saw(&opened.case, watcher.reader);
        watcher.is_over = !opened.case.is_open();
        Ok(watcher)
    }))
}

/// Follows every case of a person.
pub(super) async fn cases(api: Api, reader: PartyId, request: pb::WatchCasesRequest) -> Result<Updates, Refused> {
    if request.positions.len() > WATCHED_CASES_MAX {
        return Err(Wrong::one("positions", "too many", format!("name at most {WATCHED_CASES_MAX} cases")));
    }
    let mut positions = BTreeMap::new();
    for position in &request.positions {
        positions.insert(name::read_case(&position.name)?, position.after_sequence);
    }
    let changes = api.engine().watch_party(reader);
    let all = list::all(&api, reader).await?;
    let mut watcher = Watcher::new(api, reader, request.language_code, changes)?;
    for opened in all.iter().take(WATCHED_CASES_MAX) {
        watcher.begin(opened, positions.get(&opened.case.id).copied().unwrap_or(0));
    }
    Ok(watcher.stream(|mut watcher: Watcher| async move {
        let all = list::all(&watcher.api, watcher.reader).await?;
        for opened in all.iter().take(WATCHED_CASES_MAX) {
            watcher.look(opened);
        }
        Ok(watcher)
    }))
}

impl Watcher {
    fn new(
        api: Api,
        reader: PartyId,
        language_code: String,
        changes: watch::Receiver<u64>,
    ) -> Result<Watcher, Refused> {
        Ok(Watcher {
            _place: api.watcher()?,
            readiness: api.engine().readiness(),
            api,
            reader,
            language_code,
            changes,
            sent: BTreeMap::new(),
            ready: VecDeque::new(),
            is_over: false,
        })
    }

    /// The stream: what is ready, then what comes. `look_again` reads what is watched anew.
    fn stream<F, G>(self, look_again: F) -> Updates
    where
        F: Fn(Watcher) -> G + Send + Sync + Clone + 'static,
        G: Future<Output = Result<Watcher, Refused>> + Send + 'static,
    {
        let updates = stream::unfold(Some(self), move |watcher| {
            let look_again = look_again.clone();
            async move {
                let mut watcher = watcher?;
                loop {
                    if let Some(update) = watcher.ready.pop_front() {
                        return Some((Ok(update), Some(watcher)));
                    }
                    if watcher.is_over {
                        return None;
                    }
                    let woken = watcher.wait().await;
                    if matches!(woken, Woken::Draining) {
                        return Some((Err(Refused::Draining.into()), None));
                    }
                    let was_quiet = matches!(woken, Woken::Quiet);
                    watcher = match look_again(watcher).await {
                        Ok(watcher) => watcher,
                        Err(refused) => return Some((Err(refused.into()), None)),
                    };
                    if was_quiet && watcher.ready.is_empty() {
                        let update = watcher.heartbeat();
                        watcher.ready.push_back(update);
                    }
                }
            }
        });
        updates.boxed()
    }

    async fn wait(&mut self) -> Woken {
        if *self.readiness.borrow() == Readiness::Draining {
            return Woken::Draining;
        }
        let quiet = tokio::time::sleep(self.api.limits().heartbeat_interval);
        let readiness = &mut self.readiness;
        // A closed channel means that the engine is gone: as good as draining.
        let draining = async { drop(readiness.wait_for(|readiness| *readiness == Readiness::Draining).await) };
        let changes = &mut self.changes;
        let changed = async {
            if changes.changed().await.is_err() {
                // Nobody changes it any more; the rest is the engine's end, which draining tells.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = draining => Woken::Draining,
            () = changed => Woken::Changed,
            () = quiet => Woken::Quiet,
        }
    }

    fn heartbeat(&self) -> pb::CaseUpdate {
        pb::CaseUpdate {
            name: String::new(),
            sequence: 0,
            content: Some(pb::case_update::Content::Heartbeat(pb::Heartbeat {
                civil_time: Some(timestamp(self.api.engine().now())),
            })),
        }
    }

    /// The first look: the whole case, unless the reader has just that.
    fn begin(&mut self, opened: &Opened, after_sequence: u64) {
        if opened.case.sequence.0 != after_sequence || after_sequence == 0 {
            self.send_whole(opened);
        }
        self.note(opened);
    }

    /// Another look: what has changed since the last.
    fn look(&mut self, opened: &Opened) {
        let Some(before) = self.sent.get(&opened.case.id) else {
            self.send_whole(opened);
            self.note(opened);
            return;
        };
        let now = self.api.engine().now();
        let is_same_record = before.case.sequence == opened.case.sequence;
        if is_same_record && before.at.date() == now.date() {
            return;
        }
        let sight = self.api.sight(opened, &self.language_code);
        let steps: Vec<pb::Step> = sight.changed_since(before).into_iter().map(|step| sight.step(step)).collect();
        let summary = sight.summary();
        // Others' doings are not to be guessed from updates that change nothing one sees (I6).
        let is_visible = opened.view == View::Whole && !is_same_record
            || !steps.is_empty()
            || comparable(&summary) != comparable(&self.summary_of(before, opened));
        if is_visible {
            self.ready.push_back(pb::CaseUpdate {
                name: summary.name.clone(),
                sequence: opened.case.sequence.0,
                content: Some(pb::case_update::Content::Change(pb::CaseChange { case: Some(summary), steps })),
            });
        }
        self.note(opened);
    }

    fn summary_of(&self, before: &Sent, opened: &Opened) -> pb::Case {
        let then = Opened {
            case: before.case.clone(),
            published: opened.published.clone(),
            bundle: opened.bundle.clone(),
            view: opened.view,
            reader: opened.reader,
        };
        let mut sight = self.api.sight(&then, &self.language_code);
        sight.now = before.at;
        sight.summary()
    }

    fn send_whole(&mut self, opened: &Opened) {
        let whole = self.api.sight(opened, &self.language_code).whole();
        self.ready.push_back(pb::CaseUpdate {
            name: whole.name.clone(),
            sequence: opened.case.sequence.0,
            content: Some(pb::case_update::Content::Case(whole)),
        });
    }

    fn note(&mut self, opened: &Opened) {
        let case: std::sync::Arc<Case> = opened.case.clone();
        let at = self.api.engine().now();
        self.sent.insert(case.id, Sent { case, at });
    }
}

/// A summary without what changes with every record.
fn comparable(summary: &pb::Case) -> pb::Case {
    pb::Case { sequence: 0, etag: String::new(), update_time: None, ..summary.clone() }
}
