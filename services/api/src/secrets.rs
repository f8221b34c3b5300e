//! What the instance keeps secret, and what is derived from it: ids that say nothing, and hashes nobody can guess back.

use livshandelse_core::id::{CaseId, PartyId, RequestId};
use livshandelse_core::identity::IdentityNumber;
use std::fmt;

/// The instance's keys. Made once, kept for as long as the store: with another key every person would be a stranger.
#[derive(Clone)]
pub struct Secrets {
    /// Turns identity numbers into party ids, and requests into case ids.
    pub identity: [u8; 32],
    /// Seals task names, agency case keys and page tokens.
    pub names: [u8; 32],
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// The party id of an identity number: the same in every case, and nothing to be learnt from it without the key.
    pub fn party(&self, number: &IdentityNumber) -> PartyId {
        PartyId(self.keyed("party", &[number.as_str().as_bytes()]))
    }

    /// The id of the case that a person's request begins: the same when the request is repeated.
    pub fn case(&self, person: PartyId, request: RequestId) -> CaseId {
        CaseId(self.keyed("case", &[&person.0, &request.0]))
    }

    /// The hash of a request's body, to tell a repeat from another request under the same id. Keyed, since a body may hold
    /// identity numbers.
    pub fn body(&self, method: &str, body: &[u8]) -> [u8; 16] {
        self.keyed("body", &[method.as_bytes(), body])
    }

    fn keyed(&self, what: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.identity);
        hasher.update(what.as_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(identity: u8) -> Secrets {
        Secrets { identity: [identity; 32], names: [9; 32] }
    }

    #[test]
    fn the_same_person_has_the_same_party_id_however_the_number_is_written() {
        let ids = ["199309172386", "19930917-2386"].map(|text| secrets(1).party(&IdentityNumber::parse(text).unwrap()));
        assert_eq!(ids[0], ids[1]);
    }

    #[test]
    fn another_key_makes_another_party_id() {
        let number = IdentityNumber::parse("199309172386").unwrap();
        assert_ne!(secrets(1).party(&number), secrets(2).party(&number));
    }

    #[test]
    fn two_people_with_the_same_request_id_begin_two_cases() {
        let request = RequestId([7; 16]);
        let secrets = secrets(1);
        assert_ne!(secrets.case(PartyId([1; 16]), request), secrets.case(PartyId([2; 16]), request));
        assert_eq!(secrets.case(PartyId([1; 16]), request), secrets.case(PartyId([1; 16]), request));
    }

    #[test]
    fn a_body_is_told_from_another_and_from_the_same_of_another_method() {
        let secrets = secrets(1);
        assert_ne!(secrets.body("a", b"bc"), secrets.body("ab", b"c"));
        assert_ne!(secrets.body("a", b"b"), secrets.body("a", b"c"));
    }

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?}", secrets(1)), "Secrets(…)");
    }
}
