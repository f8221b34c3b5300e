//! Runs against a plain map, and what a crash can leave of them.

use super::*;
use crate::index::MemoryRows;
use proptest::prelude::*;
use std::collections::BTreeMap;

impl<R: Rows> Rows for Arc<R> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.as_ref().get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut dyn FnMut(&[u8], &[u8]) -> bool) -> Result<(), Error> {
        self.as_ref().scan(prefix, from, each)
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), Error> {
        self.as_ref().apply(changes)
    }

    fn flush(&self) -> Result<(), Error> {
        self.as_ref().flush()
    }
}

fn apply(rows: &RunRows<Arc<MemoryRows>>, changes: Vec<Change>) {
    rows.apply(changes).unwrap();
    rows.tidy(&|| true).unwrap();
}

fn key(number: u16) -> Vec<u8> {
    [&[b"abc"[usize::from(number % 3)]][..], &number.to_be_bytes()].concat()
}

fn all(rows: &RunRows<Arc<MemoryRows>>, prefix: &[u8], from: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut last = Vec::new();
    rows.scan(prefix, from, &mut |key, value| {
        assert!(last.as_slice() < key, "rows come in order, each once");
        last = key.to_vec();
        found.insert(key.to_vec(), value.to_vec());
        true
    })
    .unwrap();
    found
}

proptest! {
    /// Whatever is changed, and however often the index is opened again: what is read is what was said last.
    #[test]
    fn runs_say_what_a_plain_map_says(
        batches in prop::collection::vec((any::<bool>(), 0usize..6, prop::collection::vec((0u16..400, prop::option::of(0usize..3_000)), 1..40)), 1..60),
    ) {
        let under = Arc::new(MemoryRows::default());
        let mut rows = RunRows::open(Arc::clone(&under)).unwrap();
        let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for (opens_again, tidied, batch) in batches {
            if opens_again {
                drop(rows);
                rows = RunRows::open(Arc::clone(&under)).unwrap();
            }
            let changes = batch.iter().map(|(number, len)| (key(*number), len.map(|len| vec![7; len])));
            for (key, value) in changes.clone() {
                match value {
                    Some(value) => model.insert(key, value),
                    None => model.remove(&key),
                };
            }
            rows.apply(changes.collect()).unwrap();
            // Not at all, cut short after some blocks, or whole.
            let left = std::cell::Cell::new(tidied);
            rows.tidy(&|| tidied == 5 || left.replace(left.get().saturating_sub(1)) > 0).unwrap();
        }
        rows.tidy(&|| true).unwrap();
        prop_assert!(rows.runs().len() < 3 * RUNS_OF_LEVEL_MAX);
        for number in 0..400 {
            prop_assert_eq!(rows.get(&key(number)).unwrap(), model.get(&key(number)).cloned());
        }
        for (prefix, from) in [(&b""[..], key(0)), (b"b", b"b".to_vec()), (b"b", key(100)), (b"c", key(101))] {
            let expected = model.range(from.clone()..).filter(|(key, _)| key.starts_with(prefix));
            let expected: BTreeMap<_, _> = expected.map(|(key, value)| (key.clone(), value.clone())).collect();
            let found = all(&rows, prefix, &from);
            prop_assert_eq!(found, if prefix.is_empty() { model.range(from..).map(|(key, value)| (key.clone(), value.clone())).collect() } else { expected });
        }
    }
}

#[test]
fn a_merge_that_a_crash_cut_short_is_finished_and_what_it_replaced_is_removed() {
    let under = Arc::new(MemoryRows::default());
    let rows = RunRows::open(Arc::clone(&under)).unwrap();
    for number in (0..).take(RUNS_OF_LEVEL_MAX - 1) {
        apply(&rows, vec![(key(number), Some(vec![1; 9]))]);
    }
    let left: Vec<_> = rows.runs().iter().map(|run| run.number).collect();
    // As if the process had died before the merged runs were removed: somebody still reads them.
    let reading = rows.runs();
    apply(&rows, vec![(key(90), Some(vec![2; 9]))]);
    drop(reading);
    assert!(count(&under, &[RUN]) > 1);
    let again = RunRows::open(Arc::clone(&under)).unwrap();
    assert_eq!(again.runs().len(), 1);
    assert!(left.iter().all(|number| again.runs()[0].replaces.contains(number)));
    assert_eq!((count(&under, &[RUN]), all(&again, b"", b"").len()), (1, RUNS_OF_LEVEL_MAX));
}

