//! Legal and promised periods of a step.

use super::Sight;
use super::amount::{self, Filling};
use crate::convert::time::{date, timestamp};
use crate::convert::word::Word as _;
use livshandelse_core::calendar::RollOver;
use livshandelse_core::case::{AmountUsed, AmountValue, Clock, Step};
use livshandelse_core::definition::{ClockDefinition, Consequence, StepDefinition};
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Arg;

/// What follows when a clock has passed, as a word of the texts.
pub(super) fn consequence_key(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::Closes => "consequence-closes",
        Consequence::Overdue => "consequence-overdue",
        Consequence::Warns => "consequence-warns",
        Consequence::Settles => "consequence-settles",
    }
}

impl Sight<'_> {
    /// The clocks of a step, the nearest last day first, then those not started. What the core starts for itself is not
    /// shown.
    pub(super) fn clocks(&self, definition: &StepDefinition, step: &Step) -> Vec<pb::Clock> {
        let known = |slug| definition.clock(slug);
        let mut started: Vec<_> = step.clocks.iter().filter_map(|clock| Some((clock, known(&clock.slug)?))).collect();
        started.sort_by_key(|(clock, _)| clock.last_day);
        let filling = self.filling(definition, step);
        let waiting = definition.clocks.iter().filter(|known| step.clocks.iter().all(|clock| clock.slug != known.slug));
        let started = started.into_iter().map(|(clock, known)| self.clock(definition, known, Some(clock), &filling));
        let waiting = waiting.map(|known| self.clock(definition, known, None, &filling));
        started.chain(waiting).collect()
    }

    fn clock(
        &self,
        step: &StepDefinition,
        known: &ClockDefinition,
        clock: Option<&Clock>,
        filling: &Filling,
    ) -> pb::Clock {
        let say = |key: &str, args: &[(&str, Arg<'_>)]| filling.say(self.voice, key, args);
        let key = format!("clock-{}-{}", step.slug, known.slug);
        let day = clock.map(|clock| ("day", Arg::Day(clock.last_day)));
        let args: Vec<_> = day.into_iter().collect();
        let price = known.has_price && clock.is_some();
        let has_passed = clock.is_some_and(|clock| clock.passed_count > 0);
        let consequence = if has_passed {
            say(&format!("{key}-passed"), &args)
        } else {
            self.voice.say(consequence_key(known.consequence), &args)
        };
        let rolls =
            clock.filter(|clock| known.roll_over == RollOver::Yes && clock.acts_on != clock.last_day && !has_passed);
        let state = match clock {
            None => pb::ClockState::NotStarted,
            Some(_) if has_passed => pb::ClockState::Passed,
            Some(clock) => clock.state.pb(),
        };
        pb::Clock {
            slug: known.slug.to_string(),
            kind: known.kind.number(),
            title: say(&key, &args),
            state: state.into(),
            start_time: clock.map(|clock| timestamp(clock.started_at)),
            end_date: clock.map(|clock| date(clock.last_day)),
            roll_over: known.roll_over.number(),
            rolled_date: rolls.map(|clock| date(clock.acts_on)),
            holder: known.holder.number(),
            consequence,
            price_text: if price { say(&format!("price-{}-{}", step.slug, known.slug), &args) } else { String::new() },
            legal_basis: known.source.clone(),
            amounts: self.periods(step, known, clock),
        }
    }

    /// The named periods that a clock is counted with, as they are on the day it began.
    fn periods(&self, step: &StepDefinition, known: &ClockDefinition, clock: Option<&Clock>) -> Vec<pb::Amount> {
        let day = clock.map_or(self.now, |clock| clock.started_at).date();
        let municipality = (!self.is_masked(&step.agency)).then_some(&*self.case.municipality);
        let named = known.latest.iter().filter_map(|term| term.named.as_ref());
        let shown = named.map(|named| {
            let found = municipality.map_or_else(
                || self.registry.amount(&named.slug, day),
                |municipality| self.registry.amount_in(&named.slug, municipality, day),
            );
            let found = found.map(|known| AmountValue { value: known.value, unit: known.unit, from: known.from });
            let used = AmountUsed { slug: named.slug.clone(), found };
            amount::shown(self.voice, self.registry, municipality, &used)
        });
        shown.collect()
    }
}
