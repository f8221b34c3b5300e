//! Settings that would be unsafe are refused before anything is sent.

use livshandelse_notify::mail::{Credentials, Encryption, Mail, Settings, Unsubscribe};
use livshandelse_notify::{SettingsError, Trust};
use std::sync::Arc;

use crate::certificate::Certificate;
use crate::world::{NOW_MS, ids, portal, settings, trust};

fn refusal(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = settings(25, Encryption::StartTls);
    change(&mut settings);
    let trusted = trust(&Certificate::of_localhost());
    let refused = Mail::new(settings, portal(), &trusted, ids(), Arc::new(|| NOW_MS));
    refused.map_or_else(|error| error.to_string(), |_| "taken".to_owned())
}

#[test]
fn without_encryption_mail_goes_to_this_machine_only_and_without_a_password() {
    let plain = |host: &str| {
        let host = host.to_owned();
        refusal(move |settings| {
            settings.encryption = Encryption::None;
            settings.host = host;
        })
    };
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(plain(host), "taken", "{host}");
    }
    for host in ["mail.example", "10.0.0.1", "localhost.example"] {
        assert_eq!(plain(host), SettingsError::PlainBeyondLoopback.to_string(), "{host}");
    }
    let with_password = refusal(|settings| {
        settings.encryption = Encryption::None;
        settings.credentials = Some(Credentials { user: "a".into(), password: "b".into() });
    });
    assert_eq!(with_password, SettingsError::CredentialsInPlain.to_string());
}

#[test]
fn each_wrong_setting_is_named() {
    assert_eq!(refusal(|_| {}), "taken");
    for (text, field) in [("från", "from"), ("", "from")] {
        let refused = refusal(|settings| settings.from = text.into());
        assert_eq!(refused, SettingsError::Sender { field }.to_string());
    }
    let refused = refusal(|settings| settings.bounces = "studsar".into());
    assert_eq!(refused, SettingsError::Sender { field: "bounces" }.to_string());
    for domain in ["", "post exempel", "post..se", "a\r\nb"] {
        let refused = refusal(|settings| settings.domain = domain.into());
        assert_eq!(refused, SettingsError::Domain { field: "domain" }.to_string(), "{domain:?}");
    }
    let refused = refusal(|settings| settings.host = "mail exempel".into());
    assert_eq!(refused, SettingsError::ServerName.to_string());
}

#[test]
fn an_address_to_unsubscribe_with_cannot_break_a_header() {
    for address in
        ["http://portal.example/", "https://portal.example", "https://portal.example/?a=/", "https://p.example/ /"]
    {
        let web = Unsubscribe::Web { address: address.into(), one_click: false };
        assert_eq!(refusal(|settings| settings.unsubscribe = web), SettingsError::Unsubscribe.to_string(), "{address}");
    }
    for address in ["", "av@portal.example?cc=b@c.se", "av@portal.example>\r\nBcc: a@b.se", "åv@portal.example"] {
        let mail = Unsubscribe::Mail { address: address.into() };
        assert_eq!(
            refusal(|settings| settings.unsubscribe = mail),
            SettingsError::Unsubscribe.to_string(),
            "{address}"
        );
    }
}

#[test]
fn nothing_is_trusted_by_accident() {
    assert!(matches!(Trust::only(&[]), Err(SettingsError::NothingTrusted)));
    let given = [Certificate::of_localhost().der, b"not a certificate".to_vec()];
    assert!(matches!(Trust::only(&given), Err(SettingsError::Certificate { number: 2 })));
}
