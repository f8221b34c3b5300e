//! What was asked, what was promised, and what turned out to be wrong. Outlives every process that is killed.

use crate::deed::{Deed, Lines, Said};
use livshandelse_proto::v1 as pb;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The process is gone, or does not answer as it should when it is there.
#[derive(Debug)]
pub struct Gone(pub Status);

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Asked, and never answered: it may have been done or not.
    Unknown,
    /// Answered: it is done, for ever.
    Promised {
        /// The case, where it was told.
        case: Option<String>,
        /// The case's sequence at that time; 0 where it was not told.
        sequence: u64,
        /// Answered at the first time of asking, so that the sequence is that of its own record.
        is_first: bool,
    },
    /// Refused: it was never applied.
    Refused(String),
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub deed: Deed,
    pub fate: Fate,
    /// The round in which it was last asked.
    pub round: usize,
    times_asked: usize,
    /// Why it was put off the last time: the service said to come again.
    pub put_off: Option<String>,
}

/// A case as its people know it.
#[derive(Debug, Clone)]
pub struct KnownCase {
    pub applicant: String,
    pub co_party: Option<String>,
    pub municipality: String,
    /// The highest sequence that anybody was told.
    pub sequence: u64,
    /// The facts of its first child that have been reported: born, home.
    pub facts: usize,
}

#[derive(Debug, Default)]
struct Pages {
    entries: BTreeMap<String, Entry>,
    cases: BTreeMap<String, KnownCase>,
    wrong: Vec<String>,
    round: usize,
    /// The last request that got no answer at all, and what was said instead.
    silence: Option<String>,
    /// The latest civil second that the service ever named as the time of a change.
    latest: i64,
}

/// Everything that was asked of one store.
pub struct Ledger {
    pages: Mutex<Pages>,
    promises: watch::Sender<usize>,
}

impl Ledger {
    pub fn new() -> Ledger {
        Ledger { pages: Mutex::default(), promises: watch::Sender::new(0) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a round.
    pub fn turn(&self, round: usize) {
        let mut pages = self.pages();
        (pages.round, pages.silence) = (round, None);
        drop(pages);
        self.promises.send_replace(0);
    }

    /// Counts the promises of the round.
    pub fn promises(&self) -> watch::Receiver<usize> {
        self.promises.subscribe()
    }

    /// Something that must never be.
    pub fn wrong(&self, what: impl Into<String>) {
        self.pages().wrong.push(what.into());
    }

    /// Takes what was found to be wrong.
    pub fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.pages().wrong)
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.pages().entries.values().cloned().collect()
    }

    pub fn entries_of_round(&self, round: usize) -> Vec<Entry> {
        self.pages().entries.values().filter(|entry| entry.round == round).cloned().collect()
    }

    pub fn unknown(&self) -> Vec<Deed> {
        let pages = self.pages();
        pages.entries.values().filter(|entry| entry.fate == Fate::Unknown).map(|entry| entry.deed.clone()).collect()
    }

    pub fn cases(&self) -> BTreeMap<String, KnownCase> {
        self.pages().cases.clone()
    }

    /// Whether the service once said to come again with a request.
    pub fn is_put_off(&self, id: &str) -> bool {
        self.pages().entries.get(id).is_some_and(|entry| entry.put_off.is_some())
    }

    pub fn silence(&self) -> Option<String> {
        self.pages().silence.clone()
    }

    pub fn latest(&self) -> i64 {
        self.pages().latest
    }

    /// Remembers that a fact of a case's child was reported; returns how many had been before.
    pub fn next_fact(&self, case: &str) -> Option<usize> {
        let mut pages = self.pages();
        let known = pages.cases.get_mut(case)?;
        known.facts += 1;
        Some(known.facts - 1)
    }

