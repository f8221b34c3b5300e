//! A run: rows in the order of their keys, in blocks, written once.

use super::Change;
use super::block::{self, BLOCK_BYTES, Placed};
use super::filter::Filter;
use crate::Error;
use crate::index::Rows;
use crate::journal::layout::{u32_at, u64_at};

/// 1 had filters of fewer bits.
const FORMAT: u8 = 2;
/// The letter of a run's description, and of its blocks.
pub(super) const RUN: u8 = b'R';
pub(super) const BLOCK: u8 = b'r';
/// Blocks that are handed over at once: bounds the memory of a merge.
const BLOCKS_AT_ONCE: usize = 64;

/// What is known of a run without reading its rows.
pub(super) struct Run {
    /// Rises with time: of two runs of a level the higher is the newer.
    pub(super) number: u64,
    /// How often its rows have been merged: a run of a higher level is older.
    pub(super) level: u8,
    /// The runs it stands for.
    pub(super) replaces: Vec<u64>,
    pub(super) rows_count: u64,
    /// The first key of each block.
    firsts: Vec<Vec<u8>>,
    filter: Filter,
}

pub(super) fn run_key(number: u64) -> Vec<u8> {
    [&[RUN][..], &number.to_be_bytes()].concat()
}

pub(super) fn block_key(number: u64, index: usize) -> Vec<u8> {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    [&[BLOCK][..], &number.to_be_bytes(), &index.to_be_bytes()].concat()
}

/// The run that a block belongs to.
pub(super) fn run_of_block(key: &[u8]) -> Option<u64> {
    key.strip_prefix(&[BLOCK])?.first_chunk().map(|number| u64::from_be_bytes(*number))
}

impl Run {
    fn encode(&self) -> Vec<u8> {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = vec![FORMAT, self.level];
        bytes.extend_from_slice(&self.rows_count.to_le_bytes());
        bytes.extend_from_slice(&count(self.replaces.len()));
        bytes.extend_from_slice(&count(self.firsts.len()));
        self.replaces.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        self.firsts.iter().for_each(|key| block::push(&mut bytes, key, Some(&[])));
        bytes.extend_from_slice(self.filter.bytes());
        bytes
    }

    /// Reads a run's description; `None` if it is none.
    pub(super) fn decode(key: &[u8], bytes: &[u8]) -> Option<Run> {
        const FIXED: usize = 2 + 8 + 4 + 4;
        let number = key.strip_prefix(&[RUN]).and_then(|number| Some(u64::from_be_bytes(number.try_into().ok()?)))?;
        (bytes.first() == Some(&FORMAT) && bytes.len() >= FIXED).then_some(())?;
        let (replaces, rest) = bytes[FIXED..].split_at_checked(u32_at(bytes, 10) as usize * 8)?;
        let mut firsts = Vec::new();
        let mut firsts_len = 0;
        for (key, value) in block::rows(rest).take(u32_at(bytes, 14) as usize) {
            firsts_len += 6 + key.len();
            value.filter(|value| value.is_empty())?;
            firsts.push(key.to_vec());
        }
        Some(Run {
            number,
            level: bytes[1],
            replaces: replaces.chunks_exact(8).map(|number| u64_at(number, 0)).collect(),
            rows_count: u64_at(bytes, 2),
            firsts,
            filter: Filter::from_bytes(rest[firsts_len..].to_vec())?,
        })
    }

    /// The row of a key: `None` if the run has none, `Some(None)` if it says that it is gone.
    pub(super) fn get(&self, rows: &dyn Rows, key: &[u8]) -> Result<Option<Option<Vec<u8>>>, Error> {
        if !self.filter.may_have(key) {
            return Ok(None);
        }
        let Some(index) = self.firsts.partition_point(|first| first.as_slice() <= key).checked_sub(1) else {
            return Ok(None);
        };
        let block = self.block(rows, index)?;
        let mut found = block::rows(&block).skip_while(|(known, _)| *known < key);
        Ok(found.next().filter(|(known, _)| *known == key).map(|(_, value)| value.map(<[u8]>::to_vec)))
    }

    fn block(&self, rows: &dyn Rows, index: usize) -> Result<Vec<u8>, Error> {
        let missing = || Error::Index { reason: format!("block {index} of run {} is missing", self.number) };
        rows.get(&block_key(self.number, index))?.ok_or_else(missing)
    }

    /// Whether its last block is there: then so are those that were written before it.
    pub(super) fn is_whole(&self, rows: &dyn Rows) -> Result<bool, Error> {
        let Some(last) = self.firsts.len().checked_sub(1) else { return Ok(true) };
        Ok(rows.get(&block_key(self.number, last))?.is_some())
    }

    /// What removes it, once another stands for it: its description last, so that after a crash it is known what is left to remove.
    pub(super) fn removal(&self) -> Vec<Change> {
        let blocks = (0..self.firsts.len()).map(|index| block_key(self.number, index));
        blocks.chain([run_key(self.number)]).map(|key| (key, None)).collect()
    }
}