#[test]
fn a_run_without_one_of_its_blocks_is_not_believed() {
    let under = Arc::new(MemoryRows::default());
    RunRows::open(Arc::clone(&under)).unwrap().apply(vec![(key(1), Some(vec![1; 9]))]).unwrap();
    let mut blocks = Vec::new();
    under
        .scan(b"r", b"r", &mut |key, _| {
            blocks.push((key.to_vec(), None));
            true
        })
        .unwrap();
    under.apply(blocks).unwrap();
    assert!(matches!(RunRows::open(Arc::clone(&under)), Err(Error::Index { .. })));
}

/// Rows of a kind that are there.
fn count(under: &MemoryRows, prefix: &[u8]) -> usize {
    let mut count = 0;
    under
        .scan(prefix, prefix, &mut |_, _| {
            count += 1;
            true
        })
        .unwrap();
    count
}

#[test]
fn a_crash_amid_a_cascade_of_merges_brings_nothing_old_back() {
    let under = Arc::new(MemoryRows::default());
    let rows = RunRows::open(Arc::clone(&under)).unwrap();
    // One more, and a level's runs are merged, and those of the level above too.
    for number in (0..).take(RUNS_OF_LEVEL_MAX * RUNS_OF_LEVEL_MAX - 1) {
        apply(&rows, vec![(key(number), Some(vec![1; 9]))]);
    }
    let newest = key(u16::try_from(RUNS_OF_LEVEL_MAX * RUNS_OF_LEVEL_MAX - 2).unwrap());
    let reading = rows.runs();
    apply(&rows, vec![(newest.clone(), Some(vec![2; 9]))]);
    drop((reading, rows));
    let again = RunRows::open(Arc::clone(&under)).unwrap();
    assert_eq!(again.get(&newest).unwrap(), Some(vec![2; 9]));
    assert_eq!((again.runs().len(), count(&under, &[RUN])), (1, 1));
}

#[test]
fn what_a_crash_left_of_a_run_without_a_description_is_removed() {
    let under = Arc::new(MemoryRows::default());
    RunRows::open(Arc::clone(&under)).unwrap().apply(vec![(key(1), Some(vec![1; 9]))]).unwrap();
    // Merges go on beside additions: what was cut short need not be the newest.
    for number in [0, 2, 7] {
        let left = (0..3).map(|index| (block_key(number, index), Some(vec![7; 9]))).collect();
        under.apply(left).unwrap();
    }
    let again = RunRows::open(Arc::clone(&under)).unwrap();
    assert_eq!((count(&under, b"r"), all(&again, b"", b"").len()), (1, 1));
}

#[test]
fn an_index_that_turns_out_to_be_damaged_says_no_more_how_far_it_goes() {
    let under = Arc::new(MemoryRows::default());
    let rows = RunRows::open(Arc::clone(&under)).unwrap();
    let how_far = || (META.to_vec(), Some(vec![3; 9]));
    rows.apply(vec![(key(1), Some(vec![1; 9])), how_far()]).unwrap();
    under.apply(vec![(block_key(1, 0), None)]).unwrap();
    assert_eq!(under.get(META).unwrap(), Some(vec![3; 9]));
    assert!(matches!(rows.get(&key(1)), Err(Error::Index { .. })));
    rows.apply(vec![how_far()]).unwrap();
    assert_eq!(under.get(META).unwrap(), None, "the next start makes the index again");
}
