//! What every store must do, as one suite that runs on each of them.
//!
//! A test gives [`all`] a way to make a fresh [`Place`]; each story gets one of its own. A broken promise panics with the story's words.

use std::sync::Arc;
use std::thread;

use crate::{
    Append, Conflict, Head, PartyKey, Payload, Projector, ProjectorError, Refusal, Section, Sequence, SpaceId, Store,
    StoredRecord, StreamId, StreamKind, Unit, Wake,
};

/// Where a store lives, so that it can be left and opened again.
pub trait Place {
    /// Opens the store with [`Tally`] as its projector. The handle opened before has been dropped.
    fn open(&self) -> Arc<dyn Store>;
}

/// A projector for tests: the state says how many records there were and how many of their bytes can still be read.
///
/// A payload that begins with `P` lists the stream under the party whose 16 bytes follow; one that begins with `W` wakes it at the
/// civil time whose eight big-endian bytes follow; one that begins with `E` ends the waking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally;

impl Tally {
    const FORMAT: u8 = 1;

    /// Folds one payload into what the state holds.
    fn fold(state: &mut TallyState, payload: &[u8]) {
        state.bytes_count += payload.len() as u64;
        match payload.split_first() {
            Some((b'P', party)) if party.len() == 16 => {
                state.listed_under.extend(PartyKey::try_from(party));
            }
            Some((b'W', time)) if time.len() == 8 => {
                state.wake_ms = time.try_into().ok().map(i64::from_be_bytes);
            }
            Some((b'E', _)) => state.wake_ms = None,
            Some(_) | None => {}
        }
    }
}

#[derive(Default)]
struct TallyState {
    records_count: u64,
    bytes_count: u64,
    wake_ms: Option<i64>,
    listed_under: Vec<PartyKey>,
}

impl TallyState {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![Tally::FORMAT, u8::from(self.wake_ms.is_some())];
        bytes.extend(self.records_count.to_be_bytes());
        bytes.extend(self.bytes_count.to_be_bytes());
        bytes.extend(self.wake_ms.unwrap_or(0).to_be_bytes());
        self.listed_under.iter().for_each(|party| bytes.extend(party));
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let wake_ms = i64::from_be_bytes(bytes.get(18..26)?.try_into().ok()?);
        (bytes.first() == Some(&Tally::FORMAT)).then_some(())?;
        Some(Self {
            records_count: number(2)?,
            bytes_count: number(10)?,
            wake_ms: (bytes.get(1) == Some(&1)).then_some(wake_ms),
            listed_under: bytes.get(26..)?.chunks_exact(16).filter_map(|party| party.try_into().ok()).collect(),
        })
    }

    fn head(&self) -> Head {
        Head {
            state: Some(Arc::new(self.encode())),
            wake: self.wake_ms.map(|civil_ms| Wake { civil_ms: Some(civil_ms), urgent: false }),
            listed_under: self.listed_under.clone(),
        }
    }
}

impl Projector for Tally {
    fn project(
        &self,
        _stream: StreamId,
        previous: Option<&[u8]>,
        records: &[StoredRecord],
    ) -> Result<Head, ProjectorError> {
        let mut state = match previous {
            Some(bytes) => TallyState::decode(bytes).ok_or(ProjectorError::OtherFormat)?,
            None => TallyState::default(),
        };
        for record in records {
            state.records_count += 1;
            if record.sequence.0 != state.records_count {
                return Err(ProjectorError::Corrupt { reason: format!("record {} is out of order", record.sequence) });
            }
            for section in &record.sections {
                if let Payload::Plain(payload) = &section.payload {
                    Self::fold(&mut state, payload);
                }
            }
        }
        Ok(state.head())
    }
}

/// Writes like a caller who keeps the state of one stream by hand.
#[derive(Default)]
pub struct Writer {
    state: TallyState,
}

