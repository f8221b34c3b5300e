//! Whether every promise was kept: asked of the service that has come back, and read from the disk of one that is dead.

use crate::chance::Chance;
use crate::deed::Lines;
use crate::inspect::Found;
use crate::ledger::{Entry, Fate, Gone};
use crate::load::World;
use livshandelse_proto::v1 as pb;
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Promises that are asked for again although they were answered.
const REPEATS: usize = 8;
/// How often somebody comes again who is told that too much is waiting.
const COMES_AGAIN: usize = 3;
const PAGE_SIZE: i32 = 1_000;

/// Meets a service that has come back: everything promised is there, and what was never answered is asked for again.
pub async fn resume(world: &World, lines: &Lines, round: usize, chance: &Chance) -> Result<(), Gone> {
    world.meet(lines).await?;
    let before = world.ledger.entries_of_round(round.wrapping_sub(1));
    are_kept(world, lines, &before).await?;
    // Twice at once: one of them does it, or it was done before; both are told so.
    for deed in world.ledger.unknown() {
        let (first, second) =
            tokio::join!(world.ledger.ask(deed.clone(), lines), world.ledger.ask(deed.clone(), lines));
        let (first, second) = (first?, second?);
        if first.is_some() != second.is_some() && !world.ledger.is_put_off(deed.id()) {
            world.ledger.wrong(format!("asked twice at once, answered in two ways: {}", deed.describe()));
        }
    }
    // Who is told to come again does.
    for _ in 0..COMES_AGAIN {
        for deed in world.ledger.unknown() {
            world.ledger.ask(deed, lines).await?;
        }
    }
    let mut chance = chance.of("repeats");
    let promised: Vec<&Entry> = before.iter().filter(|entry| matches!(entry.fate, Fate::Promised { .. })).collect();
    for _ in 0..REPEATS {
        if let Some(entry) = chance.pick(&promised) {
            world.ledger.ask(entry.deed.clone(), lines).await?;
        }
    }
    Ok(())
}

/// Every case is at least where it was said to be, and its events have what was promised.
async fn are_kept(world: &World, lines: &Lines, entries: &[Entry]) -> Result<(), Gone> {
    let cases = world.ledger.cases();
    let mut touched: BTreeSet<&str> = BTreeSet::new();
    for entry in entries {
        if let Fate::Promised { case: Some(case), .. } = &entry.fate {
            touched.insert(case);
        }
    }
    for name in touched {
        let Some(known) = cases.get(name) else { continue };
        let request =
            pb::GetCaseRequest { name: name.to_owned(), language_code: String::new(), ..pb::GetCaseRequest::default() };
        let case = match lines.cases(&known.applicant).get_case(request).await {
            Ok(case) => case.into_inner(),
            Err(status) => {
                refused(world, name, status)?;
                continue;
            }
        };
        if case.sequence < known.sequence {
            world.ledger.wrong(format!("{name} is back at {} after {} was told", case.sequence, known.sequence));
        }
        let sequences = sequences(world, lines, name, &known.applicant).await?;
        for entry in entries {
            if let Fate::Promised { case: Some(case), sequence, is_first: true } = &entry.fate
                && case == name
                && entry.deed.is_listed()
                && !sequences.contains(sequence)
            {
                world.ledger.wrong(format!("{name} has no event {sequence} for {}", entry.deed.describe()));
            }
        }
    }
    Ok(())
}

/// The sequences of all events of a case that its applicant may see. No decision stands there twice.
async fn sequences(world: &World, lines: &Lines, name: &str, person: &str) -> Result<BTreeSet<u64>, Gone> {
    let mut sequences = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListCaseEventsRequest {
            parent: name.to_owned(),
            page_size: PAGE_SIZE,
            page_token,
            ..pb::ListCaseEventsRequest::default()
        };
        match lines.cases(person).list_case_events(request).await {
            Ok(page) => {
                let page = page.into_inner();
                sequences.extend(page.events.iter().map(|event| event.sequence));
                page_token = page.next_page_token;
            }
            Err(status) => {
                refused(world, name, status)?;
                return Ok(sequences);
            }
        }
        if page_token.is_empty() {
            return Ok(sequences);
        }
    }
}

/// A promised case that is refused is lost; without a reason it is the process that is gone.
fn refused(world: &World, name: &str, status: Status) -> Result<(), Gone> {
    let Some(info) = status.get_details_error_info() else { return Err(Gone(status)) };
    if status.code() != Code::Unavailable {
        world.ledger.wrong(format!("{name}: {:?} {} {}", status.code(), info.reason, status.message()));
    }
    Ok(())
}

/// Holds what is on disk against what was asked, promised and refused.
pub fn on_disk(world: &World, found: &Found, is_finished: bool) {
    let wrong = |what: String| world.ledger.wrong(what);
    found.wrong.iter().cloned().for_each(wrong);
    for (name, known) in world.ledger.cases() {
        let stored = found.sequences.get(&name).copied().unwrap_or_default();
        if stored < known.sequence {
            wrong(format!("{name} is at {stored} on disk after {} was told", known.sequence));
        }
    }
    for entry in world.ledger.entries() {
        let id = uuid::Uuid::parse_str(entry.deed.id()).unwrap().into_bytes();
        let places = found.requests.get(&id).map(Vec::as_slice).unwrap_or_default();
        let applied = entry.deed.words().map(|words| found.words.get(words).map_or(0, Vec::len));
        if places.len() > 1 {
            wrong(format!("accepted {} times: {} at {places:?}", places.len(), entry.deed.describe()));
        }
        match &entry.fate {
            Fate::Unknown => {}
            Fate::Promised { case, sequence, is_first } => {
                let fits = match (places.first(), case) {
                    // A fact that concerns nobody is nowhere.
                    (None, _) => entry.deed.may_be_nowhere(),
                    (Some((place, at)), Some(case)) if *is_first => place == case && at == sequence,
                    (Some((place, at)), Some(case)) => place == case && at <= sequence,
                    (Some((_, at)), None) => *sequence == 0 || at <= sequence,
                };
                if !fits || applied == Some(0) {
                    wrong(format!(
                        "promised as {case:?} at {sequence}, and on disk at {places:?}, applied {applied:?} times: {}",
                        entry.deed.describe()
                    ));
                }
            }
            Fate::Refused(why) => {
                if !places.is_empty() || applied.is_some_and(|times| times > 0) {
                    wrong(format!(
                        "refused ({why}), and on disk at {places:?}, applied {applied:?} times: {}",
                        entry.deed.describe()
                    ));
                }
            }
        }
    }
    for (words, places) in found.words.iter().filter(|(_, places)| places.len() > 1) {
        wrong(format!("`{words}` was applied {} times: {places:?}", places.len()));
    }
    let keys_count = world.agencies.keys_count();
    if keys_count > found.effects_count {
        wrong(format!("agencies know {keys_count} hand-overs, and {} are on disk", found.effects_count));
    }
    if is_finished && found.unanswered_count > 0 {
        wrong(format!("{} hand-overs have no answer when all is idle", found.unanswered_count));
    }
}
