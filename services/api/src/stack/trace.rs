//! A span for each call: method and code; the services add the kind of actor. Nothing of who, and nothing of what.
//!
//! A portal's trace is gone on with, by its `traceparent` alone: `tracestate` and baggage are anybody's text. A trace ends
//! at the agency's border (invariant I10), so on the agencies' port each call begins one of its own.

mod parent;

use crate::field;
use http::{Request, Response};
use livshandelse_proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument as _;
use tracing::field::Empty;

/// What a method is called that is not in the contract: its path is the caller's own text.
const UNKNOWN: &str = "unknown";

/// The path of every method that is served.
static METHODS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let sets = [FILE_DESCRIPTOR_SET, tonic_health::pb::FILE_DESCRIPTOR_SET];
    let files = sets.into_iter().filter_map(|bytes| FileDescriptorSet::decode(bytes).ok()).flat_map(|set| set.file);
    let of_file = |file: prost_types::FileDescriptorProto| {
        let package = file.package().to_owned();
        let services = file.service.into_iter();
        let of_service = move |service: prost_types::ServiceDescriptorProto| {
            let path = format!("/{package}.{}", service.name());
            service.method.into_iter().map(move |method| format!("{path}/{}", method.name()))
        };
        services.flat_map(of_service)
    };
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned();
    files.flat_map(of_file).chain([reflection]).collect()
});

/// Opens a span for each call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceLayer {
    goes_on: bool,
}

/// Opens a span for each call.
#[derive(Debug, Clone)]
pub(crate) struct Trace<S> {
    inner: S,
    goes_on: bool,
}

impl TraceLayer {
    /// Goes on with the caller's trace.
    pub(crate) fn going_on() -> TraceLayer {
        TraceLayer { goes_on: true }
    }

    /// Begins a trace with each call, whatever the caller says of one.
    pub(crate) fn beginning_anew() -> TraceLayer {
        TraceLayer { goes_on: false }
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner, goes_on: self.goes_on }
    }
}

impl<S> Service<Request<Body>> for Trace<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = METHODS.get(request.uri().path()).map_or(UNKNOWN, String::as_str);
        let span = tracing::info_span!(
            "call",
            { field::METHOD } = method,
            { field::CODE } = Empty,
            { field::ACTOR_KIND } = Empty,
            { field::AGENCY } = Empty,
        );
        if self.goes_on {
            parent::go_on(&span, request.headers());
        }
        let answer = span.in_scope(|| self.inner.call(request));
        let recorded = span.clone();
        let future = async move {
            let response = answer.await?;
            // A stream that goes on has no status yet; one that is refused has it in its headers.
            let code = response.headers().get("grpc-status").and_then(|code| code.to_str().ok()).unwrap_or("0");
            recorded.record(field::CODE, code);
            tracing::debug!("answered");
            Ok(response)
        };
        Box::pin(future.instrument(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_known_by_its_path() {
        for known in [
            "/livshandelse.v1.CaseService/CreateCase",
            "/livshandelse.v1.AgencyWorkService/ReportFact",
            "/grpc.health.v1.Health/Check",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ] {
            assert!(METHODS.contains(known), "{known} is not among {METHODS:?}");
        }
    }
}
