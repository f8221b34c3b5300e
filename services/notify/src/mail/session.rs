//! One letter over one connection, and connections that are used again.

use lettre::transport::smtp::authentication::{Credentials as Login, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as From, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use secrecy::ExposeSecret;
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::wire::{Stream, Wire};
use super::{Credentials, Encryption, Limits, Settings, line};
use crate::channel::Attempt;
use crate::network::{self, Allowed};
use crate::status::{Reason, Status};

/// How long an idle connection is kept. Servers close theirs after some minutes (RFC 5321 4.5.3.2.7).
const IDLE_DURATION_MAX: Duration = Duration::from_secs(30);

/// The way to the operator's mail server.
pub(super) struct Line {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    domain: String,
    bounces: lettre::Address,
    server: ServerName<'static>,
    connector: TlsConnector,
    limits: Limits,
    places: Semaphore,
    idle: Mutex<Vec<Open>>,
}

/// A connection that is greeted, encrypted and logged in.
struct Open {
    connection: AsyncSmtpConnection,
    letters: u32,
    used_at: Instant,
}

/// Where in a session it went wrong: it decides what an answer means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Sender,
    Receiver,
    Text,
}

impl Line {
    pub(super) fn new(
        settings: &Settings,
        bounces: lettre::Address,
        server: ServerName<'static>,
        connector: TlsConnector,
    ) -> Line {
        Line {
            host: settings.host.clone(),
            port: settings.port,
            encryption: settings.encryption,
            credentials: settings.credentials.clone(),
            domain: settings.domain.clone(),
            bounces,
            server,
            connector,
            limits: settings.limits,
            places: Semaphore::new(settings.limits.connections_max.max(1)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Sends one letter to one receiver. Waits for a free connection as long as it takes; the time limit begins then.
    pub(super) async fn send(&self, to: &lettre::Address, letter: &[u8]) -> Attempt {
        let Ok(_place) = self.places.acquire().await else {
            return again(Reason::NotConnected);
        };
        match timeout(self.limits.attempt_duration_max, self.attempt(to, letter)).await {
            Ok(attempt) => attempt,
            Err(_) => again(Reason::TimedOut),
        }
    }

    async fn attempt(&self, to: &lettre::Address, letter: &[u8]) -> Attempt {
        let mut open = match self.take_idle().await {
            Some(open) => open,
            None => match self.open().await {
                Ok(open) => open,
                Err(attempt) => return attempt,
            },
        };
        match hand_over(&mut open.connection, &self.bounces, to, letter).await {
            Ok(code) => {
                open.letters += 1;
                self.put_idle(open);
                Attempt::Done(Status::Sent, Reason::Answered { code })
            }
            // The connection is dropped: what it is in the middle of is not worth knowing.
            Err(attempt) => attempt,
        }
    }

    /// An idle connection that still answers.
    async fn take_idle(&self) -> Option<Open> {
        loop {
            // Taken in a statement of its own, so that the lock is not held while waiting.
            let mut open = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if open.used_at.elapsed() < IDLE_DURATION_MAX && open.connection.test_connected().await {
                return Some(open);
            }
        }
    }

    fn put_idle(&self, mut open: Open) {
        if open.letters < self.limits.letters_per_connection_max {
            open.used_at = Instant::now();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(open);
        }
    }

    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for mut open in idle {
            // A server that does not say good-bye in return is left all the same.
            let _answer = timeout(Duration::from_secs(1), open.connection.quit()).await;
        }
    }

    async fn open(&self) -> Result<Open, Attempt> {
        let wire = self.connect().await.map_err(|reason| match reason {
            // An answer before encryption: as any other while opening.
            Reason::Answered { code } => judge(Stage::Opening, code, ""),
            Reason::Forbidden => Attempt::Done(Status::Refused, reason),
            other => again(other),
        })?;
        let name = ClientId::Domain(self.domain.clone());
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &name).await;
        let mut connection = greeted.map_err(|error| explain(Stage::Opening, &error))?;
        if let Some(Credentials { user, password }) = &self.credentials {
            let login = Login::new(user.clone(), password.expose_secret().to_owned());
            let is_offered = connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_some();
            if !is_offered {
                return Err(again(Reason::NotOffered));
            }
            // A wrong password is mended by an operator within hours, not by giving up on the person.
            connection.auth(DEFAULT_MECHANISMS, &login).await.map_err(|error| explain(Stage::Opening, &error))?;
        }
        Ok(Open { connection, letters: 0, used_at: Instant::now() })
    }

    async fn connect(&self) -> Result<Wire, Reason> {
        let limit = self.limits.connect_duration_max;
        // Where the operator's own mail server is, is the operator's to say; in the clear only this machine.
        let mut addresses = network::find(&self.host, self.port, &Allowed::everything(), limit).await?;
        if self.encryption == Encryption::None {
            addresses.retain(|address| address.ip().is_loopback());
            if addresses.is_empty() {
                return Err(Reason::Forbidden);
            }
        }
        let mut stream = network::connect(&addresses, limit).await?;
        let peer = stream.peer_addr().map_err(|_| Reason::Dropped)?;
        let bytes_max = self.limits.received_bytes_max;
        match self.encryption {
            Encryption::None => Ok(Wire::new(Stream::Plain(stream), peer, b"", bytes_max)),
            Encryption::Implicit => Ok(Wire::new(self.encrypt(stream).await?, peer, b"", bytes_max)),
            Encryption::StartTls => {
                line::ask_for_tls(&mut stream, &self.domain).await?;
                // After STARTTLS a server does not greet again; the library waits for a greeting.
                Ok(Wire::new(self.encrypt(stream).await?, peer, b"220 \r\n", bytes_max))
            }
        }
    }

    async fn encrypt(&self, stream: TcpStream) -> Result<Stream, Reason> {
        let encrypted = self.connector.connect(self.server.clone(), stream).await;
        encrypted.map(|stream| Stream::Tls(Box::new(stream))).map_err(|error| network::trust_or_drop(&error))
    }
}

/// `MAIL`, `RCPT`, `DATA`, the text; the code of the last answer.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    bounces: &lettre::Address,
    to: &lettre::Address,
    letter: &[u8],
) -> Result<u16, Attempt> {
    let to_text: &str = to.as_ref();
    let mut parameters = Vec::new();
    if !to_text.is_ascii() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Attempt::Done(Status::Refused, Reason::NotOffered));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let sender = From::new(Some(bounces.clone()), parameters);
    connection.command(sender).await.map_err(|error| explain(Stage::Sender, &error))?;
    let receiver = Rcpt::new(to.clone(), Vec::new());
    connection.command(receiver).await.map_err(|error| explain(Stage::Receiver, &error))?;
    connection.command(Data).await.map_err(|error| explain(Stage::Text, &error))?;
    let taken = connection.message(letter).await.map_err(|error| explain(Stage::Text, &error))?;
    Ok(u16::from(taken.code()))
}

