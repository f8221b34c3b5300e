//! What people do when their story does not say: they answer what they are asked.

use crate::demo::story::timestamp;
use jiff::civil::Date;
use livshandelse_core::definition::{Definition, Members, Role, StepDefinition};
use livshandelse_core::form::{Field, FieldKind};
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::{Case, Step, StepKind, StepState, Turn};
use livshandelse_workflows::sample::Who;
use serde_json::{Map, Value, json};

/// Days that people take before they answer what the story is silent about.
pub(crate) const PATIENCE_DAYS: i64 = 2;

/// Something that somebody has to answer.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The step.
    pub(crate) step: StepId,
    /// Who.
    pub(crate) who: Who,
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
    case.steps.iter().flat_map(|step| ask(step, &case.municipality_code, definition, now)).collect()
}

fn ask(step: &Step, municipality: &str, definition: &Definition, now: CivilTime) -> Vec<Asked> {
    let Some(id) = step.name.rsplit('/').next().and_then(|text| text.parse::<StepId>().ok()) else { return Vec::new() };
    let who = definition.step(&id.slug).map(|known| actors(step.turn(), known, definition, &id)).unwrap_or_default();
    who.into_iter().filter_map(|who| ask_one(step, &id, who, municipality, definition, now)).collect()
}

/// Whose turn it may be: of a step that several sign, each of them is tried.
fn actors(turn: Turn, known: &StepDefinition, definition: &Definition, id: &StepId) -> Vec<Who> {
    let group = definition.group_of(known).map(|group| &group.members);
    let who = |role: Role| match group {
        Some(Members::Parties(of)) if *of == role => Who { role, number: usize::from(id.subject.0.max(1)) },
        Some(Members::Parties(_) | Members::Counted(_) | Members::Times { .. }) | None => Who { role, number: 1 },
    };
    match turn {
        Turn::Applicant => vec![who(Role::Applicant)],
        Turn::Helper => vec![who(Role::Helper)],
        Turn::CoParty => {
            let others = known.signed_by.iter().filter(|role| !matches!(role, Role::Applicant | Role::Helper));
            others.map(|role| who(*role)).collect()
        }
        Turn::Unspecified | Turn::Agency | Turn::OtherAgency | Turn::Nobody => Vec::new(),
    }
}

fn ask_one(
    step: &Step,
    id: &StepId,
    who: Who,
    municipality: &str,
    definition: &Definition,
    now: CivilTime,
) -> Option<Asked> {
    let is_open = match step.state() {
        StepState::WaitingForApplicant => true,
        StepState::Ready | StepState::Draft => step.mandatory && step.kind() != StepKind::Information,
        _ => false,
    };
    // A fee is paid to the agency, which tells when it has been.
    let is_fee = step.supplement.as_ref().is_some_and(|supplement| supplement.payment.is_some());
    if !is_open || is_fee {
        return None;
    }
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
        fitting(fields.iter().filter(wanted), now.date(), municipality)
    };
    Some(Asked { step: id.clone(), who, at, supplement, values })
}

/// The values to answer an offer with: yes.
pub(crate) fn yes() -> Map<String, Value> {
    Map::from_iter([("accept".to_owned(), json!(true))])
}

/// Values that fit fields: what somebody might have answered on a day, in a municipality.
pub(crate) fn fitting<'a>(
    fields: impl Iterator<Item = &'a Field>,
    today: Date,
    municipality: &str,
) -> Map<String, Value> {
    fields.map(|field| (field.slug.to_string(), value(&field.kind, today, municipality))).collect()
}

/// A value that a field takes.
fn value(kind: &FieldKind, today: Date, municipality: &str) -> Value {
    match kind {
        FieldKind::Flag => json!(true),
        FieldKind::Number { min, .. } => json!(min),
        FieldKind::Text { length_max } => json!("Enligt ansökan".chars().take(*length_max).collect::<String>()),
        FieldKind::Choice(choices) => json!(choices.first()),
        FieldKind::Day => json!(today.to_string()),
        FieldKind::Party => Value::Null,
        FieldKind::Municipality => json!(municipality),
        // Whoever has a document adds it first.
        FieldKind::Document(_) => Value::Null,
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
    use livshandelse_proto::v1::{Payment, Supplement};
    use livshandelse_workflows::{Bundle, values_from_json};

    fn is_somebodys(kind: &FieldKind) -> bool {
        matches!(kind, FieldKind::Party | FieldKind::Document(_))
    }

    #[test]
    fn what_people_answer_fits_every_form_of_the_life_event() {
        let today = date(2026, 3, 6);
        for name in Bundle::embedded_names() {
            let bundle = Bundle::embedded(name).unwrap();
            for definition in bundle.definition.steps() {
                let Some(form) = &definition.form else { continue };
                let step = Step {
                    name: format!("cases/case_x/steps/{}", definition.slug),
                    mandatory: true,
                    state: StepState::Ready.into(),
                    turn: Turn::Applicant.into(),
                    ..Step::default()
                };
                let asked = ask(&step, "0580", &bundle.definition, CivilTime::noon(today)).remove(0);
                let values =
                    values_from_json(form, "input", &asked.values, &|_: &str| Err("nobody".to_owned())).unwrap();
                // Whom a field names, and which document, is nobody's to invent.
                let wrong = form.check("input", &values, true);
                let is_person = |path: &str| {
                    form.fields
                        .iter()
                        .any(|field| is_somebodys(&field.kind) && path.ends_with(&format!(".{}", field.slug)))
                };
                let wrong: Vec<_> = wrong.into_iter().filter(|field| !is_person(&field.path)).collect();
                assert_eq!(wrong, [], "{name} {}", definition.slug);
            }
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
        let is_asked = |step: &Step| !ask(step, "0580", &bundle.definition, CivilTime(0)).is_empty();
        assert!(is_asked(&ready));
        assert!(!is_asked(&Step { mandatory: false, ..ready.clone() }));
        let fee = Supplement { number: 1, payment: Some(Payment::default()), ..Supplement::default() };
        let waiting = StepState::WaitingForApplicant.into();
        assert!(!is_asked(&Step { state: waiting, supplement: Some(fee), ..ready.clone() }));
        assert!(!is_asked(&Step { turn: Turn::Agency.into(), ..ready }));
    }
}
