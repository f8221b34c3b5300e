//! A draft is kept; a case is filed.

use super::{Rejection, Sitting};
use crate::case::{Case, Stage};
use crate::command::Filing;
use crate::definition::Role;
use crate::event::{Event, Filed};
use crate::form::WrongField;
use crate::id::{CaseId, StepId, Subject};
use crate::time::CivilTime;
use crate::value::Value;
use std::collections::BTreeSet;

/// Children at the most in one case. The definition's form says how many are expected.
pub(super) const CHILDREN_MAX: u8 = 8;

impl Sitting<'_> {
    pub(super) fn save_draft(&mut self, filing: &Filing) -> Result<(), Rejection> {
        match self.case.stage {
            Stage::Absent => {}
            Stage::Draft => self.require_applicant()?,
            Stage::Open | Stage::Ended(_) => return Err(Rejection::CaseExists),
        }
        self.require_revision(filing)?;
        let wrong = self.wrong_fields(filing, false);
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        let days = i64::from(self.definition.parts().draft_days);
        self.record(Event::DraftSaved {
            case: self.id(),
            filing: Box::new(recorded(filing)),
            expires_at: CivilTime::after(self.now.plus_hours(24 * days).date()),
        });
        Ok(())
    }

    pub(super) fn create_case(&mut self, filing: &Filing) -> Result<(), Rejection> {
        match self.case.stage {
            Stage::Absent => {}
            Stage::Draft => self.require_applicant()?,
            Stage::Open | Stage::Ended(_) => return Err(Rejection::CaseExists),
        }
        self.require_revision(filing)?;
        let mut wrong = self.wrong_fields(filing, true);
        let place = self.facts.registry.municipality(&filing.municipality);
        if place.is_none() && wrong.is_empty() {
            return Err(Rejection::UnknownMunicipality { given: filing.municipality.chars().take(40).collect() });
        }
        if place.is_none() {
            wrong.push(WrongField {
                path: "municipality".to_owned(),
                problem: "no such municipality".to_owned(),
                remedy: "give a municipality code of four digits, such as 0580".to_owned(),
            });
        }
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        self.record(Event::CaseCreated { case: self.id(), filing: Box::new(recorded(filing)) });
        for child in 1..=self.children_expected() {
            self.record(Event::ChildExpected { child: Subject(child) });
        }
        self.plan();
        Ok(())
    }

    /// Plans every step that is not planned yet: all at the start, a child's when one more turns out to come.
    pub(super) fn plan(&mut self) {
        if self.case.withdrawn_at.is_some() {
            return;
        }
        let definition = self.definition;
        for step in definition.steps() {
            let subjects: Vec<Subject> = if step.is_for_each_child {
                self.case.children.iter().map(|child| Subject(child.number)).collect()
            } else {
                vec![Subject::WHOLE]
            };
            for subject in subjects {
                let id = StepId { slug: step.slug.clone(), subject };
                if self.case.step(&id).is_none() {
                    self.record(Event::StepPlanned { step: id, is_executed: step.is_executed });
                }
            }
        }
    }

    /// A draft keeps its id when it is saved again or filed.
    fn id(&self) -> CaseId {
        if self.case.stage == Stage::Absent { self.facts.case } else { self.case.id }
    }

    /// A case is pinned to the revision that it was checked against, and to no other.
    fn require_revision(&self, filing: &Filing) -> Result<(), Rejection> {
        if filing.revision == *self.definition.revision() {
            Ok(())
        } else {
            Err(Rejection::OtherRevision { pinned: filing.revision.clone() })
        }
    }

    fn children_expected(&self) -> u8 {
        let repeats = self.definition.steps().iter().any(|step| step.is_for_each_child);
        let field = self.definition.parts().children_field.as_ref();
        match field.and_then(|field| self.case.input.get(field)) {
            Some(Value::Number(count)) => u8::try_from(*count).unwrap_or(CHILDREN_MAX).clamp(1, CHILDREN_MAX),
            _ => u8::from(repeats),
        }
    }

    fn wrong_fields(&self, filing: &Filing, must_be_whole: bool) -> Vec<WrongField> {
        let parts = self.definition.parts();
        let mut wrong = parts.form.check("input", &filing.input, must_be_whole);
        for (id, values) in &filing.step_input {
            let path = format!("step_input.{id}");
            let step = self.definition.step(&id.slug);
            match step.and_then(|step| step.form.as_ref()) {
                Some(form) if step.is_some_and(|step| step.is_for_each_child) != id.subject.is_whole() => {
                    wrong.extend(form.check(&path, values, false));
                }
                _ => wrong.push(WrongField {
                    path,
                    problem: "no step of this name asks anything".to_owned(),
                    remedy: "name a step with a form: `name`, or `name.1` for the first child".to_owned(),
                }),
            }
        }
        wrong.extend(self.wrong_parties(filing));
        wrong
    }

    fn wrong_parties(&self, filing: &Filing) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        let mut refuse = |path: String, problem: &str, remedy: &str| {
            wrong.push(WrongField { path, problem: problem.to_owned(), remedy: remedy.to_owned() });
        };
        let applicants = filing.parties.iter().filter(|party| party.role == Role::Applicant);
        let applicants: Vec<_> = applicants.map(|party| party.id).collect();
        if applicants.len() != 1 {
            refuse("parties".to_owned(), "there must be exactly one applicant", "give one party the role APPLICANT");
        } else if self.person().ok() != applicants.first().copied() {
            let remedy = "file in the applicant's own name: the actor of the call must be the applicant";
            refuse("parties".to_owned(), "the applicant is not who makes the call", remedy);
        }
        let mut seen = BTreeSet::new();
        for (index, party) in filing.parties.iter().enumerate() {
            if !seen.insert(party.id) {
                refuse(format!("parties[{index}]"), "the same person twice", "give each person one role");
            }
            let role = self.definition.parts().roles.iter().find(|role| role.role == party.role);
            let count = filing.parties.iter().filter(|other| other.role == party.role).count();
            if party.role != Role::Applicant && role.is_none_or(|role| count > usize::from(role.count_max)) {
                let remedy = "see the life event's roles with GetLifeEvent";
                refuse(
                    format!("parties[{index}].role"),
                    "the life event has no place for this role, or not for so many",
                    remedy,
                );
            }
            let length = party.name.chars().count();
            if !(1..=200).contains(&length) || party.name.chars().any(char::is_control) {
                refuse(format!("parties[{index}].name"), "not a name", "give a name of 1 to 200 characters");
            }
        }
        for role in self.definition.parts().roles.iter().filter(|role| role.is_required) {
            if !filing.parties.iter().any(|party| party.role == role.role) {
                refuse("parties".to_owned(), &format!("nobody is {}", role.name), "add the party");
            }
        }
        wrong
    }
}

fn recorded(filing: &Filing) -> Filed {
    Filed {
        revision: filing.revision.clone(),
        parties: filing.parties.clone(),
        input: filing.input.clone(),
        step_input: filing.step_input.clone(),
        municipality: filing.municipality.clone(),
    }
}

impl Case {
    /// Children that are, or may still be, alive.
    pub fn children_hoped_for(&self) -> usize {
        use crate::case::ChildState::{Born, Dead, Expected, Stillborn};
        self.children
            .iter()
            .filter(|child| match child.state {
                Expected | Born(_) => true,
                Stillborn(_) | Dead(_) => false,
            })
            .count()
    }
}
