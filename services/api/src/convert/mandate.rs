//! Who joins a case and by which right: parties and mandates from the contract, and mandates back.

use crate::convert::time::{date, day};
use crate::convert::word::{self, Word as _};
use crate::convert::wrong::Wrong;
use crate::secrets::Secrets;
use livshandelse_core::case::{Mandate, MandateScope, NewParty};
use livshandelse_core::id::Slug;
use livshandelse_core::identity::IdentityNumber;
use livshandelse_proto::limits::{MANDATE_EVIDENCE_LEN_MAX, MANDATE_STEPS_LEN_MAX};
use livshandelse_proto::v1 as pb;

/// Paths of the rules, and what they are called when somebody joins.
pub(crate) const RENAMES: &[(&str, &str)] = &[
    ("party.name", "party.display_name"),
    ("represented.name", "represented.display_name"),
    ("mandate.scope", "mandate.steps"),
    ("mandate.from", "mandate.from_date"),
    ("mandate.to", "mandate.to_date"),
];

/// Reads a party who joins. `None` if it cannot be read, which is noted.
pub(crate) fn joiner(path: &str, given: &pb::Party, secrets: &Secrets, wrong: &mut Wrong) -> Option<NewParty> {
    let role = word::role(given.role);
    if role.is_none() {
        wrong.add(format!("{path}.role"), "not said", "give a role; see LifeEvent.roles");
    }
    let number = IdentityNumber::parse(&given.identity_number);
    if let Err(why) = &number {
        wrong.add(format!("{path}.identity_number"), why.to_string(), why.remedy());
    }
    let (role, number) = role.zip(number.ok())?;
    Some(NewParty {
        id: secrets.party(&number),
        role,
        identity_number: number.as_str().to_owned(),
        name: given.display_name.trim().to_owned(),
        is_protected: given.protected,
    })
}

/// Reads a mandate. `None` if it cannot be read, which is noted.
pub(crate) fn read(path: &str, given: &pb::Mandate, wrong: &mut Wrong) -> Option<Mandate> {
    let kind = word::mandate(given.kind);
    if kind.is_none() {
        wrong.add(format!("{path}.kind"), "not said", "say what the mandate rests on; see LifeEvent.steps.mandates");
    }
    if given.steps.len() > MANDATE_STEPS_LEN_MAX {
        wrong.add(format!("{path}.steps"), "too many", format!("give at most {MANDATE_STEPS_LEN_MAX}"));
        return None;
    }
    let mut steps = Vec::with_capacity(given.steps.len());
    for (index, step) in given.steps.iter().enumerate() {
        match Slug::new(step) {
            Ok(step) => steps.push(step),
            Err(_) => wrong.add(format!("{path}.steps[{index}]"), "not a step's slug", "see LifeEvent.steps"),
        }
    }
    let mut day_of = |field: &str, given: &Option<pb::Date>| {
        let read = given.as_ref().map(day);
        if read == Some(None) {
            let remedy = "give year, month and day of a day in the calendar";
            wrong.add(format!("{path}.{field}"), "not a day", remedy);
        }
        read.flatten()
    };
    let from = day_of("from_date", &given.from_date);
    let to = day_of("to_date", &given.to_date);
    if given.from_date.is_none() {
        wrong.add(format!("{path}.from_date"), "missing", "give the first day on which it holds");
    }
    wrong.check_text(&format!("{path}.evidence"), &given.evidence, MANDATE_EVIDENCE_LEN_MAX);
    let scope = if steps.is_empty() { MandateScope::All } else { MandateScope::Steps(steps) };
    let (kind, from) = kind.zip(from)?;
    Some(Mandate { kind, scope, from, to, evidence: given.evidence.trim().to_owned() })
}

/// A mandate as the contract writes it, without words.
pub(crate) fn mandate(held: &Mandate) -> pb::Mandate {
    let steps = match &held.scope {
        MandateScope::All => Vec::new(),
        MandateScope::Steps(steps) => steps.iter().map(ToString::to_string).collect(),
    };
    pb::Mandate {
        kind: held.kind.number(),
        steps,
        from_date: Some(date(held.from)),
        to_date: held.to.map(date),
        evidence: held.evidence.clone(),
        in_force: true,
        text: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Refused;
    use livshandelse_core::definition::MandateKind;

    fn given() -> pb::Mandate {
        pb::Mandate {
            kind: pb::MandateKind::GodMan.into(),
            steps: vec!["care-application".to_owned()],
            from_date: Some(pb::Date { year: 2026, month: 3, day: 1 }),
            to_date: None,
            evidence: " Registerutdrag ".to_owned(),
            ..pb::Mandate::default()
        }
    }

    #[test]
    fn a_mandate_is_read_and_written_back() {
        let mut wrong = Wrong::default();
        let read = read("mandate", &given(), &mut wrong).unwrap();
        assert!(wrong.is_empty());
        assert_eq!((read.kind, read.evidence.as_str()), (MandateKind::GodMan, "Registerutdrag"));
        let back = mandate(&read);
        assert_eq!((back.steps, back.from_date), (given().steps, given().from_date));
    }

    #[test]
    fn every_wrong_field_of_a_mandate_is_named() {
        let wrong_day = Some(pb::Date { year: 2026, month: 2, day: 30 });
        let given = pb::Mandate {
            kind: 0,
            steps: vec!["Not A Slug".to_owned()],
            from_date: None,
            to_date: wrong_day,
            evidence: "x".repeat(300),
            ..given()
        };
        let mut wrong = Wrong::default();
        assert_eq!(read("mandate", &given, &mut wrong), None);
        let Err(Refused::Fields(fields)) = wrong.finish() else { panic!() };
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(
            paths,
            ["mandate.kind", "mandate.steps[0]", "mandate.to_date", "mandate.from_date", "mandate.evidence"]
        );
    }
}
