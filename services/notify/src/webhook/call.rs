//! One HTTP call over a connection of its own.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::network;
use crate::status::Reason;

/// What is kept of an answer.
pub(super) struct Answer {
    pub(super) code: u16,
    /// `Retry-After` in seconds; its other form, a date, is not believed: it needs the peer's clock.
    pub(super) retry_after: Option<Duration>,
}

/// Ends the task that drives a connection when nobody waits for it any more.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Connects to one of the addresses, by TLS if there is a connector, and sends the request.
///
/// The body of the answer is not read. Bounded by the caller in time. Cancel safe: the connection is closed.
pub(super) async fn call(
    addresses: &[SocketAddr],
    host: &str,
    connector: Option<&TlsConnector>,
    request: http::Request<Full<Bytes>>,
    connect_duration_max: Duration,
    answer_bytes_max: usize,
) -> Result<Answer, Reason> {
    let stream = network::connect(addresses, connect_duration_max).await?;
    let Some(connector) = connector else {
        return exchange(stream, request, answer_bytes_max).await;
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| Reason::NotTrusted)?;
    let encrypted = connector.connect(name, stream).await.map_err(|error| network::trust_or_drop(&error))?;
    exchange(encrypted, request, answer_bytes_max).await
}

async fn exchange<S>(stream: S, request: http::Request<Full<Bytes>>, answer_bytes_max: usize) -> Result<Answer, Reason>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(answer_bytes_max).max_headers(64);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| explain(&error))?;
    let _driver = Driver(tokio::spawn(async move {
        // Its end is seen by the one who waits for the answer.
        let _end = connection.await;
    }));
    let answer = sender.send_request(request).await.map_err(|error| explain(&error))?;
    let retry_after = answer.headers().get(http::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
    Ok(Answer { code: answer.status().as_u16(), retry_after })
}

fn explain(error: &hyper::Error) -> Reason {
    if error.is_parse() { Reason::NotUnderstood } else { Reason::Dropped }
}
