//! Quiet after grief: for some days after a child was stillborn or somebody in the case died, nobody is written to, unless
//! the law would take something away meanwhile. Not of other cases either: each of them is asked to keep a day, and is not
//! told why.

use crate::case::Case;
use crate::definition::{ClockDefinition, ClockKind, Consequence, Definition, FactKind, Holder, MandateKind, Role};
use crate::id::PartyId;
use crate::status::view_of;
use crate::time::CivilTime;
use jiff::ToSpan;
use jiff::civil::Date;

/// The last day of the quiet time that the case's facts ask for, if any does: everybody's in this case. The definition says
/// how long (`quiet-days`, 0 to 365).
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

/// The last day on which a party is not written to in this case: for what happened in it, or in another case of hers.
pub(super) fn quiet_of(definition: &Definition, case: &Case, party: PartyId) -> Option<Date> {
    quiet_to(definition, case).max(case.telling.kept_quiet.get(&party).copied())
}

/// The last day on which a party is to be left in peace in her other cases, as far as this one knows: for what happened in
/// it, or for what another has asked of it.
pub fn peace_to(definition: &Definition, case: &Case, party: PartyId) -> Option<Date> {
    let own = quiet_to(definition, case).filter(|_| mourns(case, party));
    own.max(case.telling.kept_quiet.get(&party).copied())
}

/// Whose other cases are to keep quiet since a record, and to which day: of everybody who mourns, when the day has moved; of
/// somebody who has come in since, as well.
pub fn quiet_begun(definition: &Definition, before: &Case, after: &Case, now: CivilTime) -> Vec<(PartyId, Date)> {
    let Some(to) = quiet_to(definition, after).filter(|to| now.date() <= *to) else { return Vec::new() };
    let has_moved = quiet_to(definition, before) < Some(to);
    let parties = after.parties.iter().map(|party| party.id);
    let mourning = parties.filter(|id| (has_moved || before.party(*id).is_none()) && mourns(after, *id));
    mourning.map(|id| (id, to)).collect()
}

/// Whether what happened in a case is a grief of a party's own: not of somebody who acts for others by office, whom
/// those others wait for, nor of anybody who is not to know of the case (I6). Who has died counts too: her letters are
/// opened by those who mourn.
fn mourns(case: &Case, id: PartyId) -> bool {
    let Some(party) = case.party(id) else { return false };
    let is_near = match party.role {
        Role::Applicant | Role::CoParty | Role::Subject | Role::Helper => true,
        Role::Representative => {
            case.mandates.iter().filter(|held| held.party == id).any(|held| match held.mandate.kind {
                MandateKind::Kinship | MandateKind::Guardian | MandateKind::FuturePowerOfAttorney => true,
                MandateKind::PowerOfAttorney | MandateKind::GodMan | MandateKind::Forvaltare => false,
            })
        }
        Role::Guide => false,
    };
    is_near && view_of(case, id).is_some()
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
