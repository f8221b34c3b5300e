//! Opens what an earlier version wrote: every record is read, every state is what its records come to, and every case goes
//! on to its end under the present program.
//!
//! What it opens was written by that version itself, with the story in `write`: cases that have ended, are withdrawn, wait
//! for an agency, for the applicant and for an operator, a draft, and clocks that run. The key file is a test's own. A new
//! format gets a store of its own beside the others: `LIVSHANDELSE_WRITE_STORE=format-4 cargo test -p livshandelse-tests
//! --test crash upgrade` writes it with the program as it is. Format 2 has none: 3 only adds kinds of records to it, and those of
//! 2 are read from `services/store/tests/golden/records/v2`.

mod archive;
mod desk;
mod people;
mod read;

use crate::deed::Lines;
use crate::program::{Place, Process};
use desk::{Desk, Habit};
use livshandelse_workflows::Bundle;
use people::{Known, People};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Bytes of a kept store at the most.
const KEPT_BYTES_MAX: usize = 300_000;

/// Where kept stores lie.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crash/upgrade").join(name)
}

/// Serves a store, with agencies that behave so and remember these tasks.
async fn serve(place: &Place, desk: Desk) -> (Process, People) {
    let levels = ["state", "region", "municipality", "provider"];
    let agencies = levels.iter().flat_map(|level| ["--agency".into(), format!("{level}={}", desk.address).into()]);
    let more: Vec<std::ffi::OsString> = agencies.collect();
    let mut process = Process::start(place, &more);
    let greeting = process.greeting().await.unwrap_or_else(|| panic!("it does not start: {}", place.log_end()));
    let bundle = Bundle::embedded("first-child").unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let lines = Lines::to(&greeting.portal, &greeting.agency);
    (process, People::new(lines, desk, bundle.definition))
}

/// What a store is filled with: cases at every point of their way.
async fn write(place: &Place) -> serde_json::Value {
    let (mut process, people) = serve(place, Desk::serve(Habit::Favour, Vec::new()).await).await;
    let mut cases: Vec<(&str, Known)> = Vec::new();

    let ended = people.file("unmarried-in-linkoping", 1).await;
    people.end_all(std::slice::from_ref(&ended)).await;
    cases.push(("ended", ended));

    let gone = people.file("unmarried-in-linkoping", 2).await;
    people.answer_all(&gone).await;
    people.settle().await;
    withdraw(&people, &gone).await;
    cases.push(("withdrawn", gone));

    people.desk.set_habit(Habit::Accept);
    let waiting = people.file("two-mothers-in-uppsala", 4).await;
    people.answer_all(&waiting).await;
    cases.push(("with its agencies", waiting));
    people.settle().await;

    people.desk.set_habit(Habit::Ask);
    let asked = people.file("unmarried-in-linkoping", 5).await;
    people.answer_all(&asked).await;
    cases.push(("asked", asked));
    people.settle().await;

    people.desk.set_habit(Habit::Accept);
    let born = people.file("unmarried-in-linkoping", 7).await;
    people.be_born(&born).await;
    cases.push(("born", born));
    people.settle().await;
    // Clocks run, and some have ended.
    people.advance(Some(20)).await;
    people.settle().await;
    let leaving = people.file("unmarried-in-linkoping", 3).await;
    people.answer_all(&leaving).await;
    people.settle().await;
    withdraw(&people, &leaving).await;
    cases.push(("withdrawing", leaving));
    cases.push(("draft", people.draft("twins-in-goteborg", 8).await));
    cases.push(("just filed", people.file("protected-mother", 9).await));
    people.settle().await;

    people.desk.set_habit(Habit::Refuse);
    let stopped = people.file("unmarried-in-linkoping", 6).await;
    people.answer_all(&stopped).await;
    cases.push(("stopped", stopped));
    people.settle().await;

    people.desk.set_habit(Habit::Hang);
    let told = people.desk.told();
    let unanswered = people.file("unmarried-in-linkoping", 10).await;
    people.answer_all(&unanswered).await;
    while people.desk.told() == told {
        tokio::task::yield_now().await;
    }
    cases.push(("unanswered", unanswered));

    let tasks = desk::as_json(&people.desk.open());
    assert!(process.stop().await.success(), "{}", place.log_end());
    let found = read::read(place);
    let cases: Vec<_> = cases
        .iter()
        .map(|(what, known)| {
            let records = &found.records[&known.name];
            json!({ "is": what, "name": known.name, "applicant": known.applicant, "number": known.number, "records": records })
        })
        .collect();
    json!({ "cases": cases, "tasks": tasks })
}

async fn withdraw(people: &People, known: &Known) {
    let request = livshandelse_proto::v1::WithdrawCaseRequest {
        name: known.name.clone(),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..livshandelse_proto::v1::WithdrawCaseRequest::default()
    };
    people.lines.cases(&known.applicant).withdraw_case(request).await.unwrap();
    people.settle().await;
}

/// A store that is kept, laid out in a folder, and what people and agencies know of it.
fn lay_out(format: &str, folder: &Path) -> (Place, serde_json::Value) {
    let place = Place::new(folder);
    archive::unpack(&std::fs::read(kept(&format!("{format}.store"))).unwrap(), folder);
    let known = std::fs::read_to_string(kept(&format!("{format}.json"))).unwrap();
    (place, serde_json::from_str(&known).unwrap())
}

