//! One step as its reader may see it.

use super::Sight;
use super::amount::{self, Filling};
use super::headline::end_of;
use crate::convert::time::{date, timestamp};
use crate::convert::word::Word as _;
use crate::name;
use livshandelse_core::case::{Ask, Reason, Stage, Step, StepState};
use livshandelse_core::decide::missing_fields;
use livshandelse_core::definition::{Reception, Role, StepDefinition, StepKind, Withdrawal};
use livshandelse_core::id::Slug;
use livshandelse_core::registry::Unit;
use livshandelse_core::status;
use livshandelse_proto::v1 as pb;

impl Sight<'_> {
    /// What the step's agency was sent of the applicant's documents: hers alone to see.
    fn attachments(&self, step: &Step) -> Vec<String> {
        let sent = step.documents.iter().filter(|_| self.is_whole() && self.is_stored);
        sent.map(|id| name::attachment(self.case.id, *id)).collect()
    }

    /// A step of the case. One that its definition does not know is shown by its name alone.
    pub(crate) fn step(&self, step: &Step) -> pb::Step {
        let name = self.step_name(&step.id);
        let Some(definition) = self.definition.step(&step.id.slug) else {
            return pb::Step { name, slug: step.id.slug.to_string(), ..pb::Step::default() };
        };
        let is_decided = step.decided_at.is_some();
        let words = step.words.as_deref().unwrap_or_default().to_owned();
        let terms = step.decision.as_deref().cloned().unwrap_or_default();
        let filling = self.filling(definition, step);
        let agency = self.agency(step);
        let privacy = self.privacy(definition, &agency.display_name, &filling);
        let reception = self.definition.agency(&definition.agency).map(|agency| agency.reception);
        pb::Step {
            name,
            slug: step.id.slug.to_string(),
            title: self.title(&step.id),
            kind: definition.kind.number(),
            agency: Some(agency),
            subject: self.subject_of(definition, step),
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
            appeal_instruction: terms.appeal_to.unwrap_or_default(),
            appeal_route: definition.appeal_route.number(),
            executable_date: None,
            valid_from_date: terms.valid_from.map(date),
            valid_to_date: terms.valid_to.map(date),
            attachments: self.attachments(step),
            gives: (!step.gives.is_empty()).then(|| self.values(&step.gives)),
            clocks: self.clocks(definition, step),
            needs: self.needs(definition, step),
            form: definition.form.as_ref().map(|form| form.slug.to_string()).unwrap_or_default(),
            missing_fields: self.missing(definition, step),
            supplement: self.supplement(definition, step),
            legal_basis: definition.legal_basis.clone(),
            fee: self.fee(definition, step, &filling),
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
            amounts: self.amounts(definition, step),
            decision_number: terms.number.unwrap_or_default(),
            mandates: definition.mandates.iter().map(|kind| kind.number()).collect(),
            interrupt_date: step.interrupted_on.map(date),
        }
    }

    fn subject_of(&self, definition: &StepDefinition, step: &Step) -> Option<pb::Subject> {
        let subject = step.id.subject;
        let group = definition.for_each.as_ref().filter(|_| !subject.is_whole())?;
        let places = self.case.subjects.get(group);
        let place = places.and_then(|places| places.get(usize::from(subject.0) - 1)?.as_deref());
        Some(self.subject(group, subject.0, place))
    }

    /// What a step costs. Its amount is known beforehand where paying is all there is to it.
    fn fee(&self, definition: &StepDefinition, step: &Step, filling: &Filling) -> Option<pb::Fee> {
        if definition.fee.is_empty() {
            return None;
        }
        let is_payment = definition.kind == StepKind::Pay;
        let amounts = self.amounts_of(definition, step);
        let amount = amount::fee_of(&amounts).filter(|_| is_payment);
        let municipality =
            (!self.is_masked(&definition.agency)).then(|| self.case.municipality_of(definition, step.id.subject));
        let source = amounts
            .iter()
            .find(|used| amount.is_some() && used.found.is_some_and(|found| found.unit == Unit::Ore))
            .map(|used| amount::shown(self.voice, self.registry, municipality, used).source);
        Some(pb::Fee {
            text: filling.say(self.voice, &format!("step-{}-fee", definition.slug), &[]),
            amount,
            paid_first: is_payment,
            source: source.unwrap_or_default(),
        })
    }

    fn privacy(&self, definition: &StepDefinition, controller: &str, filling: &Filling) -> pb::PrivacyInformation {
        pb::PrivacyInformation {
            controller: controller.to_owned(),
            purpose: filling.say(self.voice, &format!("step-{}-what", definition.slug), &[]),
            ground: definition.privacy.ground.clone(),
            recipients: definition.privacy.recipients.clone(),
            retention: definition.retention.to_string(),
        }
    }

    /// Fields still to be filled in, while the step can be filled in.
    fn missing(&self, definition: &StepDefinition, step: &Step) -> Vec<pb::MissingField> {
        let fills = self
            .acts_as(&step.id)
            .is_some_and(|role| role == definition.filer() || definition.signed_by.contains(&role));
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

    /// Whether what the agency asks is the reader's to know: whose case it is, and who acts in the step.
    pub(super) fn is_asked(&self, definition: &StepDefinition, step: &Step) -> bool {
        self.is_whole() || self.acts_as(&step.id) == Some(definition.filer())
    }

    fn supplement(&self, definition: &StepDefinition, step: &Step) -> Option<pb::Supplement> {
        let asked = step.asked.as_ref().filter(|_| self.is_asked(definition, step))?;
        let payment = match &asked.ask {
            Ask::Supplement | Ask::Offer => None,
            Ask::Payment { link, amount, reference } => Some(pb::Payment {
                link: link.clone(),
                amount: Some(pb::Money { currency_code: "SEK".to_owned(), minor_units: *amount }),
                reference: reference.clone(),
            }),
        };
        Some(pb::Supplement {
            number: step.supplements + 1,
            text: asked.words.to_string(),
            respond_by_date: asked.due.map(date),
            offer: asked.ask.is_offer(),
            payment,
            request_time: Some(timestamp(step.as_of)),
            ..pb::Supplement::default()
        })
    }

    fn is_open_here(&self) -> bool {
        self.is_stored && self.case.stage == Stage::Open
    }

    fn is_addable(&self, step: &Step) -> bool {
        self.is_open_here() && self.is_own(step) && status::can_add(step)
    }

    fn is_withdrawable_step(&self, definition: &StepDefinition, step: &Step) -> bool {
        let goes_on = definition.withdrawal == Withdrawal::GoesOn;
        let is_automatic = definition.kind == StepKind::Automatic;
        let is_bound = (goes_on && (step.state.is_under_way() || is_automatic)) || definition.done_by.is_some();
        self.is_open_here()
            && self.is_own(step)
            && !step.state.is_over()
            && !step.is_withdrawing
            && !is_bound
            && definition.kind != StepKind::Information
    }

    /// Whether a step is the reader's to take up or withdraw: the applicant's, or a helper's own.
    fn is_own(&self, step: &Step) -> bool {
        matches!(self.acts_as(&step.id), Some(Role::Applicant | Role::Helper))
    }

    fn is_answerable(&self, definition: &StepDefinition, step: &Step) -> bool {
        if !self.is_open_here() {
            return false;
        }
        let Some(role) = self.acts_as(&step.id) else { return false };
        let is_filer = role == definition.filer();
        let is_signer = definition.signed_by.contains(&role);
        let is_unsigned = is_signer && !step.signed_by.contains(&role);
        match step.state {
            // A fee is paid to the agency, not answered here.
            StepState::WaitingForApplicant => {
                is_filer && !step.asked.as_ref().is_some_and(|asked| asked.ask.is_payment())
            }
            StepState::Ready | StepState::Draft => {
                let fills = is_filer && (definition.form.is_some() || definition.kind == StepKind::External);
                let approver = status::approver(self.case, definition);
                let approves = role == approver && self.case.is_protected() && !step.signed_by.contains(&approver);
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
