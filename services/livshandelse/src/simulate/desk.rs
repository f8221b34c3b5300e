//! Agencies that say yes: how long each takes, and what it says then.

use livshandelse_core::calendar::Period;
use livshandelse_core::case::{Ask, Case, Outcome, Step, StepState};
use livshandelse_core::command::Report;
use livshandelse_core::definition::{AppealRoute, Definition, StepDefinition, StepKind};
use livshandelse_core::event::Decided;
use livshandelse_core::id::{Attempt, Slug, StepId};
use livshandelse_core::registry::Unit;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_workflows::{Sample, registry};

/// Days that an agency takes which decides something, when its sample does not say.
const DECIDING_DAYS: i32 = 14;
/// Days that one takes which only registers.
const REGISTERING_DAYS: i32 = 3;
/// What is asked for, in öre, where the reference data does not say.
const AMOUNT_USUAL: i64 = 100_000;
/// Days from a decision until it is carried out.
const CARRYING_OUT_DAYS: i32 = 14;

/// Something on an agency's desk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Paper {
    /// When it is dealt with.
    pub(super) at: CivilTime,
    /// The step.
    pub(super) step: StepId,
    /// The attempt.
    pub(super) attempt: Attempt,
    /// Whose desk.
    pub(super) agency: Slug,
    /// Whether it is a withdrawal.
    pub(super) is_cancel: bool,
}

/// How long an agency takes with a step: as the sample says of the agency, or what is usual for such a step.
pub(super) fn patience(sample: &Sample, agency: &Slug, step: &StepDefinition) -> Period {
    if step.kind == StepKind::Pay {
        // What is to be paid is asked for at once, however long the matter takes.
        return Period::days(REGISTERING_DAYS);
    }
    let said = sample.agencies.get(agency.as_str()).and_then(|settings| settings.get("latency")?.as_str());
    let said = said.and_then(|text| {
        let (count, unit) = text.split_once(' ')?;
        let count: i32 = count.parse().ok().filter(|count| (0..=36_600).contains(count))?;
        match unit.trim_end_matches('s') {
            "day" => Some(Period::days(count)),
            "week" => Some(Period::weeks(count.min(5_200))),
            "month" => Some(Period::months(count.min(1_200))),
            _ => None,
        }
    });
    said.unwrap_or(Period::days(if decides(step) { DECIDING_DAYS } else { REGISTERING_DAYS }))
}

/// How long it takes until a decision is carried out.
pub(super) fn carrying_out() -> Period {
    Period::days(CARRYING_OUT_DAYS)
}

/// What an agency that says yes says of a step of a case now; `None` when it has nothing to say.
pub(super) fn answer(
    definition: &Definition,
    case: &Case,
    known: &StepDefinition,
    step: &Step,
    now: CivilTime,
) -> Option<Report> {
    let place = case.municipality_of(known, step.id.subject);
    let gives = || gives(definition, known, now, place);
    let words = String::new;
    match step.state {
        StepState::Received | StepState::InProgress | StepState::WaitingForOther if known.kind == StepKind::Pay => {
            Some(Report::SupplementAsked { words: words(), due: None, ask: bill(known, place, now) })
        }
        StepState::Received | StepState::InProgress | StepState::WaitingForOther if decides(known) => {
            Some(Report::Decided(Decided {
                outcome: Outcome::Approved,
                decided_at: now,
                received_at: None,
                words: words(),
                gives: gives(),
                number: None,
                valid_from: None,
                valid_to: None,
                appeal_to: None,
            }))
        }
        StepState::Received | StepState::InProgress | StepState::WaitingForOther | StepState::InExecution => {
            Some(Report::Completed { words: words(), gives: gives() })
        }
        StepState::Blocked
        | StepState::Ready
        | StepState::Draft
        | StepState::Submitted
        | StepState::WaitingForApplicant
        | StepState::Decided
        | StepState::Done
        | StepState::Withdrawn
        | StepState::NotNeeded
        | StepState::FailedDelivery
        | StepState::Unknown => None,
    }
}

/// What is to be paid: what the reference data says of the step, or something.
fn bill(known: &StepDefinition, place: &str, now: CivilTime) -> Ask {
    let amounts = known.amounts.iter().filter_map(|slug| registry().amount_in(slug, place, now.date()));
    let amount =
        amounts.filter(|amount| amount.unit == Unit::Ore && amount.value > 0).map(|amount| amount.value).next();
    Ask::Payment {
        link: format!("https://betala.example/{}", known.slug),
        amount: amount.unwrap_or(AMOUNT_USUAL),
        reference: known.slug.to_string(),
    }
}

/// Whether a step's agency decides something, rather than only registering it.
fn decides(step: &StepDefinition) -> bool {
    match step.kind {
        StepKind::Apply | StepKind::Sign | StepKind::Book => true,
        StepKind::Automatic | StepKind::Notify => step.is_executed || step.appeal_route != AppealRoute::None,
        StepKind::Information | StepKind::External | StepKind::Pay => false,
    }
}

/// The evidence that a step gives, of the kind that the forms asking for it take.
fn gives(definition: &Definition, step: &StepDefinition, now: CivilTime, place: &str) -> Values {
    let fields = || definition.steps().iter().filter_map(|step| step.form.as_ref()).flat_map(|form| &form.fields);
    let value = |slug: &Slug| {
        let field = fields().find(|field| field.evidence.as_ref() == Some(slug));
        let fitting = field.map(|field| crate::demo::people::fitting(std::iter::once(field), now.date(), place));
        match fitting.as_ref().and_then(|values| values.values().next()) {
            Some(serde_json::Value::Bool(flag)) => Value::Flag(*flag),
            Some(serde_json::Value::Number(number)) => Value::Number(number.as_i64().unwrap_or_default()),
            Some(serde_json::Value::String(text)) => {
                text.parse().map_or_else(|_| Value::Text(text.clone()), Value::Day)
            }
            _ => Value::Text(slug.to_string()),
        }
    };
    step.gives.iter().map(|slug| (slug.clone(), value(slug))).collect()
}
