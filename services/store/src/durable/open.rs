//! Opens a store: whose it is, where the journal ends, what the index knows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use zeroize::Zeroizing;

use super::checkpoint::{clean_mark, clean_path};
use super::format::{self, Format, format_path};
use super::live::{Damages, Recents};
use super::{Background, ClockKind, Counters, IndexKind, JournalStore, Settings, Shared, Wanted, Writing};
use crate::disk::{Disk, read_whole, replace};
use crate::index::{META, MemoryRows, Meta, Rows, decode_damage};
use crate::journal::layout::{BLOCK, Position, SegmentHeader, VERSION};
use crate::journal::scan::{Scan, scan};
use crate::journal::{Segments, Tail, Writer};
use crate::keys::{KeyLog, MasterKey, create_key_file, read_master_key};
use crate::runs::RunRows;
use crate::sled::SledRows;
use crate::{Damage, DamagedPart, Error, Projector, Random};

/// Why a store could not be opened. Each text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{data} is held by another process; stop that one first")]
    Held {
        /// The data directory.
        data: PathBuf,
    },
    /// It was written by a newer version.
    #[error("the store is of version {found}, this program knows {known}; use the newer program")]
    Newer {
        /// What was found.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
    /// The directory holds something, but not a store that can be recognised.
    #[error("{path} is missing or cannot be read; restore it from a backup, or name an empty directory")]
    NotAStore {
        /// The `FORMAT` file.
        path: PathBuf,
    },
    /// The store lives by another clock.
    #[error("the store was made for {} time and refuses {} time; name another data directory", .made.as_str(), .given.as_str())]
    OtherClock {
        /// The clock it was made for.
        made: ClockKind,
        /// The clock it was opened for.
        given: ClockKind,
    },
    /// The key file of an existing store is missing.
    #[error(
        "the key file {path} is missing; without it nothing in the store can be read: put it back from where keys are kept"
    )]
    KeyFileMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file is not one.
    #[error("{path} is not a key file; name the one this store was made with")]
    KeyFileUnreadable {
        /// The file.
        path: PathBuf,
    },
    /// The key file belongs to another store.
    #[error("the key file {path} belongs to another store; name the one this store was made with")]
    KeyFileWrong {
        /// The file.
        path: PathBuf,
    },
    /// A setting is out of its range.
    #[error("segment_bytes is {segment_bytes}; it must be a multiple of 4096 from 65536 to 1073741824")]
    SegmentBytes {
        /// What was given.
        segment_bytes: u32,
    },
    /// Something could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Reads `FORMAT`; `None` if there is no such file.
pub(crate) fn read_format(disk: &dyn Disk, data: &Path) -> Result<Option<Format>, OpenError> {
    let path = format_path(data);
    let Some(bytes) = read_whole(disk, &path, 4096).map_err(|source| Error::io("read", &path, source))? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| OpenError::NotAStore { path: path.clone() })?;
    Format::decode(&text).map(Some).map_err(|newer| match newer {
        Some(found) => OpenError::Newer { found, known: format::VERSION },
        None => OpenError::NotAStore { path },
    })
}

/// Reads the key file of an existing store.
pub(crate) fn read_master(disk: &dyn Disk, path: &Path, format: &Format) -> Result<MasterKey, OpenError> {
    let path_owned = || path.to_owned();
    match read_master_key(disk, path).map_err(|source| Error::io("read", path, source))? {
        None => Err(OpenError::KeyFileMissing { path: path_owned() }),
        Some(None) => Err(OpenError::KeyFileUnreadable { path: path_owned() }),
        Some(Some(key)) => {
            let master = MasterKey::new(key, format.store_id);
            if master.check_value() == format.key_check {
                Ok(master)
            } else {
                Err(OpenError::KeyFileWrong { path: path_owned() })
            }
        }
    }
}

