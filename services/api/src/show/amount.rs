//! The amounts and periods that a step goes by, as values and in words.

use super::Sight;
use crate::convert::time::date;
use crate::convert::word::Word as _;
use crate::voice::Voice;
use jiff::civil::Date;
use livshandelse_core::case::{AmountUsed, AmountValue, Step};
use livshandelse_core::definition::StepDefinition;
use livshandelse_core::id::Slug;
use livshandelse_core::registry::{Registry, Unit};
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::{Arg, amount_arg, amount_in_words};

/// What the texts of a step are filled with of its amounts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filling(Vec<(String, String)>);

impl Filling {
    /// Those of these amounts.
    pub(crate) fn of(voice: Voice<'_>, amounts: &[AmountUsed]) -> Filling {
        let words = |used: &AmountUsed| (amount_arg(&used.slug), in_words(voice, used));
        Filling(amounts.iter().map(words).collect())
    }

    /// A text, filled with these and others.
    pub(crate) fn say(&self, voice: Voice<'_>, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        voice.say(key, &self.with(args))
    }

    /// A text, if there is one.
    pub(crate) fn say_if(&self, voice: Voice<'_>, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        voice.say_if(key, &self.with(args))
    }

    fn with<'b>(&'b self, args: &[(&'b str, Arg<'b>)]) -> Vec<(&'b str, Arg<'b>)> {
        let own = self.0.iter().map(|(name, words)| (name.as_str(), Arg::Text(words)));
        args.iter().copied().chain(own).collect()
    }
}

fn in_words(voice: Voice<'_>, used: &AmountUsed) -> String {
    amount_in_words(voice.language(), used.found.map(|found| (found.unit, found.value)))
}

/// The amounts that a step of a life event goes by on a day, in a municipality or anywhere.
pub(crate) fn on(
    registry: &Registry,
    definition: &StepDefinition,
    municipality: Option<&str>,
    day: Date,
) -> Vec<AmountUsed> {
    let found = |slug: &Slug| {
        let known = match municipality {
            Some(municipality) => registry.amount_in(slug, municipality, day),
            None => registry.amount(slug, day),
        };
        known.map(|known| AmountValue { value: known.value, unit: known.unit, from: known.from })
    };
    definition.amounts.iter().map(|slug| AmountUsed { slug: slug.clone(), found: found(slug) }).collect()
}

/// An amount as it was used, with its words.
pub(crate) fn shown(
    voice: Voice<'_>,
    registry: &Registry,
    municipality: Option<&str>,
    used: &AmountUsed,
) -> pb::Amount {
    let source = used.found.and_then(|found| {
        let known = match municipality {
            Some(municipality) => registry.amount_in(&used.slug, municipality, found.from),
            None => registry.amount(&used.slug, found.from),
        };
        known.filter(|known| known.value == found.value).map(|known| known.source.clone())
    });
    pb::Amount {
        slug: used.slug.to_string(),
        text: voice.say_if(&format!("amount-{}", used.slug), &[]).unwrap_or_else(|| used.slug.to_string()),
        unit: used.found.map_or(0, |found| found.unit.number()),
        value: used.found.map(|found| found.value),
        value_text: in_words(voice, used),
        from_date: used.found.map(|found| date(found.from)),
        source: source.unwrap_or_default(),
    }
}

/// The fee among amounts: the first that is money, and known.
pub(crate) fn fee_of(amounts: &[AmountUsed]) -> Option<pb::Money> {
    let found = amounts.iter().filter_map(|used| used.found).find(|found| found.unit == Unit::Ore)?;
    Some(pb::Money { currency_code: "SEK".to_owned(), minor_units: found.value })
}

impl Sight<'_> {
    /// The amounts that a step goes by: those of the day it was filed, or of today before that. Where the place is hidden,
    /// what a municipality has set itself is not known either: it would give the place away.
    pub(super) fn amounts_of(&self, definition: &StepDefinition, step: &Step) -> Vec<AmountUsed> {
        let is_masked = self.is_masked(&definition.agency);
        if step.filed_at.is_none() {
            let municipality = self.case.municipality_of(definition, step.id.subject);
            return on(self.registry, definition, (!is_masked).then_some(municipality), self.now.date());
        }
        self.unmasked(&step.amounts, is_masked)
    }

    fn unmasked(&self, amounts: &[AmountUsed], is_masked: bool) -> Vec<AmountUsed> {
        let mut amounts = amounts.to_vec();
        for used in amounts.iter_mut().filter(|_| is_masked) {
            let is_everywhere = |found: AmountValue| {
                self.registry.amounts_of(&used.slug).iter().any(|known| known.value == found.value)
            };
            if !used.found.is_some_and(is_everywhere) {
                used.found = None;
            }
        }
        amounts
    }

    /// The amounts of a step, with their words.
    pub(super) fn amounts(&self, definition: &StepDefinition, step: &Step) -> Vec<pb::Amount> {
        let municipality =
            (!self.is_masked(&definition.agency)).then(|| self.case.municipality_of(definition, step.id.subject));
        let used = self.amounts_of(definition, step);
        used.iter().map(|used| shown(self.voice, self.registry, municipality, used)).collect()
    }

    /// What the texts of a step are filled with.
    pub(crate) fn filling(&self, definition: &StepDefinition, step: &Step) -> Filling {
        if definition.amounts.is_empty() {
            return Filling::default();
        }
        Filling::of(self.voice, &self.amounts_of(definition, step))
    }
}
