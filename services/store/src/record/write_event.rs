//! Writes events. Every field is named, so that one added to the core does not compile until it is stored.

use super::pb::{self, event::Kind};
use super::scalar::{write_day, write_slug, write_step, write_time};
use super::{asked, notice, number, part};
use livshandelse_core::event::{Decided, Event};

pub(super) fn write_event(event: &Event) -> Kind {
    match event {
        Event::RequestAccepted { id, hash } => {
            Kind::RequestAccepted(pb::RequestAccepted { id: id.0.to_vec(), hash: hash.to_vec() })
        }
        Event::DraftSaved { case, filing, expires_at } => Kind::DraftSaved(pb::DraftSaved {
            case_id: case.0.to_vec(),
            filing: Some(part::write_filed(filing)),
            expires_civil_ms: expires_at.0,
        }),
        Event::DraftExpired => Kind::DraftExpired(pb::DraftExpired {}),
        Event::CaseCreated { case, filing } => {
            Kind::CaseCreated(pb::CaseCreated { case_id: case.0.to_vec(), filing: Some(part::write_filed(filing)) })
        }
        Event::ChildExpected { child } => Kind::ChildExpected(pb::ChildExpected { child: u32::from(child.0) }),
        Event::SubjectKnown { group, subject, municipality } => Kind::SubjectKnown(pb::SubjectKnown {
            group: write_slug(group),
            subject: u32::from(subject.0),
            municipality: municipality.clone(),
        }),
        Event::PartyJoined { party, mandate, input } => Kind::PartyJoined(pb::PartyJoined {
            party: Some(part::write_party(party)),
            mandate: mandate.as_ref().map(asked::write_mandate),
            input: part::write_values(input),
        }),
        Event::StepPlanned { step, is_executed } => {
            Kind::StepPlanned(pb::StepPlanned { step: write_step(step), executed: *is_executed })
        }
        Event::StepOpened { step } => Kind::StepOpened(pb::StepOpened { step: write_step(step) }),
        Event::StepAdded { step } => Kind::StepAdded(pb::StepAdded { step: write_step(step) }),
        Event::InputGiven { step, input, role, is_signature } => Kind::InputGiven(pb::InputGiven {
            step: write_step(step),
            input: part::write_values(input),
            role: number::write_role(*role),
            signature: *is_signature,
        }),
        Event::StepFiled { step, agency, attempt, effect_index, is_received_here, evidence, amounts } => {
            Kind::StepFiled(pb::StepFiled {
                step: write_step(step),
                agency: write_slug(agency),
                attempt: attempt.0,
                effect_index: *effect_index,
                received_here: *is_received_here,
                evidence: part::write_values(evidence),
                amounts: asked::write_amounts(amounts),
            })
        }
        Event::StepRetried { step, attempt, effect_index } => Kind::StepRetried(pb::StepRetried {
            step: write_step(step),
            attempt: attempt.0,
            effect_index: *effect_index,
        }),
        Event::SupplementSent { step, number, effect_index } => Kind::SupplementSent(pb::SupplementSent {
            step: write_step(step),
            number: *number,
            effect_index: *effect_index,
        }),
        Event::Arrived { step, case_number, at } => {
            Kind::Arrived(pb::Arrived { step: write_step(step), case_number: case_number.clone(), at_civil_ms: at.0 })
        }
        Event::ProgressReported { step, words, waits_for_other, delay } => {
            Kind::ProgressReported(pb::ProgressReported {
                step: write_step(step),
                words: words.clone(),
                waits_for_other: *waits_for_other,
                delay: delay.clone(),
            })
        }
        Event::SupplementAsked { step, words, due, ask } => Kind::SupplementAsked(pb::SupplementAsked {
            step: write_step(step),
            words: words.clone(),
            due_day: due.map(write_day),
            offer: ask.is_offer(),
            payment: asked::write_payment(ask),
        }),
        Event::DecisionRecorded { step, decided, is_executed, is_appealable } => {
            let Decided {
                outcome,
                decided_at,
                received_at,
                words,
                gives,
                number: own_number,
                valid_from,
                valid_to,
                appeal_to,
            } = decided;
            Kind::DecisionRecorded(pb::DecisionRecorded {
                step: write_step(step),
                outcome: number::write_outcome(*outcome),
                decided_civil_ms: decided_at.0,
                received_civil_ms: write_time(*received_at),
                words: words.clone(),
                gives: part::write_values(gives),
                executed: *is_executed,
                appealable: *is_appealable,
                number: own_number.clone(),
                valid_from_day: valid_from.map(write_day),
                valid_to_day: valid_to.map(write_day),
                appeal_to: appeal_to.clone(),
            })
        }
        Event::StepCompleted { step, words, gives } => Kind::StepCompleted(pb::StepCompleted {
            step: write_step(step),
            words: words.clone(),
            gives: part::write_values(gives),
        }),
        Event::ExecutionMoved { step, execution, interrupted_on } => Kind::ExecutionMoved(pb::ExecutionMoved {
            step: write_step(step),
            execution: number::write_execution(*execution),
            interrupted_day: interrupted_on.map(write_day),
        }),
        Event::AppealMoved { step, appeal } => {
            Kind::AppealMoved(pb::AppealMoved { step: write_step(step), appeal: number::write_appeal(*appeal) })
        }
        Event::StepFailed { step, words, retry_at } => Kind::StepFailed(pb::StepFailed {
            step: write_step(step),
            words: words.clone(),
            retry_civil_ms: write_time(*retry_at),
        }),
        Event::Undelivered { step, why, retry_at } => Kind::StepUndelivered(pb::StepUndelivered {
            step: write_step(step),
            why: number::write_undelivered(*why),
            retry_civil_ms: retry_at.0,
        }),
        Event::HandedToInbox { step } => Kind::HandedToInbox(pb::HandedToInbox { step: write_step(step) }),
        Event::ReportKept { step, attempt, what } => {
            Kind::ReportKept(pb::ReportKept { step: write_step(step), attempt: attempt.0, what: what.clone() })
        }
        Event::ClockStarted { step, clock, last_day, acts_on, amounts } => Kind::ClockStarted(pb::ClockStarted {
            step: write_step(step),
            clock: write_slug(clock),
            last_day: write_day(*last_day),
            acts_on_day: write_day(*acts_on),
            amounts: asked::write_amounts(amounts),
        }),
        Event::ClockMet { step, clock } => {
            Kind::ClockMet(pb::ClockMet { step: write_step(step), clock: write_slug(clock) })
        }
        Event::ClockStopped { step, clock } => {
            Kind::ClockStopped(pb::ClockStopped { step: write_step(step), clock: write_slug(clock) })
        }
        Event::ClockPassed { step, clock, again_on } => Kind::ClockPassed(pb::ClockPassed {
            step: write_step(step),
            clock: write_slug(clock),
            again_on_day: again_on.map(write_day),
        }),
        Event::FactReported { report, occurrence, by } => Kind::FactReported(pb::FactReported {
            fact: Some(part::write_fact(report)),
            by: Some(part::write_actor(by)),
            occurrence: u32::from(occurrence.0),
        }),
        Event::StepDoneByFact { step, agency, gives } => Kind::StepDoneByFact(pb::StepDoneByFact {
            step: write_step(step),
            agency: write_slug(agency),
            gives: part::write_values(gives),
        }),
        Event::StepNotNeeded { step, reason } => {
            Kind::StepNotNeeded(pb::StepNotNeeded { step: write_step(step), reason: Some(part::write_reason(reason)) })
        }
        Event::StepSettled { step, clock } => {
            Kind::StepSettled(pb::StepSettled { step: write_step(step), clock: write_slug(clock) })
        }
        Event::WithdrawalSent { step, effect_index } => {
            Kind::WithdrawalSent(pb::WithdrawalSent { step: write_step(step), effect_index: *effect_index })
        }
        Event::StepWithdrawn { step, reason, words } => Kind::StepWithdrawn(pb::StepWithdrawn {
            step: write_step(step),
            reason: Some(part::write_reason(reason)),
            words: words.clone(),
        }),
        Event::CaseWithdrawn => Kind::CaseWithdrawn(pb::CaseWithdrawn {}),
        Event::CaseEnded { end } => Kind::CaseEnded(pb::CaseEnded { end: number::write_end(*end) }),
        Event::Notice(event) => notice::write_notice(event),
    }
}
