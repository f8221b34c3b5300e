//! People who look: many streams on few connections, and how long a change takes to reach the one who watches.

use crate::children::Process;
use crate::load::{client, histogram, micros};
use crate::messages;
use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use hdrhistogram::Histogram;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tonic::transport::Channel;

/// Streams, each of a case of its own.
pub(crate) const STREAMS: usize = 10_000;
/// Connections they share.
const CONNECTIONS: usize = 100;
/// Changes a second.
const CHANGES_PER_S: f64 = 1_000.0;
/// How many calls are made at once to prepare.
const AT_ONCE: usize = 64;

/// Changes: of which case, to which sequence they brought it, and when they were due.
type Due = Mutex<Vec<(usize, u64, Instant)>>;

/// Opens the streams, changes drafts at a steady rate, and measures from the moment a change was due until its watcher has
/// it: free of coordinated omission. Times in microseconds, and how many changes reached nobody.
///
/// # Errors
///
/// Returns the first refusal.
pub(crate) async fn measure(process: &Process, duration: Duration) -> anyhow::Result<(Histogram<u64>, u64)> {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        connections.push(client(process).await?);
    }
    let drafts = drafts(&connections).await?;
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let mut watching = tokio::task::JoinSet::new();
    for (index, draft) in drafts.iter().enumerate() {
        let mut client = connections[index % CONNECTIONS].clone();
        let watch = pb::WatchCaseRequest { name: draft.name.clone(), ..pb::WatchCaseRequest::default() };
        let mut updates = client.watch_case(messages::with_actor(watch)).await?.into_inner();
        let first = updates.message().await?.context("a watch without a case")?;
        anyhow::ensure!(first.sequence > 0, "the first update is the case");
        let seen = seen.clone();
        watching.spawn(async move {
            while let Ok(Some(update)) = updates.message().await {
                if update.sequence > 0 && seen.send((index, update.sequence, Instant::now())).is_err() {
                    return;
                }
            }
        });
    }
    let due: Arc<Due> = Arc::default();
    change(&connections, &drafts, &due, duration).await?;
    let due = std::mem::take(&mut *due.lock().unwrap_or_else(PoisonError::into_inner));
    let mut last: HashMap<usize, u64> = HashMap::new();
    for (index, sequence, _) in &due {
        let last = last.entry(*index).or_default();
        *last = (*last).max(*sequence);
    }
    let mut seen: HashMap<usize, Vec<(u64, Instant)>> = HashMap::new();
    while !last.is_empty() {
        let next = tokio::time::timeout(Duration::from_secs(10), arrivals.recv()).await;
        let Ok(Some((index, sequence, at))) = next else { break };
        seen.entry(index).or_default().push((sequence, at));
        if last.get(&index).is_some_and(|last| *last <= sequence) {
            last.remove(&index);
        }
    }
    let (mut times, mut undelivered) = (histogram()?, 0);
    for (index, sequence, due) in due {
        // A slow watcher gets merged changes: one update tells of every change up to its sequence.
        let told = seen.get(&index).and_then(|seen| seen.iter().find(|(number, _)| *number >= sequence));
        match told {
            Some((_, at)) => times.saturating_record(micros(at.saturating_duration_since(due))),
            None => undelivered += 1,
        }
    }
    Ok((times, undelivered))
}

async fn drafts(connections: &[CaseServiceClient<Channel>]) -> anyhow::Result<Vec<pb::Case>> {
    let saved = stream::iter(0..STREAMS).map(|index| {
        let mut client = connections[index % CONNECTIONS].clone();
        async move { client.save_draft(messages::save_draft(None, 0)).await.map(tonic::Response::into_inner) }
    });
    saved.buffered(AT_ONCE).try_collect().await.context("a draft was refused")
}

async fn change(
    connections: &[CaseServiceClient<Channel>],
    drafts: &[pb::Case],
    due: &Arc<Due>,
    duration: Duration,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    let mut number = 0u32;
    while started.elapsed() < duration {
        let at = started + Duration::from_secs_f64(f64::from(number) / CHANGES_PER_S);
        tokio::time::sleep_until(at.into()).await;
        let index = number as usize % drafts.len();
        number += 1;
        let (mut client, due, name) =
            (connections[index % CONNECTIONS].clone(), due.clone(), drafts[index].name.clone());
        calls.spawn(async move {
            let saved = client.save_draft(messages::save_draft(Some(name), number)).await?.into_inner();
            due.lock().unwrap_or_else(PoisonError::into_inner).push((index, saved.sequence, at));
            Ok::<(), tonic::Status>(())
        });
    }
    while let Some(call) = calls.join_next().await {
        call?.context("a change was refused")?;
    }
    Ok(())
}
