//! Which web pages may call: an allow-list, empty by default.
//!
//! A browser says from which page a call comes. Since the actor's metadata is believed, a page that is not on the list
//! must not reach a service at all, also not by a name that suddenly points at this machine.

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The origins whose pages may call. Empty: none.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[HeaderValue]>);

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error("`{given}` is no origin: give scheme, host and port alone, such as https://portal.example:8443")]
pub struct InvalidOrigin {
    /// What was given.
    pub given: String,
}

impl Origins {
    /// Reads a list of origins, `https://portal.example`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidOrigin`] for the first that is none; `*` is none either.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Origins, InvalidOrigin> {
        let mut read = Vec::new();
        for given in origins {
            let refused = || InvalidOrigin { given: given.chars().take(200).collect() };
            let host = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://")).ok_or_else(refused)?;
            let is_host = !host.is_empty() && !host.contains(['/', '*', '?', '#', '@', ' ']);
            if !is_host {
                return Err(refused());
            }
            read.push(HeaderValue::from_str(&given.to_ascii_lowercase()).map_err(|_| refused())?);
        }
        Ok(Origins(read.into()))
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.0.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
    }

    /// What browsers are told beforehand.
    pub(crate) fn cors(&self) -> CorsLayer {
        let metadata = [
            "content-type",
            "grpc-timeout",
            "x-grpc-web",
            "x-user-agent",
            "x-livshandelse-actor",
            "x-livshandelse-purpose",
        ];
        let exposed = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(self.0.iter().cloned()))
            .allow_methods([Method::POST])
            .allow_headers(metadata.map(HeaderName::from_static))
            .expose_headers(exposed.map(HeaderName::from_static))
            .max_age(Duration::from_secs(3_600))
    }
}

/// Refuses pages that are not on the list.
#[derive(Debug, Clone)]
pub(crate) struct OriginLayer(Origins);

/// Refuses pages that are not on the list.
#[derive(Debug, Clone)]
pub(crate) struct OriginCheck<S> {
    inner: S,
    origins: Origins,
}

impl OriginLayer {
    pub(crate) fn new(origins: &Origins) -> OriginLayer {
        OriginLayer(origins.clone())
    }
}

impl<S> Layer<S> for OriginLayer {
    type Service = OriginCheck<S>;

    fn layer(&self, inner: S) -> OriginCheck<S> {
        OriginCheck { inner, origins: self.0.clone() }
    }
}

impl<S> Service<Request<Body>> for OriginCheck<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
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
        let is_stranger = request.headers().get_all(header::ORIGIN).iter().any(|origin| !self.origins.allows(origin));
        if is_stranger {
            let mut refused = Response::new(Body::empty());
            *refused.status_mut() = StatusCode::FORBIDDEN;
            return Box::pin(std::future::ready(Ok(refused)));
        }
        Box::pin(self.inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use tower::{ServiceExt as _, service_fn};

    async fn answer(origins: &Origins, origin: Option<&str>) -> StatusCode {
        let inner = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
        let mut request = Request::builder().uri("/x");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let checked = OriginLayer::new(origins).layer(inner);
        checked.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_page_that_is_not_on_the_list_reaches_nothing() {
        let origins = Origins::new(["https://portal.example"]).unwrap();
        assert_eq!(answer(&origins, Some("https://evil.example")).await, StatusCode::FORBIDDEN);
        assert_eq!(answer(&origins, Some("https://portal.example")).await, StatusCode::OK);
        assert_eq!(answer(&origins, None).await, StatusCode::OK);
        assert_eq!(answer(&Origins::default(), Some("null")).await, StatusCode::FORBIDDEN);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in ["*", "portal.example", "https://", "https://portal.example/path", "https://*.example"] {
            assert!(Origins::new([wrong]).is_err(), "{wrong}");
        }
    }
}
