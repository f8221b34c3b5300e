//! Calls agencies: the outbound side, behind the engine's [`Agencies`] door.
//!
//! One lazy HTTP/2 connection for each endpoint. An answer that cannot be understood is never guessed at: it is
//! [`Undelivered::Garbage`], counted, and shown as unknown (I7).

mod order;
pub(crate) use order::subject_of;
#[cfg(test)]
mod tests;

use crate::convert::report::{self, Arrived};
use crate::convert::wrong::Wrong;
use crate::gathered::Gathered;
use crate::limits::RESPONSE_BYTES_MAX;
use crate::opaque::Opaque;
use crate::secrets::Secrets;
use crate::status::Refused;
use hyper_util::rt::TokioIo;
use livshandelse_core::case::Outcome;
use livshandelse_core::command::{Report, Undelivered};
use livshandelse_core::definition::Level;
use livshandelse_core::id::Slug;
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{Agencies, BoxFuture, Failure, Order, Said};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_client::AgencyStepServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::codegen::http::Uri;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// Where `http` is served when the address names no port.
const HTTP_PORT: u16 = 80;
/// How long a connection may take to be made.
const CONNECT_DURATION_MAX: Duration = Duration::from_secs(5);
/// A connection that answers no ping is given up, so that a dead peer is noticed before the call's deadline.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_DURATION_MAX: Duration = Duration::from_secs(10);

/// Where agencies are called: an agency's own endpoint, or else its level's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// By resolved agency: `socialnamnden-0580`.
    pub by_agency: BTreeMap<Slug, String>,
    /// By level, for every agency without an endpoint of its own.
    pub by_level: BTreeMap<Level, String>,
}

/// An endpoint that cannot be called.
#[derive(Debug, thiserror::Error)]
#[error("endpoint `{uri}` cannot be used: give one such as http://127.0.0.1:7001")]
pub struct InvalidEndpoint {
    /// What was given.
    pub uri: String,
    /// Why.
    #[source]
    pub source: tonic::transport::Error,
}

/// The agencies of the world, called over gRPC. Cheap to clone.
#[derive(Clone)]
pub struct AgencyClient(Arc<Inner>);

struct Inner {
    by_agency: BTreeMap<Slug, AgencyStepServiceClient<Channel>>,
    by_level: BTreeMap<Level, AgencyStepServiceClient<Channel>>,
    opaque: Opaque,
    actor: AsciiMetadataValue,
}

impl fmt::Debug for AgencyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgencyClient").finish_non_exhaustive()
    }
}

impl AgencyClient {
    /// Prepares a client. Nothing is connected before the first call. Must be called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidEndpoint`] for one that is no address.
    pub fn new(endpoints: &Endpoints, secrets: &Secrets) -> Result<AgencyClient, InvalidEndpoint> {
        // One connection for each address, however many agencies answer there.
        let mut channels: BTreeMap<&str, Channel> = BTreeMap::new();
        for uri in endpoints.by_agency.values().chain(endpoints.by_level.values()) {
            if !channels.contains_key(uri.as_str()) {
                channels.insert(uri, connect(uri)?);
            }
        }
        let client = |uri: &String| {
            let channel = channels.get(uri.as_str()).cloned();
            channel.map(|channel| AgencyStepServiceClient::new(channel).max_decoding_message_size(RESPONSE_BYTES_MAX))
        };
        let by_agency =
            endpoints.by_agency.iter().filter_map(|(agency, uri)| Some((agency.clone(), client(uri)?))).collect();
        let by_level = endpoints.by_level.iter().filter_map(|(level, uri)| Some((*level, client(uri)?))).collect();
        let actor = AsciiMetadataValue::from_static("operator:livshandelse");
        Ok(AgencyClient(Arc::new(Inner { by_agency, by_level, opaque: Opaque::new(secrets), actor })))
    }
}

impl Inner {
    fn client_for(&self, order: &Order) -> Result<AgencyStepServiceClient<Channel>, Failure> {
        if let Some(client) = self.by_agency.get(&order.agency) {
            return Ok(client.clone());
        }
        let definition = &order.published.definition;
        let agency = definition.step(&order.step.slug).and_then(|step| definition.agency(&step.agency));
        let client = agency.and_then(|agency| self.by_level.get(&agency.level));
        client.cloned().ok_or_else(|| Failure {
            why: Undelivered::Unreachable,
            text: "no endpoint is configured for the agency or its level".to_owned(),
        })
    }

    fn request<T>(&self, message: T, deadline: Duration, purpose: &'static str) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(deadline);
        request.metadata_mut().insert(ACTOR_METADATA, self.actor.clone());
        request.metadata_mut().insert(PURPOSE_METADATA, AsciiMetadataValue::from_static(purpose));
        request
    }
}

fn connect(uri: &str) -> Result<Channel, InvalidEndpoint> {
    let endpoint = Endpoint::from_shared(uri.to_owned());
    let endpoint = endpoint.map_err(|source| InvalidEndpoint { uri: uri.to_owned(), source })?;
    Ok(endpoint
        .connect_timeout(CONNECT_DURATION_MAX)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_DURATION_MAX)
        .keep_alive_while_idle(true)
        .connect_with_connector_lazy(tower::service_fn(|uri: Uri| async move {
            let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(HTTP_PORT))).await?;
            Gathered::new(stream).map(TokioIo::new)
        })))
}

