//! When each step of a case that is only tried out can be expected: as far as clocks, answers and assumed facts say.

use crate::convert::time::date as shown_date;
use crate::convert::word::Word as _;
use crate::convert::wrong::Wrong;
use crate::show::Sight;
use crate::status::Refused;
use jiff::civil::Date;
use livshandelse_core::case::{ClockState, Step};
use livshandelse_core::definition::{
    Anchor, Awaited, ClockDefinition, ClockKind, Consequence, FactKind, Holder, MetBy, Need, NeedFor, StepDefinition,
    StepKind,
};
use livshandelse_core::id::{Slug, StepId};
use livshandelse_core::value::Value;
use livshandelse_proto::v1 as pb;
use std::collections::BTreeMap;

/// Facts that may be assumed at the most.
const ASSUMED_MAX: usize = 20;

/// Facts that are taken for granted, by the slug of their kind.
pub(super) type Assumed = BTreeMap<String, Date>;

/// Reads what a preview takes for granted.
pub(super) fn assumed(given: &[pb::AssumedFact]) -> Result<Assumed, Refused> {
    let mut assumed = Assumed::new();
    let known: Vec<&str> = FactKind::ALL.iter().map(|kind| kind.slug()).collect();
    for (index, fact) in given.iter().enumerate() {
        let path = |field: &str| format!("assumed_facts[{index}].{field}");
        if index >= ASSUMED_MAX || assumed.contains_key(&fact.fact) {
            return Err(Wrong::one(&path("fact"), "one too many", "name each kind of fact once"));
        }
        if !known.contains(&fact.fact.as_str()) {
            return Err(Wrong::one(&path("fact"), "no kind of fact", format!("use one of: {}", known.join(", "))));
        }
        let day = fact.date.as_ref().and_then(|day| {
            let part = |number: i32| i8::try_from(number).ok();
            Date::new(i16::try_from(day.year).ok()?, part(day.month)?, part(day.day)?).ok()
        });
        let day = day.ok_or_else(|| Wrong::one(&path("date"), "missing, or no day", "give year, month and day"))?;
        assumed.insert(fact.fact.clone(), day);
    }
    Ok(assumed)
}

/// When one step can be expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Times {
    /// The first day it can be filed, or happens.
    filed: Option<Date>,
    /// The last day to file it, and the law or limit.
    latest: Option<(Date, String)>,
    /// The day it is decided at the latest, when filed on the first day.
    decided: Option<Date>,
    /// The ends of its clocks, by slug.
    clocks: BTreeMap<Slug, Date>,
}

/// When every step can be expected.
#[derive(Debug, Default)]
pub(super) struct Plan {
    times: BTreeMap<StepId, Times>,
}

impl Plan {
    /// Works out the days of all steps that are needed.
    pub(super) fn of(sight: &Sight<'_>, needed: &[&Step], assumed: &Assumed) -> Plan {
        let mut plan = Plan::default();
        // What a step waits for is known one round before it; nothing that holds back ever goes in a ring.
        for _ in 0..=needed.len() {
            let mut next = Plan::default();
            for step in needed {
                if let Some(known) = sight.definition.step(&step.id.slug) {
                    let look = Look { sight, plan: &plan, needed, assumed, step, known };
                    next.times.insert(step.id.clone(), look.times());
                }
            }
            let is_settled = next.times == plan.times;
            plan = next;
            if is_settled {
                break;
            }
        }
        plan
    }

    /// The last day of a step's clock, if it can be told.
    pub(super) fn clock_end(&self, step: &StepId, clock: &Slug) -> Option<Date> {
        self.times.get(step)?.clocks.get(clock).copied()
    }

    /// One step as it is shown.
    pub(super) fn shown(&self, sight: &Sight<'_>, step: &Step, wave: u32) -> pb::PreviewStep {
        let times = self.times.get(&step.id).cloned().unwrap_or_default();
        let known = sight.definition.step(&step.id.slug);
        let acts = known.filter(|known| known.kind != StepKind::Automatic);
        let waits_for_text = if times.filed.is_some() {
            String::new()
        } else {
            let holding = |need: &&pb::Need| need.purpose() == pb::NeedPurpose::ToFile;
            let needs = sight.step(step).needs;
            let texts: Vec<&str> = needs.iter().filter(holding).map(|need| need.text.as_str()).collect();
            texts.join(", ")
        };
        let (latest, basis) = times.latest.unzip();
        pb::PreviewStep {
            step: sight.step_name(&step.id),
            wave,
            filer: acts.map_or(0, |known| known.filer().number()),
            earliest_date: times.filed.map(shown_date),
            latest_date: latest.map(shown_date),
            latest_legal_basis: basis.unwrap_or_default(),
            decision_date: times.decided.map(shown_date),
            waits_for_text,
        }
    }
}

/// One step, looked at with what is known of the others.
struct Look<'a> {
    sight: &'a Sight<'a>,
    plan: &'a Plan,
    needed: &'a [&'a Step],
    assumed: &'a Assumed,
    step: &'a Step,
    known: &'a StepDefinition,
}

