//! Signed calls to a person's own program, as *Standard Webhooks* has them (<https://www.standardwebhooks.com>).
//!
//! One `POST` of a small JSON body. `webhook-id` is the same each time a notice is told, `webhook-timestamp` is that of
//! the attempt, `webhook-signature` has one signature for each key, so that a receiver can change keys without missing a
//! call. 2xx means that the receiver has it; 410 that it wants no more, ever; redirects are not followed.
//!
//! Only `https`, and only to public addresses unless the operator allows a network; see [`crate::network`].

mod call;
pub mod signature;

use http::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use crate::address::{Address, HookAddress};
use crate::channel::{Attempt, Channel, ChannelKind, Pending, Reach, Receipt};
use crate::clock::{Clock, seconds};
use crate::error::SettingsError;
use crate::network::{self, Allowed};
use crate::notice::{IdSecret, Language, Notice, NoticeId};
use crate::status::{Reason, Status};
use crate::trust::Trust;
use crate::words::{Portal, Words};

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For finding and connecting to the receiver, each.
    pub connect_duration_max: Duration,
    /// For a whole attempt. Standard Webhooks advises 15 to 30 seconds.
    pub attempt_duration_max: Duration,
    /// Calls at the same time.
    pub calls_max: usize,
    /// Bytes of an answer's head; its body is not read at all. At least 8,192.
    pub answer_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect_duration_max: Duration::from_secs(5),
            attempt_duration_max: Duration::from_secs(15),
            calls_max: 32,
            answer_bytes_max: 16 * 1024,
        }
    }
}

/// The webhook channel.
pub struct Webhooks {
    connector: TlsConnector,
    allowed: Allowed,
    limits: Limits,
    places: Semaphore,
    portal: Portal,
    ids: Arc<IdSecret>,
    clock: Arc<dyn Clock>,
}

impl Webhooks {
    /// Sets the channel up; connects nowhere.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Tls`].
    pub fn new(
        allowed: Allowed,
        limits: Limits,
        portal: Portal,
        trust: &Trust,
        ids: Arc<IdSecret>,
        clock: Arc<dyn Clock>,
    ) -> Result<Webhooks, SettingsError> {
        let limits = Limits { answer_bytes_max: limits.answer_bytes_max.max(8 * 1024), ..limits };
        let connector = trust.connector(&[b"http/1.1"])?;
        let places = Semaphore::new(limits.calls_max.max(1));
        Ok(Webhooks { connector, allowed, limits, places, portal, ids, clock })
    }

    /// The body: the same each time the notice is told. No time stands in it, since a time to the millisecond is enough to
    /// find an agency's record by.
    fn body(&self, language: Language) -> Vec<u8> {
        let words = Words::new(language, &self.portal);
        let body = serde_json::json!({
            "type": "case.changed",
            "data": {
                "language": language.tag(),
                "subject": words.subject,
                "text": words.text,
                "portal": self.portal.address(),
            },
        });
        body.to_string().into_bytes()
    }

    async fn attempt(&self, notice: &Notice, hook: &HookAddress) -> Attempt {
        let is_secure = hook.uri.scheme_str() == Some("https");
        let host = hook.uri.host().unwrap_or_default();
        let port = hook.uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let limit = self.limits.connect_duration_max;
        let mut addresses = match network::find(host, port, &self.allowed, limit).await {
            Ok(addresses) => addresses,
            Err(reason) => return without_answer(reason),
        };
        if !is_secure {
            // In the clear only to this machine, and only where that is allowed.
            addresses.retain(|address| address.ip().is_loopback());
            if addresses.is_empty() {
                return without_answer(Reason::Forbidden);
            }
        }
        let id = format!("msg_{}", self.id(notice).as_str());
        let timestamp = seconds(self.clock.now_ms());
        let body = self.body(notice.language);
        let signatures = signature::sign_all(&hook.keys, &id, timestamp, &body);
        let Some(request) = request(hook, &id, timestamp, &signatures, body) else {
            return Attempt::Done(Status::Refused, Reason::NotUnderstood);
        };
        let connector = is_secure.then_some(&self.connector);
        let answered = call::call(&addresses, host, connector, request, limit, self.limits.answer_bytes_max).await;
        match answered {
            Ok(answer) => judge(answer),
            Err(reason) => without_answer(reason),
        }
    }
}

