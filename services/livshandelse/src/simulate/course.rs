//! The course of one sample: commands at their times, and how the case stands after each.

use super::desk::{self, Paper};
use super::{Band, Deed, Happening, Mark, NearClock, Played, Row, What};
use crate::demo::people::{PATIENCE_DAYS, fitting};
use crate::demo::story::{Act, Entry, Story};
use livshandelse_core::case::{ClockState, FactReport, Mandate, Stage, Step, StepState};
use livshandelse_core::command::{Actor, Command, Report, Request};
use livshandelse_core::decide::Facts;
use livshandelse_core::definition::{ClockKind, Definition, FactKind, Members, MetBy, Reception, Role, StepKind};
use livshandelse_core::event::Record;
use livshandelse_core::id::{CaseId, PartyId, RequestId, Sequence, Slug, StepId, Subject};
use livshandelse_core::status::{Turn, days_until, turn_of, unfulfilled};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Values;
use livshandelse_core::{Case, Decision, Effect, Rejection, decide};
use livshandelse_workflows::sample::{Deed as SampleDeed, Who};
use livshandelse_workflows::{Bundle, Sample, registry, values_from_json};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The id of the case that is played. It is never stored.
const CASE: CaseId = CaseId([1; 16]);
/// Moments at the most: cases of a few years need some hundreds.
const MOMENTS_MAX: usize = 5_000;
/// Rounds at one moment at the most.
const ROUNDS_MAX: usize = 200;
/// How often the story's answers are put off to the next day at the most, because nothing is asked yet.
const PUT_OFFS_MAX: usize = 120;

/// Something that waits for somebody.
struct Asked {
    /// When they get round to it.
    at: CivilTime,
    /// The step.
    step: StepId,
    /// Who: a person, or the agency that tells when its fee is paid.
    of: Actor,
}

/// A sample under way.
pub(super) struct Course<'a> {
    bundle: &'a Bundle,
    sample: &'a Sample,
    case: Case,
    now: CivilTime,
    story: Story,
    papers: BTreeSet<Paper>,
    requests: u64,
    put_offs: usize,
    bands: BTreeMap<StepId, Vec<Band>>,
    marks: BTreeMap<StepId, Vec<Mark>>,
    states: BTreeMap<StepId, StepState>,
    opened: Vec<StepId>,
    facts: Vec<Happening>,
    refused: Vec<String>,
}

