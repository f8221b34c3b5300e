//! Groups: what steps repeat for. Children, premises, founders, siblings.

use super::{FactKind, Role};
use crate::id::Slug;

/// The slug of the one group that facts are told of: only its subjects are born, come home and die.
pub const CHILD: &str = "child";

/// Subjects of one group at the most.
pub const SUBJECTS_MAX: u8 = 20;

/// Children at the most in one case.
pub const CHILDREN_MAX: u8 = 8;

/// A group of subjects that steps repeat for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDefinition {
    /// Its name in the singular: `child`, `premises`, `founder`.
    pub slug: Slug,
    /// How many there are.
    pub members: Members,
    /// How many at the most, 1 to [`SUBJECTS_MAX`].
    pub count_max: u8,
    /// The beginning of the names of the fields of the life event's form that say where each subject is:
    /// `premises-municipality` for `premises-municipality-1` and on. A subject without a value is in the case's
    /// municipality.
    pub municipality: Option<Slug>,
}

/// How many subjects a group has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// As many as a number field of the life event's form says; one where it has no value.
    Counted(Slug),
    /// One for each party with the role, in the order in which they came into the case.
    Parties(Role),
    /// One for each time that something happens to whom the life event is about: a stay in hospital. None at first.
    Times {
        /// What a time begins with.
        begins: FactKind,
        /// What else happens in the course of one.
        then: Vec<FactKind>,
    },
}

impl GroupDefinition {
    /// Whether it is the group of children.
    pub fn is_child(&self) -> bool {
        self.slug.as_str() == CHILD
    }

    /// Whether a kind of fact is told of one of its times.
    pub fn is_told_by(&self, kind: FactKind) -> bool {
        match &self.members {
            Members::Times { begins, then } => *begins == kind || then.contains(&kind),
            Members::Counted(_) | Members::Parties(_) => false,
        }
    }

    /// The field that says where a subject is.
    pub fn municipality_field(&self, number: u8) -> Option<Slug> {
        let prefix = self.municipality.as_ref()?;
        Slug::new(&format!("{prefix}-{number}")).ok()
    }
}
