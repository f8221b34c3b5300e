//! Telling people: waited with, dropped when seen, tried again, taken up after a start, and recorded once.

use crate::desk::{Desk, Manner};
use crate::gate::{Gate, GatedStore};
use crate::world::{CASE, applicant, asks, filing, memory, quick};
use livshandelse_core::case::FactReport;
use livshandelse_core::command::{Actor, Command};
use livshandelse_core::definition::FactKind;
use livshandelse_core::event::Event;
use livshandelse_core::id::{CaseId, EffectKey, Sequence, Subject};
use livshandelse_core::notice::{Contact, NoticeCommand, NoticeEvent, NoticeKind, NoticeOutcome, Way};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Values;
use livshandelse_core::{Answer, Case};
use livshandelse_engine::{
    Attempted, BoxFuture, CivilClock, Engine, Limits, Metrics, NewDefinition, Readiness, Returned, Setup, TellOrder,
    Tellers, WayMark,
};
use livshandelse_store::Store;
use livshandelse_tests::fixture;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers attempts as it is told to, and remembers them.
#[derive(Clone, Default)]
struct Post {
    answers: Arc<Mutex<VecDeque<Attempted>>>,
    attempts: Arc<Mutex<Vec<(EffectKey, String, u32)>>>,
    marks: Arc<Mutex<Vec<WayMark>>>,
    /// What whatever comes back says.
    returned: Arc<Mutex<Option<Returned>>>,
}

const SENT: Attempted = Attempted::Over { outcome: NoticeOutcome::Sent, is_way_ended: false };

impl Post {
    fn answers(self, answers: impl IntoIterator<Item = Attempted>) -> Post {
        self.answers.lock().unwrap().extend(answers);
        self
    }

    fn attempts(&self) -> Vec<(EffectKey, String, u32)> {
        self.attempts.lock().unwrap().clone()
    }
}

impl Tellers for Post {
    fn returned(&self, _: &[u8]) -> Option<Returned> {
        *self.returned.lock().unwrap()
    }

    fn attempt(&self, order: TellOrder) -> BoxFuture<'static, Attempted> {
        let (Way::Mail { address } | Way::Webhook { address, .. }) = order.way;
        self.attempts.lock().unwrap().push((order.key, address, order.attempt_number));
        self.marks.lock().unwrap().push(order.mark);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(SENT);
        Box::pin(async move { answer })
    }
}

/// An engine in real time, at noon.
struct World {
    engine: Engine,
    post: Post,
}

/// Noon: within the hours in which people are written to.
fn noon() -> CivilTime {
    CivilTime::noon(fixture::START)
}

async fn start(store: Arc<dyn Store>, post: Post, tell_after: Duration) -> World {
    let stage = fixture::small();
    let setup = Setup {
        store,
        agencies: Arc::new(Desk::new(Manner::Accept)),
        telling: Some(Arc::new(post.clone())),
        clock: CivilClock::Real(Arc::new(noon)),
        registry: Arc::new(stage.registry),
        definitions: vec![NewDefinition { definition: Arc::new(stage.definition), bundle: b"small@1".to_vec() }],
        read_bundle: Box::new(|_| Err("there is one revision alone".to_owned())),
        limits: Limits { tell_after, ..quick() },
        metrics: Metrics::new(&mut prometheus_client::registry::Registry::default()),
        on_failure: Arc::new(|why| panic!("{why}")),
    };
    World { engine: Engine::start(setup).await.unwrap(), post }
}

fn mail(address: &str) -> Way {
    Way::Mail { address: address.to_owned() }
}

impl World {
    /// Files a case whose applicant wants to be told by these ways.
    async fn file(&self, ways: &[&str]) {
        self.file_as(CASE, ways).await;
    }

    async fn file_as(&self, case: CaseId, ways: &[&str]) {
        self.engine.ask(filing(case, 1)).await.unwrap();
        self.wants_of(case, Some(ways)).await;
    }

    /// Asks for what was answered before: reads the case from the store.
    async fn file_again(&self) {
        assert_eq!(self.engine.ask(filing(CASE, 1)).await.unwrap().answer, Answer::Repeated);
    }