fn again(reason: Reason) -> Attempt {
    Attempt::Again { reason, wait_min: None }
}

/// What an error of the library means. What the server wrote is looked at and let go.
fn explain(stage: Stage, error: &lettre::transport::smtp::Error) -> Attempt {
    if let Some(code) = error.status() {
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        return judge(stage, u16::from(code), &said);
    }
    if error.is_timeout() {
        return again(Reason::TimedOut);
    }
    if let Some(kind) = io_kind(error) {
        // `Wire` says so of a peer that talks too much.
        let is_nonsense = kind == std::io::ErrorKind::InvalidData;
        return again(if is_nonsense { Reason::NotUnderstood } else { Reason::Dropped });
    }
    // A connection that ends in the middle of an answer is an answer cut short to the library.
    let is_cut = error.source().is_some_and(|source| source.to_string() == "incomplete response");
    again(if is_cut { Reason::Dropped } else { Reason::NotUnderstood })
}

fn io_kind(error: &lettre::transport::smtp::Error) -> Option<std::io::ErrorKind> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = inner.source();
    }
    None
}

/// What a refusing answer means (RFC 5321 4.2, RFC 3463).
///
/// - 4yz: later. 5yz while opening too: a server that turns us away does so to everybody, and an operator mends it.
/// - 5yz to the receiver's address: there is no such mailbox (550, 551, 553, 556; 552 is a full one), unless the
///   enhanced code says that it is policy (5.7.z) or the network's or the protocol's trouble.
/// - 5yz elsewhere: refused.
fn judge(stage: Stage, code: u16, said: &str) -> Attempt {
    let reason = Reason::Answered { code };
    if code < 500 || stage == Stage::Opening {
        return again(reason);
    }
    let subject =
        said.strip_prefix("5.").and_then(|rest| rest.split('.').next()).and_then(|text| text.parse::<u16>().ok());
    let is_about_mailbox = match subject {
        Some(subject) => matches!(subject, 1 | 2),
        None => matches!(code, 550..=553 | 556),
    };
    if stage == Stage::Receiver && is_about_mailbox {
        Attempt::Done(Status::Bounced, Reason::NoSuchMailbox { code })
    } else {
        Attempt::Done(Status::Refused, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_code_means_another_thing_at_another_place() {
        let bounced = |code| Attempt::Done(Status::Bounced, Reason::NoSuchMailbox { code });
        let refused = |code| Attempt::Done(Status::Refused, Reason::Answered { code });
        assert_eq!(judge(Stage::Receiver, 550, "5.1.1 no such user"), bounced(550));
        assert_eq!(judge(Stage::Receiver, 550, "no such user"), bounced(550));
        assert_eq!(judge(Stage::Receiver, 552, "5.2.2 full"), bounced(552));
        assert_eq!(judge(Stage::Receiver, 550, "5.7.1 not from you"), refused(550));
        assert_eq!(judge(Stage::Receiver, 554, "no"), refused(554));
        assert_eq!(judge(Stage::Text, 550, "5.1.1 late"), refused(550));
        assert_eq!(judge(Stage::Sender, 553, "5.1.8 who?"), refused(553));
        assert_eq!(judge(Stage::Receiver, 450, "4.2.0 greylisted"), again(Reason::Answered { code: 450 }));
        assert_eq!(judge(Stage::Opening, 535, "5.7.8 password"), again(Reason::Answered { code: 535 }));
    }
}
