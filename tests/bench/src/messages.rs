//! The messages of a measured case: the same towards the limit and towards the service.

use crate::life_event::APPLICANT;
use livshandelse_proto::v1::{self as pb, perform_step_response};
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use prost_types::{Struct, Timestamp, Value, value::Kind};
use tonic::Request;

/// A field by whose text the bench's agency knows that it shall take a step on and never answer.
pub(crate) const STAYS_OPEN: &str = "stays open";

/// Files one case. Its steps are not asked back: they are what a portal then watches, and the limit has none to return.
pub(crate) fn create_case(wish: &str) -> Request<pb::CreateCaseRequest> {
    let request_id = uuid::Uuid::new_v4().to_string();
    with_actor(pb::CreateCaseRequest {
        case: Some(case(wish)),
        request_id,
        view: pb::CaseView::Basic.into(),
        ..pb::CreateCaseRequest::default()
    })
}

/// Saves a draft, new or for the so-and-so-many-th time.
pub(crate) fn save_draft(name: Option<String>, time: u32) -> Request<pb::SaveDraftRequest> {
    let case = pb::Case { name: name.unwrap_or_default(), ..case(&format!("thought of {time} times")) };
    let request_id = uuid::Uuid::new_v4().to_string();
    with_actor(pb::SaveDraftRequest { case: Some(case), request_id, ..pb::SaveDraftRequest::default() })
}

fn case(wish: &str) -> pb::Case {
    let applicant = pb::Party {
        role: pb::PartyRole::Applicant.into(),
        identity_number: APPLICANT.to_owned(),
        display_name: "Alva Provlund".to_owned(),
        ..pb::Party::default()
    };
    pb::Case {
        life_event: "lifeEvents/bench".to_owned(),
        municipality_code: "2480".to_owned(),
        parties: vec![applicant],
        input: Some(text_field("wish", wish)),
        ..pb::Case::default()
    }
}

/// Adds who asks and what for.
pub(crate) fn with_actor<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let actor = format!("person:{APPLICANT}");
    if let Ok(actor) = actor.parse() {
        request.metadata_mut().insert(ACTOR_METADATA, actor);
    }
    request.metadata_mut().insert(PURPOSE_METADATA, tonic::metadata::MetadataValue::from_static("bench"));
    request
}

/// Hands a step over, as the service does.
pub(crate) fn perform_step(step: &str, number: u64, input: Option<&Struct>) -> pb::PerformStepRequest {
    let now = Some(Timestamp { seconds: 1_772_449_200, nanos: 0 });
    pb::PerformStepRequest {
        task: format!("agencies/bench-state/tasks/{number:060}"),
        agency_case_key: format!("{number:052}"),
        step: step.to_owned(),
        attempt: 1,
        effect_key: format!("{number:052}"),
        parties: vec![pb::AgencyParty {
            role: pb::PartyRole::Applicant.into(),
            kind: pb::PartyKind::Person.into(),
            identity_number: APPLICANT.to_owned(),
            display_name: "Alva Provlund".to_owned(),
            protected: false,
            ..pb::AgencyParty::default()
        }],
        input: input.cloned(),
        respond_by_time: now,
        life_event: "bench".to_owned(),
        revision: 1,
        civil_time: now,
        submit_time: now,
        municipality_code: "2480".to_owned(),
        language_code: "sv".to_owned(),
        ..pb::PerformStepRequest::default()
    }
}

/// What the bench's agency answers: approved, or taken on.
pub(crate) fn answer(request: &pb::PerformStepRequest, stays_open: bool) -> pb::PerformStepResponse {
    let arrival = Some(pb::Arrival { arrive_time: request.civil_time, agency_case_number: String::new() });
    let result = if stays_open {
        perform_step_response::Result::Accepted(pb::Acceptance::default())
    } else {
        perform_step_response::Result::Decided(pb::Decision {
            outcome: pb::Outcome::Approved.into(),
            decide_time: request.civil_time,
            ..pb::Decision::default()
        })
    };
    pb::PerformStepResponse { arrival, result: Some(result) }
}

fn text_field(name: &str, text: &str) -> Struct {
    let value = Value { kind: Some(Kind::StringValue(text.to_owned())) };
    Struct { fields: [(name.to_owned(), value)].into() }
}
