//! Commits: check, keys, journal, memory, in this order.

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};

use aes_gcm::Aes256Gcm;
use foldhash::HashMap;

use super::live::Live;
use super::{Background, Shared, Wanted, Writing};
use crate::journal::layout::Position;
use crate::journal::{Ladder, Ready, Streams, build};
use crate::keys::{NewKey, SectionKey};
use crate::{Append, Conflict, DamagedPart, Error, Head, Refusal, Sequence, SpaceId, StreamId, Unit};

/// Generations of heads that may pile up in memory while a checkpoint is being written, before commits wait for it.
const GENERATIONS_MAX: usize = 4;

/// Streams as they will be after the batch.
#[derive(Default)]
struct Staged {
    streams: HashMap<StreamId, StagedStream>,
}

struct StagedStream {
    live: Arc<Live>,
    /// Numbers given out so far.
    sequence: Sequence,
}

impl Streams for Staged {
    fn before(&self, stream: StreamId) -> ([u8; 32], &Ladder) {
        static NONE: Ladder = Ladder(Vec::new());
        self.streams.get(&stream).map_or(([0; 32], &NONE), |staged| (staged.live.chain, &staged.live.ladder))
    }

    fn written(&mut self, stream: StreamId, sequence: Sequence, chain: [u8; 32], at: Position) {
        if let Some(staged) = self.streams.get_mut(&stream) {
            let live = Arc::make_mut(&mut staged.live);
            live.chain = chain;
            live.sequence = sequence;
            live.ladder.push(sequence, at);
        }
    }
}

/// The ciphers of a commit: those of the log, and those that are new.
#[derive(Default)]
struct Keys {
    at_hand: HashMap<(StreamId, SpaceId), (u32, Arc<Aes256Gcm>)>,
    new: Vec<NewKey>,
}

/// A unit that has been checked: its place in the answer, its records and their heads.
struct CheckedUnit {
    index: usize,
    stored_bytes: usize,
    records: Vec<(Ready, Head)>,
}

impl Shared {
    pub(super) fn commit(&self, units: Vec<Unit>) -> Result<Vec<Result<(), Refusal>>, Error> {
        if self.recents().len() > GENERATIONS_MAX * self.settings.checkpoint_records {
            // The index does not keep up: wait for it rather than fill the memory.
            self.checkpoint()?;
        }
        let mut writing = self.writing();
        if let Some(reason) = &writing.poisoned {
            return Err(Error::Poisoned { reason: reason.clone() });
        }
        let (mut staged, mut keys) = (Staged::default(), Keys::default());
        let mut results = Vec::with_capacity(units.len());
        let mut checked = Vec::with_capacity(units.len());
        for (index, unit) in units.into_iter().enumerate() {
            match self.check(&unit, &mut staged, &mut keys)? {
                Ok(stored_bytes) => {
                    checked.push(CheckedUnit {
                        index,
                        stored_bytes,
                        records: self.ready(unit, &mut staged, &mut keys)?,
                    });
                    results.push(Ok(()));
                }
                Err(refusal) => results.push(Err(refusal)),
            }
        }
        if checked.is_empty() {
            return Ok(results);
        }
        let owned: Vec<_> = keys.new.iter().map(|key| (key.stream, key.space, key.number)).collect();
        if !keys.new.is_empty() {
            self.keys.own(std::mem::take(&mut keys.new));
            if self.keys.wants_spares() {
                // Where there are no threads they are written when they are needed.
                self.want(|wanted| &wanted.keys, || Ok(()))?;
            }
        }
        if let Err(error) = self.write_units(&mut writing, checked, &mut staged, &mut results) {
            if matches!(error, Error::Full { .. }) {
                // Nothing was written: they are nobody's.
                self.keys.disown(&owned);
            }
            return Err(error);
        }
        let is_due = writing.records_since_checkpoint >= self.settings.checkpoint_records;
        drop(writing);
        if is_due {
            self.want_checkpoint();
        }
        Ok(results)
    }