impl Writer {
    /// Begins a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of the last record written.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        Sequence(self.state.records_count)
    }

    /// The state after the last record written, as the store will give it back.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        self.state.encode()
    }

    /// Makes the next record, of the given (space, payload) sections, and counts it as written.
    pub fn append(&mut self, stream: StreamId, sections: &[(u32, &[u8])]) -> Append {
        let expected = self.sequence();
        self.state.records_count += 1;
        sections.iter().for_each(|(_, payload)| Tally::fold(&mut self.state, payload));
        Append {
            stream,
            expected,
            sections: sections
                .iter()
                .map(|(space, payload)| Section { space: SpaceId(*space), payload: payload.to_vec() })
                .collect(),
            head: self.state.head(),
        }
    }
}

/// Names a case by a number, for tests.
#[must_use]
pub fn case(number: u64) -> StreamId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    StreamId::new(StreamKind::Case, id)
}

fn plain(record: &StoredRecord) -> Vec<Option<&[u8]>> {
    record
        .sections
        .iter()
        .map(|section| match &section.payload {
            Payload::Plain(payload) => Some(payload.as_slice()),
            Payload::Disposed => None,
        })
        .collect()
}

fn commit_one(store: &dyn Store, append: Append) -> Result<(), Refusal> {
    let mut results = store.commit(vec![Unit::one(append)]).expect("the store takes a commit");
    assert_eq!(results.len(), 1, "one result for one unit");
    results.remove(0)
}

fn tagged(tag: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend(rest);
    bytes
}

type Story = fn(&dyn Place);

/// Runs every story, each on a fresh place.
///
/// # Panics
///
/// If a promise is broken.
pub fn all(fresh: &mut dyn FnMut() -> Box<dyn Place>) {
    let stories: [Story; 11] = [
        what_was_committed_is_read_at_once_and_after_reopening,
        a_stale_sequence_is_refused_and_the_other_units_go_on,
        a_unit_over_two_streams_is_all_or_nothing,
        units_of_one_batch_follow_each_other,
        sections_keep_their_order_and_their_space,
        history_is_paged_without_gap_or_repeat,
        a_handle_dropped_in_the_middle_of_commits_leaves_whole_units,
        wakes_are_the_newest_and_end_with_the_case,
        a_stream_is_listed_under_every_party_it_ever_named,
        one_space_is_disposed_of_alone,
        a_stream_is_disposed_of_whole,
    ];
    for story in stories {
        story(fresh().as_ref());
    }
}

fn what_was_committed_is_read_at_once_and_after_reopening(place: &dyn Place) {
    let mut writer = Writer::new();
    let store = place.open();
    assert_eq!(store.head(case(1)).expect("read"), None, "nothing yet");
    for number in 0..5u8 {
        commit_one(&*store, writer.append(case(1), &[(1, &[b'x', number])])).expect("stored");
        let head = store.head(case(1)).expect("read").expect("there");
        assert_eq!((head.sequence, head.state), (writer.sequence(), Some(writer.state())), "read your writes");
    }
    let before = (store.head(case(1)).expect("read"), store.history(case(1), Sequence::NONE, 100).expect("read"));
    drop(store);
    let store = place.open();
    let after = (store.head(case(1)).expect("read"), store.history(case(1), Sequence::NONE, 100).expect("read"));
    assert_eq!(before, after, "reopening changes nothing");
    assert_eq!(after.1.len(), 5);
    commit_one(&*store, writer.append(case(1), &[(1, b"six")])).expect("goes on where it was");
    store.close().expect("closed");
    drop(store);
    let head = place.open().head(case(1)).expect("read").expect("there");
    assert_eq!((head.sequence, head.state), (Sequence(6), Some(writer.state())), "the same after a clean stop");
}

