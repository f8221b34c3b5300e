//! What can be wrong with settings and addresses, found before anything is sent.

/// Why an address cannot be used. Never holds the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not the form of an e-mail address (RFC 5321), or longer than 254 bytes.
    #[error("this is no e-mail address")]
    NotMail,
    /// Not an absolute `https` address, with a fragment or a user name, or longer than 2,048 bytes.
    #[error("this is no https address that can be called")]
    NotHook,
    /// A key that is not `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks, "signature scheme").
    #[error("this is no signing key: expected whsec_ and base64 of 24 to 64 bytes")]
    NotKey,
    /// No key, or more than [`HookAddress::KEYS_MAX`](crate::HookAddress::KEYS_MAX).
    #[error("a webhook has {count} keys; 1 to {max} are needed")]
    KeyCount {
        /// Keys given.
        count: usize,
        /// Keys at the most.
        max: usize,
    },
}

/// What is wrong with the settings of a channel.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The portal's address may not carry anything but a place: `https`, no query, fragment or user name.
    #[error("the portal's address is not a plain https address")]
    Portal,
    /// The portal's name is empty, longer than 80 characters or has control characters.
    #[error("the portal's name is empty, too long or has control characters")]
    PortalName,
    /// The sender or the bounce address is no e-mail address.
    #[error("the {field} address of the mail channel is no e-mail address")]
    Sender {
        /// `from` or `bounces`.
        field: &'static str,
    },
    /// The name we greet a mail server with, or the domain of message ids, is no domain.
    #[error("{field} of the mail channel is no domain name")]
    Domain {
        /// Which setting.
        field: &'static str,
    },
    /// Without encryption a mail server may only be on this machine.
    #[error("mail without encryption goes to this machine only (localhost, 127.0.0.1 or ::1)")]
    PlainBeyondLoopback,
    /// A password would travel in the clear.
    #[error("a user name and password need encryption")]
    CredentialsInPlain,
    /// The address to unsubscribe with is neither plain `https` nor `mailto:`.
    #[error("the address to unsubscribe with is neither plain https nor an e-mail address")]
    Unsubscribe,
    /// The mail server's name cannot stand in a certificate.
    #[error("the name of the mail server is no host name")]
    ServerName,
    /// No certificate of an authority could be read: nothing could be trusted.
    #[error("no trusted certificate could be read")]
    NothingTrusted,
    /// A certificate that was given is none.
    #[error("certificate {number} of those given cannot be read")]
    Certificate {
        /// 1 for the first.
        number: usize,
    },
    /// The TLS library refuses its own settings.
    #[error("TLS cannot be set up")]
    Tls(#[source] tokio_rustls::rustls::Error),
    /// A network is not written as `address/prefix`.
    #[error("a network is not written as address/prefix, such as 10.1.0.0/16")]
    Network,
}
