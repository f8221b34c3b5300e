//! Telling a person by her ways in order, with every status that can come of it.

use livshandelse_notify::{
    Address, Channel, ChannelKind, Full, Queue, Reason, Recipient, Schedule, Status, Teller, Told,
};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::certificate::Certificate;
use crate::http_server::{Does as HttpDoes, HttpServer};
use crate::smtp_server::{At, Does, SmtpServer};
use crate::world::{hook, mail, mailbox, notice, trust, webhooks};

/// Two attempts, a moment apart.
fn soon() -> Schedule {
    Schedule::new([Duration::from_millis(1)], Duration::from_millis(5))
}

struct World {
    smtp: SmtpServer,
    http: HttpServer,
    teller: Arc<Teller>,
}

async fn world() -> World {
    let (smtp, http) = (SmtpServer::plain().await, HttpServer::plain().await);
    let channels: [Arc<dyn Channel>; 2] =
        [Arc::new(mail(&smtp)), Arc::new(webhooks(&trust(&Certificate::of_localhost())))];
    World { smtp, http, teller: Arc::new(Teller::new(channels, soon())) }
}

fn wants(ways: impl IntoIterator<Item = Address>) -> Recipient {
    Recipient { wants: true, ways: ways.into_iter().collect() }
}

fn not_seen() -> bool {
    false
}

#[tokio::test]
async fn every_status_is_reached_and_told_apart() {
    let World { smtp, http, teller } = world().await;
    let by_hook = hook("http", http.port);
    let mut reached = BTreeSet::new();
    let mut tell = async |recipient: Recipient, expected: Status| {
        let told = teller.tell(&notice("1"), &recipient, not_seen).await;
        assert_eq!(told.status, expected, "{told:?}");
        reached.insert(told.status);
        told
    };

    let told = tell(wants([mailbox()]), Status::Sent).await;
    assert_eq!((told.channel, told.attempts, told.way), (Some(ChannelKind::Mail), 1, Some(0)));
    tell(wants([by_hook.clone()]), Status::Delivered).await;

    smtp.next_time(At::Rcpt, Does::Answers("550 5.1.1 no such user"));
    let told = tell(wants([mailbox()]), Status::Bounced).await;
    assert_eq!(told.ended_ways, [0]);

    http.next_time(HttpDoes::Answers(410, None));
    let told = tell(wants([by_hook.clone()]), Status::Refused).await;
    assert_eq!((told.reason, told.ended_ways), (Reason::Gone, vec![0]));

    http.next_time(HttpDoes::Answers(500, None));
    http.next_time(HttpDoes::Drops);
    let told = tell(wants([by_hook.clone()]), Status::Unreachable).await;
    assert_eq!((told.reason, told.attempts), (Reason::Dropped, 2));
    assert!(told.ended_ways.is_empty());

    let told = tell(wants([]), Status::NoChannel).await;
    assert_eq!((told.attempts, told.channel, told.id), (0, None, None));
    tell(Recipient { wants: false, ways: vec![mailbox()] }, Status::NotWanted).await;

    let queue = Queue::new(teller.clone(), 1);
    let mut ticket = queue.take(notice("2"), wants([mailbox()]), not_seen, |_| async {}).unwrap();
    // On one thread nothing has run since.
    reached.insert(ticket.status());
    assert_eq!(ticket.status(), Status::Queued);
    assert_eq!(ticket.told().await.unwrap().status, Status::Sent);

    assert_eq!(reached.into_iter().collect::<Vec<_>>(), Status::ALL);
}

#[tokio::test]
async fn a_passing_trouble_is_waited_out_under_the_same_id() {
    let World { smtp, teller, .. } = world().await;
    smtp.next_time(At::Rcpt, Does::Answers("450 4.2.0 greylisted"));
    let told = teller.tell(&notice("1"), &wants([mailbox()]), not_seen).await;
    assert_eq!((told.status, told.attempts), (Status::Sent, 2));
    let [letter] = smtp.letters().try_into().unwrap();
    let id = told.id.unwrap();
    assert!(letter.text.contains(&format!("Message-ID: <{}@", id.as_str())), "{}", letter.text);
}

