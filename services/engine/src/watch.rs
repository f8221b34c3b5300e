//! Who looks at what. A watcher holds the newest number only: a slow one gets merged changes, never a queue.

use foldhash::HashMap;
use livshandelse_core::id::{CaseId, PartyId};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

const STRIPE_COUNT: usize = 64;

/// Watchers of cases and of persons' lists.
#[derive(Debug)]
pub(crate) struct Watchers {
    cases: Vec<Mutex<HashMap<CaseId, watch::Sender<u64>>>>,
    parties: Vec<Mutex<HashMap<PartyId, watch::Sender<u64>>>>,
}

impl Watchers {
    pub(crate) fn new() -> Watchers {
        Watchers {
            cases: (0..STRIPE_COUNT).map(|_| Mutex::default()).collect(),
            parties: (0..STRIPE_COUNT).map(|_| Mutex::default()).collect(),
        }
    }

    pub(crate) fn watch_case(&self, case: CaseId) -> watch::Receiver<u64> {
        subscribe(&self.cases[usize::from(case.0[1]) % STRIPE_COUNT], case)
    }

    pub(crate) fn watch_party(&self, party: PartyId) -> watch::Receiver<u64> {
        subscribe(&self.parties[usize::from(party.0[1]) % STRIPE_COUNT], party)
    }

    pub(crate) fn case_changed(&self, case: CaseId, sequence: u64) {
        notify(&self.cases[usize::from(case.0[1]) % STRIPE_COUNT], case, sequence);
    }

    pub(crate) fn party_changed(&self, party: PartyId) {
        let stripe = &self.parties[usize::from(party.0[1]) % STRIPE_COUNT];
        let mut watched = stripe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(&party) {
            if sender.receiver_count() == 0 {
                watched.remove(&party);
            } else {
                sender.send_modify(|version| *version += 1);
            }
        }
    }
}

fn subscribe<K: Eq + Hash + Copy>(stripe: &Mutex<HashMap<K, watch::Sender<u64>>>, key: K) -> watch::Receiver<u64> {
    let mut watched = stripe.lock().unwrap_or_else(PoisonError::into_inner);
    watched.entry(key).or_insert_with(|| watch::Sender::new(0)).subscribe()
}

fn notify<K: Eq + Hash + Copy>(stripe: &Mutex<HashMap<K, watch::Sender<u64>>>, key: K, value: u64) {
    let mut watched = stripe.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = watched.get(&key) {
        if sender.receiver_count() == 0 {
            watched.remove(&key);
        } else {
            sender.send_replace(value);
        }
    }
}
