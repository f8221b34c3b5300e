//! What people give: forms, signatures, supplements, answers to offers; and steps they take up themselves.

use super::{Rejection, Sitting};
use crate::case::StepState;
use crate::command::Actor;
use crate::definition::{Role, StepDefinition, StepKind};
use crate::effect::Effect;
use crate::event::Event;
use crate::form::{Field, FieldKind, Form, WrongField};
use crate::id::{Slug, StepId};
use crate::status::{approver, can_add};
use crate::value::Values;

/// Characters at the most in a free answer to an agency's question.
const ANSWER_LENGTH_MAX: usize = 4_000;

impl Sitting<'_> {
    pub(super) fn submit_input(&mut self, id: &StepId, input: &Values) -> Result<(), Rejection> {
        let role = self.acting_in(id)?;
        let (definition, step) = self.step(id)?;
        let state = step.state;
        match state {
            StepState::Ready | StepState::Draft => self.fill(id, definition, role, input),
            StepState::WaitingForApplicant => self.supplement(id, definition, role, input),
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
            | StepState::Unknown => Err(Rejection::NotAsked { step: id.clone(), state }),
        }
    }

    fn fill(&mut self, id: &StepId, definition: &StepDefinition, role: Role, input: &Values) -> Result<(), Rejection> {
        let (_, step) = self.step(id)?;
        let is_signer = definition.signed_by.contains(&role);
        let asks_nobody = !definition.asks_someone() && definition.kind != StepKind::External;
        let is_approval = role == approver(&self.case, definition) && self.case.is_protected();
        if (definition.kind == StepKind::Information || asks_nobody) && !is_approval {
            return Err(Rejection::NotAsked { step: id.clone(), state: step.state });
        }
        if is_signer && step.signed_by.contains(&role) && input.is_empty() {
            return Err(Rejection::NotAsked { step: id.clone(), state: step.state });
        }
        let mut wrong = check(definition.form.as_ref(), input);
        if let Some(form) = &definition.form {
            wrong.extend(form.unknown_places("input", input, self.facts.registry));
        }
        let mut together = (*step.input).clone();
        together.extend(input.clone());
        if let Some(form) = &definition.form
            && (role == Role::Applicant || role == definition.filer())
        {
            let mut filled = step.clone();
            filled.input = std::sync::Arc::new(together);
            for field in super::missing_fields(&self.case, definition, &filled) {
                wrong.push(WrongField {
                    path: format!("input.{field}"),
                    problem: "required and not given".to_owned(),
                    remedy: format!("give it a value; form `{}` says what it takes", form.slug),
                });
            }
        }
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        let is_signature = is_signer || is_approval;
        self.record(Event::InputGiven { step: id.clone(), input: input.clone(), role, is_signature });
        Ok(())
    }

    fn supplement(
        &mut self,
        id: &StepId,
        definition: &StepDefinition,
        role: Role,
        input: &Values,
    ) -> Result<(), Rejection> {
        let (_, step) = self.step(id)?;
        if step.asked.as_ref().is_some_and(|asked| asked.ask.is_payment()) {
            // Nothing we pass on ends it: the agency tells when it is paid.
            return Err(Rejection::NotAsked { step: id.clone(), state: step.state });
        }
        let is_offer = step.asked.as_ref().is_some_and(|asked| asked.ask.is_offer());
        let number = step.supplements + 1;
        let (Some(task), Some(agency)) = (step.task, step.agency.clone()) else {
            return Err(Rejection::NotFiled { step: id.clone() });
        };
        let form = supplement_form(definition, is_offer);
        let mut wrong = form.check("input", input, is_offer);
        wrong.extend(form.unknown_places("input", input, self.facts.registry));
        if input.is_empty() && wrong.is_empty() {
            wrong.push(WrongField {
                path: "input".to_owned(),
                problem: "nothing is given".to_owned(),
                remedy: "answer in field `answer`, or correct a field of the form".to_owned(),
            });
        }
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        self.record(Event::InputGiven { step: id.clone(), input: input.clone(), role, is_signature: false });
        let effect_index = self.order(Effect::PerformStep {
            step: id.clone(),
            agency,
            attempt: task.attempt,
            supplement_number: number,
        });
        self.record(Event::SupplementSent { step: id.clone(), number, effect_index });
        Ok(())
    }

    pub(super) fn add_step(&mut self, id: &StepId) -> Result<(), Rejection> {
        self.require_own(id)?;
        let (_, step) = self.step(id)?;
        if !can_add(step) || self.case.withdrawn_at.is_some() {
            return Err(Rejection::NotAddable { step: id.clone(), state: step.state });
        }
        self.record(Event::StepAdded { step: id.clone() });
        Ok(())
    }

    /// Only the agency that has a step may speak of it. One that has none does not learn that the case exists (I6).
    pub(super) fn require_agency_of(&self, id: &StepId) -> Result<(), Rejection> {
        if let Actor::Agency(caller) = self.actor
            && !self.case.steps.iter().any(|step| step.agency.as_ref() == Some(caller))
        {
            return Err(Rejection::NoSuchCase);
        }
        let (_, step) = self.step(id)?;
        match (&step.agency, self.actor) {
            (Some(owner), Actor::Agency(caller)) if owner == caller => Ok(()),
            (None, Actor::Agency(_)) => Err(Rejection::NotFiled { step: id.clone() }),
            (_, _) => Err(Rejection::not_yours(self.actor, format!("step {id}"))),
        }
    }
}

fn check(form: Option<&Form>, input: &Values) -> Vec<WrongField> {
    match form {
        Some(form) => form.check("input", input, false),
        None => input
            .keys()
            .map(|field| WrongField {
                path: format!("input.{field}"),
                problem: "the step has no form".to_owned(),
                remedy: "send an empty input to sign or approve".to_owned(),
            })
            .collect(),
    }
}

/// What may be answered to an agency: the step's own fields again, a free answer, and yes or no to an offer.
fn supplement_form(definition: &StepDefinition, is_offer: bool) -> Form {
    let mut fields: Vec<Field> = definition.form.iter().flat_map(|form| form.fields.clone()).collect();
    for field in &mut fields {
        field.is_required = false;
    }
    let mut add = |name: &str, kind: FieldKind, is_required: bool| {
        if let Ok(slug) = Slug::new(name) {
            fields.push(Field { slug, kind, is_required, evidence: None, asked_of: None });
        }
    };
    add("answer", FieldKind::Text { length_max: ANSWER_LENGTH_MAX }, false);
    if is_offer {
        add("accept", FieldKind::Flag, true);
    }
    let slug = definition.form.as_ref().map_or_else(|| definition.slug.clone(), |form| form.slug.clone());
    Form { slug, fields }
}
