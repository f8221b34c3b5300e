//! Facts: what the world reports, whom it is about, and how a definition names one.

use super::Role;
use crate::id::Slug;

/// A kind of fact the world reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A child was born alive.
    Birth,
    /// A child was stillborn (FOL 24 §, after week 22).
    Stillbirth,
    /// A child came home from hospital.
    Homecoming,
    /// A person died.
    Death,
    /// The family's registered municipality changed.
    Move,
    /// What a step costs was paid, as the agency that asked for it sees.
    Paid,
    /// A person was admitted to hospital (lag 2017:612 2 kap. 1 §).
    Admission,
    /// A person is ready for discharge (utskrivningsklar; lag 2017:612 1 kap. 4 §).
    ReadyForDischarge,
    /// A person left hospital.
    Discharge,
    /// What a step had granted was revoked by the agency that granted it.
    PermitRevoked,
}

/// What a kind of fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactAbout {
    /// One child of the case.
    Child,
    /// A party: the one the life event is about unless another is named. A death may also be a child's.
    Person,
    /// One step of the case.
    Step,
    /// The case as a whole.
    Case,
}

impl FactKind {
    /// Every kind, in order.
    pub const ALL: [FactKind; 10] = [
        FactKind::Birth,
        FactKind::Stillbirth,
        FactKind::Homecoming,
        FactKind::Death,
        FactKind::Move,
        FactKind::Paid,
        FactKind::Admission,
        FactKind::ReadyForDischarge,
        FactKind::Discharge,
        FactKind::PermitRevoked,
    ];

    /// Its word in definitions and scenarios.
    pub fn slug(self) -> &'static str {
        match self {
            FactKind::Birth => "birth",
            FactKind::Stillbirth => "stillbirth",
            FactKind::Homecoming => "homecoming",
            FactKind::Death => "death",
            FactKind::Move => "move",
            FactKind::Paid => "paid",
            FactKind::Admission => "admission",
            FactKind::ReadyForDischarge => "ready-for-discharge",
            FactKind::Discharge => "discharge",
            FactKind::PermitRevoked => "permit-revoked",
        }
    }

    /// What it is about.
    pub fn about(self) -> FactAbout {
        match self {
            FactKind::Birth | FactKind::Stillbirth | FactKind::Homecoming => FactAbout::Child,
            FactKind::Death | FactKind::Admission | FactKind::ReadyForDischarge | FactKind::Discharge => {
                FactAbout::Person
            }
            FactKind::Paid | FactKind::PermitRevoked => FactAbout::Step,
            FactKind::Move => FactAbout::Case,
        }
    }

    /// Whether it always concerns one child.
    pub fn is_per_child(self) -> bool {
        self.about() == FactAbout::Child
    }

    /// Whether the same may happen to the same person again, on another day.
    pub fn comes_again(self) -> bool {
        match self {
            FactKind::Move
            | FactKind::Paid
            | FactKind::Admission
            | FactKind::ReadyForDischarge
            | FactKind::Discharge
            | FactKind::PermitRevoked => true,
            FactKind::Birth | FactKind::Stillbirth | FactKind::Homecoming | FactKind::Death => false,
        }
    }
}

/// A fact as a definition names it: `birth`, `death:co-party`, `paid:food-registration`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwaitedFact {
    /// Its kind.
    pub kind: FactKind,
    /// Whose.
    pub of: FactOf,
}

/// Whose fact is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactOf {
    /// What the step itself is about: its child, its party, the step itself; or for the whole case any child, and the party
    /// that the life event is about.
    Own,
    /// The first party with a role.
    Role(Role),
    /// A step of the case: the same subject's, or any where one of the two does not repeat.
    Step(Slug),
}

impl From<FactKind> for AwaitedFact {
    fn from(kind: FactKind) -> AwaitedFact {
        AwaitedFact { kind, of: FactOf::Own }
    }
}

impl std::fmt::Display for AwaitedFact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.of {
            FactOf::Own => f.write_str(self.kind.slug()),
            FactOf::Role(role) => write!(f, "{}:{}", self.kind.slug(), role.slug()),
            FactOf::Step(step) => write!(f, "{}:{step}", self.kind.slug()),
        }
    }
}
