//! Every agency of the country: does what it is told to for now, and remembers every task that it was handed, as agencies
//! do while the service is being upgraded.

use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use livshandelse_proto::v1::perform_step_response::Result as Answer;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What agencies do with what they are handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Decide or complete at once.
    Favour,
    /// Take it on and say no more.
    Accept,
    /// Ask for something that is missing.
    Ask,
    /// Refuse it for technical reasons: an operator must look.
    Refuse,
    /// Do not answer.
    Hang,
}

/// A task on an agency's desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub agency: String,
    pub name: String,
    pub step: String,
    pub attempt: u32,
}

#[derive(Debug)]
struct State {
    habit: Habit,
    open: Vec<Task>,
    told: usize,
}

/// All agencies.
#[derive(Debug, Clone)]
pub struct Desk {
    state: Arc<Mutex<State>>,
    pub address: String,
}

impl Desk {
    /// Serves them on a port of their own.
    pub async fn serve(habit: Habit, open: Vec<Task>) -> Desk {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let desk = Desk { state: Arc::new(Mutex::new(State { habit, open, told: 0 })), address };
        let serving = tonic::transport::Server::builder().add_service(AgencyStepServiceServer::new(desk.clone()));
        tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
        desk
    }

    pub fn set_habit(&self, habit: Habit) {
        self.state.lock().unwrap().habit = habit;
    }

    /// Hand-overs so far.
    pub fn told(&self) -> usize {
        self.state.lock().unwrap().told
    }

    /// The tasks that wait for the agencies.
    pub fn open(&self) -> Vec<Task> {
        self.state.lock().unwrap().open.clone()
    }

    /// Takes the tasks that wait.
    pub fn take_open(&self) -> Vec<Task> {
        std::mem::take(&mut self.state.lock().unwrap().open)
    }
}

/// Tasks as they are kept, and as they are read again.
pub fn as_json(tasks: &[Task]) -> Value {
    tasks
        .iter()
        .map(|task| json!({ "agency": task.agency, "name": task.name, "step": task.step, "attempt": task.attempt }))
        .collect()
}

/// The other way round.
pub fn from_json(tasks: &Value) -> Vec<Task> {
    let text = |task: &Value, key: &str| task[key].as_str().unwrap().to_owned();
    let task = |task: &Value| Task {
        agency: text(task, "agency"),
        name: text(task, "name"),
        step: text(task, "step"),
        attempt: task["attempt"].as_u64().unwrap().try_into().unwrap(),
    };
    tasks.as_array().unwrap().iter().map(task).collect()
}

#[tonic::async_trait]
impl AgencyStepService for Desk {
    async fn perform_step(
        &self,
        request: Request<pb::PerformStepRequest>,
    ) -> Result<Response<pb::PerformStepResponse>, Status> {
        let request = request.into_inner();
        let habit = {
            let mut state = self.state.lock().unwrap();
            state.told += 1;
            if matches!(state.habit, Habit::Favour | Habit::Accept | Habit::Ask) {
                state.open.retain(|task| task.name != request.task);
                state.open.push(Task {
                    agency: request.task.split('/').nth(1).unwrap().to_owned(),
                    name: request.task.clone(),
                    step: request.step.clone(),
                    attempt: request.attempt,
                });
            }
            state.habit
        };
        let is_answer = request.supplement_number > 0;
        let result = match habit {
            Habit::Favour => Answer::Decided(pb::Decision {
                outcome: pb::Outcome::Approved.into(),
                decide_time: request.civil_time,
                text: "Beviljat.".to_owned(),
                ..pb::Decision::default()
            }),
            Habit::Ask if !is_answer => {
                Answer::Supplement(pb::Supplement { text: "Något saknas.".to_owned(), ..pb::Supplement::default() })
            }
            Habit::Accept | Habit::Ask => Answer::Accepted(pb::Acceptance::default()),
            Habit::Refuse => return Err(Status::invalid_argument("not understood")),
            Habit::Hang => std::future::pending().await,
        };
        let arrival = pb::Arrival { arrive_time: request.civil_time, ..pb::Arrival::default() };
        Ok(Response::new(pb::PerformStepResponse { arrival: Some(arrival), result: Some(result) }))
    }

    async fn cancel_step(
        &self,
        request: Request<pb::CancelStepRequest>,
    ) -> Result<Response<pb::CancelStepResponse>, Status> {
        let request = request.into_inner();
        let mut state = self.state.lock().unwrap();
        if state.habit != Habit::Favour {
            let result = Some(pb::cancel_step_response::Result::Accepted(pb::Acceptance::default()));
            return Ok(Response::new(pb::CancelStepResponse { arrival: None, result }));
        }
        state.open.retain(|task| task.name != request.task);
        let completion = pb::Completion { complete_time: request.civil_time, ..pb::Completion::default() };
        let result = Some(pb::cancel_step_response::Result::Closed(completion));
        Ok(Response::new(pb::CancelStepResponse { arrival: None, result }))
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