/// Makes a new store in an empty directory.
fn found(settings: &Settings, disk: &dyn Disk, random: &dyn Random) -> Result<(Format, MasterKey), OpenError> {
    let data = &settings.data;
    let io = |source| Error::io("read", data, source);
    let is_used = disk.list(&data.join("journal")).map_err(io)?.iter().any(|name| name.ends_with(".segment"))
        || disk.list(&data.join("keys")).map_err(io)?.iter().any(|name| name.ends_with(".keys"));
    if is_used {
        return Err(OpenError::NotAStore { path: format_path(data) });
    }
    let path = &settings.key_file;
    let key: Zeroizing<[u8; 32]> =
        match read_master_key(disk, path).map_err(|source| Error::io("read", path, source))? {
            None => create_key_file(disk, path, random)?,
            Some(None) => return Err(OpenError::KeyFileUnreadable { path: path.clone() }),
            Some(Some(key)) => key,
        };
    let mut store_id = [0; 16];
    random.fill(&mut store_id)?;
    let master = MasterKey::new(key, store_id);
    let format = Format { version: format::VERSION, store_id, clock: settings.clock, key_check: master.check_value() };
    let path = format_path(data);
    replace(disk, &path, format.encode().as_bytes()).map_err(|source| Error::io("write", &path, source))?;
    Ok((format, master))
}

/// The end of the journal, and how the last segment was found.
struct Ending {
    tail: Tail,
    last: Option<(u32, Scan)>,
}

/// Finds the end of the journal. Unless it was closed cleanly, the last segment is written anew.
fn find_end(segments: &Segments, is_clean: bool) -> Result<Ending, OpenError> {
    let mut numbers = segments.numbers()?;
    let Some(last) = numbers.pop() else { return Ok(Ending { tail: Tail::default(), last: None }) };
    let bytes = segments.read(last)?;
    let header = SegmentHeader::decode(&bytes);
    if let Some(header) = header.as_ref().filter(|header| header.version > VERSION) {
        return Err(OpenError::Newer { found: u32::from(header.version), known: u32::from(VERSION) });
    }
    let scan_last = scan(&bytes, last, BLOCK, true);
    if !is_clean || scan_last.is_torn {
        segments.copy(last, &bytes, scan_last.end)?;
    }
    let known = |scan: &Scan| scan.batches.iter().rev().find_map(|batch| Some((batch.number?, batch.chain_after?)));
    let mut end =
        known(&scan_last).or(header.map(|header| (header.first_batch.saturating_sub(1), header.chain_before)));
    while let (None, Some(number)) = (end, numbers.pop()) {
        // The last segment's header is damaged and nothing in it tells: the one before does.
        end = known(&scan(&segments.read(number)?, number, BLOCK, false));
    }
    let (batch, chain) = end.unwrap_or_default();
    let at = Position { segment: last, offset: crate::journal::layout::to_u32(scan_last.end) };
    Ok(Ending { tail: Tail { at, batch, chain }, last: Some((last, scan_last)) })
}

/// Opens the index, and says from where on it knows nothing. One that cannot be believed is thrown away.
fn open_index(
    settings: &Settings,
    store_id: [u8; 16],
    segments: &Segments,
    ending: &Ending,
    is_clean: bool,
) -> Result<(Box<dyn Rows>, Option<Meta>), OpenError> {
    match settings.index {
        IndexKind::Memory => Ok((Box::new(MemoryRows::default()), None)),
        IndexKind::Sled => {
            let dir = settings.data.join("index");
            let open = || SledRows::open(&dir, settings.index_cache_bytes).and_then(RunRows::open);
            let opened = open().and_then(|rows| {
                let meta = rows.get(META)?;
                Ok((rows, meta))
            });
            match opened {
                Ok((rows, Some(meta))) => {
                    let meta = Meta::decode(&meta).filter(|meta| {
                        let is_same_boot = !settings.boot_id.is_empty() && meta.boot_id == settings.boot_id;
                        meta.store_id == store_id && (is_clean || is_same_boot)
                    });
                    if let Some(meta) = meta
                        && is_on_the_way(segments, ending, &meta)?
                    {
                        return Ok((Box::new(rows), Some(meta)));
                    }
                    tracing::warn!("the index is not to be believed: it is made again from the journal");
                    drop(rows);
                }
                Ok((rows, None)) => drop(rows),
                Err(error) => {
                    tracing::warn!(error = %error, "the index cannot be read: it is made again from the journal")
                }
            }
            match std::fs::remove_dir_all(&dir) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("remove", &dir, source).into());
                }
                Ok(()) | Err(_) => {}
            }
            Ok((Box::new(open()?), None))
        }
    }
}

