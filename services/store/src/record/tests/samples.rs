//! One of everything, always the same: what the golden files hold.

use super::notices;
use jiff::civil::{Date, date};
use livshandelse_core::case::{
    AmountUsed, AmountValue, AppealState, Ask, Asked, Case, Child, ChildState, Clock, ClockState, DecisionTerms, End,
    ExecutionState, Fact, FactReport, HeldMandate, Mandate, MandateScope, NewParty, Outcome, Reason, Stage, Step,
    StepState, Task,
};
use livshandelse_core::command::{Actor, Undelivered};
use livshandelse_core::definition::{AwaitedFact, FactKind, FactOf, MandateKind, Role};
use livshandelse_core::effect::Effect;
use livshandelse_core::event::{Decided, Event, Filed, Record};
use livshandelse_core::id::{
    Attempt, CaseId, DocumentId, EffectKey, PartyId, RequestId, Revision, Sequence, Slug, StepId, Subject,
};
use livshandelse_core::registry::Unit;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use std::sync::Arc;

pub(super) const ROLES: [Role; 6] =
    [Role::Applicant, Role::CoParty, Role::Subject, Role::Helper, Role::Representative, Role::Guide];
pub(super) const OUTCOMES: [Outcome; 7] = [
    Outcome::None,
    Outcome::Approved,
    Outcome::PartlyApproved,
    Outcome::Rejected,
    Outcome::Dismissed,
    Outcome::ClosedWithoutDecision,
    Outcome::NoDecisionNeeded,
];
pub(super) const APPEALS: [AppealState; 10] = [
    AppealState::NotAppealable,
    AppealState::Open,
    AppealState::Late,
    AppealState::Lodged,
    AppealState::TimelinessCheck,
    AppealState::Forwarded,
    AppealState::DecidedUpheld,
    AppealState::DecidedChanged,
    AppealState::Remitted,
    AppealState::Final,
];
pub(super) const UNDELIVERED: [Undelivered; 4] =
    [Undelivered::Silent, Undelivered::Unreachable, Undelivered::Garbage, Undelivered::Refused];
pub(super) const ENDS: [End; 5] =
    [End::Completed, End::Withdrawn, End::CannotContinue, End::ClosedByFact, End::DraftExpired];
pub(super) const STEP_STATES: [StepState; 15] = [
    StepState::Blocked,
    StepState::Ready,
    StepState::Draft,
    StepState::Submitted,
    StepState::Received,
    StepState::InProgress,
    StepState::WaitingForApplicant,
    StepState::WaitingForOther,
    StepState::Decided,
    StepState::InExecution,
    StepState::Done,
    StepState::Withdrawn,
    StepState::NotNeeded,
    StepState::FailedDelivery,
    StepState::Unknown,
];
pub(super) const EXECUTIONS: [ExecutionState; 8] = [
    ExecutionState::NotApplicable,
    ExecutionState::Pending,
    ExecutionState::Offered,
    ExecutionState::DeclinedOffer,
    ExecutionState::Partly,
    ExecutionState::Executed,
    ExecutionState::Interrupted,
    ExecutionState::ReportedToIvo,
];
pub(super) const CLOCK_STATES: [ClockState; 4] =
    [ClockState::Running, ClockState::Met, ClockState::Passed, ClockState::Stopped];

/// The kinds of facts that the first version knew.
const FIRST_FACTS: [FactKind; 5] =
    [FactKind::Birth, FactKind::Stillbirth, FactKind::Homecoming, FactKind::Death, FactKind::Move];

pub(super) const NOW: CivilTime = CivilTime(1_780_272_000_123);
pub(super) const DAY: Date = date(2026, 6, 1);

pub(super) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub(super) fn step(text: &str) -> StepId {
    text.parse().unwrap()
}

fn values() -> Values {
    Values::from([
        (slug("born-abroad"), Value::Flag(true)),
        (slug("count"), Value::Number(-7)),
        (slug("due-date"), Value::Day(DAY)),
        (slug("first-name"), Value::Text("Åsa".to_owned())),
        (slug("other-parent"), Value::Party(PartyId([2; 16]))),
    ])
}

fn parties() -> Vec<NewParty> {
    let party = |number: u8, role| NewParty {
        id: PartyId([number; 16]),
        role,
        identity_number: "198001019806".to_owned(),
        name: "Kim Ek".to_owned(),
        is_protected: number == 2,
    };
    ROLES.into_iter().zip(1..).map(|(role, number)| party(number, role)).collect()
}

