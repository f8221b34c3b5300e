//! A revision is put in while serving: it goes live place by place as agencies approve, and cases under way keep theirs.

use crate::world::{APPLICANT, LIFE_EVENT, World, id, reason, wrong_fields};
use livshandelse_engine::CaseProjector;
use livshandelse_proto::v1 as pb;
use livshandelse_store::disk::RealDisk;
use livshandelse_store::{JournalStore, MemoryStore, Settings, Store, SystemRandom};
use livshandelse_workflows::Bundle;
use std::sync::Arc;
use tonic::{Code, Status};

const STATE_STEP: (&str, &str, &str) = ("definition.toml", "birth + 14 days", "birth + 21 days");
const MUNICIPAL_STEP: (&str, &str, &str) =
    ("definition.toml", "birth + 12 months\", \"filed\"", "birth + 13 months\", \"filed\"");
const TITLE: (&str, &str, &str) = ("texts/sv.ftl", "title = Första barnet", "title = Ett barn på väg");

/// The revision of first child that the program brings.
const BUILT_IN: u32 = 3;

/// First child as another revision, with texts of its files replaced.
fn bundle(number: u32, changes: &[(&str, &str, &str)]) -> Vec<pb::BundleFile> {
    let mut files = Bundle::embedded_files("first-child").unwrap();
    let number = ("definition.toml", "revision = 3", format!("revision = {number}"));
    let changes = changes.iter().map(|(path, old, new)| (*path, *old, (*new).to_owned()));
    for (path, old, new) in changes.chain([number]) {
        let text = files.get_mut(path).unwrap();
        assert!(text.contains(old), "{path} has no `{old}`");
        *text = text.replacen(old, &new, 1);
    }
    files.into_iter().map(|(path, text)| pb::BundleFile { path, text }).collect()
}

impl World {
    async fn publish(&self, files: Vec<pb::BundleFile>) -> Result<pb::RevisionStatus, Status> {
        let request = pb::PublishRevisionRequest { files, request_id: id(), validate_only: false };
        self.operations().publish_revision(request).await.map(tonic::Response::into_inner)
    }

    async fn approve(&self, agency: &str, status: &pb::RevisionStatus) -> Result<pb::RevisionStatus, Status> {
        let request = pb::ApproveStepsRequest {
            parent: format!("agencies/{agency}"),
            revision: status.name.clone(),
            digest: status.digest.clone(),
            request_id: id(),
        };
        self.work(agency).approve_steps(request).await.map(tonic::Response::into_inner)
    }

    /// The revision that a new case follows in a municipality.
    async fn new_case_in(&self, municipality: &str) -> pb::Case {
        let mut case = self.sample("unmarried-in-linkoping").await;
        municipality.clone_into(&mut case.municipality_code);
        self.create(case).await.unwrap()
    }

    async fn read(&self, name: &str) -> pb::Case {
        let request = pb::GetCaseRequest {
            name: name.to_owned(),
            language_code: "sv".to_owned(),
            ..pb::GetCaseRequest::default()
        };
        self.cases(APPLICANT).get_case(request).await.unwrap().into_inner()
    }
}

fn must_approve(status: &pb::RevisionStatus) -> Vec<&str> {
    let waiting = status.agencies.iter().filter(|agency| !agency.unchanged && agency.approved_by.is_empty());
    waiting.map(|agency| agency.agency.as_str()).collect()
}

fn revision(number: u32) -> String {
    format!("{LIFE_EVENT}/revisions/{number}")
}

#[tokio::test]
async fn new_cases_follow_a_revision_once_it_is_approved_and_cases_under_way_keep_theirs_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(folder.path().join("data"), folder.path().join("key"));
    settings.segment_bytes = 1 << 20;
    let store: Arc<dyn Store> = Arc::new(
        JournalStore::open(settings, Arc::new(RealDisk), Arc::new(SystemRandom), Arc::new(CaseProjector)).unwrap(),
    );
    let world = World::on(store.clone()).await;
    let old = world.new_case_in("0580").await;
    let status = world.publish(bundle(BUILT_IN + 1, &[STATE_STEP, TITLE])).await.unwrap();
    assert_eq!((status.name.as_str(), status.built_in), (revision(BUILT_IN + 1).as_str(), false));
    assert_eq!(must_approve(&status), ["skatteverket"]);
    assert_eq!(world.new_case_in("0580").await.revision, BUILT_IN, "nobody has approved it yet");

    let status = world.approve("skatteverket", &status).await.unwrap();
    assert_eq!(must_approve(&status), [] as [&str; 0]);
    let new = world.new_case_in("0580").await;
    assert_eq!((new.revision, new.title.as_str()), (BUILT_IN + 1, "Ett barn på väg"));
    let kept = world.read(&old.name).await;
    assert_eq!((kept.revision, kept.title.as_str()), (BUILT_IN, "Första barnet"));
    drop(world);

    let world = World::on(store).await;
    assert_eq!(world.read(&old.name).await.revision, BUILT_IN);
    let kept = world.read(&new.name).await;
    assert_eq!((kept.revision, kept.title.as_str()), (BUILT_IN + 1, "Ett barn på väg"));
    assert_eq!(world.new_case_in("0580").await.revision, BUILT_IN + 1);
    let request = pb::GetRevisionStatusRequest { name: revision(BUILT_IN + 1) };
    let status = world.operations().get_revision_status(request).await.unwrap().into_inner();
    let approved: Vec<&String> = status.agencies.iter().flat_map(|agency| &agency.approved_by).collect();
    assert_eq!(approved, ["agencies/skatteverket"]);
}

