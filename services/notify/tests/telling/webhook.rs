//! Calls: how they are signed, whom they reach, and what every answer comes to.

use livshandelse_notify::network::Allowed;
use livshandelse_notify::webhook::{Limits, Webhooks, signature};
use livshandelse_notify::{Address, Attempt, Channel, HookAddress, MailAddress, Reach, Reason, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::certificate::Certificate;
use crate::http_server::{Does, HttpServer};
use crate::world::{KEY, NOW_MS, OLD_KEY, SHORT, hook, ids, notice, portal, trust, webhooks, webhooks_with};

fn delivered(code: u16) -> Attempt {
    Attempt::Done(Status::Delivered, Reason::Answered { code })
}

fn again(reason: Reason) -> Attempt {
    Attempt::Again { reason, wait_min: None }
}

#[tokio::test]
async fn a_call_says_that_there_is_something_new_and_nothing_else() {
    let certificate = Certificate::of_localhost();
    let server = HttpServer::start(Some(certificate.acceptor.clone())).await;
    let channel = webhooks(&trust(&certificate));
    assert_eq!(channel.send(&notice("case_01/7/0"), &hook("https", server.port)).await, delivered(204));
    let [call] = server.calls().try_into().unwrap();
    assert_eq!(call.path, "/told/anna?by=portal");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("host"), format!("localhost:{}", server.port));
    let names: Vec<_> = call.headers.keys().map(|name| name.as_str().to_owned()).collect();
    let mut known = [
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    ];
    known.sort_unstable();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, known);
    let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    let expected = serde_json::json!({
        "type": "case.changed",
        "data": {
            "language": "sv",
            "subject": "Det finns något nytt i ditt ärende",
            "text": body["data"]["text"],
            "portal": "https://portal.example/",
        },
    });
    assert_eq!(body, expected);
    assert!(call.body.len() < 1024, "{}", call.body.len());
    assert!(!String::from_utf8(call.body).unwrap().contains("case_01"));
}

#[tokio::test]
async fn a_receiver_that_knows_any_of_the_keys_believes_the_call() {
    let certificate = Certificate::of_localhost();
    let server = HttpServer::start(Some(certificate.acceptor.clone())).await;
    let address = format!("https://localhost:{}/", server.port);
    let both = Address::Webhook(HookAddress::parse(&address, &[KEY, OLD_KEY]).unwrap());
    assert_eq!(webhooks(&trust(&certificate)).send(&notice("1"), &both).await, delivered(204));
    let [call] = server.calls().try_into().unwrap();
    let timestamp: u64 = call.header("webhook-timestamp").parse().unwrap();
    assert_eq!(i64::try_from(timestamp).unwrap() * 1000, NOW_MS);
    let (id, signatures) = (call.header("webhook-id"), call.header("webhook-signature"));
    assert_eq!(signatures.split(' ').count(), 2);
    for known in [KEY, OLD_KEY] {
        let receiver = HookAddress::parse(&address, &[known]).unwrap();
        assert!(signature::is_signed(&receiver, id, timestamp, signatures, &call.body, timestamp + 10), "{known}");
    }
    let stranger = HookAddress::parse(&address, &["whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"]).unwrap();
    assert!(!signature::is_signed(&stranger, id, timestamp, signatures, &call.body, timestamp));
}

#[tokio::test]
async fn a_repeat_has_the_same_id_and_body_and_the_time_of_the_attempt() {
    let server = HttpServer::plain().await;
    let now = Arc::new(AtomicI64::new(NOW_MS));
    let clock = now.clone();
    let here = Allowed::and(["127.0.0.0/8".parse().unwrap()]);
    let trusted = trust(&Certificate::of_localhost());
    let clock = Arc::new(move || clock.load(Ordering::SeqCst));
    let channel = Webhooks::new(here, Limits::default(), portal(), &trusted, ids(), clock).unwrap();
    let to = hook("http", server.port);
    server.next_time(Does::Answers(503, None));
    assert_eq!(channel.send(&notice("1"), &to).await, again(Reason::Answered { code: 503 }));
    now.fetch_add(60_000, Ordering::SeqCst);
    assert_eq!(channel.send(&notice("1"), &to).await, delivered(204));
    assert_eq!(channel.send(&notice("2"), &to).await, delivered(204));
    let calls = server.calls();
    assert_eq!(calls[0].header("webhook-id"), format!("msg_{}", channel.id(&notice("1")).as_str()));
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    assert_eq!(calls[0].body, calls[1].body);
    assert_ne!(calls[1].header("webhook-id"), calls[2].header("webhook-id"));
    let times: Vec<u64> = calls.iter().map(|call| call.header("webhook-timestamp").parse().unwrap()).collect();
    assert_eq!(times[1] - times[0], 60);
}

