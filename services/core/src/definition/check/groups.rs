//! Groups: that they can be counted, and that every step repeats for one there is.

use super::{Checker, Place};
use crate::definition::{CHILDREN_MAX, FactAbout, FactKind, GroupDefinition, Members, SUBJECTS_MAX};
use crate::form::{AskedOf, FieldKind};
use crate::id::Subject;

impl Checker<'_> {
    pub(super) fn check_groups(&mut self) {
        let parts = self.parts;
        for (index, group) in parts.groups.iter().enumerate() {
            let place = || Place::Group(group.slug.clone());
            if parts.groups[..index].iter().any(|earlier| earlier.slug == group.slug) {
                self.fault(place(), format!("two groups are called `{}`", group.slug), "give each its own slug");
            }
            let most = if group.is_child() { CHILDREN_MAX } else { SUBJECTS_MAX };
            if !(1..=most).contains(&group.count_max) {
                let problem = format!("`{}` has up to {} subjects", group.slug, group.count_max);
                self.fault(place(), problem, format!("let `count-max` be 1 to {most}"));
            }
            self.check_members(group);
            self.check_municipalities(group);
            // Facts of children concern the whole case, too.
            let is_used = parts.steps.iter().any(|step| step.for_each.as_ref() == Some(&group.slug));
            if !is_used && !group.is_child() {
                let problem = format!("no step repeats for each {}", group.slug);
                self.fault(place(), problem, "remove the group, or let a step repeat for it");
            }
        }
        for step in &parts.steps {
            let Some(slug) = &step.for_each else { continue };
            if self.group_of(step).is_none() {
                let known: Vec<_> = parts.groups.iter().map(|group| group.slug.as_str()).collect();
                let remedy = if known.is_empty() {
                    format!("declare it with `[[group]]` and `slug = \"{slug}\"`")
                } else {
                    format!("declare it with `[[group]]`, or use one of: {}", known.join(", "))
                };
                let problem = format!("`{}` repeats for each `{slug}`, and there is no such group", step.slug);
                self.fault(Place::Step(step.slug.clone()), problem, remedy);
            }
        }
    }

    fn check_members(&mut self, group: &GroupDefinition) {
        let place = || Place::Group(group.slug.clone());
        match &group.members {
            Members::Counted(field) => {
                let least = i64::from(group.is_child());
                let counts = match self.parts.form.field(field).map(|field| &field.kind) {
                    Some(FieldKind::Number { min, max }) => *min >= least && *max <= i64::from(group.count_max),
                    Some(_) | None => false,
                };
                if !counts {
                    let problem = format!("`{field}` does not count `{}`", group.slug);
                    let most = group.count_max;
                    let remedy = format!("name a whole number from {least} to {most} in the life event's form");
                    self.fault(place(), problem, remedy);
                }
            }
            Members::Parties(_) if group.is_child() => {
                let remedy = "count them with a field of the form: `count = \"…\"`";
                self.fault(place(), "children are no parties that act", remedy);
            }
            Members::Parties(role) => {
                let known = self.parts.roles.iter().find(|known| known.role == *role);
                match known.map(|known| known.count_max) {
                    None => {
                        let problem = format!("the case has no `{}`, for whom `{}` stands", role.slug(), group.slug);
                        self.fault(place(), problem, "add the role to the definition, or name another");
                    }
                    Some(count_max) if count_max > group.count_max => {
                        let problem = format!(
                            "there may be {count_max} `{}` and only {} `{}`",
                            role.slug(),
                            group.count_max,
                            group.slug
                        );
                        self.fault(place(), problem, "let the group's `count-max` be at least the role's");
                    }
                    Some(_) => {}
                }
            }
            Members::Times { .. } if group.is_child() => {
                let remedy = "count them with a field of the form: `count = \"…\"`";
                self.fault(place(), "children do not happen again", remedy);
            }
            Members::Times { begins, then } => self.check_times(group, *begins, then),
        }
    }

    fn check_times(&mut self, group: &GroupDefinition, begins: FactKind, then: &[FactKind]) {
        let parts = self.parts;
        let kinds = || std::iter::once(begins).chain(then.iter().copied());
        for (index, kind) in kinds().enumerate() {
            let of_person = kind.about() == FactAbout::Person && kind.comes_again();
            let is_twice = kinds().take(index).any(|earlier| earlier == kind);
            let mut others = parts.groups.iter().take_while(|other| other.slug != group.slug);
            let problem = if !of_person {
                format!("`{}` does not happen to a person again", kind.slug())
            } else if is_twice || others.any(|other| other.is_told_by(kind)) {
                format!("`{}` is told of two times at once", kind.slug())
            } else {
                continue;
            };
            let remedy = "name facts of a person that may come again, each in one group: admission, \
                          ready-for-discharge, discharge";
            self.fault(Place::Group(group.slug.clone()), problem, remedy);
        }
    }

    fn check_municipalities(&mut self, group: &GroupDefinition) {
        let place = || Place::Group(group.slug.clone());
        let Some(prefix) = &group.municipality else { return };
        if group.is_child() {
            let problem = format!("each {} is where the case is", group.slug);
            self.fault(place(), problem, "remove `municipality`: children have none of their own here");
            return;
        }
        for number in 1..=group.count_max {
            let field = group.municipality_field(number);
            let kind = field.as_ref().and_then(|field| self.parts.form.field(field)).map(|field| &field.kind);
            if kind != Some(&FieldKind::Municipality) {
                let problem = format!("the life event's form has no municipality `{prefix}-{number}`");
                let last = group.count_max;
                let remedy = format!("add fields `{prefix}-1` to `{prefix}-{last}` with the format `municipality`");
                self.fault(place(), problem, remedy);
                return;
            }
            self.check_whose_place(group, number);
        }
    }

    /// Where a subject is must be known when it is counted: asked with how many there are, or of the very party it stands for.
    fn check_whose_place(&mut self, group: &GroupDefinition, number: u8) {
        let form = &self.parts.form;
        let field = group.municipality_field(number).and_then(|slug| form.field(&slug));
        let Some((field, asked)) = field.and_then(|field| field.asked_of.map(|asked| (field, asked))) else { return };
        let expected = match &group.members {
            Members::Counted(count) => form.field(count).and_then(|count| count.asked_of),
            Members::Parties(role) => Some(AskedOf { role: *role, number: Subject(number) }),
            Members::Times { .. } => None,
        };
        if expected != Some(asked) {
            let remedy = expected.map_or_else(
                || "remove `x-asked-of`: the subject is counted when the case is filed".to_owned(),
                |expected| format!("let it be `\"x-asked-of\": \"{expected}\"`"),
            );
            let problem = format!("`{}` is asked of {asked}, when its subject may be counted already", field.slug);
            self.fault(Place::Group(group.slug.clone()), problem, remedy);
        }
    }
}