fn a_stale_sequence_is_refused_and_the_other_units_go_on(place: &dyn Place) {
    let store = place.open();
    let (mut ours, mut theirs) = (Writer::new(), Writer::new());
    commit_one(&*store, ours.append(case(1), &[(1, b"first")])).expect("stored");
    let stale = theirs.append(case(1), &[(1, b"also first")]);
    let mut other = Writer::new();
    let results = store
        .commit(vec![
            Unit::one(stale),
            Unit::one(other.append(case(2), &[(1, b"other")])),
            Unit(Vec::new()),
            Unit::one(ours.append(case(1), &[(1, b"second")])),
        ])
        .expect("the store takes a commit");
    let conflict = Conflict { stream: case(1), expected: Sequence::NONE, actual: Sequence(1) };
    assert_eq!(results, [Err(Refusal::Conflict(conflict)), Ok(()), Err(Refusal::Empty), Ok(())]);
    let too_far = Append { expected: Sequence(9), ..ours.append(case(1), &[(1, b"gap")]) };
    let conflict = Conflict { stream: case(1), expected: Sequence(9), actual: Sequence(2) };
    assert_eq!(commit_one(&*store, too_far), Err(Refusal::Conflict(conflict)), "no gaps either");
    assert_eq!(store.history(case(1), Sequence::NONE, 9).expect("read").len(), 2);
    assert_eq!(store.history(case(2), Sequence::NONE, 9).expect("read").len(), 1);
}

fn a_unit_over_two_streams_is_all_or_nothing(place: &dyn Place) {
    let store = place.open();
    let (mut one, mut two) = (Writer::new(), Writer::new());
    let stale = Append { expected: Sequence(3), ..Writer::new().append(case(2), &[(1, b"no")]) };
    let unit = Unit(vec![Writer::new().append(case(1), &[(1, b"no")]), stale]);
    assert!(matches!(store.commit(vec![unit]).expect("taken")[..], [Err(Refusal::Conflict(_))]));
    assert_eq!(store.head(case(1)).expect("read"), None, "nothing of a refused unit is stored");
    let unit = Unit(vec![
        one.append(case(1), &[(1, b"a")]),
        two.append(case(2), &[(1, b"b")]),
        one.append(case(1), &[(1, b"c")]),
    ]);
    assert_eq!(store.commit(vec![unit]).expect("taken"), [Ok(())]);
    drop(store);
    let store = place.open();
    assert_eq!(store.head(case(1)).expect("read").expect("there").sequence, Sequence(2));
    assert_eq!(store.head(case(2)).expect("read").expect("there").sequence, Sequence(1));
}

fn units_of_one_batch_follow_each_other(place: &dyn Place) {
    let store = place.open();
    let mut writer = Writer::new();
    let units = (0..50u8).map(|number| Unit::one(writer.append(case(7), &[(1, &[number; 100])]))).collect();
    let results = store.commit(units).expect("taken");
    assert!(results.iter().all(Result::is_ok), "each follows the one before: {results:?}");
    let records = store.history(case(7), Sequence::NONE, 100).expect("read");
    let numbers: Vec<u64> = records.iter().map(|record| record.sequence.0).collect();
    assert_eq!(numbers, (1..=50).collect::<Vec<u64>>(), "in order");
    assert!(records.iter().zip(0..50u8).all(|(record, number)| plain(record) == [Some(&[number; 100][..])]));
}

fn sections_keep_their_order_and_their_space(place: &dyn Place) {
    let store = place.open();
    let sections: [(u32, &[u8]); 4] = [(9, b"nine"), (1, b""), (9, b"again"), (u32::MAX, b"last")];
    commit_one(&*store, Writer::new().append(case(1), &sections)).expect("stored");
    commit_one(&*store, Writer::new().append(case(2), &[])).expect("a record may have no sections");
    drop(store);
    let store = place.open();
    let records = store.history(case(1), Sequence::NONE, 1).expect("read");
    let spaces: Vec<u32> = records[0].sections.iter().map(|section| section.space.0).collect();
    assert_eq!(spaces, [9, 1, 9, u32::MAX]);
    assert_eq!(plain(&records[0]), sections.map(|(_, payload)| Some(payload)));
    assert_eq!(store.history(case(2), Sequence::NONE, 1).expect("read")[0].sections, []);
}

