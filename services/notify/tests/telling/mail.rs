//! Letters: what they say, how they are carried, and what every bad day of a mail server comes to.

use base64::Engine;
use livshandelse_notify::mail::{Credentials, Encryption, Limits, Unsubscribe};
use livshandelse_notify::{Address, Attempt, Channel, Language, MailAddress, Notice, Reason, Status};
use std::sync::Arc;

use crate::certificate::Certificate;
use crate::smtp_server::{At, Does, Door, Letter, Setup, SmtpServer};
use crate::world::{PERSON, SHORT, mail, mail_with, mailbox, notice, settings, trust};

const SENT: Attempt = Attempt::Done(Status::Sent, Reason::Answered { code: 250 });

fn again(reason: Reason) -> Attempt {
    Attempt::Again { reason, wait_min: None }
}

/// The head of a letter, with folded lines put together.
fn head(letter: &Letter) -> Vec<(String, String)> {
    let (head, _) = letter.text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.lines().map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}

fn header(letter: &Letter, name: &str) -> Option<String> {
    head(letter).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// A header's words as people see them (RFC 2047, base64 form): a blank between two encoded words does not count.
fn seen(value: &str) -> String {
    let mut seen = String::new();
    let mut was_encoded = false;
    for (index, word) in value.split(' ').enumerate() {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        if index > 0 && !(was_encoded && encoded.is_some()) {
            seen.push(' ');
        }
        was_encoded = encoded.is_some();
        match encoded {
            Some(encoded) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
                seen.push_str(&String::from_utf8(bytes).unwrap());
            }
            None => seen.push_str(word),
        }
    }
    seen
}

