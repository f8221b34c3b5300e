//! Plays the samples: their people start cases and answer, their registers report, time moves between.

use crate::cli::case_input::{self, message, structure};
use crate::connect::{Identity, Known, agency_work, cases};
use crate::demo::conductor::Conductor;
use crate::demo::people::{self, Asked};
use crate::demo::story::{self, Act, Entry, Story};
use crate::demo::table::Table;
use crate::fail::Failure;
use crate::output::Output;
use crate::show::changes::Followed;
use crate::system;
use livshandelse_core::definition::{Definition, Role};
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::{
    self as pb, AddStepRequest, Case, CaseState, CreateCaseRequest, GetCaseRequest, GetTaskByCaseNumberRequest,
    JoinCaseRequest, ReportFactRequest, Step, StepState, SubmitInputRequest, WithdrawStepRequest,
};
use livshandelse_workflows::sample::{Deed, SampleFact, Who};
use livshandelse_workflows::{Bundle, Sample};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// Moments that time may be moved to at most: five cases of a year or two need a tenth.
const MOMENTS_MAX: usize = 20_000;
/// Rounds without moving time at most: then nothing that is done changes anything.
const ROUNDS_AT_ONE_MOMENT_MAX: usize = 60;
/// How often an answer of a story is put off to the next day because nothing is asked yet.
const PUT_OFFS_MAX: usize = 60;

/// A sample and its case.
#[derive(Debug)]
pub(crate) struct Player {
    /// The sample.
    pub(crate) sample: Sample,
    /// Its case, as its applicant sees it.
    pub(crate) followed: Followed,
    /// The case's name, once it has begun.
    pub(crate) name: Option<String>,
    /// Who has come into the case since.
    joined: Vec<Who>,
    life_event: String,
    definition: Arc<Definition>,
}

impl Player {
    /// Whether somebody of the sample is in the case.
    fn has(&self, who: Who) -> bool {
        let filed = self.sample.case.parties.iter().filter(|party| party.role == who.role).count();
        who.number <= filed || self.joined.contains(&who)
    }

    /// Whose case it is: the applicant's, or the helper's who filed it as long as she has not come in.
    pub(crate) fn owner(&self) -> Who {
        let applicant = Who { role: Role::Applicant, number: 1 };
        if self.has(applicant) { applicant } else { Who { role: Role::Helper, number: 1 } }
    }

    /// Whether somebody acts for an applicant whom he brought along.
    fn representative(&self) -> Option<Who> {
        self.joined.iter().copied().find(|who| who.role == Role::Representative)
    }

    /// Whom a fact is about that does not say: whom the life event is about.
    fn about(&self) -> Who {
        Who { role: self.definition.parts().about, number: 1 }
    }
}

/// A person as a word: who has done what is kept by it.
fn word(who: Who) -> String {
    format!("{}.{}", who.role.slug(), who.number)
}

/// The play.
pub(crate) struct Play {
    /// The samples.
    pub(crate) players: Vec<Player>,
    story: Story,
    portal: Channel,
    agency_port: Channel,
    conductor: Conductor,
    table: Table,
    language_code: String,
    pace: Duration,
    now: CivilTime,
    /// What has been answered, so that a refused answer is not given for ever.
    answered: BTreeSet<(usize, StepId, String, u32)>,
    put_offs: usize,
}

/// How the play ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Cases begun.
    pub(crate) cases: usize,
    /// Cases ended.
    pub(crate) done: usize,
    /// Steps done in them.
    pub(crate) steps_done: usize,
    /// Agencies that had something to do.
    pub(crate) agencies: usize,
}

impl Play {
    /// Prepares a play.
    pub(crate) fn new(
        bundles: &[Bundle],
        portal: Channel,
        agency_port: Channel,
        conductor: Conductor,
        output: Output,
        pace: Duration,
    ) -> Play {
        Play {
            story: Story::of(bundles.iter().flat_map(|bundle| &bundle.samples)),
            players: bundles
                .iter()
                .flat_map(|bundle| {
                    bundle.samples.iter().map(|sample| Player {
                        sample: sample.clone(),
                        followed: Followed::default(),
                        name: None,
                        joined: Vec::new(),
                        life_event: bundle.definition.revision().life_event.to_string(),
                        definition: bundle.definition.clone(),
                    })
                })
                .collect(),
            portal,
            agency_port,
            conductor,
            table: Table::new(output),
            language_code: output.language().code().to_owned(),
            pace,
            now: CivilTime(0),
            answered: BTreeSet::new(),
            put_offs: 0,
        }
    }

