//! People who file, answer and go on, an operator who mends what has stopped and moves time: until every case has ended.

use crate::deed::Lines;
use crate::load::{self, LIFE_EVENT, Sex, filed, person, text};
use crate::upgrade::desk::{Desk, Task};
use livshandelse_core::definition::Definition;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1 as pb;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tonic::Code;

/// How long the service may be busy when nobody asks for anything: longer than all tries at an agency.
const BUSY_MAX: Duration = Duration::from_secs(60);
/// Machine time between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(4);
/// Moves of time at the most before every case must have ended (I8).
const MOVES_MAX: usize = 300;

/// Rounds of doing at the most between two moves.
const ROUNDS_MAX: usize = 100;

/// Somebody's case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub applicant: String,
    /// Which of the people of a test.
    pub number: usize,
}

/// Everybody who has something to do with the service.
pub struct People {
    pub lines: Lines,
    pub desk: Desk,
    pub definition: Arc<Definition>,
    /// Who has answered what: parent, step, attempt, supplement.
    answered: Mutex<BTreeSet<(String, String, u32, u32)>>,
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl People {
    pub fn new(lines: Lines, desk: Desk, definition: Arc<Definition>) -> People {
        People { lines, desk, definition, answered: Mutex::default() }
    }

    /// A sample as the case of somebody of its own.
    pub async fn sample(&self, name: &str, number: usize) -> pb::Case {
        let request = pb::GetLifeEventRequest { name: LIFE_EVENT.to_owned(), ..pb::GetLifeEventRequest::default() };
        let event = self.lines.life_events(&person(0, Sex::Female)).get_life_event(request).await.unwrap().into_inner();
        let mut case = filed(event.samples.into_iter().find(|sample| sample.slug == name).unwrap());
        for party in &mut case.parties {
            let sex = if party.role() == pb::PartyRole::Applicant { Sex::Female } else { Sex::Male };
            party.identity_number = person(number, sex);
        }
        let due = self.now().await.plus_hours(24 * 60).date().to_string();
        if let Some(input) = &mut case.input {
            input.fields.insert("due-date".to_owned(), text(due));
        }
        case
    }

    /// Files a case.
    pub async fn file(&self, sample: &str, number: usize) -> Known {
        let case = self.sample(sample, number).await;
        self.send(case, number).await
    }

    /// Files what is filled in, or a draft.
    pub async fn send(&self, case: pb::Case, number: usize) -> Known {
        let applicant = person(number, Sex::Female);
        let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
        let case = self.lines.cases(&applicant).create_case(request).await.unwrap().into_inner();
        Known { name: case.name, applicant, number }
    }

    /// Keeps a draft.
    pub async fn draft(&self, sample: &str, number: usize) -> Known {
        let case = self.sample(sample, number).await;
        let applicant = person(number, Sex::Female);
        let request = pb::SaveDraftRequest { case: Some(case), request_id: id(), ..pb::SaveDraftRequest::default() };
        let case = self.lines.cases(&applicant).save_draft(request).await.unwrap().into_inner();
        Known { name: case.name, applicant, number }
    }

    pub async fn case(&self, known: &Known) -> pb::Case {
        let request = pb::GetCaseRequest { name: known.name.clone(), ..pb::GetCaseRequest::default() };
        self.lines.cases(&known.applicant).get_case(request).await.unwrap().into_inner()
    }

    /// Both parents answer what they have not answered before; whether there was anything.
    pub async fn answer_all(&self, known: &Known) -> bool {
        let other = person(known.number, Sex::Male);
        let mut has_answered = false;
        for parent in [&known.applicant, &other] {
            let request = pb::GetCaseRequest { name: known.name.clone(), ..pb::GetCaseRequest::default() };
            // The other parent may not be in the case, or not in it yet.
            let Ok(case) = self.lines.cases(parent).get_case(request).await else { continue };
            for step in case.get_ref().steps.iter().filter(|step| step.answerable) {
                has_answered |= self.answer(parent, step).await;
            }
        }
        has_answered
    }

    async fn answer(&self, parent: &str, step: &pb::Step) -> bool {
        let number = step.supplement.as_ref().map_or(0, |asked| asked.number);
        let what = (parent.to_owned(), step.name.clone(), step.attempt, number);
        if !self.answered.lock().unwrap().insert(what) {
            return false;
        }
        let request = pb::SubmitInputRequest {
            name: step.name.clone(),
            values: Some(load::answer(&self.definition, step, self.now().await)),
            request_id: id(),
            supplement_number: number,
            ..pb::SubmitInputRequest::default()
        };
        match self.lines.cases(parent).submit_input(request).await {
            Ok(_) => true,
            // Another answer a moment ago settled it.
            Err(status) if status.code() == Code::FailedPrecondition => false,
            Err(status) => panic!("{}: {status:?}", step.name),
        }
    }

    /// The agencies decide what lies with them.
    pub async fn decide_all(&self) -> bool {
        let tasks = self.desk.take_open();
        let now = self.timestamp().await;
        for Task { agency, name, step, attempt } in &tasks {
            let decision = pb::Decision {
                outcome: pb::Outcome::Approved.into(),
                decide_time: Some(now),
                text: "Beviljat.".to_owned(),
                ..pb::Decision::default()
            };
            let request = pb::RecordDecisionRequest {
                task: name.clone(),
                attempt: *attempt,
                request_id: id(),
                arrival: None,
                decision: Some(decision),
            };
            match self.lines.work(agency).record_decision(request).await {
                Ok(_) => {}
                // The step ended meanwhile, is withdrawn, or is decided already: such a report is kept, not applied.
                Err(status) if status.code() == Code::FailedPrecondition => {}
                Err(status) => panic!("{step} at {agency}: {status:?}"),
            }
            self.complete(agency, name, *attempt).await;
        }
        !tasks.is_empty()
    }

    /// What was decided is carried out; a withdrawn matter is closed.
    async fn complete(&self, agency: &str, task: &str, attempt: u32) {
        let completion = pb::Completion { complete_time: Some(self.timestamp().await), ..pb::Completion::default() };
        let request = pb::CompleteTaskRequest {
            task: task.to_owned(),
            attempt,
            request_id: id(),
            arrival: None,
            completion: Some(completion),
        };
        match self.lines.work(agency).complete_task(request).await {
            Ok(_) => {}
            Err(status) if status.code() == Code::FailedPrecondition => {}
            Err(status) => panic!("{task} at {agency}: {status:?}"),
        }
    }

    /// The operator hands over again what has stopped.
    pub async fn mend_all(&self) -> bool {
        let request = pb::ListIncidentsRequest { page_size: 1_000, ..pb::ListIncidentsRequest::default() };
        let incidents = self.lines.operations().list_incidents(request).await.unwrap().into_inner().incidents;
        for incident in &incidents {
            let request = pb::RetryStepRequest { name: incident.step.clone(), request_id: id() };
            self.lines.operations().retry_step(request).await.unwrap();
        }
        !incidents.is_empty()
    }

    /// The child of a case is born and comes home.
    pub async fn be_born(&self, known: &Known) {
        let now = self.timestamp().await;
        for content in [
            pb::fact::Content::Birth(pb::Birth { child_number: 1, ..pb::Birth::default() }),
            pb::fact::Content::Homecoming(pb::Homecoming { child_number: 1 }),
        ] {
            let fact = pb::Fact {
                about: Some(pb::fact::About::IdentityNumber(known.applicant.clone())),
                occur_time: Some(now),
                content: Some(content),
                reference: String::new(),
            };
            let request =
                pb::ReportFactRequest { parent: "agencies/region-05".to_owned(), request_id: id(), fact: Some(fact) };
            self.lines.work("region-05").report_fact(request).await.unwrap();
        }
    }

    /// Does what there is to do, and moves time on, until every case has ended.
    pub async fn end_all(&self, cases: &[Known]) {
        for known in cases {
            self.be_born(known).await;
        }
        let mut open = Vec::new();
        for _ in 0..MOVES_MAX {
            for round in 0.. {
                assert!(round < ROUNDS_MAX, "people and agencies keep one another busy: {open:?}");
                self.settle().await;
                let mut is_busy = self.mend_all().await;
                is_busy |= self.decide_all().await;
                open.clear();
                for known in cases {
                    if self.case(known).await.state() != pb::CaseState::Ended {
                        is_busy |= self.answer_all(known).await;
                        open.push(known.name.clone());
                    }
                }
                if !is_busy {
                    break;
                }
            }
            if open.is_empty() {
                return;
            }
            self.advance(None).await;
        }
        for known in cases {
            for step in self.case(known).await.steps.iter().filter(|step| step.state() != pb::StepState::Done) {
                open.push(format!("{} {:?} turn {:?}", step.name, step.state(), step.turn()));
            }
        }
        panic!("not ended after {MOVES_MAX} moves: {open:#?}");
    }

    /// Waits until nothing is under way.
    pub async fn settle(&self) -> pb::Topology {
        let idle = async {
            let mut look = tokio::time::interval(LOOK_INTERVAL);
            loop {
                look.tick().await;
                let topology = self.topology().await;
                if topology.idle {
                    return topology;
                }
            }
        };
        tokio::time::timeout(BUSY_MAX, idle).await.expect("busy with nothing to do")
    }

    /// Moves time to where something is due, or so many days on, whatever is due on the way.
    pub async fn advance(&self, days: Option<i64>) {
        let topology = self.settle().await;
        let now = topology.civil_time.unwrap();
        let to = match (days, topology.next_time) {
            (Some(days), _) => prost_types::Timestamp { seconds: now.seconds + days * 86_400, nanos: 0 },
            (None, Some(next)) if next.seconds > now.seconds => next,
            (None, Some(_)) => now,
            (None, None) => panic!("an open case has no next wake-up"),
        };
        let request = pb::AdvanceTimeRequest { civil_time: Some(to) };
        match self.lines.operations().advance_time(request).await {
            Ok(_) => {}
            // Something began between the look and the move.
            Err(status) if status.code() == Code::Unavailable => {}
            Err(status) => panic!("{status:?}"),
        }
    }

    async fn topology(&self) -> pb::Topology {
        self.lines.operations().get_topology(pb::GetTopologyRequest {}).await.unwrap().into_inner()
    }

    async fn timestamp(&self) -> prost_types::Timestamp {
        self.topology().await.civil_time.unwrap()
    }

    pub async fn now(&self) -> CivilTime {
        CivilTime(self.timestamp().await.seconds * 1_000)
    }
}