fn history_is_paged_without_gap_or_repeat(place: &dyn Place) {
    let store = place.open();
    let mut writer = Writer::new();
    for number in 0..37u64 {
        commit_one(&*store, writer.append(case(1), &[(1, &number.to_be_bytes())])).expect("stored");
    }
    for limit in [1usize, 2, 7, 36, 37, 100] {
        let mut after = Sequence::NONE;
        let mut seen = Vec::new();
        loop {
            let page = store.history(case(1), after, limit).expect("read");
            seen.extend(page.iter().map(|record| record.sequence.0));
            let Some(last) = page.last() else { break };
            assert!(page.len() <= limit);
            after = last.sequence;
        }
        assert_eq!(seen, (1..=37).collect::<Vec<u64>>(), "pages of {limit}");
    }
    assert_eq!(store.history(case(1), Sequence(37), 5).expect("read"), []);
    assert_eq!(store.history(case(1), Sequence(u64::MAX), 5).expect("read"), []);
    assert_eq!(store.history(case(1), Sequence::NONE, 0).expect("read"), []);
    assert_eq!(store.history(case(2), Sequence::NONE, 5).expect("read"), []);
}

fn a_handle_dropped_in_the_middle_of_commits_leaves_whole_units(place: &dyn Place) {
    const ROUNDS: u64 = 40;
    let store = place.open();
    let writing = Arc::clone(&store);
    let thread = thread::spawn(move || {
        let (mut one, mut two) = (Writer::new(), Writer::new());
        for _ in 0..ROUNDS {
            let unit = Unit(vec![one.append(case(1), &[(1, b"a")]), two.append(case(2), &[(1, b"b")])]);
            writing.commit(vec![unit]).expect("taken")[0].as_ref().expect("stored");
        }
    });
    // Readers meanwhile see whole units only.
    for _ in 0..ROUNDS {
        let two = store.head(case(2)).expect("read").map_or(0, |head| head.sequence.0);
        let one = store.head(case(1)).expect("read").map_or(0, |head| head.sequence.0);
        assert!(one >= two, "{one} and {two}: a unit is seen whole or not at all");
    }
    drop(store);
    thread.join().expect("the writer ends well");
    let store = place.open();
    for number in [1, 2] {
        assert_eq!(store.head(case(number)).expect("read").expect("there").sequence, Sequence(ROUNDS));
    }
}

fn wakes_are_the_newest_and_end_with_the_case(place: &dyn Place) {
    let store = place.open();
    let mut writers: Vec<Writer> = (0..4).map(|_| Writer::new()).collect();
    for (writer, number) in writers.iter_mut().zip(0..4u64) {
        let wake = tagged(b'W', &1000u64.to_be_bytes());
        commit_one(&*store, writer.append(case(number), &[(1, &wake)])).expect("stored");
    }
    let later = tagged(b'W', &2000u64.to_be_bytes());
    commit_one(&*store, writers[1].append(case(1), &[(1, &later)])).expect("stored");
    commit_one(&*store, writers[2].append(case(2), &[(1, b"E")])).expect("stored");
    let collect = |store: &dyn Store| {
        let mut wakes = Vec::new();
        store.wakes(&mut |stream, wake| wakes.push((stream, wake.civil_ms))).expect("read");
        wakes.sort();
        wakes
    };
    let expected = [(case(0), Some(1000)), (case(1), Some(2000)), (case(3), Some(1000))];
    assert_eq!(collect(&*store), expected);
    store.close().expect("closed");
    drop(store);
    let store = place.open();
    assert_eq!(collect(&*store), expected, "after reopening");
    commit_one(&*store, writers[0].append(case(0), &[(1, b"E")])).expect("stored");
    assert_eq!(collect(&*store), expected[1..], "one more has ended");
}

