//! Every agency of the country behind one address, in the process of the test: it outlives the service, and remembers
//! every hand-over by its key.

use crate::chance::Chance;
use crate::deed::Deed;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use livshandelse_proto::v1::perform_step_response::Result as Answer;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Words that an agency says once only, each with a number of its own: said twice in a history, it was applied twice.
pub const MARK: &str = "crash-test no. ";

/// The slowest agency, in milliseconds of machine time.
const SLOW_MS_MAX: usize = 40;

/// A hand-over, as the agency has it in its register.
#[derive(Debug, Clone)]
struct Matter {
    answer: pb::PerformStepResponse,
    request: pb::PerformStepRequest,
    /// How often it was handed over under the same key.
    times: usize,
}

/// A report to come: `None` asks for a supplement.
#[derive(Debug, Clone)]
enum Later {
    Decide,
    Complete,
    Supplement,
}

#[derive(Debug, Default)]
struct Register {
    matters: BTreeMap<String, Matter>,
    /// Which key a task, an attempt and a supplement were handed over under.
    keys: BTreeMap<(String, u32, u32), String>,
    withdrawals: BTreeMap<String, pb::CancelStepResponse>,
    /// Keys that were turned away once.
    turned_away: BTreeMap<String, ()>,
    later: VecDeque<(pb::PerformStepRequest, Later)>,
    wrong: Vec<String>,
    last_number: u64,
}

impl Register {
    fn words(&mut self) -> String {
        self.last_number += 1;
        format!("{MARK}{}", self.last_number)
    }
}

/// All agencies.
#[derive(Clone)]
pub struct Agencies {
    register: Arc<Mutex<Register>>,
    chance: Chance,
    pub address: String,
}

impl Agencies {
    /// Serves them on a port of their own.
    pub async fn serve(chance: Chance) -> Agencies {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let agencies = Agencies { register: Arc::default(), chance, address };
        let serving = tonic::transport::Server::builder().add_service(AgencyStepServiceServer::new(agencies.clone()));
        tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
        agencies
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was found to be wrong.
    pub fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.register().wrong)
    }

    /// Different keys that something was handed over under.
    pub fn keys_count(&self) -> usize {
        let register = self.register();
        register.matters.len() + register.withdrawals.len()
    }

    /// Hand-overs that came more than once.
    pub fn repeats_count(&self) -> usize {
        self.register().matters.values().filter(|matter| matter.times > 1).count()
    }

    /// The next report that an agency has to make, if any is due.
    pub fn next_report(&self, chance: &mut Chance) -> Option<Deed> {
        let mut register = self.register();
        let (task, later) = register.later.pop_front()?;
        let agency = task.task.split('/').nth(1)?.to_owned();
        let (request_id, words) = (chance.id(), register.words());
        Some(match later {
            Later::Decide => {
                let request = pb::RecordDecisionRequest {
                    attempt: task.attempt,
                    request_id,
                    arrival: None,
                    decision: Some(decision(&task, words)),
                    task: task.task,
                };
                // A decision that must be carried out is, a while later; for others that report comes too late.
                Deed::Decide { agency, request }
            }
            Later::Complete => {
                let request = pb::CompleteTaskRequest {
                    attempt: task.attempt,
                    request_id,
                    arrival: None,
                    completion: Some(completion(&task, words)),
                    task: task.task,
                };
                Deed::Complete { agency, request }
            }
            Later::Supplement => {
                let supplement = pb::Supplement { text: words, ..pb::Supplement::default() };
                let request = pb::RequestSupplementRequest {
                    task: task.task,
                    attempt: task.attempt,
                    request_id,
                    arrival: None,
                    supplement: Some(supplement),
                };
                Deed::Supplement { agency, request }
            }
        })
    }

    /// Registers a hand-over; the same key gets the same answer.
    fn perform(&self, request: pb::PerformStepRequest) -> Result<(pb::PerformStepResponse, Duration), Status> {
        let mut chance = self.chance.of(&request.effect_key);
        let slow = Duration::from_millis(if chance.percent(20) { 1 + chance.below(SLOW_MS_MAX) as u64 } else { 0 });
        let is_closed = chance.percent(2);
        let mut register = self.register();
        if let Some(matter) = register.matters.get_mut(&request.effect_key) {
            matter.times += 1;
            let is_same = (&matter.request.task, matter.request.attempt, matter.request.supplement_number)
                == (&request.task, request.attempt, request.supplement_number);
            let (answer, key) = (matter.answer.clone(), request.effect_key.clone());
            if !is_same {
                register.wrong.push(format!("effect key {key} names two hand-overs"));
            }
            return Ok((answer, slow));
        }
        if is_closed && register.turned_away.insert(request.effect_key.clone(), ()).is_none() {
            return Err(Status::unavailable("closed just now"));
        }
        let place = (request.task.clone(), request.attempt, request.supplement_number);
        if let Some(other) = register.keys.insert(place, request.effect_key.clone()) {
            let (step, attempt, number) = (&request.step, request.attempt, request.supplement_number);
            let text = format!(
                "{step}, attempt {attempt}, supplement {number} came under two keys: {other} and {}",
                request.effect_key
            );
            register.wrong.push(text);
        }
        let answer = self.answer(&mut register, &request, &mut chance);
        let matter = Matter { answer: answer.clone(), request: request.clone(), times: 1 };
        register.matters.insert(request.effect_key, matter);
        Ok((answer, slow))
    }

    fn answer(
        &self,
        register: &mut Register,
        request: &pb::PerformStepRequest,
        chance: &mut Chance,
    ) -> pb::PerformStepResponse {
        let words = register.words();
        let is_answer = request.supplement_number > 0;
        let (result, later) = match chance.below(10) {
            0..=2 => (Answer::Decided(decision(request, words.clone())), Some(Later::Complete)),
            3 => (Answer::Completed(completion(request, words.clone())), None),
            4 if !is_answer => {
                (Answer::Supplement(pb::Supplement { text: words.clone(), ..pb::Supplement::default() }), None)
            }
            5 if !is_answer => (Answer::Accepted(pb::Acceptance::default()), Some(Later::Supplement)),
            6 => (Answer::Accepted(pb::Acceptance::default()), Some(Later::Complete)),
            _ => (Answer::Accepted(pb::Acceptance::default()), Some(Later::Decide)),
        };
        register.later.extend(later.map(|later| (request.clone(), later)));
        // Only who takes it on gives it a number; of the others the words say enough.
        let is_accepted = matches!(result, Answer::Accepted(_));
        let arrival = pb::Arrival {
            arrive_time: request.civil_time,
            agency_case_number: if is_accepted { words } else { String::new() },
        };
        pb::PerformStepResponse { arrival: Some(arrival), result: Some(result) }
    }
}

