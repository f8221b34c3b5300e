//! The programs as processes: they tell where they listen, answer, and stop when asked.

use livshandelse_proto::v1::GetStepTypeRequest;
use livshandelse_proto::v1::agency_step_service_client::AgencyStepServiceClient;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const PROGRAMS: [(&str, &str, &str); 3] = [
    (env!("CARGO_BIN_EXE_agency-state"), "state", "name"),
    (env!("CARGO_BIN_EXE_agency-region"), "region", "midwife-enrolment"),
    (env!("CARGO_BIN_EXE_agency-municipality"), "municipality", "preschool-wish"),
];

#[tokio::test]
async fn each_program_tells_its_address_answers_and_stops_on_sigterm() {
    for (program, level, step) in PROGRAMS {
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--orchestrator", "http://127.0.0.1:9"])
            .args(["--time-lapse", "--seed", "7", "--knobs", "everywhere: errors 20 %"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).await.unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(told["level"], level);

        let endpoint = told["endpoint"].as_str().unwrap().to_owned();
        let mut client = AgencyStepServiceClient::connect(endpoint).await.unwrap();
        let asked = GetStepTypeRequest { step: step.to_owned(), language_code: String::new() };
        let described = client.get_step_type(asked).await.unwrap().into_inner();
        assert!(described.sample.is_some());
        drop(client);

        let id = child.id().unwrap().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(killed.success());
        assert!(child.wait().await.unwrap().success(), "{level}");
    }
}

#[tokio::test]
async fn a_script_that_cannot_be_read_stops_the_program_and_says_which_line() {
    let (program, _, _) = PROGRAMS[0];
    let output = Command::new(program)
        .args(["--orchestrator", "http://127.0.0.1:9", "--knobs", "on name: aprove"])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("line 1: `aprove` is not understood"), "{said}");
}

#[tokio::test]
async fn a_program_ends_with_whoever_started_it() {
    let (program, _, _) = PROGRAMS[0];
    let mut child = Command::new(program)
        .args(["--instant", "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    assert!(child.wait().await.unwrap().success());
}
