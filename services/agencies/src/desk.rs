//! The agencies' desk: what has been handed over, how it stands, what is planned.
//!
//! No clock, no network, no waiting: time is handed in, and what is to be reported is
//! handed out by [`Desk::take_due`]. Everything is in memory and bounded.

mod act;
mod answer;
mod course;
mod known;
mod matter;
mod plan;
mod rules;
#[cfg(test)]
mod tests;

use crate::calendar::{self, Hours};
use crate::draw::Draw;
use crate::level::Level;
use crate::script::{Garbage, Knob, PlannedFact, Script};
use crate::steps::StepTable;
use jiff::Timestamp;
use livshandelse_agency::{Refusal, ReportError, TaskName, v1};
use matter::{Document, Matter, Standing};
use plan::{Due, Plan};
use rules::Rules;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(crate) use answer::instant;
pub use plan::{Message, Outgoing};

/// Matters that are remembered; the oldest is forgotten first.
const MATTERS_LEN_MAX: usize = 100_000;

/// Reports that reach nobody are sent again after so many civil hours…
const AGAIN_HOURS: i64 = 1;

/// …and so many times before they are given up.
const AGAIN_TIMES_MAX: u32 = 48;

/// What comes of a hand-over.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It is answered.
    Answer(Box<v1::PerformStepResponse>),
    /// It is not answered at all.
    Silence,
}

/// All agencies of one level.
#[derive(Debug)]
pub struct Desk {
    level: Level,
    table: StepTable,
    draw: Draw,
    rules: Rules,
    facts: Vec<PlannedFact>,
    matters: BTreeMap<u64, Matter>,
    by_document: BTreeMap<Document, u64>,
    by_task: BTreeMap<String, u64>,
    numbers: BTreeSet<(String, i16, u32)>,
    serial: u64,
    plan: Plan,
    ready: VecDeque<Outgoing>,
    now: Timestamp,
}

impl Desk {
    /// An empty desk. Facts of the script are planned, for the agencies of this level.
    pub fn new(level: Level, table: StepTable, script: Script, seed: u64, now: Timestamp) -> Desk {
        let draw = Draw::new(seed);
        let mut plan = Plan::default();
        let facts: Vec<PlannedFact> = script.facts.into_iter().filter(|fact| level.has(&fact.agency)).collect();
        for (index, fact) in facts.iter().enumerate() {
            let noon = calendar::instant(fact.on.at(12, 0, 0, 0));
            plan.add(noon, &fact.agency, Due::Fact(index));
        }
        Desk {
            level,
            table,
            draw,
            rules: Rules::new(script.rules, draw),
            facts,
            matters: BTreeMap::new(),
            by_document: BTreeMap::new(),
            by_task: BTreeMap::new(),
            numbers: BTreeSet::new(),
            serial: 0,
            plan,
            ready: VecDeque::new(),
            now,
        }
    }

    /// What time it is here. It never goes back.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves time forward; earlier times are ignored. Nothing is done by it.
    pub fn pass_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// When something is due next; `None`: nothing is planned.
    pub fn next_time(&self) -> Option<Timestamp> {
        if self.ready.is_empty() { self.plan.next_time() } else { Some(self.now) }
    }

    /// The level whose agencies these are.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The table of steps.
    pub fn table(&self) -> &StepTable {
        &self.table
    }

    /// Takes a hand-over.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if there is no such agency or step here, or a knob says so.
    pub fn perform(&mut self, handover: v1::PerformStepRequest, now: Timestamp) -> Result<Taken, Refusal> {
        self.pass_to(now);
        let agency = agency_of(&handover.task)?;
        let step = handover.step.clone();
        let life_event = life_event_of(&handover);
        let is_known = self.table.get(life_event, &step).is_some_and(|entry| entry.level == self.level);
        let is_scripted = self.rules.course(&step, &agency).is_some();
        if !self.level.has(&agency) || !(is_known || is_scripted) {
            return Err(Refusal::NoSuchStep { step });
        }
        self.refuse_if_told(&step, &agency, &handover.effect_key)?;
        let key = handover.effect_key.clone();
        let mut fires = |wanted: &Knob| self.rules.fires(&step, &agency, &key, wanted);
        if fires(&Knob::Silent) {
            return Ok(Taken::Silence);
        }
        if fires(&Knob::Garbage(Garbage::Missing)) {
            return Ok(Taken::Answer(Box::default()));
        }
        if fires(&Knob::Garbage(Garbage::UnknownOutcome)) {
            return Ok(Taken::Answer(Box::new(answer::nonsense(handover.civil_time))));
        }

        let document = Document::of(&agency, &handover);
        if let Some(serial) = self.by_document.get(&document).copied() {
            if handover.supplement_number > 0 {
                return Ok(Taken::Answer(Box::new(self.take_supplement(serial, handover))));
            }
            let is_void = self.matters.get(&serial).is_none_or(|matter| matter.standing.is_void());
            if !is_void {
                return Ok(Taken::Answer(Box::new(self.take_again(serial, &handover))));
            }
        }
        Ok(self.take_on(document, handover))
    }

