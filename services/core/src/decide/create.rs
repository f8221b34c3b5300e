//! A draft is kept; a case is filed.

use super::asked_of::is_awaited;
use super::{Rejection, Sitting};
use crate::case::{Case, Stage};
use crate::command::Filing;
use crate::definition::{GroupDefinition, Members, Role, SUBJECTS_MAX};
use crate::event::{Event, Filed};
use crate::form::WrongField;
use crate::id::{CaseId, StepId, Subject};
use crate::time::CivilTime;
use crate::value::Value;
use std::collections::BTreeSet;

impl Sitting<'_> {
    pub(super) fn save_draft(&mut self, filing: &Filing) -> Result<(), Rejection> {
        match self.case.stage {
            Stage::Absent => {}
            Stage::Draft => self.require_owner()?,
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
            Stage::Draft => self.require_owner()?,
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
        self.know_subjects();
        self.plan();
        Ok(())
    }

    /// Counts the subjects of every group: all at the start, a party's when another joins.
    pub(super) fn know_subjects(&mut self) {
        let definition = self.definition;
        for group in &definition.parts().groups {
            let known = self.subjects_of(group).len();
            let count = usize::from(self.count_of(group));
            for number in known..count {
                let number = u8::try_from(number + 1).unwrap_or(SUBJECTS_MAX);
                let subject = Subject(number);
                if group.is_child() {
                    self.record(Event::ChildExpected { child: subject });
                    continue;
                }
                let place = group.municipality_field(number).and_then(|field| self.case.input.get(&field));
                let municipality = match place {
                    Some(Value::Text(code)) => Some(code.clone()),
                    Some(_) | None => None,
                };
                self.record(Event::SubjectKnown { group: group.slug.clone(), subject, municipality });
            }
        }
    }

    fn count_of(&self, group: &GroupDefinition) -> u8 {
        if let Members::Counted(field) = &group.members
            && !group.is_child()
            && is_awaited(self.definition, &self.case, field)
        {
            // How many there are is asked of somebody who has not joined: none is counted before.
            return 0;
        }
        let count = match &group.members {
            Members::Counted(field) => match self.case.input.get(field) {
                Some(Value::Number(count)) => u8::try_from(*count).unwrap_or(0),
                Some(_) | None => 1,
            },
            Members::Parties(role) => {
                let parties = self.case.parties.iter().filter(|party| party.role == *role);
                u8::try_from(parties.count()).unwrap_or(SUBJECTS_MAX)
            }
            // Each is counted when it begins.
            Members::Times { .. } => 0,
        };
        count.clamp(u8::from(group.is_child()), group.count_max)
    }

    fn subjects_of(&self, group: &GroupDefinition) -> Vec<Subject> {
        if group.is_child() {
            return self.case.children.iter().map(|child| Subject(child.number)).collect();
        }
        let count = self.case.subjects.get(&group.slug).map_or(0, Vec::len);
        (1..=count).map(|number| Subject(u8::try_from(number).unwrap_or(SUBJECTS_MAX))).collect()
    }

    /// Plans every step that is not planned yet: all at the start, a subject's when one more turns out to come.
    pub(super) fn plan(&mut self) {
        if self.case.withdrawn_at.is_some() {
            return;
        }
        let definition = self.definition;
        for step in definition.steps() {
            let subjects = match definition.group_of(step) {
                Some(group) => self.subjects_of(group),
                None => vec![Subject::WHOLE],
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

    fn wrong_fields(&self, filing: &Filing, must_be_whole: bool) -> Vec<WrongField> {
        let registry = self.facts.registry;
        let mut wrong = self.wrong_input(&filing.parties, &filing.input, must_be_whole);
        let is_helper_alone = !filing.parties.iter().any(|party| party.role == Role::Applicant);
        for (id, values) in &filing.step_input {
            let path = format!("step_input.{id}");
            let step = self.definition.step(&id.slug);
            match step.and_then(|step| step.form.as_ref()) {
                Some(_) if is_helper_alone && step.is_some_and(|step| !step.is_helpers_own()) => {
                    wrong.push(WrongField {
                        path,
                        problem: "what only the applicant can say, who has not joined".to_owned(),
                        remedy: "leave it out until the applicant has joined".to_owned(),
                    });
                }
                Some(form) if step.is_some_and(|step| step.for_each.is_some()) != id.subject.is_whole() => {
                    wrong.extend(form.check(&path, values, false));
                    wrong.extend(form.unknown_places(&path, values, registry));
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
        let parts = self.definition.parts();
        let applicants: Vec<_> = filing.parties.iter().filter(|party| party.role == Role::Applicant).collect();
        let filer = filing.parties.iter().find(|party| Some(party.id) == self.person().ok());
        let may_help = parts.filed_by.contains(&Role::Helper);
        if applicants.len() > 1 || (applicants.is_empty() && !may_help) {
            refuse("parties".to_owned(), "there must be exactly one applicant", "give one party the role APPLICANT");
        } else if applicants.is_empty() && filing.parties.len() != 1 {
            let remedy = "give the helper alone: everybody else joins later";
            refuse("parties".to_owned(), "a helper files alone, for nobody but the helper", remedy);
        } else if !filer.is_some_and(|filer| parts.filed_by.contains(&filer.role)) {
            let (problem, remedy) = if may_help {
                ("the applicant, or the helper, is not who makes the call", "file in your own name, alone if you help")
            } else {
                let remedy = "file in the applicant's own name: the actor of the call must be the applicant";
                ("the applicant is not who makes the call", remedy)
            };
            refuse("parties".to_owned(), problem, remedy);
        } else if filer.is_some_and(|filer| filer.role == Role::Helper) && !applicants.is_empty() {
            let remedy = "give the helper alone: the applicant joins, or somebody with a mandate for the applicant";
            refuse("parties".to_owned(), "a helper cannot file for the applicant", remedy);
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
            if !is_name(&party.name) {
                refuse(format!("parties[{index}].name"), "not a name", "give a name of 1 to 200 characters");
            }
        }
        for role in parts.roles.iter().filter(|role| role.is_required && !applicants.is_empty()) {
            if !filing.parties.iter().any(|party| party.role == role.role) {
                refuse("parties".to_owned(), &format!("nobody is {}", role.name), "add the party");
            }
        }
        wrong
    }
}

/// Whether a text can be a person's or a company's name.
pub(super) fn is_name(name: &str) -> bool {
    (1..=200).contains(&name.chars().count()) && !name.chars().any(char::is_control)
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
