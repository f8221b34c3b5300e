//! A program of somebody's own on this machine: takes every call over TLS, checks its signature as Standard Webhooks tells a
//! receiver to, with no code of ours, and remembers it. What is not signed with its key is answered 401.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How long a call may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds that the caller's clock may differ.
const TOLERANCE_SECONDS: u64 = 300;

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub path: String,
    /// What a receiver knows a repeat by.
    pub id: String,
    /// Whether it is signed with the receiver's key, now.
    pub is_signed: bool,
    pub head: String,
    pub body: String,
}

/// The receiver; it ends with the test's runtime.
pub struct Receiver {
    pub port: u16,
    certificate: Vec<u8>,
    calls: Arc<Mutex<Vec<Call>>>,
    came: watch::Receiver<usize>,
}

impl Receiver {
    /// Listens at `https://localhost`, and believes calls that are signed with a key (`whsec_…`).
    pub async fn start(key: &str) -> Receiver {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let private = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let certificate = made.cert.der().to_vec();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], private)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let secret = STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap();
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &secret));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (tell, came) = watch::channel(0);
        let (kept, tell) = (calls.clone(), Arc::new(tell));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, tell, acceptor, key) = (kept.clone(), tell.clone(), acceptor.clone(), key.clone());
                tokio::spawn(async move {
                    // A client may go at any moment: that is what these tests are about.
                    let _gone = hear(stream, &acceptor, &key, &kept, &tell).await;
                });
            }
        });
        Receiver { port, certificate, calls, came }
    }

    /// Writes its certificate to a file, as whoever is to call it must trust it.
    pub fn write_certificate(&self, file: &Path) {
        let encoded = STANDARD.encode(&self.certificate);
        let lines: Vec<&str> =
            (0..encoded.len()).step_by(64).filter_map(|at| encoded.get(at..encoded.len().min(at + 64))).collect();
        let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        std::fs::write(file, text).unwrap();
    }

    /// Waits until so many calls have come, and returns all there are.
    pub async fn calls(&self, count: usize) -> Vec<Call> {
        let mut came = self.came.clone();
        let waited = tokio::time::timeout(PATIENCE, came.wait_for(|came| *came >= count)).await;
        waited.expect("the call does not come").unwrap();
        self.calls.lock().unwrap().clone()
    }
}

/// One call (RFC 9112), as far as a client that sends a body of a known length needs it.
async fn hear(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    key: &hmac::Key,
    kept: &Mutex<Vec<Call>>,
    tell: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(acceptor.accept(stream).await?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let field = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        let mut own = fields.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        own.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let mut body = vec![0; field("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let (id, timestamp) = (field("webhook-id"), field("webhook-timestamp"));
    let mut message = format!("{id}.{timestamp}.").into_bytes();
    message.extend_from_slice(&body);
    #[expect(clippy::disallowed_methods, reason = "a receiver has a clock of its own: that is what is tested")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let is_now = timestamp.parse::<u64>().is_ok_and(|timestamp| timestamp.abs_diff(now) <= TOLERANCE_SECONDS);
    let signatures = field("webhook-signature");
    let mut given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
    let is_signed = is_now && given.any(|given| hmac::verify(key, &message, &given).is_ok());
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let call = Call { path, id, is_signed, head: head.clone(), body: String::from_utf8_lossy(&body).into_owned() };
    let count = {
        let mut kept = kept.lock().unwrap();
        kept.push(call);
        kept.len()
    };
    let answer = if is_signed { "204 No Content" } else { "401 Unauthorized" };
    stream.write_all(format!("HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    stream.shutdown().await?;
    tell.send_replace(count);
    Ok(())
}