impl Look<'_> {
    fn times(&self) -> Times {
        let today = self.sight.now.date();
        let holding = self.known.needs.iter().filter(|need| need.purpose == NeedFor::ToFile);
        let met: Option<Vec<Date>> = holding.map(|need| self.met(need)).collect();
        let opened = met.map(|days| days.into_iter().fold(today, Date::max));
        let done_by = self.known.done_by.map(|kind| self.assumed.get(kind.slug()).copied());
        let filed = done_by.unwrap_or(opened);
        let mut times = Times { filed, ..Times::default() };
        for clock in &self.known.clocks {
            if let Some(end) = self.end(clock, opened, filed) {
                times.clocks.insert(clock.slug.clone(), end);
            }
        }
        let end = |clock: &&ClockDefinition| times.clocks.get(&clock.slug).copied();
        let closes = |clock: &&ClockDefinition| {
            clock.holder == Holder::Applicant
                && clock.met_by == MetBy::Filed
                && matches!(clock.consequence, Consequence::Closes | Consequence::Settles)
        };
        if self.known.kind != StepKind::Automatic {
            // A chance that the law gives counts before a limit of our own.
            let own = |clock: &ClockDefinition| clock.kind == ClockKind::Own;
            let closing = self.known.clocks.iter().filter(closes);
            let ends = closing.filter_map(|clock| Some((own(clock), end(&clock)?, clock.source.clone())));
            times.latest = ends.min().map(|(_, day, source)| (day, source));
        }
        let decides = |clock: &&ClockDefinition| {
            clock.holder == Holder::Agency && matches!(clock.met_by, MetBy::Decided | MetBy::Executed)
        };
        let decided = if self.known.done_by.is_some() { filed } else { None };
        times.decided =
            decided.or_else(|| self.known.clocks.iter().filter(decides).filter_map(|clock| end(&clock)).min());
        times
    }

    /// When a need is met at the earliest: by the first of what it awaits. `None` when nobody knows.
    fn met(&self, need: &Need) -> Option<Date> {
        need.any.iter().filter_map(|awaited| self.happens(awaited)).min()
    }

    fn happens(&self, awaited: &Awaited) -> Option<Date> {
        match awaited {
            Awaited::Fact(kind) => self.assumed.get(kind.kind.slug()).copied(),
            Awaited::Filed(step)
            | Awaited::Arrived(step)
            | Awaited::Decided(step)
            | Awaited::Approved(step)
            | Awaited::Executed(step) => self.plan.times.get(self.other(step)?)?.filed,
            Awaited::Lapsed(step) => match self.other(step) {
                // It is not in the case, so it has come to nothing already.
                None => Some(self.sight.now.date()),
                Some(id) => self.plan.times.get(id)?.latest.as_ref().map(|(day, _)| *day),
            },
            Awaited::Joined(role) => {
                let is_in = self.sight.case.parties.iter().any(|party| party.role == *role);
                is_in.then(|| self.sight.now.date())
            }
            Awaited::ClockEnded { step, clock } => self.plan.clock_end(self.other(step)?, clock),
        }
    }

    /// The step with a slug that this one waits for: its own subject's, the whole case's, or any.
    fn other(&self, slug: &Slug) -> Option<&StepId> {
        let all = || self.needed.iter().map(|step| &step.id).filter(|id| id.slug == *slug);
        all().find(|id| id.subject == self.step.id.subject).or_else(|| all().next())
    }

    /// The last day of a clock: as it runs, or as it would.
    fn end(&self, clock: &ClockDefinition, opened: Option<Date>, filed: Option<Date>) -> Option<Date> {
        let running = self.step.clocks.iter().find(|known| known.slug == clock.slug);
        if let Some(running) = running.filter(|running| running.state == ClockState::Running) {
            return Some(running.last_day);
        }
        let day_in = |values: &livshandelse_core::value::Values, field: &Slug| match values.get(field) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        };
        let ends: Option<Vec<Date>> = clock
            .latest
            .iter()
            .map(|term| {
                let from = match &term.anchor {
                    Anchor::CaseFiled => Some(self.sight.now.date()),
                    Anchor::Opened => opened,
                    Anchor::Filed | Anchor::Arrived | Anchor::Complete => filed,
                    // When an agency decides, and carries out, nobody knows ahead.
                    Anchor::Decided | Anchor::Received | Anchor::Executed(_) | Anchor::Interrupted => None,
                    Anchor::Fact(kind) => self.assumed.get(kind.kind.slug()).copied(),
                    Anchor::Input(field) => day_in(&self.sight.case.input, field),
                    Anchor::StepInput(field) => day_in(&self.step.input, field),
                };
                let from = from?;
                let Some(named) = &term.named else { return Some(term.period.after(from)) };
                let municipality = self.sight.case.municipality_of(self.known, self.step.id.subject);
                let amount = self.sight.registry.amount_in(&named.slug, municipality, from)?;
                let count = if named.is_backwards { amount.value.saturating_neg() } else { amount.value };
                Some(amount.unit.period(count)?.after(term.period.after(from)))
            })
            .collect();
        ends?.into_iter().max()
    }
}
