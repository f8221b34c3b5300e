//! Kills the real process under load, at random and at named points, and reads what is left: nothing acknowledged is lost,
//! nothing is applied twice, every history replays to its stored state, with the same folder round after round.
//!
//! `LIVSHANDELSE_CRASH_ROUNDS` sets the number of rounds (30; 300 with `cargo xtask test --long`), `LIVSHANDELSE_CRASH_SEED`
//! the seed. The same seed gives the same plan again: who dies when, who files what; what threads make of it differs.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "these are tests")]

mod agencies;
mod chance;
mod deed;
mod documents;
mod inspect;
mod ledger;
mod load;
mod program;
mod refusals;
mod rounds;
mod telling;
mod upgrade;
mod verdict;

use chance::Chance;
use program::Place;
use rounds::{Life, POINTS, Tally};

const ROUNDS: usize = 30;
const ROUNDS_LONG: usize = 300;
/// Rounds with one store; after that a new one begins, so that the beginning is tried too.
const ROUNDS_PER_LIFE: usize = 10;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} is no number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_at_any_moment_keeps_every_promise_and_does_nothing_twice() {
    let is_long = std::env::var_os("LIVSHANDELSE_LONG").is_some();
    let usual = if is_long { ROUNDS_LONG } else { ROUNDS };
    let rounds = number("LIVSHANDELSE_CRASH_ROUNDS").map_or(usual, |rounds| usize::try_from(rounds).unwrap());
    let seed = number("LIVSHANDELSE_CRASH_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for first in (0..rounds).step_by(ROUNDS_PER_LIFE) {
        let place = Place::new(&folder.path().join(format!("store-{first}")));
        let life = Life::new(place, Chance::new(seed).of(&format!("life {first}"))).await;
        if let Err(wrong) = life.live(first..rounds.min(first + ROUNDS_PER_LIFE), &mut tally).await {
            let kept = folder.keep();
            panic!(
                "{wrong}\n\nthe stores are kept in {}\nagain: LIVSHANDELSE_CRASH_SEED={seed} \
                 LIVSHANDELSE_CRASH_ROUNDS={rounds} cargo test -p livshandelse-tests --test crash",
                kept.display()
            );
        }
    }
    println!("seed {seed}, {rounds} rounds: {tally:?}");
    // A test of deaths that nobody dies, or that finds nothing half done, would prove nothing.
    assert!(tally.promises > 0 && tally.records > 0, "nothing was promised: {tally:?}");
    if rounds >= ROUNDS {
        assert!(tally.unknown > 0, "nothing was ever under way: {tally:?}");
        let missed: Vec<&str> =
            POINTS.iter().map(|(point, _)| *point).filter(|point| !tally.points.contains_key(point)).collect();
        assert!(missed.is_empty(), "never reached: {missed:?} ({tally:?})");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_is_lost_does_not_go_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::new(Place::new(folder.path()), Chance::new(7)).await;
    let wrong = life.lose_the_end(60).await.unwrap_err();
    assert!(wrong.starts_with("afterwards") && wrong.contains("was told"), "{wrong}");
}