fn filed() -> Box<Filed> {
    Box::new(Filed {
        revision: Revision { life_event: slug("first-child"), number: 3 },
        parties: parties(),
        input: values(),
        step_input: vec![(step("name.1"), values()), (step("parental-benefit"), Values::new())],
        municipality: "0580".to_owned(),
    })
}

/// The reasons that the first version knew.
fn first_reasons() -> Vec<Reason> {
    let mut reasons = vec![
        Reason::Condition,
        Reason::NeedGone("birth".to_owned()),
        Reason::ClockEnded(slug("three-months")),
        Reason::WithdrawnUnsent,
        Reason::WithdrawnAndClosed,
        Reason::AgencyFailed,
        Reason::CaseWithdrawn,
        Reason::Settled(slug("three-months")),
    ];
    reasons.extend(FIRST_FACTS.map(|kind| Reason::FactEnded(kind.into())));
    reasons.extend(UNDELIVERED.map(Reason::Undelivered));
    reasons
}

fn reasons() -> Vec<Reason> {
    let ended = |kind, of| Reason::FactEnded(AwaitedFact { kind, of });
    let mut reasons = first_reasons();
    reasons.extend(FactKind::ALL.map(|kind| ended(kind, FactOf::Own)));
    reasons.extend(ROLES.map(|role| ended(FactKind::Death, FactOf::Role(role))));
    reasons.push(ended(FactKind::PermitRevoked, FactOf::Step(slug("serving-permit"))));
    reasons
}

/// One amount of each unit, and one that nobody knew.
pub(super) fn amounts() -> Vec<AmountUsed> {
    let of = |unit: Unit| AmountUsed {
        slug: slug(&format!("amount-in-{}", unit.slug())),
        found: Some(AmountValue { value: 5_880_000, unit, from: DAY }),
    };
    let mut amounts = Unit::ALL.map(of).to_vec();
    amounts.push(AmountUsed { slug: slug("serving-permit-fee"), found: None });
    amounts
}

pub(super) fn asks() -> [Ask; 3] {
    let payment = Ask::Payment {
        link: "https://betala.example/1".to_owned(),
        amount: 120_000,
        reference: "MN202600123".to_owned(),
    };
    [Ask::Supplement, Ask::Offer, payment]
}

/// A mandate of each kind, for all steps and for some.
pub(super) fn mandates() -> Vec<Mandate> {
    let of = |kind: MandateKind| {
        let is_for_all = kind == MandateKind::GodMan;
        let steps = vec![slug("care-application"), slug("housing-supplement")];
        Mandate {
            kind,
            scope: if is_for_all { MandateScope::All } else { MandateScope::Steps(steps) },
            from: DAY,
            to: (!is_for_all).then_some(date(2027, 5, 31)),
            evidence: "Fullmakt den 12 januari 2026, i original".to_owned(),
        }
    };
    MandateKind::ALL.map(of).to_vec()
}

fn terms() -> DecisionTerms {
    DecisionTerms {
        number: Some("MN 2026/00123".to_owned()),
        valid_from: Some(DAY),
        valid_to: Some(date(2026, 9, 30)),
        appeal_to: Some("Skriv till nämnden inom tre veckor.".to_owned()),
    }
}

fn actors() -> [Actor; 4] {
    [
        Actor::Person(PartyId([1; 16])),
        Actor::Agency(slug("socialnamnden-0580")),
        Actor::Operator("lo".to_owned()),
        Actor::Time,
    ]
}

fn fact_reports(kinds: &[FactKind]) -> Vec<FactReport> {
    let report = |kind: &FactKind| FactReport {
        kind: *kind,
        child: if kind.is_per_child() { Subject(1) } else { Subject::WHOLE },
        party: (*kind == FactKind::Death).then_some(PartyId([2; 16])),
        step: (*kind == FactKind::Paid).then(|| step("food-registration.2")),
        occurred_at: NOW,
        municipality: (*kind == FactKind::Move).then(|| "0680".to_owned()),
        values: values(),
    };
    kinds.iter().map(report).collect()
}

fn decided(outcome: Outcome) -> Decided {
    Decided {
        outcome,
        decided_at: NOW,
        received_at: (outcome == Outcome::Approved).then_some(CivilTime(NOW.0 + 86_400_000)),
        words: "Beviljad".to_owned(),
        gives: values(),
        number: None,
        valid_from: None,
        valid_to: None,
        appeal_to: None,
    }
}

