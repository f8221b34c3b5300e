//! Reaching the service: channels, and who calls and why on every call.

use crate::fail::Failure;
use livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::life_event_service_client::LifeEventServiceClient;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::error::Error as _;
use std::time::Duration;
use tonic::metadata::AsciiMetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// Where portals reach the service when nothing is said.
pub(crate) const PORTAL_ENDPOINT: &str = "http://[::1]:7410";
/// Where agencies and operators reach it.
pub(crate) const AGENCY_ENDPOINT: &str = "http://[::1]:7411";
/// How long connecting may take: everything is on this machine.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read: a case with its steps and texts is well below.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A channel that says who calls and what for.
pub(crate) type Known = InterceptedService<Channel, Identity>;

/// Who calls and what for.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    actor: AsciiMetadataValue,
    purpose: AsciiMetadataValue,
}

impl Identity {
    /// `actor` is `person:{identity number}`, `agency:{slug}` or `operator:{name}`; twelve digits alone mean a person.
    ///
    /// # Errors
    ///
    /// If a text cannot stand in metadata.
    pub(crate) fn new(actor: &str, purpose: &str) -> Result<Identity, Failure> {
        let actor = if actor.contains(':') { actor.to_owned() } else { format!("person:{actor}") };
        let value = |text: &str, option: &str| {
            text.parse::<AsciiMetadataValue>().map_err(|_| {
                Failure::usage(
                    format!("`{text}` cannot be sent as {option}"),
                    format!("give {option} in plain letters (a–z), digits and signs"),
                )
            })
        };
        Ok(Identity { actor: value(&actor, "--actor")?, purpose: value(purpose, "--purpose")? })
    }
}

impl Interceptor for Identity {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(ACTOR_METADATA, self.actor.clone());
        request.metadata_mut().insert(PURPOSE_METADATA, self.purpose.clone());
        Ok(request)
    }
}

/// Connects to an endpoint.
///
/// # Errors
///
/// If it is no address, or nobody answers there.
pub(crate) async fn channel(endpoint: &str) -> Result<Channel, Failure> {
    let reached = Endpoint::from_shared(endpoint.to_owned()).map_err(|error| {
        Failure::usage(format!("`{endpoint}` is no endpoint: {error}"), format!("write it as `{PORTAL_ENDPOINT}`"))
    })?;
    reached.connect_timeout(CONNECT_TIMEOUT).connect().await.map_err(|error| {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            reason = inner.to_string();
            source = inner.source();
        }
        Failure::Unreachable { endpoint: endpoint.to_owned(), reason }
    })
}

/// A client of `CaseService`.
pub(crate) fn cases(channel: Channel, identity: Identity) -> CaseServiceClient<Known> {
    CaseServiceClient::with_interceptor(channel, identity).max_decoding_message_size(MESSAGE_BYTES_MAX)
}

/// A client of `LifeEventService`.
pub(crate) fn life_events(channel: Channel, identity: Identity) -> LifeEventServiceClient<Known> {
    LifeEventServiceClient::with_interceptor(channel, identity).max_decoding_message_size(MESSAGE_BYTES_MAX)
}

/// A client of `OperationsService`.
pub(crate) fn operations(channel: Channel, identity: Identity) -> OperationsServiceClient<Known> {
    OperationsServiceClient::with_interceptor(channel, identity)
}

/// A client of `AgencyWorkService`.
pub(crate) fn agency_work(channel: Channel, identity: Identity) -> AgencyWorkServiceClient<Known> {
    AgencyWorkServiceClient::with_interceptor(channel, identity)
}