fn request(
    hook: &HookAddress,
    id: &str,
    timestamp: u64,
    signatures: &str,
    body: Vec<u8>,
) -> Option<http::Request<http_body_util::Full<hyper::body::Bytes>>> {
    let path = hook.uri.path_and_query().map_or("/", |path| path.as_str());
    // The host of the address with its port: what the receiver was registered as.
    let authority = hook.uri.authority()?.as_str();
    http::Request::post(path)
        .header(http::header::HOST, authority)
        .header(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(http::header::USER_AGENT, HeaderValue::from_static("livshandelse"))
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signatures)
        .body(http_body_util::Full::new(hyper::body::Bytes::from(body)))
        .ok()
}

fn without_answer(reason: Reason) -> Attempt {
    match reason {
        // Nothing that waiting would mend.
        Reason::Forbidden => Attempt::Done(Status::Refused, reason),
        other => Attempt::Again { reason: other, wait_min: None },
    }
}

/// What an answer means: 2xx has it, 410 wants no more, 408, 425, 429 and 5xx may want it later, anything else never.
fn judge(answer: call::Answer) -> Attempt {
    let reason = Reason::Answered { code: answer.code };
    match answer.code {
        200..=299 => Attempt::Done(Status::Delivered, reason),
        410 => Attempt::Done(Status::Refused, Reason::Gone),
        408 | 425 | 429 | 500..=599 => Attempt::Again { reason, wait_min: answer.retry_after },
        _ => Attempt::Done(Status::Refused, reason),
    }
}

impl Channel for Webhooks {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Webhook
    }

    /// Known to be impossible, or unknown: nothing is called to find out.
    fn reach<'a>(&'a self, address: &'a Address) -> Pending<'a, Reach> {
        let reach = match address {
            Address::Webhook(_) => Reach::Unknown,
            Address::Mail(_) => Reach::Unreachable(Reason::NotSetUp),
        };
        Box::pin(std::future::ready(reach))
    }

    fn id(&self, notice: &Notice) -> NoticeId {
        self.ids.id(ChannelKind::Webhook, &notice.key)
    }

    fn send<'a>(&'a self, notice: &'a Notice, address: &'a Address) -> Pending<'a, Attempt> {
        Box::pin(async move {
            let Address::Webhook(hook) = address else {
                return Attempt::Done(Status::NoChannel, Reason::NotSetUp);
            };
            let Ok(_place) = self.places.acquire().await else {
                return without_answer(Reason::NotConnected);
            };
            let attempt = tokio::time::timeout(self.limits.attempt_duration_max, self.attempt(notice, hook)).await;
            attempt.unwrap_or_else(|_| without_answer(Reason::TimedOut))
        })
    }

    /// A receiver answers at once; nothing comes later.
    fn receipt(&self, _received: &[u8]) -> Option<Receipt> {
        None
    }
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhooks(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_meaning() {
        let meaning = |code| judge(call::Answer { code, retry_after: None });
        let reason = |code| Reason::Answered { code };
        for code in [200, 202, 204] {
            assert_eq!(meaning(code), Attempt::Done(Status::Delivered, reason(code)));
        }
        for code in [301, 307, 400, 401, 403, 404, 413] {
            assert_eq!(meaning(code), Attempt::Done(Status::Refused, reason(code)));
        }
        for code in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(meaning(code), Attempt::Again { reason: reason(code), wait_min: None });
        }
        assert_eq!(meaning(410), Attempt::Done(Status::Refused, Reason::Gone));
    }
}
