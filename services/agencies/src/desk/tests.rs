//! Matters from hand-over to end, without a network.

use super::*;
use crate::calendar::{instant as at_local, local};
use crate::script;
use livshandelse_agency::{Report, TaskReport, say};
use livshandelse_proto::v1::{Outcome, cancel_step_response, perform_step_response};
use prost_types::Struct;

fn at(text: &str) -> Timestamp {
    at_local(text.parse().unwrap())
}

fn stamp(text: &str) -> Option<prost_types::Timestamp> {
    Some(answer::timestamp(at(text)))
}

fn desk(level: Level, script: &str) -> Desk {
    let table = StepTable::embedded().unwrap();
    let script = script::script(script).unwrap();
    Desk::new(level, table, script, 1, at("2026-03-02T00:00"))
}

fn handover(agency: &str, step: &str, attempt: u32, when: &str) -> v1::PerformStepRequest {
    v1::PerformStepRequest {
        task: format!("agencies/{agency}/tasks/{step}-{attempt}"),
        agency_case_key: "k1".to_owned(),
        step: step.to_owned(),
        subject: Some(v1::Subject { kind: "child".to_owned(), number: 1, ..v1::Subject::default() }),
        attempt,
        effect_key: format!("{step}-{attempt}"),
        civil_time: stamp(when),
        submit_time: stamp(when),
        life_event: "lifeEvents/first-child".to_owned(),
        ..v1::PerformStepRequest::default()
    }
}

fn input(fields: &[(&str, &str)]) -> Option<Struct> {
    Some(say::gives(fields.iter().map(|(field, text)| (*field, (*text).to_owned()))))
}

/// Hands a step over at a time and expects an answer.
fn perform(desk: &mut Desk, handover: v1::PerformStepRequest, when: &str) -> v1::PerformStepResponse {
    match desk.perform(handover, at(when)).unwrap() {
        Taken::Answer(answer) => *answer,
        Taken::Silence => panic!("silent"),
    }
}

/// Everything that is reported until a time, each with its local time and as heard.
fn reports(desk: &mut Desk, to: &str) -> Vec<(String, TaskReport)> {
    let mut all = Vec::new();
    while let Some(outgoing) = desk.take_due(at(to)) {
        if let Message::Report(report) = &outgoing.message {
            all.push((local(desk.now()).to_string(), (**report).clone()));
        }
        desk.sent(outgoing, Ok(()));
    }
    all
}

fn kinds(reports: &[(String, TaskReport)]) -> Vec<String> {
    reports
        .iter()
        .map(|(_, report)| match &report.report {
            Report::Progress(Some(progress)) if progress.execution_state != 0 => {
                format!("{:?}", progress.execution_state())
            }
            Report::Progress(_) => "progress".to_owned(),
            Report::Supplement(asked) if asked.payment.is_some() => "payment".to_owned(),
            Report::Supplement(asked) if asked.offer => "offer".to_owned(),
            Report::Supplement(_) => "supplement".to_owned(),
            Report::Decision(decision) => format!("{:?}", decision.outcome()),
            Report::Completion(_) => "done".to_owned(),
            Report::Failure(_) => "failure".to_owned(),
        })
        .collect()
}

#[test]
fn a_child_is_registered_within_days_in_office_hours_and_gets_a_number() {
    let mut desk = desk(Level::State, "");
    let handed = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    let answer = perform(&mut desk, handed, "2026-03-02T10:00");
    assert!(matches!(answer.result, Some(perform_step_response::Result::Accepted(_))));
    let number = answer.arrival.unwrap().agency_case_number;
    assert!(number.starts_with("FB 2026/"), "{number}");

    let reports = reports(&mut desk, "2026-03-31T00:00");
    assert_eq!(kinds(&reports), ["Approved"]);
    let (when, report) = &reports[0];
    assert!(crate::calendar::Hours::OFFICE.is_open(at(when)), "{when}");
    let Report::Decision(decision) = &report.report else { panic!() };
    let given = say::text(decision.gives.as_ref(), "personal-number").unwrap();
    assert!(decision.text.contains(given));
    assert_eq!(desk.next_time(), None);
}

