//! A real program that is called: an HTTP server, with or without TLS, that keeps what it gets and answers as told.

use http::{HeaderMap, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A call as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What the server does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    /// Answers with a code and perhaps a header.
    Answers(u16, Option<(&'static str, &'static str)>),
    /// Closes the connection as soon as it is open.
    Drops,
    /// Never says anything.
    Hangs,
    /// Says this at once, whatever it is asked.
    Says(&'static str),
    /// Answers with headers without end.
    Babbles,
}

#[derive(Default)]
struct Inside {
    calls: Mutex<Vec<Call>>,
    does: Mutex<VecDeque<Does>>,
    connections: AtomicUsize,
}

/// A server that listens until it is dropped; 204 is its usual answer.
pub(crate) struct HttpServer {
    pub(crate) port: u16,
    inside: Arc<Inside>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl HttpServer {
    pub(crate) async fn plain() -> HttpServer {
        HttpServer::start(None).await
    }

    pub(crate) async fn start(acceptor: Option<TlsAcceptor>) -> HttpServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Inside::default());
        let shared = inside.clone();
        let listening = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (inside, acceptor) = (shared.clone(), acceptor.clone());
                open.spawn(async move {
                    inside.connections.fetch_add(1, Ordering::SeqCst);
                    match acceptor {
                        None => inside.receive(stream).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                inside.receive(stream).await;
                            }
                        }
                    }
                });
            }
        });
        HttpServer { port, inside, listening }
    }

    /// What it does with the next connection.
    pub(crate) fn next_time(&self, does: Does) {
        self.inside.does.lock().unwrap().push_back(does);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.inside.calls.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.inside.connections.load(Ordering::SeqCst)
    }
}

impl Inside {
    async fn receive<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, mut stream: S) {
        let does = self.does.lock().unwrap().pop_front().unwrap_or(Does::Answers(204, None));
        match does {
            Does::Answers(code, header) => {
                let service = service_fn(|request: http::Request<Incoming>| async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
                    let path = parts.uri.to_string();
                    self.calls.lock().unwrap().push(Call { path, headers: parts.headers, body });
                    let mut response = Response::builder().status(code);
                    if let Some((name, value)) = header {
                        response = response.header(name, value);
                    }
                    Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(b"thank you"))).unwrap())
                });
                let _how_it_ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
            Does::Drops => drop(stream),
            Does::Hangs => {
                let _kept_open = stream;
                std::future::pending::<()>().await;
            }
            Does::Says(words) => {
                let _how_it_ended = stream.write_all(words.as_bytes()).await;
                let _closed = stream.shutdown().await;
            }
            Does::Babbles => {
                let mut is_heard = stream.write_all(b"HTTP/1.1 200 OK\r\n").await.is_ok();
                while is_heard {
                    is_heard = stream.write_all(b"x-again: and again and again and again\r\n").await.is_ok();
                }
            }
        }
    }
}
