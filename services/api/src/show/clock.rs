//! Legal and promised periods of a step.

use super::Sight;
use crate::convert::time::{date, timestamp};
use crate::convert::word::Word as _;
use livshandelse_core::calendar::RollOver;
use livshandelse_core::case::{Clock, Step};
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
        let waiting = definition.clocks.iter().filter(|known| step.clocks.iter().all(|clock| clock.slug != known.slug));
        let started = started.into_iter().map(|(clock, known)| self.clock(definition, known, Some(clock)));
        let waiting = waiting.map(|known| self.clock(definition, known, None));
        started.chain(waiting).collect()
    }

    fn clock(&self, step: &StepDefinition, known: &ClockDefinition, clock: Option<&Clock>) -> pb::Clock {
        let key = format!("clock-{}-{}", step.slug, known.slug);
        let day = clock.map(|clock| ("day", Arg::Day(clock.last_day)));
        let args: Vec<_> = day.into_iter().collect();
        let price = known.has_price && clock.is_some();
        let has_passed = clock.is_some_and(|clock| clock.passed_count > 0);
        let consequence = if has_passed {
            self.voice.say(&format!("{key}-passed"), &args)
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
            title: self.voice.say(&key, &args),
            state: state.into(),
            start_time: clock.map(|clock| timestamp(clock.started_at)),
            end_date: clock.map(|clock| date(clock.last_day)),
            roll_over: known.roll_over.number(),
            rolled_date: rolls.map(|clock| date(clock.acts_on)),
            holder: known.holder.number(),
            consequence,
            price_text: if price {
                self.voice.say(&format!("price-{}-{}", step.slug, known.slug), &args)
            } else {
                String::new()
            },
            legal_basis: known.source.clone(),
        }
    }
}
