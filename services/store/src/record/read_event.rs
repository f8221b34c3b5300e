//! Reads events, of every version that has been released.

use super::error::DecodeError;
use super::pb::event::Kind;
use super::scalar::{present, read_16, read_day, read_optional_day, read_slug, read_step, read_subject, read_time};
use super::{asked, notice, number, part};
use livshandelse_core::event::{Decided, Event};
use livshandelse_core::id::{Attempt, CaseId, RequestId};
use livshandelse_core::notice::NoticeEvent;
use livshandelse_core::time::CivilTime;

pub(super) fn read_event(kind: Kind) -> Result<Event, DecodeError> {
    Ok(match kind {
        Kind::RequestAccepted(stored) => Event::RequestAccepted {
            id: RequestId(read_16("id of a request", &stored.id)?),
            hash: read_16("hash of a request", &stored.hash)?,
        },
        Kind::DraftSaved(stored) => Event::DraftSaved {
            case: CaseId(read_16("id of a case", &stored.case_id)?),
            filing: part::read_filed(stored.filing)?,
            expires_at: CivilTime(stored.expires_civil_ms),
        },
        Kind::DraftExpired(_) => Event::DraftExpired,
        Kind::CaseCreated(stored) => Event::CaseCreated {
            case: CaseId(read_16("id of a case", &stored.case_id)?),
            filing: part::read_filed(stored.filing)?,
        },
        Kind::ChildExpected(stored) => Event::ChildExpected { child: read_subject("child", stored.child)? },
        Kind::SubjectKnown(stored) => Event::SubjectKnown {
            group: read_slug("group", &stored.group)?,
            subject: read_subject("subject", stored.subject)?,
            municipality: stored.municipality,
        },
        Kind::PartyJoined(stored) => Event::PartyJoined {
            party: part::read_party(present("party", stored.party)?)?,
            mandate: stored.mandate.map(asked::read_mandate).transpose()?,
            input: part::read_values(stored.input)?,
        },
        Kind::StepPlanned(stored) => {
            Event::StepPlanned { step: read_step(&stored.step)?, is_executed: stored.executed }
        }
        Kind::StepOpened(stored) => Event::StepOpened { step: read_step(&stored.step)? },
        Kind::StepAdded(stored) => Event::StepAdded { step: read_step(&stored.step)? },
        Kind::InputGiven(stored) => Event::InputGiven {
            step: read_step(&stored.step)?,
            input: part::read_values(stored.input)?,
            role: number::read_role("role", stored.role)?,
            is_signature: stored.signature,
        },
        Kind::StepFiled(stored) => Event::StepFiled {
            step: read_step(&stored.step)?,
            agency: read_slug("agency", &stored.agency)?,
            attempt: Attempt(stored.attempt),
            effect_index: stored.effect_index,
            is_received_here: stored.received_here,
            evidence: part::read_values(stored.evidence)?,
            amounts: asked::read_amounts(stored.amounts)?,
        },
        Kind::StepRetried(stored) => Event::StepRetried {
            step: read_step(&stored.step)?,
            attempt: Attempt(stored.attempt),
            effect_index: stored.effect_index,
        },
        Kind::SupplementSent(stored) => Event::SupplementSent {
            step: read_step(&stored.step)?,
            number: stored.number,
            effect_index: stored.effect_index,
        },
        Kind::Arrived(stored) => Event::Arrived {
            step: read_step(&stored.step)?,
            case_number: stored.case_number,
            at: CivilTime(stored.at_civil_ms),
        },
        Kind::ProgressReported(stored) => Event::ProgressReported {
            step: read_step(&stored.step)?,
            words: stored.words,
            waits_for_other: stored.waits_for_other,
            delay: stored.delay,
        },
        Kind::SupplementAsked(stored) => Event::SupplementAsked {
            step: read_step(&stored.step)?,
            words: stored.words,
            due: read_optional_day("day of a supplement", stored.due_day)?,
            ask: asked::read_ask(stored.offer, stored.payment),
        },
        Kind::DecisionRecorded(stored) => Event::DecisionRecorded {
            step: read_step(&stored.step)?,
            decided: Decided {
                outcome: number::read_outcome("outcome", stored.outcome)?,
                decided_at: CivilTime(stored.decided_civil_ms),
                received_at: read_time(stored.received_civil_ms),
                words: stored.words,
                gives: part::read_values(stored.gives)?,
                number: stored.number,
                valid_from: read_optional_day("first day of a decision", stored.valid_from_day)?,
                valid_to: read_optional_day("last day of a decision", stored.valid_to_day)?,
                appeal_to: stored.appeal_to,
            },
            is_executed: stored.executed,
            is_appealable: stored.appealable,
        },
        Kind::StepCompleted(stored) => Event::StepCompleted {
            step: read_step(&stored.step)?,
            words: stored.words,
            gives: part::read_values(stored.gives)?,
        },
        Kind::ExecutionMoved(stored) => Event::ExecutionMoved {
            step: read_step(&stored.step)?,
            execution: number::read_execution("execution", stored.execution)?,
            interrupted_on: read_optional_day("day of an interruption", stored.interrupted_day)?,
        },
        Kind::AppealMoved(stored) => {
            Event::AppealMoved { step: read_step(&stored.step)?, appeal: number::read_appeal("appeal", stored.appeal)? }
        }
        Kind::StepFailed(stored) => Event::StepFailed {
            step: read_step(&stored.step)?,
            words: stored.words,
            retry_at: read_time(stored.retry_civil_ms),
        },
        Kind::StepUndelivered(stored) => Event::Undelivered {
            step: read_step(&stored.step)?,
            why: number::read_undelivered("why of an undelivered attempt", stored.why)?,
            retry_at: CivilTime(stored.retry_civil_ms),
        },
        Kind::HandedToInbox(stored) => Event::HandedToInbox { step: read_step(&stored.step)? },
        Kind::ReportKept(stored) => {
            Event::ReportKept { step: read_step(&stored.step)?, attempt: Attempt(stored.attempt), what: stored.what }
        }
        Kind::ClockStarted(stored) => Event::ClockStarted {
            step: read_step(&stored.step)?,
            clock: read_slug("clock", &stored.clock)?,
            last_day: read_day("last day of a clock", stored.last_day)?,
            acts_on: read_day("day a clock acts on", stored.acts_on_day)?,
            amounts: asked::read_amounts(stored.amounts)?,
        },
        Kind::ClockMet(stored) => {
            Event::ClockMet { step: read_step(&stored.step)?, clock: read_slug("clock", &stored.clock)? }
        }
        Kind::ClockStopped(stored) => {
            Event::ClockStopped { step: read_step(&stored.step)?, clock: read_slug("clock", &stored.clock)? }
        }
        Kind::ClockPassed(stored) => Event::ClockPassed {
            step: read_step(&stored.step)?,
            clock: read_slug("clock", &stored.clock)?,
            again_on: read_optional_day("day a clock asks again", stored.again_on_day)?,
        },
        Kind::FactReported(stored) => Event::FactReported {
            report: part::read_fact(present("fact", stored.fact)?)?,
            occurrence: read_subject("time of a fact", stored.occurrence)?,
            by: part::read_actor(present("actor of a fact", stored.by)?)?,
        },
        Kind::StepDoneByFact(stored) => Event::StepDoneByFact {
            step: read_step(&stored.step)?,
            agency: read_slug("agency", &stored.agency)?,
            gives: part::read_values(stored.gives)?,
        },
        Kind::StepNotNeeded(stored) => Event::StepNotNeeded {
            step: read_step(&stored.step)?,
            reason: part::read_reason(present("reason", stored.reason)?)?,
        },
        Kind::StepSettled(stored) => {
            Event::StepSettled { step: read_step(&stored.step)?, clock: read_slug("clock", &stored.clock)? }
        }
        Kind::WithdrawalSent(stored) => {
            Event::WithdrawalSent { step: read_step(&stored.step)?, effect_index: stored.effect_index }
        }
        Kind::StepWithdrawn(stored) => Event::StepWithdrawn {
            step: read_step(&stored.step)?,
            reason: part::read_reason(present("reason", stored.reason)?)?,
            words: stored.words,
        },
        Kind::CaseWithdrawn(_) => Event::CaseWithdrawn,
        Kind::CaseEnded(stored) => Event::CaseEnded { end: number::read_end("end", stored.end)? },
        Kind::ContactChanged(stored) => Event::Notice(notice::read_contact_changed(stored)?),
        Kind::NoticeOrdered(stored) => Event::Notice(notice::read_ordered(stored)?),
        Kind::NoticeHeld(stored) => Event::Notice(notice::read_held(stored)?),
        Kind::QuietEnded(stored) => Event::Notice(notice::read_quiet_ended(stored)?),
        Kind::QuietBegun(stored) => Event::Notice(notice::read_quiet_begun(stored)?),
        Kind::QuietSpread(stored) => Event::Notice(notice::read_quiet_spread(stored)?),
        Kind::QuietKept(stored) => Event::Notice(notice::read_quiet_kept(stored)?),
        Kind::NoticeTold(stored) => Event::Notice(notice::read_told(stored)?),
        Kind::EndNeared(stored) => Event::Notice(notice::read_neared(stored)?),
        Kind::DraftNeared(_) => Event::Notice(NoticeEvent::DraftNeared),
        Kind::NoticeWakeSet(stored) => Event::Notice(NoticeEvent::WakeSet { at: stored.at_civil_ms.map(CivilTime) }),
    })
}
