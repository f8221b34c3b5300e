//! The load: the same client for both sides.

use crate::children::Process;
use crate::messages;
use anyhow::Context;
use futures_util::{StreamExt, stream};
use hdrhistogram::Histogram;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, Semaphore};
use tonic::transport::{Channel, Endpoint};

/// Open cases that are begun before it is waited until their agencies have taken them on.
const FILLED_AT_ONCE: u64 = 10_000;
/// Cases under way at once.
pub(crate) const CALLERS: usize = 64;

/// A connected client.
///
/// # Errors
///
/// Returns what kept it from connecting.
pub(crate) async fn client(process: &Process) -> anyhow::Result<CaseServiceClient<Channel>> {
    let channel = Endpoint::from_shared(process.address.clone())?.tcp_nodelay(true).connect().await?;
    Ok(CaseServiceClient::new(channel))
}

/// Cases a second of a server that answers when the case is done.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn closed_loop(process: &Process, duration: Duration) -> anyhow::Result<f64> {
    let client = client(process).await?;
    let count = AtomicU64::new(0);
    let started = Instant::now();
    let callers = stream::iter(0..CALLERS).map(|_| {
        let (mut client, count) = (client.clone(), &count);
        async move {
            while started.elapsed() < duration {
                client.create_case(messages::create_case("a case that is measured")).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }
    });
    let outcomes: Vec<_> = callers.buffer_unordered(CALLERS).collect().await;
    outcomes.into_iter().collect::<anyhow::Result<()>>()?;
    Ok(per_second(count.load(Ordering::Relaxed), started.elapsed()))
}

/// Cases a second of a server that answers when the case is recorded and counts the ended ones itself: as many cases are
/// under way at once as in [`closed_loop`].
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn counted_loop(process: &Process, duration: Duration) -> anyhow::Result<f64> {
    let client = client(process).await?;
    let before = process.ended.count();
    let begun = Arc::new(AtomicU64::new(before));
    let places = Arc::new(Semaphore::new(CALLERS));
    let started = Instant::now();
    // As cases end, their places become free.
    let (ended, freed) = (process.ended.clone(), places.clone());
    let freeing = tokio::spawn(async move {
        let mut known = before;
        loop {
            ended.reaches(known + 1).await;
            let now = ended.count();
            freed.add_permits(usize::try_from(now - known).unwrap_or(0));
            known = now;
        }
    });
    let failed = Arc::new(Mutex::new(None));
    while started.elapsed() < duration && failed.lock().await.is_none() {
        places.acquire().await?.forget();
        begun.fetch_add(1, Ordering::Relaxed);
        let (mut client, failed) = (client.clone(), failed.clone());
        tokio::spawn(async move {
            if let Err(status) = client.create_case(messages::create_case("a case that is measured")).await {
                *failed.lock().await = Some(status);
            }
        });
    }
    let (count, elapsed) = (process.ended.count() - before, started.elapsed());
    if let Some(status) = failed.lock().await.take() {
        return Err(status).context("a case was refused");
    }
    process.ended.reaches(begun.load(Ordering::Relaxed)).await;
    freeing.abort();
    Ok(per_second(count, elapsed))
}

/// Begins cases that stay open, and waits until their agencies have taken them on: what is measured next is not to carry what is
/// left of this. Some at a time, since a server takes cases faster than agencies take them on, and those that wait too long are
/// no longer at hand.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn fill(process: &Process, cases: u64) -> anyhow::Result<()> {
    let mut left = cases;
    while left > 0 {
        let next = left.min(FILLED_AT_ONCE);
        fill_at_once(process, next).await?;
        left -= next;
    }
    Ok(())
}

async fn fill_at_once(process: &Process, cases: u64) -> anyhow::Result<()> {
    let client = client(process).await?;
    let calls = stream::iter(0..cases).map(|_| {
        let mut client = client.clone();
        async move { client.create_case(messages::create_case(messages::STAYS_OPEN)).await.map(|_| ()) }
    });
    let mut calls = calls.buffer_unordered(CALLERS);
    while let Some(outcome) = calls.next().await {
        outcome.context("a case was refused")?;
    }
    // One more case now and then, so that there is a moment at which nothing is under way any more.
    let (before, mut client) = (process.idle.count(), client.clone());
    loop {
        client.create_case(messages::create_case(messages::STAYS_OPEN)).await.context("a case was refused")?;
        if tokio::time::timeout(Duration::from_secs(1), process.idle.reaches(before + 1)).await.is_ok() {
            return Ok(());
        }
    }
}

/// One case alone, from the first byte to its end, seen by a watcher as a portal would: the times of so many, in microseconds.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn one_by_one(process: &Process, cases: u64) -> anyhow::Result<Histogram<u64>> {
    let mut client = client(process).await?;
    let mut times = histogram()?;
    for _ in 0..cases {
        let started = Instant::now();
        let case = client.create_case(messages::create_case("a case alone")).await?.into_inner();
        let watch = pb::WatchCaseRequest { name: case.name, ..pb::WatchCaseRequest::default() };
        let mut updates = client.watch_case(messages::with_actor(watch)).await?.into_inner();
        loop {
            let update = updates.message().await?.context("the watch ended before the case")?;
            let case = match update.content {
                Some(pb::case_update::Content::Case(case)) => Some(case),
                Some(pb::case_update::Content::Change(change)) => change.case,
                Some(pb::case_update::Content::Heartbeat(_)) | None => None,
            };
            if case.is_some_and(|case| case.state() == pb::CaseState::Ended) {
                break;
            }
        }
        times.saturating_record(micros(started.elapsed()));
    }
    Ok(times)
}

/// Begins cases at a steady rate, whatever the answers do, and measures each from the moment it was due: free of coordinated
/// omission. Times in microseconds.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn open_loop(process: &Process, rate: f64, duration: Duration) -> anyhow::Result<Histogram<u64>> {
    let client = client(process).await?;
    let times = Arc::new(Mutex::new(histogram()?));
    let before = process.ended.count();
    let started = Instant::now();
    let mut begun = 0u32;
    let mut calls = tokio::task::JoinSet::new();
    while started.elapsed() < duration {
        let due = started + Duration::from_secs_f64(f64::from(begun) / rate);
        tokio::time::sleep_until(due.into()).await;
        begun += 1;
        let (mut client, times) = (client.clone(), times.clone());
        calls.spawn(async move {
            let outcome = client.create_case(messages::create_case("a case that is measured")).await;
            times.lock().await.saturating_record(micros(due.elapsed()));
            outcome.map(|_| ())
        });
    }
    while let Some(call) = calls.join_next().await {
        call?.context("a case was refused")?;
    }
    process.ended.reaches(before + u64::from(begun)).await;
    let times = times.lock().await.clone();
    Ok(times)
}

pub(crate) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer cases than 2^53")]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
