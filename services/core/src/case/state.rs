//! How a step stands, in five words that never stand for one another (domain §3).

/// How a step stands (domain §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Cannot be begun yet.
    Blocked,
    /// Can be begun.
    Ready,
    /// Begun, not sent: a signature is missing.
    Draft,
    /// Sent; not arrived yet.
    Submitted,
    /// Arrived.
    Received,
    /// Being handled.
    InProgress,
    /// The agency waits for the applicant.
    WaitingForApplicant,
    /// The agency waits for another.
    WaitingForOther,
    /// Decided.
    Decided,
    /// Being carried out.
    InExecution,
    /// Done.
    Done,
    /// Withdrawn and closed.
    Withdrawn,
    /// Not needed, with a reason.
    NotNeeded,
    /// Could not be delivered; an operator knows.
    FailedDelivery,
    /// The agency's answer could not be understood, so nobody knows.
    Unknown,
}

impl StepState {
    /// Whether nothing more will happen in it.
    pub fn is_over(self) -> bool {
        match self {
            StepState::Done | StepState::Withdrawn | StepState::NotNeeded => true,
            StepState::Blocked
            | StepState::Ready
            | StepState::Draft
            | StepState::Submitted
            | StepState::Received
            | StepState::InProgress
            | StepState::WaitingForApplicant
            | StepState::WaitingForOther
            | StepState::Decided
            | StepState::InExecution
            | StepState::FailedDelivery
            | StepState::Unknown => false,
        }
    }

    /// Whether it has been filed and is not over.
    pub fn is_under_way(self) -> bool {
        !self.is_over() && !matches!(self, StepState::Blocked | StepState::Ready | StepState::Draft)
    }
}

/// What the agency decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Nothing yet.
    None,
    /// Bifall.
    Approved,
    /// Delvis bifall.
    PartlyApproved,
    /// Avslag.
    Rejected,
    /// Avvisad.
    Dismissed,
    /// Avskriven.
    ClosedWithoutDecision,
    /// Registered; nothing to decide.
    NoDecisionNeeded,
}

impl Outcome {
    /// Whether what was asked for was got, at least in part.
    pub fn is_favourable(self) -> bool {
        matches!(self, Outcome::Approved | Outcome::PartlyApproved | Outcome::NoDecisionNeeded)
    }
}

/// Where an appeal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealState {
    /// Cannot be appealed.
    NotAppealable,
    /// Time runs.
    Open,
    /// The time has run out, as far as we can see; the agency judges (FL 45 §).
    Late,
    /// Lodged.
    Lodged,
    /// The agency checks that it came in time.
    TimelinessCheck,
    /// Sent on to the court.
    Forwarded,
    /// The court upheld the decision.
    DecidedUpheld,
    /// The court changed it.
    DecidedChanged,
    /// Sent back.
    Remitted,
    /// Laga kraft.
    Final,
}

impl AppealState {
    /// Whether an appeal is being tried, which holds a case open.
    pub fn is_lodged(self) -> bool {
        matches!(
            self,
            AppealState::Lodged | AppealState::TimelinessCheck | AppealState::Forwarded | AppealState::Remitted
        )
    }

    /// Whether an appeal may still change the outcome.
    pub fn may_change(self) -> bool {
        self == AppealState::Open || self.is_lodged()
    }
}

/// How far a decision has been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExecutionState {
    /// Nothing to carry out.
    NotApplicable,
    /// Not begun.
    Pending,
    /// Offered; the applicant answers.
    Offered,
    /// The applicant declined.
    DeclinedOffer,
    /// In part.
    Partly,
    /// Carried out (verkställt).
    Executed,
    /// Interrupted.
    Interrupted,
    /// Reported to IVO as not carried out.
    ReportedToIvo,
}