#[tokio::test]
async fn the_next_way_is_taken_only_when_one_has_failed() {
    let World { smtp, http, teller } = world().await;
    let both = wants([mailbox(), hook("http", http.port)]);
    assert_eq!(teller.tell(&notice("1"), &both, not_seen).await.status, Status::Sent);
    assert!(http.calls().is_empty());
    smtp.next_time(At::Rcpt, Does::Answers("550 5.1.1 no such user"));
    let told = teller.tell(&notice("2"), &both, not_seen).await;
    assert_eq!((told.status, told.way, told.attempts), (Status::Delivered, Some(1), 2));
    // The mailbox is of no use any more, and the caller hears so although she has been told.
    assert_eq!(told.ended_ways, [0]);
    assert_eq!(http.calls().len(), 1);
}

#[tokio::test]
async fn a_way_without_a_channel_is_passed_over() {
    let http = HttpServer::plain().await;
    let only_hooks: [Arc<dyn Channel>; 1] = [Arc::new(webhooks(&trust(&Certificate::of_localhost())))];
    let teller = Teller::new(only_hooks, soon());
    let told = teller.tell(&notice("1"), &wants([mailbox()]), not_seen).await;
    assert_eq!((told.status, told.reason), (Status::NoChannel, Reason::NotSetUp));
    let told = teller.tell(&notice("1"), &wants([mailbox(), hook("http", http.port)]), not_seen).await;
    assert_eq!((told.status, told.way), (Status::Delivered, Some(1)));
}

#[tokio::test]
async fn whoever_has_looked_meanwhile_is_left_in_peace() {
    let World { smtp, teller, .. } = world().await;
    let told = teller.tell(&notice("1"), &wants([mailbox()]), || true).await;
    assert_eq!((told.status, told.reason, told.attempts), (Status::NotWanted, Reason::Seen, 0));
    assert_eq!(smtp.connections(), 0);
    // Between two attempts too.
    smtp.next_time(At::Rcpt, Does::Answers("450 4.2.0 greylisted"));
    let has_looked = AtomicBool::new(false);
    let told = teller.tell(&notice("1"), &wants([mailbox()]), || has_looked.swap(true, Ordering::SeqCst)).await;
    assert_eq!((told.status, told.reason, told.attempts), (Status::NotWanted, Reason::Seen, 1));
    assert!(smtp.letters().is_empty());
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_has_room_again_when_the_outcome_is_kept() {
    let World { smtp, teller, .. } = world().await;
    let queue = Queue::new(teller, 2);
    let kept: Arc<Mutex<Vec<Told>>> = Arc::default();
    let keep = || {
        let kept = kept.clone();
        move |told: Told| async move { kept.lock().unwrap().push(told) }
    };
    let mut first = queue.take(notice("1"), wants([mailbox()]), not_seen, keep()).unwrap();
    let mut second = queue.take(notice("2"), wants([mailbox()]), not_seen, keep()).unwrap();
    let full = queue.take(notice("3"), wants([mailbox()]), not_seen, keep());
    assert_eq!(full.unwrap_err(), Full { waiting_max: 2 });
    assert_eq!(queue.waiting(), 2);
    let told = [first.told().await.unwrap(), second.told().await.unwrap()];
    assert_eq!(kept.lock().unwrap().len(), 2);
    assert!(told.iter().all(|told| told.status == Status::Sent));
    // The place is given back after the ticket shows the outcome: wait for the place, not for the ticket.
    let mut third = loop {
        match queue.take(notice("3"), wants([mailbox()]), not_seen, keep()) {
            Ok(ticket) => break ticket,
            Err(Full { .. }) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(third.told().await.unwrap().status, Status::Sent);
    assert_eq!(smtp.letters().len(), 3);
}

#[tokio::test]
async fn a_queue_that_is_dropped_tells_nobody_and_keeps_nothing() {
    let World { smtp, teller, .. } = world().await;
    smtp.next_time(At::Greeting, Does::Hangs);
    let queue = Queue::new(teller, 1);
    let kept = Arc::new(AtomicUsize::new(0));
    let count = kept.clone();
    let mut ticket = queue
        .take(notice("1"), wants([mailbox()]), not_seen, move |_| async move {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
    drop(queue);
    assert_eq!(ticket.told().await, None);
    assert_eq!(ticket.status(), Status::Queued);
    assert_eq!((kept.load(Ordering::SeqCst), smtp.letters().len()), (0, 0));
}