    /// Plays until every case has ended, or nothing more can happen. `is_alive` is asked before each moment.
    ///
    /// # Errors
    ///
    /// If a process has gone, does not answer, or refuses what it must take.
    pub(crate) async fn run(&mut self, mut is_alive: impl FnMut() -> Result<(), Failure>) -> Result<Outcome, Failure> {
        // Agencies do not know what day it is before they are told.
        let begin = self.conductor.settle().await?.now;
        self.conductor.advance(begin).await?;
        for _moment in 0..MOMENTS_MAX {
            let mut next = None;
            for round in 0.. {
                if round > ROUNDS_AT_ONE_MOMENT_MAX {
                    return Err(Failure::Own(format!("at {} the same things happen again and again", self.now)));
                }
                is_alive()?;
                let stillness = self.conductor.settle().await?;
                self.now = stillness.now;
                next = stillness.next;
                self.refresh().await?;
                self.table.draw(&self.players, self.now);
                if !self.act().await? {
                    break;
                }
            }
            if self.players.iter().all(|player| player.followed.case().is_some_and(has_ended)) {
                break;
            }
            let later = self.asked().into_iter().map(|(_, asked)| asked.at).filter(|at| *at > self.now).min();
            let Some(to) = [next, self.story.next(), later].into_iter().flatten().min() else { break };
            // Something due earlier than now is due now: moving there does it.
            self.conductor.advance(to.max(self.now)).await?;
            if !self.pace.is_zero() {
                tokio::time::sleep(self.pace).await;
            }
        }
        self.table.finish(&self.players, self.now);
        Ok(self.outcome())
    }

    /// Lets people and registers do what is due. Says whether anybody did anything.
    async fn act(&mut self) -> Result<bool, Failure> {
        let mut has_acted = false;
        while let Some(entry) = self.story.due(self.now) {
            has_acted |= self.play(entry).await?;
        }
        for (number, asked) in self.asked() {
            if people::is_due(&asked, self.now) {
                has_acted |= self.answer_asked(number, asked).await?;
            }
        }
        Ok(has_acted)
    }

    /// What is asked in the cases, that no story answers.
    fn asked(&self) -> Vec<(usize, Asked)> {
        let mut all = Vec::new();
        for (number, player) in self.players.iter().enumerate() {
            let Some(case) = player.followed.case().filter(|case| !has_ended(case)) else { continue };
            for mut asked in people::asked(case, &player.definition, self.now) {
                let is_hers = asked.who == player.owner() && asked.who.role == Role::Applicant;
                if let Some(representative) = player.representative().filter(|_| is_hers) {
                    asked.who = representative;
                }
                let key = (number, asked.step.clone(), word(asked.who), asked.supplement);
                let is_there = player.has(asked.who);
                if is_there && !self.answered.contains(&key) && !self.story.answers(number, &asked.step, asked.who) {
                    all.push((number, asked));
                }
            }
        }
        all
    }

    async fn play(&mut self, entry: Entry) -> Result<bool, Failure> {
        let number = entry.sample;
        let Act::Deed { actor, deed } = &entry.act else {
            self.start(number).await?;
            return Ok(true);
        };
        if self.players[number].followed.case().is_some_and(has_ended) {
            return Ok(false);
        }
        if let Deed::Join { who, mandate, input } = deed {
            return match self.join(number, actor, *who, mandate.as_ref(), input).await {
                Ok(()) => Ok(true),
                Err(status) => {
                    self.complain(number, &status);
                    Ok(false)
                }
            };
        }
        let Some(who) = Who::parse(actor) else {
            return match self.report(number, actor, deed).await? {
                true => Ok(true),
                false => Ok(self.put_off(entry)),
            };
        };
        let result = match deed {
            Deed::Fact(_) | Deed::Join { .. } => Ok(()),
            Deed::Answer { step, input } => {
                let supplement = self.open_supplement(number, step);
                let mut input = input.clone();
                if self.is_offer(number, step) {
                    input.extend(people::yes());
                }
                let result = self.submit(number, who, step, supplement, &input).await;
                if result.is_ok() {
                    self.answered.insert((number, step.clone(), word(who), supplement));
                }
                result
            }
            Deed::Add(step) => self.add(number, who, step).await,
            Deed::Withdraw(step) => self.withdraw(number, who, step).await,
        };
        match result {
            Ok(()) => Ok(true),
            Err(status) if status.code() == Code::FailedPrecondition && self.put_offs < PUT_OFFS_MAX => {
                Ok(self.put_off(entry))
            }
            Err(status) => {
                self.complain(number, &status);
                Ok(false)
            }
        }
    }

