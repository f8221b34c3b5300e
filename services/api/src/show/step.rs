//! One step as its reader may see it.

use super::Sight;
use super::headline::end_of;
use crate::convert::time::{date, timestamp};
use crate::convert::value::to_struct;
use crate::convert::word::Word as _;
use livshandelse_core::case::{Reason, Stage, Step, StepState};
use livshandelse_core::decide::missing_fields;
use livshandelse_core::definition::{Reception, Role, StepDefinition, StepKind, Withdrawal};
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::status::{self, View};
use livshandelse_proto::v1 as pb;

impl Sight<'_> {
    /// A step of the case. One that its definition does not know is shown by its name alone.
    pub(crate) fn step(&self, step: &Step) -> pb::Step {
        let name = self.step_name(&step.id);
        let Some(definition) = self.definition.step(&step.id.slug) else {
            return pb::Step { name, slug: step.id.slug.to_string(), ..pb::Step::default() };
        };
        let is_decided = step.decided_at.is_some();
        let words = step.words.as_deref().unwrap_or_default().to_owned();
        let agency = self.agency(step);
        let privacy = self.privacy(definition, &agency.display_name);
        let reception = self.definition.agency(&definition.agency).map(|agency| agency.reception);
        pb::Step {
            name,
            slug: step.id.slug.to_string(),
            title: self.title(&step.id),
            kind: definition.kind.number(),
            agency: Some(agency),
            subject: self.subject(step),
            mandatory: definition.is_mandatory,
            state: step.state.number(),
            turn: status::turn_of(self.definition, self.case, step).number(),
            outcome: step.outcome.number(),
            appeal_state: if is_decided { step.appeal.number() } else { 0 },
            execution_state: if is_decided { step.execution.number() } else { 0 },
            reason: self.reason(definition, step),
            source: source(definition, step).into(),
            as_of_time: Some(timestamp(step.as_of)),
            stale: status::is_stale(step, self.now),
            agency_words: words.clone(),
            agency_case_number: step.case_number.as_deref().unwrap_or_default().to_owned(),
            submit_time: step.filed_at.map(timestamp),
            arrive_time: step.arrived_at.map(timestamp),
            arrival_is_here: reception == Some(Reception::Here),
            decide_time: step.decided_at.map(timestamp),
            receive_time: step.received_at.map(timestamp),
            decision_text: if is_decided { words } else { String::new() },
            appeal_instruction: String::new(),
            appeal_route: definition.appeal_route.number(),
            executable_date: None,
            valid_from_date: None,
            valid_to_date: None,
            gives: (!step.gives.is_empty()).then(|| to_struct(&step.gives, &|id: PartyId| id.to_string())),
            clocks: self.clocks(definition, step),
            needs: self.needs(definition, step),
            form: definition.form.as_ref().map(|form| form.slug.to_string()).unwrap_or_default(),
            missing_fields: self.missing(definition, step),
            supplement: self.supplement(step),
            legal_basis: definition.legal_basis.clone(),
            fee: self.fee(definition),
            privacy_information: Some(privacy),
            next_text: self.next_text(step),
            next_time: self.day_of(step).map(|day| timestamp(end_of(day))),
            attempt: step.task.map_or(0, |task| task.attempt.0),
            incident_open: step.incident.is_some(),
            addable: self.is_addable(step),
            withdrawable: self.is_withdrawable_step(definition, step),
            answerable: self.is_answerable(definition, step),
            withdrawal_requested: step.is_withdrawing,
            expected_decide_date: None,
            delay_reason: String::new(),
        }
    }

    fn subject(&self, step: &Step) -> Option<pb::Subject> {
        (!step.id.subject.is_whole()).then(|| pb::Subject {
            kind: "child".to_owned(),
            number: u32::from(step.id.subject.0),
            label: self.child_label(step.id.subject.0),
        })
    }

    /// What a step costs.
    pub(super) fn fee(&self, definition: &StepDefinition) -> Option<pb::Fee> {
        (!definition.fee.is_empty()).then(|| pb::Fee {
            text: self.voice.say(&format!("step-{}-fee", definition.slug), &[]),
            amount: None,
            paid_first: definition.kind == StepKind::Pay,
            source: String::new(),
        })
    }

    fn privacy(&self, definition: &StepDefinition, controller: &str) -> pb::PrivacyInformation {
        pb::PrivacyInformation {
            controller: controller.to_owned(),
            purpose: self.voice.say(&format!("step-{}-what", definition.slug), &[]),
            ground: definition.privacy.ground.clone(),
            recipients: definition.privacy.recipients.clone(),
            retention: definition.retention.to_string(),
        }
    }

    /// Fields still to be filled in, while the step can be filled in.
    fn missing(&self, definition: &StepDefinition, step: &Step) -> Vec<pb::MissingField> {
        let fills = match self.view {
            View::Whole => true,
            View::Of(role) => definition.signed_by.contains(&role),
        };
        let Some(form) = definition.form.as_ref().filter(|_| fills) else { return Vec::new() };
        if !matches!(step.state, StepState::Ready | StepState::Draft) {
            return Vec::new();
        }
        let missing = missing_fields(self.case, definition, step).into_iter().map(|field: Slug| pb::MissingField {
            text: self.voice.say(&format!("form-{}-{field}", form.slug), &[]),
            field: field.to_string(),
            holds_back: true,
        });
        missing.collect()
    }

    fn supplement(&self, step: &Step) -> Option<pb::Supplement> {
        let asked = step.asked.as_ref().filter(|_| self.is_whole())?;
        Some(pb::Supplement {
            number: step.supplements + 1,
            text: asked.words.to_string(),
            respond_by_date: asked.due.map(date),
            offer: asked.is_offer,
            request_time: Some(timestamp(step.as_of)),
            ..pb::Supplement::default()
        })
    }

    fn is_open_here(&self) -> bool {
        self.is_stored && self.case.stage == Stage::Open
    }

    fn is_addable(&self, step: &Step) -> bool {
        self.is_open_here() && self.is_whole() && status::can_add(step)
    }

    fn is_withdrawable_step(&self, definition: &StepDefinition, step: &Step) -> bool {
        let goes_on = definition.withdrawal == Withdrawal::GoesOn;
        let is_automatic = definition.kind == StepKind::Automatic;
        let is_bound = (goes_on && (step.state.is_under_way() || is_automatic)) || definition.done_by.is_some();
        self.is_open_here()
            && self.is_whole()
            && !step.state.is_over()
            && !step.is_withdrawing
            && !is_bound
            && definition.kind != StepKind::Information
    }

    fn is_answerable(&self, definition: &StepDefinition, step: &Step) -> bool {
        if !self.is_open_here() {
            return false;
        }
        let role = match self.view {
            View::Whole => Role::Applicant,
            View::Of(role) => role,
        };
        let is_signer = definition.signed_by.contains(&role);
        let is_unsigned = is_signer && !step.signed_by.contains(&role);
        match step.state {
            StepState::WaitingForApplicant => self.is_whole(),
            StepState::Ready | StepState::Draft => {
                let fills = self.is_whole() && (definition.form.is_some() || definition.kind == StepKind::External);
                let approves =
                    self.is_whole() && self.case.is_protected() && !step.signed_by.contains(&Role::Applicant);
                definition.kind != StepKind::Information
                    && definition.done_by.is_none()
                    && (is_unsigned || fills || approves)
            }
            StepState::Blocked
            | StepState::Submitted
            | StepState::Received
            | StepState::InProgress
            | StepState::WaitingForOther
            | StepState::Decided
            | StepState::InExecution
            | StepState::Done
            | StepState::Withdrawn
            | StepState::NotNeeded
            | StepState::FailedDelivery
            | StepState::Unknown => false,
        }
    }
}

