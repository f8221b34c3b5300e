//! Clocks: that they begin, that they can be met, and that every step has a last one (I8).

use super::needs::Certain;
use super::{Checker, PER_STEP_MAX, Place};
use crate::definition::{
    Anchor, AppealRoute, ClockDefinition, ClockKind, Consequence, FactKind, Holder, MetBy, StepDefinition, StepKind,
};
use crate::form::{FieldKind, Form};
use crate::id::Slug;
use std::collections::BTreeSet;

/// Whether a step is handed to an agency, which then has the turn.
fn is_sent(step: &StepDefinition) -> bool {
    step.kind != StepKind::Information && step.kind != StepKind::External && step.done_by.is_none()
}

impl Checker<'_> {
    pub(super) fn check_clocks(&mut self, step: &StepDefinition) {
        let fault_count = self.faults.len();
        for (index, clock) in step.clocks.iter().enumerate() {
            let place = || Place::Clock { step: step.slug.clone(), clock: clock.slug.clone() };
            if step.clocks[..index].iter().any(|earlier| earlier.slug == clock.slug) {
                let problem = format!("two clocks of `{}` are called `{}`", step.slug, clock.slug);
                self.fault(place(), problem, "give each its own slug");
            }
            let mut wrong = Vec::new();
            self.check_terms(step, clock, &mut wrong);
            check_clock(step, clock, &mut wrong);
            for (problem, remedy) in wrong {
                self.fault(place(), problem, remedy);
            }
        }
        if self.faults.len() == fault_count {
            self.check_last_clocks(step);
        }
        if step.kind != StepKind::Information
            && step.appeal_route != AppealRoute::None
            && !step.clocks.iter().any(|clock| clock.kind == ClockKind::Appeal)
        {
            let problem = format!("`{}` can be appealed and no clock says until when", step.slug);
            let remedy = "add a clock of kind `appeal` from `received`, or write `appeal = \"none\"`";
            self.fault(Place::Step(step.slug.clone()), problem, remedy);
        }
    }

    fn check_terms(&self, step: &StepDefinition, clock: &ClockDefinition, wrong: &mut Vec<(String, String)>) {
        if clock.latest.is_empty() || clock.latest.len() > PER_STEP_MAX {
            wrong.push((
                format!("the clock `{}` has {} terms", clock.slug, clock.latest.len()),
                "say in `latest` from when it runs and how long".to_owned(),
            ));
        }
        for term in &clock.latest {
            let problem = match &term.anchor {
                Anchor::CaseFiled | Anchor::Opened => None,
                Anchor::Fact(fact) => self.wrong_fact(step, fact).map(|(problem, _)| problem),
                Anchor::Executed(slug) if *slug == step.slug => {
                    Some(format!("`{slug}` is over when it has been carried out"))
                }
                Anchor::Executed(slug) => match self.step(slug) {
                    None => Some(format!("no step is called `{slug}`")),
                    Some(other) if other.kind == StepKind::Information => {
                        Some(format!("`{slug}` only informs: nothing ever comes of it"))
                    }
                    Some(other) => self.crosses(step, other).map(|(problem, _)| problem),
                },
                Anchor::Filed | Anchor::Arrived | Anchor::Complete | Anchor::Received if !is_sent(step) => {
                    Some(format!("`{}` is never filed with an agency", step.slug))
                }
                Anchor::Decided if step.kind == StepKind::Information => {
                    Some(format!("`{}` is never decided", step.slug))
                }
                Anchor::Interrupted if !step.is_executed => {
                    Some(format!("`{}` is never carried out, and so never interrupted", step.slug))
                }
                Anchor::Filed
                | Anchor::Arrived
                | Anchor::Complete
                | Anchor::Received
                | Anchor::Decided
                | Anchor::Interrupted => None,
                Anchor::Input(field) => not_a_day(&self.parts.form, field),
                Anchor::StepInput(field) => match &step.form {
                    Some(form) => not_a_day(form, field),
                    None => Some(format!("`{}` has no form", step.slug)),
                },
            };
            if let Some(problem) = problem {
                wrong.push((
                    format!("the clock `{}` never begins: {problem}", clock.slug),
                    "let it run from something that comes".to_owned(),
                ));
            }
        }
    }

    /// I8: whoever has the turn, a clock with a consequence runs.
    fn check_last_clocks(&mut self, step: &StepDefinition) {
        if step.kind == StepKind::Information || step.done_by.is_some() {
            return;
        }
        let certain = self.certain(step);
        let begins = |clock: &ClockDefinition, is_filed: bool| {
            clock.latest.iter().all(|term| self.comes(step, &term.anchor, &certain, is_filed))
        };
        let has_last = |consequences: &[Consequence], is_filed: bool| {
            step.clocks.iter().any(|clock| consequences.contains(&clock.consequence) && begins(clock, is_filed))
        };
        let lacks_own = step.asks_someone() && !has_last(&[Consequence::Closes, Consequence::Settles], false);
        let lacks_agency = is_sent(step) && !has_last(&[Consequence::Overdue], true);
        let place = || Place::Step(step.slug.clone());
        if lacks_own {
            let problem = format!("`{}` can wait for its party for ever (I8)", step.slug);
            let remedy = "add a clock that `closes` or `settles` and always begins: from opened, case-filed, a required \
                          day, or a fact that the step needs";
            self.fault(place(), problem, remedy);
        }
        if lacks_agency {
            let problem = format!("`{}` can wait for its agency for ever (I8)", step.slug);
            let remedy =
                "add an `overdue` clock from `filed` or `arrived`: FL 12 § gives six months if nothing stricter does";
            self.fault(place(), problem, remedy);
        }
    }

    /// Whether an anchor has come once a step can be begun, or once it has been filed.
    fn comes(&self, step: &StepDefinition, anchor: &Anchor, certain: &BTreeSet<Certain>, is_filed: bool) -> bool {
        match anchor {
            Anchor::CaseFiled | Anchor::Opened => true,
            Anchor::Filed | Anchor::Arrived | Anchor::Complete => is_filed,
            Anchor::Decided | Anchor::Received | Anchor::Interrupted => false,
            Anchor::Executed(slug) => !self.needs_are_sound || certain.contains(&Certain::Executed(slug.clone())),
            Anchor::Fact(fact) => {
                // A pregnancy ends one way or the other; where the other way ends the step, this one need not come.
                let opposite = match fact.kind {
                    FactKind::Birth => Some(FactKind::Stillbirth),
                    FactKind::Stillbirth => Some(FactKind::Birth),
                    FactKind::Homecoming
                    | FactKind::Death
                    | FactKind::Move
                    | FactKind::Paid
                    | FactKind::Admission
                    | FactKind::ReadyForDischarge
                    | FactKind::Discharge
                    | FactKind::PermitRevoked => None,
                };
                !self.needs_are_sound
                    || certain.contains(&Certain::Fact(fact.clone()))
                    || opposite.is_some_and(|opposite| step.ends_when.contains(&opposite.into()))
            }
            Anchor::Input(field) => is_required(Some(&self.parts.form), field),
            Anchor::StepInput(field) => is_filed && is_required(step.form.as_ref(), field),
        }
    }
}

