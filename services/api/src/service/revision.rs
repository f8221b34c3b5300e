//! Revisions put in while serving: published by an operator, approved by agencies.

use crate::actor::Caller;
use crate::api::{Api, request_id};
use crate::convert::wrong::Wrong;
use crate::name;
use crate::status::Refused;
use livshandelse_core::form::WrongField;
use livshandelse_core::id::Revision;
use livshandelse_engine::{ApproveError, By, NewDefinition, PublishError, Refusal, handed_over};
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Bundle;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files of a bundle at the most.
const FILES_MAX: usize = 500;

/// Takes a bundle in, or only checks it.
pub(super) async fn publish(
    api: &Api,
    caller: &Caller,
    request: pb::PublishRevisionRequest,
) -> Result<pb::RevisionStatus, Refused> {
    caller.require_operator()?;
    request_id(&request.request_id)?;
    let files = files(&request.files)?;
    let bytes = serde_json::to_vec(&files).map_err(|_| Refused::Internal { what: "a bundle cannot be written" })?;
    // Reading a bundle is work for a blocking thread: some hundred files are parsed and checked against one another.
    let read = tokio::task::spawn_blocking(move || Bundle::from_files(&files)).await;
    let read = read.map_err(|_| Refused::Internal { what: "a bundle was not read to its end" })?;
    let bundle = Arc::new(read.map_err(|complaints| {
        let fields = complaints.into_iter().map(|complaint| WrongField {
            path: format!("files[{}:{}:{}]", complaint.file, complaint.line, complaint.column),
            problem: complaint.problem,
            remedy: complaint.remedy,
        });
        Refused::Fields(fields.collect())
    })?);
    let revision = bundle.definition.revision().clone();
    if request.validate_only {
        return Ok(unpublished(&bundle));
    }
    let new = NewDefinition { definition: bundle.definition.clone(), bundle: bytes };
    let shelf = api.shelf().clone();
    api.engine().publish(new, by(api, caller), move || shelf.put(bundle)).await.map_err(of_publish)?;
    status(api, &revision)
}

/// Takes an agency's approval in.
pub(super) async fn approve(
    api: &Api,
    caller: &Caller,
    request: &pb::ApproveStepsRequest,
) -> Result<pb::RevisionStatus, Refused> {
    let agency = caller.agency()?.clone();
    if name::read_agency(&request.parent)? != agency {
        return Err(Refused::NotAllowed { needs: "the agency itself" });
    }
    request_id(&request.request_id)?;
    let revision = revision(&request.revision)?;
    let digest = digest(&request.digest)
        .ok_or_else(|| Wrong::one("digest", "not 64 hexadecimal digits", "give LifeEvent.digest of what was read"))?;
    let approved = api.engine().approve(revision.clone(), digest, agency, by(api, caller)).await;
    approved.map_err(|error| match error {
        ApproveError::NoSuchRevision => Refused::NoSuchLifeEvent,
        ApproveError::OtherDigest => Refused::DigestMismatch,
        ApproveError::NoSteps => Refused::NotAllowed { needs: "an agency that the revision hands steps to" },
        ApproveError::Publish(error) => of_publish(error),
    })?;
    status(api, &revision)
}

/// How a revision stands, by its name.
pub(super) fn named(api: &Api, name: &str) -> Result<pb::RevisionStatus, Refused> {
    status(api, &revision(name)?)
}

fn status(api: &Api, revision: &Revision) -> Result<pb::RevisionStatus, Refused> {
    let known = api.engine().definitions().approvals(revision).ok_or(Refused::NoSuchLifeEvent)?;
    let agencies = known.agencies.into_iter().map(|agency| pb::AgencyApproval {
        agency: agency.agency.to_string(),
        steps: agency.steps.iter().map(ToString::to_string).collect(),
        unchanged: agency.is_unchanged,
        approved_by: agency.approved_by.iter().map(|(resolved, _)| name::agency(resolved)).collect(),
    });
    Ok(pb::RevisionStatus {
        name: name::revision(revision),
        digest: hex(&known.digest),
        built_in: known.is_brought,
        agencies: agencies.collect(),
    })
}

/// What a bundle would be, once published.
fn unpublished(bundle: &Bundle) -> pb::RevisionStatus {
    let agencies = handed_over(&bundle.definition).into_iter().map(|(agency, steps)| pb::AgencyApproval {
        agency: agency.to_string(),
        steps: steps.into_iter().map(|step| step.slug.to_string()).collect(),
        ..pb::AgencyApproval::default()
    });
    pb::RevisionStatus {
        name: name::revision(bundle.definition.revision()),
        digest: hex(&bundle.definition.parts().digest),
        built_in: false,
        agencies: agencies.collect(),
    }
}

fn files(given: &[pb::BundleFile]) -> Result<BTreeMap<String, String>, Refused> {
    let mut wrong = Wrong::default();
    let mut files = BTreeMap::new();
    for (index, file) in given.iter().take(FILES_MAX).enumerate() {
        let path = format!("files[{index}].path");
        let parts: Vec<&str> = file.path.split('/').collect();
        let is_known = match parts.as_slice() {
            ["definition.toml"] => true,
            ["forms" | "texts" | "variations" | "samples", name] => !name.is_empty() && !name.starts_with('.'),
            _ => false,
        };
        if !is_known {
            let remedy = "give definition.toml, and files right in forms, texts, variations and samples";
            wrong.add(path, "no file of a bundle", remedy);
        } else if files.insert(file.path.clone(), file.text.clone()).is_some() {
            wrong.add(path, "the same file twice", "give each file once");
        }
    }
    if given.len() > FILES_MAX {
        wrong.add("files", "too many", format!("give at most {FILES_MAX}"));
    }
    wrong.finish()?;
    Ok(files)
}

fn revision(text: &str) -> Result<Revision, Refused> {
    let (life_event, number) = name::read_life_event(text)?;
    let number = number.ok_or(Refused::NoSuchLifeEvent)?;
    Ok(Revision { life_event, number })
}

fn by(api: &Api, caller: &Caller) -> By {
    use livshandelse_core::command::Actor;
    let actor = match &caller.actor {
        Actor::Operator(operator) => format!("operator:{operator}"),
        Actor::Agency(agency) => format!("agency:{agency}"),
        // Nobody else gets here.
        Actor::Person(_) | Actor::Time => String::new(),
    };
    By { actor, purpose: caller.purpose.clone(), at: api.engine().now() }
}

fn of_publish(error: PublishError) -> Refused {
    match error {
        PublishError::OtherContent { revision } => Refused::RevisionExists { revision },
        PublishError::Older { newest, .. } => Refused::RevisionOlder { newest },
        PublishError::Store(livshandelse_store::Error::Full { .. })
        | PublishError::Refused(livshandelse_store::Refusal::Full) => Refused::Engine(Refusal::DiskFull),
        PublishError::Store(_) => Refused::Engine(Refusal::StoreFailed),
        PublishError::Unreadable { .. } | PublishError::Refused(_) => {
            Refused::Internal { what: "a revision was not stored" }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..32).map(|index| u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()).collect();
    bytes?.try_into().ok()
}
