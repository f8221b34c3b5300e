//! The words of the core and those of the contract, one for one. Exhaustive both ways where the contract is read.

use livshandelse_core::calendar::RollOver;
use livshandelse_core::case::{AppealState, ChildState, ClockState, End, ExecutionState, Outcome, Stage, StepState};
use livshandelse_core::definition::{
    AppealRoute, ClockKind, Ground, Holder, Level, MandateKind, NeedFor, Role, StepKind,
};
use livshandelse_core::registry::Unit;
use livshandelse_core::status::{RollUp, Turn};
use livshandelse_proto::v1 as pb;

/// A word of the core in the contract, and as a stable slug for text keys.
pub(crate) trait Word: Copy {
    /// The contract's enum.
    type Pb: Into<i32>;

    /// The contract's word.
    fn pb(self) -> Self::Pb;

    /// The contract's number.
    fn number(self) -> i32 {
        self.pb().into()
    }
}

macro_rules! words {
    ($core:ty => $pb:ty { $($from:pat => $to:ident),* $(,)? }) => {
        impl Word for $core {
            type Pb = $pb;

            fn pb(self) -> $pb {
                match self {
                    $($from => <$pb>::$to),*
                }
            }
        }
    };
}

words!(StepState => pb::StepState {
    StepState::Blocked => Blocked,
    StepState::Ready => Ready,
    StepState::Draft => Draft,
    StepState::Submitted => Submitted,
    StepState::Received => Received,
    StepState::InProgress => InProgress,
    StepState::WaitingForApplicant => WaitingForApplicant,
    StepState::WaitingForOther => WaitingForOther,
    StepState::Decided => Decided,
    StepState::InExecution => InExecution,
    StepState::Done => Done,
    StepState::Withdrawn => Withdrawn,
    StepState::NotNeeded => NotNeeded,
    StepState::FailedDelivery => FailedDelivery,
    StepState::Unknown => Unknown,
});

words!(Turn => pb::Turn {
    Turn::Applicant => Applicant,
    Turn::Agency => Agency,
    Turn::OtherAgency => OtherAgency,
    Turn::CoParty => CoParty,
    Turn::Helper => Helper,
    Turn::Nobody => Nobody,
});

words!(RollUp => pb::RollUp {
    RollUp::Attention => Attention,
    RollUp::Waiting => Waiting,
    RollUp::Done => Done,
});

words!(Outcome => pb::Outcome {
    Outcome::None => None,
    Outcome::Approved => Approved,
    Outcome::PartlyApproved => PartlyApproved,
    Outcome::Rejected => Rejected,
    Outcome::Dismissed => Dismissed,
    Outcome::ClosedWithoutDecision => ClosedWithoutDecision,
    Outcome::NoDecisionNeeded => NoDecisionNeeded,
});

words!(AppealState => pb::AppealState {
    AppealState::NotAppealable => NotAppealable,
    AppealState::Open => Open,
    AppealState::Late => Late,
    AppealState::Lodged => Lodged,
    AppealState::TimelinessCheck => TimelinessCheck,
    AppealState::Forwarded => Forwarded,
    AppealState::DecidedUpheld => DecidedUpheld,
    AppealState::DecidedChanged => DecidedChanged,
    AppealState::Remitted => Remitted,
    AppealState::Final => Final,
});

words!(ExecutionState => pb::ExecutionState {
    ExecutionState::NotApplicable => NotApplicable,
    ExecutionState::Pending => Pending,
    ExecutionState::Offered => Offered,
    ExecutionState::DeclinedOffer => DeclinedOffer,
    ExecutionState::Partly => Partly,
    ExecutionState::Executed => Executed,
    ExecutionState::Interrupted => Interrupted,
    ExecutionState::ReportedToIvo => ReportedToIvo,
});

words!(Role => pb::PartyRole {
    Role::Applicant => Applicant,
    Role::CoParty => CoParty,
    Role::Subject => Subject,
    Role::Helper => Helper,
    Role::Representative => Representative,
    Role::Guide => Guide,
});

words!(MandateKind => pb::MandateKind {
    MandateKind::PowerOfAttorney => PowerOfAttorney,
    MandateKind::FuturePowerOfAttorney => FuturePowerOfAttorney,
    MandateKind::Kinship => Kinship,
    MandateKind::GodMan => GodMan,
    MandateKind::Forvaltare => Forvaltare,
    MandateKind::Guardian => Guardian,
});

