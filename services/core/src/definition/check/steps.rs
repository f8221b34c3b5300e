//! A step by itself: its owner, who signs, what its kind allows, and what must be said of it.

use super::{Checker, PER_STEP_MAX, Place};
use crate::definition::{StepDefinition, StepKind};

impl Checker<'_> {
    pub(super) fn check_step(&mut self, step: &StepDefinition) {
        let place = || Place::Step(step.slug.clone());
        if !self.parts.agencies.iter().any(|agency| agency.slug == step.agency) {
            let known: Vec<_> = self.parts.agencies.iter().map(|agency| agency.slug.as_str()).collect();
            let problem = format!("no agency is called `{}`", step.agency);
            self.fault(place(), problem, format!("use one of: {}", known.join(", ")));
        }
        let longest = [
            step.needs.len(),
            step.clocks.len(),
            step.uses.len(),
            step.gives.len(),
            step.may_vary.len(),
            step.amounts.len(),
        ];
        if longest.into_iter().any(|count| count > PER_STEP_MAX) {
            let remedy = format!("keep each of needs, clocks, uses, gives, may-vary and amounts to {PER_STEP_MAX}");
            self.fault(place(), format!("`{}` has too much of something", step.slug), remedy);
        }
        for (what, roles) in [("signs", &step.signed_by), ("sees it", &step.visible_to)] {
            for (index, role) in roles.iter().enumerate() {
                if !self.has_role(*role) {
                    let problem = format!("the case has no `{}`, who {what}", role.slug());
                    self.fault(place(), problem, "add the role to the definition, or remove it here");
                }
                if roles[..index].contains(role) {
                    self.fault(place(), format!("the `{}` {what} twice", role.slug()), "name each role once");
                }
            }
        }
        self.check_kind(step);
        self.check_said(step);
    }

    fn check_kind(&mut self, step: &StepDefinition) {
        let place = || Place::Step(step.slug.clone());
        let asks = step.asks_someone();
        match step.kind {
            StepKind::Information => {
                if asks || !step.clocks.is_empty() || !step.gives.is_empty() || !step.uses.is_empty() {
                    let problem = format!("`{}` only informs, yet asks, counts, gives or uses something", step.slug);
                    self.fault(place(), problem, "remove form, signatures, clocks, gives and uses, or change its kind");
                }
                if step.is_mandatory {
                    let problem = format!("`{}` only informs, yet the case waits for it", step.slug);
                    self.fault(place(), problem, "write `mandatory = false`");
                }
            }
            StepKind::Sign => {
                if step.signed_by.is_empty() {
                    self.fault(place(), format!("nobody signs `{}`", step.slug), "name who does in `signed-by`");
                }
            }
            StepKind::Automatic => {
                if !step.signed_by.is_empty() {
                    let problem = format!("`{}` happens by itself, yet somebody signs it", step.slug);
                    self.fault(place(), problem, "remove `signed-by`, or use the kind `sign`");
                }
            }
            StepKind::Pay => {
                if asks {
                    let problem = format!("`{}` is paid, yet asks for a form or signatures", step.slug);
                    self.fault(
                        place(),
                        problem,
                        "remove `form` and `signed-by`, or ask in a step of its own before it",
                    );
                }
            }
            StepKind::Apply | StepKind::Notify | StepKind::Book | StepKind::External => {
                if !asks {
                    let problem = format!("nobody is asked for anything in `{}`", step.slug);
                    self.fault(place(), problem, "give it a form or signatures, or use the kind `automatic`");
                }
            }
        }
        if let Some(fact) = step.done_by {
            if step.kind != StepKind::Automatic || asks {
                let problem = format!("`{}` is done by a {} and is not automatic", step.slug, fact.slug());
                self.fault(place(), problem, "use the kind `automatic` without form, or remove `done-by`");
            }
            if step.ends_when.contains(&fact.into()) {
                let problem = format!("a {} both performs and ends `{}`", fact.slug(), step.slug);
                self.fault(place(), problem, "remove it from `done-by` or `ends-when`");
            }
        }
        for (index, fact) in step.ends_when.iter().enumerate() {
            if let Some((problem, remedy)) = self.wrong_fact(step, fact) {
                self.fault(place(), problem, remedy);
            }
            if step.ends_when[..index].contains(fact) {
                let problem = format!("a {fact} ends `{}` twice", step.slug);
                self.fault(place(), problem, "name each fact once");
            }
        }
    }

    /// What people have a right to know of a step that is handed to somebody.
    fn check_said(&mut self, step: &StepDefinition) {
        if step.kind == StepKind::Information {
            return;
        }
        for (what, text) in [("legal-basis", &step.legal_basis), ("privacy.ground", &step.privacy.ground)] {
            if text.trim().is_empty() {
                let problem = format!("`{}` does not state its `{what}`", step.slug);
                self.fault(Place::Step(step.slug.clone()), problem, "name law and paragraph");
            }
        }
        if step.condition.is_some() && step.condition_source.trim().is_empty() {
            let problem = format!("the condition of `{}` has no source", step.slug);
            let remedy = "name law and paragraph in `condition-source`: it is shown with the condition";
            self.fault(Place::Condition(step.slug.clone()), problem, remedy);
        }
    }
}
