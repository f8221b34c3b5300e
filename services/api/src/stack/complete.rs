//! Statuses that the transport makes by itself get what every status of ours has: a reason, and what to do.

use crate::limits::REQUEST_BYTES_MAX;
use crate::status::Refused;
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// Completes statuses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CompleteLayer;

/// Completes statuses.
#[derive(Debug, Clone)]
pub(crate) struct Complete<S>(S);

impl<S> Layer<S> for CompleteLayer {
    type Service = Complete<S>;

    fn layer(&self, inner: S) -> Complete<S> {
        Complete(inner)
    }
}

impl<S> Service<Request<Body>> for Complete<S>
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
        let answer = self.0.call(request);
        Box::pin(async move { answer.await.map(complete) })
    }
}

/// A message over the limit is refused by the transport with `OUT_OF_RANGE`, which none of ours uses.
fn complete(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    if status.code() != Code::OutOfRange || !status.details().is_empty() {
        return response;
    }
    let refused = Refused::TooLarge { what: "the request".to_owned(), max: format!("{REQUEST_BYTES_MAX} bytes") };
    Status::from(refused).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt as _;

    #[test]
    fn a_message_over_the_limit_is_refused_with_the_limit() {
        let made = complete(Status::out_of_range("decoded message length too large").into_http());
        let status = Status::from_header_map(made.headers()).unwrap();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.get_details_error_info().unwrap().reason, "TOO_LARGE");
    }

    #[test]
    fn other_statuses_pass_as_they_are() {
        let made = complete(Status::not_found("x").into_http());
        assert_eq!(Status::from_header_map(made.headers()).unwrap().code(), Code::NotFound);
        assert!(complete(Response::new(Body::empty())).headers().is_empty());
    }
}