#[tokio::test]
async fn an_answer_means_has_it_later_never_or_never_again() {
    let server = HttpServer::plain().await;
    let channel = webhooks(&trust(&Certificate::of_localhost()));
    let to = hook("http", server.port);
    let refused = |code| Attempt::Done(Status::Refused, Reason::Answered { code });
    for (code, meaning) in [
        (200, delivered(200)),
        (202, delivered(202)),
        (400, refused(400)),
        (404, refused(404)),
        (410, Attempt::Done(Status::Refused, Reason::Gone)),
        (429, again(Reason::Answered { code: 429 })),
        (500, again(Reason::Answered { code: 500 })),
    ] {
        server.next_time(Does::Answers(code, None));
        assert_eq!(channel.send(&notice("1"), &to).await, meaning, "{code}");
    }
}

#[tokio::test]
async fn a_receiver_may_say_how_long_to_wait() {
    let server = HttpServer::plain().await;
    let channel = webhooks(&trust(&Certificate::of_localhost()));
    let to = hook("http", server.port);
    let wait = |seconds: Option<u64>| Attempt::Again {
        reason: Reason::Answered { code: 503 },
        wait_min: seconds.map(Duration::from_secs),
    };
    for (value, seconds) in [("120", Some(120)), ("Mon, 02 Mar 2026 19:00:00 GMT", None), ("-1", None)] {
        server.next_time(Does::Answers(503, Some(("retry-after", value))));
        assert_eq!(channel.send(&notice("1"), &to).await, wait(seconds), "{value}");
    }
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let server = HttpServer::plain().await;
    let channel = webhooks(&trust(&Certificate::of_localhost()));
    server.next_time(Does::Answers(307, Some(("location", "/elsewhere"))));
    let told = channel.send(&notice("1"), &hook("http", server.port)).await;
    assert_eq!(told, Attempt::Done(Status::Refused, Reason::Answered { code: 307 }));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_receiver_on_a_bad_day_is_tried_again() {
    let server = HttpServer::plain().await;
    let trusted = trust(&Certificate::of_localhost());
    let limits = Limits { attempt_duration_max: SHORT, ..Limits::default() };
    let here = Allowed::and(["127.0.0.0/8".parse().unwrap()]);
    let to = hook("http", server.port);
    server.next_time(Does::Hangs);
    let told = webhooks_with(here, limits, &trusted).send(&notice("1"), &to).await;
    assert_eq!(told, again(Reason::TimedOut));
    let channel = webhooks(&trusted);
    for (does, reason) in [
        (Does::Drops, Reason::Dropped),
        (Does::Says("220 mail.example ready\r\n"), Reason::NotUnderstood),
        (Does::Babbles, Reason::NotUnderstood),
    ] {
        server.next_time(does);
        assert_eq!(channel.send(&notice("1"), &to).await, again(reason), "{does:?}");
    }
    assert_eq!(channel.send(&notice("1"), &to).await, delivered(204));
}

#[tokio::test]
async fn an_address_inside_is_not_even_connected_to() {
    let certificate = Certificate::of_localhost();
    let server = HttpServer::start(Some(certificate.acceptor.clone())).await;
    let channel = webhooks_with(Allowed::public_only(), Limits::default(), &trust(&certificate));
    let forbidden = Attempt::Done(Status::Refused, Reason::Forbidden);
    for host in ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "10.0.0.1"]
    {
        let address = format!("https://{host}:{}/", server.port);
        let Ok(address) = HookAddress::parse(&address, &[KEY]) else { panic!("{host}") };
        assert_eq!(channel.send(&notice("1"), &Address::Webhook(address)).await, forbidden, "{host}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn nothing_leaves_this_machine_in_the_clear() {
    // Everything is allowed, yet http leads to this machine only.
    let all = Allowed::and(["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
    let channel = webhooks_with(all, Limits::default(), &trust(&Certificate::of_localhost()));
    let address = Address::Webhook(HookAddress::parse("http://192.0.2.1/", &[KEY]).unwrap());
    assert_eq!(channel.send(&notice("1"), &address).await, Attempt::Done(Status::Refused, Reason::Forbidden));
}

#[tokio::test]
async fn a_receiver_that_cannot_show_who_it_is_gets_nothing() {
    let ours = Certificate::of_localhost();
    for (theirs, trusted) in [(Certificate::of_localhost(), None), (Certificate::of("other.example"), Some(()))] {
        let server = HttpServer::start(Some(theirs.acceptor.clone())).await;
        let trusted = if trusted.is_some() { trust(&theirs) } else { trust(&ours) };
        let told = webhooks(&trusted).send(&notice("1"), &hook("https", server.port)).await;
        assert_eq!(told, again(Reason::NotTrusted));
        assert!(server.calls().is_empty());
    }
}

#[tokio::test]
async fn an_address_of_another_channel_is_not_for_this_one() {
    let channel = webhooks(&trust(&Certificate::of_localhost()));
    let mail = Address::Mail(MailAddress::parse("a@exempel.se").unwrap());
    assert_eq!(channel.reach(&mail).await, Reach::Unreachable(Reason::NotSetUp));
    assert_eq!(channel.send(&notice("1"), &mail).await, Attempt::Done(Status::NoChannel, Reason::NotSetUp));
    assert_eq!(channel.receipt(b"Action: failed"), None);
}
