//! What the engine does when a store, an agency or a process stops at the worst moment.

use crate::desk::{Desk, Manner};
use crate::gate::{Gate, GatedStore};
use crate::world::{CASE, applicant, asks, booking, filing, memory, quick, start, try_start};
use livshandelse_core::case::{Outcome, Reason, StepState};
use livshandelse_core::command::{Actor, Command, Undelivered};
use livshandelse_core::id::{CaseId, Sequence, StepId};
use livshandelse_core::time::CivilTime;
use livshandelse_core::{Answer, Rejection};
use livshandelse_engine::{Limits, ListKey, PublishError, Readiness, Refusal, StartError};
use livshandelse_store::Store;
use std::sync::Arc;

fn step() -> StepId {
    "booking".parse().unwrap()
}

#[tokio::test]
async fn a_step_is_handed_to_its_agency_once_its_record_is_on_disk() {
    let desk = Desk::new(Manner::Approve);
    let world = start(Arc::new(memory()), &desk).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    world.ask(booking(CASE)).await.unwrap();
    let case = world.until(CASE, |case| case.step(&step()).unwrap().outcome == Outcome::Approved).await;
    assert_eq!(desk.calls().into_values().collect::<Vec<_>>(), [1]);
    let records = world.engine.history(CASE, Sequence(0), 100).await.unwrap();
    assert_eq!(records.len() as u64, case.sequence.0);
    assert_eq!(world.engine.listed(ListKey::party(applicant()), None, 10).await.unwrap(), [CASE]);
}

#[tokio::test]
async fn what_had_no_answer_is_performed_again_after_a_restart_under_the_same_key() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let silent = Desk::new(Manner::Silent);
    let before = start(store.clone(), &silent).await;
    before.ask(filing(CASE, 1)).await.unwrap();
    let told = before.ask(booking(CASE)).await.unwrap();
    let key = told.case.step(&step()).unwrap().task.unwrap().effect;
    drop(before);

    let desk = Desk::new(Manner::Approve);
    let after = start(store, &desk).await;
    after.until(CASE, |case| case.step(&step()).unwrap().state == StepState::Done).await;
    assert_eq!(desk.calls(), [(key, 1)].into());
}

#[tokio::test]
async fn a_repeated_start_finds_the_same_case_even_when_nobody_remembers_it() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let desk = Desk::new(Manner::Approve);
    let before = start(store.clone(), &desk).await;
    let first = before.ask(filing(CASE, 1)).await.unwrap();
    drop(before);

    let after = start(store, &desk).await;
    let again = after.ask(filing(CASE, 1)).await.unwrap();
    assert_eq!(again.answer, Answer::Repeated);
    assert_eq!(again.case, first.case);
    let other = after.ask(filing(CASE, 2)).await.unwrap_err();
    let Refusal::Rejected { rejection, .. } = other else { panic!("{other:?}") };
    assert_eq!(*rejection, Rejection::RequestIdReused);
}