/// Every kind of event, with every value of every enum.
pub(super) fn events() -> Vec<Event> {
    let mut events = third_events();
    let (party, mandate) = (parties().remove(0), None);
    events.push(Event::PartyJoined { party, mandate, input: values() });
    events
}

/// Every kind of event that the third version wrote, as this version reads it.
fn third_events() -> Vec<Event> {
    let (step, execution) = (step("food-registration.2"), ExecutionState::Interrupted);
    let mut events = second_events();
    events.push(Event::ExecutionMoved { step, execution, interrupted_on: Some(DAY) });
    let report = fact_reports(&[FactKind::Admission]).remove(0);
    events.push(Event::FactReported { report, occurrence: Subject(2), by: Actor::Agency(slug("region-05")) });
    events.extend(notices::events().into_iter().map(Event::Notice));
    events
}

/// Every kind of event that the second version wrote, as this version reads it.
fn second_events() -> Vec<Event> {
    let step = || step("food-registration.2");
    let DecisionTerms { number, valid_from, valid_to, appeal_to } = terms();
    let decided = Decided { number, valid_from, valid_to, appeal_to, ..decided(Outcome::PartlyApproved) };
    let mut events = first_events();
    events.extend([
        Event::SubjectKnown { group: slug("premises"), subject: Subject(1), municipality: Some("0580".to_owned()) },
        Event::SubjectKnown { group: slug("premises"), subject: Subject(2), municipality: None },
        Event::PartyJoined { party: parties().remove(0), mandate: None, input: Values::new() },
        Event::StepFiled {
            step: step(),
            agency: slug("miljonamnden-0580"),
            attempt: Attempt(1),
            effect_index: 0,
            is_received_here: false,
            evidence: Values::new(),
            amounts: amounts(),
        },
        Event::DecisionRecorded { step: step(), decided, is_executed: false, is_appealable: true },
        Event::ClockStarted {
            step: step(),
            clock: slug("three-months"),
            last_day: DAY,
            acts_on: DAY,
            amounts: amounts(),
        },
    ]);
    let joined = |mandate| {
        let (party, mandate) = (parties().remove(4), Some(mandate));
        Event::PartyJoined { party, mandate, input: Values::new() }
    };
    events.extend(mandates().into_iter().map(joined));
    let asked = |ask| Event::SupplementAsked { step: step(), words: "Betala avgiften.".to_owned(), due: None, ask };
    events.extend(asks().map(asked));
    let moved = |execution| Event::ExecutionMoved { step: step(), execution, interrupted_on: None };
    events.extend(EXECUTIONS.map(moved));
    let occurrence = Subject::WHOLE;
    let told = |report| Event::FactReported { report, occurrence, by: Actor::Time };
    events.extend(fact_reports(&FactKind::ALL).into_iter().map(told));
    events.extend(reasons().into_iter().map(|reason| Event::StepNotNeeded { step: step(), reason }));
    events.extend(notices::second_events().into_iter().map(Event::Notice));
    events
}

