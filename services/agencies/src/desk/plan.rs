//! What is to be done when, in an order that does not depend on who came first.

use jiff::Timestamp;
use livshandelse_agency::{RequestId, TaskReport, v1};
use std::collections::BTreeMap;

/// Something to send to the orchestrator.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The agency that says it.
    pub agency: String,
    /// What.
    pub message: Message,
    /// The matter that waits for it to be heard. `None`: nobody minds a refusal.
    pub(super) matter: Option<u64>,
    /// How often it has been sent before.
    pub(super) times: u32,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A report on a task.
    Report(Box<TaskReport>),
    /// A fact.
    Fact {
        /// Names it.
        request_id: RequestId,
        /// What happened.
        fact: v1::Fact,
    },
}

/// What is planned.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Due {
    /// The next move of a matter.
    Move(u64),
    /// A matter's question has not been answered; which one, counted from 1.
    Unanswered(u64, u32),
    /// A withdrawn matter is closed.
    Close(u64),
    /// A fact of the script, by its index.
    Fact(usize),
    /// A report that reached nobody.
    Again(Box<Outgoing>),
}

impl Due {
    fn matter(&self) -> Option<u64> {
        match self {
            Due::Move(serial) | Due::Unanswered(serial, _) | Due::Close(serial) => Some(*serial),
            Due::Fact(_) => None,
            Due::Again(outgoing) => outgoing.matter,
        }
    }
}

/// When, then by name, then by number.
type Slot = (Timestamp, String, u32);

/// Everything that is planned.
#[derive(Debug, Default)]
pub(super) struct Plan {
    due: BTreeMap<Slot, Due>,
    /// Where a matter stands in it: once at the most.
    slots: BTreeMap<u64, Slot>,
}

impl Plan {
    /// Plans something. A matter's older plan is given up.
    pub(super) fn add(&mut self, at: Timestamp, tie: &str, due: Due) {
        let mut slot = (at, tie.to_owned(), 0);
        if let Some(serial) = due.matter() {
            // A report that is sent again stands beside the matter's own plan.
            if !matches!(due, Due::Again(_)) {
                self.forget(serial);
            }
        }
        while self.due.contains_key(&slot) {
            slot.2 += 1;
        }
        if let (Some(serial), false) = (due.matter(), matches!(due, Due::Again(_))) {
            self.slots.insert(serial, slot.clone());
        }
        self.due.insert(slot, due);
    }

    /// Gives up what is planned for a matter.
    pub(super) fn forget(&mut self, serial: u64) {
        if let Some(slot) = self.slots.remove(&serial) {
            self.due.remove(&slot);
        }
    }

    /// The first thing that is due at a time or before.
    pub(super) fn take(&mut self, to: Timestamp) -> Option<(Timestamp, Due)> {
        let entry = self.due.first_entry()?;
        if entry.key().0 > to {
            return None;
        }
        let ((at, _, _), due) = entry.remove_entry();
        if let (Some(serial), false) = (due.matter(), matches!(due, Due::Again(_))) {
            self.slots.remove(&serial);
        }
        Some((at, due))
    }

    /// When something is due next.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _, _), _)| *at)
    }
}