    /// Nothing is asked yet; people try again the next day. Says that nothing was done.
    fn put_off(&mut self, entry: Entry) -> bool {
        if self.put_offs < PUT_OFFS_MAX {
            self.put_offs += 1;
            self.story.put_off(Entry { at: self.now.plus_hours(24), ..entry });
        }
        false
    }

    /// Somebody comes into a case: by himself, or through an agency that took her word.
    async fn join(
        &mut self,
        number: usize,
        actor: &str,
        who: Who,
        mandate: Option<&livshandelse_core::case::Mandate>,
        input: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), Status> {
        let player = &self.players[number];
        let case = &player.sample.case;
        let person = |who: Who| case.person(who).map(case_input::joiner);
        let applicant = Who { role: Role::Applicant, number: 1 };
        // Who shows a mandate comes as a representative, also when he helps already.
        let brings = (who.role == Role::Representative || mandate.is_some()) && !player.has(applicant);
        let role = if mandate.is_some() { Role::Representative } else { who.role };
        let party = person(who).map(|party| pb::Party { role: case_input::role(role).into(), ..party });
        let request = JoinCaseRequest {
            name: player.name.clone().unwrap_or_default(),
            party,
            mandate: mandate.map(case_input::mandate),
            represented: if brings { person(applicant) } else { None },
            input: (!input.is_empty()).then(|| case_input::structure(input)),
            request_id: system::request_id(),
            etag: String::new(),
            language_code: self.language_code.clone(),
            ..JoinCaseRequest::default()
        };
        let mut client = match Who::parse(actor) {
            Some(actor) => self.client(number, actor).map_err(internal)?,
            None => {
                let identity = Identity::new(actor, "took her word").map_err(internal)?;
                cases(self.portal.clone(), identity)
            }
        };
        client.join_case(request).await?;
        let player = &mut self.players[number];
        player.joined.push(who);
        if brings {
            player.joined.push(applicant);
        }
        let sample = player.sample.name.to_string();
        self.table.say(&sample, &format!("{} joins ({actor})", who.role.slug()), self.now, false);
        Ok(())
    }

    async fn start(&mut self, number: usize) -> Result<(), Failure> {
        let player = &self.players[number];
        let mut client = self.client(number, player.owner())?;
        let request = CreateCaseRequest {
            case: Some(message(&player.life_event, &player.sample.case)),
            request_id: system::request_id(),
            validate_only: false,
            language_code: self.language_code.clone(),
            etag: String::new(),
            ..CreateCaseRequest::default()
        };
        let case = client.create_case(request).await?.into_inner();
        let player = &mut self.players[number];
        player.name = Some(case.name.clone());
        let changed = player.followed.whole(case);
        let name = player.sample.name.to_string();
        self.table.note(&name, &self.players[number].followed, &changed, self.now);
        Ok(())
    }

    async fn report(&mut self, number: usize, actor: &str, deed: &Deed) -> Result<bool, Failure> {
        let (Some(agency), Deed::Fact(told)) = (actor.strip_prefix("agency:"), deed) else {
            return Err(Failure::Own(format!(
                "sample {}: `{actor}` can only report facts",
                self.players[number].sample.name
            )));
        };
        let player = &self.players[number];
        let about = told.party.map_or(player.about(), |role| Who { role, number: 1 });
        let person = player.sample.case.person(about);
        let identity_number = person.map(|person| person.identity_number.clone()).unwrap_or_default();
        let mut client = agency_work(self.agency_port.clone(), Identity::new(actor, "report a fact")?);
        let task = match &told.step {
            None => None,
            Some(step) => match self.task_of(number, agency, step).await? {
                Some(task) => Some(task),
                // The agency has not had it yet.
                None => return Ok(false),
            },
        };
        let request = ReportFactRequest {
            parent: format!("agencies/{agency}"),
            request_id: system::request_id(),
            fact: Some(story::fact(told, &identity_number, task, self.now)),
        };
        client.report_fact(request).await?;
        let text = words_of(told);
        let sample = self.players[number].sample.name.to_string();
        self.table.say(&sample, &format!("{text} ({agency})"), self.now, false);
        Ok(true)
    }