/// Every kind of event that the first version wrote, as this version reads it.
fn first_events() -> Vec<Event> {
    let name = || step("name.1");
    let clock = || slug("three-months");
    let words = || "Vi handlägger ditt ärende.".to_owned();
    let mut events = vec![
        Event::RequestAccepted { id: RequestId([7; 16]), hash: [8; 16] },
        Event::DraftSaved { case: CaseId([9; 16]), filing: filed(), expires_at: NOW },
        Event::DraftExpired,
        Event::CaseCreated { case: CaseId([9; 16]), filing: filed() },
        Event::ChildExpected { child: Subject(2) },
        Event::StepPlanned { step: name(), is_executed: true },
        Event::StepOpened { step: step("parental-benefit") },
        Event::StepAdded { step: name() },
        Event::StepFiled {
            step: name(),
            agency: slug("skatteverket"),
            attempt: Attempt(1),
            effect_index: 2,
            is_received_here: true,
            evidence: values(),
            amounts: Vec::new(),
        },
        Event::StepRetried { step: name(), attempt: Attempt(2), effect_index: 0 },
        Event::SupplementSent { step: name(), number: 1, effect_index: 1 },
        Event::Arrived { step: name(), case_number: Some("SKV 1-2026".to_owned()), at: NOW },
        Event::Arrived { step: name(), case_number: None, at: CivilTime(-1) },
        Event::ProgressReported { step: name(), words: words(), waits_for_other: true, delay: Some(words()) },
        Event::ProgressReported { step: name(), words: String::new(), waits_for_other: false, delay: None },
        Event::SupplementAsked { step: name(), words: words(), due: Some(DAY), ask: Ask::Offer },
        Event::SupplementAsked { step: name(), words: words(), due: None, ask: Ask::Supplement },
        Event::StepCompleted { step: name(), words: words(), gives: values() },
        Event::StepFailed { step: name(), words: words(), retry_at: Some(NOW) },
        Event::StepFailed { step: name(), words: words(), retry_at: None },
        Event::HandedToInbox { step: name() },
        Event::ReportKept { step: name(), attempt: Attempt(1), what: "decided".to_owned() },
        Event::ClockStarted {
            step: name(),
            clock: clock(),
            last_day: DAY,
            acts_on: date(2026, 6, 2),
            amounts: Vec::new(),
        },
        Event::ClockMet { step: name(), clock: clock() },
        Event::ClockStopped { step: name(), clock: clock() },
        Event::ClockPassed { step: name(), clock: clock(), again_on: Some(date(1969, 12, 31)) },
        Event::ClockPassed { step: name(), clock: clock(), again_on: None },
        Event::StepDoneByFact { step: name(), agency: slug("skatteverket"), gives: values() },
        Event::StepSettled { step: name(), clock: clock() },
        Event::WithdrawalSent { step: name(), effect_index: 3 },
        Event::StepWithdrawn { step: name(), reason: Reason::WithdrawnAndClosed, words: Some(words()) },
        Event::StepWithdrawn { step: name(), reason: Reason::WithdrawnUnsent, words: None },
        Event::CaseWithdrawn,
    ];
    events.extend(ROLES.map(|role| Event::InputGiven { step: name(), input: values(), role, is_signature: true }));
    events.extend(OUTCOMES.map(|outcome| Event::DecisionRecorded {
        step: name(),
        decided: decided(outcome),
        is_executed: true,
        is_appealable: outcome == Outcome::Rejected,
    }));
    events.extend(APPEALS.map(|appeal| Event::AppealMoved { step: name(), appeal }));
    events.extend(UNDELIVERED.map(|why| Event::Undelivered { step: name(), why, retry_at: NOW }));
    events.extend(
        fact_reports(&FIRST_FACTS)
            .into_iter()
            .zip(actors().into_iter().cycle())
            .map(|(report, by)| Event::FactReported { report, occurrence: Subject::WHOLE, by }),
    );
    events.extend(first_reasons().into_iter().map(|reason| Event::StepNotNeeded { step: name(), reason }));
    events.extend(ENDS.map(|end| Event::CaseEnded { end }));
    events
}

/// A record with every kind of event and effect.
pub(super) fn record() -> Record {
    Record { events: events(), ..third_record() }
}

/// The record that the third version wrote, as this version reads it.
pub(super) fn third_record() -> Record {
    let mut record = Record { events: third_events(), ..second_record() };
    record.effects.push(Effect::Quieten { party: PartyId([3; 16]), to: DAY });
    record
}

/// The record that the second version wrote, as this version reads it.
pub(super) fn second_record() -> Record {
    let mut record = Record { events: second_events(), ..first_record() };
    record.effects.push(Effect::Tell { party: PartyId([3; 16]) });
    record
}

/// The record that the first version wrote, as this version reads it.
pub(super) fn first_record() -> Record {
    Record {
        sequence: Sequence(17),
        at: NOW,
        actor: Actor::Person(PartyId([1; 16])),
        purpose: "handle my own case".to_owned(),
        events: first_events(),
        effects: vec![
            Effect::PerformStep {
                step: step("name.1"),
                agency: slug("skatteverket"),
                attempt: Attempt(1),
                supplement_number: 2,
            },
            Effect::CancelStep { step: step("food-registration"), agency: slug("namnd-0580"), attempt: Attempt(3) },
        ],
    }
}

/// A small record as one command makes it: what most records are like.
pub(super) fn usual_record() -> Record {
    let wanted =
        |event: &Event| matches!(event, Event::RequestAccepted { .. } | Event::Arrived { .. } | Event::ClockMet { .. });
    Record { events: first_events().into_iter().filter(wanted).collect(), effects: Vec::new(), ..record() }
}