#[tokio::test]
async fn many_repeats_at_once_of_a_start_that_nobody_remembers_all_find_the_same_case() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let desk = Desk::new(Manner::Approve);
    let before = start(store.clone(), &desk).await;
    before.ask(filing(CASE, 1)).await.unwrap();
    drop(before);

    let after = start(store, &desk).await;
    let repeats = (0..16).map(|_| after.ask(filing(CASE, 1)));
    for told in futures_util::future::join_all(repeats).await {
        assert_eq!(told.unwrap().answer, Answer::Repeated);
    }
    assert_eq!(after.engine.history(CASE, Sequence(0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_ended_case_is_read_from_its_history_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(Manner::Approve);
    let open = || {
        let mut settings = livshandelse_store::Settings::new(folder.path().join("data"), folder.path().join("key"));
        settings.segment_bytes = 1 << 20;
        let disk = Arc::new(livshandelse_store::disk::RealDisk);
        let random = Arc::new(livshandelse_store::SystemRandom);
        let projector = Arc::new(livshandelse_engine::CaseProjector);
        Arc::new(livshandelse_store::JournalStore::open(settings, disk, random, projector).unwrap())
    };
    let ended = {
        let world = start(open(), &desk).await;
        world.ask(filing(CASE, 1)).await.unwrap();
        world.ask(asks(CASE, Actor::Person(applicant()), Command::WithdrawCase)).await.unwrap();
        let ended = world.until(CASE, |case| !case.is_open()).await;
        world.engine.drain().await;
        ended
    };
    // The store closes with the last who holds it: the writer's own thread.
    let world = loop {
        let held = std::fs::File::open(folder.path().join("data/LOCK")).unwrap();
        match held.try_lock() {
            Ok(()) => {
                drop(held);
                break start(open(), &desk).await;
            }
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(world.engine.read(CASE).await.unwrap().unwrap(), ended, "replaying gives the state it had (I2)");
}

#[tokio::test]
async fn a_reader_sees_nothing_that_is_not_on_disk() {
    let store = GatedStore::new(memory());
    let world = start(Arc::new(store.clone()), &Desk::new(Manner::Accept)).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    let before = world.engine.read(CASE).await.unwrap().unwrap();
    store.set(Gate::Closed);
    let engine = world.engine.clone();
    let asking = tokio::spawn(async move { engine.ask(booking(CASE)).await });
    // The command has been decided once a second one, which depends on it, is refused by the rules but not yet answered.
    while world.engine.topology().in_flight == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.engine.read(CASE).await.unwrap().unwrap(), before);
    assert!(!asking.is_finished());
    store.set(Gate::Open);
    let told = asking.await.unwrap().unwrap();
    assert_eq!(world.until(CASE, |case| case.sequence >= told.case.sequence).await.step(&step()).unwrap().attempts, 1);
}

#[tokio::test]
async fn an_agency_out_of_reach_becomes_an_incident_and_an_operator_mends_it() {
    let desk = Desk::new(Manner::Unreachable);
    let world = start(Arc::new(memory()), &desk).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    world.ask(booking(CASE)).await.unwrap();
    let case = world.until(CASE, |case| case.step(&step()).unwrap().incident.is_some()).await;
    assert_eq!(case.step(&step()).unwrap().state, StepState::FailedDelivery);
    assert_eq!(desk.calls().into_values().collect::<Vec<_>>(), [3], "three tries under one key");
    let incidents = world.engine.incidents();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].reason, Reason::Undelivered(Undelivered::Unreachable));

    desk.behave(Manner::Approve);
    let operator = Actor::Operator("anna".to_owned());
    world.ask(asks(CASE, operator, Command::RetryStep { step: step() })).await.unwrap();
    let case = world.until(CASE, |case| case.step(&step()).unwrap().state == StepState::Done).await;
    assert_eq!(case.step(&step()).unwrap().attempts, 2);
    assert_eq!(world.engine.incidents(), []);
}

#[tokio::test]
async fn an_agency_that_stays_out_of_reach_is_tried_again_by_itself() {
    let desk = Desk::new(Manner::Unreachable);
    let world = start(Arc::new(memory()), &desk).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    world.ask(booking(CASE)).await.unwrap();
    let case = world.until(CASE, |case| case.step(&step()).unwrap().retry_at.is_some()).await;
    desk.behave(Manner::Approve);
    let due = case.step(&step()).unwrap().retry_at.unwrap();
    while !world.engine.advance(None).await.unwrap().is_idle {
        tokio::task::yield_now().await;
    }
    world.engine.advance(Some(due)).await.unwrap();
    world.until(CASE, |case| case.step(&step()).unwrap().outcome == Outcome::Approved).await;
}

#[tokio::test]
async fn time_lapse_moves_only_when_nothing_is_under_way() {
    let desk = Desk::new(Manner::Silent);
    let world = start(Arc::new(memory()), &desk).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    world.ask(booking(CASE)).await.unwrap();
    let refused = world.engine.advance(Some(CivilTime::noon(jiff::civil::date(2026, 3, 1)))).await.unwrap_err();
    assert!(matches!(refused, Refusal::NotIdle));
}

#[tokio::test]
async fn new_work_is_shed_when_too_much_waits_and_reports_wait_their_turn() {
    let store = GatedStore::new(memory());
    let limits = Limits { starts_in_flight_max: 1, ..quick() };
    let world = try_start(Arc::new(store.clone()), &Desk::new(Manner::Accept), limits, b"small@1").await.unwrap();
    world.ask(filing(CASE, 1)).await.unwrap();
    store.set(Gate::Closed);
    let engine = world.engine.clone();
    let first = tokio::spawn(async move { engine.ask(filing(CaseId([8; 16]), 1)).await });
    while world.engine.topology().in_flight == 0 {
        tokio::task::yield_now().await;
    }
    let shed = world.ask(filing(CaseId([9; 16]), 1)).await.unwrap_err();
    assert!(matches!(shed, Refusal::Busy { .. }), "{shed:?}");
    let engine = world.engine.clone();
    let report = tokio::spawn(async move { engine.ask(booking(CASE)).await });
    store.set(Gate::Open);
    first.await.unwrap().unwrap();
    report.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_new_cases_and_says_that_it_is_not_ready() {
    let store = GatedStore::new(memory());
    let world = start(Arc::new(store.clone()), &Desk::new(Manner::Accept)).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    store.set(Gate::Full);
    let refused = world.ask(booking(CASE)).await.unwrap_err();
    assert!(matches!(refused, Refusal::DiskFull), "{refused:?}");
    assert_eq!(*world.engine.readiness().borrow(), Readiness::DiskFull);
    let early = world.ask(filing(CaseId([8; 16]), 1)).await.unwrap_err();
    assert!(matches!(early, Refusal::DiskFull), "{early:?}");
    store.set(Gate::Open);
    world.engine.look_at_room().await;
    world.ask(booking(CASE)).await.unwrap();
    world.ask(filing(CaseId([8; 16]), 1)).await.unwrap();
}

#[tokio::test]
async fn nobody_is_answered_after_a_sync_that_failed() {
    let store = GatedStore::new(memory());
    let mut world = start(Arc::new(store.clone()), &Desk::new(Manner::Accept)).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    store.set(Gate::Broken);
    let refused = world.ask(booking(CASE)).await.unwrap_err();
    assert!(matches!(refused, Refusal::StoreFailed), "{refused:?}");
    let why = world.failures.recv().await.unwrap();
    assert!(why.contains("sync failed"), "{why}");
}

#[tokio::test]
async fn the_same_revision_with_other_content_is_refused() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let desk = Desk::new(Manner::Approve);
    drop(start(store.clone(), &desk).await);
    drop(start(store.clone(), &desk).await);
    let refused = try_start(store, &desk, quick(), b"other content").await.err().unwrap();
    assert!(matches!(refused, StartError::Publish(PublishError::OtherContent { .. })), "{refused:?}");
}

#[tokio::test]
async fn draining_refuses_new_work_and_leaves_everything_on_disk() {
    let store: Arc<dyn Store> = Arc::new(memory());
    let world = start(store.clone(), &Desk::new(Manner::Approve)).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    world.engine.drain().await;
    let refused = world.ask(filing(CaseId([8; 16]), 1)).await.unwrap_err();
    assert!(matches!(refused, Refusal::Draining), "{refused:?}");
    drop(world);
    let after = start(store, &Desk::new(Manner::Approve)).await;
    assert!(after.engine.read(CASE).await.unwrap().is_some());
}

#[tokio::test]
async fn many_commands_to_one_case_are_written_in_their_order() {
    let world = start(Arc::new(memory()), &Desk::new(Manner::Accept)).await;
    world.ask(filing(CASE, 1)).await.unwrap();
    let fact = |municipality: &str, hour: i64| {
        let report = livshandelse_core::case::FactReport {
            kind: livshandelse_core::definition::FactKind::Move,
            child: livshandelse_core::id::Subject::WHOLE,
            party: None,
            step: None,
            occurred_at: CivilTime(CivilTime::noon(jiff::civil::date(2026, 1, 5)).0 + hour * 86_400_000),
            municipality: Some(municipality.to_owned()),
            values: [].into(),
        };
        asks(CASE, Actor::Operator("anna".to_owned()), Command::ReportFact(report))
    };
    let asked = (0..20).map(|day| world.ask(fact(if day % 2 == 0 { "0580" } else { "0980" }, day)));
    for told in futures_util::future::join_all(asked).await {
        told.unwrap();
    }
    let records = world.engine.history(CASE, Sequence(0), 100).await.unwrap();
    assert_eq!(records.len(), 21);
    let mut replayed = livshandelse_core::Case::absent();
    for record in &records {
        replayed.apply_record(record).unwrap();
    }
    assert_eq!(replayed, *world.engine.read(CASE).await.unwrap().unwrap(), "replaying gives the stored state (I2)");
}
