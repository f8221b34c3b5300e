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
        None => {
            wrong.add("fact.about", "missing", "give agency_case_key, or the identity_number of whom it is about");
            None
        }
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
        Some(About::CaseKey(_)) | None => None,
    };
    let mut report = FactReport {
        kind: FactKind::Birth,
        child: Subject::WHOLE,
        party: None,
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
        None => wrong.add("fact.content", "missing", "give one of birth, stillbirth, death, move and homecoming"),
    }
    Some((about?, report))
}

/// Whether a fact about a person concerns a case in which the person has this role.
pub(crate) fn concerns(kind: FactKind, role: livshandelse_core::definition::Role) -> bool {
    use livshandelse_core::definition::Role;
    match (kind, role) {
        (_, Role::Helper | Role::Representative | Role::Guide) => kind == FactKind::Death,
        (FactKind::Death, Role::Applicant | Role::CoParty | Role::Subject) => true,
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
