//! What happened in the world, told without a task.

use super::{Answer, Rejection, Sitting};
use crate::case::{ChildState, Fact, FactReport, Stage};
use crate::command::Actor;
use crate::definition::{CHILDREN_MAX, FactAbout, FactKind, Level, Members, SUBJECTS_MAX};
use crate::event::Event;
use crate::form::WrongField;
use crate::id::{Slug, StepId, Subject};

impl Sitting<'_> {
    pub(super) fn take_fact(&mut self, report: &FactReport) -> Result<Answer, Rejection> {
        match self.case.stage {
            Stage::Absent => return Err(Rejection::NoSuchCase),
            Stage::Draft => return Err(Rejection::NotFiledYet),
            Stage::Ended(_) => return Err(Rejection::CaseEnded),
            Stage::Open => {}
        }
        self.require_public_body(report)?;
        let wrong = self.wrong_fact(report);
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        if self.case.facts.iter().any(|known| self.is_same(&known.report, report)) {
            return Ok(Answer::Repeated);
        }
        // Before anything is recorded: a refused fact leaves no child behind.
        if let Some(what) = self.contradiction(report) {
            return Err(Rejection::FactContradicts { what });
        }
        for child in self.case.children.len()..usize::from(report.child.0) {
            let child = Subject(u8::try_from(child + 1).unwrap_or(CHILDREN_MAX));
            self.record(Event::ChildExpected { child });
        }
        let occurrence = self.count_occurrence(report);
        self.plan();
        self.record(Event::FactReported { report: report.clone(), occurrence, by: self.actor.clone() });
        Ok(Answer::Done)
    }

    /// Which time of its group a fact belongs to. One more is counted where it begins a time that nobody has told of.
    fn count_occurrence(&mut self, report: &FactReport) -> Subject {
        let definition = self.definition;
        let parts = definition.parts();
        let Some(group) = parts.groups.iter().find(|group| group.is_told_by(report.kind)) else {
            return Subject::WHOLE;
        };
        let about = self.case.first(parts.about).map(|party| party.id);
        if report.party.is_some() && report.party != about {
            return Subject::WHOLE;
        }
        let Members::Times { begins, .. } = &group.members else { return Subject::WHOLE };
        let count = self.case.subjects.get(&group.slug).map_or(0, Vec::len);
        // What was told of a time, and came before; of the same moment what was told first.
        let told = || {
            let is_before = |fact: &&Fact| fact.report.occurred_at <= report.occurred_at;
            let is_told = |fact: &&Fact| !fact.occurrence.is_whole() && group.is_told_by(fact.report.kind);
            self.case.facts.iter().filter(is_before).filter(is_told)
        };
        let begun = told().filter(|fact| fact.report.kind == *begins).map(|fact| fact.occurrence).max();
        // Of the first time the beginning is perhaps never told: it may have been before the case.
        let under_way = begun.or((count > 0).then_some(Subject(1)));
        if let Some(time) = under_way {
            let is_new = report.kind == *begins && told().any(|fact| fact.occurrence == time);
            if !is_new || count >= usize::from(group.count_max) {
                return time;
            }
        }
        let subject = Subject(u8::try_from(count + 1).unwrap_or(SUBJECTS_MAX));
        self.record(Event::SubjectKnown { group: group.slug.clone(), subject, municipality: None });
        subject
    }

    /// Facts come from agencies of a level that keeps such a register, or from an operator on their behalf.
    fn require_public_body(&self, report: &FactReport) -> Result<(), Rejection> {
        let refused = || Rejection::not_yours(self.actor, format!("facts of kind {}", report.kind.slug()));
        match self.actor {
            Actor::Operator(_) => Ok(()),
            Actor::Person(_) | Actor::Time => Err(refused()),
            Actor::Agency(caller) => {
                // What an agency asked or granted itself, only that one may tell of.
                let is_owner = match &report.step {
                    Some(id) if report.kind.about() == FactAbout::Step => self.is_owner(caller, id),
                    Some(_) | None => true,
                };
                if is_owner && self.is_public_body(caller) { Ok(()) } else { Err(refused()) }
            }
        }
    }

    fn is_owner(&self, caller: &Slug, id: &StepId) -> bool {
        let Ok((definition, step)) = self.step(id) else { return true };
        match &step.agency {
            Some(agency) => agency == caller,
            None => self.resolve(definition, id.subject).as_ref() == Some(caller),
        }
    }

    /// Whether somebody is an agency of the life event, at any place, and no provider: a birth may be far from home.
    pub(super) fn is_public_body(&self, caller: &Slug) -> bool {
        self.definition.parts().agencies.iter().any(|agency| {
            agency.level != Level::Provider
                && (caller == &agency.slug
                    || caller.as_str().strip_prefix(agency.slug.as_str()).is_some_and(|place| place.starts_with('-')))
        })
    }

    fn wrong_fact(&self, report: &FactReport) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        let mut refuse = |path: &str, problem: &str, remedy: &str| {
            wrong.push(WrongField { path: path.to_owned(), problem: problem.to_owned(), remedy: remedy.to_owned() });
        };
        if report.occurred_at > self.now {
            refuse("fact.occur_time", "in the future", "report a fact once it has happened");
        }
        if report.kind.is_per_child() && report.child.is_whole() {
            refuse("fact.child_number", "missing", "say which child, from 1");
        }
        let takes_child = report.kind.is_per_child() || report.kind == FactKind::Death;
        if report.kind == FactKind::Move && !report.child.is_whole() {
            refuse("fact.child_number", "a move concerns the whole case", "leave the child out");
        } else if !takes_child && !report.child.is_whole() {
            refuse("fact.child_number", "the fact concerns no child", "leave the child out");
        }
        let children_max = self.definition.parts().groups.iter().find(|group| group.is_child());
        let children_max = children_max.map_or(0, |group| group.count_max.min(CHILDREN_MAX));
        if report.child.0 > children_max {
            let remedy = format!("give a number from 1 to {children_max}");
            refuse("fact.child_number", "more children than a case can have", &remedy);
        }
        match (report.kind.about(), &report.step) {
            (FactAbout::Step, None) => refuse("fact.step", "missing", "say which step"),
            (FactAbout::Step, Some(id)) if self.case.step(id).is_none() => {
                refuse("fact.step", "the case has no such step", "name a step of the case");
            }
            (FactAbout::Step, Some(_)) | (_, None) => {}
            (_, Some(_)) => refuse("fact.step", "the fact concerns no step", "leave the step out"),
        }
        let takes_party = report.kind.about() == FactAbout::Person;
        match report.party {
            Some(_) if !takes_party => refuse("fact.party", "the fact concerns no person", "leave the person out"),
            Some(party) if report.kind != FactKind::Death && self.case.party(party).is_none() => {
                refuse("fact.party", "the person is not in the case", "report it for the person's own cases");
            }
            Some(_) | None => {}
        }
        if report.kind == FactKind::Death {
            match (report.party, report.child.is_whole()) {
                (None, true) => refuse("fact.death", "says not who", "name the person or the child"),
                (Some(party), _) if self.case.party(party).is_none() => {
                    refuse("fact.death", "the person is not in the case", "report it for the person's own cases");
                }
                (_, _) => {}
            }
        }
        if report.kind == FactKind::Move {
            let known = report.municipality.as_deref().and_then(|code| self.facts.registry.municipality(code));
            if known.is_none() {
                refuse(
                    "fact.move.municipality_code",
                    "unknown",
                    "give a municipality code of four digits, such as 0580",
                );
            }
        }
        wrong
    }

    fn contradiction(&self, report: &FactReport) -> Option<String> {
        if report.child.is_whole() {
            return None;
        }
        // A child nobody has heard of is one more that is expected.
        let state = self.case.child(report.child).map_or(ChildState::Expected, |child| child.state);
        let contradicts = match (report.kind, state) {
            (FactKind::Birth | FactKind::Stillbirth, state) => state != ChildState::Expected,
            (FactKind::Homecoming, state) => !matches!(state, ChildState::Born(_)),
            (FactKind::Death, state) => !matches!(state, ChildState::Born(_)),
            (
                FactKind::Move
                | FactKind::Paid
                | FactKind::Admission
                | FactKind::ReadyForDischarge
                | FactKind::Discharge
                | FactKind::PermitRevoked,
                _,
            ) => false,
        };
        contradicts.then(|| format!("{} of child {}, whose state is another", report.kind.slug(), report.child.0))
    }

    /// Whether two reports tell the same fact; times and evidence may differ a little between registers.
    fn is_same(&self, known: &FactReport, report: &FactReport) -> bool {
        let is_about_same = known.kind == report.kind
            && known.child == report.child
            && known.party == report.party
            && known.step == report.step
            && known.municipality == report.municipality;
        let is_same_day = known.occurred_at.date() == report.occurred_at.date();
        // A second payment on the same day is another one, if another was asked for.
        let is_same_payment = known.occurred_at == report.occurred_at || !self.asks_payment(report);
        is_about_same
            && match report.kind {
                FactKind::Paid => is_same_payment,
                kind => is_same_day || !kind.comes_again(),
            }
    }

    fn asks_payment(&self, report: &FactReport) -> bool {
        let step = report.step.as_ref().and_then(|id| self.case.step(id));
        step.and_then(|step| step.asked.as_ref()).is_some_and(|asked| asked.ask.is_payment())
    }
}
