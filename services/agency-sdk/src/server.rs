//! Makes a tonic service of a [`StepHandler`].

use crate::answers::{Answers, Memory};
use crate::handler::StepHandler;
use crate::names::TaskName;
use crate::refusal::Refusal;
use livshandelse_proto::limits::EFFECT_KEY_LEN_MAX;
use livshandelse_proto::v1;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// `AgencyStepService` as a handler answers it.
///
/// Checks what every hand-over must hold and answers a repeat from memory. Give
/// [`StepServer::into_service`] to a tonic server, or use [`serve`](crate::serve).
#[derive(Debug)]
pub struct StepServer<H> {
    handler: Arc<H>,
    performed: Answers<v1::PerformStepResponse>,
    cancelled: Answers<v1::CancelStepResponse>,
}

impl<H: StepHandler> StepServer<H> {
    /// Makes a server that remembers so much of what it answers.
    pub fn new(handler: Arc<H>, memory: Memory) -> StepServer<H> {
        StepServer { handler, performed: Answers::new(memory), cancelled: Answers::new(memory) }
    }

    /// The service for a tonic server.
    pub fn into_service(self) -> AgencyStepServiceServer<StepServer<H>> {
        AgencyStepServiceServer::new(self)
    }
}

#[tonic::async_trait]
impl<H: StepHandler> AgencyStepService for StepServer<H> {
    async fn perform_step(
        &self,
        request: Request<v1::PerformStepRequest>,
    ) -> Result<Response<v1::PerformStepResponse>, Status> {
        let handover = request.into_inner();
        let mut checked = Checked::default();
        checked.task(&handover.task);
        checked.attempt(handover.attempt);
        checked.key(&handover.effect_key);
        checked.given("agency_case_key", !handover.agency_case_key.is_empty());
        checked.given("step", !handover.step.is_empty());
        checked.given("life_event", !handover.life_event.is_empty());
        checked.given("civil_time", handover.civil_time.is_some());
        checked.given("submit_time", handover.submit_time.is_some());
        checked.done()?;
        if !self.performed.is_kept() {
            return Ok(Response::new(self.handler.perform(handover).await?));
        }
        let question = hash(&(&handover.task, handover.attempt, handover.supplement_number, &handover.step));
        // The key is needed for the look-up while the handler owns the rest.
        let key = handover.effect_key.clone();
        let answer = self.performed.answer(&key, question, self.handler.perform(handover)).await?;
        Ok(Response::new(answer))
    }

    async fn cancel_step(
        &self,
        request: Request<v1::CancelStepRequest>,
    ) -> Result<Response<v1::CancelStepResponse>, Status> {
        let withdrawal = request.into_inner();
        let mut checked = Checked::default();
        checked.task(&withdrawal.task);
        checked.attempt(withdrawal.attempt);
        checked.key(&withdrawal.effect_key);
        checked.given("civil_time", withdrawal.civil_time.is_some());
        checked.done()?;
        let question = hash(&(&withdrawal.task, withdrawal.attempt));
        let key = withdrawal.effect_key.clone();
        let answer = self.cancelled.answer(&key, question, self.handler.cancel(withdrawal)).await?;
        Ok(Response::new(answer))
    }

    async fn get_step_status(
        &self,
        request: Request<v1::GetStepStatusRequest>,
    ) -> Result<Response<v1::GetStepStatusResponse>, Status> {
        let question = request.into_inner();
        let mut checked = Checked::default();
        checked.task(&question.task);
        checked.done()?;
        Ok(Response::new(self.handler.status(question).await?))
    }

    async fn get_step_type(&self, request: Request<v1::GetStepTypeRequest>) -> Result<Response<v1::StepType>, Status> {
        let asked = request.into_inner();
        match self.handler.step_type(&asked.step, &asked.language_code) {
            Some(found) => Ok(Response::new(found)),
            None => Err(Status::not_found(format!("this agency has no step `{}`", asked.step))),
        }
    }
}

/// Gathers every wrong field before it refuses.
#[derive(Default)]
struct Checked {
    wrong: Vec<(String, String)>,
}

impl Checked {
    fn given(&mut self, path: &str, is_given: bool) {
        if !is_given {
            self.wrong.push((path.to_owned(), "required and not given".to_owned()));
        }
    }

    fn task(&mut self, task: &str) {
        if let Err(not_a_name) = TaskName::parse(task) {
            self.wrong.push(("task".to_owned(), not_a_name.to_string()));
        }
    }

    fn attempt(&mut self, attempt: u32) {
        if attempt == 0 {
            let problem = "attempts are numbered from 1".to_owned();
            self.wrong.push(("attempt".to_owned(), problem));
        }
    }

    fn key(&mut self, key: &str) {
        if key.is_empty() || key.len() > EFFECT_KEY_LEN_MAX {
            let problem = format!("from 1 to {EFFECT_KEY_LEN_MAX} characters");
            self.wrong.push(("effect_key".to_owned(), problem));
        }
    }

    fn done(self) -> Result<(), Refusal> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Refusal::WrongFields { fields: self.wrong }) }
    }
}

/// Tells questions apart within one process; never stored.
fn hash(question: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
