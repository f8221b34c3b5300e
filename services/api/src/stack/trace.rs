//! A span for each call: method and code; the services add the kind of actor. Nothing of who, and nothing of what.

use crate::field;
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument as _;
use tracing::field::Empty;

/// Opens a span for each call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TraceLayer;

/// Opens a span for each call.
#[derive(Debug, Clone)]
pub(crate) struct Trace<S>(S);

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace(inner)
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
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // A path that is not in the contract is the caller's own text, and is cut.
        let method: String = request.uri().path().chars().take(120).collect();
        let span = tracing::info_span!(
            "call",
            { field::METHOD } = method,
            { field::CODE } = Empty,
            { field::ACTOR_KIND } = Empty,
            { field::AGENCY } = Empty,
        );
        let answer = span.in_scope(|| self.0.call(request));
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
