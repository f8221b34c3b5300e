//! Anything the core can say, at random.

use super::notices;
use super::samples::{APPEALS, CLOCK_STATES, ENDS, EXECUTIONS, OUTCOMES, ROLES, STEP_STATES, UNDELIVERED};
use jiff::civil::Date;
use livshandelse_core::case::{
    AmountUsed, AmountValue, Ask, Asked, Case, Child, ChildState, Clock, DecisionTerms, Fact, FactReport, HeldMandate,
    Mandate, MandateScope, NewParty, Reason, Stage, Step, Task,
};
use livshandelse_core::command::Actor;
use livshandelse_core::definition::{AwaitedFact, FactKind, FactOf, MandateKind};
use livshandelse_core::effect::Effect;
use livshandelse_core::event::{Decided, Event, Filed, Record};
use livshandelse_core::id::{
    Attempt, CaseId, DocumentId, EffectKey, PartyId, RequestId, Revision, Sequence, Slug, StepId, Subject,
};
use livshandelse_core::registry::Unit;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union};
use std::sync::Arc;

pub(super) fn slug() -> BoxedStrategy<Slug> {
    "[a-z]([a-z0-9-]{0,12}[a-z0-9])?".prop_map(|text| Slug::new(&text).unwrap()).boxed()
}

fn subject() -> BoxedStrategy<Subject> {
    any::<u8>().prop_map(Subject).boxed()
}

pub(super) fn step() -> BoxedStrategy<StepId> {
    (slug(), subject()).prop_map(|(slug, subject)| StepId { slug, subject }).boxed()
}

pub(super) fn text() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), "\\PC{0,20}"].boxed()
}

pub(super) fn time() -> BoxedStrategy<CivilTime> {
    any::<i64>().prop_map(CivilTime).boxed()
}

pub(super) fn day() -> BoxedStrategy<Date> {
    let any_day = (-9999_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap());
    prop_oneof![any_day, Just(Date::MIN), Just(Date::MAX)].boxed()
}

fn case_id() -> BoxedStrategy<CaseId> {
    any::<[u8; 16]>().prop_map(CaseId).boxed()
}

pub(super) fn party_id() -> BoxedStrategy<PartyId> {
    any::<[u8; 16]>().prop_map(PartyId).boxed()
}

fn attempt() -> BoxedStrategy<Attempt> {
    any::<u32>().prop_map(Attempt).boxed()
}

fn document_id() -> BoxedStrategy<DocumentId> {
    any::<[u8; 16]>().prop_map(DocumentId).boxed()
}

fn values() -> BoxedStrategy<Values> {
    let value = prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Number),
        text().prop_map(Value::Text),
        day().prop_map(Value::Day),
        party_id().prop_map(Value::Party),
        document_id().prop_map(Value::Document),
    ];
    btree_map(slug(), value, 0..4).boxed()
}

fn actor() -> BoxedStrategy<Actor> {
    prop_oneof![
        party_id().prop_map(Actor::Person),
        slug().prop_map(Actor::Agency),
        text().prop_map(Actor::Operator),
        Just(Actor::Time),
    ]
    .boxed()
}

fn reason() -> BoxedStrategy<Reason> {
    let plain = [
        Reason::Condition,
        Reason::WithdrawnUnsent,
        Reason::WithdrawnAndClosed,
        Reason::AgencyFailed,
        Reason::CaseWithdrawn,
    ];
    prop_oneof![
        select(plain.to_vec()),
        text().prop_map(Reason::NeedGone),
        slug().prop_map(Reason::ClockEnded),
        awaited_fact().prop_map(Reason::FactEnded),
        select(UNDELIVERED.to_vec()).prop_map(Reason::Undelivered),
        slug().prop_map(Reason::Settled),
    ]
    .boxed()
}

fn awaited_fact() -> BoxedStrategy<AwaitedFact> {
    let of =
        prop_oneof![Just(FactOf::Own), select(ROLES.to_vec()).prop_map(FactOf::Role), slug().prop_map(FactOf::Step),];
    (select(FactKind::ALL.to_vec()), of).prop_map(|(kind, of)| AwaitedFact { kind, of }).boxed()
}

fn amounts() -> BoxedStrategy<Vec<AmountUsed>> {
    let found = (any::<i64>(), select(Unit::ALL.to_vec()), day()).prop_map(|(value, unit, from)| AmountValue {
        value,
        unit,
        from,
    });
    vec((slug(), of(found)).prop_map(|(slug, found)| AmountUsed { slug, found }), 0..3).boxed()
}

fn ask() -> BoxedStrategy<Ask> {
    prop_oneof![
        Just(Ask::Supplement),
        Just(Ask::Offer),
        (text(), any::<i64>(), text()).prop_map(|(link, amount, reference)| Ask::Payment { link, amount, reference }),
    ]
    .boxed()
}