/// Writes a run, row by row in the order of the keys.
pub(super) struct RunWriter<'a> {
    rows: &'a dyn Rows,
    run: Run,
    block: Vec<u8>,
    blocks: Vec<Change>,
}

impl<'a> RunWriter<'a> {
    /// Begins a run of at most so many rows.
    pub(super) fn new(rows: &'a dyn Rows, number: u64, level: u8, replaces: Vec<u64>, rows_max: usize) -> Self {
        let filter = Filter::for_keys(rows_max);
        let run = Run { number, level, replaces, rows_count: 0, firsts: Vec::new(), filter };
        Self { rows, run, block: Vec::with_capacity(BLOCK_BYTES + 1024), blocks: Vec::new() }
    }

    /// Appends a row. Returns whether blocks were handed over with it.
    pub(super) fn push(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<bool, Error> {
        if self.block.is_empty() {
            self.run.firsts.push(key.to_vec());
        }
        self.run.rows_count += 1;
        self.run.filter.put(key);
        block::push(&mut self.block, key, value);
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(false) }
    }

    fn end_block(&mut self) -> Result<bool, Error> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_BYTES + 1024));
        self.blocks.push((block_key(self.run.number, self.run.firsts.len() - 1), Some(block)));
        let is_time = self.blocks.len() >= BLOCKS_AT_ONCE;
        if is_time {
            self.rows.apply(std::mem::take(&mut self.blocks))?;
        }
        Ok(is_time)
    }

    /// Ends the run. Its description comes last: only with it a later start believes that the blocks are there.
    pub(super) fn finish(mut self) -> Result<Run, Error> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        self.rows.apply(std::mem::take(&mut self.blocks))?;
        self.rows.apply(vec![(run_key(self.run.number), Some(self.run.encode()))])?;
        Ok(self.run)
    }
}

/// Goes through the rows of a run from a key on.
struct Cursor<'a> {
    rows: &'a dyn Rows,
    run: &'a Run,
    next_block: usize,
    block: Vec<u8>,
    /// The row it stands at; `None` at the end.
    at: Option<Placed>,
}

impl<'a> Cursor<'a> {
    fn from(rows: &'a dyn Rows, run: &'a Run, from: &[u8]) -> Result<Self, Error> {
        let next_block = run.firsts.partition_point(|first| first.as_slice() <= from).saturating_sub(1);
        let mut cursor = Cursor { rows, run, next_block, block: Vec::new(), at: None };
        cursor.step()?;
        while cursor.key().is_some_and(|key| key < from) {
            cursor.step()?;
        }
        Ok(cursor)
    }

    fn key(&self) -> Option<&[u8]> {
        self.at.as_ref().map(|at| &self.block[at.key.clone()])
    }

    fn value(&self) -> Option<&[u8]> {
        self.at.as_ref().and_then(|at| at.value.clone()).map(|value| &self.block[value])
    }

    /// Moves on by a row.
    fn step(&mut self) -> Result<(), Error> {
        let mut next = self.at.as_ref().map_or(0, |at| at.next);
        loop {
            self.at = block::row_at(&self.block, next);
            if self.at.is_some() || self.next_block >= self.run.firsts.len() {
                return Ok(());
            }
            self.block = self.run.block(self.rows, self.next_block)?;
            self.next_block += 1;
            next = 0;
        }
    }
}

/// Goes through several runs at once, the newest first in `runs`: of each key the newest row.
pub(super) struct Merge<'a>(Vec<Cursor<'a>>);

impl<'a> Merge<'a> {
    pub(super) fn from(rows: &'a dyn Rows, runs: impl Iterator<Item = &'a Run>, from: &[u8]) -> Result<Self, Error> {
        runs.map(|run| Cursor::from(rows, run, from)).collect::<Result<Vec<_>, _>>().map(Merge)
    }

    /// Calls `each` for every key with its value, `None` if that is gone, until it returns `false`.
    pub(super) fn each(
        mut self,
        mut each: impl FnMut(&[u8], Option<&[u8]>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        while let Some(newest) = self.least() {
            // Only older ones can have the same key.
            let (newer, older) = self.0.split_at_mut(newest + 1);
            let Some(newest) = newer.last_mut() else { return Ok(()) };
            let Some(key) = newest.key() else { return Ok(()) };
            if !each(key, newest.value())? {
                return Ok(());
            }
            for cursor in older {
                if cursor.key() == Some(key) {
                    cursor.step()?;
                }
            }
            newest.step()?;
        }
        Ok(())
    }

    /// The newest of those that stand at the least key.
    fn least(&self) -> Option<usize> {
        let keys = self.0.iter().enumerate().filter_map(|(index, cursor)| Some((cursor.key()?, index)));
        keys.min().map(|(_, index)| index)
    }
}
