//! What the tests have in common: a portal, a secret, a clock that stands still, a person with addresses.

use livshandelse_notify::mail::{Encryption, Limits, Mail, Settings, Unsubscribe};
use livshandelse_notify::network::Allowed;
use livshandelse_notify::webhook::{self, Webhooks};
use livshandelse_notify::{Address, HookAddress, IdSecret, Language, MailAddress, Notice, NoticeKey, Portal, Trust};
use std::sync::Arc;
use std::time::Duration;

use crate::certificate::Certificate;
use crate::smtp_server::SmtpServer;

/// 2026-03-02T19:00:00Z, a Monday evening.
pub(crate) const NOW_MS: i64 = 1_772_478_000_000;

pub(crate) const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const OLD_KEY: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who is told: a name that must be in no log.
pub(crate) const PERSON: &str = "anna.testsson@exempel.se";

pub(crate) fn portal() -> Portal {
    Portal::new("https://portal.example/", "Mina livshändelser").unwrap()
}

pub(crate) fn ids() -> Arc<IdSecret> {
    Arc::new(IdSecret::new([42; 32]))
}

pub(crate) fn notice(key: &str) -> Notice {
    Notice { key: NoticeKey::new(key.as_bytes()), language: Language::Sv }
}

pub(crate) fn mailbox() -> Address {
    Address::Mail(MailAddress::parse(PERSON).unwrap())
}

pub(crate) fn hook(scheme: &str, port: u16) -> Address {
    let address = format!("{scheme}://localhost:{port}/told/anna?by=portal");
    Address::Webhook(HookAddress::parse(&address, &[KEY]).unwrap())
}

pub(crate) fn settings(port: u16, encryption: Encryption) -> Settings {
    Settings {
        host: "localhost".into(),
        port,
        encryption,
        credentials: None,
        domain: "post.portal.example".into(),
        from: "svara-inte@portal.example".into(),
        bounces: "studsar@portal.example".into(),
        unsubscribe: Unsubscribe::None,
        limits: Limits::default(),
    }
}

pub(crate) fn mail_with(settings: Settings, trust: &Trust) -> Mail {
    Mail::new(settings, portal(), trust, ids(), Arc::new(|| NOW_MS)).unwrap()
}

/// The mail channel to a server in the clear.
pub(crate) fn mail(server: &SmtpServer) -> Mail {
    mail_with(settings(server.port, Encryption::None), &trust(&Certificate::of_localhost()))
}

pub(crate) fn trust(certificate: &Certificate) -> Trust {
    Trust::only(std::slice::from_ref(&certificate.der)).unwrap()
}

/// The webhook channel, allowed to call this machine.
pub(crate) fn webhooks(trust: &Trust) -> Webhooks {
    let here = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    webhooks_with(Allowed::and(here), webhook::Limits::default(), trust)
}

pub(crate) fn webhooks_with(allowed: Allowed, limits: webhook::Limits, trust: &Trust) -> Webhooks {
    Webhooks::new(allowed, limits, portal(), trust, ids(), Arc::new(|| NOW_MS)).unwrap()
}

/// Long enough for a busy machine to do what works, short enough to wait for what never comes.
pub(crate) const SHORT: Duration = Duration::from_millis(300);
