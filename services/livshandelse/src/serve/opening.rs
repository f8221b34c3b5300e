//! Opening a store for this program, and saying what to do when it cannot be opened.

use crate::fail::Failure;
use crate::system;
use clap::Args;
use livshandelse_core::time::CivilTime;
use livshandelse_engine::CaseProjector;
use livshandelse_store::disk::RealDisk;
use livshandelse_store::record::{decode_state, decode_stored};
use livshandelse_store::{
    ClockKind, Error, JournalStore, OpenError, Sequence, Settings, Store, StreamId, StreamKind, SystemRandom,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Streams that are looked at in one go.
const STREAMS_PER_LOOK: usize = 1_000;

/// Where a store and its keys are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// The data folder; made if it is not there [default: livshandelse below XDG_DATA_HOME]
    #[arg(long, env = "LIVSHANDELSE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The key file, without which nothing can be read; made for a new store. Back it up, apart from the data
    /// [default: livshandelse/keys below XDG_CONFIG_HOME]
    #[arg(long, env = "LIVSHANDELSE_KEYS", value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Where {
    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        data_or_usual(self.data.clone())
    }

    /// The key file.
    pub(crate) fn keys(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(system::key_file)
    }
}

/// Sizes of a store for tests, which want to see soon what otherwise comes late.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Sizes {
    /// Records after which the index is brought up to date
    #[arg(long, hide = true, value_name = "COUNT")]
    checkpoint_records: Option<usize>,
    /// Bytes of a segment of the journal
    #[arg(long, hide = true, value_name = "BYTES")]
    segment_bytes: Option<u32>,
}

/// A data folder, or the usual one.
pub(crate) fn data_or_usual(data: Option<PathBuf>) -> PathBuf {
    data.unwrap_or_else(system::data_folder)
}

/// Opens the store, in the kind of time it was made for when `clock` does not say. Blocks, and may take long after an
/// unclean stop.
///
/// # Errors
///
/// If it cannot be opened.
pub(crate) fn open(place: &Where, clock: Option<ClockKind>, sizes: &Sizes) -> Result<JournalStore, Failure> {
    let attempt = |clock: ClockKind| {
        let mut settings = Settings::new(place.data(), place.keys());
        settings.clock = clock;
        settings.boot_id = system::boot_id();
        settings.checkpoint_records = sizes.checkpoint_records.unwrap_or(settings.checkpoint_records);
        settings.segment_bytes = sizes.segment_bytes.unwrap_or(settings.segment_bytes);
        JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector))
    };
    match (clock, attempt(clock.unwrap_or(ClockKind::Real))) {
        (_, Ok(store)) => Ok(store),
        (None, Err(OpenError::OtherClock { made, .. })) => attempt(made).map_err(refused),
        (_, Err(error)) => Err(refused(error)),
    }
}

/// Why a store was not opened, with what to do.
pub(crate) fn refused(error: OpenError) -> Failure {
    let problem = with_sources(&error);
    match error {
        OpenError::Held { .. } => Failure::InUse {
            problem,
            remedy: "stop the process that serves it, or name another --data; a service makes its own backups with \
                     `serve --backup-to`"
                .to_owned(),
        },
        OpenError::Newer { .. } => {
            Failure::input(problem, "run the version of livshandelse that wrote it, or a later one")
        }
        OpenError::NotAStore { .. } => Failure::input(problem, "name the right --data"),
        OpenError::OtherClock { made: ClockKind::TimeLapse, .. } => {
            Failure::input(problem, "serve it with --time-lapse, or name another --data for real cases")
        }
        OpenError::OtherClock { made: ClockKind::Real, .. } => {
            Failure::input(problem, "leave --time-lapse out, or name another --data for the demonstration")
        }
        OpenError::KeyFileMissing { .. } | OpenError::KeyFileUnreadable { .. } | OpenError::KeyFileWrong { .. } => {
            Failure::input(problem, "name the right file with --keys; nobody can make it anew")
        }
        OpenError::Store(Error::Full { .. }) => Failure::Own(format!(
            "{problem}; make room, nothing that was accepted is lost. A start needs as much as a segment of the journal, 64 MiB"
        )),
        OpenError::SegmentBytes { .. } | OpenError::Store(_) => Failure::Own(problem),
    }
}

/// An error with what is behind it.
pub(crate) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = inner.source();
    }
    text
}

/// The latest civil time at which anything was recorded: where a time-lapse store goes on. `None` when it is empty.
///
/// # Errors
///
/// If the store cannot be read.
pub(crate) fn latest(store: &dyn Store) -> Result<Option<CivilTime>, Error> {
    let mut latest = None;
    let mut after = None;
    loop {
        let streams = store.streams(StreamKind::Case, after, STREAMS_PER_LOOK)?;
        for stream in &streams {
            // One case that cannot be read does not keep the others from being served.
            let Ok(Some(head)) = store.head(*stream) else { continue };
            let case = head.state.as_deref().and_then(|state| decode_state(state).ok().flatten());
            let changed_at = match case {
                Some(case) => Some(case.changed_at),
                // An ended case keeps no state: its last record tells.
                None => last_record(store, *stream, head.sequence)?,
            };
            latest = latest.max(changed_at);
        }
        match streams.last() {
            Some(last) if streams.len() == STREAMS_PER_LOOK => after = Some(*last),
            Some(_) | None => return Ok(latest),
        }
    }
}

fn last_record(store: &dyn Store, stream: StreamId, newest: Sequence) -> Result<Option<CivilTime>, Error> {
    let records = store.history(stream, Sequence(newest.0.saturating_sub(1)), 1)?;
    let decoded = records.last().and_then(|record| decode_stored(record).ok());
    Ok(decoded.map(|decoded| decoded.record.at))
}

/// A secret of the instance, derived from the key file: one file to keep, one to lose. Persons and cases are known under
/// what is derived here, so it never changes for a store.
///
/// # Errors
///
/// If the key file cannot be read.
pub(crate) fn secret(keys: &Path, purpose: &'static str) -> Result<[u8; 32], Failure> {
    let text = std::fs::read(keys)
        .map_err(|error| Failure::input(format!("{}: {error}", keys.display()), "name the key file with --keys"))?;
    let end = text.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    Ok(blake3::derive_key(purpose, &text[..end]))
}