fn cases_of(known: &serde_json::Value) -> Vec<(String, Known)> {
    let text = |case: &serde_json::Value, key: &str| case[key].as_str().unwrap().to_owned();
    let number = |case: &serde_json::Value| case["number"].as_u64().unwrap().try_into().unwrap();
    let cases = known["cases"].as_array().unwrap().iter();
    cases
        .map(|case| {
            let known = Known { name: text(case, "name"), applicant: text(case, "applicant"), number: number(case) };
            (text(case, "is"), known)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_the_first_format_is_read_record_by_record_and_every_case_goes_on_to_its_end() {
    if let Some(name) = std::env::var_os("LIVSHANDELSE_WRITE_STORE") {
        let name = name.to_str().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new(&folder.path().join("place"));
        let known = write(&place).await;
        std::fs::remove_file(place.log()).unwrap();
        std::fs::write(kept(&format!("{name}.store")), archive::pack(&place.folder)).unwrap();
        let text = serde_json::to_string(&known).unwrap().replace("},{", "},\n{");
        std::fs::write(kept(&format!("{name}.json")), text + "\n").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let (place, known) = lay_out("format-1", folder.path());
    let before = read::read(&place);
    assert_eq!(before.wrong, Vec::<String>::new());
    assert_eq!(before.records.len(), cases_of(&known).len());
    for case in known["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let records = serde_json::to_value(&before.records[name]).unwrap();
        assert_eq!(records, case["records"], "{name}: {}", case["is"]);
    }

    let open = desk::from_json(&known["tasks"]);
    let (mut process, people) = serve(&place, Desk::serve(Habit::Accept, open).await).await;
    let mut cases = Vec::new();
    for (is, known) in cases_of(&known) {
        let case = people.case(&known).await;
        assert!(shows(&case, &is), "{is}: {:?}, {:?}", case.state(), steps_of(&case));
        // A draft is sent, by who kept it.
        cases.push(match is.as_str() {
            "draft" => {
                let draft = livshandelse_proto::v1::Case { name: known.name, ..Default::default() };
                people.send(draft, known.number).await
            }
            _ => known,
        });
    }
    people.desk.set_habit(Habit::Favour);
    people.end_all(&cases).await;
    assert!(process.stop().await.success(), "{}", place.log_end());
    let format = std::fs::read_to_string(place.data().join("FORMAT")).unwrap();
    assert!(format.contains("version 4\n"), "the program that wrote it would take what is new for damage: {format}");

    let after = read::read(&place);
    assert_eq!(after.wrong, Vec::<String>::new());
    for (name, records) in &before.records {
        assert!(after.records[name].starts_with(records), "{name} was rewritten");
    }
    assert!(after.ended.len() >= cases.len(), "{:?}", after.ended);
}

fn steps_of(case: &livshandelse_proto::v1::Case) -> Vec<String> {
    case.steps.iter().map(|step| format!("{} {:?}", step.name, step.state())).collect()
}

/// Whether a case looks as it was left.
fn shows(case: &livshandelse_proto::v1::Case, is: &str) -> bool {
    use livshandelse_proto::v1::{CaseState, StepState};
    let any = |wanted: &dyn Fn(&livshandelse_proto::v1::Step) -> bool| case.steps.iter().any(wanted);
    let is_open = case.state() == CaseState::Open;
    match is {
        "ended" | "withdrawn" => case.state() == CaseState::Ended,
        "draft" => case.state() == CaseState::Draft,
        "asked" => is_open && any(&|step| step.supplement.is_some()),
        "stopped" => is_open && any(&|step| step.incident_open),
        "withdrawing" | "with its agencies" | "unanswered" => {
            is_open && any(&|step| step.attempt > 0 && step.state() != StepState::Done)
        }
        "born" | "just filed" => is_open,
        other => panic!("nobody knows what `{other}` looks like"),
    }
}

#[tokio::test]
async fn what_is_kept_of_earlier_formats_is_small_and_names_nobody() {
    for format in ["format-1"] {
        let bytes = std::fs::read(kept(&format!("{format}.store"))).unwrap();
        assert!(bytes.len() < KEPT_BYTES_MAX, "{format}: {} bytes", bytes.len());
        let text = String::from_utf8_lossy(&bytes);
        for (_, known) in
            cases_of(&serde_json::from_slice(&std::fs::read(kept(&format!("{format}.json"))).unwrap()).unwrap())
        {
            assert!(!text.contains(&known.applicant) && !text.contains(&known.applicant[2..]), "{}", known.applicant);
        }
    }
}

#[test]
fn an_earlier_program_says_that_it_cannot_read_what_a_later_one_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let (place, _) = lay_out("format-1", folder.path());
    let format = place.data().join("FORMAT");
    let text = std::fs::read_to_string(&format).unwrap();
    assert!(text.contains("version 1\n"), "{text}");
    std::fs::write(&format, text.replace("version 1\n", "version 999\n")).unwrap();
    let error = read::open(&place).err().unwrap();
    assert!(matches!(error, livshandelse_store::OpenError::Newer { .. }), "{error:?}");
}