/// A case with every state of everything.
pub(super) fn case() -> Case {
    let mut steps: Vec<Step> = STEP_STATES.iter().enumerate().map(|(index, state)| standing(index, *state)).collect();
    steps.extend(reasons().into_iter().map(|reason| Step {
        reason: Some(reason.clone()),
        incident: Some(reason),
        ..standing(0, StepState::NotNeeded)
    }));
    let child = |(number, state)| Child { number, state };
    let states = [ChildState::Expected, ChildState::Born(NOW), ChildState::Stillborn(NOW), ChildState::Dead(NOW)];
    let facts = fact_reports(&FactKind::ALL).into_iter().zip(actors().into_iter().cycle());
    let fact = |(report, reported_by)| Fact { report, occurrence: Subject(2), reported_by, recorded_at: NOW };
    Case {
        id: CaseId([9; 16]),
        sequence: Sequence(17),
        stage: Stage::Ended(End::ClosedByFact),
        revision: Some(filed().revision),
        parties: Arc::new(parties()),
        municipality: Arc::from("0680"),
        input: Arc::new(values()),
        step_input: Arc::new(filed().step_input.into_iter().collect()),
        children: (1..).zip(states).map(child).collect(),
        subjects: Arc::new([(slug("premises"), vec![Some(Arc::from("0580")), None]), (slug("founder"), vec![])].into()),
        mandates: Arc::new(
            mandates().into_iter().map(|mandate| HeldMandate { party: PartyId([5; 16]), mandate }).collect(),
        ),
        facts: Arc::new(facts.map(fact).collect()),
        steps: steps.into_iter().map(Arc::new).collect(),
        requests: Arc::new([(RequestId([7; 16]), [8; 16]), (RequestId([6; 16]), [5; 16])].into()),
        created_at: NOW,
        filed_at: CivilTime(NOW.0 + 1),
        changed_at: CivilTime(NOW.0 + 2),
        ended_at: Some(CivilTime(NOW.0 + 3)),
        expires_at: Some(CivilTime(NOW.0 + 4)),
        withdrawn_at: Some(CivilTime(NOW.0 + 5)),
        telling: Arc::new(notices::telling()),
    }
}

fn standing(index: usize, state: StepState) -> Step {
    let is_first = index == 0;
    let effect = EffectKey { case: CaseId([9; 16]), sequence: Sequence(4), index: 1 };
    let clock = |state| Clock {
        slug: slug("three-months"),
        started_at: NOW,
        last_day: DAY,
        acts_on: DAY,
        state,
        passed_count: 2,
    };
    Step {
        id: StepId { slug: slug("name"), subject: Subject(u8::try_from(index).unwrap()) },
        state,
        outcome: OUTCOMES[index % OUTCOMES.len()],
        appeal: APPEALS[index % APPEALS.len()],
        execution: EXECUTIONS[index % EXECUTIONS.len()],
        reason: None,
        agency: is_first.then(|| slug("skatteverket")),
        is_added: is_first,
        input: Arc::new(values()),
        signed_by: if is_first { ROLES.to_vec() } else { Vec::new() },
        task: is_first.then_some(Task { attempt: Attempt(2), effect, is_answered: true, is_cancel: true }),
        attempts: 2,
        filed_at: is_first.then_some(NOW),
        arrived_at: is_first.then_some(CivilTime(NOW.0 + 1)),
        decided_at: is_first.then_some(CivilTime(NOW.0 + 2)),
        received_at: is_first.then_some(CivilTime(NOW.0 + 3)),
        case_number: is_first.then(|| Arc::from("SKV 1-2026")),
        words: is_first.then(|| Arc::from("Beviljad")),
        asked: asks().into_iter().nth(index).map(|ask| Asked {
            words: Arc::from("Skicka intyget"),
            due: Some(DAY),
            ask,
        }),
        executed_at: is_first.then_some(CivilTime(NOW.0 + 5)),
        interrupted_on: is_first.then_some(DAY),
        supplemented_at: is_first.then_some(CivilTime(NOW.0 + 6)),
        decision: is_first.then(|| Arc::new(terms())),
        amounts: if is_first { amounts() } else { Vec::new() },
        documents: if is_first { vec![DocumentId([6; 16])] } else { Vec::new() },
        supplements: 1,
        gives: Arc::new(values()),
        clocks: CLOCK_STATES.map(clock).to_vec(),
        is_withdrawing: is_first,
        incident: None,
        as_of: NOW,
        retry_at: is_first.then_some(CivilTime(NOW.0 + 4)),
    }
}