fn mandate() -> BoxedStrategy<Mandate> {
    let scope = prop_oneof![Just(MandateScope::All), vec(slug(), 0..3).prop_map(MandateScope::Steps)];
    (select(MandateKind::ALL.to_vec()), scope, day(), of(day()), text())
        .prop_map(|(kind, scope, from, to, evidence)| Mandate { kind, scope, from, to, evidence })
        .boxed()
}

fn terms() -> BoxedStrategy<DecisionTerms> {
    (of(text()), of(day()), of(day()), of(text()))
        .prop_map(|(number, valid_from, valid_to, appeal_to)| DecisionTerms { number, valid_from, valid_to, appeal_to })
        .boxed()
}

fn revision() -> BoxedStrategy<Revision> {
    (slug(), any::<u32>()).prop_map(|(life_event, number)| Revision { life_event, number }).boxed()
}

fn party() -> BoxedStrategy<NewParty> {
    (party_id(), select(ROLES.to_vec()), text(), text(), any::<bool>())
        .prop_map(|(id, role, identity_number, name, is_protected)| NewParty {
            id,
            role,
            identity_number,
            name,
            is_protected,
        })
        .boxed()
}

fn filed() -> BoxedStrategy<Box<Filed>> {
    (revision(), vec(party(), 0..3), values(), vec((step(), values()), 0..3), text())
        .prop_map(|(revision, parties, input, step_input, municipality)| {
            Box::new(Filed { revision, parties, input, step_input, municipality })
        })
        .boxed()
}

fn fact_report() -> BoxedStrategy<FactReport> {
    (select(FactKind::ALL.to_vec()), subject(), of(party_id()), of(step()), time(), of(text()), values())
        .prop_map(|(kind, child, party, step, occurred_at, municipality, values)| FactReport {
            kind,
            child,
            party,
            step,
            occurred_at,
            municipality,
            values,
        })
        .boxed()
}

fn decided() -> BoxedStrategy<Decided> {
    (select(OUTCOMES.to_vec()), time(), of(time()), text(), values(), terms())
        .prop_map(|(outcome, decided_at, received_at, words, gives, terms)| {
            let DecisionTerms { number, valid_from, valid_to, appeal_to } = terms;
            Decided { outcome, decided_at, received_at, words, gives, number, valid_from, valid_to, appeal_to }
        })
        .boxed()
}