/// Tells whether the journal has what the index says it ended with.
fn is_on_the_way(segments: &Segments, ending: &Ending, meta: &Meta) -> Result<bool, Error> {
    if meta.at == ending.tail.at {
        return Ok((meta.batch, meta.chain) == (ending.tail.batch, ending.tail.chain));
    }
    if meta.at > ending.tail.at {
        return Ok(false);
    }
    if meta.at == Position::NOWHERE {
        return Ok(true);
    }
    let bytes = segments.read(meta.at.segment)?;
    let is_last = meta.at.segment == ending.tail.at.segment;
    let rest = scan(&bytes, meta.at.segment, meta.at.offset as usize, is_last);
    if let Some(next) = rest.batches.first() {
        return Ok(next.offset == meta.at.offset as usize && next.chain_before == Some(meta.chain));
    }
    // It ended with the segment: the next one says what comes before it.
    let next = segments.read(meta.at.segment + 1)?;
    Ok(SegmentHeader::decode(&next).is_some_and(|header| header.chain_before == meta.chain))
}

impl JournalStore {
    /// Opens a store, or makes a new one in an empty or missing directory. Everything readable is durable on return.
    ///
    /// The good part of an unclean journal is copied and synced, the index is brought up to date (made again if it cannot be believed), and streams
    /// whose records are damaged are quarantined; the rest goes on. A store of an earlier format is marked as one of this: no earlier program opens it
    /// from then on.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(
        settings: Settings,
        disk: Arc<dyn Disk>,
        random: Arc<dyn Random>,
        projector: Arc<dyn Projector>,
    ) -> Result<Self, OpenError> {
        let segment_bytes = settings.segment_bytes;
        if !segment_bytes.is_multiple_of(4096) || !(1 << 16..=1 << 30).contains(&segment_bytes) {
            return Err(OpenError::SegmentBytes { segment_bytes });
        }
        let data = settings.data.clone();
        let io = |source| Error::io("open", &data, source);
        for dir in [data.clone(), data.join("journal"), data.join("keys")] {
            disk.create_dir(&dir).map_err(io)?;
        }
        let Some(lock) = disk.lock(&data.join("LOCK")).map_err(io)? else {
            return Err(OpenError::Held { data });
        };
        let (format, master) = match read_format(&*disk, &data)? {
            None => found(&settings, &*disk, &*random)?,
            Some(format) if format.clock != settings.clock => {
                return Err(OpenError::OtherClock { made: format.clock, given: settings.clock });
            }
            Some(format) => {
                let master = read_master(&*disk, &settings.key_file, &format)?;
                (format, master)
            }
        };
        let segments = Arc::new(Segments::new(Arc::clone(&disk), data.join("journal"), segment_bytes));
        let clean = clean_path(&data);
        let mark = read_whole(&*disk, &clean, 4096).map_err(io)?;
        let is_marked = mark.is_some();
        let mut ending = find_end(&segments, is_marked)?;
        let is_clean = mark.is_some_and(|mark| mark == clean_mark(ending.tail).as_bytes());
        if is_marked && !is_clean {
            // Something was written after the mark: as unclean as if there were none.
            ending = find_end(&segments, false)?;
        }
        // From here on it is not clean any more.
        disk.remove(&clean).and_then(|()| disk.sync_dir(&data)).map_err(io)?;
        if !is_clean {
            segments.forget_prepared()?;
        }
        let (keys, key_wounds) =
            KeyLog::open(Arc::clone(&disk), &data.join("keys"), &master, format.store_id, !is_clean)?;
        let (rows, meta) = open_index(&settings, format.store_id, &segments, &ending, is_clean)?;
        let writer = Writer::new(Arc::clone(&segments), format.store_id, ending.tail)?;
        let shared = Arc::new(Shared {
            store_id: format.store_id,
            disk,
            random,
            projector,
            segments,
            keys,
            rows,
            index_key: master.index_key(),
            checkpointing: Mutex::new(()),
            writing: Mutex::new(Writing { writer, poisoned: None, records_since_checkpoint: 0 }),
            recents: RwLock::new(Recents::default()),
            damages: RwLock::new(Damages::default()),
            counters: Counters::default(),
            wanted: Mutex::new(None),
            is_ending: AtomicBool::new(false),
            settings,
            _lock: lock,
        });
        for wound in key_wounds {
            let file = Path::new("keys").join(&wound.file);
            let part = DamagedPart::KeySlot;
            shared.damaged(Damage { stream: None, sequence: None, file, offset: wound.offset as u64, part });
        }
        shared.remember_damages()?;
        if let Some((number, scan)) = &ending.last {
            shared.report_wounds(*number, scan);
        }
        match meta {
            Some(meta) if meta.at == ending.tail.at => {}
            Some(meta) => shared.replay(meta.at, Some(meta.chain))?,
            None => shared.replay(Position::NOWHERE, Some([0; 32]))?,
        }
        // What was replayed would be replayed again: it counts like what is written from now on.
        let replayed_count = usize::try_from(shared.counters.replayed.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        shared.writing().records_since_checkpoint = replayed_count;
        if shared.damages.read().unwrap_or_else(PoisonError::into_inner).list.is_empty() {
            // Of what is damaged nobody knows which keys it uses.
            shared.keys.reuse_places()?;
        }
        if format.version < format::VERSION {
            // Before anything is written that the version it was made by does not know: that one refuses it from here on.
            let path = format_path(&shared.settings.data);
            let format = Format { version: format::VERSION, ..format };
            replace(&*shared.disk, &path, format.encode().as_bytes())
                .map_err(|source| Error::io("write", &path, source))?;
        }
        let threads = match shared.settings.background {
            Background::Threads => start_threads(&shared)?,
            Background::Inline => Vec::new(),
        };
        if replayed_count >= shared.settings.checkpoint_records && shared.settings.background == Background::Threads {
            shared.want_checkpoint();
        }
        Ok(Self { shared, threads })
    }
}

