//! What is written is read again: by this version, by later ones, and in part when a space has been disposed of.

mod notices;
mod samples;
mod strategies;

use super::{DecodeError, Decoded, OWN_SPACE, STATE_FORMAT, decode, decode_state, encode, encode_state, pb};
use crate::types::{Sequence, SpaceId};
use livshandelse_core::case::Ask;
use livshandelse_core::command::Actor;
use livshandelse_core::event::{Event, Record};
use proptest::prelude::{any, prop_assert_eq, proptest};
use proptest::strategy::{Strategy, ValueTree};
use prost::Message;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;

const AGENCY_SPACE: SpaceId = SpaceId(7);

/// Reports belong to the agency, the rest to the applicant.
fn owner(event: &Event) -> SpaceId {
    match event {
        Event::Arrived { .. } | Event::ProgressReported { .. } | Event::DecisionRecorded { .. } => AGENCY_SPACE,
        _ => OWN_SPACE,
    }
}

/// Gives each event in turn the space that `spaces` lists.
fn in_turn(spaces: &[u32]) -> impl Fn(&Event) -> SpaceId {
    let next = Cell::new(0);
    move |_| SpaceId(spaces[next.replace(next.get() + 1) % spaces.len()])
}

fn read(record: &Record, sections: &[(SpaceId, Vec<u8>)], disposed: &[SpaceId]) -> Result<Decoded, DecodeError> {
    let sections =
        sections.iter().map(|(space, bytes)| (*space, (!disposed.contains(space)).then_some(bytes.as_slice())));
    decode(Sequence(record.sequence.0), sections)
}

/// Decodes a single part that holds the whole of a small record, after `change`.
fn read_changed(change: impl FnOnce(&mut pb::RecordPart)) -> Result<Decoded, DecodeError> {
    let record = samples::usual_record();
    let sections = encode(&record, &|_| OWN_SPACE);
    let mut part = pb::RecordPart::decode(sections[0].1.as_slice()).unwrap();
    change(&mut part);
    read(&record, &[(OWN_SPACE, part.encode_to_vec())], &[])
}

/// The field numbers of the `oneof` of event kinds in the proto file.
fn event_numbers_in_the_proto() -> BTreeSet<u32> {
    let proto = include_str!("../../proto/livshandelse/store/v1/record.proto");
    let (_, kinds) = proto.split_once("  oneof kind {\n").unwrap();
    let (kinds, _) = kinds.split_once("  }\n").unwrap();
    kinds.lines().map(|line| line.split_once(" = ").unwrap().1.trim_end_matches(';').parse().unwrap()).collect()
}

fn numbers_of(events: Vec<Event>) -> BTreeSet<u32> {
    let count = events.len();
    let record = Record { events, ..samples::usual_record() };
    let sections = encode(&record, &|_| OWN_SPACE);
    (0..count).map(|place| super::event_numbers(&sections[0].1, place).unwrap().pop().unwrap()).collect()
}

proptest! {
    #[test]
    fn any_record_is_read_as_it_was_written(record in strategies::record(), spaces in proptest::collection::vec(0_u32..5, 8)) {
        let sections = encode(&record, &in_turn(&spaces));
        let decoded = read(&record, &sections, &[]).unwrap();
        prop_assert_eq!(decoded, Decoded { record, disposed: vec![] });
    }

    #[test]
    fn the_order_of_the_parts_does_not_matter(record in strategies::record(), spaces in proptest::collection::vec(0_u32..5, 8)) {
        let mut sections = encode(&record, &in_turn(&spaces));
        sections.reverse();
        prop_assert_eq!(read(&record, &sections, &[]).unwrap().record, record);
    }

    #[test]
    fn a_disposed_space_takes_its_own_events_and_no_others(
        record in strategies::record(),
        spaces in proptest::collection::vec(0_u32..5, 8),
        gone in 0_u32..5,
    ) {
        let sections = encode(&record, &in_turn(&spaces));
        let is_there = sections.iter().any(|(space, _)| *space == SpaceId(gone));
        let decoded = read(&record, &sections, &[SpaceId(gone)]).unwrap();

        let left: Vec<Event> =
            record.events.iter().zip(&spaces).filter(|(_, space)| **space != gone).map(|(event, _)| event.clone()).collect();
        prop_assert_eq!(&decoded.record.events, &left);
        prop_assert_eq!(decoded.disposed.clone(), if is_there { vec![SpaceId(gone)] } else { vec![] });
        prop_assert_eq!(decoded.is_whole(), !is_there);
        if decoded.has_metadata() {
            prop_assert_eq!(&decoded.record.actor, &record.actor);
            prop_assert_eq!(&decoded.record.effects, &record.effects);
        } else {
            prop_assert_eq!(&decoded.record.actor, &Actor::Time);
            prop_assert_eq!(decoded.record.effects.len(), 0);
        }
        if sections.len() > 1 || gone != 0 {
            prop_assert_eq!(decoded.record.at, record.at);
        }
    }

    #[test]
    fn any_case_is_read_as_it_was_written(case in strategies::case()) {
        prop_assert_eq!(decode_state(&encode_state(&case)).unwrap(), Some(case));
    }

    #[test]
    fn changed_bytes_are_refused_or_read_but_never_end_the_process(place in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let record = samples::record();
        let mut sections = encode(&record, &owner);
        let changed = place.index(sections[0].1.len());
        sections[0].1[changed] = byte;
        // A text may have become another text; whatever is read can be written again.
        if let Ok(decoded) = read(&record, &sections, &[]) {
            prop_assert_eq!(encode(&decoded.record, &|_| OWN_SPACE).len(), 1);
        }
        let mut state = encode_state(&samples::case());
        let changed = place.index(state.len());
        state[changed] = byte;
        if let Ok(Some(case)) = decode_state(&state) {
            prop_assert_eq!(decode_state(&encode_state(&case)), Ok(Some(case)));
        }
    }
}

