//! Reads a store that no process has open, record by record.

use crate::program::{Place, SEGMENT_BYTES};
use livshandelse_core::Case;
use livshandelse_core::case::Stage;
use livshandelse_core::id::CaseId;
use livshandelse_core::invariant;
use livshandelse_engine::CaseProjector;
use livshandelse_store::disk::RealDisk;
use livshandelse_store::record::{decode_state, decode_stored};
use livshandelse_store::{ClockKind, JournalStore, OpenError, Sequence, Settings, Store, StreamKind, SystemRandom};
use livshandelse_workflows::Bundle;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Records or streams that are read at once.
const READ_LEN: usize = 500;

/// A record, as far as a test keeps it: its number, when it was in civil milliseconds, events, effects.
pub type Kept = (u64, i64, usize, usize);

/// What is on the disk.
#[derive(Debug, Default)]
pub struct Found {
    /// The records of each case, under its name.
    pub records: BTreeMap<String, Vec<Kept>>,
    /// Cases that have ended.
    pub ended: BTreeSet<String>,
    /// What is not as it must be.
    pub wrong: Vec<String>,
}

/// Opens a store as it lies there.
pub fn open(place: &Place) -> Result<JournalStore, OpenError> {
    opened(&place.data(), place)
}

fn opened(data: &Path, place: &Place) -> Result<JournalStore, OpenError> {
    let mut settings = Settings::new(data, place.keys());
    settings.clock = ClockKind::TimeLapse;
    settings.segment_bytes = SEGMENT_BYTES;
    JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector))
}

/// Reads the store of a place. It is copied first, so that the program meets the folder as it was left.
pub fn read(place: &Place) -> Found {
    let copy = tempfile::tempdir().unwrap();
    let data = copy.path().join("data");
    super::archive::unpack(&super::archive::pack(&place.data()), &data);
    let mut found = Found::default();
    let store = opened(&data, place).unwrap();
    found.wrong.extend(store.quarantined().iter().map(|damage| format!("damaged: {damage:?}")));
    let report = store.verify().unwrap();
    found.wrong.extend(report.damages.iter().map(|damage| format!("damaged: {damage:?}")));
    let bundle = Bundle::embedded("first-child").unwrap_or_else(|complaints| panic!("{complaints:?}"));
    for stream in store.streams(StreamKind::Case, None, READ_LEN).unwrap() {
        let name = format!("cases/{}", CaseId(stream.id));
        let mut case = Case::absent();
        let mut kept: Vec<Kept> = Vec::new();
        let mut after = Sequence::NONE;
        loop {
            let records = store.history(stream, after, READ_LEN).unwrap();
            for stored in &records {
                after = stored.sequence;
                let record = match decode_stored(stored) {
                    Ok(decoded) => decoded.record,
                    Err(error) => {
                        found.wrong.push(format!("{name} {}: {error}", stored.sequence));
                        continue;
                    }
                };
                if let Err(error) = case.apply_record(&record) {
                    found.wrong.push(format!("{name} {}: {error}", stored.sequence));
                }
                kept.push((stored.sequence.0, record.at.0, record.events.len(), record.effects.len()));
            }
            if records.len() < READ_LEN {
                break;
            }
        }
        if (1..).zip(&kept).any(|(number, record): (u64, _)| number != record.0) {
            found.wrong.push(format!("{name}: records are missing"));
        }
        let state = store.head(stream).unwrap().and_then(|head| head.state);
        // A state of another format is made again from the records when the case is next looked at.
        match state.as_deref().map(decode_state) {
            Some(Ok(Some(state))) if state != case => found.wrong.push(format!("{name}: another state is stored")),
            Some(Err(error)) => found.wrong.push(format!("{name}: {error}")),
            Some(Ok(_)) | None => {}
        }
        let violations = invariant::violations(&bundle.definition, &case);
        found.wrong.extend(violations.into_iter().map(|broken| format!("{name}: {} {}", broken.id, broken.what)));
        if matches!(case.stage, Stage::Ended(_)) {
            found.ended.insert(name.clone());
        }
        found.records.insert(name, kept);
    }
    store.close().unwrap();
    found
}
