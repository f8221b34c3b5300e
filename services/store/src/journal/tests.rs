//! What stands in a segment is read as it was written, and what is torn is told from what is damaged.

use std::sync::Arc;

use aes_gcm::{Aes256Gcm, KeyInit};

use super::layout::{BLOCK, HEADER_LEN, Position, SECTOR};
use super::scan::scan;
use super::*;
use crate::conformance::case;
use crate::{DamagedPart, Section, Sequence, SpaceId, StreamId};

/// One stream that remembers where its records went.
#[derive(Default)]
struct Places {
    chain: [u8; 32],
    ladder: Ladder,
    all: Vec<Position>,
}

impl Streams for Places {
    fn before(&self, _stream: StreamId) -> ([u8; 32], &Ladder) {
        (self.chain, &self.ladder)
    }

    fn written(&mut self, _stream: StreamId, sequence: Sequence, chain: [u8; 32], at: Position) {
        self.chain = chain;
        self.ladder.push(sequence, at);
        self.all.push(at);
    }
}

/// A segment with `batches` batches of one record with 3,000 bytes, one stream, and where each begins.
fn segment(batches: u64) -> (Vec<u8>, Vec<usize>, Places) {
    let cipher = Arc::new(Aes256Gcm::new(&[9; 32].into()));
    let mut bytes = vec![0; 1 << 18];
    let mut places = Places::default();
    let mut tail = Tail { at: Position { segment: 1, offset: 4096 }, ..Tail::default() };
    let mut starts = Vec::new();
    for number in 1..=batches {
        let ready = Ready {
            stream: case(1),
            sequence: Sequence(number),
            sections: vec![Section { space: SpaceId(1), payload: vec![1; 6000] }],
            keys: vec![(1, Arc::clone(&cipher))],
        };
        let start = tail.at.offset as usize;
        let (batch, after) = build(tail, vec![ready], &mut std::iter::once([3; 12]), &mut places);
        bytes[start..start + batch.len()].copy_from_slice(&batch);
        starts.push(start);
        tail = after;
    }
    starts.push(tail.at.offset as usize);
    (bytes, starts, places)
}

#[test]
fn batches_are_found_in_order_with_their_chain() {
    let (bytes, starts, places) = segment(5);
    let scan = scan(&bytes, 1, BLOCK, true);
    assert_eq!((scan.wounds.len(), scan.is_torn, scan.end), (0, false, starts[5]));
    let numbers: Vec<_> = scan.batches.iter().map(|batch| batch.number).collect();
    assert_eq!(numbers, (1..=5).map(Some).collect::<Vec<_>>());
    assert!(scan.batches.windows(2).all(|pair| pair[0].chain_after == pair[1].chain_before));
    assert_eq!(scan.batches[4].records[0].chain, places.chain);
}

#[test]
fn every_record_can_be_reached_from_the_newest_in_few_steps() {
    let mut ladder = Ladder::default();
    for number in 1..=1000u32 {
        ladder.push(Sequence(u64::from(number)), Position { segment: 1, offset: number });
        let mut expected = Vec::new();
        let mut rung = number;
        while rung > 0 {
            expected.push(Position { segment: 1, offset: rung });
            rung &= rung - 1;
        }
        assert_eq!(ladder.0, expected, "after {number}");
    }
}

#[test]
fn a_last_batch_with_an_unwritten_sector_is_torn_and_one_before_it_is_damaged() {
    let (good, starts, _) = segment(3);
    for sector in (starts[2]..starts[3]).step_by(SECTOR) {
        let mut bytes = good.clone();
        bytes[sector..sector + SECTOR].fill(0);
        let scan = scan(&bytes, 1, BLOCK, true);
        assert!(scan.is_torn && scan.wounds.is_empty(), "sector at {sector}: {scan:?}");
        assert_eq!((scan.end, scan.batches.len()), (starts[2], 2));
    }
    for sector in (starts[1]..starts[2]).step_by(SECTOR) {
        let mut bytes = good.clone();
        bytes[sector..sector + SECTOR].fill(0);
        let scan = scan(&bytes, 1, BLOCK, true);
        assert!(!scan.is_torn && !scan.wounds.is_empty(), "sector at {sector}: {scan:?}");
        assert_eq!(scan.end, starts[3], "what follows is found");
    }
}

#[test]
fn a_damaged_header_hurts_nobody_and_a_damaged_body_or_entry_names_whom() {
    let (good, starts, _) = segment(3);
    let wounds = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        let scan = scan(&bytes, 1, BLOCK, true);
        assert_eq!(scan.end, starts[3]);
        let records: usize = scan.batches.iter().map(|batch| batch.records.len()).sum();
        (scan.wounds[0].part, scan.wounds[0].stream, scan.wounds.len(), records)
    };
    for start in &starts[..3] {
        assert_eq!(wounds(start + 20), (DamagedPart::BatchHeader, None, 1, 3));
        assert_eq!(wounds(start + HEADER_LEN + 40), (DamagedPart::Entry, Some(case(1)), 1, 2));
        assert_eq!(wounds(start + 1000), (DamagedPart::Body, Some(case(1)), 1, 2));
    }
}
