//! Checks a whole definition at once, so that nobody has to check anything of it again.

mod clocks;
mod conditions;
mod evidence;
mod facts;
mod forms;
mod groups;
mod needs;
mod parties;
mod steps;

use super::{Parts, StepDefinition};
use crate::form::Form;
use crate::id::Slug;
use std::collections::BTreeSet;

/// Steps in a definition at most.
const STEPS_MAX: usize = 200;

/// Needs, clocks, uses and the like of one step at most.
const PER_STEP_MAX: usize = 32;

/// Agencies, and roles, of a definition at most.
const OWNERS_MAX: usize = 64;

/// Characters of an agency's slug at most: it is resolved by adding `-` and a code of up to four digits.
const AGENCY_SLUG_MAX: usize = 58;

/// Where in a definition a fault is. Of two things with the same name it means the later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The definition as a whole.
    Whole,
    /// An agency.
    Agency(Slug),
    /// A role, by its name.
    Role(Slug),
    /// A group.
    Group(Slug),
    /// A form.
    Form(Slug),
    /// A field of a form.
    Field {
        /// The form.
        form: Slug,
        /// Its field.
        field: Slug,
    },
    /// A step.
    Step(Slug),
    /// A need of a step, by index from 0.
    Need {
        /// The step.
        step: Slug,
        /// Which need.
        index: usize,
    },
    /// The condition of a step.
    Condition(Slug),
    /// What a step uses, by index from 0.
    Use {
        /// The step.
        step: Slug,
        /// Which.
        index: usize,
    },
    /// A clock of a step.
    Clock {
        /// The step.
        step: Slug,
        /// Its clock.
        clock: Slug,
    },
}

/// Something wrong in a definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, in lower case without full stop.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// Everything that is wrong in the parts, each fault once. What only follows from another fault is left out.
pub(super) fn check(parts: &Parts) -> Vec<Fault> {
    let mut checker = Checker { parts, faults: Vec::new(), needs_are_sound: true };
    for step in &parts.steps {
        checker.check_needs(step);
    }
    checker.check_cycles();
    checker.needs_are_sound = checker.faults.is_empty();
    checker.check_whole();
    checker.check_forms();
    for step in &parts.steps {
        checker.check_step(step);
        checker.check_condition(step);
        checker.check_evidence(step);
        checker.check_clocks(step);
        checker.check_parties(step);
    }
    checker.check_filers();
    checker.check_groups();
    let mut seen = BTreeSet::new();
    checker.faults.retain(|fault| seen.insert(fault.clone()));
    checker.faults
}

struct Checker<'a> {
    parts: &'a Parts,
    faults: Vec<Fault>,
    /// Whether it can be told from the needs what a step waits for.
    needs_are_sound: bool,
}

impl Checker<'_> {
    fn fault(&mut self, place: Place, problem: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault { place, problem: problem.into(), remedy: remedy.into() });
    }

    fn step(&self, slug: &Slug) -> Option<&StepDefinition> {
        self.parts.steps.iter().find(|step| step.slug == *slug)
    }

    /// The life event's own form and those of its steps, each once.
    fn forms(&self) -> Vec<&Form> {
        let mut forms = vec![&self.parts.form];
        for form in self.parts.steps.iter().filter_map(|step| step.form.as_ref()) {
            if !forms.iter().any(|known| known.slug == form.slug) {
                forms.push(form);
            }
        }
        forms
    }

    fn check_whole(&mut self) {
        let parts = self.parts;
        if parts.steps.is_empty() || parts.steps.len() > STEPS_MAX {
            let problem = format!("the life event has {} steps", parts.steps.len());
            self.fault(Place::Whole, problem, format!("give it 1 to {STEPS_MAX}"));
        }
        if parts.agencies.len() > OWNERS_MAX || parts.roles.len() > OWNERS_MAX {
            self.fault(Place::Whole, "too many agencies or roles", format!("keep at most {OWNERS_MAX} of each"));
        }
        for (index, step) in parts.steps.iter().enumerate() {
            if parts.steps[..index].iter().any(|earlier| earlier.slug == step.slug) {
                let problem = format!("two steps are called `{}`", step.slug);
                self.fault(Place::Step(step.slug.clone()), problem, "give each its own slug");
            }
        }
        for (index, agency) in parts.agencies.iter().enumerate() {
            let place = Place::Agency(agency.slug.clone());
            if parts.agencies[..index].iter().any(|earlier| earlier.slug == agency.slug) {
                let problem = format!("two agencies are called `{}`", agency.slug);
                self.fault(place.clone(), problem, "give each its own slug");
            }
            if agency.slug.as_str().len() > AGENCY_SLUG_MAX {
                let remedy = format!("keep it to {AGENCY_SLUG_MAX} characters: a code is added to it");
                self.fault(place.clone(), format!("`{}` is too long", agency.slug), remedy);
            }
            if !parts.steps.iter().any(|step| step.agency == agency.slug) {
                let problem = format!("no step belongs to `{}`", agency.slug);
                self.fault(place, problem, "remove the agency, or give it its steps");
            }
        }
        for (index, role) in parts.roles.iter().enumerate() {
            let place = Place::Role(role.name.clone());
            if parts.roles[..index].iter().any(|earlier| earlier.name == role.name || earlier.role == role.role) {
                let problem = format!("`{}` repeats the name or the role of another", role.name);
                self.fault(place.clone(), problem, "keep one entry for each role");
            }
            if role.count_max == 0 {
                self.fault(place, format!("nobody may be `{}`", role.name), "let at least one be, or remove the role");
            }
        }
    }
}

#[cfg(test)]
mod tests;
