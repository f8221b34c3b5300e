//! What is kept of revisions: bundles that the program brought, bundles that were published, and agencies' approvals.
//!
//! A bundle that the program brought is stored bare, as it always was. Everything else begins with [`MAGIC`], which no bundle
//! begins with, and is a message of its own. Tags are never given another meaning.

use livshandelse_core::id::Slug;
use livshandelse_core::time::CivilTime;
use prost::Message;

/// What a record begins with that is not a bare bundle.
const MAGIC: &[u8] = b"\0livshandelse.definition.1\n";

/// One record of a life event's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DefinitionRecord {
    /// A bundle that the program brought.
    Brought(Vec<u8>),
    /// A bundle that was published while serving.
    Published(Vec<u8>),
    /// An agency has approved its steps.
    Approved(Approval),
}

/// An agency's approval of its steps in a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The revision's number.
    pub number: u32,
    /// The digest that the agency saw.
    pub digest: [u8; 32],
    /// The agency, resolved: `skatteverket`, `socialnamnden-0580`.
    pub agency: Slug,
    /// When, in civil time.
    pub at: CivilTime,
}

/// Who does something with a revision, and why. Recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// `operator:anna`, `agency:skatteverket`.
    pub actor: String,
    /// In their own words.
    pub purpose: String,
    /// When, in civil time.
    pub at: CivilTime,
}

#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(string, tag = "1")]
    actor: String,
    #[prost(string, tag = "2")]
    purpose: String,
    #[prost(int64, tag = "3")]
    at_ms: i64,
    /// Set: it is a published bundle.
    #[prost(bytes = "vec", optional, tag = "4")]
    bundle: Option<Vec<u8>>,
    /// Set: it is an approval.
    #[prost(message, optional, tag = "5")]
    approval: Option<KeptApproval>,
}

#[derive(Clone, PartialEq, Message)]
struct KeptApproval {
    #[prost(uint32, tag = "1")]
    number: u32,
    #[prost(bytes = "vec", tag = "2")]
    digest: Vec<u8>,
    #[prost(string, tag = "3")]
    agency: String,
}

impl DefinitionRecord {
    /// The bytes that are stored.
    pub(super) fn write(&self, by: &By) -> Vec<u8> {
        let By { actor, purpose, at } = by.clone();
        let (bundle, approval) = match self {
            DefinitionRecord::Brought(bundle) => return bundle.clone(),
            DefinitionRecord::Published(bundle) => (Some(bundle.clone()), None),
            DefinitionRecord::Approved(approval) => {
                let Approval { number, digest, agency, .. } = approval;
                let kept = KeptApproval { number: *number, digest: digest.to_vec(), agency: agency.to_string() };
                (None, Some(kept))
            }
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend(Kept { actor, purpose, at_ms: at.0, bundle, approval }.encode_to_vec());
        bytes
    }

    /// Reads what was stored.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<DefinitionRecord, String> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return Ok(DefinitionRecord::Brought(bytes.to_vec())) };
        let kept = Kept::decode(rest).map_err(|error| error.to_string())?;
        match (kept.bundle, kept.approval) {
            (Some(bundle), None) => Ok(DefinitionRecord::Published(bundle)),
            (None, Some(approval)) => {
                let digest =
                    approval.digest.as_slice().try_into().map_err(|_| "a digest is not 32 bytes".to_owned())?;
                let agency = Slug::new(&approval.agency).map_err(|error| error.to_string())?;
                Ok(DefinitionRecord::Approved(Approval {
                    number: approval.number,
                    digest,
                    agency,
                    at: CivilTime(kept.at_ms),
                }))
            }
            (Some(_), Some(_)) | (None, None) => Err("neither a bundle nor an approval".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_a_bare_bundle_is_what_the_program_brought() {
        let by = By { actor: "operator:anna".to_owned(), purpose: "go live".to_owned(), at: CivilTime(7) };
        let approval =
            Approval { number: 2, digest: [9; 32], agency: Slug::new("skatteverket").unwrap(), at: CivilTime(7) };
        for record in [
            DefinitionRecord::Brought(b"{\"definition.toml\":\"\"}".to_vec()),
            DefinitionRecord::Published(b"{}".to_vec()),
            DefinitionRecord::Approved(approval),
        ] {
            assert_eq!(DefinitionRecord::read(&record.write(&by)), Ok(record));
        }
    }

    #[test]
    fn a_record_that_is_neither_is_refused() {
        let mut bytes = MAGIC.to_vec();
        assert!(DefinitionRecord::read(&bytes).is_err());
        bytes.push(0xff);
        assert!(DefinitionRecord::read(&bytes).is_err());
    }
}