fn a_stream_is_listed_under_every_party_it_ever_named(place: &dyn Place) {
    let (anna, bo, nobody): (PartyKey, PartyKey, PartyKey) = ([1; 16], [2; 16], [3; 16]);
    let store = place.open();
    let mut writers: Vec<Writer> = (0..10).map(|_| Writer::new()).collect();
    for (writer, number) in writers.iter_mut().zip(0..10u64) {
        commit_one(&*store, writer.append(case(number), &[(1, &tagged(b'P', &anna))])).expect("stored");
    }
    commit_one(&*store, writers[4].append(case(4), &[(1, &tagged(b'P', &bo))])).expect("stored");
    let check = |store: &dyn Store| {
        let all: Vec<StreamId> = (0..10).map(case).collect();
        assert_eq!(store.listed(anna, None, 100).expect("read"), all, "in order");
        assert_eq!(store.listed(anna, Some(case(3)), 2).expect("read"), all[4..6], "paged");
        assert_eq!(store.listed(anna, Some(case(9)), 2).expect("read"), [], "to the end");
        assert_eq!(store.listed(bo, None, 100).expect("read"), [case(4)]);
        assert_eq!(store.listed(nobody, None, 100).expect("read"), []);
        assert_eq!(store.streams(StreamKind::Case, None, 100).expect("read"), all);
        assert_eq!(store.streams(StreamKind::Case, Some(case(7)), 100).expect("read"), all[8..]);
        assert_eq!(store.streams(StreamKind::Parties, None, 100).expect("read"), []);
    };
    check(&*store);
    store.close().expect("closed");
    check(&*store);
    drop(store);
    check(&*place.open());
}

fn one_space_is_disposed_of_alone(place: &dyn Place) {
    let store = place.open();
    let mut writer = Writer::new();
    commit_one(&*store, writer.append(case(1), &[(1, b"mine"), (2, b"theirs")])).expect("stored");
    commit_one(&*store, Writer::new().append(case(2), &[(1, b"another's")])).expect("stored");
    let chain = store.head(case(1)).expect("read").expect("there").chain;
    assert_eq!(store.dispose(case(1), Some(SpaceId(1))).expect("disposed").keys_count, 1);
    assert_eq!(store.dispose(case(1), Some(SpaceId(1))).expect("again").keys_count, 0, "repeating changes nothing");
    commit_one(&*store, writer.append(case(1), &[(1, b"new")])).expect("the space may be used again");
    drop(store);
    let store = place.open();
    let records = store.history(case(1), Sequence::NONE, 9).expect("read");
    assert_eq!(plain(&records[0]), [None, Some(&b"theirs"[..])]);
    assert_eq!(plain(&records[1]), [Some(&b"new"[..])]);
    assert_eq!(records[0].chain, chain, "the chain stands");
    let other = store.history(case(2), Sequence::NONE, 9).expect("read");
    assert_eq!(plain(&other[0]), [Some(&b"another's"[..])]);
}

fn a_stream_is_disposed_of_whole(place: &dyn Place) {
    let party: PartyKey = [5; 16];
    let store = place.open();
    let mut writer = Writer::new();
    let wake = tagged(b'W', &1000u64.to_be_bytes());
    commit_one(&*store, writer.append(case(1), &[(1, &tagged(b'P', &party)), (2, &wake)])).expect("stored");
    store.close().expect("closed");
    assert_eq!(store.dispose(case(1), None).expect("disposed").keys_count, 2);
    let check = |store: &dyn Store| {
        let head = store.head(case(1)).expect("read").expect("its sequence and chain remain");
        assert_eq!((head.sequence, head.state, head.wake, head.disposed), (Sequence(1), None, None, true));
        assert_eq!(store.listed(party, None, 9).expect("read"), []);
        store.wakes(&mut |stream, _| panic!("{stream} wants no waking any more")).expect("read");
        assert_eq!(plain(&store.history(case(1), Sequence::NONE, 9).expect("read")[0]), [None, None]);
    };
    check(&*store);
    let more = writer.append(case(1), &[(1, b"more")]);
    assert_eq!(commit_one(&*store, more.clone()), Err(Refusal::Disposed { stream: case(1) }));
    drop(store);
    let store = place.open();
    check(&*store);
    assert_eq!(commit_one(&*store, more), Err(Refusal::Disposed { stream: case(1) }));
}
