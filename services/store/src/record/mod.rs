//! Writes what the core knows as bytes that every later version can read, and reads it again.
//!
//! Two things are stored of a case: its [records](encode), which are the truth and stay readable for ever, and its
//! [state](encode_state), which is only there so that the history need not be read again and may be thrown away.
//!
//! A record is stored in parts, one for each owner space that has an event in it; what belongs to the record as a whole
//! (actor, purpose, effects) is in the applicant's own space, [`OWN_SPACE`]. So one space can be disposed of and the rest
//! still be read. The messages stand in `proto/livshandelse/store/v1`, the numbers of all enums in `number.rs`.

mod asked;
mod error;
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, unreachable_pub, dead_code, reason = "generated")]
#[path = "gen.rs"]
mod pb;
mod notice;
mod number;
mod part;
mod read_event;
mod scalar;
mod state;
#[cfg(test)]
mod tests;
mod write_event;

pub use error::DecodeError;
pub use state::{STATE_FORMAT, decode_state, encode_state};

use crate::types::{Payload, Sequence, SpaceId, StoredRecord};
use livshandelse_core::command::Actor;
use livshandelse_core::event::{Event, Record};
use livshandelse_core::time::CivilTime;
use prost::Message;

/// The applicant's own space: also holds what belongs to a record as a whole.
pub const OWN_SPACE: SpaceId = SpaceId(0);

/// A record as far as it can still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The record, without the events of spaces that have been disposed of.
    ///
    /// Its time is there as long as any part is. Without [`OWN_SPACE`] nobody knows who asked and why, and what was to be
    /// done: then `actor` is [`Actor::Time`], `purpose` and `effects` are empty; see [`Decoded::has_metadata`].
    pub record: Record,
    /// Owner spaces with a part in the record whose keys have been destroyed, in the order they were stored.
    pub disposed: Vec<SpaceId>,
}

impl Decoded {
    /// Whether actor, purpose and effects are those that were recorded.
    #[must_use]
    pub fn has_metadata(&self) -> bool {
        !self.disposed.contains(&OWN_SPACE)
    }

    /// Whether every event and effect is there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.disposed.is_empty()
    }
}

/// Writes a record as one part for each owner space, [`OWN_SPACE`] first, the others in the order of their first event.
///
/// `spaces` says whose an event is. Each event keeps its place in the record. The sequence is not written: the store keeps it.
#[must_use]
pub fn encode(record: &Record, spaces: &dyn Fn(&Event) -> SpaceId) -> Vec<(SpaceId, Vec<u8>)> {
    // A field that is added to a record must be met with here.
    let Record { sequence: _, at, actor, purpose, events, effects } = record;
    let metadata = pb::Metadata {
        actor: Some(part::write_actor(actor)),
        purpose: purpose.clone(),
        events_count: scalar::count(events.len()),
        effects: effects.iter().map(part::write_effect).collect(),
    };
    let own = pb::RecordPart { at_civil_ms: at.0, metadata: Some(metadata), events: Vec::with_capacity(events.len()) };
    let mut parts = vec![(OWN_SPACE, own)];
    for (event, index) in events.iter().zip(0..) {
        let space = spaces(event);
        let stored = pb::Event { index, kind: Some(write_event::write_event(event)) };
        match parts.iter_mut().find(|(known, _)| *known == space) {
            Some((_, part)) => part.events.push(stored),
            None => parts.push((space, pb::RecordPart { at_civil_ms: at.0, metadata: None, events: vec![stored] })),
        }
    }
    parts.into_iter().map(|(space, part)| (space, part.encode_to_vec())).collect()
}

