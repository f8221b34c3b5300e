//! Somebody comes into a case: the applicant herself, a person she lets in, or one who shows a mandate for her.

use super::create::is_name;
use super::{Answer, Rejection, Sitting};
use crate::case::{Mandate, MandateScope, NewParty};
use crate::command::Actor;
use crate::definition::Role;
use crate::event::Event;
use crate::form::WrongField;
use crate::status::{View, view_of};
use crate::value::Values;

/// Characters at the most in which a mandate says what was shown.
const EVIDENCE_LENGTH_MAX: usize = 200;

/// Mandates at the most in one case.
const MANDATES_MAX: usize = 32;

impl Sitting<'_> {
    pub(super) fn join_case(
        &mut self,
        party: &NewParty,
        mandate: Option<&Mandate>,
        represented: Option<&NewParty>,
        input: &Values,
    ) -> Result<Answer, Rejection> {
        self.require_joiner(party)?;
        let mut wrong = self.wrong_joiner(party, represented);
        wrong.extend(self.wrong_mandate(party, mandate));
        if let Some(represented) = represented {
            wrong.extend(self.wrong_represented(party, represented));
        }
        let of_represented = represented.and_then(|represented| self.comer(represented));
        let of_party = self.comer(party);
        let comers: Vec<_> = of_represented.into_iter().chain(of_party).collect();
        wrong.extend(self.wrong_answers(&comers, input));
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        let is_there = |known: &NewParty| self.case.party(known.id).is_some();
        let is_shown = mandate.is_none_or(|mandate| {
            self.case.mandates.iter().any(|held| held.party == party.id && held.mandate == *mandate)
        });
        if is_there(party) && represented.is_none_or(is_there) && is_shown {
            return Ok(Answer::Repeated);
        }
        if let Some(represented) = represented.filter(|represented| self.case.party(represented.id).is_none()) {
            let input = self.answers_of(of_represented, input);
            self.record(Event::PartyJoined { party: represented.clone(), mandate: None, input });
        }
        let mandate = mandate.filter(|_| !is_shown).cloned();
        let party = self.case.party(party.id).unwrap_or(party).clone();
        let input = self.answers_of(of_party, input);
        self.record(Event::PartyJoined { party, mandate, input });
        self.know_subjects();
        self.plan();
        Ok(Answer::Done)
    }

    /// Who may bring whom: everybody themselves, the applicant whom she lets in, and an agency of the life event whose
    /// word it took. A stranger who may not does not learn that the case exists (I6).
    fn require_joiner(&self, party: &NewParty) -> Result<(), Rejection> {
        match self.actor {
            Actor::Agency(caller) if self.is_public_body(caller) => return self.require_open(),
            Actor::Agency(_) | Actor::Operator(_) | Actor::Time => {
                return Err(Rejection::not_yours(self.actor, "who joins the case"));
            }
            Actor::Person(_) => {}
        }
        let person = self.person()?;
        let view = view_of(&self.case, person);
        let has_applicant = self.case.applicant().is_some();
        let lets_in = view == Some(View::Whole) && has_applicant && party.role != Role::Representative;
        // With an applicant there, a helper or a guide comes in by her leave.
        let needs_leave = has_applicant && matches!(party.role, Role::Helper | Role::Guide);
        let is_own = person == party.id && (view.is_some() || !needs_leave);
        let is_hidden = view.is_none() && (self.case.is_protected() && has_applicant || !is_own);
        if is_hidden || !self.case.is_open() || matches!(self.case.stage, crate::case::Stage::Draft) {
            // A draft is nobody else's, and what is over is nobody's to come into.
            return match view {
                None => Err(Rejection::NoSuchCase),
                Some(_) => self.require_open(),
            };
        }
        if is_own || lets_in {
            return Ok(());
        }
        Err(Rejection::not_yours(self.actor, "who joins the case"))
    }

    fn wrong_joiner(&self, party: &NewParty, represented: Option<&NewParty>) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        if !is_name(&party.name) {
            wrong.push(field("party.name", "not a name", "give a name of 1 to 200 characters"));
        }
        // A helper, or another party, who is given a mandate stays what they are, and acts for the applicant besides.
        let may_hold = |role: Role| matches!(role, Role::Helper | Role::CoParty) && party.role == Role::Representative;
        match self.case.party(party.id) {
            Some(known) if known.role != party.role && !may_hold(known.role) => {
                wrong.push(field("party", "is in the case already, in another role", "give each person one role"));
            }
            Some(_) => {}
            None => wrong.extend(self.wrong_role(party)),
        }
        let is_represented = self.case.applicant().is_some() || represented.is_some();
        if party.role == Role::Representative && !is_represented {
            let remedy = "give the applicant in `represented`, together with the mandate";
            wrong.push(field("represented", "nobody is there to be represented", remedy));
        }
        wrong
    }

    fn wrong_role(&self, party: &NewParty) -> Option<WrongField> {
        let role = self.definition.parts().roles.iter().find(|role| role.role == party.role);
        let count = self.case.parties.iter().filter(|known| known.role == party.role).count();
        let has_room = role.is_some_and(|role| count < usize::from(role.count_max));
        let problem = "the life event has no place for this role, or not for one more";
        (!has_room).then(|| field("party.role", problem, "see the life event's roles with GetLifeEvent"))
    }

    fn wrong_mandate(&self, party: &NewParty, mandate: Option<&Mandate>) -> Vec<WrongField> {
        let is_representative = party.role == Role::Representative;
        let Some(mandate) = mandate else {
            let missing = field("mandate", "required and not given", "say by what you act for the applicant");
            return if is_representative { vec![missing] } else { Vec::new() };
        };
        let mut wrong = Vec::new();
        if !is_representative {
            wrong.push(field("mandate", "only a representative has one", "leave it out, or join as a representative"));
        }
        let length = mandate.evidence.trim().chars().count();
        if !(1..=EVIDENCE_LENGTH_MAX).contains(&length) || mandate.evidence.chars().any(char::is_control) {
            wrong.push(field("mandate.evidence", "not 1 to 200 characters of text", "say what was shown"));
        }
        if mandate.to.is_some_and(|to| to < mandate.from) {
            wrong.push(field("mandate.to", "before it begins", "give a last day that is not before the first"));
        }
        if let MandateScope::Steps(steps) = &mandate.scope {
            let unknown = steps.iter().any(|step| self.definition.step(step).is_none());
            if steps.is_empty() || unknown {
                let problem = if unknown { "names a step that the life event does not have" } else { "covers nothing" };
                wrong.push(field("mandate.scope", problem, "name steps of the life event, or let it cover all"));
            }
        }
        if !self.definition.steps().iter().any(|step| step.mandates.contains(&mandate.kind)) {
            let problem = "no step accepts a mandate of this kind";
            wrong.push(field("mandate.kind", problem, "see with GetLifeEvent which kinds each step accepts"));
        }
        if self.case.mandates.len() >= MANDATES_MAX {
            wrong.push(field("mandate", "too many mandates have been shown", "ask the agency to sort them out"));
        }
        wrong
    }

    fn wrong_represented(&self, party: &NewParty, represented: &NewParty) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        if party.role != Role::Representative || represented.role != Role::Applicant || represented.id == party.id {
            let remedy = "give the applicant, and yourself as the representative in `party`";
            wrong.push(field("represented", "is not an applicant with a representative", remedy));
        }
        if !is_name(&represented.name) {
            wrong.push(field("represented.name", "not a name", "give a name of 1 to 200 characters"));
        }
        let other = self.case.applicant().is_some_and(|applicant| applicant.id != represented.id);
        let is_in_another_role = self.case.party(represented.id).is_some_and(|known| known.role != Role::Applicant);
        if other || is_in_another_role {
            let remedy = "leave `represented` out where the applicant is in the case";
            wrong.push(field("represented", "the case has another applicant", remedy));
        }
        wrong
    }
}

fn field(path: &str, problem: &str, remedy: &str) -> WrongField {
    WrongField { path: path.to_owned(), problem: problem.to_owned(), remedy: remedy.to_owned() }
}
