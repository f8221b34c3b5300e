//! Between cases and what the store keeps of them.

use crate::definitions::Published;
use crate::list_key::ListKey;
use livshandelse_core::event::{Event, Record};
use livshandelse_core::id::{CaseId, StepId};
use livshandelse_core::time::CivilTime;
use livshandelse_core::{Case, id};
use livshandelse_store::record::{decode_state, decode_stored, encode, encode_state};
use livshandelse_store::{
    Append, Head, Projector, ProjectorError, Section, Sequence, SpaceId, StateBlob, StoredRecord, StreamId, StreamKind,
    Unit, Wake,
};
use std::sync::Arc;

/// A case, encoded only when a checkpoint needs it.
struct CaseState(Arc<Case>);

/// Records up to which a case's history stands for its state: to read so many takes a fraction of a millisecond, and a
/// checkpoint has little to write.
pub const HISTORY_STANDS_FOR_STATE: u64 = 64;

impl StateBlob for CaseState {
    fn encode(&self) -> Vec<u8> {
        encode_state(&self.0)
    }
}

/// The state that is kept of a case. An ended case is rarely read again, so that its history stands for it too.
fn state_of(case: &Arc<Case>) -> Option<Arc<dyn StateBlob>> {
    let is_kept = case.is_open() && case.sequence.0 > HISTORY_STANDS_FOR_STATE;
    is_kept.then(|| Arc::new(CaseState(case.clone())) as Arc<dyn StateBlob>)
}

pub(crate) fn stream_of(case: CaseId) -> StreamId {
    StreamId::new(StreamKind::Case, case.0)
}

/// What the store keeps of a case beside its history: a pure function of it.
pub(crate) fn head_of(case: &Arc<Case>) -> Head {
    head_with(case, case.wakes_at())
}

fn head_with(case: &Arc<Case>, wakes_at: Option<CivilTime>) -> Head {
    Head { state: state_of(case), wake: wake_of(case, wakes_at), listed_under: ListKey::of(case) }
}

/// When a case must be looked at: at its next civil moment, and right after a start if an effect has no answer, somebody is
/// still to be told or left in peace, or an operator is waited for.
fn wake_of(case: &Case, wakes_at: Option<CivilTime>) -> Option<Wake> {
    let civil_ms = wakes_at.map(|at| at.0);
    let urgent = case.unanswered().next().is_some()
        || !case.telling.untold.is_empty()
        || !case.telling.unspread.is_empty()
        || case.steps.iter().any(|step| step.incident.is_some());
    (civil_ms.is_some() || urgent).then_some(Wake { civil_ms, urgent })
}

/// The unit that stores a record and the case after it.
pub(crate) fn unit_of(published: &Published, record: &Record, after: &Arc<Case>, wakes_at: Option<CivilTime>) -> Unit {
    let spaces = |event: &Event| agency_step(event).map_or(SpaceId(0), |step| published.space_of(&step.slug));
    let sections = encode(record, &spaces).into_iter().map(|(space, payload)| Section { space, payload }).collect();
    let expected = Sequence(record.sequence.0 - 1);
    Unit::one(Append { stream: stream_of(after.id), expected, sections, head: head_with(after, wakes_at) })
}

/// The step of an event that is its agency's: what the agency said, from arrival on. Everything else is the applicant's own.
fn agency_step(event: &Event) -> Option<&StepId> {
    match event {
        Event::Arrived { step, .. }
        | Event::ProgressReported { step, .. }
        | Event::SupplementAsked { step, .. }
        | Event::DecisionRecorded { step, .. }
        | Event::StepCompleted { step, .. }
        | Event::AppealMoved { step, .. }
        | Event::ExecutionMoved { step, .. }
        | Event::StepFailed { step, .. }
        | Event::ReportKept { step, .. } => Some(step),
        Event::RequestAccepted { .. }
        | Event::DraftSaved { .. }
        | Event::DraftExpired
        | Event::CaseCreated { .. }
        | Event::ChildExpected { .. }
        | Event::SubjectKnown { .. }
        | Event::PartyJoined { .. }
        | Event::StepPlanned { .. }
        | Event::StepOpened { .. }
        | Event::StepAdded { .. }
        | Event::InputGiven { .. }
        | Event::StepFiled { .. }
        | Event::StepRetried { .. }
        | Event::SupplementSent { .. }
        | Event::Undelivered { .. }
        | Event::HandedToInbox { .. }
        | Event::ClockStarted { .. }
        | Event::ClockMet { .. }
        | Event::ClockStopped { .. }
        | Event::ClockPassed { .. }
        | Event::FactReported { .. }
        | Event::StepDoneByFact { .. }
        | Event::StepNotNeeded { .. }
        | Event::StepSettled { .. }
        | Event::WithdrawalSent { .. }
        | Event::StepWithdrawn { .. }
        | Event::CaseWithdrawn
        | Event::CaseEnded { .. }
        | Event::Notice(_) => None,
    }
}

/// Computes a case anew from its records, for a store that has lost what it looked up.
#[derive(Debug, Clone, Copy, Default)]
pub struct CaseProjector;

impl Projector for CaseProjector {
    fn project(
        &self,
        stream: StreamId,
        previous: Option<&[u8]>,
        records: &[StoredRecord],
    ) -> Result<Head, ProjectorError> {
        if stream.kind != StreamKind::Case {
            return Ok(Head { state: None, wake: None, listed_under: Vec::new() });
        }
        let corrupt = |reason: String| ProjectorError::Corrupt { reason };
        let mut case = match previous {
            None => Case::absent(),
            Some(bytes) => {
                decode_state(bytes).map_err(|error| corrupt(error.to_string()))?.ok_or(ProjectorError::OtherFormat)?
            }
        };
        for stored in records {
            fold(&mut case, stored).map_err(corrupt)?;
        }
        Ok(head_of(&Arc::new(case)))
    }
}

/// Folds a stored record into a case. What an agency's disposal has taken is passed over.
pub(crate) fn fold(case: &mut Case, stored: &StoredRecord) -> Result<(), String> {
    let decoded = decode_stored(stored).map_err(|error| error.to_string())?;
    if decoded.is_whole() {
        return case.apply_record(&decoded.record).map_err(|error| error.to_string());
    }
    case.begin_record(id::Sequence(stored.sequence.0), decoded.record.at);
    for event in &decoded.record.events {
        // An event whose ground was disposed of may no longer follow: the state keeps what still stands.
        let _folded = case.apply(event);
    }
    Ok(())
}
