//! What an agency's answer over the wire comes to: delivered, or why not.

use super::*;

fn status(code: Code) -> Undelivered {
    undelivered(&Status::new(code, "content of a case")).why
}

#[test]
fn a_status_tells_whether_trying_again_may_help() {
    assert_eq!(status(Code::Unavailable), Undelivered::Unreachable);
    assert_eq!(status(Code::DeadlineExceeded), Undelivered::Silent);
    assert_eq!(status(Code::InvalidArgument), Undelivered::Refused);
    assert_eq!(status(Code::Unimplemented), Undelivered::Refused);
    assert_eq!(status(Code::Internal), Undelivered::Garbage);
}

#[test]
fn what_an_agency_writes_in_a_status_is_not_kept() {
    let failure = undelivered(&Status::new(Code::Internal, "content of a case"));
    assert!(!failure.text.contains("content"), "{}", failure.text);
}

#[test]
fn whoever_takes_a_document_on_has_it() {
    let now = CivilTime(1_770_000_000_000);
    let nothing = Arrived { case_number: None, at: None };
    let report = accepted_report(&pb::Acceptance::default(), &nothing, now);
    assert_eq!(report, Report::Arrived { case_number: None, at: now });
}

#[test]
fn an_endpoint_that_is_no_address_is_refused_with_what_to_write() {
    let secrets = Secrets { identity: [1; 32], names: [2; 32] };
    let endpoints =
        Endpoints { by_level: BTreeMap::from([(Level::State, "not an address".to_owned())]), ..Endpoints::default() };
    let refused = AgencyClient::new(&endpoints, &secrets).unwrap_err();
    assert!(refused.to_string().contains("http://127.0.0.1:7001"));
}
