//! What stands where in a file of the key log.
//!
//! A file is a megabyte, filled with zeros ahead, of slots of 128 bytes. The first slot is the file's header; the others hold a wrapped key,
//! the mark of one that was destroyed, or the mark of a stream that was disposed of whole. A slot lies within one sector and has a checksum.
//!
//! Keys are written ahead of their use. Whose a key became is put in later, in bytes and under a checksum of its own: torn, it leaves the
//! key as it was, and the journal's records say whose it is.

use crate::journal::layout::{array_at, u32_at};
use crate::{SpaceId, StreamId};

/// Bytes of a slot.
pub(crate) const SLOT_LEN: usize = 128;
/// Slots of a file, its header included.
pub(crate) const SLOTS_PER_FILE: u32 = 8192;
/// Bytes of a wrapped key with its tag.
pub(crate) const WRAPPED_LEN: usize = 48;

/// Where in a slot it stands whose key it became.
pub(crate) const OWNER_AT: usize = 90;
/// How many bytes that takes: stream, space and checksum.
pub(crate) const OWNER_LEN: usize = 25;

/// The kind of a slot that was written ahead.
const AHEAD: u8 = 4;
const MAGIC: &[u8; 4] = b"LHk1";
const FILE_MAGIC: &[u8; 8] = b"LHKEYS\r\n";

/// What a slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Of the first stores: written when it was first used, and wrapped for its stream and space.
    Key {
        stream: StreamId,
        space: SpaceId,
        number: u32,
        nonce: [u8; 12],
        wrapped: [u8; WRAPPED_LEN],
    },
    /// Written ahead and wrapped for its place, which is its number; then whose it became, if anybody's.
    Ahead {
        number: u32,
        nonce: [u8; 12],
        wrapped: [u8; WRAPPED_LEN],
        owner: Option<(StreamId, SpaceId)>,
    },
    Destroyed {
        stream: StreamId,
        space: SpaceId,
        number: u32,
    },
    StreamDisposed {
        stream: StreamId,
    },
}

impl Slot {
    pub(crate) fn encode(&self) -> [u8; SLOT_LEN] {
        let mut bytes = [0; SLOT_LEN];
        bytes[..4].copy_from_slice(MAGIC);
        let (state, stream, space, number) = match self {
            Self::Ahead { number, nonce, wrapped, owner } => {
                bytes[4] = AHEAD;
                bytes[26..30].copy_from_slice(&number.to_le_bytes());
                bytes[30..42].copy_from_slice(nonce);
                bytes[42..OWNER_AT].copy_from_slice(wrapped);
                if let Some((stream, space)) = owner {
                    bytes[OWNER_AT..OWNER_AT + OWNER_LEN].copy_from_slice(&encode_owner(*stream, *space, *number));
                }
                let crc = crc32c::crc32c(&bytes[..OWNER_AT]);
                bytes[SLOT_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
                return bytes;
            }
            Self::Key { stream, space, number, nonce, wrapped } => {
                bytes[30..42].copy_from_slice(nonce);
                bytes[42..42 + WRAPPED_LEN].copy_from_slice(wrapped);
                (1, *stream, *space, *number)
            }
            Self::Destroyed { stream, space, number } => (2, *stream, *space, *number),
            Self::StreamDisposed { stream } => (3, *stream, SpaceId(0), 0),
        };
        bytes[4] = state;
        bytes[5..22].copy_from_slice(&stream.to_bytes());
        bytes[22..26].copy_from_slice(&space.0.to_le_bytes());
        bytes[26..30].copy_from_slice(&number.to_le_bytes());
        seal_crc(&mut bytes);
        bytes
    }

    /// Reads a slot; `None` if it is damaged.
    pub(crate) fn decode(bytes: &[u8; SLOT_LEN]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        if bytes[4] == AHEAD {
            return decode_ahead(bytes);
        }
        if !has_good_crc(bytes) {
            return None;
        }
        let stream = StreamId::from_bytes(&bytes[5..22])?;
        let (space, number) = (SpaceId(u32_at(bytes, 22)), u32_at(bytes, 26));
        match bytes[4] {
            1 => Some(Self::Key { stream, space, number, nonce: array_at(bytes, 30), wrapped: array_at(bytes, 42) }),
            2 => Some(Self::Destroyed { stream, space, number }),
            3 => Some(Self::StreamDisposed { stream }),
            _ => None,
        }
    }
}

fn decode_ahead(bytes: &[u8; SLOT_LEN]) -> Option<Slot> {
    (u32_at(bytes, SLOT_LEN - 4) == crc32c::crc32c(&bytes[..OWNER_AT])).then_some(())?;
    let number = u32_at(bytes, 26);
    let owner = || {
        let stream = StreamId::from_bytes(&bytes[OWNER_AT..OWNER_AT + 17])?;
        let space = SpaceId(u32_at(bytes, OWNER_AT + 17));
        (bytes[OWNER_AT..OWNER_AT + OWNER_LEN] == encode_owner(stream, space, number)).then_some((stream, space))
    };
    Some(Slot::Ahead { number, nonce: array_at(bytes, 30), wrapped: array_at(bytes, 42), owner: owner() })
}

/// Whose a key became, as it stands at [`OWNER_AT`] of its slot.
pub(crate) fn encode_owner(stream: StreamId, space: SpaceId, number: u32) -> [u8; OWNER_LEN] {
    let mut bytes = [0; OWNER_LEN];
    bytes[..17].copy_from_slice(&stream.to_bytes());
    bytes[17..21].copy_from_slice(&space.0.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..21]), &number.to_le_bytes());
    bytes[21..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The first slot of a file.
pub(crate) fn encode_file_header(number: u32, store_id: &[u8; 16]) -> [u8; SLOT_LEN] {
    let mut bytes = [0; SLOT_LEN];
    bytes[..8].copy_from_slice(FILE_MAGIC);
    bytes[8..12].copy_from_slice(&number.to_le_bytes());
    bytes[12..28].copy_from_slice(store_id);
    seal_crc(&mut bytes);
    bytes
}

/// Tells whether the first slot is that of file `number` of this store.
pub(crate) fn is_file_header(bytes: &[u8; SLOT_LEN], number: u32, store_id: &[u8; 16]) -> bool {
    *bytes == encode_file_header(number, store_id)
}

/// What the wrapping of a key is bound to.
pub(crate) fn associated(stream: StreamId, space: SpaceId, number: u32) -> [u8; 25] {
    let mut bytes = [0; 25];
    bytes[..17].copy_from_slice(&stream.to_bytes());
    bytes[17..21].copy_from_slice(&space.0.to_le_bytes());
    bytes[21..].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// What the wrapping of a key that was written ahead is bound to: its place.
pub(crate) fn associated_place(number: u32) -> [u8; 9] {
    let mut bytes = *b"place\0\0\0\0";
    bytes[5..].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn seal_crc(bytes: &mut [u8; SLOT_LEN]) {
    let crc = crc32c::crc32c(&bytes[..SLOT_LEN - 4]);
    bytes[SLOT_LEN - 4..].copy_from_slice(&crc.to_le_bytes());
}

fn has_good_crc(bytes: &[u8; SLOT_LEN]) -> bool {
    u32_at(bytes, SLOT_LEN - 4) == crc32c::crc32c(&bytes[..SLOT_LEN - 4])
}
