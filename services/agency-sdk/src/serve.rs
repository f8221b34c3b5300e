//! Serves a handler on a listener until it is told to stop.

use crate::answers::Memory;
use crate::handler::StepHandler;
use crate::server::StepServer;
use livshandelse_proto::v1::agency_step_service_server::AgencyStepServiceServer;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::{Error, Server};

/// How often a silent connection is asked whether it lives, in machine time.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// How long it has to answer, in machine time.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls that one connection may have open.
///
/// The orchestrator has one connection to each agency program and its own, lower
/// limit for each agency.
const STREAMS_PER_CONNECTION_MAX: u32 = 4_096;

/// Serves a handler, with `grpc.health.v1`, until `shutdown` is done; calls that have
/// begun are finished first.
///
/// # Errors
///
/// What the transport says when it cannot go on.
pub async fn serve<H: StepHandler>(
    listener: TcpListener,
    handler: Arc<H>,
    memory: Memory,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    serve_also(listener, handler, memory, Routes::default(), shutdown).await
}

/// As [`serve`], with further services on the same port.
///
/// # Errors
///
/// What the transport says when it cannot go on.
pub async fn serve_also<H: StepHandler>(
    listener: TcpListener,
    handler: Arc<H>,
    memory: Memory,
    also: Routes,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<AgencyStepServiceServer<StepServer<H>>>().await;
    let routes = also.add_service(StepServer::new(handler, memory).into_service()).add_service(health_service);
    let incoming = TcpListenerStream::new(listener);
    let without_delay = tokio_stream::StreamExt::map(incoming, |connection| {
        connection.and_then(|connection| {
            // Answers are small: waiting to fill a packet costs more than it saves.
            connection.set_nodelay(true)?;
            Ok(connection)
        })
    });
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .add_routes(routes)
        .serve_with_incoming_shutdown(without_delay, shutdown)
        .await
}