    /// Asks for something and writes down what came of it. `None` if it was refused.
    pub async fn ask(&self, deed: Deed, lines: &Lines) -> Result<Option<Said>, Gone> {
        let id = deed.id().to_owned();
        let is_first = {
            let mut pages = self.pages();
            let round = pages.round;
            let fresh = Entry { deed: deed.clone(), fate: Fate::Unknown, round, times_asked: 0, put_off: None };
            let entry = pages.entries.entry(id.clone()).or_insert(fresh);
            entry.times_asked += 1;
            entry.round = round;
            entry.times_asked == 1
        };
        match deed.ask(lines).await {
            Ok(said) => {
                self.promised(&id, &deed, &said, is_first);
                Ok(Some(said))
            }
            Err(status) => self.not_done(&id, &deed, status).map(|()| None),
        }
    }

    fn promised(&self, id: &str, deed: &Deed, said: &Said, is_first: bool) {
        let mut pages = self.pages();
        if let Some(case) = &said.case {
            let seen = case.update_time.or(case.create_time).map_or(0, |time| time.seconds);
            pages.latest = pages.latest.max(seen);
            match deed {
                Deed::Create { person, request } => {
                    let fresh = known(person, request.case.as_ref());
                    pages.cases.entry(case.name.clone()).or_insert(fresh);
                }
                Deed::Draft { person, request } => {
                    let fresh = known(person, request.case.as_ref());
                    pages.cases.entry(case.name.clone()).or_insert(fresh);
                }
                Deed::Submit { .. }
                | Deed::Withdraw { .. }
                | Deed::Fact { .. }
                | Deed::Decide { .. }
                | Deed::Complete { .. }
                | Deed::Supplement { .. } => {}
            }
            if let Some(known) = pages.cases.get_mut(&case.name) {
                known.sequence = known.sequence.max(said.sequence);
            }
        }
        if let Some(entry) = pages.entries.get_mut(id) {
            if let Fate::Refused(why) = &entry.fate {
                let text = format!("{} was refused ({why}) and is done all the same", deed.describe());
                pages.wrong.push(text);
            } else if entry.fate == Fate::Unknown {
                let case = said.case.as_ref().map(|case| case.name.clone());
                entry.fate = Fate::Promised { case, sequence: said.sequence, is_first };
            }
        }
        drop(pages);
        self.promises.send_modify(|count| *count += 1);
    }

    fn not_done(&self, id: &str, deed: &Deed, status: Status) -> Result<(), Gone> {
        let mut pages = self.pages();
        let Some(info) = status.get_details_error_info() else {
            pages.silence = Some(format!("{}: {:?} {}", deed.describe(), status.code(), status.message()));
            return Err(Gone(status));
        };
        let Some(entry) = pages.entries.get_mut(id) else { return Ok(()) };
        let describe = || format!("{}: {:?} {} {}", deed.describe(), status.code(), info.reason, status.message());
        match status.code() {
            // Too much waits, or it drains: nothing is known, and it is asked again in the next round.
            Code::Unavailable | Code::ResourceExhausted | Code::Aborted => entry.put_off = Some(describe()),
            Code::InvalidArgument | Code::FailedPrecondition | Code::PermissionDenied => match &entry.fate {
                Fate::Promised { .. } => {
                    let text = format!("a promise is denied when it is asked for again: {}", describe());
                    pages.wrong.push(text);
                }
                Fate::Unknown | Fate::Refused(_) => entry.fate = Fate::Refused(info.reason.clone()),
            },
            // Nobody asks for what he was not told of: what is not found has been lost.
            _ => pages.wrong.push(describe()),
        }
        Ok(())
    }
}

fn known(person: &str, case: Option<&pb::Case>) -> KnownCase {
    let other = case.and_then(|case| case.parties.iter().find(|party| party.role() == pb::PartyRole::CoParty));
    KnownCase {
        applicant: person.to_owned(),
        co_party: other.map(|party| party.identity_number.clone()),
        municipality: case.map(|case| case.municipality_code.clone()).unwrap_or_default(),
        sequence: 0,
        facts: 0,
    }
}
