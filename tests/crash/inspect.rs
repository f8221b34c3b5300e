//! Reads a store that no process has open, record by record, and holds it against what the ledger knows.

use crate::agencies::MARK;
use crate::program::{Place, SEGMENT_BYTES};
use livshandelse_core::Case;
use livshandelse_core::case::Stage;
use livshandelse_core::definition::Definition;
use livshandelse_core::event::Event;
use livshandelse_core::id::CaseId;
use livshandelse_core::invariant;
use livshandelse_engine::{CaseProjector, HISTORY_STANDS_FOR_STATE};
use livshandelse_store::disk::RealDisk;
use livshandelse_store::record::{decode_state, decode_stored};
use livshandelse_store::{
    ClockKind, JournalStore, Projector, Sequence, Settings, Store, StoredRecord, StreamId, StreamKind, SystemRandom,
    Wake,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Records or streams that are read at once.
const READ_LEN: usize = 500;

/// What is on the disk.
#[derive(Debug, Default)]
pub struct Found {
    /// The number of the last record of each case, under its name.
    pub sequences: BTreeMap<String, u64>,
    /// Where each request was accepted: case and number of the record.
    pub requests: BTreeMap<[u8; 16], Vec<(String, u64)>>,
    /// Where an agency's words were applied: case, number of the record, what was recorded.
    pub words: BTreeMap<String, Vec<String>>,
    /// Effects that were recorded.
    pub effects_count: usize,
    /// Effects that have no answer yet.
    pub unanswered_count: usize,
    /// Records of cases.
    pub records_count: usize,
    /// What is not as it must be.
    pub wrong: Vec<String>,
}

/// Reads the store of a place. It is copied first, so that the next start meets the folder as the dead process left it.
pub fn inspect(place: &Place, definition: &Definition) -> Found {
    let copy = tempfile::tempdir().unwrap();
    let data = copy.path().join("data");
    if !place.data().join("FORMAT").exists() {
        // It died before there was a store.
        return Found::default();
    }
    copy_folder(&place.data(), &data);
    let mut settings = Settings::new(&data, place.keys());
    settings.clock = ClockKind::TimeLapse;
    settings.boot_id = boot_id();
    settings.segment_bytes = SEGMENT_BYTES;
    let opened = JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector));
    let mut found = Found::default();
    let store = match opened {
        Ok(store) => store,
        Err(error) => {
            found.wrong.push(format!("the store cannot be opened: {error}"));
            return found;
        }
    };
    found.wrong.extend(store.quarantined().iter().map(|damage| format!("damaged: {damage:?}")));
    let mut wakes: BTreeMap<StreamId, Wake> = BTreeMap::new();
    store
        .wakes(&mut |stream, wake| {
            wakes.insert(stream, wake);
        })
        .unwrap();
    let mut after = None;
    loop {
        let streams = store.streams(StreamKind::Case, after, READ_LEN).unwrap();
        for stream in &streams {
            if let Err(what) = found.read_case(&store, *stream, wakes.get(stream), definition) {
                found.wrong.push(format!("{}: {what}", name_of(*stream)));
            }
        }
        after = streams.last().copied();
        if streams.len() < READ_LEN {
            return found;
        }
    }
}

impl Found {
    fn read_case(
        &mut self,
        store: &JournalStore,
        stream: StreamId,
        wake: Option<&Wake>,
        definition: &Definition,
    ) -> Result<(), String> {
        let records = history(store, stream)?;
        let name = name_of(stream);
        let head = store.head(stream).map_err(|error| error.to_string())?.ok_or("listed, and not there")?;
        let last = records.last().map_or(0, |record| record.sequence.0);
        if (1..=last).ne(records.iter().map(|record| record.sequence.0)) || head.sequence.0 != last {
            return Err(format!("has {} records to {last}, and a head at {}", records.len(), head.sequence));
        }
        self.records_count += records.len();
        for stored in &records {
            let record = decode_stored(stored).map_err(|error| error.to_string())?.record;
            self.effects_count += record.effects.len();
            for event in &record.events {
                self.note(event, &name, record.sequence.0);
            }
        }
        // I2: the state that is looked up is the fold of the whole history. Of an ended case, and of a short history, none need be kept.
        let mut case = Case::absent();
        for stored in &records {
            let record = decode_stored(stored).map_err(|error| error.to_string())?.record;
            case.apply_record(&record).map_err(|error| format!("cannot be replayed: {error}"))?;
        }
        let stored = head.state.as_deref().map(decode_state).transpose().map_err(|error| error.to_string())?.flatten();
        let is_spared = matches!(case.stage, Stage::Ended(_)) || last <= HISTORY_STANDS_FOR_STATE;
        if stored.as_ref().map_or(!is_spared, |stored| *stored != case) {
            return Err(format!("replays to another state than is stored, at {last}"));
        }
        let folded = CaseProjector.project(stream, None, &records).map_err(|error| error.to_string())?;
        if folded.wake != head.wake || head.wake.as_ref() != wake {
            return Err(format!("wakes at {:?}, is stored with {:?}, found by {wake:?}", folded.wake, head.wake));
        }
        for key in &folded.listed_under {
            let listed = store.listed(*key, None, READ_LEN).map_err(|error| error.to_string())?;
            if !listed.contains(&stream) {
                return Err("is not listed where it belongs".to_owned());
            }
        }
        self.unanswered_count += case.unanswered().count();
        self.wrong.extend(
            invariant::violations(definition, &case)
                .into_iter()
                .map(|violation| format!("{name}: {} {}", violation.id, violation.what)),
        );
        self.sequences.insert(name, last);
        Ok(())
    }

    fn note(&mut self, event: &Event, case: &str, sequence: u64) {
        let (what, words) = match event {
            Event::RequestAccepted { id, .. } => {
                self.requests.entry(id.0).or_default().push((case.to_owned(), sequence));
                return;
            }
            Event::Arrived { step, case_number, .. } => (format!("{step} arrived"), case_number.as_deref()),
            Event::DecisionRecorded { step, decided, .. } => (format!("{step} decided"), Some(decided.words.as_str())),
            Event::StepCompleted { step, words, .. } => (format!("{step} completed"), Some(words.as_str())),
            Event::SupplementAsked { step, words, .. } => (format!("{step} asked"), Some(words.as_str())),
            Event::StepWithdrawn { step, words, .. } => (format!("{step} withdrawn"), words.as_deref()),
            _ => return,
        };
        if let Some(words) = words.filter(|words| words.starts_with(MARK)) {
            self.words.entry(words.to_owned()).or_default().push(format!("{case} {sequence}: {what}"));
        }
    }
}

fn history(store: &JournalStore, stream: StreamId) -> Result<Vec<StoredRecord>, String> {
    let mut records: Vec<StoredRecord> = Vec::new();
    loop {
        let after = records.last().map_or(Sequence::NONE, |record| record.sequence);
        let more = store.history(stream, after, READ_LEN).map_err(|error| error.to_string())?;
        let is_last = more.len() < READ_LEN;
        records.extend(more);
        if is_last {
            return Ok(records);
        }
    }
}

fn name_of(stream: StreamId) -> String {
    format!("cases/{}", CaseId(stream.id))
}

/// What tells one start of the machine from another, as the program reads it.
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