/// Reads the record with a number from its parts, in any order; `None` stands for a part whose key has been destroyed.
///
/// # Errors
///
/// Returns [`DecodeError`] if a part is not what [`encode`] writes, names something only a newer version knows, or if a part
/// is missing without having been disposed of.
pub fn decode<'a>(
    sequence: Sequence,
    sections: impl Iterator<Item = (SpaceId, Option<&'a [u8]>)>,
) -> Result<Decoded, DecodeError> {
    let mut disposed = Vec::new();
    let mut at = None;
    let mut metadata = None;
    let mut events: Vec<(u32, Event)> = Vec::new();
    for (space, payload) in sections {
        let Some(payload) = payload else {
            disposed.push(space);
            continue;
        };
        let part =
            pb::RecordPart::decode(payload).map_err(|source| DecodeError::Malformed { what: "record", source })?;
        at.get_or_insert(part.at_civil_ms);
        metadata = metadata.or(part.metadata);
        events.reserve(part.events.len());
        for (place, stored) in part.events.into_iter().enumerate() {
            match stored.kind {
                Some(kind) => events.push((stored.index, read_event::read_event(kind)?)),
                None => return Err(unknown_event(payload, place)),
            }
        }
    }
    // Parts are each in order, so this is a merge of few runs, and nothing at all when there is one.
    events.sort_by_key(|(index, _)| *index);
    if let Some(pair) = events.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(DecodeError::RepeatedIndex { index: pair[0].0 });
    }

    let (actor, purpose, effects) = match metadata {
        Some(metadata) => {
            let last = events.last().map_or(0, |(index, _)| index.saturating_add(1));
            let found = scalar::count(events.len());
            if last > metadata.events_count || disposed.is_empty() && found != metadata.events_count {
                return Err(DecodeError::EventsMissing { found, expected: metadata.events_count });
            }
            let actor = part::read_actor(scalar::present("actor", metadata.actor)?)?;
            let effects = metadata.effects.into_iter().map(part::read_effect).collect::<Result<_, _>>()?;
            (actor, metadata.purpose, effects)
        }
        None if disposed.contains(&OWN_SPACE) => (Actor::Time, String::new(), Vec::new()),
        None => return Err(DecodeError::Absent { field: "metadata" }),
    };
    let record = Record {
        sequence: livshandelse_core::id::Sequence(sequence.0),
        at: CivilTime(at.unwrap_or_default()),
        actor,
        purpose,
        events: events.into_iter().map(|(_, event)| event).collect(),
        effects,
    };
    Ok(Decoded { record, disposed })
}

/// Reads a record as the store returned it.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_stored(stored: &StoredRecord) -> Result<Decoded, DecodeError> {
    let sections = stored.sections.iter().map(|section| match &section.payload {
        Payload::Plain(bytes) => (section.space, Some(bytes.as_slice())),
        Payload::Disposed => (section.space, None),
    });
    decode(stored.sequence, sections)
}

/// Says which kind an event has that this version does not know, so that an operator learns what is too new.
fn unknown_event(payload: &[u8], place: usize) -> DecodeError {
    event_numbers(payload, place)
        .and_then(|numbers| numbers.into_iter().find(|number| *number != EVENT_INDEX_FIELD))
        .map_or(DecodeError::Absent { field: "event" }, |number| DecodeError::NewerNumber {
            field: "event",
            number: i64::from(number),
        })
}

/// Field of the events in a `RecordPart`.
const PART_EVENTS_FIELD: u32 = 3;
/// Field of the index in an `Event`; all its others are kinds.
const EVENT_INDEX_FIELD: u32 = 1;

/// Lists the fields of the event at a place in a part, without understanding them.
fn event_numbers(payload: &[u8], place: usize) -> Option<Vec<u32>> {
    use prost::encoding::{DecodeContext, decode_key, decode_varint, skip_field};

    let mut rest = payload;
    let mut events = Vec::new();
    while !rest.is_empty() {
        let (field, wire_type) = decode_key(&mut rest).ok()?;
        if field == PART_EVENTS_FIELD {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            let (event, after) = rest.split_at_checked(length)?;
            events.push(event);
            rest = after;
        } else {
            skip_field(wire_type, field, &mut rest, DecodeContext::default()).ok()?;
        }
    }
    let mut event = *events.get(place)?;
    let mut numbers = Vec::new();
    while !event.is_empty() {
        let (field, wire_type) = decode_key(&mut event).ok()?;
        numbers.push(field);
        skip_field(wire_type, field, &mut event, DecodeContext::default()).ok()?;
    }
    Some(numbers)
}
