//! What is never in a log: whom we told, where, by which id, in which words, and what peers said about it.

use livshandelse_notify::mail::{Credentials, Encryption};
use livshandelse_notify::{Address, Channel, HookAddress, Recipient, Schedule, Teller};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

use crate::certificate::Certificate;
use crate::http_server::{Does as HttpDoes, HttpServer};
use crate::smtp_server::{At, Does, Door, Setup, SmtpServer};
use crate::world::{KEY, PERSON, mail_with, mailbox, notice, settings, trust, webhooks};

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Paper {
    type Writer = Paper;

    fn make_writer(&'a self) -> Paper {
        self.clone()
    }
}

/// Every way it can go, with everything logged that anybody logs, also libraries: nothing personal in it.
#[tokio::test]
async fn no_address_id_word_key_or_answer_is_in_a_log() {
    let paper = Paper::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(paper.clone())
        .with_ansi(false)
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);

    let certificate = Certificate::of_localhost();
    let login = Some(("portalens-namn", "portalens-hemlighet"));
    let door = Door::StartTls(certificate.acceptor.clone());
    let smtp = SmtpServer::start(Setup { login, ..Setup::with(door) }).await;
    let http = HttpServer::start(Some(certificate.acceptor.clone())).await;
    let mut settings = settings(smtp.port, Encryption::StartTls);
    let password = "portalens-hemlighet".into();
    settings.credentials = Some(Credentials { user: "portalens-namn".into(), password });
    let mail = Arc::new(mail_with(settings, &trust(&certificate)));
    let hooks = Arc::new(webhooks(&trust(&certificate)));
    let schedule = Schedule::new([Duration::from_millis(1)], Duration::from_millis(5));
    let channels: [Arc<dyn Channel>; 2] = [mail.clone(), hooks.clone()];
    let teller = Teller::new(channels, schedule);

    let address = format!("https://localhost:{}/hemlig-stig/anna", http.port);
    let hook = Address::Webhook(HookAddress::parse(&address, &[KEY]).unwrap());
    let ways = [mailbox(), hook];
    let notice = notice("case_01hemligt/7/0");
    for at in [At::Mail, At::Rcpt, At::Data, At::Text] {
        for says in ["451 4.3.0 <anna.testsson@exempel.se> wait", "550 5.1.1 <anna.testsson@exempel.se> unknown"] {
            smtp.next_time(at, Does::Answers(says));
            http.next_time(HttpDoes::Answers(500, Some(("x-person", "anna.testsson"))));
            let recipient = Recipient { wants: true, ways: ways.to_vec() };
            let told = teller.tell(&notice, &recipient, || false).await;
            let shown = format!("{recipient:?} {notice:?} {:?} {teller:?} {mail:?} {hooks:?}", told.reason);
            write!(paper.clone(), "{shown}").unwrap();
        }
    }
    smtp.next_time(At::Greeting, Does::Drops);
    let _told = teller.tell(&notice, &Recipient { wants: true, ways: ways.to_vec() }, || false).await;

    let written = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    // It does write something: every attempt, by channel and outcome.
    for word in ["channel=\"mail\"", "channel=\"webhook\"", "status=\"sent\"", "status=\"bounced\"", "code=550"] {
        assert!(written.contains(word), "{word} is not in:\n{written}");
    }
    let ids = [mail.id(&notice), hooks.id(&notice)];
    let never = [
        PERSON,
        "anna",
        "exempel.se",
        "hemlig",
        "case_01",
        "portalens",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "ärende",
        "portal.example",
        "studsar",
        ids[0].as_str(),
        ids[1].as_str(),
    ];
    for word in never {
        assert!(!written.to_lowercase().contains(&word.to_lowercase()), "{word} is in:\n{written}");
    }
}
