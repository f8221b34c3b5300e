//! The layers between the wire and the services, read from outside in, and the two ports they make.
//!
//! Portals get one port and agencies with operators another: what is shed under load on the first never delays a report
//! on the second.

mod complete;
mod gate;
mod origin;
mod trace;

pub use origin::{InvalidOrigin, Origins};

use crate::api::Api;
use crate::limits::{METADATA_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use crate::service::agency_work::AgencyWorkDesk;
use crate::service::attachment::AttachmentDesk;
use crate::service::case::CaseDesk;
use crate::service::life_event::LifeEventDesk;
use crate::service::operations::OperationsDesk;
use livshandelse_proto::FILE_DESCRIPTOR_SET;
use livshandelse_proto::v1::agency_work_service_server::AgencyWorkServiceServer;
use livshandelse_proto::v1::attachment_service_server::AttachmentServiceServer;
use livshandelse_proto::v1::case_service_server::CaseServiceServer;
use livshandelse_proto::v1::life_event_service_server::LifeEventServiceServer;
use livshandelse_proto::v1::operations_service_server::OperationsServiceServer;
use std::time::Duration;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;
use tower::layer::util::{Identity, Stack};

/// How often an idle connection is asked whether it is alive, and how long it may take to answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_DURATION_MAX: Duration = Duration::from_secs(20);

/// The layers of the portals' port.
pub(crate) type PortalStack = Stack<
    gate::GateLayer,
    Stack<
        complete::CompleteLayer,
        Stack<
            GrpcWebLayer,
            Stack<tower_http::cors::CorsLayer, Stack<origin::OriginLayer, Stack<trace::TraceLayer, Identity>>>,
        >,
    >,
>;

/// The layers of the agencies' and operators' port.
pub(crate) type ReportStack = Stack<
    gate::GateLayer,
    Stack<complete::CompleteLayer, Stack<origin::OriginLayer, Stack<trace::TraceLayer, Identity>>>,
>;

/// The portals' layers: whoever is too many is refused at once.
pub(crate) fn portal_stack(api: &Api, origins: &Origins) -> ServiceBuilder<PortalStack> {
    let limits = api.limits();
    ServiceBuilder::new()
        // First, so that refused calls are traced too.
        .layer(trace::TraceLayer::going_on())
        // Then, since a page of a stranger's must not speak at all in the name of whom the metadata says.
        .layer(origin::OriginLayer::new(origins))
        .layer(origins.cors())
        .layer(GrpcWebLayer::new())
        .layer(complete::CompleteLayer)
        // Refuse early rather than queue without bound; last, so that only admitted calls cost a look-up.
        .layer(gate::GateLayer::shedding(limits.portal_calls_max, limits.portal_call_duration_max))
}

/// The agencies' and operators' layers: a report waits for its place, until its caller's deadline.
pub(crate) fn report_stack(api: &Api) -> ServiceBuilder<ReportStack> {
    let limits = api.limits();
    ServiceBuilder::new()
        .layer(trace::TraceLayer::beginning_anew())
        // No browser has business here.
        .layer(origin::OriginLayer::new(&Origins::default()))
        .layer(complete::CompleteLayer)
        .layer(gate::GateLayer::waiting(limits.report_calls_max, limits.report_call_duration_max))
}

/// What is common to both ports on the wire.
pub(crate) fn server(api: &Api) -> Server {
    Server::builder()
        .max_concurrent_streams(api.limits().streams_per_connection_max)
        .http2_max_header_list_size(METADATA_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_DURATION_MAX))
}

/// The services that portals call.
pub(crate) fn portal_routes<H: Health>(
    api: &Api,
    health: HealthServer<H>,
) -> Result<Routes, tonic_reflection::server::Error> {
    let cases = CaseServiceServer::new(CaseDesk(api.clone()))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    let life_events = LifeEventServiceServer::new(LifeEventDesk(api.clone()))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    let mut routes = Routes::builder();
    routes.add_service(cases).add_service(life_events).add_service(health).add_service(reflection()?);
    if let Some(attachments) = AttachmentDesk::of(api) {
        routes.add_service(
            AttachmentServiceServer::new(attachments)
                .max_decoding_message_size(REQUEST_BYTES_MAX)
                .max_encoding_message_size(RESPONSE_BYTES_MAX),
        );
    }
    Ok(routes.routes())
}

/// The services that agencies and operators call.
pub(crate) fn report_routes<H: Health>(
    api: &Api,
    health: HealthServer<H>,
) -> Result<Routes, tonic_reflection::server::Error> {
    let work = AgencyWorkServiceServer::new(AgencyWorkDesk(api.clone()))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    let operations = OperationsServiceServer::new(OperationsDesk(api.clone()))
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    let mut routes = Routes::builder();
    routes.add_service(work).add_service(operations).add_service(health).add_service(reflection()?);
    Ok(routes.routes())
}

fn reflection() -> Result<
    tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection>,
    tonic_reflection::server::Error,
> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
}