impl Shared {
    /// Takes over the damages that the index knows of.
    fn remember_damages(&self) -> Result<(), Error> {
        let mut known = Vec::new();
        self.rows.scan(b"d", b"d", &mut |_, value| {
            known.extend(decode_damage(value));
            true
        })?;
        let mut damages = self.damages.write().unwrap_or_else(PoisonError::into_inner);
        known.into_iter().for_each(|damage| damages.add(damage));
        Ok(())
    }
}

/// Starts the threads that write checkpoints, put their rows in order, prepare segments and write keys ahead. All end when the
/// store is dropped.
fn start_threads(shared: &Arc<Shared>) -> Result<Vec<thread::JoinHandle<()>>, Error> {
    let mut threads = Vec::new();
    let mut start = |name: &str, failed: &'static str, act: fn(&Shared) -> Result<(), Error>| {
        let (ask, asked) = sync_channel(1);
        let store = Arc::clone(shared);
        let work = move || {
            for () in asked {
                if let Err(error) = act(&store) {
                    tracing::warn!(error = %error, "{failed}");
                }
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
        threads.push(thread.map_err(|source| Error::io("start a thread for", &shared.settings.data, source))?);
        Ok::<_, Error>(ask)
    };
    let checkpoint = start("store-checkpoint", "a checkpoint is tried again later", Shared::checkpoint)?;
    let tidying = start("store-index", "the index is put in order later", Shared::tidy)?;
    let prepare = |shared: &Shared| shared.segments.prepare();
    let segment = start("store-segment", "a segment is tried again when it is needed", prepare)?;
    let write_ahead = |shared: &Shared| shared.keys.write_ahead(&*shared.random);
    let keys = start("store-keys", "keys are written when they are needed", write_ahead)?;
    // The first spare segment is made at once.
    let _ = segment.try_send(());
    let wanted = Wanted { checkpoint, segment, keys, tidying };
    *shared.wanted.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted);
    Ok(threads)
}