    /// Checks a unit against what is stored and what the units before it will store. Returns the bytes it takes.
    fn check(&self, unit: &Unit, staged: &mut Staged, keys: &mut Keys) -> Result<Result<usize, Refusal>, Error> {
        if unit.0.is_empty() {
            return Ok(Err(Refusal::Empty));
        }
        let bytes = unit.0.iter().map(|append| Ready::stored_bytes(&append.sections)).sum();
        let bytes_max = self.settings.unit_bytes_max();
        let has_too_many = unit.0.iter().any(|append| append.sections.len() > usize::from(u16::MAX));
        if bytes > bytes_max || has_too_many {
            return Ok(Err(Refusal::TooLarge { bytes, bytes_max }));
        }
        let mut ahead: Vec<(StreamId, Sequence)> = Vec::new();
        for Append { stream, expected, sections, .. } in &unit.0 {
            let stream = *stream;
            if self.is_quarantined(stream) {
                return Ok(Err(Refusal::Quarantined { stream }));
            }
            if self.keys.is_disposed(stream) {
                return Ok(Err(Refusal::Disposed { stream }));
            }
            let stored = match staged.streams.entry(stream) {
                Entry::Occupied(staged) => staged.into_mut(),
                Entry::Vacant(vacant) => {
                    let live = self.find(stream)?.unwrap_or_else(|| Arc::new(Live::absent()));
                    let sequence = live.sequence;
                    vacant.insert(StagedStream { live, sequence })
                }
            };
            for section in sections {
                if !self.find_key(stream, section.space, &stored.live, keys)? {
                    return Ok(Err(Refusal::Quarantined { stream }));
                }
            }
            let stored = stored.sequence;
            let actual =
                ahead.iter().rev().find(|(named, _)| *named == stream).map_or(stored, |(_, sequence)| *sequence);
            if *expected != actual {
                return Ok(Err(Conflict { stream, expected: *expected, actual }.into()));
            }
            ahead.push((stream, actual.next()));
        }
        Ok(Ok(bytes))
    }

    /// Gives the records of a checked unit their numbers and keys.
    fn ready(&self, unit: Unit, staged: &mut Staged, keys: &mut Keys) -> Result<Vec<(Ready, Head)>, Error> {
        unit.0
            .into_iter()
            .map(|Append { stream, expected, sections, head }| {
                let sequence = expected.next();
                let mut ciphers = Vec::with_capacity(sections.len());
                if let Some(staged) = staged.streams.get_mut(&stream) {
                    staged.sequence = sequence;
                    for section in &sections {
                        ciphers.push(self.key_for(stream, section.space, &mut staged.live, keys)?);
                    }
                }
                Ok((Ready { stream, sequence, sections, keys: ciphers }, head))
            })
            .collect()
    }

    /// Puts the key at hand that a space has, if it has one. Returns `false` if that one is lost: another in its place would make
    /// what was written before look as if it had been disposed of.
    fn find_key(&self, stream: StreamId, space: SpaceId, live: &Live, keys: &mut Keys) -> Result<bool, Error> {
        let Some(number) = live.key_of(space).filter(|_| !keys.at_hand.contains_key(&(stream, space))) else {
            return Ok(true);
        };
        match self.keys.of_section(stream, space, number)? {
            SectionKey::Live(cipher) => {
                keys.at_hand.insert((stream, space), (number, cipher));
                Ok(true)
            }
            // A crash came between the key's end and the head that would have said so: a new one follows it.
            SectionKey::Disposed => Ok(true),
            SectionKey::Missing => {
                // No error for the one who writes: it is told by its refusal.
                drop(self.quarantine(stream, live.sequence.0, live.ladder.newest(), DamagedPart::KeyMissing));
                Ok(false)
            }
        }
    }

    /// The key that a section is sealed under: the one at hand, or a new one, which becomes the space's.
    fn key_for(
        &self,
        stream: StreamId,
        space: SpaceId,
        live: &mut Arc<Live>,
        keys: &mut Keys,
    ) -> Result<(u32, Arc<Aes256Gcm>), Error> {
        if let Some(found) = keys.at_hand.get(&(stream, space)) {
            return Ok(found.clone());
        }
        // Durable before any record that uses it: a record without its key could never be read.
        let new = self.keys.take(stream, space, &*self.random)?;
        let found = (new.number, Arc::clone(&new.cipher));
        Arc::make_mut(live).own(space, new.number);
        keys.new.push(new);
        keys.at_hand.insert((stream, space), found.clone());
        Ok(found)
    }

