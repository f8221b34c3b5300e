//! What an agency says to the applicant beside an outcome: what it asks for, and what a decision states.

use crate::id::Slug;
use crate::registry::Unit;
use jiff::civil::Date;
use std::sync::Arc;

/// What an agency asks of the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In its own words.
    pub words: Arc<str>,
    /// The last day to answer.
    pub due: Option<Date>,
    /// What kind of thing.
    pub ask: Ask,
}

/// What kind of thing an agency asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Something is missing.
    Supplement,
    /// An offer to accept or decline.
    Offer,
    /// A payment, with the agency itself; the fact `paid` about the step ends the asking.
    Payment {
        /// Where it is paid: an https URI of at most 2,048 characters.
        link: String,
        /// How much, in öre, above zero.
        amount: i64,
        /// What the payment is to be marked with.
        reference: String,
    },
}

impl Ask {
    /// Whether it is an offer.
    pub fn is_offer(&self) -> bool {
        matches!(self, Ask::Offer)
    }

    /// Whether it is a payment.
    pub fn is_payment(&self) -> bool {
        matches!(self, Ask::Payment { .. })
    }
}

/// What a decision says beside its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionTerms {
    /// The decision's own number.
    pub number: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Option<Date>,
    /// The last day on which it holds.
    pub valid_to: Option<Date>,
    /// How it is appealed, in the agency's own words (FL 33 §).
    pub appeal_to: Option<String>,
}

/// An amount of the reference data that was used, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountUsed {
    /// Which.
    pub slug: Slug,
    /// What it was; without one nobody knew that day.
    pub found: Option<AmountValue>,
}

/// The value of an amount that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountValue {
    /// So many of the unit.
    pub value: i64,
    /// The unit.
    pub unit: Unit,
    /// From which day that value holds.
    pub from: Date,
}
