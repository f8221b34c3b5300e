//! Takes files of the key log apart, and puts one together from two copies.

use std::collections::BTreeSet;

use super::files::file_name;
use super::slot::{SLOT_LEN, SLOTS_PER_FILE, Slot, is_file_header};
use crate::journal::layout::array_at;

/// A slot that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyWound {
    pub(crate) file: String,
    pub(crate) offset: usize,
}

/// Calls `each` for the slots of a file with their index. Returns the next free slot, and what cannot be read.
pub(super) fn read_key_file(
    bytes: &[u8],
    number: u32,
    store_id: &[u8; 16],
    each: &mut dyn FnMut(u32, Slot),
) -> (u32, Vec<KeyWound>) {
    let (mut wounds, mut next_slot) = (Vec::new(), 1);
    for (index, chunk) in (0..SLOTS_PER_FILE).zip(bytes.chunks(SLOT_LEN)) {
        let chunk: [u8; SLOT_LEN] = array_at(chunk, 0);
        let offset = index as usize * SLOT_LEN;
        let mut wounded = || wounds.push(KeyWound { file: file_name(number), offset });
        if index == 0 {
            if !is_file_header(&chunk, number, store_id) {
                wounded();
            }
        } else if let Some(slot) = Slot::decode(&chunk) {
            each(index, slot);
            next_slot = index + 1;
        } else if chunk[SLOT_LEN - 4..] != [0; 4] {
            // Without a checksum it was never written whole: no record can use it, and the next key takes its place.
            wounded();
            next_slot = index + 1;
        }
    }
    (next_slot, wounds)
}

/// A file of the key log, put together from two copies.
pub(crate) struct JoinedKeys {
    pub(crate) bytes: Vec<u8>,
    /// Where the newer copy lacks something, in bytes from its start.
    pub(crate) found: Vec<usize>,
    /// Where it is still lacking.
    pub(crate) left: Vec<usize>,
}

/// Takes from an earlier copy the slots that the newer one has not got any more. What the newer one has counts: a key that was destroyed stays so.
pub(crate) fn join_key_files(newer: &[u8], earlier: &[u8], name: &str, store_id: &[u8; 16]) -> JoinedKeys {
    let number = name.strip_suffix(".keys").and_then(|number| number.parse().ok()).unwrap_or_default();
    let is_good = |bytes: &[u8], offset: usize| match bytes.get(offset..offset + SLOT_LEN) {
        Some(chunk) if offset == 0 => is_file_header(&array_at(chunk, 0), number, store_id),
        Some(chunk) => Slot::decode(&array_at(chunk, 0)).is_some(),
        None => false,
    };
    let mut joined = JoinedKeys { bytes: newer.to_vec(), found: Vec::new(), left: Vec::new() };
    joined.bytes.resize(newer.len().max(earlier.len()).max(SLOT_LEN), 0);
    let wounds: BTreeSet<usize> =
        read_key_file(newer, number, store_id, &mut |_, _| ()).1.into_iter().map(|wound| wound.offset).collect();
    for offset in (0..joined.bytes.len()).step_by(SLOT_LEN) {
        // Without an earlier copy a slot of zeros is one that was never written.
        let is_lost = wounds.contains(&offset) || (offset == 0 && newer.is_empty());
        match (is_good(newer, offset), is_good(earlier, offset)) {
            (false, true) => {
                joined.found.push(offset);
                joined.bytes[offset..offset + SLOT_LEN].copy_from_slice(&earlier[offset..offset + SLOT_LEN]);
            }
            (false, false) if is_lost => {
                joined.found.push(offset);
                joined.left.push(offset);
            }
            (true, _) | (false, false) => {}
        }
    }
    joined
}
