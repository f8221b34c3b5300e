//! Needs: of things that exist and can come, and never in a circle.

use super::{Checker, Place};
use crate::definition::{
    Awaited, AwaitedFact, FactAbout, FactOf, Members, Need, NeedFor, Role, StepDefinition, StepKind,
};
use crate::id::Slug;
use std::collections::BTreeSet;

impl Awaited {
    /// The step it speaks of.
    pub(crate) fn step(&self) -> Option<&Slug> {
        match self {
            Awaited::Filed(step)
            | Awaited::Arrived(step)
            | Awaited::Decided(step)
            | Awaited::Approved(step)
            | Awaited::Executed(step)
            | Awaited::Lapsed(step)
            | Awaited::ClockEnded { step, .. } => Some(step),
            Awaited::Fact(_) | Awaited::Joined(_) => None,
        }
    }
}

impl Checker<'_> {
    pub(super) fn check_needs(&mut self, step: &StepDefinition) {
        for (index, need) in step.needs.iter().enumerate() {
            let place = || Place::Need { step: step.slug.clone(), index };
            if need.any.is_empty() {
                self.fault(place(), "a need awaits nothing", "name what it awaits in `any`, or remove it");
            }
            for (position, awaited) in need.any.iter().enumerate() {
                if need.any[..position].contains(awaited) {
                    self.fault(place(), "a need awaits the same thing twice", "name it once");
                }
                if let Some((problem, remedy)) = self.cannot_come(step, awaited, need.every.as_ref()) {
                    self.fault(place(), problem, remedy);
                }
            }
            if let Some((problem, remedy)) = self.wrong_every(step, need) {
                self.fault(place(), problem, remedy);
            }
        }
    }

    /// Why a need cannot be of every subject of its group.
    fn wrong_every(&self, step: &StepDefinition, need: &Need) -> Option<(String, String)> {
        let every = need.every.as_ref()?;
        if let Some(own) = &step.for_each {
            let problem = format!("`{}` repeats for each {own}, and needs something of every {every}", step.slug);
            return Some((problem, "remove `every`, or let the step be one for the whole case".to_owned()));
        }
        let repeats = |slug: &Slug| self.step(slug).is_some_and(|other| other.for_each.as_ref() == Some(every));
        let strange = need.any.iter().find(|awaited| !awaited.step().is_some_and(repeats))?;
        let what = strange.step().map_or_else(|| "a fact or a party".to_owned(), |slug| format!("`{slug}`"));
        let problem = format!("{what} does not repeat for each {every}");
        Some((problem, format!("name only steps with `for-each = \"{every}\"`, or remove `every`")))
    }

    /// Why what a step awaits can never come.
    fn cannot_come(&self, step: &StepDefinition, awaited: &Awaited, every: Option<&Slug>) -> Option<(String, String)> {
        if let Awaited::Fact(fact) = awaited {
            if fact.kind.about() == FactAbout::Step && fact.of == FactOf::Own {
                let remedy = format!("name the step: `fact:{}:…`", fact.kind.slug());
                return Some((format!("`{}` waits for a {} of its own", step.slug, fact.kind.slug()), remedy));
            }
            return self.wrong_fact(step, fact);
        }
        if let Awaited::Joined(role) = awaited {
            let is_always_there = *role == Role::Applicant && !self.parts.filed_by.contains(&Role::Helper);
            return if !self.has_role(*role) {
                let problem = format!("the case has no `{}` who could join", role.slug());
                Some((problem, "add the role to the definition, or need something else".to_owned()))
            } else if is_always_there {
                let remedy = "remove the need, or let a helper file: `filed-by = [\"applicant\", \"helper\"]`";
                Some(("the applicant is always in the case".to_owned(), remedy.to_owned()))
            } else {
                None
            };
        }
        let slug = awaited.step()?;
        if *slug == step.slug {
            return Some((format!("`{slug}` needs itself"), "remove the need".to_owned()));
        }
        let Some(other) = self.step(slug) else {
            return Some((format!("no step is called `{slug}`"), "name a step of the definition".to_owned()));
        };
        if other.kind == StepKind::Information {
            let problem = format!("`{slug}` only informs: nothing ever comes of it");
            return Some((problem, "need another step, or none".to_owned()));
        }
        if let Some(crossing) = self.crosses(step, other) {
            return Some(crossing);
        }
        let is_sent = other.done_by.is_none() && other.kind != StepKind::External;
        match awaited {
            Awaited::Filed(_) | Awaited::Arrived(_) if !is_sent => {
                Some((format!("`{slug}` is never filed with an agency"), format!("write `approved:{slug}`")))
            }
            Awaited::Executed(_) if !other.is_executed => Some((
                format!("`{slug}` is never carried out: a decision ends it"),
                format!("write `approved:{slug}`, or `executed = true` in that step"),
            )),
            Awaited::Lapsed(_) if step.for_each.is_none() && other.for_each.is_some() && every.is_none() => {
                let group = other.for_each.as_ref().map_or("", Slug::as_str);
                Some((
                    format!("`{slug}` can lapse for one {group} and not for another"),
                    format!(
                        "write `every = \"{group}\"`, let this step repeat for each {group}, or need something else"
                    ),
                ))
            }
            Awaited::ClockEnded { clock, .. } if other.clock(clock).is_none() => {
                Some((format!("`{slug}` has no clock `{clock}`"), "name one of its clocks".to_owned()))
            }
            Awaited::Filed(_)
            | Awaited::Arrived(_)
            | Awaited::Decided(_)
            | Awaited::Approved(_)
            | Awaited::Executed(_)
            | Awaited::Lapsed(_)
            | Awaited::ClockEnded { .. }
            | Awaited::Joined(_)
            | Awaited::Fact(_) => None,
        }
    }

    /// Finds steps that can never be filed because they wait, in the end, for themselves.
    ///
    /// Only needs to file count: the others hold nothing back. A need with another way out is no part of a circle.
    pub(super) fn check_cycles(&mut self) {
        let mut can_open: BTreeSet<&Slug> = BTreeSet::new();
        loop {
            let more: Vec<&Slug> = self
                .parts
                .steps
                .iter()
                .filter(|step| {
                    !can_open.contains(&step.slug) && blocking(step, |slug| can_open.contains(slug)).is_none()
                })
                .map(|step| &step.slug)
                .collect();
            if more.is_empty() {
                break;
            }
            can_open.extend(more);
        }
        let mut named: BTreeSet<Slug> = BTreeSet::new();
        let mut found = Vec::new();
        for step in &self.parts.steps {
            if can_open.contains(&step.slug) || named.contains(&step.slug) {
                continue;
            }
            if let Some((index, path)) = self.circle(step, &can_open) {
                named.extend(path.iter().cloned());
                let around: Vec<_> = path.iter().chain([&step.slug]).map(Slug::as_str).collect();
                found.push((Place::Need { step: step.slug.clone(), index }, around.join(" → ")));
            }
        }
        for (place, around) in found {
            let remedy = "make one of these needs `to-be-complete` or `to-take-effect`, or give it another way out";
            self.fault(place, format!("the steps wait for each other: {around}"), remedy);
        }
    }

    /// The way from a step back to itself over needs that block, with the index of the first need, if there is one.
    fn circle(&self, start: &StepDefinition, can_open: &BTreeSet<&Slug>) -> Option<(usize, Vec<Slug>)> {
        let is_known = |slug: &Slug| can_open.contains(slug);
        for (index, need) in start.needs.iter().enumerate() {
            if need.purpose != NeedFor::ToFile {
                continue;
            }
            for first in
                need.any.iter().filter_map(Awaited::step).filter(|slug| **slug != start.slug && !is_known(slug))
            {
                let mut path = vec![start.slug.clone()];
                let mut seen = BTreeSet::new();
                let mut at = first;
                while at != &start.slug && seen.insert(at) {
                    path.push(at.clone());
                    let next = self.step(at).and_then(|step| blocking(step, is_known));
                    match next {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                if at == &start.slug {
                    return Some((index, path));
                }
            }
        }
        None
    }

    /// Whether a step is perhaps another's than that of whom the life event is about: a founder's, a child's.
    fn is_of_another(&self, step: &StepDefinition) -> bool {
        step.for_each.is_some()
            && self.group_of(step).is_none_or(|group| match group.members {
                Members::Times { .. } => false,
                Members::Counted(_) | Members::Parties(_) => true,
            })
    }

    /// What has certainly come when a step can be begun.
    pub(super) fn certain(&self, step: &StepDefinition) -> BTreeSet<Certain> {
        self.certain_within(step, &mut BTreeSet::new())
    }

    fn certain_within(&self, step: &StepDefinition, visited: &mut BTreeSet<Slug>) -> BTreeSet<Certain> {
        let mut certain = BTreeSet::new();
        if !visited.insert(step.slug.clone()) {
            return certain;
        }
        for need in step.needs.iter().filter(|need| need.purpose == NeedFor::ToFile) {
            let mut shared: Option<BTreeSet<Certain>> = None;
            for awaited in &need.any {
                let implied = match awaited {
                    Awaited::Fact(fact) => {
                        let mut told = BTreeSet::from([Certain::Fact(fact.clone())]);
                        // What happens to a person is only told of one who is in the case.
                        match (fact.kind.about(), &fact.of) {
                            (FactAbout::Person, FactOf::Role(role)) => told.extend([Certain::Joined(*role)]),
                            (FactAbout::Person, FactOf::Own) if !self.is_of_another(step) => {
                                told.extend([Certain::Joined(self.parts.about)]);
                            }
                            (_, _) => {}
                        }
                        told
                    }
                    Awaited::Joined(role) => BTreeSet::from([Certain::Joined(*role)]),
                    // A step can lapse, and its clocks can end, without it ever having begun.
                    Awaited::Lapsed(_) | Awaited::ClockEnded { .. } => BTreeSet::new(),
                    Awaited::Filed(slug)
                    | Awaited::Arrived(slug)
                    | Awaited::Decided(slug)
                    | Awaited::Approved(slug)
                    | Awaited::Executed(slug) => self.step(slug).map_or_else(BTreeSet::new, |other| {
                        let mut others = self.certain_within(other, visited);
                        others.extend(other.done_by.map(|kind| Certain::Fact(kind.into())));
                        if matches!(awaited, Awaited::Executed(_)) {
                            others.insert(Certain::Executed(slug.clone()));
                        }
                        others
                    }),
                };
                shared = Some(match shared {
                    None => implied,
                    Some(earlier) => earlier.intersection(&implied).cloned().collect(),
                });
            }
            certain.extend(shared.unwrap_or_default());
        }
        visited.remove(&step.slug);
        certain
    }
}

/// Something that has certainly come when a step can be begun.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certain {
    /// A fact.
    Fact(AwaitedFact),
    /// A party with the role has joined.
    Joined(Role),
    /// A step was carried out.
    Executed(Slug),
}

/// A step that a step cannot be filed before, while `comes` says of which steps something can come.
///
/// Steps that do not exist are complained of elsewhere and block nothing here.
fn blocking(step: &StepDefinition, comes: impl Fn(&Slug) -> bool) -> Option<&Slug> {
    step.needs.iter().filter(|need| need.purpose == NeedFor::ToFile).find_map(|need| {
        let mut waits = need.any.iter().map(Awaited::step);
        let is_met =
            need.any.is_empty() || waits.any(|awaited| awaited.is_none_or(|slug| *slug == step.slug || comes(slug)));
        if is_met { None } else { need.any.iter().find_map(Awaited::step) }
    })
}
