//! Agencies that answer in this process, as a test tells them to.

use livshandelse_core::case::Outcome;
use livshandelse_core::command::{Report, Undelivered};
use livshandelse_core::event::Decided;
use livshandelse_core::id::EffectKey;
use livshandelse_engine::{Agencies, BoxFuture, Failure, Order, Said};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the desk does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Approves at once.
    Approve,
    /// Says that it has arrived, and nothing more.
    Accept,
    /// Cannot be reached.
    Unreachable,
    /// Never answers.
    Silent,
}

/// Remembers every call, and answers in the manner it was last told.
#[derive(Debug, Clone)]
pub struct Desk {
    manner: Arc<Mutex<Manner>>,
    calls: Arc<Mutex<BTreeMap<EffectKey, u32>>>,
}

impl Desk {
    pub fn new(manner: Manner) -> Desk {
        Desk { manner: Arc::new(Mutex::new(manner)), calls: Arc::default() }
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// How often each effect was performed.
    pub fn calls(&self) -> BTreeMap<EffectKey, u32> {
        self.calls.lock().unwrap().clone()
    }

    fn answer(&self, order: Order, is_cancel: bool) -> BoxFuture<'static, Result<Said, Failure>> {
        *self.calls.lock().unwrap().entry(order.key).or_default() += 1;
        let manner = *self.manner.lock().unwrap();
        let words = "answered".to_owned();
        Box::pin(async move {
            match manner {
                Manner::Approve if is_cancel => Ok(Report::Closed { words }.into()),
                Manner::Approve => Ok(Report::Decided(Decided {
                    outcome: Outcome::Approved,
                    decided_at: order.now,
                    received_at: None,
                    words,
                    gives: [].into(),
                    number: None,
                    valid_from: None,
                    valid_to: None,
                    appeal_to: None,
                })
                .into()),
                Manner::Accept => Ok(Report::Arrived { case_number: None, at: order.now }.into()),
                Manner::Unreachable => {
                    Err(Failure { why: Undelivered::Unreachable, text: "connection refused".to_owned() })
                }
                Manner::Silent => std::future::pending().await,
            }
        })
    }
}

impl Agencies for Desk {
    fn perform(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        self.answer(order, false)
    }

    fn cancel(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        self.answer(order, true)
    }
}
