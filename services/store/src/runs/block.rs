//! Blocks: some four kilobytes of sorted rows, each a key with its value or with the word that it is gone.

use std::ops::Range;

use crate::journal::layout::{array_at, u32_at};

/// Bytes from which on a block is full. Small enough that sled's leaves, which have at least two, stay below what it keeps apart
/// as a blob: those it does not count when it bounds its cache.
pub(super) const BLOCK_BYTES: usize = 4 * 1024;

/// Bytes before each row: the lengths of its key and its value.
const LENGTHS: usize = 2 + 4;
/// The length of a value that is gone.
const GONE: u32 = u32::MAX;

/// Appends a row.
pub(super) fn push(block: &mut Vec<u8>, key: &[u8], value: Option<&[u8]>) {
    block.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_le_bytes());
    let len = value.map_or(GONE, |value| u32::try_from(value.len()).unwrap_or(GONE - 1));
    block.extend_from_slice(&len.to_le_bytes());
    block.extend_from_slice(key);
    block.extend_from_slice(value.unwrap_or_default());
}

/// Where a row lies in a block, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) key: Range<usize>,
    /// `None` if the value is gone.
    pub(super) value: Option<Range<usize>>,
    pub(super) next: usize,
}

/// The row that begins at an offset; `None` at the end of the block, or where it does not add up.
pub(super) fn row_at(block: &[u8], at: usize) -> Option<Placed> {
    let lengths = block.get(at..at.checked_add(LENGTHS)?)?;
    let key_end = at + LENGTHS + usize::from(u16::from_le_bytes(array_at(lengths, 0)));
    let len = u32_at(lengths, 2);
    let next = if len == GONE { key_end } else { key_end.checked_add(len as usize)? };
    (next <= block.len()).then(|| Placed {
        key: at + LENGTHS..key_end,
        value: (len != GONE).then_some(key_end..next),
        next,
    })
}

/// The rows of a block, in order. Ends early where the block does not add up.
pub(super) fn rows(block: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let placed = row_at(block, next)?;
        next = placed.next;
        Some((&block[placed.key], placed.value.map(|value| &block[value])))
    })
}