    /// The task by which an agency knows a step, found as the agency finds it: by its own number of the matter.
    async fn task_of(&self, number: usize, agency: &str, step: &StepId) -> Result<Option<String>, Failure> {
        let known = self.step(number, step).map(|step| step.agency_case_number.clone());
        let Some(agency_case_number) = known.filter(|number| !number.is_empty()) else { return Ok(None) };
        let identity = Identity::new(&format!("agency:{agency}"), "find a matter")?;
        let request = GetTaskByCaseNumberRequest { parent: format!("agencies/{agency}"), agency_case_number };
        let task = agency_work(self.agency_port.clone(), identity).get_task_by_case_number(request).await?;
        Ok(Some(task.into_inner().name))
    }

    async fn answer_asked(&mut self, number: usize, asked: Asked) -> Result<bool, Failure> {
        let mut values = asked.values.clone();
        if self.is_offer(number, &asked.step) {
            values = people::yes();
        }
        let key = (number, asked.step.clone(), word(asked.who), asked.supplement);
        self.answered.insert(key);
        match self.submit(number, asked.who, &asked.step, asked.supplement, &values).await {
            Ok(()) => Ok(true),
            // Of several who sign one is tried after the other: this one has.
            Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
            Err(status) => {
                self.complain(number, &status);
                Ok(false)
            }
        }
    }

    async fn submit(
        &mut self,
        number: usize,
        who: Who,
        step: &StepId,
        supplement_number: u32,
        values: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), Status> {
        let request = SubmitInputRequest {
            name: self.step_name(number, step),
            values: Some(structure(values)),
            request_id: system::request_id(),
            etag: String::new(),
            supplement_number,
            language_code: self.language_code.clone(),
            ..SubmitInputRequest::default()
        };
        self.client(number, who).map_err(internal)?.submit_input(request).await?;
        Ok(())
    }

    async fn add(&mut self, number: usize, who: Who, step: &StepId) -> Result<(), Status> {
        let request = AddStepRequest {
            name: self.step_name(number, step),
            request_id: system::request_id(),
            etag: String::new(),
            language_code: self.language_code.clone(),
            ..AddStepRequest::default()
        };
        self.client(number, who).map_err(internal)?.add_step(request).await?;
        Ok(())
    }

    async fn withdraw(&mut self, number: usize, who: Who, step: &StepId) -> Result<(), Status> {
        let request = WithdrawStepRequest {
            name: self.step_name(number, step),
            request_id: system::request_id(),
            etag: String::new(),
            language_code: self.language_code.clone(),
            ..WithdrawStepRequest::default()
        };
        self.client(number, who).map_err(internal)?.withdraw_step(request).await?;
        Ok(())
    }

    /// Says what was refused: a demonstration that hides it would be none.
    fn complain(&mut self, number: usize, status: &Status) {
        let sample = self.players[number].sample.name.to_string();
        self.table.say(&sample, &format!("{:?}: {}", status.code(), status.message()), self.now, true);
    }

