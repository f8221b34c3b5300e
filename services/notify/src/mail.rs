//! E-mail over SMTP (RFC 5321), to a mail server of the operator's.
//!
//! The message is handed to one server that takes it further, never to the receiver's own. Encryption is required unless
//! that server is on this machine. A 2xx answer to the text means `sent`; `delivered` and most `bounced` come later, as a
//! delivery report (RFC 3464) to the bounce address, read by [`Channel::receipt`].

mod letter;
mod line;
mod report;
mod session;
mod wire;

use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::address::Address;
use crate::channel::{Attempt, Channel, ChannelKind, Pending, Reach, Receipt};
use crate::clock::Clock;
use crate::error::SettingsError;
use crate::notice::{IdSecret, Notice, NoticeId};
use crate::status::{Reason, Status};
use crate::trust::Trust;
use crate::words::{Portal, is_plain_place};
use letter::Letterhead;
use session::Line;

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (RFC 8314, usually port 465).
    Implicit,
    /// From `STARTTLS` on (RFC 3207, usually port 587); refused where the server does not offer it.
    StartTls,
    /// Not at all: only to a server on this machine.
    None,
}

/// Who we are to the mail server.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For finding and connecting to the server, each.
    pub connect_duration_max: Duration,
    /// For a whole attempt, connecting included. RFC 5321 4.5.3.2 allows a server minutes; a server of one's own needs
    /// seconds, and what is not answered is tried again later.
    pub attempt_duration_max: Duration,
    /// Connections at the same time. The mail server's own limit should be above it.
    pub connections_max: usize,
    /// Letters over one connection before it is closed.
    pub letters_per_connection_max: u32,
    /// Bytes that a server may say over one connection.
    pub received_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect_duration_max: Duration::from_secs(10),
            attempt_duration_max: Duration::from_secs(60),
            connections_max: 8,
            letters_per_connection_max: 50,
            received_bytes_max: 256 * 1024,
        }
    }
}

/// How an unwilling receiver's mail program can unsubscribe (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsubscribe {
    /// No header; the text says how.
    None,
    /// A plain `https` address; the notice's id is added as its last part, so that whoever answers there knows what to
    /// turn off without a log-in.
    Web {
        /// Where, ending with `/`.
        address: String,
        /// Whether a `POST` there is enough (`List-Unsubscribe-Post: List-Unsubscribe=One-Click`).
        one_click: bool,
    },
    /// An e-mail address; the notice's id is the subject.
    Mail {
        /// Where.
        address: String,
    },
}

/// The settings of the channel.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The mail server's name, as it stands in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Whom to log in as, if the server asks for it.
    pub credentials: Option<Credentials>,
    /// The name that we greet with and that message ids end with: a domain of the operator's.
    pub domain: String,
    /// The address that letters are from; their name is the portal's.
    pub from: String,
    /// The address that delivery reports go to.
    pub bounces: String,
    /// How to unsubscribe by mail program.
    pub unsubscribe: Unsubscribe,
    /// How long and how much.
    pub limits: Limits,
}

/// The e-mail channel.
pub struct Mail {
    line: Line,
    letterhead: Letterhead,
    ids: Arc<IdSecret>,
    clock: Arc<dyn Clock>,
}

impl Mail {
    /// Sets the channel up; connects nowhere.
    ///
    /// # Errors
    ///
    /// A [`SettingsError`] that names the setting which is wrong.
    pub fn new(
        settings: Settings,
        portal: Portal,
        trust: &Trust,
        ids: Arc<IdSecret>,
        clock: Arc<dyn Clock>,
    ) -> Result<Mail, SettingsError> {
        check(&settings)?;
        let address = |field, text: &str| text.parse::<lettre::Address>().map_err(|_| SettingsError::Sender { field });
        let letterhead = Letterhead {
            from: address("from", &settings.from)?,
            domain: settings.domain.clone(),
            unsubscribe: settings.unsubscribe.clone(),
            portal,
        };
        let server = ServerName::try_from(settings.host.clone()).map_err(|_| SettingsError::ServerName)?;
        let line = Line::new(&settings, address("bounces", &settings.bounces)?, server, trust.connector(&[])?);
        Ok(Mail { line, letterhead, ids, clock })
    }

    /// Says good-bye to the mail server on every idle connection. For a clean stop; not needed for safety.
    pub async fn close(&self) {
        self.line.close().await;
    }
}

fn check(settings: &Settings) -> Result<(), SettingsError> {
    let is_domain = |text: &str| {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        text.len() <= 200 && text.split('.').all(is_part)
    };
    if !is_domain(&settings.domain) {
        return Err(SettingsError::Domain { field: "domain" });
    }
    if settings.encryption == Encryption::None {
        if !matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1") {
            return Err(SettingsError::PlainBeyondLoopback);
        }
        if settings.credentials.is_some() {
            return Err(SettingsError::CredentialsInPlain);
        }
    }
    let can_unsubscribe = match &settings.unsubscribe {
        Unsubscribe::None => true,
        Unsubscribe::Web { address, .. } => {
            address.starts_with("https://") && address.ends_with('/') && is_plain_place(address)
        }
        Unsubscribe::Mail { address } => {
            address.is_ascii()
                && !address.contains(['?', '&', '%', '<', '>'])
                && address.parse::<lettre::Address>().is_ok()
        }
    };
    if can_unsubscribe { Ok(()) } else { Err(SettingsError::Unsubscribe) }
}

impl Channel for Mail {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Mail
    }

    /// SMTP cannot be asked beforehand (`VRFY` is turned off everywhere): known to be impossible, or unknown.
    fn reach<'a>(&'a self, address: &'a Address) -> Pending<'a, Reach> {
        let reach = match address {
            Address::Mail(_) => Reach::Unknown,
            Address::Webhook(_) => Reach::Unreachable(Reason::NotSetUp),
        };
        Box::pin(std::future::ready(reach))
    }

    fn id(&self, notice: &Notice) -> NoticeId {
        self.ids.id(ChannelKind::Mail, &notice.key)
    }

    fn send<'a>(&'a self, notice: &'a Notice, address: &'a Address) -> Pending<'a, Attempt> {
        Box::pin(async move {
            let Address::Mail(to) = address else {
                return Attempt::Done(Status::NoChannel, Reason::NotSetUp);
            };
            let id = self.id(notice);
            let Some(letter) = self.letterhead.write(&id, notice.language, to, self.clock.now_ms()) else {
                return Attempt::Done(Status::Refused, Reason::NotOffered);
            };
            self.line.send(&to.0, &letter).await
        })
    }

    fn receipt(&self, received: &[u8]) -> Option<Receipt> {
        report::read(received, &self.letterhead.domain)
    }
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail(…)")
    }
}