#[test]
fn samples_and_strategies_have_every_kind_of_event_that_the_proto_has() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let any_event = strategies::event();
    let random = (0..8_000).map(|_| any_event.new_tree(&mut runner).unwrap().current()).collect();

    assert_eq!(numbers_of(samples::events()), event_numbers_in_the_proto());
    assert_eq!(numbers_of(random), event_numbers_in_the_proto());
}

#[test]
fn what_belongs_to_the_record_is_in_the_applicants_own_space_only() {
    let sections = encode(&samples::record(), &owner);
    let spaces: Vec<SpaceId> = sections.iter().map(|(space, _)| *space).collect();
    assert_eq!(spaces, [OWN_SPACE, AGENCY_SPACE]);

    let agency = pb::RecordPart::decode(sections[1].1.as_slice()).unwrap();
    assert_eq!(agency.metadata, None);
    let purpose = samples::record().purpose;
    assert!(!sections[1].1.windows(purpose.len()).any(|window| window == purpose.as_bytes()));
}

#[test]
fn a_record_without_events_still_has_its_own_part() {
    let record = Record { events: vec![], effects: vec![], ..samples::record() };
    let sections = encode(&record, &owner);
    assert_eq!(sections.len(), 1);
    assert_eq!(read(&record, &sections, &[]).unwrap().record, record);
}

#[test]
fn a_usual_record_takes_few_bytes() {
    let size_bytes: usize = encode(&samples::usual_record(), &owner).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size_bytes < 256, "{size_bytes} bytes");
}

#[test]
fn a_field_of_a_newer_version_is_skipped() {
    let record = samples::usual_record();
    let sections = encode(&record, &|_| OWN_SPACE);
    // Field 900, a text, after everything else of the part, and again in each event.
    let newer = [0xa2, 0x38, 0x03, b'n', b'e', b'w'];
    let part = pb::RecordPart::decode(sections[0].1.as_slice()).unwrap();
    let mut bytes = pb::RecordPart { events: vec![], ..part.clone() }.encode_to_vec();
    for event in part.events {
        let mut event = event.encode_to_vec();
        event.extend_from_slice(&newer);
        bytes.push(0x1a);
        bytes.push(u8::try_from(event.len()).unwrap());
        bytes.extend_from_slice(&event);
    }
    bytes.extend_from_slice(&newer);
    assert_eq!(read(&record, &[(OWN_SPACE, bytes)], &[]).unwrap().record, record);
}

#[test]
fn a_kind_of_event_of_a_newer_version_is_refused_by_its_number() {
    let record = samples::usual_record();
    let mut bytes = encode(&record, &|_| OWN_SPACE).remove(0).1;
    // One more event, with index 5 and an empty message in field 900.
    bytes.extend_from_slice(&[0x1a, 0x05, 0x08, 0x05, 0xa2, 0x38, 0x00]);
    let refused = read(&record, &[(OWN_SPACE, bytes)], &[]).unwrap_err();
    assert_eq!(refused, DecodeError::NewerNumber { field: "event", number: 900 });
    assert_eq!(
        refused.to_string(),
        "event has number 900, which this version does not know: written by a newer version"
    );
}

#[test]
fn an_enum_value_of_a_newer_version_is_refused_by_its_number() {
    let ended = pb::event::Kind::CaseEnded(pb::CaseEnded { end: 77 });
    let refused = read_changed(|part| part.events[0].kind = Some(ended)).unwrap_err();
    assert_eq!(refused, DecodeError::NewerNumber { field: "end", number: 77 });

    let refused = read_changed(|part| part.metadata.as_mut().unwrap().actor.as_mut().unwrap().kind = 0).unwrap_err();
    assert_eq!(refused, DecodeError::NewerNumber { field: "actor", number: 0 });
}

