//! Telling people, from the real program to a real mail server and to a real receiver of signed calls: what they are told,
//! who is, and that a process which is killed between sending and writing it down repeats at most once, under the same id.

mod hook;
mod smtp;

use crate::deed::{Deed, Lines};
use crate::program::{Place, Process};
use hook::Receiver;
use livshandelse_proto::v1 as pb;
use smtp::SmtpServer;
use std::ffi::OsString;
use std::time::Duration;

const SAMPLE: &str = "unmarried-in-linkoping";
const APPLICANT_MAIL: &str = "anna.andersson@exempel.se";
const OTHER_MAIL: &str = "kim.karlsson@exempel.se";

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn settings(server: &SmtpServer) -> Vec<OsString> {
    let port = server.port.to_string();
    let settings = [
        "--smtp-host=127.0.0.1",
        &format!("--smtp-port={port}"),
        "--smtp-security=none",
        "--mail-from=svara-inte@portal.example",
        "--portal-address=https://portal.example/",
    ];
    settings.map(OsString::from).into()
}

fn by_mail(address: &str) -> pb::contact_way::Way {
    pb::contact_way::Way::Email(address.to_owned())
}

/// A program that tells people, whoever receives it, and what is needed to speak of a case.
struct World<Server> {
    place: Place,
    server: Server,
    process: Process,
    lines: Lines,
}

impl World<SmtpServer> {
    async fn start(place: Place, server: SmtpServer, more: &[&str]) -> World<SmtpServer> {
        let mut arguments = settings(&server);
        arguments.extend(more.iter().map(OsString::from));
        World::serve(place, server, &arguments, &[]).await
    }
}

impl<Server> World<Server> {
    async fn serve(
        place: Place,
        server: Server,
        arguments: &[OsString],
        environment: &[(&str, OsString)],
    ) -> World<Server> {
        let mut process = Process::start_among(&place, arguments, environment);
        let greeting = process.greeting().await.unwrap_or_else(|| panic!("{}", place.log_end()));
        World { lines: Lines::to(&greeting.portal, &greeting.agency), place, server, process }
    }

    /// Files the sample; returns the case's name, and the numbers of its two parents.
    async fn file(&self) -> (String, String, String) {
        let life_event = "lifeEvents/first-child".to_owned();
        let request = pb::GetLifeEventRequest { name: life_event.clone(), ..pb::GetLifeEventRequest::default() };
        let event = self.lines.life_events("199607202380").get_life_event(request).await.unwrap().into_inner();
        let sample = event.samples.into_iter().find(|sample| sample.slug == SAMPLE).unwrap();
        let numbers: Vec<String> = sample.parties.iter().map(|party| party.identity_number.clone()).collect();
        let parties = sample.parties.into_iter().map(|party| pb::Party {
            role: party.role,
            identity_number: party.identity_number,
            display_name: party.display_name,
            ..pb::Party::default()
        });
        let case = pb::Case {
            life_event,
            parties: parties.collect(),
            municipality_code: sample.municipality_code,
            input: sample.input,
            ..pb::Case::default()
        };
        let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
        let case = self.lines.cases(&numbers[0]).create_case(request).await.unwrap().into_inner();
        (case.name, numbers[0].clone(), numbers[1].clone())
    }

    async fn wants(&self, person: &str, case: &str, way: pb::contact_way::Way) {
        let kinds = [pb::NoticeKind::YourTurn, pb::NoticeKind::DecisionCame, pb::NoticeKind::ClockNear];
        let contact = pb::Contact {
            name: format!("{case}/contact"),
            ways: vec![pb::ContactWay { way: Some(way), ended: false }],
            kinds: kinds.map(Into::into).to_vec(),
            ..pb::Contact::default()
        };
        let request = pb::UpdateContactRequest { contact: Some(contact), request_id: id() };
        let given = self.lines.cases(person).update_contact(request).await.unwrap().into_inner();
        assert_eq!(given.ways.len(), 1);
    }

