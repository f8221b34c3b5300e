//! How a party wants to be told.

use super::{Medium, NoticeKind};
use crate::form::WrongField;
use std::collections::BTreeSet;
use std::fmt;

/// Ways at the most.
const WAYS_MAX: usize = 4;

/// Keys of a webhook at the most: the one in use, and old ones while a receiver changes over.
const KEYS_MAX: usize = 4;

/// How a party wants to be told, in one case. The portal that gives it vouches that the address is hers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// By what, the one she likes best first; 1 to 4. The next is taken only when one has failed.
    pub ways: Vec<Way>,
    /// The language (BCP 47).
    pub language: String,
    /// Of what.
    pub kinds: BTreeSet<NoticeKind>,
}

/// One way to reach a party. Never shows itself in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Way {
    /// A mailbox.
    Mail {
        /// Its address, at most 254 characters.
        address: String,
    },
    /// A program.
    Webhook {
        /// Its https address, at most 2,048 characters.
        address: String,
        /// 1 to 4 keys that calls are signed with, the newest first, each `whsec_` and base64.
        keys: Vec<String>,
    },
}

impl Way {
    /// What it is.
    pub fn medium(&self) -> Medium {
        match self {
            Way::Mail { .. } => Medium::Mail,
            Way::Webhook { .. } => Medium::Webhook,
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Way({})", self.medium().slug())
    }
}

impl Contact {
    /// Everything that is wrong with it, under `contact`. Repeats nothing of what was given.
    pub(crate) fn wrong_fields(&self) -> Vec<WrongField> {
        let mut wrong = Vec::new();
        let mut refuse = |path: String, problem: &str, remedy: &str| {
            wrong.push(WrongField { path, problem: problem.to_owned(), remedy: remedy.to_owned() });
        };
        if !(1..=WAYS_MAX).contains(&self.ways.len()) {
            refuse("contact.ways".to_owned(), "not 1 to 4", "give 1 to 4 ways, the best liked first");
        }
        if self.kinds.is_empty() {
            let remedy = "name at least one kind, or turn telling off by giving no ways and no kinds";
            refuse("contact.kinds".to_owned(), "required and not given", remedy);
        }
        let is_tag = (2..=35).contains(&self.language.len())
            && self.language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_tag {
            refuse("contact.language_code".to_owned(), "not a language", "give a language tag such as sv or en");
        }
        for (index, way) in self.ways.iter().enumerate() {
            match way {
                Way::Mail { address } if !is_mailbox(address) => {
                    let path = format!("contact.ways[{index}].mail.address");
                    refuse(path, "not an e-mail address", "give one address, such as anna@example.se");
                }
                Way::Webhook { address, .. } if !is_web(address) => {
                    let path = format!("contact.ways[{index}].webhook.address");
                    refuse(path, "not an https address", "give an https address of at most 2,048 characters");
                }
                Way::Webhook { keys, .. } if !are_keys(keys) => {
                    let path = format!("contact.ways[{index}].webhook.keys");
                    refuse(path, "not 1 to 4 signing keys", "give keys as whsec_ and base64 of 24 to 64 bytes");
                }
                Way::Mail { .. } | Way::Webhook { .. } => {}
            }
        }
        wrong
    }
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|one| one.is_control() || one.is_whitespace() || matches!(one, '<' | '>' | '"' | ',' | ';'))
}

fn is_mailbox(text: &str) -> bool {
    let parts = text.split_once('@');
    let has_parts = parts.is_some_and(|(name, host)| {
        !name.is_empty() && host.split('.').all(|part| !part.is_empty()) && !host.contains('@')
    });
    text.len() <= 254 && has_parts && is_plain(text)
}

fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    let host = rest.and_then(|rest| rest.split(['/', '?']).next());
    text.len() <= 2_048
        && host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && is_plain(text)
        && !text.contains('#')
}

fn are_keys(keys: &[String]) -> bool {
    let is_key = |key: &String| {
        // 24 bytes are 32 characters of base64, 64 bytes are 88.
        let encoded = key.strip_prefix("whsec_").unwrap_or_default();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        (32..=88).contains(&encoded.len()) && encoded.bytes().all(is_base64)
    };
    (1..=KEYS_MAX).contains(&keys.len()) && keys.iter().all(is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(way: Way) -> Vec<String> {
        let contact = Contact { ways: vec![way], language: "sv".to_owned(), kinds: BTreeSet::from(NoticeKind::ALL) };
        contact.wrong_fields().into_iter().map(|field| field.path).collect()
    }

    fn mail(address: &str) -> Way {
        Way::Mail { address: address.to_owned() }
    }

    fn hook(address: &str, keys: &[&str]) -> Way {
        Way::Webhook { address: address.to_owned(), keys: keys.iter().map(|&key| key.to_owned()).collect() }
    }

    #[test]
    fn what_could_break_a_command_or_a_header_is_no_address() {
        for text in
            ["", "anna", "anna@", "@b.se", "a@b..se", "a@b.se\r\nRCPT TO:<c@d.se>", "a b@c.se", "<a@b.se>", "a@b@c"]
        {
            assert_eq!(wrong(mail(text)), ["contact.ways[0].mail.address"], "{text:?}");
        }
        assert_eq!(wrong(mail(&format!("{}@b.se", "a".repeat(250)))).len(), 1);
        assert_eq!(wrong(mail("anna.andersson+brev@exempel.se")), Vec::<String>::new());
    }

    #[test]
    fn a_program_is_called_by_https_and_with_good_keys_only() {
        const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for address in ["", "http://a.se/", "https://", "https://user@a.se/", "https://a.se/#x", "https://a.se/ x"] {
            assert_eq!(wrong(hook(address, &[KEY])), ["contact.ways[0].webhook.address"], "{address:?}");
        }
        for keys in [&[][..], &["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], &["whsec_kort"], &[KEY; 5]] {
            assert_eq!(wrong(hook("https://a.se/told", keys)), ["contact.ways[0].webhook.keys"], "{keys:?}");
        }
        assert_eq!(wrong(hook("https://a.se/told?id=1", &[KEY, KEY])), Vec::<String>::new());
    }

    #[test]
    fn a_contact_without_ways_or_kinds_is_refused_and_all_of_it_at_once() {
        let contact = Contact { ways: vec![], language: "svenska!".to_owned(), kinds: BTreeSet::new() };
        let paths: Vec<_> = contact.wrong_fields().into_iter().map(|field| field.path).collect();
        assert_eq!(paths, ["contact.ways", "contact.kinds", "contact.language_code"]);
    }

    #[test]
    fn an_address_does_not_show_itself() {
        let shown = format!("{:?} {:?}", mail("anna@exempel.se"), hook("https://exempel.se/", &["whsec_x"]));
        assert_eq!(shown, "Way(mail) Way(webhook)");
    }
}
