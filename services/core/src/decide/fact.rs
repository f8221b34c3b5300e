//! What happened in the world, told without a task.

use super::create::CHILDREN_MAX;
use super::{Answer, Rejection, Sitting};
use crate::case::{ChildState, FactReport, Stage};
use crate::command::Actor;
use crate::definition::{FactKind, Level};
use crate::event::Event;
use crate::form::WrongField;
use crate::id::Subject;

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
        if self.case.facts.iter().any(|known| is_same(&known.report, report)) {
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
        self.plan();
        self.record(Event::FactReported { report: report.clone(), by: self.actor.clone() });
        Ok(Answer::Done)
    }

    /// Facts come from agencies of a level that keeps such a register, or from an operator on their behalf.
    fn require_public_body(&self, report: &FactReport) -> Result<(), Rejection> {
        let refused = || Rejection::not_yours(self.actor, format!("facts of kind {}", report.kind.slug()));
        match self.actor {
            Actor::Operator(_) => Ok(()),
            Actor::Person(_) | Actor::Time => Err(refused()),
            Actor::Agency(caller) => {
                // Only an agency of the life event, at any place, may report: a birth may be far from home.
                let is_known = self.definition.parts().agencies.iter().any(|agency| {
                    agency.level != Level::Provider
                        && (caller == &agency.slug
                            || caller
                                .as_str()
                                .strip_prefix(agency.slug.as_str())
                                .is_some_and(|place| place.starts_with('-')))
                });
                if is_known { Ok(()) } else { Err(refused()) }
            }
        }
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
        if report.kind == FactKind::Move && !report.child.is_whole() {
            refuse("fact.child_number", "a move concerns the whole case", "leave the child out");
        }
        if report.child.0 > CHILDREN_MAX {
            refuse("fact.child_number", "more children than a case can have", "give a number from 1 to 8");
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
            (FactKind::Move, _) => false,
        };
        contradicts.then(|| format!("{} of child {}, whose state is another", report.kind.slug(), report.child.0))
    }
}

/// Whether two reports tell the same fact; times and evidence may differ a little between registers.
fn is_same(known: &FactReport, report: &FactReport) -> bool {
    known.kind == report.kind
        && known.child == report.child
        && known.party == report.party
        && known.municipality == report.municipality
        && (known.kind != FactKind::Move || known.occurred_at.date() == report.occurred_at.date())
}