    /// The child of a person is born, says the region: from then on it is the parents' turn.
    async fn birth(&self, person: &str) {
        let request = pb::GetTopologyRequest {};
        let topology = self.lines.operations().get_topology(request).await.unwrap().into_inner();
        let fact = pb::Fact {
            about: Some(pb::fact::About::IdentityNumber(person.to_owned())),
            occur_time: topology.civil_time,
            content: Some(pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() })),
            ..pb::Fact::default()
        };
        let parent = "agencies/region-05".to_owned();
        let request = pb::ReportFactRequest { parent, request_id: id(), fact: Some(fact) };
        // A process that is about to be killed may not come to answer.
        let _gone = Deed::Fact { agency: "region-05".to_owned(), request }.ask(&self.lines).await;
    }

    /// Waits until it is known what became of a person's newest notice.
    async fn told(&self, person: &str, case: &str) -> pb::NoticeReceipt {
        let mut rest = 600;
        loop {
            let request = pb::GetContactRequest { name: format!("{case}/contact") };
            let contact = self.lines.cases(person).get_contact(request).await.unwrap().into_inner();
            if let Some(receipt) = contact.last_notice {
                return receipt;
            }
            rest -= 1;
            assert!(rest > 0, "nothing becomes of the notice: {}", self.place.log_end());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a person sees of telling in the case's history.
    async fn notices(&self, person: &str, case: &str) -> Vec<String> {
        let request = pb::ListCaseEventsRequest { parent: case.to_owned(), page_size: 1_000, ..Default::default() };
        let events = self.lines.cases(person).list_case_events(request).await.unwrap().into_inner().events;
        let kinds = ["contact-changed", "notice-told"];
        events.into_iter().map(|event| event.kind).filter(|kind| kinds.contains(&kind.as_str())).collect()
    }

    async fn stop(mut self) -> (Place, Server) {
        assert!(self.process.stop().await.success(), "{}", self.place.log_end());
        (self.place, self.server)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_it_gets_one_letter_that_says_nothing_and_only_she_sees_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(Place::new(folder.path()), SmtpServer::start().await, &[]).await;
    let (case, applicant, other) = world.file().await;
    world.wants(&applicant, &case, by_mail(APPLICANT_MAIL)).await;
    world.birth(&applicant).await;
    let receipt = world.told(&applicant, &case).await;
    assert_eq!((receipt.outcome(), receipt.medium.as_str()), (pb::NoticeOutcome::Sent, "mail"));

    let letters = world.server.letters(1).await;
    assert_eq!(letters.len(), 1, "one letter, and none to the parent who did not ask for it: {letters:#?}");
    let letter = &letters[0];
    assert_eq!(letter.to, APPLICANT_MAIL);
    assert!(letter.text.contains("https://portal.example/"), "{}", letter.text);
    let number = case.strip_prefix("cases/").unwrap();
    for told in [number, &applicant, &other, "first-child", "Skatteverket", "Linköping", "barn", "child"] {
        assert!(!letter.text.contains(told), "the letter says {told}:\n{}", letter.text);
    }
    assert_eq!(world.notices(&applicant, &case).await, ["contact-changed", "notice-told"]);
    assert_eq!(world.notices(&other, &case).await, [""; 0]);
    let request = pb::GetContactRequest { name: format!("{case}/contact") };
    let theirs = world.lines.cases(&other).get_contact(request).await.unwrap().into_inner();
    assert_eq!((theirs.ways, theirs.last_notice), (vec![], None));
    let log = std::fs::read_to_string(world.place.log()).unwrap_or_default();
    assert!(!log.contains("exempel.se"), "the log has an address: {log}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_sending_and_writing_it_down_the_letter_comes_once_more_under_the_same_id_and_never_again() {
    let folder = tempfile::tempdir().unwrap();
    let world =
        World::start(Place::new(folder.path()), SmtpServer::start().await, &["--crash-point", "after-tell:1"]).await;
    let (case, applicant, other) = world.file().await;
    world.wants(&applicant, &case, by_mail(APPLICANT_MAIL)).await;
    world.birth(&applicant).await;
    let first = world.server.letters(1).await.remove(0);
    let World { place, server, mut process, .. } = world;
    assert!(!process.ended().await.success(), "it should have been killed");

    let world = World::start(place, server, &[]).await;
    let receipt = world.told(&applicant, &case).await;
    assert_eq!(receipt.outcome(), pb::NoticeOutcome::Sent);
    let letters = world.server.letters(2).await;
    let ids: Vec<&str> = letters.iter().map(smtp::Letter::id).collect();
    assert_eq!(ids, [first.id(); 2]);
    let (place, server) = world.stop().await;

    // A third life finds nothing to tell of what was told; what is new is told under another id.
    let world = World::start(place, server, &[]).await;
    assert_eq!(world.notices(&applicant, &case).await, ["contact-changed", "notice-told"]);
    world.wants(&other, &case, by_mail(OTHER_MAIL)).await;
    assert_eq!(world.server.count(), 2);
    world.stop().await;
}

/// What a mail server writes days later of a letter that it could not take further.
fn delivery_report(letter: &smtp::Letter, code: &str) -> Vec<u8> {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: svara-inte@portal.example\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\n\r\nYour message could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: {code}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n\r\n--b--\r\n",
        letter.to,
        letter.id()
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_back_days_later_ends_the_address_and_only_its_owner_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(Place::new(folder.path()), SmtpServer::start().await, &[]).await;
    let (case, applicant, other) = world.file().await;
    world.wants(&applicant, &case, by_mail(APPLICANT_MAIL)).await;
    world.birth(&applicant).await;
    assert_eq!(world.told(&applicant, &case).await.outcome(), pb::NoticeOutcome::Sent);
    let letter = world.server.letters(1).await.remove(0);
    assert!(letter.id().len() > 64, "the id is opaque and whole: {}", letter.id());
    // Days later, and after a restart.
    let (place, server) = world.stop().await;
    let world = World::start(place, server, &[]).await;
    let bounce =
        async |report: Vec<u8>| world.lines.operations().report_bounce(pb::ReportBounceRequest { report }).await;
    let forged = smtp::Letter { text: letter.text.replacen("Message-ID: <", "Message-ID: <00", 1), ..letter.clone() };
    for report in [delivery_report(&forged, "5.1.1"), b"Subject: out of office\r\n\r\nhello\r\n".to_vec()] {
        assert_eq!(bounce(report).await.unwrap_err().code(), tonic::Code::InvalidArgument);
    }
    for _ in 0..2 {
        let heard = bounce(delivery_report(&letter, "5.1.1")).await.unwrap().into_inner();
        assert_eq!(heard.outcome(), pb::NoticeOutcome::Bounced);
    }
    let request = pb::GetContactRequest { name: format!("{case}/contact") };
    let contact = world.lines.cases(&applicant).get_contact(request).await.unwrap().into_inner();
    assert!(contact.ways[0].ended && contact.last_notice.unwrap().outcome() == pb::NoticeOutcome::Bounced);
    assert_eq!(world.notices(&applicant, &case).await, ["contact-changed", "notice-told", "notice-told"]);
    assert_eq!(world.notices(&other, &case).await, [""; 0]);
    let log = std::fs::read_to_string(world.place.log()).unwrap_or_default();
    assert!(!log.contains("exempel.se"), "the log has an address: {log}");
    world.stop().await;
}

/// A key that the receiver and the service share, and one that the receiver does not know.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_KEY: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl World<Receiver> {
    async fn call(place: Place, receiver: Receiver, more: &[&str]) -> World<Receiver> {
        let certificate = place.log().with_file_name("receiver.pem");
        receiver.write_certificate(&certificate);
        let settings = ["--webhooks=on", "--webhook-network=127.0.0.0/8", "--portal-address=https://portal.example/"];
        let arguments: Vec<OsString> = settings.iter().chain(more).map(OsString::from).collect();
        World::serve(place, receiver, &arguments, &[("SSL_CERT_FILE", certificate.into())]).await
    }

    fn by_call(&self, keys: &[&str]) -> pb::contact_way::Way {
        let uri = format!("https://localhost:{}/told?by=portal", self.server.port);
        let keys = keys.iter().map(|&key| key.to_owned()).collect();
        pb::contact_way::Way::Webhook(pb::Webhook { uri, keys })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_her_own_is_called_once_signed_with_her_key_and_told_nothing_of_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::call(Place::new(folder.path()), Receiver::start(KEY).await, &[]).await;
    let (case, applicant, other) = world.file().await;
    // While she changes keys, a call is signed with both.
    world.wants(&applicant, &case, world.by_call(&[OTHER_KEY, KEY])).await;
    world.birth(&applicant).await;
    let receipt = world.told(&applicant, &case).await;
    assert_eq!((receipt.outcome(), receipt.medium.as_str()), (pb::NoticeOutcome::Delivered, "webhook"));

    let calls = world.server.calls(1).await;
    assert_eq!(calls.len(), 1, "{calls:#?}");
    let call = &calls[0];
    assert!(call.is_signed && call.path == "/told?by=portal", "{call:#?}");
    let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["portal"]), (&"case.changed".into(), &"https://portal.example/".into()));
    let number = case.strip_prefix("cases/").unwrap();
    for told in [number, &applicant, &other, "first-child", "Skatteverket", "Linköping", "barn", "child"] {
        assert!(!call.body.contains(told) && !call.head.contains(told), "the call says {told}: {call:#?}");
    }
    let log = std::fs::read_to_string(world.place.log()).unwrap_or_default();
    assert!(!log.contains("by=portal") && !log.contains("whsec_"), "the log has an address or a key: {log}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_signed_with_another_key_is_turned_away_by_the_receiver_and_the_notice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::call(Place::new(folder.path()), Receiver::start(KEY).await, &[]).await;
    let (case, applicant, _) = world.file().await;
    world.wants(&applicant, &case, world.by_call(&[OTHER_KEY])).await;
    world.birth(&applicant).await;
    let receipt = world.told(&applicant, &case).await;
    assert_eq!((receipt.outcome(), receipt.medium.as_str()), (pb::NoticeOutcome::Refused, "webhook"));
    let calls = world.server.calls(1).await;
    assert!(calls.len() == 1 && !calls[0].is_signed, "{calls:#?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_calling_and_writing_it_down_the_call_comes_once_more_under_the_same_id() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(KEY).await;
    let world = World::call(Place::new(folder.path()), receiver, &["--crash-point", "after-tell:1"]).await;
    let (case, applicant, _) = world.file().await;
    world.wants(&applicant, &case, world.by_call(&[KEY])).await;
    world.birth(&applicant).await;
    let first = world.server.calls(1).await.remove(0);
    let World { place, server, mut process, .. } = world;
    assert!(!process.ended().await.success(), "it should have been killed");

    let world = World::call(place, server, &[]).await;
    assert_eq!(world.told(&applicant, &case).await.outcome(), pb::NoticeOutcome::Delivered);
    let calls = world.server.calls(2).await;
    assert_eq!(calls.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), [first.id.as_str(); 2]);
    assert!(calls.iter().all(|call| call.is_signed && call.body == calls[0].body), "{calls:#?}");
    world.stop().await;
}