impl<'a> Course<'a> {
    pub(super) fn new(bundle: &'a Bundle, sample: &'a Sample) -> Result<Course<'a>, String> {
        let story = Story::of(std::iter::once(sample));
        let now = story.next().ok_or_else(|| "the sample has no beginning".to_owned())?;
        Ok(Course {
            bundle,
            sample,
            case: Case::absent(),
            now,
            story,
            papers: BTreeSet::new(),
            requests: 0,
            put_offs: 0,
            bands: BTreeMap::new(),
            marks: BTreeMap::new(),
            states: BTreeMap::new(),
            opened: Vec::new(),
            facts: Vec::new(),
            refused: Vec::new(),
        })
    }

    fn definition(&self) -> &'a Definition {
        &self.bundle.definition
    }

    pub(super) fn run(mut self) -> Result<Played, String> {
        let start = self.now;
        for _ in 0..MOMENTS_MAX {
            self.act()?;
            if matches!(self.case.stage, Stage::Ended(_)) {
                break;
            }
            let asked = self.asked().into_iter().map(|asked| asked.at).filter(|at| *at > self.now).min();
            let paper = self.papers.first().map(|paper| paper.at);
            let next = [self.case.wakes_at(), self.story.next(), paper, asked].into_iter().flatten().min();
            let Some(next) = next else { break };
            self.now = next.max(self.now);
        }
        Ok(self.played(start))
    }

    /// Everything that is due now, until nothing more is.
    fn act(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS_MAX {
            let mut has_acted = false;
            while let Some(wake) = self.case.wakes_at().filter(|wake| *wake <= self.now) {
                let before = self.case.sequence;
                self.ask(Actor::Time, Command::PassTime).map_err(|rejection| rejection.to_string())?;
                if self.case.sequence == before {
                    return Err(format!("nothing happens at the wake-up of {wake}"));
                }
                has_acted = true;
            }
            while let Some(entry) = self.story.due(self.now) {
                has_acted |= self.entry(entry)?;
            }
            while let Some(paper) = self.papers.first().filter(|paper| paper.at <= self.now).cloned() {
                self.papers.remove(&paper);
                has_acted |= self.paper(&paper);
            }
            let due: Vec<Asked> = self.asked().into_iter().filter(|asked| asked.at <= self.now).collect();
            for asked in due {
                let result = match asked.of {
                    Actor::Agency(_) => self.pay(asked.of, &asked.step),
                    person => self.answer(&asked.step, person, &serde_json::Map::new()),
                };
                has_acted |= result.is_ok();
            }
            if !has_acted || matches!(self.case.stage, Stage::Ended(_)) {
                return Ok(());
            }
        }
        Err(format!("on {} the same things happen again and again", self.now.date()))
    }

    fn ask(&mut self, actor: Actor, command: Command) -> Result<(), Rejection> {
        self.requests += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.requests.to_be_bytes());
        let id = (actor != Actor::Time).then_some((RequestId(id), [0; 16]));
        let request = Request { id, actor, purpose: "simulate".to_owned(), command };
        let facts = Facts { registry: registry(), case: CASE, quiet_to: None };
        let Decision { events, effects, answer, .. } =
            decide(self.definition(), &self.case, &facts, &request, self.now);
        if !events.is_empty() {
            let sequence = Sequence(self.case.sequence.0 + 1);
            let Request { actor, purpose, .. } = request;
            let record = Record { sequence, at: self.now, actor, purpose, events, effects: effects.clone() };
            self.case.apply_record(&record).map_err(Rejection::Inconsistent)?;
            self.note();
            for effect in &effects {
                self.hand_over(effect);
            }
        }
        answer.map(|_| ())
    }

    fn hand_over(&mut self, effect: &Effect) {
        // Nobody is told anything here.
        let (Some(step), Some(agency), Some(attempt)) = (effect.step(), effect.agency(), effect.attempt()) else {
            return;
        };
        let Some(known) = self.definition().step(&step.slug) else { return };
        let is_cancel = matches!(effect, Effect::CancelStep { .. });
        let patience = desk::patience(self.sample, agency, known);
        let at = CivilTime::noon(patience.after(self.now.date())).max(self.now);
        self.papers.insert(Paper { at, step: step.clone(), attempt, agency: agency.clone(), is_cancel });
        let arrives =
            self.definition().agency(&known.agency).is_some_and(|agency| agency.reception == Reception::Agency);
        if arrives && !is_cancel {
            let report = Report::Arrived { case_number: None, at: self.now };
            let command = Command::Report { step: step.clone(), attempt, arrival: None, report };
            // An agency that has it already says nothing new.
            drop(self.ask(Actor::Agency(agency.clone()), command));
        }
    }

    fn paper(&mut self, paper: &Paper) -> bool {
        let Some(step) = self.case.step(&paper.step) else { return false };
        let Some(known) = self.definition().step(&paper.step.slug) else { return false };
        let report = if paper.is_cancel {
            Some(Report::Closed { words: String::new() })
        } else {
            desk::answer(self.definition(), &self.case, known, step, self.now)
        };
        let Some(report) = report else { return false };
        let command = Command::Report { step: paper.step.clone(), attempt: paper.attempt, arrival: None, report };
        let is_done = self.ask(Actor::Agency(paper.agency.clone()), command).is_ok();
        if self.case.step(&paper.step).is_some_and(|step| step.state == StepState::InExecution) && !paper.is_cancel {
            let at = CivilTime::noon(desk::carrying_out().after(self.now.date()));
            self.papers.insert(Paper { at, ..paper.clone() });
        }
        is_done
    }

    fn entry(&mut self, entry: Entry) -> Result<bool, String> {
        let party_of = |number: &str| party_of(number);
        let Act::Deed { actor, deed } = &entry.act else {
            let filing = self.sample.filing(self.definition(), &party_of);
            let filing = filing.map_err(|wrong| {
                wrong.first().map(|field| format!("{}: {}", field.path, field.problem)).unwrap_or_default()
            })?;
            let filer = filing.parties.iter().find(|party| party.role == Role::Applicant).or(filing.parties.first());
            let actor = Actor::Person(filer.map_or(PartyId([0; 16]), |party| party.id));
            self.ask(actor, Command::CreateCase(filing)).map_err(|rejection| rejection.to_string())?;
            return Ok(true);
        };
        if matches!(self.case.stage, Stage::Ended(_)) {
            return Ok(false);
        }
        let Some(who) = self.actor(actor) else {
            self.refused.push(format!("{}: nobody is `{actor}`", self.now.date()));
            return Ok(false);
        };
        let result = match deed {
            SampleDeed::Fact(fact) => {
                let report = self.sample.fact_report(fact, self.now, &party_of);
                let what = What::Fact(report.kind);
                let happening = Happening { at: report.occurred_at, what, role: fact.party, number: report.child.0 };
                let result = self.ask(who, Command::ReportFact(report));
                if result.is_ok() {
                    self.facts.push(happening);
                }
                result
            }
            SampleDeed::Join { who: joiner, mandate, input } => self.join(who, *joiner, mandate.as_ref(), input),
            SampleDeed::Answer { step, input } => self.answer(step, who, input),
            SampleDeed::Add(step) => self.ask(who, Command::AddStep { step: step.clone() }),
            SampleDeed::Withdraw(step) => self.ask(who, Command::WithdrawStep { step: step.clone() }),
        };
        match result {
            Ok(()) => Ok(true),
            Err(Rejection::NotAsked { .. } | Rejection::NotAddable { .. } | Rejection::NotWithdrawable { .. })
                if self.put_offs < PUT_OFFS_MAX =>
            {
                // Nothing is asked yet; people try again the next day.
                self.put_offs += 1;
                self.story.put_off(Entry { at: self.now.plus_hours(24), ..entry });
                Ok(false)
            }
            Err(rejection) => {
                self.refused.push(format!("{}: {rejection}", self.now.date()));
                Ok(false)
            }
        }
    }

    /// Who acts by a word of the story: somebody of the sample, or `agency:` and a resolved slug.
    fn actor(&self, word: &str) -> Option<Actor> {
        match word.strip_prefix("agency:") {
            Some(slug) => Slug::new(slug).ok().map(Actor::Agency),
            None => {
                self.sample.case.person(Who::parse(word)?).map(|party| Actor::Person(party_of(&party.identity_number)))
            }
        }
    }

    /// Somebody comes into the case. One who shows a mandate brings the applicant along, when she is not there yet.
    fn join(
        &mut self,
        actor: Actor,
        who: Who,
        mandate: Option<&Mandate>,
        input: &Map<String, Value>,
    ) -> Result<(), Rejection> {
        let person = |who: Who| self.sample.case.person(who).map(|party| party.as_new(&|number| party_of(number)));
        let mut party = person(who).ok_or(Rejection::NoSuchCase)?;
        if mandate.is_some() {
            // A helper, or another party, who shows one comes as a representative too.
            party.role = Role::Representative;
        }
        let has_applicant = self.case.applicant().is_some();
        let brings = mandate.is_some() && !has_applicant;
        let represented = if brings { person(Who { role: Role::Applicant, number: 1 }) } else { None };
        let role = party.role;
        let input = self.sample.answers(self.definition(), input, &party_of).map_err(Rejection::WrongFields)?;
        self.ask(actor, Command::JoinCase { party, mandate: mandate.cloned(), represented, input })?;
        self.facts.push(Happening { at: self.now, what: What::Joined, role: Some(role), number: 0 });
        Ok(())
    }

    /// Somebody pays, and the agency that asked tells so.
    fn pay(&mut self, agency: Actor, id: &StepId) -> Result<(), Rejection> {
        let report = FactReport {
            kind: FactKind::Paid,
            child: Subject::WHOLE,
            party: None,
            step: Some(id.clone()),
            occurred_at: self.now,
            municipality: None,
            values: Values::new(),
        };
        self.ask(agency, Command::ReportFact(report))
    }

    /// Answers what a step asks: as told, and when nothing is told with what fits.
    fn answer(
        &mut self,
        id: &StepId,
        person: Actor,
        told: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), Rejection> {
        let no_step = || Rejection::NoSuchStep { step: id.clone() };
        let known = self.definition().step(&id.slug).ok_or_else(no_step)?;
        let step = self.case.step(id).ok_or_else(no_step)?;
        let mut values = told.clone();
        if let Some(form) = &known.form
            && told.is_empty()
        {
            let missing: Vec<_> = form.missing(&step.input).cloned().collect();
            let fields = form.fields.iter().filter(|field| missing.contains(&field.slug));
            values = fitting(fields, self.now.date(), &self.case.municipality);
        }
        let input = match &known.form {
            Some(form) => values_from_json(form, "input", &values, &|number: &str| Ok(party_of(number)))
                .map_err(Rejection::WrongFields)?,
            None => Values::new(),
        };
        self.ask(person, Command::SubmitInput { step: id.clone(), input })
    }

    /// What waits for a person, that no story answers. What is optional, people leave.
    fn asked(&self) -> Vec<Asked> {
        self.case.steps.iter().filter_map(|step| self.asked_in(step)).collect()
    }

    fn asked_in(&self, step: &Step) -> Option<Asked> {
        let known = self.definition().step(&step.id.slug)?;
        let at = CivilTime::noon(step.as_of.date()).plus_hours(24 * PATIENCE_DAYS);
        let id = step.id.clone();
        if step.asked.as_ref().is_some_and(|asked| asked.ask.is_payment()) {
            return step.agency.clone().map(|agency| Asked { at, step: id, of: Actor::Agency(agency) });
        }
        let is_open = match step.state {
            StepState::WaitingForApplicant => true,
            StepState::Ready | StepState::Draft => known.is_mandatory && known.kind != StepKind::Information,
            _ => false,
        };
        let role = match turn_of(self.definition(), &self.case, step) {
            Turn::Applicant => Role::Applicant,
            Turn::Helper => Role::Helper,
            Turn::CoParty => {
                let signers = known.signed_by.iter().filter(|role| !matches!(role, Role::Applicant | Role::Helper));
                signers.copied().find(|role| !step.signed_by.contains(role))?
            }
            Turn::Agency | Turn::OtherAgency | Turn::Nobody => return None,
        };
        let group = self.definition().group_of(known).map(|group| &group.members);
        let number = match group {
            Some(Members::Parties(of)) if *of == role => usize::from(id.subject.0.max(1)),
            Some(Members::Parties(_) | Members::Counted(_) | Members::Times { .. }) | None => 1,
        };
        if !is_open || self.story.answers(0, &id, Who { role, number }) {
            return None;
        }
        let own = self.case.parties.iter().filter(|party| party.role == role).nth(number - 1)?;
        let today = self.now.date();
        let holder = self.case.mandates.iter().find(|held| self.case.mandate_for(held.party, known, today).is_some());
        let person = holder.filter(|_| role == Role::Applicant).map_or(own.id, |held| held.party);
        Some(Asked { at, step: id, of: Actor::Person(person) })
    }

    /// Notes how every step stands after a record.
    fn note(&mut self) {
        let steps: Vec<_> = self.case.steps.clone();
        for step in &steps {
            let is_information =
                self.definition().step(&step.id.slug).is_none_or(|known| known.kind == StepKind::Information);
            let before = self.states.insert(step.id.clone(), step.state);
            if is_information {
                continue;
            }
            let turn = if step.state.is_over() || step.state == StepState::Blocked {
                Turn::Nobody
            } else {
                turn_of(self.definition(), &self.case, step)
            };
            if step.state != StepState::Blocked && !self.opened.contains(&step.id) && !step.state.is_over() {
                self.opened.push(step.id.clone());
            }
            let is_done = step.state.is_over() && before.is_some_and(|before| !before.is_over());
            if is_done && step.filed_at.is_none() && step.state == StepState::Done && !self.opened.contains(&step.id) {
                // Done by something that happened, without ever being anybody's turn.
                self.opened.push(step.id.clone());
            }
            self.mark(step, before);
            let bands = self.bands.entry(step.id.clone()).or_default();
            match bands.last_mut() {
                Some(last) if last.turn == turn => last.to = self.now,
                Some(last) => {
                    last.to = self.now;
                    bands.push(Band { from: self.now, to: self.now, turn });
                }
                None => bands.push(Band { from: self.now, to: self.now, turn }),
            }
        }
    }

    fn mark(&mut self, step: &Step, before: Option<StepState>) {
        let marks = self.marks.entry(step.id.clone()).or_default();
        let mut add = |at: Option<CivilTime>, deed: Deed| {
            if let Some(at) = at
                && !marks.contains(&Mark { at, deed })
            {
                marks.push(Mark { at, deed });
            }
        };
        add(step.filed_at, Deed::Filed);
        add(step.arrived_at, Deed::Arrived);
        add(step.decided_at, Deed::Decided);
        let now = Some(self.now);
        match (before, step.state) {
            (Some(StepState::InExecution), StepState::Done) => add(now, Deed::Executed),
            (Some(before), StepState::Done) if !before.is_over() && step.decided_at.is_none() => {
                add(now, Deed::Decided)
            }
            (Some(before), StepState::NotNeeded) if !before.is_over() && before != StepState::Blocked => {
                add(now, Deed::NotNeeded);
            }
            _ => {}
        }
    }

    fn played(mut self, start: CivilTime) -> Played {
        let end = self.case.ended_at.unwrap_or(self.now).max(start);
        for bands in self.bands.values_mut() {
            if let Some(last) = bands.last_mut() {
                last.to = end;
            }
        }
        let attention = i64::from(self.definition().parts().attention_days);
        let mut rows = Vec::new();
        for id in &self.opened {
            let Some(step) = self.case.step(id) else { continue };
            let mut marks = self.marks.remove(id).unwrap_or_default();
            marks.sort_by_key(|mark| (mark.at, mark.deed));
            let bands = self.bands.remove(id).unwrap_or_default();
            let bands = bands.into_iter().filter(|band| band.turn != Turn::Nobody && band.to > band.from).collect();
            let clocks = near_clocks(self.definition(), step, attention);
            rows.push(Row { step: id.clone(), bands, marks, clocks });
        }
        let unopened =
            self.case.steps.iter().map(|step| step.id.clone()).filter(|id| !self.opened.contains(id)).collect();
        let ended = match self.case.stage {
            Stage::Ended(end) => Some(end),
            Stage::Absent | Stage::Draft | Stage::Open => None,
        };
        let unfulfilled = unfulfilled(self.definition(), &self.case).map(|step| step.id.clone()).collect();
        Played { start, end, ended, unfulfilled, rows, facts: self.facts, unopened, refused: self.refused }
    }
}

