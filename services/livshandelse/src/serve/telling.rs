//! Telling people: the settings of `serve`, and the channels put behind the engine's [`Tellers`].

use crate::fail::Failure;
use crate::system;
use clap::{Args, ValueEnum};
use livshandelse_core::id::{CaseId, EffectKey, Sequence};
use livshandelse_core::notice::{NoticeOutcome, Way};
use livshandelse_engine::{Attempted, BoxFuture, Returned, TellOrder, Tellers, WayMark};
use livshandelse_notify::mail::{self, Credentials, Encryption, Mail, Unsubscribe};
use livshandelse_notify::network::{Allowed, Network};
use livshandelse_notify::webhook::{self, Webhooks};
use livshandelse_notify::{
    Address, Attempt, Channel, ChannelKind, HookAddress, IdSecret, Language, MailAddress, Notice, NoticeId, NoticeKey,
    Portal, Schedule, SettingsError, Status, Teller, Trust,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What the ids of messages are derived with, from the key file.
pub(crate) const PURPOSE: &str = "livshandelse 2026 instance secret: notices";

/// How people are told that there is something new. Without a mail server and without webhooks nobody is.
#[derive(Debug, Clone, Args)]
pub(crate) struct Telling {
    /// Where people log in, as it stands in messages to them
    #[arg(long, env = "LIVSHANDELSE_PORTAL_ADDRESS", value_name = "URL")]
    portal_address: Option<String>,
    /// By which name people know that place
    #[arg(long, env = "LIVSHANDELSE_PORTAL_NAME", default_value = "Livshändelser", value_name = "NAME")]
    portal_name: String,
    /// The mail server that takes messages further; without it nobody is told by e-mail
    #[arg(
        long,
        env = "LIVSHANDELSE_SMTP_HOST",
        value_name = "HOST",
        requires = "portal_address",
        requires = "mail_from"
    )]
    smtp_host: Option<String>,
    /// Its port
    #[arg(long, env = "LIVSHANDELSE_SMTP_PORT", default_value_t = 587, value_name = "PORT")]
    smtp_port: u16,
    /// How the connection to it is protected; `none` only on this machine
    #[arg(long, env = "LIVSHANDELSE_SMTP_SECURITY", value_enum, default_value_t = Security::Starttls, value_name = "WORD")]
    smtp_security: Security,
    /// Whom to log in to it as
    #[arg(long, env = "LIVSHANDELSE_SMTP_USER", value_name = "USER", requires = "smtp_password_file")]
    smtp_user: Option<String>,
    /// A file with the password alone
    #[arg(long, env = "LIVSHANDELSE_SMTP_PASSWORD_FILE", value_name = "FILE", requires = "smtp_user")]
    smtp_password_file: Option<PathBuf>,
    /// The address that messages are from
    #[arg(long, env = "LIVSHANDELSE_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// The address that delivery reports go to; otherwise the one that messages are from
    #[arg(long, env = "LIVSHANDELSE_MAIL_BOUNCES", value_name = "ADDRESS")]
    mail_bounces: Option<String>,
    /// Call the programs that people name, signed (Standard Webhooks): `on` or `off`
    #[arg(long, env = "LIVSHANDELSE_WEBHOOKS", value_enum, default_value_t = Switch::Off, value_name = "WORD")]
    webhooks: Switch,
    /// A network beside the public ones that may be called so, `10.1.0.0/16`; more than once for several
    #[arg(long, env = "LIVSHANDELSE_WEBHOOK_NETWORK", value_delimiter = ',', value_parser = network, value_name = "NETWORK")]
    webhook_network: Vec<Network>,
    /// Seconds that a message waits, so that who is looking just then is not written to. Not in time-lapse
    #[arg(long, env = "LIVSHANDELSE_TELL_SECONDS", default_value_t = 120, value_name = "SECONDS")]
    tell_seconds: u32,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Security {
    /// Encrypted from STARTTLS on; refused where the server does not offer it
    Starttls,
    /// Encrypted from the first byte
    Tls,
    /// Not at all: only to this machine
    None,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// On
    On,
    /// Off
    Off,
}

fn network(text: &str) -> Result<Network, String> {
    text.parse().map_err(|_| "write a network as 10.1.0.0/16".to_owned())
}

