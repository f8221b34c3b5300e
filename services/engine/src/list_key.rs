//! What cases are listed under, beside their own ids.

use livshandelse_core::Case;
use livshandelse_core::id::{PartyId, Slug};

/// Sixteen bytes that a case is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListKey(pub [u8; 16]);

impl ListKey {
    /// All cases of a person.
    pub fn party(id: PartyId) -> ListKey {
        ListKey(id.0)
    }

    /// The case in which an agency has a matter under its own number.
    pub fn case_number(agency: &Slug, number: &str) -> ListKey {
        let mut hasher = blake3::Hasher::new_derive_key("livshandelse 2026 agency case number");
        hasher.update(agency.as_str().as_bytes());
        hasher.update(&[0]);
        hasher.update(number.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        ListKey(key)
    }

    /// Everything a case is listed under now.
    pub(crate) fn of(case: &Case) -> Vec<[u8; 16]> {
        let parties = case.parties.iter().map(|party| ListKey::party(party.id).0);
        let numbers = case.steps.iter().filter_map(|step| match (&step.agency, &step.case_number) {
            (Some(agency), Some(number)) => Some(ListKey::case_number(agency, number).0),
            (_, _) => None,
        });
        parties.chain(numbers).collect()
    }
}
