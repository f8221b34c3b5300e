//! The stored number of every enum, and nothing else: the numbers themselves stand in the proto files.
//!
//! Each pair is matched exhaustively both ways, so that a value added to the core does not compile until it has a number,
//! and a number added to the proto does not compile until it has a meaning.

use super::error::DecodeError;
use super::pb;
use livshandelse_core::{case, command, definition, registry};

/// Pairs the values of a core enum with those of a stored one.
macro_rules! stored_enum {
    ($write:ident, $read:ident: $core:ty, $stored:ty { $($value:ident),+ $(,)? }) => {
        pub(super) fn $write(value: $core) -> i32 {
            type Core = $core;
            type Stored = $stored;
            let stored = match value {
                $(Core::$value => Stored::$value,)+
            };
            stored.into()
        }

        pub(super) fn $read(field: &'static str, number: i32) -> Result<$core, DecodeError> {
            type Core = $core;
            type Stored = $stored;
            match Stored::try_from(number) {
                $(Ok(Stored::$value) => Ok(Core::$value),)+
                Ok(Stored::Unspecified) | Err(_) => Err(unknown(field, number)),
            }
        }
    };
}

/// The error for a number without a meaning here.
pub(super) fn unknown(field: &'static str, number: i32) -> DecodeError {
    DecodeError::NewerNumber { field, number: i64::from(number) }
}

stored_enum!(write_role, read_role: definition::Role, pb::Role {
    Applicant,
    CoParty,
    Subject,
    Helper,
    Representative,
    Guide,
});

stored_enum!(write_fact_kind, read_fact_kind: definition::FactKind, pb::FactKind {
    Birth,
    Stillbirth,
    Homecoming,
    Death,
    Move,
    Paid,
    Admission,
    ReadyForDischarge,
    Discharge,
    PermitRevoked,
});

stored_enum!(write_mandate_kind, read_mandate_kind: definition::MandateKind, pb::MandateKind {
    PowerOfAttorney,
    FuturePowerOfAttorney,
    Kinship,
    GodMan,
    Forvaltare,
    Guardian,
});

stored_enum!(write_unit, read_unit: registry::Unit, pb::AmountUnit {
    Ore,
    PercentHundredths,
    Days,
    Weeks,
    Months,
});

stored_enum!(write_outcome, read_outcome: case::Outcome, pb::Outcome {
    None,
    Approved,
    PartlyApproved,
    Rejected,
    Dismissed,
    ClosedWithoutDecision,
    NoDecisionNeeded,
});

stored_enum!(write_appeal, read_appeal: case::AppealState, pb::AppealState {
    NotAppealable,
    Open,
    Late,
    Lodged,
    TimelinessCheck,
    Forwarded,
    DecidedUpheld,
    DecidedChanged,
    Remitted,
    Final,
});

stored_enum!(write_undelivered, read_undelivered: command::Undelivered, pb::Undelivered {
    Silent,
    Unreachable,
    Garbage,
    Refused,
});

stored_enum!(write_end, read_end: case::End, pb::End {
    Completed,
    Withdrawn,
    CannotContinue,
    ClosedByFact,
    DraftExpired,
});

stored_enum!(write_step_state, read_step_state: case::StepState, pb::StepState {
    Blocked,
    Ready,
    Draft,
    Submitted,
    Received,
    InProgress,
    WaitingForApplicant,
    WaitingForOther,
    Decided,
    InExecution,
    Done,
    Withdrawn,
    NotNeeded,
    FailedDelivery,
    Unknown,
});

stored_enum!(write_execution, read_execution: case::ExecutionState, pb::ExecutionState {
    NotApplicable,
    Pending,
    Offered,
    DeclinedOffer,
    Partly,
    Executed,
    Interrupted,
    ReportedToIvo,
});

stored_enum!(write_clock_state, read_clock_state: case::ClockState, pb::ClockState {
    Running,
    Met,
    Passed,
    Stopped,
});