impl Telling {
    /// How long a message waits.
    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs(u64::from(self.tell_seconds))
    }

    /// Sets up what is asked for; `None` if nothing is. Reads files.
    ///
    /// # Errors
    ///
    /// If a setting is wrong or missing, or a file cannot be read.
    pub(crate) fn tellers(&self, secret: [u8; 32]) -> Result<Option<Arc<dyn Tellers>>, Failure> {
        let has_webhooks = self.webhooks == Switch::On;
        if self.smtp_host.is_none() && !has_webhooks {
            return Ok(None);
        }
        let wrong = |error: SettingsError| {
            Failure::usage(error.to_string(), "mend the settings of telling; see `livshandelse serve --help`")
        };
        let address = self.portal_address.as_deref().ok_or_else(|| {
            Failure::usage("it is not said where people log in", "give --portal-address https://example.se/")
        })?;
        let portal = Portal::new(address, &self.portal_name).map_err(wrong)?;
        let ids = Arc::new(IdSecret::new(secret));
        let trust = Trust::system(&[]).map_err(wrong)?;
        let clock = Arc::new(|| system::now().0);
        let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
        if let Some(host) = &self.smtp_host {
            let settings = self.mail(host)?;
            let mail = Mail::new(settings, portal.clone(), &trust, ids.clone(), clock.clone()).map_err(wrong)?;
            channels.push(Arc::new(mail));
        }
        if has_webhooks {
            let allowed = Allowed::and(self.webhook_network.iter().copied());
            let limits = webhook::Limits::default();
            let hooks = Webhooks::new(allowed, limits, portal, &trust, ids.clone(), clock).map_err(wrong)?;
            channels.push(Arc::new(hooks));
        }
        let teller = Arc::new(Teller::new(channels, Schedule::default()));
        Ok(Some(Arc::new(Told { teller, ids })))
    }

    fn mail(&self, host: &str) -> Result<mail::Settings, Failure> {
        let from = self.mail_from.clone().unwrap_or_default();
        let domain = from.split_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or_default();
        let credentials = match (&self.smtp_user, &self.smtp_password_file) {
            (Some(user), Some(file)) => Some(Credentials { user: user.clone(), password: password(file)?.into() }),
            (_, _) => None,
        };
        Ok(mail::Settings {
            host: host.to_owned(),
            port: self.smtp_port,
            encryption: match self.smtp_security {
                Security::Starttls => Encryption::StartTls,
                Security::Tls => Encryption::Implicit,
                Security::None => Encryption::None,
            },
            credentials,
            domain,
            bounces: self.mail_bounces.clone().unwrap_or_else(|| from.clone()),
            from,
            unsubscribe: Unsubscribe::None,
            limits: mail::Limits::default(),
        })
    }
}

fn password(file: &Path) -> Result<String, Failure> {
    let read = std::fs::read_to_string(file).map_err(|error| {
        Failure::input(format!("{}: {error}", file.display()), "name a file that holds the password alone")
    })?;
    Ok(read.trim_end_matches(['\r', '\n']).to_owned())
}

/// The channels, as the engine calls them.
struct Told {
    teller: Arc<Teller>,
    ids: Arc<IdSecret>,
}

/// A notice and the way it went, as the channels know it.
fn write_key(key: &EffectKey, mark: WayMark) -> NoticeKey {
    let mut bytes = key.case.0.to_vec();
    bytes.extend(key.sequence.0.to_be_bytes());
    bytes.extend(key.index.to_be_bytes());
    bytes.extend(mark.0);
    NoticeKey::new(bytes)
}

/// The notice and the way of a key; `None` for one of another making.
fn read_key(key: &NoticeKey) -> Option<(EffectKey, WayMark)> {
    let (case, rest) = key.as_bytes().split_first_chunk()?;
    let (sequence, rest) = rest.split_first_chunk()?;
    let (index, rest) = rest.split_first_chunk()?;
    let mark = WayMark(rest.try_into().ok()?);
    let (sequence, index) = (Sequence(u64::from_be_bytes(*sequence)), u32::from_be_bytes(*index));
    Some((EffectKey { case: CaseId(*case), sequence, index }, mark))
}

impl Tellers for Told {
    fn returned(&self, received: &[u8]) -> Option<Returned> {
        let kind = ChannelKind::Mail;
        let receipt = self.teller.channel(kind)?.receipt(received)?;
        let (key, mark) = read_key(&self.ids.key(kind, &receipt.id)?)?;
        Some(Returned { key, mark, outcome: outcome(receipt.status), is_way_ended: receipt.ends_address })
    }

    fn attempt(&self, order: TellOrder) -> BoxFuture<'static, Attempted> {
        let (teller, ids) = (self.teller.clone(), self.ids.clone());
        Box::pin(async move {
            let key = write_key(&order.key, order.mark);
            let notice = Notice { key, language: Language::of_tag(&order.language) };
            let Some(way) = address(&order.way) else {
                return Attempted::Over { outcome: NoticeOutcome::NoChannel, is_way_ended: true };
            };
            let id = ids.id(way.channel(), &notice.key);
            attempted(teller.attempt(&notice, &way).await, &teller, order.attempt_number, &id)
        })
    }
}