    async fn wants(&self, ways: Option<&[&str]>) {
        self.wants_of(CASE, ways).await;
    }

    async fn wants_of(&self, case: CaseId, ways: Option<&[&str]>) {
        let contact = ways.map(|ways| Contact {
            ways: ways.iter().copied().map(mail).collect(),
            language: "sv".to_owned(),
            kinds: BTreeSet::from(NoticeKind::ALL),
        });
        let command = Command::Notice(NoticeCommand::UpdateContact { contact });
        self.engine.ask(asks(case, Actor::Person(applicant()), command)).await.unwrap();
    }

    /// The child is born: it is the applicant's turn in what follows.
    async fn birth(&self) -> Arc<Case> {
        self.fact(CASE, FactKind::Birth).await
    }

    async fn fact(&self, case: CaseId, kind: FactKind) -> Arc<Case> {
        let report = FactReport {
            kind,
            child: Subject(1),
            party: None,
            step: None,
            occurred_at: noon(),
            municipality: None,
            values: Values::new(),
        };
        let told = self.engine.ask(asks(case, Actor::Operator("test".to_owned()), Command::ReportFact(report))).await;
        told.unwrap().case
    }

    /// Waits until every other case of those who mourn in one has been asked to keep quiet.
    async fn quiet_is_spread(&self, case: CaseId) {
        let mut changes = self.engine.watch(case);
        loop {
            changes.borrow_and_update();
            if self.engine.read(case).await.unwrap().unwrap().telling.unspread.is_empty() {
                return;
            }
            changes.changed().await.unwrap();
        }
    }

    /// What was recorded of a case about quiet that is not of it, with who asked, and why.
    async fn kept(&self, case: CaseId) -> Vec<(NoticeEvent, Actor, String)> {
        let records = self.engine.history(case, Sequence(0), 100).await.unwrap();
        let kept = records.into_iter().flat_map(|record| {
            let (actor, purpose) = (record.actor, record.purpose);
            record.events.into_iter().filter_map(move |event| match event {
                Event::Notice(kept @ NoticeEvent::QuietKept { .. }) => Some((kept, actor.clone(), purpose.clone())),
                _ => None,
            })
        });
        kept.collect()
    }

    /// Waits until the notice has an outcome.
    async fn outcome(&self) -> NoticeOutcome {
        let mut changes = self.engine.watch(CASE);
        loop {
            changes.borrow_and_update();
            let case = self.engine.read(CASE).await.unwrap().unwrap();
            if let Some(told) = case.telling.told.get(&applicant()).filter(|_| case.telling.untold.is_empty()) {
                return told.outcome;
            }
            changes.changed().await.unwrap();
        }
    }

    /// Records that say how telling went.
    async fn told_count(&self) -> usize {
        let records = self.engine.history(CASE, Sequence(0), 100).await.unwrap();
        let events = records.iter().flat_map(|record| &record.events);
        events.filter(|event| matches!(event, Event::Notice(NoticeEvent::Told { .. }))).count()
    }
}

/// At once.
const NOW: Duration = Duration::ZERO;
/// Not while this test runs.
const LATER: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_notice_is_told_once_and_what_became_of_it_is_recorded_once() {
    let world = start(Arc::new(memory()), Post::default(), NOW).await;
    world.file(&["anna@exempel.se"]).await;
    let case = world.birth().await;
    let [untold] = case.telling.untold.as_slice() else { panic!("{:?}", case.telling) };
    assert_eq!(untold.kinds, [NoticeKind::YourTurn].into());
    assert_eq!(world.outcome().await, NoticeOutcome::Sent);
    assert_eq!((world.post.attempts().len(), world.told_count().await), (1, 1));
}