/// Any event.
pub(super) fn event() -> BoxedStrategy<Event> {
    let on = |make: fn(StepId) -> Event| step().prop_map(make).boxed();
    let on_clock = |make: fn((StepId, Slug)) -> Event| (step(), slug()).prop_map(make).boxed();
    let number = any::<u32>;
    let flag = any::<bool>;
    Union::new([
        (any::<[u8; 16]>(), any::<[u8; 16]>())
            .prop_map(|(id, hash)| Event::RequestAccepted { id: RequestId(id), hash })
            .boxed(),
        (case_id(), filed(), time())
            .prop_map(|(case, filing, expires_at)| Event::DraftSaved { case, filing, expires_at })
            .boxed(),
        Just(Event::DraftExpired).boxed(),
        (case_id(), filed()).prop_map(|(case, filing)| Event::CaseCreated { case, filing }).boxed(),
        subject().prop_map(|child| Event::ChildExpected { child }).boxed(),
        (slug(), subject(), of(text()))
            .prop_map(|(group, subject, municipality)| Event::SubjectKnown { group, subject, municipality })
            .boxed(),
        (party(), of(mandate()), values())
            .prop_map(|(party, mandate, input)| Event::PartyJoined { party, mandate, input })
            .boxed(),
        (step(), select(EXECUTIONS.to_vec()), of(day()))
            .prop_map(|(step, execution, interrupted_on)| Event::ExecutionMoved { step, execution, interrupted_on })
            .boxed(),
        (step(), flag()).prop_map(|(step, is_executed)| Event::StepPlanned { step, is_executed }).boxed(),
        on(|step| Event::StepOpened { step }),
        on(|step| Event::StepAdded { step }),
        (step(), values(), select(ROLES.to_vec()), flag())
            .prop_map(|(step, input, role, is_signature)| Event::InputGiven { step, input, role, is_signature })
            .boxed(),
        (step(), slug(), attempt(), number(), flag(), values(), amounts())
            .prop_map(|(step, agency, attempt, effect_index, is_received_here, evidence, amounts)| Event::StepFiled {
                step,
                agency,
                attempt,
                effect_index,
                is_received_here,
                evidence,
                amounts,
            })
            .boxed(),
        (step(), attempt(), number())
            .prop_map(|(step, attempt, effect_index)| Event::StepRetried { step, attempt, effect_index })
            .boxed(),
        (step(), number(), number())
            .prop_map(|(step, number, effect_index)| Event::SupplementSent { step, number, effect_index })
            .boxed(),
        (step(), of(text()), time())
            .prop_map(|(step, case_number, at)| Event::Arrived { step, case_number, at })
            .boxed(),
        (step(), text(), flag(), of(text()))
            .prop_map(|(step, words, waits_for_other, delay)| Event::ProgressReported {
                step,
                words,
                waits_for_other,
                delay,
            })
            .boxed(),
        (step(), text(), of(day()), ask())
            .prop_map(|(step, words, due, ask)| Event::SupplementAsked { step, words, due, ask })
            .boxed(),
        (step(), decided(), flag(), flag())
            .prop_map(|(step, decided, is_executed, is_appealable)| Event::DecisionRecorded {
                step,
                decided,
                is_executed,
                is_appealable,
            })
            .boxed(),
        (step(), text(), values()).prop_map(|(step, words, gives)| Event::StepCompleted { step, words, gives }).boxed(),
        (step(), select(APPEALS.to_vec())).prop_map(|(step, appeal)| Event::AppealMoved { step, appeal }).boxed(),
        (step(), text(), of(time()))
            .prop_map(|(step, words, retry_at)| Event::StepFailed { step, words, retry_at })
            .boxed(),
        (step(), select(UNDELIVERED.to_vec()), time())
            .prop_map(|(step, why, retry_at)| Event::Undelivered { step, why, retry_at })
            .boxed(),
        on(|step| Event::HandedToInbox { step }),
        (step(), attempt(), text()).prop_map(|(step, attempt, what)| Event::ReportKept { step, attempt, what }).boxed(),
        (step(), slug(), day(), day(), amounts())
            .prop_map(|(step, clock, last_day, acts_on, amounts)| Event::ClockStarted {
                step,
                clock,
                last_day,
                acts_on,
                amounts,
            })
            .boxed(),
        on_clock(|(step, clock)| Event::ClockMet { step, clock }),
        on_clock(|(step, clock)| Event::ClockStopped { step, clock }),
        (step(), slug(), of(day()))
            .prop_map(|(step, clock, again_on)| Event::ClockPassed { step, clock, again_on })
            .boxed(),
        (fact_report(), subject(), actor())
            .prop_map(|(report, occurrence, by)| Event::FactReported { report, occurrence, by })
            .boxed(),
        (step(), slug(), values())
            .prop_map(|(step, agency, gives)| Event::StepDoneByFact { step, agency, gives })
            .boxed(),
        (step(), reason()).prop_map(|(step, reason)| Event::StepNotNeeded { step, reason }).boxed(),
        on_clock(|(step, clock)| Event::StepSettled { step, clock }),
        (step(), number()).prop_map(|(step, effect_index)| Event::WithdrawalSent { step, effect_index }).boxed(),
        (step(), reason(), of(text()))
            .prop_map(|(step, reason, words)| Event::StepWithdrawn { step, reason, words })
            .boxed(),
        Just(Event::CaseWithdrawn).boxed(),
        select(ENDS.to_vec()).prop_map(|end| Event::CaseEnded { end }).boxed(),
        notices::event().prop_map(Event::Notice).boxed(),
    ])
    .boxed()
}

fn effect() -> BoxedStrategy<Effect> {
    prop_oneof![
        (step(), slug(), attempt(), any::<u32>()).prop_map(|(step, agency, attempt, supplement_number)| {
            Effect::PerformStep { step, agency, attempt, supplement_number }
        }),
        (step(), slug(), attempt()).prop_map(|(step, agency, attempt)| Effect::CancelStep { step, agency, attempt }),
        party_id().prop_map(|party| Effect::Tell { party }),
        (party_id(), day()).prop_map(|(party, to)| Effect::Quieten { party, to }),
    ]
    .boxed()
}

/// Any record.
pub(super) fn record() -> BoxedStrategy<Record> {
    (any::<u64>(), time(), actor(), text(), vec(event(), 0..8), vec(effect(), 0..4))
        .prop_map(|(sequence, at, actor, purpose, events, effects)| Record {
            sequence: Sequence(sequence),
            at,
            actor,
            purpose,
            events,
            effects,
        })
        .boxed()
}

fn task() -> BoxedStrategy<Task> {
    (attempt(), case_id(), any::<u64>(), any::<u32>(), any::<bool>(), any::<bool>())
        .prop_map(|(attempt, case, sequence, index, is_answered, is_cancel)| Task {
            attempt,
            effect: EffectKey { case, sequence: Sequence(sequence), index },
            is_answered,
            is_cancel,
        })
        .boxed()
}

fn clock() -> BoxedStrategy<Clock> {
    (slug(), time(), day(), day(), select(CLOCK_STATES.to_vec()), any::<u32>())
        .prop_map(|(slug, started_at, last_day, acts_on, state, passed_count)| Clock {
            slug,
            started_at,
            last_day,
            acts_on,
            state,
            passed_count,
        })
        .boxed()
}

