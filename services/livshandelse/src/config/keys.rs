//! The keys of the file of settings: each is a flag of `livshandelse serve`, a variable of the environment, and a line.

use super::rules;

/// The table whose keys are agencies and levels.
pub(crate) const AGENCIES: &str = "agencies";

/// What a key's value looks like in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text in quotes.
    Text,
    /// A whole number.
    Number,
    /// Texts in brackets.
    Texts,
    /// A table of texts, under names of the reader's own.
    Pairs,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// In the file: `listen.portal-port`.
    pub(crate) name: &'static str,
    /// The argument of `serve`, by its id.
    pub(crate) argument: &'static str,
    /// How it is written in the file.
    pub(crate) kind: Kind,
    /// Refuses what the flag would take, and serving would not.
    pub(crate) rule: fn(&str) -> Result<(), String>,
    /// What to write instead.
    pub(crate) remedy: &'static str,
    /// A variable of a common standard that counts as well, after our own.
    pub(crate) other_variable: Option<&'static str>,
}

impl Key {
    /// The flag without its hyphens.
    pub(crate) fn flag(&self) -> String {
        self.argument.replace('_', "-")
    }

    /// The variable of the environment.
    pub(crate) fn variable(&self) -> String {
        format!("LIVSHANDELSE_{}", self.argument.to_uppercase())
    }

    /// Whether a name in the file is of this key.
    pub(crate) fn holds(&self, name: &str) -> bool {
        match self.kind {
            Kind::Pairs => name.strip_prefix(self.name).is_some_and(|rest| rest.starts_with('.')),
            Kind::Text | Kind::Number | Kind::Texts => name == self.name,
        }
    }
}

const fn key(name: &'static str, argument: &'static str, kind: Kind, remedy: &'static str) -> Key {
    Key { name, argument, kind, rule: rules::any, remedy, other_variable: None }
}

/// Every key, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    Key {
        rule: rules::not_empty,
        ..key("store.data", "data", Kind::Text, "name a folder, as \"/var/lib/livshandelse\"")
    },
    Key {
        rule: rules::not_empty,
        ..key(
            "store.keys",
            "keys",
            Kind::Text,
            "name a file outside the data folder, as \"/var/lib/livshandelse-keys/keys\"",
        )
    },
    Key {
        rule: rules::loopback,
        ..key("listen.addresses", "listen", Kind::Texts, "write [\"::1\", \"127.0.0.1\"], or leave it out")
    },
    key(
        "listen.portal-port",
        "portal_port",
        Kind::Number,
        "write a number from 0 to 65535; 0 takes any port that is free",
    ),
    key(
        "listen.agency-port",
        "agency_port",
        Kind::Number,
        "write a number from 0 to 65535; 0 takes any port that is free",
    ),
    key(
        "listen.metrics-port",
        "metrics_port",
        Kind::Number,
        "write a number from 0 to 65535; without the key there is no page",
    ),
    Key {
        rule: rules::origin,
        ..key("listen.allow-origins", "allow_origin", Kind::Texts, "write [\"https://example.se\"], or leave it out")
    },
    Key {
        rule: rules::agency,
        ..key(
            AGENCIES,
            "agency",
            Kind::Pairs,
            "write a level (state, region, municipality, provider) or an agency, and where it is called: \
             state = \"http://127.0.0.1:7501\"",
        )
    },
    Key {
        rule: rules::not_empty,
        ..key("backup.to", "backup_to", Kind::Text, "name a folder outside the data folder, best on another disk")
    },
    Key {
        rule: rules::not_empty,
        ..key("backup.keys-to", "backup_keys_to", Kind::Text, "name another folder than that of backup.to")
    },
    key("backup.every-seconds", "backup_every", Kind::Number, "write a number of seconds from 1, as 900"),
    Key {
        rule: rules::filter,
        ..key("log.filter", "log", Kind::Text, "write \"info\", or \"info,livshandelse_engine=debug\"")
    },
    key("log.format", "log_format", Kind::Text, "write \"text\" or \"json\""),
    Key {
        rule: rules::endpoint,
        other_variable: Some("OTEL_EXPORTER_OTLP_ENDPOINT"),
        ..key("traces.otlp", "otlp", Kind::Text, "write \"http://127.0.0.1:4317\", or leave it out")
    },
    Key {
        rule: rules::endpoint,
        ..key("notify.portal-address", "portal_address", Kind::Text, "write \"https://livshandelser.example.se\"")
    },
    Key {
        rule: rules::not_empty,
        ..key("notify.portal-name", "portal_name", Kind::Text, "write the name people know")
    },
    Key {
        rule: rules::not_empty,
        ..key("notify.smtp-host", "smtp_host", Kind::Text, "name a mail server, or leave it out")
    },
    key("notify.smtp-port", "smtp_port", Kind::Number, "write a number from 1 to 65535, as 587"),
    key("notify.smtp-security", "smtp_security", Kind::Text, "write \"starttls\", \"tls\" or \"none\""),
    key("notify.smtp-user", "smtp_user", Kind::Text, "name whom to log in as, or leave it out"),
    Key {
        rule: rules::not_empty,
        ..key("notify.smtp-password-file", "smtp_password_file", Kind::Text, "name a file with the password alone")
    },
    Key { rule: rules::mail, ..key("notify.mail-from", "mail_from", Kind::Text, "write \"svara-inte@example.se\"") },
    Key {
        rule: rules::mail,
        ..key("notify.mail-bounces", "mail_bounces", Kind::Text, "write \"studsar@example.se\", or leave it out")
    },
    key("notify.webhooks", "webhooks", Kind::Text, "write \"on\" or \"off\""),
    key("notify.webhook-networks", "webhook_network", Kind::Texts, "write [\"10.1.0.0/16\"], or leave it out"),
    key("notify.tell-seconds", "tell_seconds", Kind::Number, "write a whole number of seconds, as 120"),
    key("limits.starts", "starts_max", Kind::Number, "write a whole number from 1 to 100000"),
    key("limits.watchers", "watchers_max", Kind::Number, "write a whole number from 1 to 1000000"),
    key("limits.agency-calls", "agency_calls_max", Kind::Number, "write a whole number from 1 to 10000"),
    key("limits.agency-seconds", "agency_seconds", Kind::Number, "write a whole number of seconds from 1 to 300"),
    key("limits.cases-in-memory", "cases_in_memory", Kind::Number, "write a whole number from 1 to 10000000"),
    key("limits.drain-seconds", "drain_seconds", Kind::Number, "write a whole number of seconds from 1 to 3600"),
];