words!(Unit => pb::AmountUnit {
    Unit::Ore => Ore,
    Unit::PercentHundredths => Percent100,
    Unit::Days => Days,
    Unit::Weeks => Weeks,
    Unit::Months => Months,
});

words!(Level => pb::AgencyLevel {
    Level::State => State,
    Level::Region => Region,
    Level::Municipality => Municipality,
    Level::Provider => Provider,
});

words!(StepKind => pb::StepKind {
    StepKind::Apply => Apply,
    StepKind::Notify => Notify,
    StepKind::Automatic => Automatic,
    StepKind::Sign => Sign,
    StepKind::Book => Book,
    StepKind::Pay => Pay,
    StepKind::Information => Information,
    StepKind::External => External,
});

words!(AppealRoute => pb::AppealRoute {
    AppealRoute::None => None,
    AppealRoute::AdministrativeCourt => Administrative,
    AppealRoute::Reconsideration => Reconsideration,
    AppealRoute::LegalityReview => LegalityReview,
    AppealRoute::GeneralCourt => Special,
    AppealRoute::CountyBoard => CountyBoard,
});

words!(ClockKind => pb::ClockKind {
    ClockKind::Chance | ClockKind::Price => Own,
    ClockKind::Statutory => Statutory,
    ClockKind::Own => Promised,
    ClockKind::Appeal => Appeal,
});

words!(ClockState => pb::ClockState {
    ClockState::Running => Running,
    ClockState::Met => Met,
    ClockState::Passed => Passed,
    ClockState::Stopped => Stopped,
});

words!(Holder => pb::Turn {
    Holder::Applicant => Applicant,
    Holder::Agency => Agency,
});

words!(RollOver => pb::RollOver {
    RollOver::Yes => Yes,
    RollOver::No => No,
    RollOver::Unclear => Unclear,
});

words!(NeedFor => pb::NeedPurpose {
    NeedFor::ToFile => ToFile,
    NeedFor::ToBeComplete => ToBeComplete,
    NeedFor::ToTakeEffect => ToTakeEffect,
});

words!(Ground => pb::DisclosureGround {
    Ground::Public => Public,
    Ground::Duty => Duty,
    Ground::Rule => NamedRule,
    Ground::CarriedByParty => CarriedByParty,
});

words!(ChildState => pb::ChildState {
    ChildState::Expected => Expected,
    ChildState::Born(_) => Born,
    ChildState::Stillborn(_) => Stillborn,
    ChildState::Dead(_) => Deceased,
});

words!(Stage => pb::CaseState {
    Stage::Absent => Unspecified,
    Stage::Draft => Draft,
    Stage::Open => Open,
    Stage::Ended(_) => Ended,
});

words!(End => pb::EndReason {
    End::Completed => Completed,
    End::Withdrawn => Withdrawn,
    End::CannotContinue => CannotContinue,
    End::ClosedByFact => ClosedByFact,
    End::DraftExpired => DraftExpired,
});

/// A contract's enum name without its prefix, as a text key wants it: `WAITING_FOR_OTHER` is `waiting-for-other`.
pub(crate) fn kebab(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase().replace('_', "-")
}

/// A decision's outcome as the contract has it; nothing for one that is none.
pub(crate) fn outcome(number: i32) -> Option<Outcome> {
    match pb::Outcome::try_from(number).ok()? {
        pb::Outcome::Unspecified | pb::Outcome::None => None,
        pb::Outcome::Approved => Some(Outcome::Approved),
        pb::Outcome::PartlyApproved => Some(Outcome::PartlyApproved),
        pb::Outcome::Rejected => Some(Outcome::Rejected),
        pb::Outcome::Dismissed => Some(Outcome::Dismissed),
        pb::Outcome::ClosedWithoutDecision => Some(Outcome::ClosedWithoutDecision),
        pb::Outcome::NoDecisionNeeded => Some(Outcome::NoDecisionNeeded),
    }
}

