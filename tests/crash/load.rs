//! Real load: people who file and answer, agencies that report, an operator who moves time. All go on until the process
//! is gone.

use crate::agencies::Agencies;
use crate::chance::Chance;
use crate::deed::{Deed, Lines};
use crate::ledger::{Gone, KnownCase, Ledger};
use livshandelse_core::definition::Definition;
use livshandelse_core::form::FieldKind;
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Bundle;
use prost_types::value::Kind;
use prost_types::{Struct, Timestamp, Value};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::RwLock;
use tonic::{Code, Status};
use tonic_types::StatusExt;

pub const LIFE_EVENT: &str = "lifeEvents/first-child";
/// People at once.
const CITIZENS: usize = 8;
/// Agencies that report at once.
const REPORTERS: usize = 3;
/// Cases that are begun in one round; after that people go on with those they have.
const CASES_PER_ROUND: usize = 30;
/// Promises between two moves of civil time.
const PROMISES_PER_DAY: usize = 20;
/// How long the service may be busy when nobody asks for anything: agencies here are never slower than a retry.
const BUSY_MAX: Duration = Duration::from_secs(30);
/// Machine time between two looks whether the service is idle.
const LOOK_INTERVAL: Duration = Duration::from_millis(4);

/// Everything that load needs, apart from the process.
pub struct World {
    pub ledger: Ledger,
    pub agencies: Agencies,
    pub definition: Arc<Definition>,
    samples: OnceLock<Vec<pb::Case>>,
    /// Civil seconds, as the service last told.
    now: AtomicI64,
    people: AtomicUsize,
    begun: AtomicUsize,
    /// Held to write while civil time is moved, so that the service can come to rest.
    traffic: RwLock<()>,
}

