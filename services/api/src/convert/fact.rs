//! Facts that the world reports: from the contract to a [`FactReport`].

use crate::convert::time::{civil, day};
use crate::convert::wrong::Wrong;
use crate::secrets::Secrets;
use livshandelse_core::case::FactReport;
use livshandelse_core::definition::FactKind;
use livshandelse_core::id::{PartyId, Slug, Subject};
use livshandelse_core::identity::{IdentityKind, IdentityNumber};
use livshandelse_core::registry::Registry;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_proto::limits::AGENCY_NUMBER_LEN_MAX;
use livshandelse_proto::v1 as pb;

/// Whom a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// A case that the reporting agency knows by its own key.
    CaseKey(String),
    /// A person, wherever that person is in a case.
    Person(PartyId),
    /// A task of the reporting agency, by its name; and the key of its case, where that was given too.
    Task {
        /// The task.
        task: String,
        /// The key.
        case_key: Option<String>,
    },
}

/// Children at the most in one case.
const CHILDREN_MAX: u32 = 8;

/// Evidence that a birth may carry.
const PERSONAL_NUMBER: &str = "personal-number";
/// Evidence that a birth may carry.
const GIVEN_NAME: &str = "given-name";

/// Reads a fact, and notes every wrong field that can be seen without any case.
pub(crate) fn fact(
    given: &pb::Fact,
    now: CivilTime,
    registry: &Registry,
    secrets: &Secrets,
    wrong: &mut Wrong,
) -> Option<(About, FactReport)> {
    let about = match &given.about {
        Some(pb::fact::About::AgencyCaseKey(key)) => Some(About::CaseKey(key.clone())),
        Some(pb::fact::About::IdentityNumber(number)) => {
            person("fact.identity_number", number, secrets, wrong).map(About::Person)
        }
        None if task_of(given).is_some() => None,
        None => {
            wrong.add("fact.about", "missing", "give agency_case_key, or the identity_number of whom it is about");
            None
        }
    };
    let about = match (task_of(given), about) {
        (Some((_, task)), None) => Some(About::Task { task: task.to_owned(), case_key: None }),
        (Some((_, task)), Some(About::CaseKey(key))) => {
            Some(About::Task { task: task.to_owned(), case_key: Some(key) })
        }
        (Some((path, _)), Some(About::Person(_))) => {
            let remedy = format!("leave it out: {path} says which case");
            wrong.add("fact.identity_number", "not for a fact about a task", remedy);
            None
        }
        (_, about) => about,
    };
    wrong.check_text("fact.reference", &given.reference, AGENCY_NUMBER_LEN_MAX);
    let occurred_at = given.occur_time.as_ref().and_then(civil);
    match occurred_at {
        None => wrong.add("fact.occur_time", "missing, or not a time", "say when it happened"),
        Some(at) if at > now => wrong.add("fact.occur_time", "in the future", "report a fact once it has happened"),
        Some(_) => {}
    }
    let person_of_case = match &about {
        Some(About::Person(id)) => Some(*id),
        Some(About::CaseKey(_) | About::Task { .. }) | None => None,
    };
    let of_person = |path: &str, number: &str, wrong: &mut Wrong| match number {
        // Of whom the case is about, where the case alone is named.
        "" => person_of_case,
        number => person(path, number, secrets, wrong),
    };
    let mut report = FactReport {
        kind: FactKind::Birth,
        child: Subject::WHOLE,
        party: None,
        step: None,
        occurred_at: occurred_at.unwrap_or(now),
        municipality: None,
        values: Values::new(),
    };
    match &given.content {
        Some(pb::fact::Content::Birth(birth)) => {
            report.child = child("fact.birth.child_number", birth.child_number, wrong);
            if !birth.identity_number.is_empty()
                && let Some(number) = number("fact.birth.identity_number", &birth.identity_number, wrong)
            {
                add(&mut report.values, PERSONAL_NUMBER, number.as_str());
            }
            if !birth.municipality_code.is_empty() {
                municipality("fact.birth.municipality_code", &birth.municipality_code, registry, wrong);
            }
            wrong.check_text("fact.birth.display_name", &birth.display_name, 200);
            if !birth.display_name.is_empty() {
                add(&mut report.values, GIVEN_NAME, &birth.display_name);
            }
        }
        Some(pb::fact::Content::Stillbirth(stillbirth)) => {
            report.kind = FactKind::Stillbirth;
            report.child = child("fact.stillbirth.child_number", stillbirth.child_number, wrong);
        }
        Some(pb::fact::Content::Homecoming(homecoming)) => {
            report.kind = FactKind::Homecoming;
            report.child = child("fact.homecoming.child_number", homecoming.child_number, wrong);
        }
        Some(pb::fact::Content::Death(death)) => {
            report.kind = FactKind::Death;
            match &death.person {
                Some(pb::death::Person::ChildNumber(number)) => {
                    report.child = child("fact.death.child_number", *number, wrong);
                }
                Some(pb::death::Person::IdentityNumber(number)) => {
                    report.party = person("fact.death.identity_number", number, secrets, wrong);
                }
                None => match person_of_case {
                    Some(id) => report.party = Some(id),
                    None => wrong.add("fact.death", "says not who", "give child_number or identity_number"),
                },
            }
        }
        Some(pb::fact::Content::Move(moved)) => {
            report.kind = FactKind::Move;
            municipality("fact.move.municipality_code", &moved.municipality_code, registry, wrong);
            report.municipality = Some(moved.municipality_code.clone());
            match moved.move_date.as_ref().map(day) {
                Some(Some(day)) if CivilTime::start_of(day) <= now => {
                    report.occurred_at = CivilTime::noon(day).min(now)
                }
                Some(Some(_)) => {
                    wrong.add("fact.move.move_date", "in the future", "report a move once it has happened")
                }
                Some(None) | None => {
                    wrong.add("fact.move.move_date", "missing, or not a day", "give the day of the move")
                }
            }
        }
        Some(pb::fact::Content::Admission(admission)) => {
            report.kind = FactKind::Admission;
            report.party = of_person("fact.admission.identity_number", &admission.identity_number, wrong);
        }
        Some(pb::fact::Content::ReadyForDischarge(ready)) => {
            report.kind = FactKind::ReadyForDischarge;
            report.party = of_person("fact.ready_for_discharge.identity_number", &ready.identity_number, wrong);
        }
        Some(pb::fact::Content::Discharge(discharge)) => {
            report.kind = FactKind::Discharge;
            report.party = of_person("fact.discharge.identity_number", &discharge.identity_number, wrong);
        }
        // Which step it is about is known when the task has been opened.
        Some(pb::fact::Content::Paid(_)) => report.kind = FactKind::Paid,
        Some(pb::fact::Content::PermitRevoked(_)) => report.kind = FactKind::PermitRevoked,
        None => wrong.add("fact.content", "missing", "give what happened: birth, death, move, paid and so on"),
    }
    Some((about?, report))
}

