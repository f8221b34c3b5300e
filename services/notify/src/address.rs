//! Where a person can be reached. An address never shows itself in `Debug`.

use base64::Engine;
use secrecy::{ExposeSecret, SecretSlice};
use std::fmt;
use std::sync::Arc;

use crate::channel::ChannelKind;
use crate::error::AddressError;

/// One way to reach a person.
#[derive(Debug, Clone)]
pub enum Address {
    /// A mailbox.
    Mail(MailAddress),
    /// A program of hers, or of one she chose.
    Webhook(HookAddress),
}

impl Address {
    /// The channel that it belongs to.
    pub fn channel(&self) -> ChannelKind {
        match self {
            Address::Mail(_) => ChannelKind::Mail,
            Address::Webhook(_) => ChannelKind::Webhook,
        }
    }
}

/// An e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(pub(crate) lettre::Address);

impl MailAddress {
    /// Reads an address, at most 254 bytes (RFC 5321 4.5.3.1.3).
    ///
    /// # Errors
    ///
    /// [`AddressError::NotMail`] if it does not have the form of one.
    pub fn parse(text: &str) -> Result<MailAddress, AddressError> {
        let is_sane = text.len() <= 254 && !text.chars().any(|one| one.is_control() || one.is_whitespace());
        let address = text.parse::<lettre::Address>().ok().filter(|_| is_sane);
        address.map(MailAddress).ok_or(AddressError::NotMail)
    }

    /// The address as text. For its owner's eyes and for sealing; never for a log.
    pub fn expose(&self) -> &str {
        self.0.as_ref()
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// Where to call, and the keys to sign with.
#[derive(Clone)]
pub struct HookAddress {
    pub(crate) uri: http::Uri,
    pub(crate) keys: Arc<[SigningKey]>,
}

/// 24 to 64 bytes.
pub(crate) struct SigningKey(pub(crate) SecretSlice<u8>);

impl HookAddress {
    /// Keys at the most: the one in use, and old ones while a receiver changes over.
    pub const KEYS_MAX: usize = 4;

    /// Takes an absolute `https` address and 1 to [`KEYS_MAX`](HookAddress::KEYS_MAX) keys, each written `whsec_` and
    /// base64 of 24 to 64 bytes. Every call is signed with each of them, the newest first.
    ///
    /// `http` is taken too, and refused when calling unless it leads to this machine and that is allowed
    /// ([`Allowed`](crate::network::Allowed)).
    ///
    /// # Errors
    ///
    /// [`AddressError::NotHook`], [`AddressError::NotKey`] or [`AddressError::KeyCount`].
    pub fn parse(address: &str, keys: &[&str]) -> Result<HookAddress, AddressError> {
        let uri = address.parse::<http::Uri>().map_err(|_| AddressError::NotHook)?;
        let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
        let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        if !is_web || has_user || uri.host().is_none_or(str::is_empty) || address.contains('#') || address.len() > 2048
        {
            return Err(AddressError::NotHook);
        }
        if keys.is_empty() || keys.len() > HookAddress::KEYS_MAX {
            return Err(AddressError::KeyCount { count: keys.len(), max: HookAddress::KEYS_MAX });
        }
        let keys = keys.iter().map(|key| SigningKey::parse(key)).collect::<Result<Vec<_>, _>>()?;
        Ok(HookAddress { uri, keys: keys.into() })
    }

    /// The address as text. For its owner's eyes and for sealing; never for a log.
    pub fn expose(&self) -> String {
        self.uri.to_string()
    }
}

impl fmt::Debug for HookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookAddress(…)")
    }
}

impl SigningKey {
    fn parse(text: &str) -> Result<SigningKey, AddressError> {
        let encoded = text.strip_prefix("whsec_").ok_or(AddressError::NotKey)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| AddressError::NotKey)?;
        let key = SigningKey(SecretSlice::from(bytes));
        let is_sane = (24..=64).contains(&key.0.expose_secret().len());
        if is_sane { Ok(key) } else { Err(AddressError::NotKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn what_could_break_a_command_or_a_header_is_no_address() {
        for text in ["", "anna", "anna@", "@b.se", "a@b.se\r\nRCPT TO:<c@d.se>", "a b@c.se", "a@b.se>", "<a@b.se"] {
            assert_eq!(MailAddress::parse(text), Err(AddressError::NotMail), "{text:?}");
        }
        assert!(MailAddress::parse(&format!("{}@b.se", "a".repeat(250))).is_err());
        assert!(MailAddress::parse("anna.andersson+brev@exempel.se").is_ok());
        assert!(MailAddress::parse("åsa@exempel.se").is_ok());
    }

    #[test]
    fn a_hook_is_a_web_address_with_good_keys() {
        for address in ["", "/hook", "ftp://a.se/", "https://user@a.se/", "https:///x", "https://a.se/#x"] {
            assert_eq!(HookAddress::parse(address, &[KEY]).unwrap_err(), AddressError::NotHook, "{address:?}");
        }
        for key in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_!"] {
            assert_eq!(HookAddress::parse("https://a.se/", &[key]).unwrap_err(), AddressError::NotKey, "{key:?}");
        }
        let none = HookAddress::parse("https://a.se/", &[]).unwrap_err();
        assert_eq!(none, AddressError::KeyCount { count: 0, max: 4 });
        assert!(HookAddress::parse("https://a.se/hook?id=1", &[KEY, KEY]).is_ok());
    }

    #[test]
    fn no_address_shows_itself() {
        let mail = Address::Mail(MailAddress::parse("anna@exempel.se").unwrap());
        let hook = Address::Webhook(HookAddress::parse("https://exempel.se/hook", &[KEY]).unwrap());
        let shown = format!("{mail:?} {hook:?}");
        assert!(!shown.contains("exempel") && !shown.contains("MfKQ"), "{shown}");
    }
}
