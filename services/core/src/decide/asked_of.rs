//! Questions of the life event's form that wait for somebody: asked when that party comes into the case, and of nobody else.

use super::Sitting;
use crate::case::{Case, NewParty};
use crate::definition::Definition;
use crate::form::{AskedOf, Field, WrongField};
use crate::id::Slug;
use crate::value::Values;

/// Whether a question of the life event's form waits for a party who is not in the case yet.
pub(super) fn is_awaited(definition: &Definition, case: &Case, field: &Slug) -> bool {
    let asked_of = definition.parts().form.field(field).and_then(|field| field.asked_of);
    asked_of.is_some_and(|asked| case.party_of(asked.role, asked.number).is_none())
}

impl Sitting<'_> {
    /// What is wrong with the form of a case that is filed by these parties: a question for somebody else waits.
    pub(super) fn wrong_input(&self, parties: &[NewParty], input: &Values, must_be_whole: bool) -> Vec<WrongField> {
        let form = &self.definition.parts().form;
        let is_there = |asked: AskedOf| AskedOf::next(asked.role, parties).number > asked.number;
        let is_asked = |field: &Field| field.asked_of.is_none_or(is_there);
        let mut wrong = form.check("input", input, false);
        wrong.extend(form.unknown_places("input", input, self.facts.registry));
        for field in input.keys().filter_map(|slug| form.field(slug)) {
            if let Some(asked) = field.asked_of.filter(|asked| !is_there(*asked)) {
                wrong.push(WrongField {
                    path: format!("input.{}", field.slug),
                    problem: format!("is asked of {asked}, who has not joined"),
                    remedy: "leave it out: it is asked when that party joins".to_owned(),
                });
            }
        }
        if must_be_whole {
            wrong.extend(form.wrong_missing("input", input, is_asked));
        }
        wrong
    }

    /// What is wrong with the answers of those who come into the case now.
    pub(super) fn wrong_answers(&self, comers: &[AskedOf], input: &Values) -> Vec<WrongField> {
        let form = &self.definition.parts().form;
        let is_asked = |field: &Field| field.asked_of.is_some_and(|asked| comers.contains(&asked));
        let mut wrong = form.check("input", input, false);
        wrong.extend(form.unknown_places("input", input, self.facts.registry));
        let asked: Vec<&str> =
            form.fields.iter().filter(|field| is_asked(field)).map(|field| field.slug.as_str()).collect();
        for field in input.keys().filter_map(|slug| form.field(slug)).filter(|field| !is_asked(field)) {
            wrong.push(WrongField {
                path: format!("input.{}", field.slug),
                problem: "is not asked of who joins".to_owned(),
                remedy: if asked.is_empty() {
                    "leave it out: nothing is asked now".to_owned()
                } else {
                    format!("answer what is asked: {}", asked.join(", "))
                },
            });
        }
        wrong.extend(form.wrong_missing("input", input, is_asked));
        wrong
    }

    /// As which of those with the role somebody comes in; `None` who is in the case already.
    pub(super) fn comer(&self, party: &NewParty) -> Option<AskedOf> {
        self.case.party(party.id).is_none().then(|| AskedOf::next(party.role, &self.case.parties))
    }

    /// The answers to what is asked of one party.
    pub(super) fn answers_of(&self, asked: Option<AskedOf>, input: &Values) -> Values {
        let form = &self.definition.parts().form;
        let is_theirs = |slug: &Slug| asked.is_some() && form.field(slug).and_then(|field| field.asked_of) == asked;
        let theirs = input.iter().filter(|(slug, _)| is_theirs(slug));
        theirs.map(|(slug, value)| (slug.clone(), value.clone())).collect()
    }
}