fn decision(request: &pb::PerformStepRequest, text: String) -> pb::Decision {
    pb::Decision {
        outcome: pb::Outcome::Approved.into(),
        decide_time: request.civil_time,
        text,
        ..pb::Decision::default()
    }
}

fn completion(request: &pb::PerformStepRequest, text: String) -> pb::Completion {
    pb::Completion { complete_time: request.civil_time, text, ..pb::Completion::default() }
}

#[tonic::async_trait]
impl AgencyStepService for Agencies {
    async fn perform_step(
        &self,
        request: Request<pb::PerformStepRequest>,
    ) -> Result<Response<pb::PerformStepResponse>, Status> {
        let (answer, slow) = self.perform(request.into_inner())?;
        if !slow.is_zero() {
            // A slow agency is what is tested here: the service dies while it waits.
            tokio::time::sleep(slow).await;
        }
        Ok(Response::new(answer))
    }

    async fn cancel_step(
        &self,
        request: Request<pb::CancelStepRequest>,
    ) -> Result<Response<pb::CancelStepResponse>, Status> {
        let request = request.into_inner();
        let mut register = self.register();
        if let Some(answer) = register.withdrawals.get(&request.effect_key) {
            return Ok(Response::new(answer.clone()));
        }
        let completion =
            pb::Completion { complete_time: request.civil_time, text: register.words(), ..pb::Completion::default() };
        let result = Some(pb::cancel_step_response::Result::Closed(completion));
        let answer = pb::CancelStepResponse { arrival: None, result };
        register.withdrawals.insert(request.effect_key, answer.clone());
        Ok(Response::new(answer))
    }

    async fn get_step_status(
        &self,
        _: Request<pb::GetStepStatusRequest>,
    ) -> Result<Response<pb::GetStepStatusResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn get_step_type(&self, _: Request<pb::GetStepTypeRequest>) -> Result<Response<pb::StepType>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}
