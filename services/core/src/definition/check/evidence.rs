//! Evidence: given by somebody, taken on a ground, and never asked for again.

use super::{Checker, Place};
use crate::definition::StepDefinition;
use crate::id::Slug;

impl Checker<'_> {
    pub(super) fn check_evidence(&mut self, step: &StepDefinition) {
        for (index, used) in step.uses.iter().enumerate() {
            let place = || Place::Use { step: step.slug.clone(), index };
            if !self.is_given_to(step, &used.evidence) {
                let problem = format!("no other step gives `{}`", used.evidence);
                self.fault(place(), problem, "add it to `gives` of the step it comes from, or remove the use");
            }
            let givers = self.parts.steps.iter().filter(|other| other.gives.contains(&used.evidence));
            let crossing: Vec<_> = givers.filter_map(|other| self.crosses(step, other)).collect();
            for (problem, remedy) in crossing {
                self.fault(place(), problem, remedy);
            }
            if used.source.trim().is_empty() {
                let problem = format!("the ground for using `{}` has no source", used.evidence);
                self.fault(place(), problem, "name law and paragraph");
            }
            if step.uses[..index].iter().any(|earlier| earlier.evidence == used.evidence) {
                self.fault(place(), format!("`{}` is used twice", used.evidence), "name it once");
            }
        }
        for (index, given) in step.gives.iter().enumerate() {
            if step.gives[..index].contains(given) {
                let problem = format!("`{}` gives `{given}` twice", step.slug);
                self.fault(Place::Step(step.slug.clone()), problem, "name it once");
            }
        }
        let Some(form) = &step.form else { return };
        for field in &form.fields {
            let place = || Place::Field { form: form.slug.clone(), field: field.slug.clone() };
            let passes = |evidence: &Slug| step.uses.iter().any(|used| used.evidence == *evidence);
            match &field.evidence {
                Some(evidence) if !self.is_given_to(step, evidence) => {
                    let problem = format!("no other step gives `{evidence}`");
                    self.fault(place(), problem, "name an evidence of another step's `gives`, or remove `x-evidence`");
                }
                Some(evidence) if !passes(evidence) => {
                    let problem = format!("no ground lets `{evidence}` pass to `{}`", step.slug);
                    self.fault(place(), problem, format!("add `{evidence}` with its ground to the step's `uses`"));
                }
                Some(_) => {}
                None if passes(&field.slug) && self.is_given_to(step, &field.slug) => {
                    let problem = format!("asks for `{}`, which another step gives and a ground lets pass", field.slug);
                    self.fault(place(), problem, format!("add `\"x-evidence\": \"{}\"`", field.slug));
                }
                None => {}
            }
        }
    }

    /// Whether another step gives an evidence.
    fn is_given_to(&self, step: &StepDefinition, evidence: &Slug) -> bool {
        self.parts.steps.iter().any(|other| other.slug != step.slug && other.gives.contains(evidence))
    }
}