fn asked() -> BoxedStrategy<Asked> {
    (text(), of(day()), ask()).prop_map(|(words, due, ask)| Asked { words: Arc::from(words), due, ask }).boxed()
}

fn standing() -> BoxedStrategy<Step> {
    let five = (
        step(),
        select(STEP_STATES.to_vec()),
        select(OUTCOMES.to_vec()),
        select(APPEALS.to_vec()),
        select(EXECUTIONS.to_vec()),
    );
    let facts = (of(reason()), of(slug()), any::<bool>(), values(), vec(select(ROLES.to_vec()), 0..3), of(task()));
    let times = (of(time()), of(time()), of(time()), of(time()), time(), of(time()));
    let rest = (of(text()), of(text()), of(asked()), any::<(u32, u32)>(), values(), vec(clock(), 0..3));
    let since = (of(time()), of(day()), of(time()), of(terms()), amounts(), vec(document_id(), 0..3));
    (five, facts, times, rest, since, any::<bool>(), of(reason()))
        .prop_map(|(five, facts, times, rest, since, is_withdrawing, incident)| {
            let (executed_at, interrupted_on, supplemented_at, decision, amounts, documents) = since;
            let (id, state, outcome, appeal, execution) = five;
            let (reason, agency, is_added, input, signed_by, task) = facts;
            let (filed_at, arrived_at, decided_at, received_at, as_of, retry_at) = times;
            let (case_number, words, asked, (attempts, supplements), gives, clocks) = rest;
            Step {
                id,
                state,
                outcome,
                appeal,
                execution,
                reason,
                agency,
                is_added,
                input: Arc::new(input),
                signed_by,
                task,
                attempts,
                filed_at,
                arrived_at,
                decided_at,
                received_at,
                case_number: case_number.map(Arc::from),
                words: words.map(Arc::from),
                asked,
                executed_at,
                interrupted_on,
                supplemented_at,
                decision: decision.map(Arc::new),
                amounts,
                documents,
                supplements,
                gives: Arc::new(gives),
                clocks,
                is_withdrawing,
                incident,
                as_of,
                retry_at,
            }
        })
        .boxed()
}

/// Any case.
pub(super) fn case() -> BoxedStrategy<Case> {
    let stage = prop_oneof![
        Just(Stage::Absent),
        Just(Stage::Draft),
        Just(Stage::Open),
        select(ENDS.to_vec()).prop_map(Stage::Ended),
    ];
    let child = prop_oneof![
        Just(ChildState::Expected),
        time().prop_map(ChildState::Born),
        time().prop_map(ChildState::Stillborn),
        time().prop_map(ChildState::Dead),
    ];
    let child = (any::<u8>(), child).prop_map(|(number, state)| Child { number, state });
    let fact =
        (fact_report(), subject(), actor(), time()).prop_map(|(report, occurrence, reported_by, recorded_at)| Fact {
            report,
            occurrence,
            reported_by,
            recorded_at,
        });
    let who = (case_id(), any::<u64>(), stage, of(revision()), vec(party(), 0..3), text());
    let place = of(text().prop_map(Arc::from));
    let held = (party_id(), mandate()).prop_map(|(party, mandate)| HeldMandate { party, mandate });
    let groups = (btree_map(slug(), vec(place, 0..3), 0..3), vec(held, 0..3), notices::any_telling());
    let given = (values(), btree_map(step(), values(), 0..3), vec(child, 0..3), vec(fact, 0..3), groups);
    let requests = btree_map(any::<[u8; 16]>().prop_map(RequestId), any::<[u8; 16]>(), 0..3);
    let times = (time(), time(), time(), of(time()), of(time()), of(time()));
    (who, given, vec(standing(), 0..3), requests, times)
        .prop_map(|(who, given, steps, requests, times)| {
            let (id, sequence, stage, revision, parties, municipality) = who;
            let (input, step_input, children, facts, (subjects, mandates, telling)) = given;
            let (created_at, filed_at, changed_at, ended_at, expires_at, withdrawn_at) = times;
            Case {
                id,
                sequence: Sequence(sequence),
                stage,
                revision,
                parties: Arc::new(parties),
                municipality: Arc::from(municipality),
                input: Arc::new(input),
                step_input: Arc::new(step_input),
                children,
                subjects: Arc::new(subjects),
                mandates: Arc::new(mandates),
                facts: Arc::new(facts),
                steps: steps.into_iter().map(Arc::new).collect(),
                requests: Arc::new(requests),
                created_at,
                filed_at,
                changed_at,
                ended_at,
                expires_at,
                withdrawn_at,
                telling: Arc::new(telling),
            }
        })
        .boxed()
}