fn is_required(form: Option<&Form>, field: &Slug) -> bool {
    form.and_then(|form| form.field(field)).is_some_and(|field| field.is_required)
}

fn not_a_day(form: &Form, field: &Slug) -> Option<String> {
    match form.field(field).map(|field| &field.kind) {
        Some(FieldKind::Day) => None,
        Some(_) => Some(format!("`{field}` of the form `{}` is not a day", form.slug)),
        None => Some(format!("the form `{}` has no field `{field}`", form.slug)),
    }
}

/// What is wrong with a clock by itself.
fn check_clock(step: &StepDefinition, clock: &ClockDefinition, wrong: &mut Vec<(String, String)>) {
    let slug = &clock.slug;
    let mut note = |problem: String, remedy: &str| wrong.push((problem, remedy.to_owned()));
    if clock.source.trim().is_empty() {
        note(format!("the clock `{slug}` has no source"), "name law and paragraph, or whose promise it is");
    }
    let runs_from = |anchors: &[Anchor]| clock.latest.iter().any(|term| anchors.contains(&term.anchor));
    let is_met_before = match clock.met_by {
        MetBy::Filed => {
            let later = [Anchor::Filed, Anchor::Arrived, Anchor::Complete, Anchor::Decided, Anchor::Received];
            runs_from(&later) || clock.runs_from(&Anchor::Interrupted)
        }
        MetBy::Decided => runs_from(&[Anchor::Decided, Anchor::Received, Anchor::Interrupted]),
        MetBy::Executed | MetBy::Nothing => false,
    };
    let goes_on = clock.met_by == MetBy::Executed
        && clock.consequence == Consequence::Overdue
        && clock.latest.iter().all(|term| term.anchor == Anchor::Interrupted);
    if clock.runs_from(&Anchor::Interrupted) && !is_met_before && !goes_on {
        note(
            format!("the clock `{slug}` runs from an interruption and does not ask the agency to go on (I8)"),
            "let it run from that alone, be met by `executed`, and be `overdue`: nothing else runs until then",
        );
    }
    if is_met_before {
        note(
            format!("the clock `{slug}` runs from what comes after it is met"),
            "let it run from something earlier, or be met by something later",
        );
    }
    if clock.met_by == MetBy::Executed && !step.is_executed {
        note(
            format!("the clock `{slug}` is met by an execution, and `{}` is never carried out", step.slug),
            "write `executed = true` in the step, or let the decision meet the clock",
        );
    }
    if clock.met_by == MetBy::Filed && clock.holder == Holder::Agency {
        note(format!("the agency holds `{slug}`, and filing meets it"), "let the applicant hold it");
    }
    if clock.consequence == Consequence::Overdue && clock.holder == Holder::Applicant {
        note(format!("the applicant holds `{slug}`, and only an agency is overdue"), "let the agency hold it");
    }
    if clock.kind == ClockKind::Price && !clock.has_price {
        note(format!("the clock `{slug}` does not say what waiting costs"), "write `price = true`, and its text");
    }
    if clock.kind == ClockKind::Appeal {
        if step.appeal_route == AppealRoute::None {
            note(
                format!("`{}` cannot be appealed, yet the clock `{slug}` says until when", step.slug),
                "write the step's `appeal`, or remove the clock",
            );
        }
        let is_plain = clock.met_by == MetBy::Nothing
            && clock.consequence == Consequence::Warns
            && clock.holder == Holder::Applicant
            && clock.latest.iter().all(|term| term.anchor == Anchor::Received || term.anchor == Anchor::Decided);
        if !is_plain {
            note(
                format!("the appeal clock `{slug}` does more than tell the time"),
                "let it run from `received`, held by the applicant, met by nothing, with the consequence `warns`: \
                 whether an appeal is late is the agency's to judge (FL 45 §)",
            );
        }
    }
}
