//! What a play needs: a definition, the registry, and samples to begin with.

use jiff::civil::Date;
use livshandelse_core::Definition;
use livshandelse_core::command::Filing;
use livshandelse_core::id::PartyId;
use livshandelse_core::registry::Registry;
use std::collections::BTreeMap;

/// A life event ready to be played.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The checked life event.
    pub definition: Definition,
    /// Municipalities and regions.
    pub registry: Registry,
    /// How cases begin, by the sample's name.
    pub samples: BTreeMap<String, Opening>,
}

/// How a case begins.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What it is created with.
    pub filing: Filing,
    /// The civil day it starts.
    pub start: Date,
}

/// The party of an identity number, the same in every play.
pub fn party_of(identity_number: &str) -> PartyId {
    let mut bytes = [0; 16];
    for (byte, digit) in bytes.iter_mut().zip(identity_number.bytes()) {
        *byte = digit;
    }
    PartyId(bytes)
}
