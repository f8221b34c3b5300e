//! Facts that a definition names: that they can be told, and of what.

use super::Checker;
use crate::definition::{AwaitedFact, FactAbout, FactOf, GroupDefinition, Role, StepDefinition};
use crate::id::Slug;

impl Checker<'_> {
    pub(super) fn has_role(&self, role: Role) -> bool {
        role == Role::Applicant || self.parts.roles.iter().any(|known| known.role == role)
    }

    pub(super) fn group_of(&self, step: &StepDefinition) -> Option<&GroupDefinition> {
        let slug = step.for_each.as_ref()?;
        self.parts.groups.iter().find(|group| group.slug == *slug)
    }

    /// Why a fact that a step names can never be told, and what could.
    pub(super) fn wrong_fact(&self, step: &StepDefinition, fact: &AwaitedFact) -> Option<(String, String)> {
        let word = fact.kind.slug();
        match (fact.kind.about(), &fact.of) {
            (FactAbout::Child, FactOf::Own) => {
                let group = self.group_of(step);
                let has_children = self.parts.groups.iter().any(GroupDefinition::is_child);
                if !has_children {
                    let remedy = "declare the group `child`, or name another fact";
                    return Some((
                        format!("a {word} is a child's, and the life event has no group `child`"),
                        remedy.into(),
                    ));
                }
                group.filter(|group| !group.is_child()).map(|group| {
                    let problem = format!("a {word} is a child's, and `{}` repeats for each {}", step.slug, group.slug);
                    (problem, "name another fact, or let the step be the whole case's".to_owned())
                })
            }
            (FactAbout::Person, FactOf::Role(role)) if !self.has_role(*role) => {
                let problem = format!("`{fact}`: the case has no `{}`", role.slug());
                Some((problem, "add the role to the definition, or name another".to_owned()))
            }
            (FactAbout::Step, FactOf::Step(slug)) => match self.step(slug) {
                None => Some((format!("no step is called `{slug}`"), "name a step of the definition".to_owned())),
                Some(other) => self.crosses(step, other),
            },
            (FactAbout::Person, FactOf::Own | FactOf::Role(_))
            | (FactAbout::Step, FactOf::Own)
            | (FactAbout::Case, FactOf::Own) => None,
            (FactAbout::Child | FactAbout::Case | FactAbout::Person, FactOf::Role(_) | FactOf::Step(_))
            | (FactAbout::Step, FactOf::Role(_)) => Some((
                format!("`{fact}` names whose it is, and a {word} is not theirs"),
                format!("write `{word}` alone"),
            )),
        }
    }

    /// Why one step cannot look at another: they repeat for different groups.
    pub(super) fn crosses(&self, step: &StepDefinition, other: &StepDefinition) -> Option<(String, String)> {
        let differ = |own: &Slug, others: &Slug| own != others;
        let (own, others) = (step.for_each.as_ref()?, other.for_each.as_ref()?);
        differ(own, others).then(|| {
            let problem = format!(
                "`{}` repeats for each {own} and `{}` for each {others}: nobody knows which belongs to which",
                step.slug, other.slug
            );
            let remedy = "let one of them be the whole case's, or go by way of a step that is";
            (problem, remedy.to_owned())
        })
    }
}