impl Agencies for AgencyClient {
    fn perform(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let mut client = this.client_for(&order)?;
            let message = order::perform(&this.opaque, &order);
            let request = this.request(message, order.deadline, "perform-step");
            let answer = client.perform_step(request).await.map_err(|status| undelivered(&status))?;
            performed(&order, answer.into_inner())
        })
    }

    fn cancel(&self, order: Order) -> BoxFuture<'static, Result<Said, Failure>> {
        let this = Arc::clone(&self.0);
        Box::pin(async move {
            let mut client = this.client_for(&order)?;
            let message = order::cancel(&this.opaque, &order);
            let request = this.request(message, order.deadline, "cancel-step");
            let answer = client.cancel_step(request).await.map_err(|status| undelivered(&status))?;
            cancelled(&order, answer.into_inner())
        })
    }
}

/// What an agency answered to a hand-over.
fn performed(order: &Order, answer: pb::PerformStepResponse) -> Result<Said, Failure> {
    use pb::perform_step_response::Result as Answer;
    let mut wrong = Wrong::default();
    let now = order.now;
    let arrival = report::arrival("arrival", answer.arrival.as_ref(), now, &mut wrong);
    let gives = order.published.definition.step(&order.step.slug).map(|step| step.gives.as_slice()).unwrap_or_default();
    let report = match answer.result {
        None => return Err(garbage("the answer has no result")),
        Some(Answer::Accepted(accepted)) => accepted_report(&accepted, &arrival, now),
        Some(Answer::Decided(decision)) => report::decision("decided", &decision, gives, now, &mut wrong),
        Some(Answer::Supplement(supplement)) => report::supplement("supplement", &supplement, &mut wrong),
        Some(Answer::Completed(completion)) => {
            let report = report::completion("completed", &completion, gives, now, &mut wrong);
            // Closing is the answer to a withdrawal; here nobody asked for it.
            if matches!(report, Report::Closed { .. }) {
                return Err(garbage("a matter that nobody withdrew is closed"));
            }
            report
        }
        Some(Answer::Failed(failure)) => report::failure("failed", &failure, &mut wrong),
    };
    checked(Said { arrival: arrival.into_arrival(now), report }, wrong)
}

/// What an agency answered to a withdrawal.
fn cancelled(order: &Order, answer: pb::CancelStepResponse) -> Result<Said, Failure> {
    use pb::cancel_step_response::Result as Answer;
    let mut wrong = Wrong::default();
    let now = order.now;
    let arrival = report::arrival("arrival", answer.arrival.as_ref(), now, &mut wrong);
    let report = match answer.result {
        None => return Err(garbage("the answer has no result")),
        Some(Answer::Accepted(accepted)) => accepted_report(&accepted, &arrival, now),
        Some(Answer::Closed(completion)) => {
            let closed = i32::from(pb::Outcome::ClosedWithoutDecision);
            let completion = pb::Completion { outcome: closed, ..completion };
            report::completion("closed", &completion, &[], now, &mut wrong)
        }
        Some(Answer::Continued(continued)) => {
            let given = pb::TaskProgress {
                state: pb::StepState::InProgress.into(),
                agency_words: continued.agency_words,
                ..pb::TaskProgress::default()
            };
            report::progress("continued", &given, now, &mut wrong)
        }
    };
    checked(Said { arrival: arrival.into_arrival(now), report }, wrong)
}

/// Taken on: whoever has taken a document on has it, so it has arrived (FL 22 §).
fn accepted_report(accepted: &pb::Acceptance, arrival: &Arrived, now: CivilTime) -> Report {
    let words = accepted.agency_words.trim();
    if !words.is_empty() {
        return Report::Progress {
            words: words.to_owned(),
            waits_for_other: false,
            delay: None,
            appeal: None,
            execution: None,
            interrupted_on: None,
        };
    }
    Report::Arrived { case_number: arrival.case_number.clone(), at: arrival.at.unwrap_or(now) }
}

/// The report, unless a field of the answer is wrong: then nobody knows what was meant.
fn checked(said: Said, wrong: Wrong) -> Result<Said, Failure> {
    match wrong.finish() {
        Ok(()) => {
            debug_assert!(!matches!(&said.report, Report::Decided(decided) if decided.outcome == Outcome::None));
            Ok(said)
        }
        Err(Refused::Fields(fields)) => {
            let paths: Vec<&str> = fields.iter().take(5).map(|field| field.path.as_str()).collect();
            Err(garbage(&format!("wrong in the answer: {}", paths.join(", "))))
        }
        Err(_) => Err(garbage("the answer cannot be read")),
    }
}

fn garbage(text: &str) -> Failure {
    Failure { why: Undelivered::Garbage, text: text.to_owned() }
}

/// What a status means for the hand-over. Its text is the agency's and may hold content: only the code is kept.
fn undelivered(status: &Status) -> Failure {
    let why = match status.code() {
        Code::DeadlineExceeded | Code::Cancelled => Undelivered::Silent,
        Code::Unavailable | Code::ResourceExhausted | Code::Aborted => Undelivered::Unreachable,
        // An answer that is too large, or no protobuf, ends up here.
        Code::OutOfRange | Code::Internal | Code::Unknown | Code::DataLoss | Code::Ok => Undelivered::Garbage,
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Unauthenticated => Undelivered::Refused,
    };
    Failure { why, text: format!("status {:?}", status.code()) }
}
