//! One store, many deaths: start, check what was promised, load, die, read the disk, and again with the same folder.

use crate::agencies::Agencies;
use crate::chance::Chance;
use crate::deed::Lines;
use crate::inspect::inspect;
use crate::ledger::{Fate, Gone};
use crate::load::World;
use crate::program::{Greeting, PROGRAM, Place, Process};
use crate::verdict;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Where the program can be made to end, with the most passes it is given before it does.
pub const POINTS: [(&str, usize); 7] = [
    ("before-write", 120),
    ("before-sync", 120),
    ("after-sync", 120),
    // Keys are written ahead, so that a process seldom comes here a second time.
    ("before-key-sync", 1),
    ("mid-checkpoint", 5),
    ("after-answer", 160),
    ("after-call", 60),
];

/// Promises in a round, at the most, before the process is killed.
const PROMISES_MAX: usize = 160;
/// Milliseconds of machine time that a process lives, at the most, when it is killed by the clock.
const LIFE_MS_MAX: usize = 2_500;
/// A round that takes longer hangs.
const ROUND_MAX: Duration = Duration::from_secs(120);
/// How long a process that answers nobody may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(10);

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;

/// How a process is to die.
#[derive(Debug, Clone)]
enum Death {
    /// Killed when so much has been promised.
    Promises(usize),
    /// Killed after so much machine time, whatever it is doing: starting, too.
    Time(Duration),
    /// By itself, at a named point, the so-manieth time.
    Point(&'static str, usize),
}

/// What the rounds came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// How often each named point was reached.
    pub points: BTreeMap<&'static str, usize>,
    /// Requests that were answered.
    pub promises: usize,
    /// Requests that were under way when a process died.
    pub unknown: usize,
    /// Records of cases on disk in the end.
    pub records: usize,
    /// Hand-overs that came again under the same key.
    pub repeats: usize,
}

/// A store and everything around it that outlives its processes.
pub struct Life {
    place: Place,
    world: Arc<World>,
    chance: Chance,
}

impl Life {
    pub async fn new(place: Place, chance: Chance) -> Life {
        // Building may take long, and is no part of a round.
        tokio::task::spawn_blocking(|| LazyLock::force(&PROGRAM)).await.unwrap();
        let agencies = Agencies::serve(chance.of("agencies")).await;
        Life { place, world: Arc::new(World::new(agencies)), chance }
    }

    /// Lives through some rounds, then once without dying.
    ///
    /// # Errors
    ///
    /// Tells everything that was wrong in the first round in which anything was.
    pub async fn live(&self, rounds: std::ops::Range<usize>, tally: &mut Tally) -> Result<(), String> {
        let last = rounds.end;
        for round in rounds {
            let death = self.death(round);
            let played = tokio::time::timeout(ROUND_MAX, self.round(round, &death, tally)).await;
            self.judge(&format!("round {round}, {death:?}"), played.is_ok())?;
        }
        let played = tokio::time::timeout(ROUND_MAX, self.finish(last, tally)).await;
        self.judge("the last start", played.is_ok())?;
        let entries = self.world.ledger.entries();
        tally.promises += entries.iter().filter(|entry| matches!(entry.fate, Fate::Promised { .. })).count();
        tally.repeats += self.world.agencies.repeats_count();
        Ok(())
    }

