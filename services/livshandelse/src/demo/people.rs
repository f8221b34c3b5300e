//! What people do when their story does not say: they answer what they are asked.

use crate::demo::story::timestamp;
use jiff::civil::Date;
use livshandelse_core::definition::{Definition, Role};
use livshandelse_core::form::{Field, FieldKind};
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::{Case, Step, StepKind, StepState, Turn};
use serde_json::{Map, Value, json};

/// Days that people take before they answer what the story is silent about.
pub(crate) const PATIENCE_DAYS: i64 = 2;

/// Something that somebody has to answer.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The step.
    pub(crate) step: StepId,
    /// Who.
    pub(crate) role: Role,
    /// When they get round to it.
    pub(crate) at: CivilTime,
    /// The open supplement; 0 for the step's own form.
    pub(crate) supplement: u32,
    /// What they answer.
    pub(crate) values: Map<String, Value>,
}

/// What waits for a person in a case: what an agency asks to have added, and mandatory steps. What is optional, people
/// leave unless their story says otherwise.
pub(crate) fn asked(case: &Case, definition: &Definition, now: CivilTime) -> Vec<Asked> {
    case.steps.iter().filter_map(|step| ask(step, definition, now)).collect()
}

fn ask(step: &Step, definition: &Definition, now: CivilTime) -> Option<Asked> {
    let is_open = match step.state() {
        StepState::WaitingForApplicant => true,
        StepState::Ready | StepState::Draft => step.mandatory && step.kind() != StepKind::Information,
        _ => false,
    };
    let role = match step.turn() {
        Turn::Applicant => Role::Applicant,
        Turn::CoParty => Role::CoParty,
        Turn::Unspecified | Turn::Agency | Turn::OtherAgency | Turn::Nobody => return None,
    };
    if !is_open {
        return None;
    }
    let id: StepId = step.name.rsplit('/').next()?.parse().ok()?;
    let since = step.as_of_time.map_or(now, |time| CivilTime(time.seconds * 1000));
    let at = CivilTime::noon(since.date()).plus_hours(24 * PATIENCE_DAYS);
    let supplement = step.supplement.as_ref().map_or(0, |supplement| supplement.number);
    let values = if supplement > 0 {
        Map::from_iter([("answer".to_owned(), json!("Här kommer det ni bad om."))])
    } else {
        let form = definition.step(&id.slug).and_then(|step| step.form.as_ref());
        let fields = form.map(|form| form.fields.as_slice()).unwrap_or_default();
        let wanted = |field: &&Field| {
            field.is_required
                && (step.missing_fields.is_empty()
                    || step.missing_fields.iter().any(|missing| missing.field == field.slug.as_str()))
        };
        fitting(fields.iter().filter(wanted), now.date())
    };
    Some(Asked { step: id, role, at, supplement, values })
}

/// The values to answer an offer with: yes.
pub(crate) fn yes() -> Map<String, Value> {
    Map::from_iter([("accept".to_owned(), json!(true))])
}

/// Values that fit fields: what somebody might have answered on a day.
pub(crate) fn fitting<'a>(fields: impl Iterator<Item = &'a Field>, today: Date) -> Map<String, Value> {
    fields.map(|field| (field.slug.to_string(), value(&field.kind, today))).collect()
}

/// A value that a field takes.
fn value(kind: &FieldKind, today: Date) -> Value {
    match kind {
        FieldKind::Flag => json!(true),
        FieldKind::Number { min, .. } => json!(min),
        FieldKind::Text { length_max } => json!("Enligt ansökan".chars().take(*length_max).collect::<String>()),
        FieldKind::Choice(choices) => json!(choices.first()),
        FieldKind::Day => json!(today.to_string()),
        FieldKind::Party => Value::Null,
    }
}

/// Whether something has been asked for so long that people have got round to it.
pub(crate) fn is_due(asked: &Asked, now: CivilTime) -> bool {
    timestamp(asked.at).seconds <= timestamp(now).seconds
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use livshandelse_workflows::{Bundle, values_from_json};

    #[test]
    fn what_people_answer_fits_every_form_of_the_life_event() {
        let bundle = Bundle::embedded("first-child").unwrap();
        let today = date(2026, 3, 6);
        for definition in bundle.definition.steps() {
            let Some(form) = &definition.form else { continue };
            let step = Step {
                name: format!("cases/case_x/steps/{}", definition.slug),
                mandatory: true,
                state: StepState::Ready.into(),
                turn: Turn::Applicant.into(),
                ..Step::default()
            };
            let asked = ask(&step, &bundle.definition, CivilTime::noon(today)).unwrap();
            let values = values_from_json(form, "input", &asked.values, &|_| Err("nobody".to_owned())).unwrap();
            assert_eq!(form.check("input", &values, true), [], "{}", definition.slug);
        }
    }

    #[test]
    fn people_leave_what_is_optional_and_what_is_another_s_turn() {
        let bundle = Bundle::embedded("first-child").unwrap();
        let ready = Step {
            name: "cases/case_x/steps/name.1".to_owned(),
            mandatory: true,
            state: StepState::Ready.into(),
            turn: Turn::Applicant.into(),
            ..Step::default()
        };
        let is_asked = |step: &Step| ask(step, &bundle.definition, CivilTime(0)).is_some();
        assert!(is_asked(&ready));
        assert!(!is_asked(&Step { mandatory: false, ..ready.clone() }));
        assert!(!is_asked(&Step { turn: Turn::Agency.into(), ..ready }));
    }
}