/// Where an appeal stands, as an agency says it. The outer `None` is a word that nobody knows, the inner one is nothing said.
pub(crate) fn appeal(number: i32) -> Option<Option<AppealState>> {
    Some(match pb::AppealState::try_from(number).ok()? {
        pb::AppealState::Unspecified => None,
        pb::AppealState::NotAppealable => Some(AppealState::NotAppealable),
        pb::AppealState::Open => Some(AppealState::Open),
        pb::AppealState::Late => Some(AppealState::Late),
        pb::AppealState::Lodged => Some(AppealState::Lodged),
        pb::AppealState::TimelinessCheck => Some(AppealState::TimelinessCheck),
        pb::AppealState::Forwarded => Some(AppealState::Forwarded),
        pb::AppealState::DecidedUpheld => Some(AppealState::DecidedUpheld),
        pb::AppealState::DecidedChanged => Some(AppealState::DecidedChanged),
        pb::AppealState::Remitted => Some(AppealState::Remitted),
        pb::AppealState::Final => Some(AppealState::Final),
    })
}

/// How far a decision has been carried out, as an agency says it. The outer `None` is a word that nobody knows, or that no
/// agency tells; the inner one is nothing said.
pub(crate) fn execution(number: i32) -> Option<Option<ExecutionState>> {
    Some(match pb::ExecutionState::try_from(number).ok()? {
        pb::ExecutionState::Unspecified => None,
        pb::ExecutionState::NotApplicable => return None,
        pb::ExecutionState::Pending => Some(ExecutionState::Pending),
        pb::ExecutionState::Offered => Some(ExecutionState::Offered),
        pb::ExecutionState::DeclinedOffer => Some(ExecutionState::DeclinedOffer),
        pb::ExecutionState::Partly => Some(ExecutionState::Partly),
        pb::ExecutionState::Executed => Some(ExecutionState::Executed),
        pb::ExecutionState::Interrupted => Some(ExecutionState::Interrupted),
        pb::ExecutionState::ReportedToIvo => Some(ExecutionState::ReportedToIvo),
    })
}

/// A kind of mandate; nothing for none.
pub(crate) fn mandate(number: i32) -> Option<MandateKind> {
    match pb::MandateKind::try_from(number).ok()? {
        pb::MandateKind::Unspecified => None,
        pb::MandateKind::PowerOfAttorney => Some(MandateKind::PowerOfAttorney),
        pb::MandateKind::FuturePowerOfAttorney => Some(MandateKind::FuturePowerOfAttorney),
        pb::MandateKind::Kinship => Some(MandateKind::Kinship),
        pb::MandateKind::GodMan => Some(MandateKind::GodMan),
        pb::MandateKind::Forvaltare => Some(MandateKind::Forvaltare),
        pb::MandateKind::Guardian => Some(MandateKind::Guardian),
    }
}

/// A party's role; nothing for none.
pub(crate) fn role(number: i32) -> Option<Role> {
    match pb::PartyRole::try_from(number).ok()? {
        pb::PartyRole::Unspecified => None,
        pb::PartyRole::Subject => Some(Role::Subject),
        pb::PartyRole::Applicant => Some(Role::Applicant),
        pb::PartyRole::CoParty => Some(Role::CoParty),
        pb::PartyRole::Helper => Some(Role::Helper),
        pb::PartyRole::Representative => Some(Role::Representative),
        pb::PartyRole::Guide => Some(Role::Guide),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_read_come_back_as_they_were_written() {
        for known in [Outcome::Approved, Outcome::Rejected, Outcome::NoDecisionNeeded] {
            assert_eq!(outcome(known.number()), Some(known));
        }
        for known in [AppealState::Late, AppealState::Final] {
            assert_eq!(appeal(known.number()), Some(Some(known)));
        }
        for known in [Role::Applicant, Role::Guide] {
            assert_eq!(role(known.number()), Some(known));
        }
        for known in MandateKind::ALL {
            assert_eq!(mandate(known.number()), Some(known));
        }
        for known in [ExecutionState::Pending, ExecutionState::ReportedToIvo] {
            assert_eq!(execution(known.number()), Some(Some(known)));
        }
        assert_eq!((execution(0), execution(1), execution(99)), (Some(None), None, None));
        assert_eq!((outcome(0), outcome(1), outcome(99)), (None, None, None));
        assert_eq!((appeal(0), appeal(99)), (Some(None), None));
    }

    #[test]
    fn a_state_is_a_text_key() {
        assert_eq!(kebab(StepState::WaitingForOther.pb().as_str_name(), "STEP_STATE_"), "waiting-for-other");
    }
}
