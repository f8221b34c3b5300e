//! Quiet after grief: for some days after a child was stillborn or somebody in the case died, nobody is written to, unless
//! the law would take something away meanwhile.

use crate::case::Case;
use crate::definition::{ClockDefinition, ClockKind, Consequence, Definition, FactKind, Holder};
use jiff::ToSpan;
use jiff::civil::Date;

/// The last day of the quiet time that the case's facts ask for, if any does. The definition says how long
/// (`quiet-days`, 0 to 365).
pub fn quiet_to(definition: &Definition, case: &Case) -> Option<Date> {
    let days = i64::from(definition.parts().quiet_days);
    let sad = case.facts.iter().filter(|fact| match fact.report.kind {
        FactKind::Stillbirth | FactKind::Death => true,
        FactKind::Birth
        | FactKind::Homecoming
        | FactKind::Move
        | FactKind::Paid
        | FactKind::Admission
        | FactKind::ReadyForDischarge
        | FactKind::Discharge
        | FactKind::PermitRevoked => false,
    });
    let last = sad.map(|fact| fact.report.occurred_at.date()).max()?;
    (days > 0).then(|| last.saturating_add((days - 1).days()))
}

/// Whether the law takes something away when a clock of the applicant's ends: that is told in grief too.
pub(super) fn takes_away(clock: &ClockDefinition) -> bool {
    let is_law = match clock.kind {
        ClockKind::Chance | ClockKind::Statutory | ClockKind::Appeal => true,
        ClockKind::Own | ClockKind::Price => false,
    };
    let is_lost = match clock.consequence {
        Consequence::Closes | Consequence::Settles => true,
        Consequence::Overdue | Consequence::Warns => clock.kind == ClockKind::Appeal,
    };
    is_law && is_lost && clock.holder == Holder::Applicant
}