    /// Writes checked units, as many to a batch as fit.
    fn write_units(
        &self,
        writing: &mut Writing,
        checked: Vec<CheckedUnit>,
        staged: &mut Staged,
        results: &mut [Result<(), Refusal>],
    ) -> Result<(), Error> {
        let mut checked = checked.into_iter().peekable();
        let mut is_first = true;
        while checked.peek().is_some() {
            let (mut bytes, mut indexes, mut records) = (0, Vec::new(), Vec::new());
            // Twice a unit's bound is half a segment: enough for a batch, and it leaves little of a segment unused.
            while let Some(unit) =
                checked.next_if(|unit| bytes == 0 || bytes + unit.stored_bytes <= 2 * self.settings.unit_bytes_max())
            {
                bytes += unit.stored_bytes;
                indexes.push(unit.index);
                records.extend(unit.records);
            }
            match self.write_batch(writing, bytes, records, staged) {
                Ok(()) => is_first = false,
                Err(Error::Full { .. }) if !is_first => {
                    // Earlier batches are durable and have to be answered; these units are as if they had never been.
                    let refused = indexes.into_iter().chain(checked.map(|unit| unit.index));
                    refused.for_each(|index| results[index] = Err(Refusal::Full));
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write_batch(
        &self,
        writing: &mut Writing,
        bytes: usize,
        records: Vec<(Ready, Head)>,
        staged: &mut Staged,
    ) -> Result<(), Error> {
        let has_begun = writing
            .writer
            .make_room(crate::journal::layout::HEADER_LEN + bytes)
            .map_err(|error| poison(writing, error))?;
        if has_begun {
            // Where there are no threads the next one is made when it is needed.
            self.want(|wanted| &wanted.segment, || Ok(()))?;
        }
        let (records, heads): (Vec<Ready>, Vec<(StreamId, Head)>) = records
            .into_iter()
            .map(|(record, head)| {
                let stream = record.stream;
                (record, (stream, head))
            })
            .unzip();
        let sections_count: usize = records.iter().map(|record| record.sections.len()).sum();
        let mut nonces = vec![0; 12 * sections_count];
        self.random.fill(&mut nonces)?;
        let mut nonces = nonces.chunks_exact(12).map(|nonce| crate::journal::layout::array_at(nonce, 0));
        let records_count = records.len();
        let (bytes, after) = build(writing.writer.tail(), records, &mut nonces, staged);
        writing.writer.write(&bytes, after).map_err(|error| poison(writing, error))?;
        // Durable from here on: now readers may see it, all records of a batch at once.
        let mut recents = self.recents_mut();
        for (stream, head) in heads {
            let Some(staged) = staged.streams.get_mut(&stream) else { continue };
            let live = Arc::make_mut(&mut staged.live);
            live.list_under(&head.listed_under);
            live.wake = head.wake;
            live.state = head.state;
            recents.current.put(stream, Arc::clone(&staged.live));
        }
        drop(recents);
        writing.records_since_checkpoint += records_count;
        self.counters.records.fetch_add(records_count as u64, Ordering::Relaxed);
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn want_checkpoint(&self) {
        if let Err(error) = self.want(|wanted| &wanted.checkpoint, || self.checkpoint()) {
            tracing::warn!(error = %error, "checkpoint");
        }
    }

    /// Asks a thread for what is wanted, or does it here where there are none.
    pub(super) fn want(
        &self,
        which: impl Fn(&Wanted) -> &SyncSender<()>,
        inline: impl Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self.settings.background {
            Background::Threads => {
                let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(wanted) = wanted.as_ref() {
                    // A full channel means that it has been asked for already.
                    let _ = which(wanted).try_send(());
                }
                Ok(())
            }
            Background::Inline => inline(),
        }
    }
}

/// After anything but a full disk nobody knows what is on disk.
pub(super) fn poison(writing: &mut Writing, error: Error) -> Error {
    match &error {
        Error::Full { .. } => {}
        other => {
            let mut reason = other.to_string();
            if let Some(source) = std::error::Error::source(other) {
                reason = format!("{reason}: {source}");
            }
            tracing::error!(reason = %reason, "the store takes nothing more");
            writing.poisoned = Some(reason);
        }
    }
    error
}