    /// Takes a withdrawal.
    ///
    /// # Errors
    ///
    /// [`Refusal::NeverGot`] if the task is not known, or what a knob says.
    pub fn cancel(
        &mut self,
        withdrawal: &v1::CancelStepRequest,
        now: Timestamp,
    ) -> Result<v1::CancelStepResponse, Refusal> {
        self.pass_to(now);
        let agency = agency_of(&withdrawal.task)?;
        let serial = self.serial_of(&withdrawal.task)?;
        let Some(step) = self.matters.get(&serial).map(|matter| matter.document.step.clone()) else {
            return Err(never_got(&withdrawal.task));
        };
        self.refuse_if_told(&step, &agency, &withdrawal.effect_key)?;
        Ok(self.take_withdrawal(serial))
    }

    /// Tells how a task stands.
    ///
    /// # Errors
    ///
    /// [`Refusal::NeverGot`] if the task is not known.
    pub fn status(
        &mut self,
        question: &v1::GetStepStatusRequest,
        now: Timestamp,
    ) -> Result<v1::GetStepStatusResponse, Refusal> {
        self.pass_to(now);
        let serial = self.serial_of(&question.task)?;
        match self.matters.get(&serial) {
            Some(matter) => Ok(answer::status(matter)),
            None => Err(never_got(&question.task)),
        }
    }

    /// The next thing to send that is due at a time, or before. Time moves to when it
    /// was due. Tell [`Desk::sent`] what came of it.
    pub fn take_due(&mut self, to: Timestamp) -> Option<Outgoing> {
        loop {
            if let Some(outgoing) = self.ready.pop_front() {
                return Some(outgoing);
            }
            let (at, due) = self.plan.take(to)?;
            self.pass_to(at);
            self.do_due(due);
        }
    }

    /// Learns what came of a report.
    pub fn sent(&mut self, outgoing: Outgoing, result: Result<(), ReportError>) {
        match result {
            // A later attempt will be handed over; the matter goes on with it.
            Ok(()) | Err(ReportError::StaleAttempt) => {}
            Err(ReportError::NotReached { .. }) if outgoing.times < AGAIN_TIMES_MAX => {
                let span = jiff::Span::new().hours(AGAIN_HOURS);
                let at = self.now.checked_add(span).unwrap_or(Timestamp::MAX);
                let tie = outgoing.agency.clone();
                self.plan.add(at, &tie, Due::Again(Box::new(outgoing)));
            }
            Err(_) => {
                if let Some(serial) = outgoing.matter {
                    self.plan.forget(serial);
                    if let Some(matter) = self.matters.get_mut(&serial) {
                        matter.rest.clear();
                    }
                }
            }
        }
    }

    fn refuse_if_told(&mut self, step: &str, agency: &str, key: &str) -> Result<(), Refusal> {
        let today = calendar::local(self.now).date();
        let not_now = |why: &str| Refusal::NotNow { why: why.to_owned(), retry_delay: None };
        if self.rules.is_closed(step, agency, today) {
            return Err(not_now("closed"));
        }
        if self.rules.fires(step, agency, key, &Knob::Errors) {
            return Err(not_now("down"));
        }
        if self.rules.fires(step, agency, key, &Knob::Broken) {
            return Err(Refusal::Broken { why: "told to be broken".to_owned() });
        }
        Ok(())
    }

    fn serial_of(&self, task: &str) -> Result<u64, Refusal> {
        self.by_task.get(task).copied().ok_or_else(|| never_got(task))
    }

    fn hours_of(&self, life_event: &str, step: &str, agency: &str) -> Hours {
        let own = self.table.get(life_event, step).map_or(Hours::OFFICE, |entry| entry.hours);
        self.rules.hours(step, agency).unwrap_or(own)
    }

    /// A number nobody has at this agency this year, drawn so that it is the same in
    /// every run.
    fn case_number(&mut self, life_event: &str, document: &Document) -> String {
        let year = calendar::local(self.now).year();
        let diary = self.table.get(life_event, &document.step).map_or("A", |entry| entry.diary.as_str());
        let book = format!("{}/{diary}", document.agency);
        let parts = [&*document.tie(), "number", &year.to_string()];
        let mut number = self.draw.within(1, 99_999, &parts);
        while !self.numbers.insert((book.clone(), year, number)) {
            number += 1;
        }
        format!("{diary} {year}/{number:05}")
    }

    fn remember(&mut self, matter: Matter) -> u64 {
        self.serial += 1;
        let serial = self.serial;
        self.by_document.insert(matter.document.clone(), serial);
        self.by_task.insert(matter.task.clone(), serial);
        self.matters.insert(serial, matter);
        if self.matters.len() > MATTERS_LEN_MAX
            && let Some((oldest, matter)) = self.matters.pop_first()
        {
            self.plan.forget(oldest);
            for task in &matter.tasks {
                self.by_task.remove(task);
            }
            if self.by_document.get(&matter.document) == Some(&oldest) {
                self.by_document.remove(&matter.document);
            }
        }
        serial
    }
}

fn never_got(task: &str) -> Refusal {
    Refusal::NeverGot { task: task.to_owned() }
}

/// The slug of the life event that a hand-over belongs to.
fn life_event_of(handover: &v1::PerformStepRequest) -> &str {
    handover.life_event.strip_prefix("lifeEvents/").unwrap_or(&handover.life_event)
}

fn agency_of(task: &str) -> Result<String, Refusal> {
    match TaskName::parse(task) {
        Ok(name) => Ok(name.agency.to_owned()),
        Err(not_a_name) => Err(Refusal::WrongFields { fields: vec![("task".to_owned(), not_a_name.to_string())] }),
    }
}

/// What a matter that is asked for something waits for.
fn is_waiting(matter: &Matter) -> bool {
    matches!(matter.standing, Standing::Asked(_))
}