#[test]
fn a_machine_answers_at_once_also_at_night() {
    let mut desk = desk(Level::State, "");
    let handed = handover("skatteverket", "parenthood-digital", 1, "2026-03-01T23:30");
    let answer = perform(&mut desk, handed, "2026-03-01T23:30");
    let Some(perform_step_response::Result::Decided(decision)) = answer.result else { panic!("decided at once") };
    assert_eq!(say::text(decision.gives.as_ref(), "parenthood"), Some("confirmed"));
}

#[test]
fn equal_seeds_and_handovers_give_equal_answers_and_another_seed_gives_others() {
    let run = |seed| {
        let table = StepTable::embedded().unwrap();
        let start = at("2026-03-02T00:00");
        let mut desk = Desk::new(Level::State, table, Script::default(), seed, start);
        for step in ["child-registration", "name", "ten-days", "parental-benefit"] {
            let handed = handover("skatteverket", step, 1, "2026-03-02T10:00");
            perform(&mut desk, handed, "2026-03-02T10:00");
        }
        reports(&mut desk, "2026-12-31T00:00")
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_is_plainly_missing_is_asked_for_and_the_answer_leads_to_a_decision() {
    let mut desk = desk(Level::State, "");
    let mut handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    handed.input = input(&[("first-names", "Alva"), ("surname-choice", "other")]);
    perform(&mut desk, handed, "2026-03-02T10:00");
    let asked = reports(&mut desk, "2026-03-10T00:00");
    assert_eq!(kinds(&asked), ["supplement"]);

    let mut answer = handover("skatteverket", "name", 1, "2026-03-10T10:00");
    answer.effect_key = "name-answer".to_owned();
    answer.supplement_number = 1;
    answer.input = input(&[("surname", "Nordqvist")]);
    perform(&mut desk, answer, "2026-03-10T10:00");
    let decided = reports(&mut desk, "2026-05-01T00:00");
    assert_eq!(kinds(&decided), ["Approved"]);
}

#[test]
fn a_question_that_nobody_answers_leads_to_a_dismissal() {
    let mut desk = desk(Level::State, "");
    let mut handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    handed.input = input(&[("first-names", "Alva"), ("surname-choice", "other")]);
    perform(&mut desk, handed, "2026-03-02T10:00");
    let reports = reports(&mut desk, "2026-06-01T00:00");
    assert_eq!(kinds(&reports), ["supplement", "Dismissed"]);
}

#[test]
fn a_place_in_preschool_is_offered_accepted_and_begun_on_the_wished_day() {
    let mut desk = desk(Level::Municipality, "");
    let agency = "utbildningsnamnden-0580";
    let mut wish = handover(agency, "preschool-wish", 1, "2026-03-02T10:00");
    wish.input = input(&[("wished-start", "2026-08-17"), ("first-choice", "Lyckan")]);
    wish.arrive_time = stamp("2026-03-01T22:00");
    let answer = perform(&mut desk, wish, "2026-03-02T10:00");
    assert_eq!(answer.arrival.unwrap().arrive_time, stamp("2026-03-01T22:00"));
    let reported = reports(&mut desk, "2026-08-01T00:00");
    assert_eq!(kinds(&reported), ["progress", "Approved"]);
    assert!(reported[1].0.as_str() > "2026-06-17", "not sooner than 60 days before");

    perform(&mut desk, handover(agency, "preschool-offer", 1, "2026-08-03T10:00"), "2026-08-03T10:00");
    let offered = reports(&mut desk, "2026-08-06T00:00");
    assert_eq!(kinds(&offered), ["offer"]);
    let Report::Supplement(offer) = &offered[0].1.report else { panic!() };
    assert_eq!(offer.text, "Ni erbjuds plats på Lyckan från den 17 augusti 2026.");

    let mut accepted = handover(agency, "preschool-offer", 1, "2026-08-06T10:00");
    accepted.effect_key = "accepted".to_owned();
    accepted.supplement_number = 1;
    let yes = prost_types::Value { kind: Some(prost_types::value::Kind::BoolValue(true)) };
    accepted.input = Some(Struct { fields: BTreeMap::from([("accept".to_owned(), yes)]) });
    perform(&mut desk, accepted, "2026-08-06T10:00");
    let rest = reports(&mut desk, "2026-12-01T00:00");
    assert_eq!(kinds(&rest), ["Approved", "done"]);
    assert!(rest[1].0.starts_with("2026-08-17"), "{}", rest[1].0);
}

#[test]
fn an_offer_that_is_declined_is_closed() {
    let mut desk = desk(Level::Municipality, "on preschool-offer: offer due 14 days; then approve");
    let agency = "utbildningsnamnden-0580";
    perform(&mut desk, handover(agency, "preschool-offer", 1, "2026-08-03T10:00"), "2026-08-03T10:00");
    let mut declined = handover(agency, "preschool-offer", 1, "2026-08-04T10:00");
    declined.supplement_number = 1;
    let no = prost_types::Value { kind: Some(prost_types::value::Kind::BoolValue(false)) };
    declined.input = Some(Struct { fields: BTreeMap::from([("accept".to_owned(), no)]) });
    let answer = perform(&mut desk, declined, "2026-08-04T10:00");
    let Some(perform_step_response::Result::Decided(decision)) = answer.result else { panic!("closed at once") };
    assert_eq!(decision.outcome(), Outcome::ClosedWithoutDecision);
    assert_eq!(desk.next_time(), None);
}

#[test]
fn a_script_decides_the_course_day_by_day() {
    let mut desk = desk(
        Level::Municipality,
        r#"on preschool-wish at utbildningsnamnden-0580: after 20 days supplement "Vilken?" due 10 days; then after 30 days approve "Ja""#,
    );
    let handed = handover("utbildningsnamnden-0580", "preschool-wish", 1, "2026-03-02T10:00");
    perform(&mut desk, handed, "2026-03-02T10:00");
    let asked = reports(&mut desk, "2026-04-01T00:00");
    assert_eq!(kinds(&asked), ["supplement"]);
    // The twentieth day is a Sunday.
    assert!(asked[0].0.starts_with("2026-03-23"), "{}", asked[0].0);
    let Report::Supplement(supplement) = &asked[0].1.report else { panic!() };
    assert_eq!(supplement.text, "Vilken?");
    let due = supplement.respond_by_date.unwrap();
    assert_eq!((due.month, due.day), (4, 2));

    let mut answer = handover("utbildningsnamnden-0580", "preschool-wish", 1, "2026-04-01T10:00");
    answer.supplement_number = 1;
    perform(&mut desk, answer, "2026-04-01T10:00");
    let decided = reports(&mut desk, "2026-08-01T00:00");
    assert_eq!(kinds(&decided), ["Approved"]);
    // The thirtieth day is the First of May, a Friday.
    assert!(decided[0].0.starts_with("2026-05-04"), "{}", decided[0].0);
}

#[test]
fn a_silent_agency_answers_the_third_attempt() {
    let mut desk = desk(Level::Municipality, "from socialnamnden-0580: silent 2 times");
    for attempt in 1..=2 {
        let handed = handover("socialnamnden-0580", "parenthood-municipality", attempt, "2026-03-02T10:00");
        let taken = desk.perform(handed, at("2026-03-02T10:00")).unwrap();
        assert_eq!(taken, Taken::Silence);
    }
    let handed = handover("socialnamnden-0580", "parenthood-municipality", 3, "2026-03-02T12:00");
    perform(&mut desk, handed, "2026-03-02T12:00");
}

#[test]
fn a_new_attempt_at_the_same_document_keeps_its_number_and_goes_on() {
    let mut desk = desk(Level::State, "");
    let number = |answer: v1::PerformStepResponse| answer.arrival.unwrap().agency_case_number;
    let first = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    let first = number(perform(&mut desk, first, "2026-03-02T10:00"));
    let second = handover("skatteverket", "child-registration", 2, "2026-03-02T11:00");
    let second = number(perform(&mut desk, second, "2026-03-02T11:00"));
    assert_eq!(first, second);
    let reports = reports(&mut desk, "2026-04-01T00:00");
    assert_eq!(kinds(&reports), ["Approved"]);
    assert_eq!(reports[0].1.attempt, 2);
}

#[test]
fn a_late_answer_comes_from_the_old_attempt_after_the_new_one() {
    let mut desk = desk(Level::State, "on child-registration: late 1 times");
    let first = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    let taken = desk.perform(first, at("2026-03-02T10:00")).unwrap();
    assert_eq!(taken, Taken::Silence);
    assert!(reports(&mut desk, "2026-03-03T00:00").is_empty());
    let second = handover("skatteverket", "child-registration", 2, "2026-03-03T11:00");
    perform(&mut desk, second, "2026-03-03T11:00");
    let attempts: Vec<u32> = reports(&mut desk, "2026-04-01T00:00").iter().map(|(_, report)| report.attempt).collect();
    assert_eq!(attempts, [1, 2]);
}

#[test]
fn a_repeated_report_comes_with_the_same_and_with_another_request_id() {
    let mut desk = desk(Level::State, "everywhere: repeats");
    let handed = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    perform(&mut desk, handed, "2026-03-02T10:00");
    let reports = reports(&mut desk, "2026-04-01T00:00");
    assert_eq!(kinds(&reports), ["Approved", "Approved", "Approved"]);
    let ids: Vec<_> = reports.iter().map(|(_, report)| &report.request_id).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[test]
fn garbage_is_garbage_and_the_right_report_still_comes() {
    let mut desk = desk(Level::State, "on name: garbage missing 1 times\non child-registration: garbage wrong-task");
    let handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    let answer = perform(&mut desk, handed, "2026-03-02T10:00");
    assert_eq!(answer, v1::PerformStepResponse::default());
    let handed = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    perform(&mut desk, handed.clone(), "2026-03-02T10:00");
    let tasks: Vec<String> =
        reports(&mut desk, "2026-04-01T00:00").into_iter().map(|(_, report)| report.task).collect();
    assert_eq!(tasks[0], "agencies/skatteverket/tasks/never-handed-over");
    assert_eq!(tasks[1], handed.task);
}

#[test]
fn an_agency_that_is_closed_or_down_says_so() {
    let mut desk = desk(Level::State, "from skatteverket: closed 2026-03-02 to 2026-03-03, errors 1 times");
    let handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    let at_times = ["2026-03-03T10:00", "2026-03-04T10:00"];
    let refused = at_times.map(|when| desk.perform(handed.clone(), at(when)).unwrap_err());
    let whys = refused.map(|refusal| match refusal {
        Refusal::NotNow { why, .. } => why,
        other => panic!("{other}"),
    });
    assert_eq!(whys, ["closed", "down"]);
    perform(&mut desk, handed, "2026-03-05T10:00");
}

#[test]
fn a_told_latency_replaces_the_agencys_own_time() {
    let mut desk = desk(Level::Municipality, "from socialnamnden-0580: latency 21 days");
    let handed = handover("socialnamnden-0580", "parenthood-municipality", 1, "2026-03-02T10:00");
    perform(&mut desk, handed, "2026-03-02T10:00");
    let reports = reports(&mut desk, "2026-06-01T00:00");
    assert_eq!(kinds(&reports), ["Approved"]);
    assert!(reports[0].0.starts_with("2026-03-23"), "{}", reports[0].0);
}

#[test]
fn a_withdrawn_matter_is_closed_unless_the_agency_must_go_on() {
    let mut desk = desk(Level::State, "");
    for (step, closes) in [("name", true), ("child-registration", false)] {
        let handed = handover("skatteverket", step, 1, "2026-03-02T10:00");
        let withdrawal = v1::CancelStepRequest {
            task: handed.task.clone(),
            attempt: 1,
            effect_key: format!("cancel-{step}"),
            step: step.to_owned(),
            ..v1::CancelStepRequest::default()
        };
        perform(&mut desk, handed, "2026-03-02T10:00");
        let answer = desk.cancel(&withdrawal, at("2026-03-02T11:00")).unwrap();
        let closed = matches!(answer.result, Some(cancel_step_response::Result::Closed(_)));
        let continued = matches!(answer.result, Some(cancel_step_response::Result::Continued(_)));
        assert_eq!((closed, continued), (closes, !closes), "{step}");
    }
    assert_eq!(kinds(&reports(&mut desk, "2026-05-01T00:00")), ["Approved"]);
}

#[test]
fn a_withdrawal_in_the_evening_is_closed_in_the_morning() {
    let mut desk = desk(Level::State, "");
    let handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    let withdrawal = v1::CancelStepRequest { task: handed.task.clone(), ..v1::CancelStepRequest::default() };
    perform(&mut desk, handed, "2026-03-02T10:00");
    let answer = desk.cancel(&withdrawal, at("2026-03-02T19:00")).unwrap();
    assert!(matches!(answer.result, Some(cancel_step_response::Result::Accepted(_))));
    let closed = reports(&mut desk, "2026-05-01T00:00");
    assert_eq!(kinds(&closed), ["done"]);
    assert_eq!(closed[0].0, "2026-03-03T08:00:00");
}

#[test]
fn a_report_that_reaches_nobody_is_sent_again_an_hour_later() {
    let mut desk = desk(Level::State, "");
    let handed = handover("skatteverket", "child-registration", 1, "2026-03-02T10:00");
    perform(&mut desk, handed, "2026-03-02T10:00");
    let first = desk.take_due(at("2026-04-01T00:00")).unwrap();
    let sent_at = desk.now();
    let away = ReportError::NotReached { attempts: 8, last: "away".to_owned() };
    desk.sent(first.clone(), Err(away));
    assert_eq!(desk.next_time().unwrap(), sent_at + jiff::Span::new().hours(1));
    let again = desk.take_due(at("2026-04-01T00:00")).unwrap();
    assert_eq!(again.message, first.message);
}

#[test]
fn a_step_or_an_agency_that_is_not_here_is_refused() {
    let mut desk = desk(Level::State, "");
    for (agency, step) in [
        ("skatteverket", "no-such-step"),
        ("socialnamnden-0580", "parenthood-municipality"),
        ("region-05", "child-health-centre"),
    ] {
        let handed = handover(agency, step, 1, "2026-03-02T10:00");
        let refused = desk.perform(handed, at("2026-03-02T10:00")).unwrap_err();
        assert!(matches!(refused, Refusal::NoSuchStep { .. }), "{agency} {step}");
    }
}

#[test]
fn facts_of_a_script_are_told_on_their_day_by_the_agencies_of_the_level() {
    let script = "report birth of 199309172386 child 1 on 2026-03-08 by region-05\n\
                  report move of 199309172386 to 1482 on 2026-03-09 by skatteverket";
    let mut desk = desk(Level::Region, script);
    assert_eq!(desk.next_time(), Some(at("2026-03-08T12:00")));
    let outgoing = desk.take_due(at("2026-12-01T00:00")).unwrap();
    let Message::Fact { fact, .. } = &outgoing.message else { panic!() };
    assert!(matches!(fact.content, Some(v1::fact::Content::Birth(_))));
    assert_eq!(desk.take_due(at("2026-12-01T00:00")), None);
}

/// Everything that is told until a time, reports and facts, as heard.
fn told(desk: &mut Desk, to: &str) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(outgoing) = desk.take_due(at(to)) {
        match &outgoing.message {
            Message::Report(report) => all.extend(kinds(&[(String::new(), (**report).clone())])),
            Message::Fact { fact, .. } => match &fact.content {
                Some(v1::fact::Content::Paid(paid)) => all.push(format!("paid {}", paid.task)),
                Some(v1::fact::Content::PermitRevoked(revoked)) => all.push(format!("revoked {}", revoked.task)),
                other => panic!("{other:?}"),
            },
        }
        desk.sent(outgoing, Ok(()));
    }
    all
}

fn answer_to_an_offer(agency: &str, step: &str, when: &str, accept: bool) -> v1::PerformStepRequest {
    let mut answer = handover(agency, step, 1, when);
    answer.effect_key = format!("answer-{when}");
    answer.supplement_number = 1;
    let accept = prost_types::Value { kind: Some(prost_types::value::Kind::BoolValue(accept)) };
    answer.input = Some(Struct { fields: BTreeMap::from([("accept".to_owned(), accept)]) });
    answer
}

#[test]
fn a_fee_is_asked_for_with_the_amount_handed_over_and_told_when_it_is_paid() {
    let mut desk = desk(Level::State, "on name: pay due 30 days; then after 3 days paid; then after 5 days approve");
    let mut handed = handover("skatteverket", "name", 1, "2026-03-02T10:00");
    handed.amounts = vec![
        v1::Amount { unit: v1::AmountUnit::Weeks.into(), value: Some(3), ..v1::Amount::default() },
        v1::Amount { unit: v1::AmountUnit::Ore.into(), value: Some(180_000), ..v1::Amount::default() },
    ];
    let task = handed.task.clone();
    let answer = perform(&mut desk, handed, "2026-03-02T10:00");
    let Some(perform_step_response::Result::Supplement(asked)) = answer.result else { panic!("asked at once") };
    let payment = asked.payment.unwrap();
    assert_eq!(payment.amount.unwrap().minor_units, 180_000);
    assert!(payment.link.starts_with("https://betala.skatteverket.example/"), "{}", payment.link);
    assert!(payment.link.ends_with(&payment.reference));
    assert_eq!(told(&mut desk, "2026-06-01T00:00"), [format!("paid {task}"), "Approved".to_owned()]);
    assert_eq!(desk.next_time(), None);
}

#[test]
fn a_fee_that_nobody_pays_leads_to_a_dismissal() {
    let mut desk = desk(Level::State, "on name: pay 1500 kr due 20 days; then approve");
    perform(&mut desk, handover("skatteverket", "name", 1, "2026-03-02T10:00"), "2026-03-02T10:00");
    assert_eq!(told(&mut desk, "2026-06-01T00:00"), ["Dismissed"]);
}

#[test]
fn a_decision_against_somebody_says_how_it_is_appealed_and_until_when_it_holds() {
    let mut desk = desk(
        Level::State,
        "on name: reject\non ten-days: partly-approve \"Tio dagar.\" valid 2026-03-01 to 2026-05-31\non child-registration: approve",
    );
    let mut decided = |step: &str| {
        let answer = perform(&mut desk, handover("skatteverket", step, 1, "2026-03-02T10:00"), "2026-03-02T10:00");
        let Some(perform_step_response::Result::Decided(decision)) = answer.result else { panic!("decided at once") };
        decision
    };
    let rejected = decided("name");
    assert!(rejected.appeal_instruction.contains("Skatteverket"), "{}", rejected.appeal_instruction);
    assert!(!rejected.decision_number.is_empty());
    let partly = decided("ten-days");
    assert_eq!((partly.outcome(), partly.text.as_str()), (Outcome::PartlyApproved, "Tio dagar."));
    assert_eq!(partly.valid_to_date, Some(v1::Date { year: 2026, month: 5, day: 31 }));
    assert_eq!(decided("child-registration").appeal_instruction, "");
}

#[test]
fn a_place_that_is_declined_after_the_decision_is_offered_again_until_it_is_carried_out() {
    let script = "on preschool-wish: after 5 days approve; then after 10 days offer due 14 days; \
                  then after 3 days complete";
    let mut desk = desk(Level::Municipality, script);
    let (agency, step) = ("utbildningsnamnden-0580", "preschool-wish");
    perform(&mut desk, handover(agency, step, 1, "2026-03-02T10:00"), "2026-03-02T10:00");
    assert_eq!(told(&mut desk, "2026-03-20T00:00"), ["Approved", "offer"]);
    let declined = answer_to_an_offer(agency, step, "2026-03-20T10:00", false);
    let answer = perform(&mut desk, declined, "2026-03-20T10:00");
    let Some(perform_step_response::Result::Accepted(heard)) = answer.result else { panic!("heard, not decided anew") };
    assert!(heard.agency_words.contains("nytt erbjudande"), "{}", heard.agency_words);
    assert_eq!(told(&mut desk, "2026-04-16T00:00"), ["offer"]);
    let accepted = answer_to_an_offer(agency, step, "2026-04-16T10:00", true);
    perform(&mut desk, accepted, "2026-04-16T10:00");
    assert_eq!(told(&mut desk, "2026-06-01T00:00"), ["done"]);
}

#[test]
fn an_offer_after_the_decision_that_nobody_answers_counts_as_declined() {
    let script = "on preschool-wish: approve; then after 2 days offer due 7 days; then complete";
    let mut desk = desk(Level::Municipality, script);
    perform(
        &mut desk,
        handover("utbildningsnamnden-0580", "preschool-wish", 1, "2026-03-02T10:00"),
        "2026-03-02T10:00",
    );
    assert_eq!(told(&mut desk, "2026-03-25T00:00"), ["offer", "DeclinedOffer"]);
    assert_eq!(told(&mut desk, "2026-04-10T00:00"), ["offer"]);
}

#[test]
fn what_is_not_carried_out_in_time_is_reported_and_a_permit_can_be_revoked() {
    let script = "on preschool-wish: approve; then after 3 months execution reported-to-ivo \"Anmält till IVO.\"; \
                  then after 20 days complete\non preschool-offer: approve; then after 40 days revoke";
    let mut desk = desk(Level::Municipality, script);
    let agency = "utbildningsnamnden-0580";
    perform(&mut desk, handover(agency, "preschool-wish", 1, "2026-03-02T10:00"), "2026-03-02T10:00");
    perform(&mut desk, handover(agency, "preschool-offer", 1, "2026-03-02T10:00"), "2026-03-02T10:00");
    let all = told(&mut desk, "2026-12-01T00:00");
    assert_eq!(all, [&format!("revoked agencies/{agency}/tasks/preschool-offer-1"), "ReportedToIvo", "done"]);
}

#[test]
fn what_was_carried_out_is_interrupted_and_goes_on() {
    let script = "on preschool-wish: approve; then after 20 days complete; then after 40 days execution interrupted \
                  \"Avbrott.\"; then after 30 days complete";
    let mut desk = desk(Level::Municipality, script);
    let handed = handover("utbildningsnamnden-0580", "preschool-wish", 1, "2026-03-02T10:00");
    perform(&mut desk, handed, "2026-03-02T10:00");
    let all = reports(&mut desk, "2026-12-01T00:00");
    assert_eq!(kinds(&all), ["done", "Interrupted", "done"]);
    let (when, report) = &all[1];
    let Report::Progress(Some(progress)) = &report.report else { panic!() };
    let date = progress.interrupt_date.unwrap();
    assert_eq!(format!("{}-{:02}-{:02}", date.year, date.month, date.day), when[..10]);
}

#[test]
fn a_step_that_the_table_does_not_name_is_handled_as_its_kind_is() {
    let step = |slug: &str, kind: &str, executed: bool| {
        format!("[[step]]\nslug = \"{slug}\"\nkind = \"{kind}\"\nagency = \"miljonamnden\"\nexecuted = {executed}\n")
    };
    let definition = [
        "[[agency]]\nslug = \"miljonamnden\"\nlevel = \"municipality\"\n".to_owned(),
        step("permit", "apply", false),
        step("care", "apply", true),
        step("notice", "notify", false),
        step("fee", "pay", false),
        step("advice", "information", false),
    ];
    let told_steps = crate::definition::read("another", &definition.concat()).unwrap();
    let table = StepTable::new(told_steps, &[]).unwrap();
    let mut desk = Desk::new(Level::Municipality, table, Script::default(), 1, at("2026-03-02T00:00"));
    let agency = "miljonamnden-0580";
    for (slug, expected) in [
        ("permit", &["Approved"][..]),
        ("care", &["Approved", "done"]),
        ("notice", &["done"]),
        ("fee", &["payment", "paid agencies/miljonamnden-0580/tasks/fee-1"]),
    ] {
        let mut handed = handover(agency, slug, 1, "2026-03-02T10:00");
        handed.life_event = "lifeEvents/another".to_owned();
        perform(&mut desk, handed, "2026-03-02T10:00");
        assert_eq!(told(&mut desk, "2026-12-01T00:00"), expected, "{slug}");
        desk.now = at("2026-03-02T10:00");
    }
    let mut advice = handover(agency, "advice", 1, "2026-03-02T10:00");
    advice.life_event = "lifeEvents/another".to_owned();
    assert!(matches!(desk.perform(advice, at("2026-03-02T10:00")), Err(Refusal::NoSuchStep { .. })));
}