/// Who said what the status shows.
fn source(definition: &StepDefinition, step: &Step) -> pb::StatusSource {
    match &step.reason {
        Some(Reason::ClockEnded(_) | Reason::Settled(_)) => return pb::StatusSource::Clock,
        Some(Reason::FactEnded(_) | Reason::NeedGone(_)) => return pb::StatusSource::Fact,
        Some(Reason::Condition | Reason::WithdrawnUnsent | Reason::CaseWithdrawn | Reason::Undelivered(_)) => {
            return pb::StatusSource::Case;
        }
        Some(Reason::WithdrawnAndClosed | Reason::AgencyFailed) => return pb::StatusSource::Agency,
        None => {}
    }
    if definition.done_by.is_some() && step.state.is_over() {
        return pb::StatusSource::Fact;
    }
    match step.state {
        StepState::Blocked
        | StepState::Ready
        | StepState::Draft
        | StepState::Submitted
        | StepState::Withdrawn
        | StepState::NotNeeded
        | StepState::FailedDelivery
        | StepState::Unknown => pb::StatusSource::Case,
        StepState::Received
        | StepState::InProgress
        | StepState::WaitingForApplicant
        | StepState::WaitingForOther
        | StepState::Decided
        | StepState::InExecution
        | StepState::Done => pb::StatusSource::Agency,
    }
}
