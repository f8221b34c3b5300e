//! What happens once records are on disk, in this order: readers see the new state, timers and watchers are told, the
//! caller is answered, effects are performed.

use crate::dispatch::Work;
use crate::engine::Inner;
use crate::metrics::{AgencyLabel, outcome_label};
use crate::writer::{After, Batch, Unsettled};
use livshandelse_core::case::{Stage, Step};
use livshandelse_store::crash_point;
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;

/// Runs until the writer stops or the engine is gone.
pub(crate) async fn run(engine: Weak<Inner>, mut batches: mpsc::UnboundedReceiver<Batch>) {
    while let Some(batch) = batches.recv().await {
        let Some(engine) = engine.upgrade() else { return };
        engine.acknowledge(batch);
    }
}

impl Inner {
    fn acknowledge(self: &Arc<Self>, batch: Batch) {
        if batch.records_count > 0 {
            self.metrics.commits.inc();
            self.metrics.records.inc_by(batch.records_count as u64);
            #[expect(clippy::cast_precision_loss, reason = "a batch is at most a few thousand records")]
            self.metrics.batch_len.observe(batch.records_count as f64);
            self.metrics.commit_seconds.observe(batch.duration.as_secs_f64());
        }
        let mut work = Vec::new();
        for (after, result) in batch.items {
            match result {
                Ok(()) => self.acknowledge_one(after, &mut work),
                Err(unsettled) => {
                    self.shards.lock(after.case.id).remove(after.case.id);
                    if let Unsettled::Refused(refusal) = &unsettled {
                        self.note_refusal(refusal);
                    }
                    self.confirmed.notify_waiters();
                    // The caller may have gone; the outcome is on disk either way.
                    let _gone = after.reply.send(Err(unsettled));
                }
            }
        }
        self.set_to_work(work);
    }

    fn acknowledge_one(self: &Arc<Self>, after: After, work: &mut Vec<Work>) {
        let After { case, answer, effects, origin, has_record, wakes_at, reply, _permit } = after;
        if has_record {
            let before = {
                let mut shard = self.shards.lock(case.id);
                shard.get(case.id).map(|entry| {
                    entry.in_flight -= 1;
                    let was_unconfirmed = std::mem::replace(&mut entry.is_unconfirmed, false);
                    (std::mem::replace(&mut entry.committed, case.clone()), was_unconfirmed)
                })
            };
            self.timers.set(case.id, wakes_at);
            self.incidents.update(&case);
            self.watchers.case_changed(case.id, case.sequence.0);
            for party in case.parties.iter() {
                self.watchers.party_changed(party.id);
            }
            if !case.is_open() {
                self.shards.lock(case.id).release(case.id);
            }
            if let Some((before, was_unconfirmed)) = before {
                self.count(&before, &case);
                if was_unconfirmed {
                    self.confirmed.notify_waiters();
                }
            }
        }
        // The caller may have gone; the outcome is on disk either way.
        let _gone = reply.send(Ok(answer));
        crash_point("after-answer");
        if !effects.is_empty() {
            self.gather(&case, &effects, &origin, work);
        }
    }

    /// Counts clocks that ended although nobody could do anything: the step lay with us and not with its agency.
    fn count_unreached(&self, before: &Step, after: &Step) {
        let is_with_us = before.incident.is_some() || before.task.is_some_and(|task| !task.is_answered);
        let passed = |step: &Step| step.clocks.iter().map(|clock| u64::from(clock.passed_count)).sum::<u64>();
        let ended = passed(after).saturating_sub(passed(before));
        if let (true, 1.., Some(agency)) = (is_with_us, ended, &before.agency) {
            let agency = self.definitions.base_agency(agency).map(|base| base.to_string()).unwrap_or_default();
            self.metrics.clocks_passed_unreached.get_or_create(&AgencyLabel { agency }).inc_by(ended);
        }
    }

    fn count(&self, before: &livshandelse_core::Case, after: &livshandelse_core::Case) {
        for (index, step) in after.steps.iter().enumerate() {
            if step.state.is_over() && before.steps.get(index).is_none_or(|before| !before.state.is_over()) {
                self.metrics.steps_finished.get_or_create(&outcome_label(step.outcome)).inc();
            }
            if let Some(before) = before.steps.get(index) {
                self.count_unreached(before, step);
            }
        }
        if matches!(after.stage, Stage::Ended(_)) && !matches!(before.stage, Stage::Ended(_)) {
            self.metrics.cases_ended.inc();
        }
    }
}