#[tokio::test]
async fn who_has_looked_meanwhile_is_not_written_to() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let world = start(store.clone(), Post::default(), LATER).await;
    world.file(&["anna@exempel.se"]).await;
    let case = world.birth().await;
    // Twice, as two windows do: one record all the same.
    world.engine.saw(&case, applicant());
    world.engine.saw(&case, applicant());
    assert_eq!(world.outcome().await, NoticeOutcome::Seen);
    assert_eq!((world.post.attempts(), world.told_count().await), (vec![], 1));
    // Nor is it told after a start.
    drop(world);
    let again = start(store, Post::default(), NOW).await;
    again.file_again().await;
    assert_eq!(again.post.attempts(), []);
}

#[tokio::test]
async fn whoever_acts_has_looked() {
    let world = start(Arc::new(memory()), Post::default(), LATER).await;
    world.file(&["anna@exempel.se"]).await;
    world.birth().await;
    world.wants(Some(&["annat@exempel.se"])).await;
    assert_eq!(world.outcome().await, NoticeOutcome::Seen);
    assert_eq!(world.post.attempts(), []);
}

#[tokio::test]
async fn a_passing_trouble_is_waited_out_and_the_next_way_taken_when_one_is_done_for() {
    let again = Attempted::Again { wait: Duration::from_millis(1) };
    let bounced = Attempted::Over { outcome: NoticeOutcome::Bounced, is_way_ended: true };
    let world = start(Arc::new(memory()), Post::default().answers([again, bounced, SENT]), NOW).await;
    world.file(&["anna@exempel.se", "annat@exempel.se"]).await;
    world.birth().await;
    assert_eq!(world.outcome().await, NoticeOutcome::Sent);
    let attempts = world.post.attempts();
    let made: Vec<_> = attempts.iter().map(|(_, address, number)| (address.as_str(), *number)).collect();
    assert_eq!(made, [("anna@exempel.se", 1), ("anna@exempel.se", 2), ("annat@exempel.se", 1)]);
    assert!(attempts.iter().all(|(key, ..)| *key == attempts[0].0), "{attempts:?}");
    let case = world.engine.read(CASE).await.unwrap().unwrap();
    assert_eq!(case.telling.ways_of(applicant()).map(|(place, _)| place).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn what_was_not_told_is_taken_up_after_a_start_under_the_same_key() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let before = start(store.clone(), Post::default(), LATER).await;
    before.file(&["anna@exempel.se"]).await;
    let untold = before.birth().await.telling.untold[0].notice;
    drop(before);

    let after = start(store, Post::default(), NOW).await;
    assert_eq!(after.outcome().await, NoticeOutcome::Sent);
    let key = EffectKey { case: CASE, sequence: untold.sequence, index: untold.index };
    assert_eq!(after.post.attempts(), [(key, "anna@exempel.se".to_owned(), 1)]);
}

#[tokio::test]
async fn nobody_is_told_who_does_not_want_it_any_more() {
    let world = start(Arc::new(memory()), Post::default(), NOW).await;
    world.file(&["anna@exempel.se"]).await;
    world.wants(None).await;
    let case = world.birth().await;
    assert!(case.telling.untold.is_empty() && case.telling.contacts.is_empty());
    assert_eq!(world.post.attempts(), []);
}

#[tokio::test]
async fn a_letter_that_comes_back_later_changes_its_outcome_once_and_ends_the_way_it_went_and_no_other() {
    let bounced = Attempted::Over { outcome: NoticeOutcome::Bounced, is_way_ended: true };
    let world = start(Arc::new(memory()), Post::default().answers([bounced, SENT]), NOW).await;
    world.file(&["anna@exempel.se", "annat@exempel.se", "tredje@exempel.se"]).await;
    world.birth().await;
    assert_eq!(world.outcome().await, NoticeOutcome::Sent);
    let (key, mark) = (world.post.attempts()[1].0, world.post.marks.lock().unwrap()[1]);
    let returned = Returned { key, mark, outcome: NoticeOutcome::Bounced, is_way_ended: true };
    *world.post.returned.lock().unwrap() = Some(returned);
    let hear = async || {
        let operator = Actor::Operator("post".to_owned());
        world.engine.hear_returned(b"a report", operator, "bounce".to_owned()).await.unwrap()
    };
    assert_eq!(hear().await, Some(NoticeOutcome::Bounced));
    let case = world.engine.read(CASE).await.unwrap().unwrap();
    assert_eq!(case.telling.told[&applicant()].outcome, NoticeOutcome::Bounced);
    assert_eq!(case.telling.ways_of(applicant()).map(|(place, _)| place).collect::<Vec<_>>(), [2]);
    // The same report once more, and one that says the same: nothing.
    assert_eq!(hear().await, Some(NoticeOutcome::Bounced));
    assert_eq!(world.told_count().await, 2);
    // Whoever has given another address is not held to what came back from the old one.
    world.wants(Some(&["ny@exempel.se"])).await;
    assert_eq!(hear().await, None);
    let case = world.engine.read(CASE).await.unwrap().unwrap();
    assert_eq!(case.telling.ways_of(applicant()).count(), 1);
}

#[tokio::test]
async fn only_an_operator_tells_what_came_back() {
    let world = start(Arc::new(memory()), Post::default().answers([SENT]), NOW).await;
    world.file(&["anna@exempel.se"]).await;
    world.birth().await;
    assert_eq!(world.outcome().await, NoticeOutcome::Sent);
    let (key, mark) = (world.post.attempts()[0].0, world.post.marks.lock().unwrap()[0]);
    let returned = Returned { key, mark, outcome: NoticeOutcome::Bounced, is_way_ended: true };
    *world.post.returned.lock().unwrap() = Some(returned);
    let refused = world.engine.hear_returned(b"a report", Actor::Person(applicant()), "x".to_owned()).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(world.told_count().await, 1);
}

/// Another case of the same person.
const OTHER: CaseId = CaseId([8; 16]);

#[tokio::test]
async fn who_mourns_in_one_case_is_left_in_peace_in_another_although_the_process_ended_in_between() {
    let store = GatedStore::new(memory());
    let before = start(Arc::new(store.clone()), Post::default(), NOW).await;
    before.file(&["anna@exempel.se"]).await;
    before.file_as(OTHER, &["anna@exempel.se"]).await;
    // The fact is written, and nothing after it: no other case is asked in this life.
    store.set(Gate::FullAfterOne);
    let mourning = before.fact(CASE, FactKind::Stillbirth).await;
    assert!(!mourning.is_open() && mourning.telling.unspread.len() == 1, "{:?}", mourning.telling);
    before.engine.readiness().wait_for(|readiness| *readiness == Readiness::DiskFull).await.unwrap();
    assert_eq!(before.kept(OTHER).await, []);
    drop(before);

    store.set(Gate::Open);
    let after = start(Arc::new(store), Post::default(), NOW).await;
    after.quiet_is_spread(CASE).await;
    let last = jiff::civil::date(2026, 3, 3);
    let other = after.engine.read(OTHER).await.unwrap().unwrap();
    assert_eq!(other.telling.kept_quiet, [(applicant(), last)].into());
    // It is her turn there, and nobody writes to her.
    let other = after.fact(OTHER, FactKind::Birth).await;
    assert!(other.telling.held.contains_key(&applicant()) && other.telling.untold.is_empty(), "{:?}", other.telling);
    assert_eq!(after.post.attempts(), []);
    // A day is all that the other case knows: not which case, nor why (I10).
    let kept = NoticeEvent::QuietKept { party: applicant(), to: last };
    assert_eq!(after.kept(OTHER).await, [(kept, Actor::Time, "notice".to_owned())]);
}

#[tokio::test]
async fn a_case_that_is_begun_in_grief_is_quiet_from_the_first() {
    let world = start(Arc::new(memory()), Post::default(), NOW).await;
    world.file(&["anna@exempel.se"]).await;
    world.fact(CASE, FactKind::Stillbirth).await;
    world.quiet_is_spread(CASE).await;
    world.file_as(OTHER, &["anna@exempel.se"]).await;
    let other = world.fact(OTHER, FactKind::Birth).await;
    assert!(other.telling.held.contains_key(&applicant()) && other.telling.untold.is_empty(), "{:?}", other.telling);
    assert_eq!((world.kept(OTHER).await.len(), world.post.attempts().len()), (1, 0));
}