/// The clocks of a step that passed, or were met in the last days.
fn near_clocks(definition: &Definition, step: &Step, attention_days: i64) -> Vec<NearClock> {
    let known = definition.step(&step.id.slug);
    // The time to appeal a yes always runs out; nobody minds.
    let is_appeal =
        |slug| known.and_then(|known| known.clock(slug)).is_some_and(|clock| clock.kind == ClockKind::Appeal);
    let near = |clock: &&livshandelse_core::case::Clock| match clock.state {
        ClockState::Passed => true,
        ClockState::Met => {
            let met_by = known.and_then(|known| known.clock(&clock.slug)).map(|clock| clock.met_by);
            let at = match met_by {
                Some(MetBy::Filed) => step.filed_at,
                Some(MetBy::Decided) => step.decided_at,
                Some(MetBy::Executed | MetBy::Nothing) | None => None,
            };
            at.is_some_and(|at| days_until(at.date(), clock.last_day) <= attention_days)
        }
        ClockState::Running | ClockState::Stopped => false,
    };
    let all = step.clocks.iter().filter(|clock| !is_appeal(&clock.slug)).filter(near);
    all.map(|clock| NearClock {
        clock: clock.slug.to_string(),
        last_day: clock.last_day,
        has_passed: clock.state == ClockState::Passed || clock.passed_count > 0,
    })
    .collect()
}

/// The party of an identity number, in a play that nobody stores.
fn party_of(identity_number: &str) -> PartyId {
    let mut bytes = [0; 16];
    for (byte, digit) in bytes.iter_mut().zip(identity_number.bytes()) {
        *byte = digit;
    }
    PartyId(bytes)
}