/// What an attempt came to, with the next wait where there is to be another.
fn attempted(attempt: Attempt, teller: &Teller, number: u32, id: &NoticeId) -> Attempted {
    match attempt {
        Attempt::Done(status, reason) => {
            Attempted::Over { outcome: outcome(status), is_way_ended: reason.ends_address() }
        }
        Attempt::Again { wait_min, .. } => match teller.schedule().wait_after(number, wait_min, id) {
            Some(wait) => Attempted::Again { wait },
            None => Attempted::Over { outcome: NoticeOutcome::Unreachable, is_way_ended: false },
        },
    }
}

/// Where a way leads; `None` if it leads nowhere.
fn address(way: &Way) -> Option<Address> {
    match way {
        Way::Mail { address } => MailAddress::parse(address).ok().map(Address::Mail),
        Way::Webhook { address, keys } => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            HookAddress::parse(address, &keys).ok().map(Address::Webhook)
        }
    }
}

fn outcome(status: Status) -> NoticeOutcome {
    match status {
        Status::Sent => NoticeOutcome::Sent,
        Status::Delivered => NoticeOutcome::Delivered,
        Status::Bounced => NoticeOutcome::Bounced,
        Status::Refused => NoticeOutcome::Refused,
        // An attempt that is over is queued no more; should a channel say so, nobody was reached.
        Status::Unreachable | Status::Queued => NoticeOutcome::Unreachable,
        Status::NoChannel => NoticeOutcome::NoChannel,
        Status::NotWanted => NoticeOutcome::NotWanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, FromArgMatches as _};

    fn read(arguments: &[&str]) -> Telling {
        let command = Telling::augment_args(Command::new("serve").no_binary_name(true));
        let plain = command.mut_args(|argument| argument.env(None::<&str>));
        Telling::from_arg_matches(&plain.try_get_matches_from(arguments).unwrap()).unwrap()
    }

    fn complaint(arguments: &[&str]) -> String {
        match read(arguments).tellers([1; 32]) {
            Ok(tellers) => format!("taken: {}", tellers.is_some()),
            Err(Failure::Input { problem, .. } | Failure::Usage { problem, .. }) => problem,
            Err(_) => "otherwise".to_owned(),
        }
    }

    const MAIL: [&str; 3] =
        ["--smtp-host=localhost", "--portal-address=https://portal.example/", "--mail-from=svara-inte@portal.example"];

    #[test]
    fn nobody_is_told_unless_a_channel_is_set_up() {
        assert_eq!(complaint(&[]), "taken: false");
        assert_eq!(complaint(&MAIL), "taken: true");
        assert_eq!(complaint(&["--webhooks=on"]), "it is not said where people log in");
    }

    #[test]
    fn a_setting_that_is_wrong_is_named_at_the_start() {
        let with = |more: &[&'static str]| complaint(&[&MAIL[..], more].concat());
        assert_eq!(with(&["--mail-bounces=studsar"]), "the bounces address of the mail channel is no e-mail address");
        assert_eq!(with(&["--portal-name="]), SettingsError::PortalName.to_string());
        let beyond = ["--smtp-host=mail.example", "--smtp-security=none"];
        let plain = complaint(&[&beyond[..], &MAIL[1..]].concat());
        assert_eq!(plain, SettingsError::PlainBeyondLoopback.to_string());
    }

    #[test]
    fn a_key_is_read_back_whole_and_one_of_another_length_not_at_all() {
        let key = EffectKey { case: CaseId([3; 16]), sequence: Sequence(258), index: 7 };
        let written = write_key(&key, WayMark([1, 2, 3, 4]));
        assert_eq!(read_key(&written), Some((key, WayMark([1, 2, 3, 4]))));
        let bytes = written.as_bytes();
        assert_eq!(read_key(&NoticeKey::new(&bytes[1..])), None);
        assert_eq!(read_key(&NoticeKey::new([bytes, &[0]].concat())), None);
    }

    #[test]
    fn every_kind_of_way_has_its_channel() {
        let mail = address(&Way::Mail { address: "anna@exempel.se".to_owned() }).unwrap();
        assert_eq!(mail.channel(), ChannelKind::Mail);
        let keys = vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()];
        let hook = address(&Way::Webhook { address: "https://exempel.se/told".to_owned(), keys }).unwrap();
        assert_eq!(hook.channel(), ChannelKind::Webhook);
        assert!(address(&Way::Mail { address: "anna".to_owned() }).is_none());
    }
}
