//! How it ended, in words that promise nothing that did not come about.

use crate::show::Sight;
use jiff::civil::date;
use livshandelse_core::Command;
use livshandelse_core::case::{AppealState, Case, End, Outcome, Stage, StepState};
use livshandelse_core::command::{Actor, Request};
use livshandelse_core::decide::{Facts, decide};
use livshandelse_core::definition::Role;
use livshandelse_core::id::{CaseId, PartyId};
use livshandelse_core::status::View;
use livshandelse_core::time::CivilTime;
use livshandelse_workflows::{Bundle, registry};
use std::sync::Arc;

/// Twelve digits are a party's id here.
fn party_of(number: &str) -> PartyId {
    let mut id = [0; 16];
    id[..number.len()].copy_from_slice(number.as_bytes());
    PartyId(id)
}

/// The headline of a case whose child's name was refused, once it stands so.
fn after_a_refused_name(stage: Stage, appeal: AppealState, language_code: &str) -> String {
    let bundle = Bundle::embedded("first-child").unwrap();
    let sample = bundle.samples.iter().find(|sample| sample.name.as_str() == "two-mothers-in-uppsala").unwrap();
    let filing = sample.filing(&bundle.definition, &party_of).unwrap();
    let now = CivilTime::noon(date(2026, 3, 2));
    let facts = Facts { registry: registry(), case: CaseId([2; 16]), quiet_to: None };
    let reader = filing.parties.iter().find(|party| party.role == Role::Applicant).unwrap().id;
    let command = Command::CreateCase(filing);
    let request = Request { id: None, actor: Actor::Person(reader), purpose: "test".to_owned(), command };
    let decision = decide(&bundle.definition, &Case::absent(), &facts, &request, now);
    decision.answer.unwrap();
    let mut case = decision.case;
    for step in &mut case.steps {
        let step = Arc::make_mut(step);
        let is_name = step.id.slug.as_str() == "name";
        step.state = StepState::Done;
        step.outcome = if is_name { Outcome::Rejected } else { Outcome::Approved };
        step.appeal = if is_name { appeal } else { AppealState::NotAppealable };
    }
    case.stage = stage;
    let sight = Sight {
        case: &case,
        definition: &bundle.definition,
        voice: Sight::voice_of(&bundle, language_code),
        registry: registry(),
        view: View::Whole,
        reader,
        now,
        is_time_lapse: false,
        is_stored: true,
    };
    sight.headline().text
}

#[test]
fn a_case_with_a_refusal_that_stands_does_not_say_that_all_is_done() {
    let ended = |end, language| after_a_refused_name(Stage::Ended(end), AppealState::Late, language);
    assert_eq!(ended(End::Completed, "sv"), "Allt är avgjort. Det här gav inget resultat: Ansök om barnets namn.");
    assert_eq!(ended(End::Completed, "en"), "Everything is decided. This had no result: Apply for the child's name.");
    assert_eq!(
        ended(End::CannotContinue, "sv"),
        "Det gick inte att fullfölja. Det här gav inget resultat: Ansök om barnets namn."
    );
    assert_eq!(
        after_a_refused_name(Stage::Open, AppealState::Late, "sv"),
        "Inget mer måste göras. Det här gav inget resultat: Ansök om barnets namn."
    );
}

#[test]
fn who_withdrew_or_lost_somebody_is_not_told_what_did_not_come_about() {
    let ended = |end| after_a_refused_name(Stage::Ended(end), AppealState::Late, "sv");
    assert_eq!(ended(End::Withdrawn), "Du har återkallat det här.");
    assert_eq!(ended(End::ClosedByFact), "Det här är avslutat. Du behöver inte göra något.");
}