    fn judge(&self, what: &str, is_played: bool) -> Result<(), String> {
        let mut wrong = self.world.ledger.take_wrong();
        wrong.extend(self.world.agencies.take_wrong());
        if !is_played {
            let promises = *self.world.ledger.promises().borrow();
            wrong.push(format!("takes more than {} s; {promises} promises in it", ROUND_MAX.as_secs()));
        }
        wrong.truncate(20);
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("{what}:\n  {}\n\nthe log of the program ends:\n{}", wrong.join("\n  "), self.place.log_end()))
    }

    fn death(&self, round: usize) -> Death {
        let mut chance = self.chance.of(&format!("death {round}"));
        match round % 4 {
            0 => Death::Promises(1 + chance.below(PROMISES_MAX)),
            2 => Death::Time(Duration::from_millis(1 + chance.below(LIFE_MS_MAX) as u64)),
            _ => {
                let (point, passes_max) = POINTS[round / 2 % POINTS.len()];
                Death::Point(point, 1 + chance.below(passes_max))
            }
        }
    }

    async fn round(&self, round: usize, death: &Death, tally: &mut Tally) {
        self.world.ledger.turn(round);
        let status = self.play(round, death).await;
        match (death, status.signal()) {
            (Death::Point(point, _), Some(SIGABRT)) => *tally.points.entry(point).or_default() += 1,
            (_, Some(SIGKILL)) => {}
            (_, _) => self.world.ledger.wrong(format!("the process ended with {status}")),
        }
        tally.unknown += self.world.ledger.unknown().len();
        self.read_disk(false).await;
    }

    /// Starts a process, checks what was promised, and puts it under load until it is dead.
    async fn play(&self, round: usize, death: &Death) -> ExitStatus {
        let mut more = self.agencies_arguments();
        if let Death::Point(point, count) = death {
            more.extend(["--crash-point".into(), format!("{point}:{count}").into()]);
        }
        let mut process = Process::start(&self.place, &more);
        let greeting = process.greeting();
        let mut promises = self.world.ledger.promises();
        let deadly = async {
            let enough = match death {
                Death::Time(life) => return tokio::time::sleep(*life).await,
                Death::Promises(count) => *count,
                // It dies by itself, unless the point is passed less often than thought.
                Death::Point(..) => 4 * PROMISES_MAX,
            };
            // The ledger is there as long as the round is.
            let _promised = promises.wait_for(|promised| *promised >= enough).await;
        };
        let chance = self.chance.of(&format!("load {round}"));
        let played = async {
            let Some(Greeting { portal, agency }) = greeting.await else { return };
            let lines = Lines::to(&portal, &agency);
            // One that is gone already is judged by how it ended.
            if verdict::resume(&self.world, &lines, round, &chance).await.is_ok() {
                self.world.load(&lines, &chance).await;
            }
        };
        let mut played = Box::pin(played);
        let status = tokio::select! {
            biased;
            status = process.ended() => status,
            () = deadly => process.kill().await,
            () = &mut played => {
                let gone = tokio::time::timeout(GONE_MAX, process.ended()).await;
                if gone.is_err() {
                    let last = self.world.ledger.silence();
                    self.world.ledger.wrong(format!("the process lives, and does not answer as it should: {last:?}"));
                }
                return process.kill().await;
            }
        };
        played.await;
        status
    }

    fn agencies_arguments(&self) -> Vec<OsString> {
        let levels = ["state", "region", "municipality"];
        let address = &self.world.agencies.address;
        levels.iter().flat_map(|level| ["--agency".into(), format!("{level}={address}").into()]).collect()
    }

    /// One process that is not killed: everything asked is answered, every hand-over performed, and it stops as it should.
    async fn finish(&self, round: usize, tally: &mut Tally) {
        self.world.ledger.turn(round);
        let mut process = Process::start(&self.place, &self.agencies_arguments());
        let Some(Greeting { portal, agency }) = process.greeting().await else {
            return self.world.ledger.wrong("the process ends instead of serving");
        };
        let lines = Lines::to(&portal, &agency);
        let chance = self.chance.of("the end");
        let finished = async {
            verdict::resume(&self.world, &lines, round, &chance).await?;
            self.world.settle(&lines).await
        };
        if let Err(Gone(status)) = finished.await {
            self.world.ledger.wrong(format!("the process does not answer: {status}"));
        }
        for entry in self.world.ledger.entries().into_iter().filter(|entry| entry.fate == Fate::Unknown) {
            let (deed, why) = (entry.deed.describe(), entry.put_off);
            self.world.ledger.wrong(format!("not answered, and nobody was killed: {deed}, put off: {why:?}"));
        }
        let status = process.stop().await;
        if !status.success() {
            self.world.ledger.wrong(format!("told to stop, the process ended with {status}"));
        }
        tally.records += self.read_disk(true).await;
    }

    /// Lives for some promises, dies, and has the end of its journal taken away: what a disk that lies would do.
    ///
    /// # Errors
    ///
    /// Tells everything that was wrong, which must be something.
    pub async fn lose_the_end(&self, promises: usize) -> Result<(), String> {
        self.world.ledger.turn(0);
        self.play(0, &Death::Promises(promises)).await;
        self.read_disk(false).await;
        self.judge("before anything was taken away", true)?;
        self.place.forget_last_blocks(promises / 2);
        self.read_disk(false).await;
        self.judge("afterwards", true)
    }

    /// Reads the disk of a dead process; returns the number of records. `is_finished`: nothing may be under way.
    async fn read_disk(&self, is_finished: bool) -> usize {
        let verified = self.place.verify().await;
        let is_founded = self.place.data().join("FORMAT").exists();
        if is_founded && !verified.status.success() {
            let said = [verified.stdout, verified.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            self.world.ledger.wrong(format!("`store verify` ended with {}: {}", verified.status, said.concat()));
        }
        let (place, definition) = (self.place.clone(), self.world.definition.clone());
        let found = tokio::task::spawn_blocking(move || inspect(&place, &definition)).await.unwrap();
        verdict::on_disk(&self.world, &found, is_finished);
        found.records_count
    }
}