/// The text as people see it (RFC 2045, quoted-printable).
fn text(letter: &Letter) -> String {
    assert_eq!(header(letter, "Content-Transfer-Encoding").as_deref(), Some("quoted-printable"));
    let (_, body) = letter.text.split_once("\r\n\r\n").unwrap();
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'=' {
            let digits = std::str::from_utf8(&behind[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_letter_says_that_there_is_something_new_and_nothing_else() {
    let server = SmtpServer::plain().await;
    let told = mail(&server).send(&notice("case_01/7/0"), &mailbox()).await;
    assert_eq!(told, SENT);
    let [letter] = server.letters().try_into().unwrap();
    assert_eq!((letter.from.as_str(), letter.to.as_str()), ("studsar@portal.example", PERSON));
    assert_eq!(seen(&header(&letter, "Subject").unwrap()), "Det finns något nytt i ditt ärende");
    let text = text(&letter);
    assert!(text.contains("https://portal.example/"), "{text}");
    assert!(text.ends_with("Mina livshändelser\r\n") || text.ends_with("Mina livshändelser\r\n\r\n"), "{text:?}");
    // Nothing of the notice's key, in any form.
    assert!(!letter.text.contains("case_01"), "{}", letter.text);
    assert!(letter.text.is_ascii() && letter.text.lines().all(|line| line.len() <= 998));
}

#[tokio::test]
async fn the_head_keeps_robots_still_and_names_language_and_sender() {
    let server = SmtpServer::plain().await;
    let english = Notice { language: Language::En, ..notice("1") };
    assert_eq!(mail(&server).send(&english, &mailbox()).await, SENT);
    let [letter] = server.letters().try_into().unwrap();
    let value = |name| header(&letter, name).unwrap_or_else(|| panic!("{name} is missing: {}", letter.text));
    assert_eq!(value("Auto-Submitted"), "auto-generated");
    assert_eq!(value("X-Auto-Response-Suppress"), "All");
    assert_eq!(value("Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(value("Content-Language"), "en");
    assert_eq!(value("MIME-Version"), "1.0");
    assert_eq!(value("Subject"), "There is something new in your case");
    assert_eq!(value("To"), PERSON);
    assert_eq!(seen(&value("From")), "Mina livshändelser <svara-inte@portal.example>");
    assert_eq!(value("Date"), "Mon, 02 Mar 2026 19:00:00 +0000");
    assert!(value("Message-ID").ends_with("@post.portal.example>"), "{}", value("Message-ID"));
    assert_eq!(header(&letter, "List-Unsubscribe"), None);
}

#[tokio::test]
async fn a_repeat_is_the_same_letter_and_another_notice_another() {
    let server = SmtpServer::plain().await;
    let channel = mail(&server);
    for key in ["first", "first", "second"] {
        assert_eq!(channel.send(&notice(key), &mailbox()).await, SENT);
    }
    let letters = server.letters();
    let ids: Vec<_> = letters.iter().map(|letter| header(letter, "Message-ID").unwrap()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(letters[0].text, letters[1].text);
    assert_eq!(ids[0], format!("<{}@post.portal.example>", channel.id(&notice("first")).as_str()));
}

#[tokio::test]
async fn a_mail_program_can_unsubscribe_where_it_is_set_up() {
    let server = SmtpServer::plain().await;
    let certificate = Certificate::of_localhost();
    let mut settings = settings(server.port, Encryption::None);
    let web = Unsubscribe::Web { address: "https://portal.example/avregistrera/".into(), one_click: true };
    settings.unsubscribe = web;
    let channel = mail_with(settings.clone(), &trust(&certificate));
    assert_eq!(channel.send(&notice("1"), &mailbox()).await, SENT);
    settings.unsubscribe = Unsubscribe::Mail { address: "av@portal.example".into() };
    assert_eq!(mail_with(settings, &trust(&certificate)).send(&notice("1"), &mailbox()).await, SENT);
    let letters = server.letters();
    let id = channel.id(&notice("1"));
    let web = format!("<https://portal.example/avregistrera/{}>", id.as_str());
    assert_eq!(header(&letters[0], "List-Unsubscribe"), Some(web));
    assert_eq!(header(&letters[0], "List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let by_mail = format!("<mailto:av@portal.example?subject={}>", id.as_str());
    assert_eq!(header(&letters[1], "List-Unsubscribe"), Some(by_mail));
    assert_eq!(header(&letters[1], "List-Unsubscribe-Post"), None);
}

#[tokio::test]
async fn a_letter_goes_by_starttls_and_by_tls_from_the_beginning_with_a_log_in() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let certificate = Certificate::of_localhost();
        let acceptor = certificate.acceptor.clone();
        let door = if encryption == Encryption::StartTls { Door::StartTls(acceptor) } else { Door::Implicit(acceptor) };
        let login = Some(("portalen", "hemligt"));
        let server = SmtpServer::start(Setup { login, ..Setup::with(door) }).await;
        let mut settings = settings(server.port, encryption);
        settings.credentials = Some(Credentials { user: "portalen".into(), password: "hemligt".into() });
        let channel = mail_with(settings.clone(), &trust(&certificate));
        assert_eq!(channel.send(&notice("1"), &mailbox()).await, SENT, "{encryption:?}");
        assert_eq!(server.letters().len(), 1);
        // A wrong password is the operator's to mend: the person is not given up.
        settings.credentials = Some(Credentials { user: "portalen".into(), password: "fel".into() });
        let refused = mail_with(settings, &trust(&certificate)).send(&notice("1"), &mailbox()).await;
        assert_eq!(refused, again(Reason::Answered { code: 535 }), "{encryption:?}");
        assert_eq!(server.letters().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_cannot_show_who_it_is_gets_nothing() {
    let ours = Certificate::of_localhost();
    for (name, theirs) in
        [("unknown", Certificate::of_localhost()), ("of another name", Certificate::of("other.example"))]
    {
        for encryption in [Encryption::StartTls, Encryption::Implicit] {
            let acceptor = theirs.acceptor.clone();
            let door =
                if encryption == Encryption::StartTls { Door::StartTls(acceptor) } else { Door::Implicit(acceptor) };
            let server = SmtpServer::start(Setup::with(door)).await;
            // The one of another name is trusted, only not for this server.
            let trusted = if name == "unknown" { trust(&ours) } else { trust(&theirs) };
            let channel = mail_with(settings(server.port, encryption), &trusted);
            let told = channel.send(&notice("1"), &mailbox()).await;
            assert_eq!(told, again(Reason::NotTrusted), "{name} {encryption:?}");
            assert!(!server.said().iter().any(|line| line.contains("MAIL") || line.contains(PERSON)), "{name}");
        }
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let server = SmtpServer::plain().await;
    let certificate = Certificate::of_localhost();
    let channel = mail_with(settings(server.port, Encryption::StartTls), &trust(&certificate));
    assert_eq!(channel.send(&notice("1"), &mailbox()).await, again(Reason::NotTrusted));
    assert_eq!(server.said(), ["EHLO post.portal.example"]);
}

#[tokio::test]
async fn what_is_slipped_in_before_encryption_is_not_believed_after_it() {
    let certificate = Certificate::of_localhost();
    let door = Door::StartTls(certificate.acceptor.clone());
    let setup = Setup { behind_starttls: "250 OK\r\n250 OK\r\n", ..Setup::with(door) };
    let server = SmtpServer::start(setup).await;
    let channel = mail_with(settings(server.port, Encryption::StartTls), &trust(&certificate));
    let told = channel.send(&notice("1"), &mailbox()).await;
    assert_ne!(told, SENT);
    assert!(matches!(told, Attempt::Again { .. }), "{told:?}");
    assert!(server.letters().is_empty());
}

#[tokio::test]
async fn a_refusal_means_what_it_means_where_it_is_said() {
    let server = SmtpServer::plain().await;
    let channel = mail(&server);
    let refused = |code| Attempt::Done(Status::Refused, Reason::Answered { code });
    let bounced = |code| Attempt::Done(Status::Bounced, Reason::NoSuchMailbox { code });
    let later = |code| again(Reason::Answered { code });
    for (at, says, meaning) in [
        (At::Greeting, "554 no", later(554)),
        (At::Greeting, "421 4.3.2 busy", later(421)),
        (At::Ehlo, "550 no", later(550)),
        (At::Mail, "451 4.3.0 busy", later(451)),
        (At::Mail, "553 5.1.8 who is that", refused(553)),
        (At::Rcpt, "450 4.2.0 greylisted", later(450)),
        (At::Rcpt, "550 5.1.1 no such user", bounced(550)),
        (At::Rcpt, "550-5.1.1 no such user\r\n550 5.1.1 really", bounced(550)),
        (At::Rcpt, "552 5.2.2 full", bounced(552)),
        (At::Rcpt, "550 5.7.1 not from you", refused(550)),
        (At::Data, "451 4.3.0 busy", later(451)),
        (At::Data, "554 5.5.1 no", refused(554)),
        (At::Text, "452 4.3.1 disk full", later(452)),
        (At::Text, "554 5.7.1 looks like spam", refused(554)),
    ] {
        // On a connection of its own: greetings are said once.
        let fresh = if matches!(at, At::Greeting | At::Ehlo) { Some(mail(&server)) } else { None };
        server.next_time(at, Does::Answers(says));
        let told = fresh.as_ref().unwrap_or(&channel).send(&notice("1"), &mailbox()).await;
        assert_eq!(told, meaning, "{at:?} {says}");
    }
    assert!(server.letters().is_empty());
    assert_eq!(channel.send(&notice("1"), &mailbox()).await, SENT);
}

#[tokio::test]
async fn a_connection_that_is_dropped_at_any_point_is_tried_again() {
    for at in At::ALL {
        let server = SmtpServer::plain().await;
        let channel = mail(&server);
        server.next_time(at, Does::Drops);
        assert_eq!(channel.send(&notice("1"), &mailbox()).await, again(Reason::Dropped), "{at:?}");
        assert_eq!(channel.send(&notice("1"), &mailbox()).await, SENT, "{at:?}");
        let letters = server.letters();
        // Taken, but its answer was lost: the receiver gets it twice, under one id.
        assert_eq!(letters.len(), if at == At::Text { 2 } else { 1 }, "{at:?}");
        let ids: Vec<_> = letters.iter().map(|letter| header(letter, "Message-ID")).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_or_never_stops_is_left() {
    for at in At::ALL {
        let server = SmtpServer::plain().await;
        let mut settings = settings(server.port, Encryption::None);
        settings.limits = Limits { attempt_duration_max: SHORT, ..Limits::default() };
        let channel = mail_with(settings, &trust(&Certificate::of_localhost()));
        server.next_time(at, Does::Hangs);
        assert_eq!(channel.send(&notice("1"), &mailbox()).await, again(Reason::TimedOut), "{at:?}");
        let channel = mail(&server);
        server.next_time(at, Does::Babbles);
        assert_eq!(channel.send(&notice("1"), &mailbox()).await, again(Reason::NotUnderstood), "{at:?}");
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let server = SmtpServer::plain().await;
    for at in At::ALL {
        server.next_time(at, Does::Trickles);
    }
    assert_eq!(mail(&server).send(&notice("1"), &mailbox()).await, SENT);
}

#[tokio::test]
async fn what_is_no_mail_server_is_not_talked_to() {
    let server = SmtpServer::plain().await;
    server.next_time(At::Greeting, Does::Answers("HTTP/1.1 400 Bad Request"));
    assert_eq!(mail(&server).send(&notice("1"), &mailbox()).await, again(Reason::NotUnderstood));
    assert!(server.said().iter().all(|line| line == "QUIT"), "{:?}", server.said());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let port = SmtpServer::plain().await.port;
    let certificate = Certificate::of_localhost();
    let channel = mail_with(settings(port, Encryption::None), &trust(&certificate));
    let told = channel.send(&notice("1"), &mailbox()).await;
    // The listener's task may end a moment after the server was dropped.
    assert!(matches!(told, Attempt::Again { reason: Reason::NotConnected | Reason::Dropped, .. }), "{told:?}");
}

#[tokio::test]
async fn a_mailbox_beyond_ascii_needs_a_server_that_knows_it() {
    let to = Address::Mail(MailAddress::parse("åsa@exempel.se").unwrap());
    let server = SmtpServer::plain().await;
    let not_offered = Attempt::Done(Status::Refused, Reason::NotOffered);
    assert_eq!(mail(&server).send(&notice("1"), &to).await, not_offered);
    let server =
        SmtpServer::start(Setup { extensions: vec!["8BITMIME", "SMTPUTF8"], ..Setup::with(Door::Plain) }).await;
    assert_eq!(mail(&server).send(&notice("1"), &to).await, SENT);
    assert!(server.said().contains(&"MAIL FROM:<studsar@portal.example> SMTPUTF8".to_owned()), "{:?}", server.said());
}

#[tokio::test]
async fn a_connection_is_used_again_until_its_server_or_its_limit_ends_it() {
    let server = SmtpServer::plain().await;
    let mut few = settings(server.port, Encryption::None);
    few.limits.letters_per_connection_max = 3;
    let channel = mail_with(few, &trust(&Certificate::of_localhost()));
    for number in 0..6 {
        assert_eq!(channel.send(&notice(&number.to_string()), &mailbox()).await, SENT);
    }
    assert_eq!(server.connections(), 2);
    let short = SmtpServer::start(Setup { letters_per_connection_max: 1, ..Setup::with(Door::Plain) }).await;
    let channel = mail(&short);
    for number in 0..3 {
        assert_eq!(channel.send(&notice(&number.to_string()), &mailbox()).await, SENT);
    }
    assert_eq!((short.connections(), short.letters().len()), (3, 3));
    channel.close().await;
}

#[tokio::test]
async fn a_peak_waits_here_and_not_at_the_mail_server() {
    let server = SmtpServer::plain().await;
    let mut few = settings(server.port, Encryption::None);
    few.limits.connections_max = 3;
    let channel = Arc::new(mail_with(few, &trust(&Certificate::of_localhost())));
    let mut letters = tokio::task::JoinSet::new();
    for number in 0..60 {
        let channel = channel.clone();
        letters.spawn(async move { channel.send(&notice(&number.to_string()), &mailbox()).await });
    }
    assert!(letters.join_all().await.into_iter().all(|told| told == SENT));
    assert_eq!(server.letters().len(), 60);
    assert!(server.open_max() <= 3, "{}", server.open_max());
}

#[tokio::test]
async fn a_delivery_report_tells_what_became_of_a_letter() {
    let server = SmtpServer::plain().await;
    let channel = mail(&server);
    assert_eq!(channel.send(&notice("1"), &mailbox()).await, SENT);
    let [letter] = server.letters().try_into().unwrap();
    for (action, status) in
        [("failed", Some(Status::Bounced)), ("delivered", Some(Status::Delivered)), ("delayed", None)]
    {
        let report = format!(
            "From: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n\
             Final-Recipient: rfc822; {PERSON}\r\nAction: {action}\r\n\r\n--x\r\n\
             Content-Type: message/rfc822\r\n\r\n{}\r\n--x--\r\n",
            letter.text
        );
        let receipt = channel.receipt(report.as_bytes());
        assert_eq!(receipt.as_ref().map(|receipt| receipt.status), status, "{action}");
        assert!(receipt.is_none_or(|receipt| receipt.id == channel.id(&notice("1"))), "{action}");
    }
}