/// The task that a fact is about, with the path of the field that names it.
fn task_of(given: &pb::Fact) -> Option<(&'static str, &str)> {
    match &given.content {
        Some(pb::fact::Content::Paid(paid)) => Some(("fact.paid.task", &paid.task)),
        Some(pb::fact::Content::PermitRevoked(revoked)) => Some(("fact.permit_revoked.task", &revoked.task)),
        Some(
            pb::fact::Content::Birth(_)
            | pb::fact::Content::Stillbirth(_)
            | pb::fact::Content::Death(_)
            | pb::fact::Content::Move(_)
            | pb::fact::Content::Homecoming(_)
            | pb::fact::Content::Admission(_)
            | pb::fact::Content::ReadyForDischarge(_)
            | pb::fact::Content::Discharge(_),
        )
        | None => None,
    }
}

/// Whether a fact about a person concerns a case in which the person has this role.
pub(crate) fn concerns(kind: FactKind, role: livshandelse_core::definition::Role) -> bool {
    use livshandelse_core::definition::Role;
    match (kind, role) {
        (_, Role::Helper | Role::Representative | Role::Guide) => kind == FactKind::Death,
        (
            FactKind::Death | FactKind::Admission | FactKind::ReadyForDischarge | FactKind::Discharge,
            Role::Applicant | Role::CoParty | Role::Subject,
        ) => true,
        // A task says itself which case it concerns.
        (FactKind::Paid | FactKind::PermitRevoked, _) => false,
        (FactKind::Move, role) => role == Role::Applicant,
        (FactKind::Birth | FactKind::Stillbirth | FactKind::Homecoming, role) => role != Role::Subject,
    }
}

fn add(values: &mut Values, slug: &str, text: &str) {
    if let Ok(slug) = Slug::new(slug) {
        values.insert(slug, Value::Text(text.to_owned()));
    }
}

fn child(path: &str, number: u32, wrong: &mut Wrong) -> Subject {
    if !(1..=CHILDREN_MAX).contains(&number) {
        wrong.add(path, "not a child of a case", format!("give 1 for the first child, up to {CHILDREN_MAX}"));
    }
    Subject(u8::try_from(number).unwrap_or(0))
}

fn municipality(path: &str, code: &str, registry: &Registry, wrong: &mut Wrong) {
    if registry.municipality(code).is_none() {
        wrong.add(path, "unknown", "give a municipality code of four digits, such as 0580");
    }
}

fn number(path: &str, text: &str, wrong: &mut Wrong) -> Option<IdentityNumber> {
    match IdentityNumber::parse(text) {
        Ok(number) if number.kind() == IdentityKind::Organisation => {
            wrong.add(path, "is an organisation's number", "give a person's number");
            None
        }
        Ok(number) => Some(number),
        Err(why) => {
            wrong.add(path, why.to_string(), why.remedy());
            None
        }
    }
}

fn person(path: &str, text: &str, secrets: &Secrets, wrong: &mut Wrong) -> Option<PartyId> {
    number(path, text, wrong).map(|number| secrets.party(&number))
}
