//! Puts the services on the wire: two ports, until told to stop.

use crate::api::Api;
use crate::gathered::Gathered;
use crate::stack::{Origins, portal_routes, portal_stack, report_routes, report_stack, server};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream, StreamExt as _};
use livshandelse_engine::{Engine, Readiness};
use livshandelse_proto::v1::agency_work_service_server::SERVICE_NAME as AGENCY_WORK;
use livshandelse_proto::v1::attachment_service_server::SERVICE_NAME as ATTACHMENT;
use livshandelse_proto::v1::case_service_server::SERVICE_NAME as CASE;
use livshandelse_proto::v1::life_event_service_server::SERVICE_NAME as LIFE_EVENT;
use livshandelse_proto::v1::operations_service_server::SERVICE_NAME as OPERATIONS;
use std::error::Error;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::server::Connected;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// How long to wait after a connection could not be accepted (too many files), so that nothing spins.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where callers come in. The program binds listeners; a test hands in pipes.
#[derive(Debug)]
pub struct Doors<P, A> {
    /// Connections of portals.
    pub portal: P,
    /// Connections of agencies and operators.
    pub agency: A,
    /// Web pages that may call the portals' port.
    pub origins: Origins,
}

/// Why serving ended otherwise than asked.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The contract cannot be told by reflection.
    #[error("prepare reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// A port failed.
    #[error("serve")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves both ports until `shutdown` is done, then lets calls under way finish.
///
/// Streams that watch end when the engine drains: drain it as `shutdown` is done, or they keep their connections open.
///
/// # Errors
///
/// Returns [`ServeError`] if a port fails.
pub async fn serve<P, PIo, PErr, A, AIo, AErr>(
    api: Api,
    doors: Doors<P, A>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError>
where
    P: Stream<Item = Result<PIo, PErr>>,
    PIo: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    PErr: Into<Box<dyn Error + Send + Sync>>,
    A: Stream<Item = Result<AIo, AErr>>,
    AIo: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    AErr: Into<Box<dyn Error + Send + Sync>>,
{
    let Doors { portal, agency, origins } = doors;
    let shutdown = shutdown.shared();
    let (portal_reporter, portal_health) = tonic_health::server::health_reporter();
    let (agency_reporter, agency_health) = tonic_health::server::health_reporter();
    let portal_server = server(&api)
        .accept_http1(true)
        .layer(portal_stack(&api, &origins))
        .serve_with_incoming_shutdown(portal_routes(&api, portal_health)?, portal, shutdown.clone());
    let agency_server = server(&api).layer(report_stack(&api)).serve_with_incoming_shutdown(
        report_routes(&api, agency_health)?,
        agency,
        shutdown.clone(),
    );
    let served = async { tokio::try_join!(portal_server, agency_server) };
    let mut of_portals = vec![CASE, LIFE_EVENT];
    of_portals.extend(api.attachments().map(|_| ATTACHMENT));
    let telling = async {
        tokio::join!(
            tell_health(api.engine(), &portal_reporter, &of_portals),
            tell_health(api.engine(), &agency_reporter, &[AGENCY_WORK, OPERATIONS]),
        );
        // Health has said its last word; serving ends when it does.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        served = served => served.map(|_| ()).map_err(ServeError::from),
        () = telling => Ok(()),
    }
}

/// [`serve`] on TCP listeners. Boxed, so that the whole stack is compiled once, here, and not in every program that serves.
///
/// # Errors
///
/// As [`serve`].
pub fn serve_tcp(
    api: Api,
    doors: Doors<Vec<TcpListener>, Vec<TcpListener>>,
    shutdown: BoxFuture<'static, ()>,
) -> BoxFuture<'static, Result<(), ServeError>> {
    let Doors { portal, agency, origins } = doors;
    serve(api, Doors { portal: tcp(portal), agency: tcp(agency), origins }, shutdown).boxed()
}

/// Says whether the services are there, and that again each time it changes.
async fn tell_health(engine: &Engine, reporter: &HealthReporter, services: &[&str]) {
    let mut readiness = engine.readiness();
    loop {
        let status = match *readiness.borrow_and_update() {
            Readiness::Ready | Readiness::DiskLow => ServingStatus::Serving,
            Readiness::DiskFull | Readiness::Draining => ServingStatus::NotServing,
        };
        for service in services.iter().chain([&""]) {
            reporter.set_service_status(*service, status).await;
        }
        if readiness.changed().await.is_err() {
            return;
        }
    }
}

/// Connections of several listeners, such as one for each IP version.
fn tcp(listeners: Vec<TcpListener>) -> impl Stream<Item = io::Result<Gathered>> + Unpin + Send {
    let streams = listeners.into_iter().map(|listener| {
        let accepted = TcpListenerStream::new(listener).then(|accepted| async {
            if accepted.is_err() {
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Gathered::new(accepted?)
        });
        accepted.boxed()
    });
    stream::select_all(streams)
}
