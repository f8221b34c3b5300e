//! Amounts and periods of the reference data: which value holds, and that it was this one.

use super::Sitting;
use crate::calendar::Period;
use crate::case::{AmountUsed, AmountValue};
use crate::definition::{NamedPeriod, StepDefinition};
use crate::id::{Slug, Subject};
use jiff::civil::Date;

impl Sitting<'_> {
    /// The amounts a step goes by on a day, where its subject is. What nobody knows is recorded without a value.
    pub(super) fn amounts_used(&self, definition: &StepDefinition, subject: Subject, day: Date) -> Vec<AmountUsed> {
        definition.amounts.iter().map(|slug| self.amount_used(slug, definition, subject, day)).collect()
    }

    fn amount_used(&self, slug: &Slug, definition: &StepDefinition, subject: Subject, day: Date) -> AmountUsed {
        let municipality = self.case.municipality_of(definition, subject);
        let amount = self.facts.registry.amount_in(slug, municipality, day);
        let found = amount.map(|amount| AmountValue { value: amount.value, unit: amount.unit, from: amount.from });
        AmountUsed { slug: slug.clone(), found }
    }

    /// A named period as it is on a day, with what it was found to be; `None` when nobody knows.
    pub(super) fn named_period(
        &self,
        named: &NamedPeriod,
        definition: &StepDefinition,
        subject: Subject,
        day: Date,
    ) -> Option<(Period, AmountUsed)> {
        let used = self.amount_used(&named.slug, definition, subject, day);
        let found = used.found?;
        let count = if named.is_backwards { found.value.saturating_neg() } else { found.value };
        Some((found.unit.period(count)?, used))
    }
}