#[tokio::test]
async fn a_municipalitys_change_goes_live_in_that_municipality_alone() {
    let world = World::start().await;
    let status = world.publish(bundle(BUILT_IN + 1, &[MUNICIPAL_STEP])).await.unwrap();
    assert_eq!(must_approve(&status), ["socialnamnden"]);
    world.approve("socialnamnden-0580", &status).await.unwrap();
    assert_eq!(world.new_case_in("0580").await.revision, BUILT_IN + 1);
    assert_eq!(world.new_case_in("1480").await.revision, BUILT_IN);
    let request = pb::GetLifeEventRequest {
        name: LIFE_EVENT.to_owned(),
        municipality_code: "1480".to_owned(),
        ..pb::GetLifeEventRequest::default()
    };
    let shown = world.life_events().get_life_event(request).await.unwrap().into_inner();
    assert_eq!(shown.revision, BUILT_IN, "what is shown of a place is what holds there");
}

#[tokio::test]
async fn the_same_number_with_other_content_and_an_older_number_are_refused() {
    let world = World::start().await;
    let status = world.publish(bundle(BUILT_IN, &[STATE_STEP])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REVISION_EXISTS"));
    world.publish(bundle(BUILT_IN + 2, &[STATE_STEP])).await.unwrap();
    let status = world.publish(bundle(BUILT_IN + 2, &[MUNICIPAL_STEP])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "REVISION_EXISTS"));
    let status = world.publish(bundle(BUILT_IN + 1, &[STATE_STEP])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "REVISION_OLDER"));
}

#[tokio::test]
async fn texts_are_corrected_without_a_new_number_for_cases_under_way_too_and_stay_so_after_a_restart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(CaseProjector)));
    let world = World::on(store.clone()).await;
    let case = world.new_case_in("0580").await;
    let status = world.publish(bundle(BUILT_IN, &[TITLE])).await.unwrap();
    assert!(status.built_in, "what was built in stays so");
    assert_eq!(world.read(&case.name).await.title, "Ett barn på väg");
    let again = world.publish(bundle(BUILT_IN, &[TITLE])).await.unwrap();
    assert_eq!(again, status, "the same again changes nothing");
    drop(world);
    let world = World::on(store).await;
    assert_eq!(world.read(&case.name).await.title, "Ett barn på väg");
    assert_eq!(world.new_case_in("0580").await.revision, BUILT_IN);
}

#[tokio::test]
async fn a_faulty_bundle_is_refused_whole_with_file_line_and_remedy() {
    let world = World::start().await;
    let broken = bundle(BUILT_IN + 1, &[("definition.toml", "approved:birth-notification", "approved:moon-landing")]);
    let status = world.publish(broken).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields = wrong_fields(&status);
    assert!(fields.iter().any(|field| field.starts_with("files[definition.toml:")), "{fields:?}");
    let mut strange = bundle(BUILT_IN + 1, &[]);
    strange.push(pb::BundleFile { path: "../keys".to_owned(), text: String::new() });
    let fields = wrong_fields(&world.publish(strange).await.unwrap_err());
    assert!(fields.len() == 1 && fields[0].ends_with(".path"), "{fields:?}");
    let request = pb::GetRevisionStatusRequest { name: revision(BUILT_IN + 1) };
    let status = world.operations().get_revision_status(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "nothing was stored");
}

#[tokio::test]
async fn a_bundle_that_is_only_checked_is_not_stored() {
    let world = World::start().await;
    let request = pb::PublishRevisionRequest {
        files: bundle(BUILT_IN + 1, &[STATE_STEP]),
        request_id: id(),
        validate_only: true,
    };
    let status = world.operations().publish_revision(request).await.unwrap().into_inner();
    assert_eq!(status.name, revision(BUILT_IN + 1));
    let request = pb::GetRevisionStatusRequest { name: revision(BUILT_IN + 1) };
    assert_eq!(world.operations().get_revision_status(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn only_operators_publish_and_only_an_agency_that_is_handed_steps_approves_what_it_has_read() {
    let world = World::start().await;
    let request = || pb::PublishRevisionRequest {
        files: bundle(BUILT_IN + 1, &[STATE_STEP]),
        request_id: id(),
        validate_only: false,
    };
    let mut agency = livshandelse_proto::v1::operations_service_client::OperationsServiceClient::with_interceptor(
        world.agency.clone(),
        crate::world::As::new("agency:skatteverket"),
    );
    assert_eq!(agency.publish_revision(request()).await.unwrap_err().code(), Code::PermissionDenied);
    let status = world.publish(request().files).await.unwrap();
    for (who, parent, code, why) in [
        ("polismyndigheten", "polismyndigheten", Code::PermissionDenied, "NOT_ALLOWED"),
        ("region-05", "skatteverket", Code::PermissionDenied, "NOT_ALLOWED"),
    ] {
        let request = pb::ApproveStepsRequest {
            parent: format!("agencies/{parent}"),
            revision: status.name.clone(),
            digest: status.digest.clone(),
            request_id: id(),
        };
        let refused = world.work(who).approve_steps(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (code, why), "{who}");
    }
    let other = pb::RevisionStatus { digest: "0".repeat(64), ..status.clone() };
    let refused = world.approve("skatteverket", &other).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "DIGEST_MISMATCH"));
    let unknown = pb::RevisionStatus { name: revision(9), ..status.clone() };
    assert_eq!(world.approve("skatteverket", &unknown).await.unwrap_err().code(), Code::NotFound);
    let first = world.approve("skatteverket", &status).await.unwrap();
    assert_eq!(world.approve("skatteverket", &status).await.unwrap(), first, "approving twice is approving");
}
