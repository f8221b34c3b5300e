//! Who files, who joins, who acts for another.

use super::needs::Certain;
use super::{Checker, Place};
use crate::definition::{Role, StepDefinition, StepKind};

impl Checker<'_> {
    /// Who may file the life event, and whom it is about.
    pub(super) fn check_filers(&mut self) {
        let parts = self.parts;
        if parts.filed_by.is_empty() {
            self.fault(Place::Whole, "nobody may file a case", "write `filed-by = [\"applicant\"]`, or leave it out");
        }
        for (index, role) in parts.filed_by.iter().enumerate() {
            if !matches!(role, Role::Applicant | Role::Helper) {
                let problem = format!("a `{}` cannot file a case", role.slug());
                self.fault(Place::Whole, problem, "name `applicant`, `helper` or both in `filed-by`");
            } else if !self.has_role(*role) {
                let problem = format!("the case has no `{}`, who may file it", role.slug());
                self.fault(Place::Whole, problem, "add the role to the definition, or remove it from `filed-by`");
            }
            if parts.filed_by[..index].contains(role) {
                self.fault(Place::Whole, format!("`{}` may file twice", role.slug()), "name each role once");
            }
        }
        if !self.has_role(parts.about) {
            let problem = format!("the case has no `{}`, whom it is about", parts.about.slug());
            self.fault(Place::Whole, problem, "name a role of the definition in `about`");
        }
    }

    pub(super) fn check_parties(&mut self, step: &StepDefinition) {
        let place = || Place::Step(step.slug.clone());
        for (index, kind) in step.mandates.iter().enumerate() {
            if step.mandates[..index].contains(kind) {
                let problem = format!("`{}` accepts `{}` twice", step.slug, kind.slug());
                self.fault(place(), problem, "name each kind once");
            }
        }
        if !step.mandates.is_empty() {
            let is_applicants = step.filer() == Role::Applicant || step.signed_by.contains(&Role::Applicant);
            if step.kind == StepKind::Information || step.done_by.is_some() || !is_applicants {
                let problem = format!("`{}` accepts mandates, and nothing in it is the applicant's to do", step.slug);
                self.fault(place(), problem, "remove `mandates`");
            }
            if !self.has_role(Role::Representative) {
                let problem = format!("`{}` accepts mandates, and the case has no `representative`", step.slug);
                self.fault(place(), problem, "add the role `representative` to the definition");
            }
        }
        for (index, amount) in step.amounts.iter().enumerate() {
            if step.amounts[..index].contains(amount) {
                self.fault(place(), format!("`{}` goes by `{amount}` twice", step.slug), "name it once");
            }
        }
        self.check_waits_for_applicant(step);
    }

    /// Where a helper may file alone, nothing is done for an applicant who has not joined.
    fn check_waits_for_applicant(&mut self, step: &StepDefinition) {
        let acts_for_applicant = step.kind != StepKind::Information && step.done_by.is_none() && !step.is_helpers_own();
        if !self.parts.filed_by.contains(&Role::Helper) || !acts_for_applicant || !self.needs_are_sound {
            return;
        }
        if !self.certain(step).contains(&Certain::Joined(Role::Applicant)) {
            let problem = format!("`{}` is the applicant's, and a helper may have filed without one", step.slug);
            let remedy = "add the need `joined:applicant` to file, or write `signed-by = [\"helper\"]`";
            self.fault(Place::Step(step.slug.clone()), problem, remedy);
        }
    }
}