#[test]
fn what_is_always_written_cannot_be_missing() {
    assert_eq!(read_changed(|part| part.metadata = None), Err(DecodeError::Absent { field: "metadata" }));
    assert_eq!(
        read_changed(|part| part.metadata.as_mut().unwrap().actor = None),
        Err(DecodeError::Absent { field: "actor" })
    );
    assert_eq!(read_changed(|part| part.events[1].kind = None), Err(DecodeError::Absent { field: "event" }));
    assert_eq!(read_changed(|part| part.events[1].index = 0), Err(DecodeError::RepeatedIndex { index: 0 }));
    assert_eq!(decode(Sequence(1), std::iter::empty()), Err(DecodeError::Absent { field: "metadata" }));
}

#[test]
fn a_part_that_is_missing_without_having_been_disposed_of_is_an_error() {
    let record = samples::record();
    let mut sections = encode(&record, &owner);
    let agency = sections.pop().unwrap();
    assert!(matches!(read(&record, &sections, &[]), Err(DecodeError::EventsMissing { .. })));
    assert_eq!(read(&record, &[agency], &[]), Err(DecodeError::Absent { field: "metadata" }));
}

#[test]
fn an_error_says_nothing_of_the_content() {
    let name = "Not A Slug 198001019806";
    let refused = read_changed(|part| {
        part.events[0].kind = Some(pb::event::Kind::StepOpened(pb::StepOpened { step: name.to_owned() }));
    })
    .unwrap_err();
    assert_eq!(refused.to_string(), "step is not a step id");
    assert!(!format!("{refused:?}").contains("1980"));
}

#[test]
fn a_state_of_another_format_is_left_for_the_caller_to_rebuild() {
    let mut bytes = encode_state(&samples::case());
    assert_eq!(bytes[..4], STATE_FORMAT.to_le_bytes());
    for format in [0, STATE_FORMAT + 1, u32::MAX] {
        bytes[..4].copy_from_slice(&format.to_le_bytes());
        assert_eq!(decode_state(&bytes), Ok(None));
    }
}

#[test]
fn a_damaged_state_is_an_error() {
    let bytes = encode_state(&samples::case());
    assert_eq!(decode_state(&[]), Err(DecodeError::Absent { field: "format number of a state" }));
    assert!(matches!(decode_state(&bytes[..bytes.len() - 1]), Err(DecodeError::Malformed { what: "state", .. })));
}

fn golden(name: &str, now_written: &[u8]) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/records").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() && !path.exists() {
        std::fs::write(&path, now_written).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "read {}: {error}: run with UPDATE_EXPECT=1 to write a golden file that is not there yet",
            path.display()
        )
    })
}

#[test]
fn every_released_record_is_still_read() {
    let released = [
        ("v1", samples::first_record()),
        ("v2", samples::second_record()),
        ("v3", samples::third_record()),
        ("v4", samples::record()),
    ];
    for (version, record) in released {
        let names = ["own-space.bin", "agency-space.bin"];
        let sections: Vec<(SpaceId, Vec<u8>)> = encode(&record, &owner)
            .into_iter()
            .zip(names)
            .map(|((space, bytes), name)| (space, golden(&format!("{version}/{name}"), &bytes)))
            .collect();
        assert_eq!(
            read(&record, &sections, &[]).unwrap().record,
            record,
            "bytes that version {version} wrote are read as something else: undo the change of a number or a type in \
             record.proto (only before the first release: delete the golden files and run with UPDATE_EXPECT=1)"
        );
    }
}

#[test]
fn a_state_of_an_earlier_format_is_rebuilt_from_its_history() {
    for name in ["v1/state-1.bin", "v2/state-2.bin"] {
        assert_eq!(decode_state(&golden(name, &[])), Ok(None), "{name}");
    }
}

#[test]
fn what_was_asked_before_payments_were_known_is_an_offer_or_a_supplement() {
    for (offer, ask) in [(true, Ask::Offer), (false, Ask::Supplement)] {
        let asked = pb::SupplementAsked { step: "name".to_owned(), offer, ..pb::SupplementAsked::default() };
        let kind = pb::event::Kind::SupplementAsked(asked);
        let decoded = read_changed(|part| part.events[0].kind = Some(kind)).unwrap();
        assert!(matches!(&decoded.record.events[0], Event::SupplementAsked { ask: read, .. } if *read == ask));
    }
}

#[test]
fn a_state_written_otherwise_has_another_format_number() {
    let written = encode_state(&samples::case());
    let name = format!("v{STATE_FORMAT}/state-{STATE_FORMAT}.bin");
    assert!(
        golden(&name, &written) == written,
        "states of format {STATE_FORMAT} were written otherwise: raise STATE_FORMAT and run with UPDATE_EXPECT=1 \
         (only before the first release: delete {name} instead)"
    );
}
