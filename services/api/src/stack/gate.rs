//! How many calls are under way at once, and how long one may take.

use crate::status::Refused;
use http::{Request, Response};
use livshandelse_proto::limits::UPLOAD_DURATION_MAX;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// An upload takes as long as its caller's line does, within a bound of its own.
const UPLOAD: &str = "/livshandelse.v1.AttachmentService/UploadAttachment";

/// Bounds the calls of a port.
#[derive(Debug, Clone)]
pub(crate) struct GateLayer {
    places: Arc<Semaphore>,
    call_duration_max: Duration,
    sheds: bool,
}

/// Bounds the calls of a port.
#[derive(Debug, Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    layer: GateLayer,
}

impl GateLayer {
    /// Refuses at once when there is no place.
    pub(crate) fn shedding(calls_max: usize, call_duration_max: Duration) -> GateLayer {
        GateLayer { places: Arc::new(Semaphore::new(calls_max)), call_duration_max, sheds: true }
    }

    /// Waits for a place, no longer than a call may take.
    pub(crate) fn waiting(calls_max: usize, call_duration_max: Duration) -> GateLayer {
        GateLayer { places: Arc::new(Semaphore::new(calls_max)), call_duration_max, sheds: false }
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, layer: self.clone() }
    }
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Whoever asks how we are gets an answer most of all when we are busy.
        if request.uri().path().starts_with("/grpc.health.") {
            return Box::pin(self.inner.call(request));
        }
        // The one that was polled ready is called, its clone takes its place.
        let fresh = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, fresh);
        let GateLayer { places, call_duration_max, sheds } = self.layer.clone();
        let call_duration_max = if request.uri().path() == UPLOAD { UPLOAD_DURATION_MAX } else { call_duration_max };
        Box::pin(async move {
            let admitted = async {
                let place = if sheds { places.try_acquire_owned().ok() } else { places.acquire_owned().await.ok() };
                match place {
                    Some(_place) => ready.call(request).await,
                    None => Ok(Status::from(Refused::TooManyCalls).into_http()),
                }
            };
            match tokio::time::timeout(call_duration_max, admitted).await {
                Ok(answer) => answer,
                Err(_elapsed) => Ok(Status::from(Refused::TooSlow).into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use tokio::sync::Notify;
    use tower::{ServiceExt as _, service_fn};

    fn code(response: &Response<Body>) -> &str {
        response.headers().get("grpc-status").map_or("0", |code| code.to_str().unwrap())
    }

    fn call(path: &str) -> Request<Body> {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn who_finds_no_place_is_refused_at_once_and_health_is_answered_all_the_same() {
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (held, release) = (entered.clone(), leave.clone());
        let inner = service_fn(move |request: Request<Body>| {
            let (entered, leave) = (entered.clone(), leave.clone());
            async move {
                if request.uri().path() == "/slow" {
                    entered.notify_one();
                    leave.notified().await;
                }
                Ok::<_, Infallible>(Response::new(Body::empty()))
            }
        });
        let gate = GateLayer::shedding(1, Duration::from_secs(60)).layer(inner);
        let first = tokio::spawn(gate.clone().oneshot(call("/slow")));
        held.notified().await;
        assert_eq!(code(&gate.clone().oneshot(call("/quick")).await.unwrap()), "8");
        assert_eq!(code(&gate.clone().oneshot(call("/grpc.health.v1.Health/Check")).await.unwrap()), "0");
        release.notify_one();
        assert_eq!(code(&first.await.unwrap().unwrap()), "0");
        assert_eq!(code(&gate.oneshot(call("/quick")).await.unwrap()), "0");
    }

    #[tokio::test]
    async fn a_report_waits_for_its_place_but_not_for_ever() {
        let inner = service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
        let gate = GateLayer::waiting(1, Duration::from_millis(20)).layer(inner);
        let first = tokio::spawn(gate.clone().oneshot(call("/slow")));
        let second = tokio::spawn(gate.oneshot(call("/slow")));
        for answer in [first, second] {
            assert_eq!(code(&answer.await.unwrap().unwrap()), "4");
        }
    }
}
