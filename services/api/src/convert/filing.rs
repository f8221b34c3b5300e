//! What a case is filed with: from the contract to a [`Filing`]; identity numbers and names of documents are swapped for ids here.

use crate::convert::paper::{AtDoor, Papers};
use crate::convert::value::by_form;
use crate::convert::word;
use crate::convert::wrong::Wrong;
use crate::limits::STEP_INPUTS_LEN_MAX;
use crate::secrets::Secrets;
use crate::status::Refused;
use livshandelse_core::Definition;
use livshandelse_core::case::{Case, NewParty};
use livshandelse_core::command::Filing;
use livshandelse_core::id::{PartyId, StepId};
use livshandelse_core::identity::{IdentityKind, IdentityNumber};
use livshandelse_proto::limits::PARTIES_LEN_MAX;
use livshandelse_proto::v1 as pb;

/// Paths of the rules, and what they are called in a case that is filed.
pub(crate) const RENAMES: &[(&str, &str)] = &[
    ("input", "case.input"),
    ("step_input", "case.step_inputs"),
    ("parties", "case.parties"),
    ("municipality", "case.municipality_code"),
];

/// Reads what is filed. `draft` is what the same case held before, whose parties may be named by their party ids; `papers` what may be
/// named as a document.
///
/// # Errors
///
/// Every wrong field that can be seen without the rules.
pub(crate) fn filing(
    given: &pb::Case,
    definition: &Definition,
    draft: Option<&Case>,
    secrets: &Secrets,
    papers: &Papers,
) -> Result<Filing, Refused> {
    let mut wrong = Wrong::default();
    let parties = parties(given, draft, secrets, &mut wrong);
    let door = AtDoor { parties: &parties, secrets, papers };
    let input = by_form(&definition.parts().form, "case.input", given.input.as_ref(), &door, &mut wrong);
    if given.step_inputs.len() > STEP_INPUTS_LEN_MAX {
        wrong.add("case.step_inputs", "too many", format!("give at most {STEP_INPUTS_LEN_MAX}"));
    }
    let mut step_input = Vec::new();
    for (index, given) in given.step_inputs.iter().take(STEP_INPUTS_LEN_MAX).enumerate() {
        let path = format!("case.step_inputs[{index}]");
        let step = given.step.parse::<StepId>().ok();
        let form = step.as_ref().and_then(|step| definition.step(&step.slug)).and_then(|step| step.form.as_ref());
        match (step, form) {
            (Some(step), _) if step_input.iter().any(|(known, _)| *known == step) => {
                wrong.add(format!("{path}.step"), "the same step twice", "give each step once");
            }
            (Some(step), Some(form)) => {
                let values = by_form(form, &format!("{path}.values"), given.values.as_ref(), &door, &mut wrong);
                step_input.push((step, values));
            }
            (_, _) => {
                let remedy = "name a step with a form: `name`, or `name.1` for the first child";
                wrong.add(format!("{path}.step"), "no step of this name asks anything", remedy);
            }
        }
    }
    if given.municipality_code.len() > 40 {
        wrong.add("case.municipality_code", "too long", "give a municipality code of four digits, such as 0580");
    }
    wrong.finish()?;
    let municipality = given.municipality_code.clone();
    Ok(Filing { revision: definition.revision().clone(), parties, input, step_input, municipality })
}

/// What a draft holds, to send it as it is.
pub(crate) fn of_draft(draft: &Case, definition: &Definition) -> Filing {
    Filing {
        revision: definition.revision().clone(),
        parties: draft.parties.to_vec(),
        input: (*draft.input).clone(),
        step_input: draft.step_input.iter().map(|(step, values)| (step.clone(), values.clone())).collect(),
        municipality: draft.municipality.to_string(),
    }
}

/// Whether nothing but the draft's own name is given.
pub(crate) fn is_bare(given: &pb::Case) -> bool {
    given.parties.is_empty()
        && given.input.is_none()
        && given.step_inputs.is_empty()
        && given.municipality_code.is_empty()
}

fn parties(given: &pb::Case, draft: Option<&Case>, secrets: &Secrets, wrong: &mut Wrong) -> Vec<NewParty> {
    if given.parties.len() > PARTIES_LEN_MAX {
        wrong.add("case.parties", "too many", format!("give 1 to {PARTIES_LEN_MAX}"));
        return Vec::new();
    }
    let mut parties = Vec::with_capacity(given.parties.len());
    for (index, given) in given.parties.iter().enumerate() {
        let path = format!("case.parties[{index}]");
        let role = word::role(given.role);
        if role.is_none() {
            wrong.add(format!("{path}.role"), "not said", "give a role; see LifeEvent.roles");
        }
        let known = draft.and_then(|draft| draft.party(given.party_id.parse::<PartyId>().ok()?));
        let number = match known {
            Some(known) if given.identity_number.is_empty() => Some((known.id, known.identity_number.clone())),
            Some(_) | None => match IdentityNumber::parse(&given.identity_number) {
                Ok(number) => Some((secrets.party(&number), number.as_str().to_owned())),
                Err(why) => {
                    wrong.add(format!("{path}.identity_number"), why.to_string(), why.remedy());
                    None
                }
            },
        };
        if let (Some(role), Some((id, identity_number))) = (role, number) {
            let name = given.display_name.trim().to_owned();
            parties.push(NewParty { id, role, identity_number, name, is_protected: given.protected });
        }
    }
    parties
}

/// The party that a form's field names: by identity number, or by party id if it is in the case already.
///
/// # Errors
///
/// Says what is wrong with the number, without repeating it; or that the person is not among the parties, since nobody
/// could find the number again.
pub(crate) fn party_of(text: &str, parties: &[NewParty], secrets: &Secrets) -> Result<PartyId, String> {
    let id = match text.parse::<PartyId>() {
        Ok(id) => id,
        Err(_) => {
            let number = IdentityNumber::parse(text).map_err(|why| why.to_string())?;
            if number.kind() == IdentityKind::Organisation {
                return Err("is an organisation's number".to_owned());
            }
            secrets.party(&number)
        }
    };
    let is_known = parties.iter().any(|party| party.id == id);
    is_known
        .then_some(id)
        .ok_or_else(|| "is nobody among the parties of the case; add the person there first".to_owned())
}
