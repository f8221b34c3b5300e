//! Who looks at what. A watcher holds the newest number only: a slow one gets merged changes, never a queue.

use foldhash::HashMap;
use livshandelse_core::id::{CaseId, PartyId};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

const STRIPE_COUNT: usize = 64;

/// Entries of a stripe below which it is not gone through for those whom nobody watches any more.
const SWEPT_MIN: usize = 64;

/// What is watched. An entry whose watchers have gone stays until it changes again or the stripe is swept.
#[derive(Debug)]
struct Stripe<K> {
    senders: HashMap<K, watch::Sender<u64>>,
    /// At so many entries it is swept.
    swept_at: usize,
}

impl<K> Default for Stripe<K> {
    fn default() -> Stripe<K> {
        Stripe { senders: HashMap::default(), swept_at: SWEPT_MIN }
    }
}

/// Watchers of cases and of persons' lists.
#[derive(Debug)]
pub(crate) struct Watchers {
    cases: Vec<Mutex<Stripe<CaseId>>>,
    parties: Vec<Mutex<Stripe<PartyId>>>,
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
        if let Some(sender) = watched.senders.get(&party) {
            if sender.receiver_count() == 0 {
                watched.senders.remove(&party);
            } else {
                sender.send_modify(|version| *version += 1);
            }
        }
    }
}

fn subscribe<K: Eq + Hash + Copy>(stripe: &Mutex<Stripe<K>>, key: K) -> watch::Receiver<u64> {
    let mut stripe = stripe.lock().unwrap_or_else(PoisonError::into_inner);
    if stripe.senders.len() >= stripe.swept_at {
        stripe.senders.retain(|_, sender| sender.receiver_count() > 0);
        stripe.swept_at = (2 * stripe.senders.len()).max(SWEPT_MIN);
    }
    stripe.senders.entry(key).or_insert_with(|| watch::Sender::new(0)).subscribe()
}

fn notify<K: Eq + Hash + Copy>(stripe: &Mutex<Stripe<K>>, key: K, value: u64) {
    let mut watched = stripe.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = watched.senders.get(&key) {
        if sender.receiver_count() == 0 {
            watched.senders.remove(&key);
        } else {
            sender.send_replace(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_whom_nobody_watches_any_more_make_room() {
        let stripe = Mutex::new(Stripe::default());
        let stays = subscribe(&stripe, 0);
        for key in 1..10_000 {
            // Watched to its end, and never changed again.
            drop(subscribe(&stripe, key));
        }
        assert!(stripe.lock().unwrap().senders.len() <= SWEPT_MIN + 1);
        notify(&stripe, 0, 7);
        assert_eq!(*stays.borrow(), 7, "who still watches hears of it");
    }
}