impl World {
    pub fn new(agencies: Agencies) -> World {
        let bundle = Bundle::embedded("first-child").unwrap_or_else(|complaints| panic!("{complaints:?}"));
        World {
            ledger: Ledger::new(),
            agencies,
            definition: bundle.definition,
            samples: OnceLock::new(),
            now: AtomicI64::new(0),
            people: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            traffic: RwLock::new(()),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp { seconds: self.now.load(Ordering::Acquire), nanos: 0 }
    }

    /// Reads what the service tells at the beginning of a round: its time, and once its samples.
    pub async fn meet(&self, lines: &Lines) -> Result<(), Gone> {
        self.begun.store(0, Ordering::Release);
        let topology = lines.operations().get_topology(pb::GetTopologyRequest {}).await.map_err(Gone)?.into_inner();
        let now = topology.civil_time.unwrap_or_default().seconds;
        if now < self.ledger.latest() {
            self.ledger.wrong(format!("civil time is {now} s, and {} s had been told", self.ledger.latest()));
        }
        self.now.store(now, Ordering::Release);
        if self.samples.get().is_none() {
            let request = pb::GetLifeEventRequest { name: LIFE_EVENT.to_owned(), ..pb::GetLifeEventRequest::default() };
            let person = person(0, Sex::Female);
            let event = lines.life_events(&person).get_life_event(request).await.map_err(Gone)?.into_inner();
            self.samples.get_or_init(|| event.samples.into_iter().map(filed).collect());
        }
        Ok(())
    }

    /// Puts the process under load until it is gone.
    pub async fn load(self: &Arc<Self>, lines: &Lines, chance: &Chance) {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..CITIZENS {
            let (world, lines, chance) = (self.clone(), lines.clone(), chance.of(&format!("citizen {number}")));
            tasks.spawn(async move { world.live(&lines, chance).await });
        }
        for number in 0..REPORTERS {
            let (world, lines, chance) = (self.clone(), lines.clone(), chance.of(&format!("reporter {number}")));
            tasks.spawn(async move { world.report(&lines, chance).await });
        }
        let (world, lines) = (self.clone(), lines.clone());
        tasks.spawn(async move { world.conduct(&lines).await });
        while let Some(ended) = tasks.join_next().await {
            ended.expect("nobody panics under load");
        }
    }

    async fn live(&self, lines: &Lines, mut chance: Chance) {
        loop {
            let _on_the_road = self.traffic.read().await;
            if let Err(Gone(_)) = self.act(lines, &mut chance).await {
                return;
            }
        }
    }

    async fn report(&self, lines: &Lines, mut chance: Chance) {
        let mut promises = self.ledger.promises();
        loop {
            let deed = self.agencies.next_report(&mut chance);
            let done = match deed {
                Some(deed) => {
                    let _on_the_road = self.traffic.read().await;
                    self.ledger.ask(deed, lines).await.map(|_| ())
                }
                None => {
                    // Nothing to tell until somebody has filed something.
                    let changed = tokio::time::timeout(LOOK_INTERVAL, promises.changed()).await.is_ok();
                    if changed { Ok(()) } else { self.look(lines).await.map(|_| ()) }
                }
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// Moves civil time to the next moment at which anything is due, again and again.
    async fn conduct(&self, lines: &Lines) {
        let mut promises = self.ledger.promises();
        let mut wanted = PROMISES_PER_DAY;
        loop {
            let enough = promises.wait_for(|count| *count >= wanted);
            let is_enough = tokio::time::timeout(LOOK_INTERVAL, enough).await.is_ok();
            let done = if is_enough {
                wanted += PROMISES_PER_DAY;
                self.advance(lines).await
            } else {
                self.look(lines).await.map(|_| ())
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn look(&self, lines: &Lines) -> Result<pb::Topology, Gone> {
        Ok(lines.operations().get_topology(pb::GetTopologyRequest {}).await.map_err(Gone)?.into_inner())
    }

    /// Waits until nothing is under way.
    pub async fn settle(&self, lines: &Lines) -> Result<pb::Topology, Gone> {
        let begun = tokio::time::Instant::now();
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        loop {
            look.tick().await;
            let topology = self.look(lines).await?;
            if topology.idle {
                return Ok(topology);
            }
            if begun.elapsed() > BUSY_MAX {
                self.ledger.wrong(format!("busy for {} s with nothing new to do: {topology:?}", BUSY_MAX.as_secs()));
                return Err(Gone(Status::deadline_exceeded("busy")));
            }
        }
    }

    async fn advance(&self, lines: &Lines) -> Result<(), Gone> {
        let _alone = self.traffic.write().await;
        let topology = self.settle(lines).await?;
        let Some(next) = topology.next_time else { return Ok(()) };
        // Of a case that was filed late something may have been due before.
        let next = topology.civil_time.filter(|now| now.seconds > next.seconds).unwrap_or(next);
        let request = pb::AdvanceTimeRequest { civil_time: Some(next) };
        match lines.operations().advance_time(request).await {
            Ok(told) => {
                let now = told.into_inner().civil_time.unwrap_or_default().seconds;
                self.now.store(now, Ordering::Release);
                Ok(())
            }
            // A retry began between the look and the move.
            Err(status) if status.get_details_error_info().is_some() && status.code() == Code::Unavailable => Ok(()),
            Err(status) => Err(self.noted(status)),
        }
    }

    fn noted(&self, status: Status) -> Gone {
        if let Some(info) = status.get_details_error_info() {
            self.ledger.wrong(format!("{:?} {}: {}", status.code(), info.reason, status.message()));
        }
        Gone(status)
    }

    async fn act(&self, lines: &Lines, chance: &mut Chance) -> Result<(), Gone> {
        let cases: Vec<(String, KnownCase)> = self.ledger.cases().into_iter().collect();
        let is_fresh = cases.is_empty() || chance.percent(30);
        if is_fresh && self.begun.fetch_add(1, Ordering::AcqRel) < CASES_PER_ROUND {
            return self.begin(lines, chance).await;
        }
        // Mostly those that were begun last: the others wait for time to pass.
        let Some((name, known)) = chance.pick(&cases) else { return Ok(()) };
        match chance.below(10) {
            0 | 1 => self.tell_fact(lines, chance, name, known).await,
            _ => self.go_on(lines, chance, name, known).await,
        }
    }

    /// Files a sample under people and a place of its own; sometimes as a draft first.
    async fn begin(&self, lines: &Lines, chance: &mut Chance) -> Result<(), Gone> {
        let Some(sample) = self.samples.get().and_then(|samples| chance.pick(samples)) else { return Ok(()) };
        let mut case = sample.clone();
        let number = self.people.fetch_add(1, Ordering::AcqRel);
        for party in &mut case.parties {
            let sex = if party.role() == pb::PartyRole::Applicant { Sex::Female } else { Sex::Male };
            party.identity_number = person(number, sex);
        }
        let places: Vec<&str> =
            livshandelse_workflows::registry().municipalities().map(|place| place.code.as_str()).collect();
        case.municipality_code = chance.pick(&places).copied().unwrap_or_default().to_owned();
        let now = CivilTime(self.now.load(Ordering::Acquire) * 1_000);
        let due = now.plus_hours(24 * (20 + i64::try_from(chance.below(150)).unwrap())).date();
        if let Some(input) = &mut case.input {
            input.fields.insert("due-date".to_owned(), text(due.to_string()));
        }
        let applicant = person(number, Sex::Female);
        if chance.percent(25) {
            let request =
                pb::SaveDraftRequest { case: Some(case), request_id: chance.id(), ..pb::SaveDraftRequest::default() };
            let draft = Deed::Draft { person: applicant.clone(), request };
            let Some(said) = self.ledger.ask(draft, lines).await? else { return Ok(()) };
            let name = said.case.map(|case| case.name).unwrap_or_default();
            case = pb::Case { name, ..pb::Case::default() };
        }
        let request =
            pb::CreateCaseRequest { case: Some(case), request_id: chance.id(), ..pb::CreateCaseRequest::default() };
        self.ledger.ask(Deed::Create { person: applicant, request }, lines).await.map(|_| ())
    }

    /// The child is born, and comes home.
    async fn tell_fact(&self, lines: &Lines, chance: &mut Chance, name: &str, known: &KnownCase) -> Result<(), Gone> {
        let content = match self.ledger.next_fact(name) {
            Some(0) => pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() }),
            Some(1) => pb::fact::Content::Homecoming(pb::Homecoming { child_number: 1 }),
            Some(_) | None => return Ok(()),
        };
        let fact = pb::Fact {
            about: Some(pb::fact::About::IdentityNumber(known.applicant.clone())),
            occur_time: Some(self.now()),
            content: Some(content),
            reference: String::new(),
        };
        let county = known.municipality.get(..2).unwrap_or("05");
        let agency = format!("region-{county}");
        let request =
            pb::ReportFactRequest { parent: format!("agencies/{agency}"), request_id: chance.id(), fact: Some(fact) };
        self.ledger.ask(Deed::Fact { agency, request }, lines).await.map(|_| ())
    }

    /// Looks at a case as one of its people, and answers what there is to answer.
    async fn go_on(&self, lines: &Lines, chance: &mut Chance, name: &str, known: &KnownCase) -> Result<(), Gone> {
        let co_party = known.co_party.as_ref().filter(|_| chance.percent(25));
        let person = co_party.unwrap_or(&known.applicant).clone();
        let request =
            pb::GetCaseRequest { name: name.to_owned(), language_code: String::new(), ..pb::GetCaseRequest::default() };
        let case = match lines.cases(&person).get_case(request).await {
            Ok(case) => case.into_inner(),
            // A draft is the applicant's alone.
            Err(status) if status.get_details_error_info().is_some() && co_party.is_some() => return Ok(()),
            Err(status) => return Err(self.noted(status)),
        };
        if case.sequence < known.sequence && co_party.is_none() {
            self.ledger.wrong(format!("{name} is at {} after {} was told", case.sequence, known.sequence));
        }
        let mut open: Vec<&pb::Step> = case.steps.iter().filter(|step| step.answerable).collect();
        if chance.percent(3) {
            open = case.steps.iter().filter(|step| step.withdrawable).collect();
            let Some(step) = chance.pick(&open) else { return Ok(()) };
            let request = pb::WithdrawStepRequest {
                name: step.name.clone(),
                request_id: chance.id(),
                ..pb::WithdrawStepRequest::default()
            };
            return self.ledger.ask(Deed::Withdraw { person, request }, lines).await.map(|_| ());
        }
        let Some(step) = chance.pick(&open) else { return Ok(()) };
        let request = pb::SubmitInputRequest {
            name: step.name.clone(),
            values: Some(self.answer(step)),
            request_id: chance.id(),
            supplement_number: step.supplement.as_ref().map_or(0, |asked| asked.number),
            ..pb::SubmitInputRequest::default()
        };
        self.ledger.ask(Deed::Submit { person, request }, lines).await.map(|_| ())
    }

    fn answer(&self, step: &pb::Step) -> Struct {
        answer(&self.definition, step, CivilTime(self.now.load(Ordering::Acquire) * 1_000))
    }
}

/// What a form takes, or an answer to what an agency asks.
pub fn answer(definition: &Definition, step: &pb::Step, now: CivilTime) -> Struct {
    if step.supplement.is_some() {
        return Struct { fields: [("answer".to_owned(), text("Här kommer det."))].into() };
    }
    let id: Option<StepId> = step.name.rsplit('/').next().and_then(|id| id.parse().ok());
    let known = id.and_then(|id| definition.step(&id.slug));
    let today = now.date().to_string();
    let fields = known.and_then(|known| known.form.as_ref()).map(|form| form.fields.as_slice()).unwrap_or_default();
    let required = fields.iter().filter(|field| field.is_required);
    let values = required.map(|field| {
        let kind = match &field.kind {
            FieldKind::Flag => Kind::BoolValue(true),
            FieldKind::Number { min, .. } => Kind::NumberValue(*min as f64),
            FieldKind::Text { .. } => Kind::StringValue("Enligt ansökan".to_owned()),
            FieldKind::Choice(choices) => Kind::StringValue(choices.first().cloned().unwrap_or_default()),
            FieldKind::Day => Kind::StringValue(today.clone()),
            FieldKind::Party => Kind::NullValue(0),
            FieldKind::Municipality => Kind::StringValue("0580".to_owned()),
            // No step of these cases waits for a document.
            FieldKind::Document(_) => Kind::NullValue(0),
        };
        (field.slug.to_string(), Value { kind: Some(kind) })
    });
    Struct { fields: values.collect() }
}

pub fn text(text: impl Into<String>) -> Value {
    Value { kind: Some(Kind::StringValue(text.into())) }
}

/// A sample as it is filed.
pub fn filed(sample: pb::Sample) -> pb::Case {
    let parties = sample.parties.into_iter().map(|party| pb::Party {
        role: party.role,
        identity_number: party.identity_number,
        display_name: party.display_name,
        protected: party.protected,
        ..pb::Party::default()
    });
    pb::Case {
        life_event: LIFE_EVENT.to_owned(),
        parties: parties.collect(),
        municipality_code: sample.municipality_code,
        input: sample.input,
        step_inputs: sample.step_inputs,
        ..pb::Case::default()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
}

/// An identity number that nobody has: Skatteverket keeps birth numbers 238 and 239 for tests.
pub fn person(number: usize, sex: Sex) -> String {
    let first = jiff::civil::date(1975, 1, 1);
    let born = first.checked_add(jiff::Span::new().days(i64::try_from(number % 9_000).unwrap())).unwrap();
    let birth_number = if sex == Sex::Female { "238" } else { "239" };
    let digits = format!("{:04}{:02}{:02}{birth_number}", born.year(), born.month(), born.day());
    let sum: u32 = digits
        .bytes()
        .skip(2)
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| {
            let product = u32::from(digit - b'0') * weight;
            product / 10 + product % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[test]
fn people_of_the_load_have_numbers_that_can_be_read_and_are_different() {
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..9_000 {
        for sex in [Sex::Female, Sex::Male] {
            let text = person(number, sex);
            let read = livshandelse_core::identity::IdentityNumber::parse(&text).unwrap();
            assert_eq!(read.as_str(), text);
            assert!(seen.insert(text));
        }
    }
}
