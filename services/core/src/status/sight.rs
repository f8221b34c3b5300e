//! Who may see what of a case, and as what a person acts in a step.

use crate::case::{Case, Stage};
use crate::definition::{Definition, Members, Role, StepDefinition, StepKind};
use crate::id::{PartyId, StepId, Subject};
use jiff::civil::Date;

/// What one party may see of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Everything: the applicant, or the helper who filed the case while no applicant has joined.
    Whole,
    /// Only the steps that are visible to the party's role, and those in which the party acts.
    Of(PartyId),
}

/// What a person may see of a case; `None` when its very existence is not theirs to see (I6).
///
/// A case with a protected party is visible to its applicant, who acts for her, and a helper who filed it alone (OSL 21:3,
/// 22:2; domain §4.3).
pub fn view_of(case: &Case, person: PartyId) -> Option<View> {
    let role = case.party(person)?.role;
    if role == Role::Applicant || is_filer_alone(case, person) {
        return Some(View::Whole);
    }
    if case.stage == Stage::Draft {
        // A draft is the filer's own space (TF 2:13).
        return None;
    }
    match role {
        Role::Representative => Some(View::Of(person)),
        Role::CoParty | Role::Helper | Role::Guide if !case.is_protected() => Some(View::Of(person)),
        Role::Applicant | Role::CoParty | Role::Helper | Role::Guide | Role::Subject => None,
    }
}

/// Whether somebody is the helper who filed a case that no applicant has joined.
fn is_filer_alone(case: &Case, person: PartyId) -> bool {
    case.applicant().is_none() && case.first(Role::Helper).is_some_and(|helper| helper.id == person)
}

/// Whether a view shows a step on a day.
pub fn shows(definition: &Definition, case: &Case, view: View, step: &StepId, day: Date) -> bool {
    let Some(known) = definition.step(&step.slug) else { return false };
    match view {
        // What a helper does for the helper's own sake is the helper's own (OSL 26:1).
        View::Whole if known.is_helpers_own() => match case.applicant() {
            Some(_) => known.visible_to.contains(&Role::Applicant),
            None => {
                case.first(Role::Helper).is_some_and(|helper| is_own(definition, case, known, step.subject, helper.id))
            }
        },
        View::Whole => true,
        View::Of(person) => {
            let is_visible = case.party(person).is_some_and(|party| known.visible_to.contains(&party.role));
            is_visible || acts_as(definition, case, step, person, day).is_some()
        }
    }
}

/// As what a person acts in a step on a day: in their own role, or for the applicant by a mandate; `None` if not at all.
///
/// In a step that repeats for each party of a role, only that very party acts in that role.
pub fn acts_as(definition: &Definition, case: &Case, step: &StepId, person: PartyId, day: Date) -> Option<Role> {
    let known = definition.step(&step.slug)?;
    let role = case.party(person)?.role;
    let signs = known.signed_by.contains(&role) && is_own(definition, case, known, step.subject, person);
    match role {
        Role::Applicant => (!known.is_helpers_own()).then_some(role),
        Role::CoParty | Role::Subject | Role::Helper | Role::Representative | Role::Guide if signs => Some(role),
        // What happens by itself is approved by whose case it is.
        Role::Helper if is_filer_alone(case, person) && !known.asks_someone() => Some(role),
        // A helper or another party may hold a mandate, too.
        Role::Representative | Role::Helper | Role::CoParty => {
            let acts_for = known.filer() == Role::Applicant || known.signed_by.contains(&Role::Applicant);
            case.mandate_for(person, known, day).filter(|_| acts_for).map(|_| Role::Applicant)
        }
        Role::Subject | Role::Guide => None,
    }
}

/// Whether a step is not another party's of the same role.
fn is_own(definition: &Definition, case: &Case, known: &StepDefinition, subject: Subject, person: PartyId) -> bool {
    match definition.group_of(known).map(|group| &group.members) {
        Some(Members::Parties(role)) if known.signed_by.contains(role) => {
            let is_of_role = case.party(person).is_some_and(|party| party.role == *role);
            !is_of_role || case.party_of(*role, subject).is_some_and(|party| party.id == person)
        }
        Some(Members::Parties(_) | Members::Counted(_) | Members::Times { .. }) | None => true,
    }
}

/// Who says yes before anything of a protected person is sent: the applicant, or the helper in what is the helper's own and
/// while there is no applicant.
pub fn approver(case: &Case, known: &StepDefinition) -> Role {
    let has_applicant = case.applicant().is_some();
    if known.is_helpers_own() || (!has_applicant && known.kind != StepKind::Information && case.stage != Stage::Absent)
    {
        Role::Helper
    } else {
        Role::Applicant
    }
}