    /// Reads every case that has moved and not ended.
    async fn refresh(&mut self) -> Result<(), Failure> {
        for number in 0..self.players.len() {
            let player = &self.players[number];
            let (Some(name), false) = (player.name.clone(), player.followed.case().is_some_and(has_ended)) else {
                continue;
            };
            let mut client = self.client(number, player.owner())?;
            // A list is cheap beside a case with all its steps; most cases stand still most of the time.
            let known = player.followed.case().map(|case| case.sequence);
            let list =
                pb::ListCasesRequest { language_code: self.language_code.clone(), ..pb::ListCasesRequest::default() };
            let listed = client.list_cases(list).await?.into_inner().cases;
            let newest = listed.iter().find(|case| case.name == name).map(|case| case.sequence);
            if newest.is_some() && newest == known {
                continue;
            }
            let request =
                GetCaseRequest { name, language_code: self.language_code.clone(), ..GetCaseRequest::default() };
            let case = client.get_case(request).await?.into_inner();
            let player = &mut self.players[number];
            let changed = player.followed.whole(case);
            let sample = player.sample.name.to_string();
            self.table.note(&sample, &self.players[number].followed, &changed, self.now);
        }
        Ok(())
    }

    fn client(&self, number: usize, who: Who) -> Result<CaseServiceClient<Known>, Failure> {
        let sample = &self.players[number].sample;
        let person = sample.case.person(who);
        let person = person.ok_or_else(|| Failure::Own(format!("sample {} has no {}", sample.name, word(who))))?;
        Ok(cases(self.portal.clone(), Identity::new(&person.identity_number, "own-matter")?))
    }

    fn step(&self, number: usize, step: &StepId) -> Option<&Step> {
        let name = self.step_name(number, step);
        self.players[number].followed.case()?.steps.iter().find(|known| known.name == name)
    }

    fn step_name(&self, number: usize, step: &StepId) -> String {
        format!("{}/steps/{step}", self.players[number].name.as_deref().unwrap_or("cases/-"))
    }

    fn open_supplement(&self, number: usize, step: &StepId) -> u32 {
        self.step(number, step).and_then(|step| step.supplement.as_ref()).map_or(0, |supplement| supplement.number)
    }

    fn is_offer(&self, number: usize, step: &StepId) -> bool {
        self.step(number, step).and_then(|step| step.supplement.as_ref()).is_some_and(|supplement| supplement.offer)
    }

    /// What has come of it so far.
    fn outcome(&self) -> Outcome {
        let cases: Vec<&Case> = self.players.iter().filter_map(|player| player.followed.case()).collect();
        let steps = || cases.iter().flat_map(|case| &case.steps);
        let agencies: BTreeSet<&str> = steps()
            .filter(|step| step.submit_time.is_some())
            .filter_map(|step| step.agency.as_ref())
            .map(|agency| if agency.slug.is_empty() { agency.display_name.as_str() } else { agency.slug.as_str() })
            .collect();
        Outcome {
            cases: self.players.len(),
            done: cases.iter().filter(|case| has_ended(case)).count(),
            steps_done: steps().filter(|step| step.state() == StepState::Done).count(),
            agencies: agencies.len(),
        }
    }

    /// Keeps time going for whoever tries something: a day passes each `day`, as long as a case is open. Never returns
    /// unless something fails.
    ///
    /// # Errors
    ///
    /// If a process has gone or does not answer.
    pub(crate) async fn stay(
        &mut self,
        day: Duration,
        mut is_alive: impl FnMut() -> Result<(), Failure>,
    ) -> Result<std::convert::Infallible, Failure> {
        loop {
            is_alive()?;
            tokio::time::sleep(day).await;
            let mut stillness = self.conductor.settle().await?;
            let is_open = stillness.topology.counts.as_ref().is_some_and(|counts| counts.open_case_count > 0);
            if !is_open {
                continue;
            }
            let tomorrow = stillness.now.plus_hours(24);
            while let Some(next) = stillness.next.filter(|next| *next <= tomorrow) {
                self.conductor.advance(next.max(stillness.now)).await?;
                let moved = self.conductor.settle().await?;
                let is_stuck = moved.next == stillness.next && moved.now == stillness.now;
                stillness = moved;
                if is_stuck {
                    break;
                }
            }
            self.conductor.advance(tomorrow).await?;
        }
    }
}

/// A fact in a few words.
fn words_of(told: &SampleFact) -> String {
    match &told.step {
        Some(step) => format!("{} · {step}", told.kind.slug()),
        None if told.child > 0 => format!("{} · {}", told.kind.slug(), told.child),
        None => told.kind.slug().to_owned(),
    }
}

fn has_ended(case: &Case) -> bool {
    case.state() == CaseState::Ended
}

fn internal(failure: Failure) -> Status {
    Status::internal(failure.to_string())
}
