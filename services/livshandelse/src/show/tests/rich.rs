//! A case in the middle of things: something of every kind.

use jiff::civil::{Date, date};
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::{
    Agency, AppealState, Case, CaseProgress, CaseState, Child, ChildState, Clock, ClockKind, ClockState,
    Date as DateMessage, ExecutionState, MissingField, Need, NeedEvent, NeedPurpose, Outcome, Party, PartyRole, Reason,
    RollUp, Step, StepKind, StepState, Subject, Supplement, Turn,
};
use prost_types::Timestamp;

fn at(date: Date) -> Option<Timestamp> {
    Some(Timestamp { seconds: CivilTime::noon(date).0 / 1000, nanos: 0 })
}

fn on(date: Date) -> Option<DateMessage> {
    Some(DateMessage { year: date.year().into(), month: date.month().into(), day: date.day().into() })
}

fn step(slug: &str, title: &str, agency: &str, state: StepState, turn: Turn) -> Step {
    Step {
        name: format!("cases/case_0123456789abcdefghjkmnpqrs/steps/{slug}.1"),
        slug: slug.to_owned(),
        title: title.to_owned(),
        agency: Some(Agency { display_name: agency.to_owned(), ..Agency::default() }),
        kind: StepKind::Apply.into(),
        mandatory: true,
        state: state.into(),
        turn: turn.into(),
        outcome: Outcome::None.into(),
        as_of_time: at(date(2026, 3, 2)),
        ..Step::default()
    }
}

fn clock(title: &str, kind: ClockKind, holder: Turn, end: Date) -> Clock {
    Clock {
        title: title.to_owned(),
        kind: kind.into(),
        state: ClockState::Running.into(),
        holder: holder.into(),
        end_date: on(end),
        ..Clock::default()
    }
}

