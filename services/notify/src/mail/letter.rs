//! Writes the letter: headers that tell machines to keep still, and the one text.

use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use std::time::{Duration, UNIX_EPOCH};

use super::Unsubscribe;
use crate::address::MailAddress;
use crate::clock::seconds;
use crate::notice::{Language, NoticeId};
use crate::words::{Portal, Words};

/// What all letters have in common.
pub(super) struct Letterhead {
    pub(super) from: lettre::Address,
    pub(super) domain: String,
    pub(super) unsubscribe: Unsubscribe,
    pub(super) portal: Portal,
}

impl Letterhead {
    /// The whole letter as it goes over the wire, ASCII only; `None` if it cannot be put into headers.
    pub(super) fn write(&self, id: &NoticeId, language: Language, to: &MailAddress, now_ms: i64) -> Option<Vec<u8>> {
        let words = Words::new(language, &self.portal);
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(self.portal.name().to_owned()), self.from.clone()))
            .to(Mailbox::new(None, to.0.clone()))
            .subject(words.subject)
            .date(UNIX_EPOCH + Duration::from_secs(seconds(now_ms)))
            // A repeat is the same letter to the receiver (RFC 5322 3.6.4).
            .message_id(Some(format!("<{}@{}>", id.as_str(), self.domain)))
            // The library writes it for letters of several parts only; without it the rest of MIME does not count.
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .raw_header(header("Content-Language", language.tag().to_owned())?)
            // RFC 3834 5: no robot shall answer it. The second is what Exchange listens to.
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned())?)
            .raw_header(header("X-Auto-Response-Suppress", "All".to_owned())?);
        match &self.unsubscribe {
            Unsubscribe::None => {}
            Unsubscribe::Web { address, one_click } => {
                let value = format!("<{address}{}>", id.as_str());
                builder = builder.raw_header(bare_header("List-Unsubscribe", value)?);
                if *one_click {
                    let value = "List-Unsubscribe=One-Click".to_owned();
                    builder = builder.raw_header(header("List-Unsubscribe-Post", value)?);
                }
            }
            Unsubscribe::Mail { address } => {
                let value = format!("<mailto:{address}?subject={}>", id.as_str());
                builder = builder.raw_header(bare_header("List-Unsubscribe", value)?);
            }
        }
        builder.body(words.text).ok().map(|message| message.formatted())
    }
}

fn header(name: &'static str, value: String) -> Option<HeaderValue> {
    HeaderName::new_from_ascii(name.to_owned()).ok().map(|name| HeaderValue::new(name, value))
}

/// An address in angle brackets stands as it is: an encoded word would make it unreadable (RFC 2369 2). The settings were
/// checked to be ASCII without blanks.
fn bare_header(name: &'static str, value: String) -> Option<HeaderValue> {
    let name = HeaderName::new_from_ascii(name.to_owned()).ok()?;
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain.then(|| HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value))
}