fn steps() -> Vec<Step> {
    let board = "Socialnämnden i Linköping";
    let preschool = "Utbildningsnämnden i Linköping";
    vec![
        Step {
            kind: StepKind::Sign.into(),
            answerable: true,
            next_text: "Bekräfta tillsammans med Jonas i Skatteverkets tjänst. Efter dag 14 tar kommunen över."
                .to_owned(),
            clocks: vec![clock("Digitalt inom 14 dagar", ClockKind::Own, Turn::Applicant, date(2026, 3, 15))],
            ..step(
                "parenthood-digital",
                "Bekräfta föräldraskap digitalt",
                "Skatteverket",
                StepState::Ready,
                Turn::Applicant,
            )
        },
        Step {
            answerable: true,
            clocks: vec![clock("Tre månader", ClockKind::Own, Turn::Applicant, date(2026, 6, 1))],
            missing_fields: vec![
                MissingField { field: "first-names".to_owned(), text: "Förnamn".to_owned(), holds_back: true },
                MissingField { field: "surname-choice".to_owned(), text: "Efternamn".to_owned(), holds_back: true },
            ],
            next_text: "Skriv vilka namn barnet ska ha.".to_owned(),
            ..step("name", "Anmäl barnets namn", "Skatteverket", StepState::Ready, Turn::Applicant)
        },
        Step {
            supplement: Some(Supplement {
                number: 1,
                text: "Vi behöver veta vilken dag du vill börja.".to_owned(),
                respond_by_date: on(date(2026, 3, 8)),
                consequence: "Annars avgörs ansökan på det som finns.".to_owned(),
                ..Supplement::default()
            }),
            answerable: true,
            agency_case_number: "FK 2026/000417".to_owned(),
            clocks: vec![Clock {
                price_text: "Väntar du till efter 30 maj kan du förlora dagar bakåt i tiden.".to_owned(),
                ..clock("90 dagar bakåt", ClockKind::Own, Turn::Applicant, date(2026, 5, 30))
            }],
            ..step(
                "parental-benefit",
                "Föräldrapenning",
                "Försäkringskassan",
                StepState::WaitingForApplicant,
                Turn::Applicant,
            )
        },
        Step {
            mandatory: false,
            answerable: true,
            subject: None,
            ..step(
                "parent-group",
                "Anmäl er till föräldragrupp",
                "Region Östergötland",
                StepState::Ready,
                Turn::Applicant,
            )
        },
        Step {
            agency_words: "Utredning pågår hos familjerätten".to_owned(),
            agency_case_number: "FR 2026/0123".to_owned(),
            clocks: vec![clock("Längsta tid", ClockKind::Statutory, Turn::Agency, date(2026, 9, 1))],
            ..step("joint-custody", "Gemensam vårdnad", board, StepState::InProgress, Turn::Agency)
        },
        Step {
            incident_open: true,
            reason: Some(Reason { text: "Myndigheten gick inte att nå".to_owned(), ..Reason::default() }),
            ..step(
                "child-health-centre",
                "Inskrivning på BVC",
                "Region Östergötland",
                StepState::FailedDelivery,
                Turn::Agency,
            )
        },
        Step {
            stale: true,
            ..step("ten-days", "De tio dagarna", "Försäkringskassan", StepState::Submitted, Turn::CoParty)
        },
        Step {
            needs: vec![Need {
                text: "Barnet har fått sitt personnummer".to_owned(),
                purpose: NeedPurpose::ToFile.into(),
                ..Need::default()
            }],
            ..step("preschool-wish", "Önska plats i förskola", preschool, StepState::Blocked, Turn::Nobody)
        },
        Step {
            needs: vec![Need {
                text: "att barnet är dödfött".to_owned(),
                purpose: NeedPurpose::ToFile.into(),
                event: NeedEvent::Fact.into(),
                slug: "stillbirth".to_owned(),
                ..Need::default()
            }],
            ..step("grief-days", "Tio dagar i sorg", "Försäkringskassan", StepState::Blocked, Turn::Nobody)
        },
        Step {
            outcome: Outcome::NoDecisionNeeded.into(),
            ..step("birth-notification", "Födelseanmälan", "Region Östergötland", StepState::Done, Turn::Nobody)
        },
        Step {
            outcome: Outcome::Approved.into(),
            execution_state: ExecutionState::Executed.into(),
            appeal_state: AppealState::Open.into(),
            decide_time: at(date(2026, 3, 5)),
            clocks: vec![clock("Överklaga", ClockKind::Appeal, Turn::Applicant, date(2026, 3, 27))],
            ..step("child-benefit", "Barnbidrag", "Försäkringskassan", StepState::Done, Turn::Nobody)
        },
        Step {
            outcome: Outcome::Rejected.into(),
            decide_time: at(date(2026, 2, 20)),
            decision_text: "Hyran är för låg för bostadsbidrag.".to_owned(),
            ..step("housing-benefit", "Bostadsbidrag", "Försäkringskassan", StepState::Done, Turn::Nobody)
        },
        Step {
            kind: StepKind::Information.into(),
            ..step("passport", "Pass till barnet", "Polisen", StepState::Ready, Turn::Nobody)
        },
        Step {
            reason: Some(Reason {
                text: "Ni har svarat att ni bekräftar digitalt.".to_owned(),
                legal_basis: "FB 2 kap. 1 §".to_owned(),
                ..Reason::default()
            }),
            ..step(
                "parenthood-municipality",
                "Föräldraskap hos familjerätten",
                board,
                StepState::NotNeeded,
                Turn::Nobody,
            )
        },
    ]
}

/// The case.
pub(super) fn case() -> Case {
    let mut steps = steps();
    for step in &mut steps {
        step.subject =
            Some(Subject { kind: "child".to_owned(), number: 1, label: "Barn 1".to_owned(), ..Subject::default() });
    }
    Case {
        name: "cases/case_0123456789abcdefghjkmnpqrs".to_owned(),
        life_event: "lifeEvents/first-child".to_owned(),
        title: "Första barnet".to_owned(),
        state: CaseState::Open.into(),
        roll_up: RollUp::Attention.into(),
        turn: Turn::Applicant.into(),
        progress: Some(CaseProgress { done_count: 3, mandatory_count: 11, unknown_count: 1 }),
        headline: "Du behöver bekräfta föräldraskapet med Jonas.".to_owned(),
        next_text: "Gör det digitalt inom 14 dagar från födseln. Sedan tar familjerätten i kommunen över.".to_owned(),
        next_time: at(date(2026, 3, 15)),
        parties: vec![
            Party {
                role: PartyRole::Applicant.into(),
                display_name: "Linnéa Ek".to_owned(),
                caller: true,
                ..Party::default()
            },
            Party { role: PartyRole::CoParty.into(), display_name: "Jonas Berg".to_owned(), ..Party::default() },
        ],
        children: vec![Child {
            number: 1,
            label: "Barn 1".to_owned(),
            state: ChildState::Born.into(),
            birth_time: at(date(2026, 3, 1)),
            ..Child::default()
        }],
        update_time: at(date(2026, 3, 6)),
        time_lapse: true,
        steps,
        ..Case::default()
    }
}
