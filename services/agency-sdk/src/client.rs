//! Reports to the orchestrator, with patience; and fetches what was sent with a step.

pub(crate) mod fetch;

use crate::request_id::RequestId;
use livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient;
use livshandelse_proto::v1::{self, ErrorReason};
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;

/// How long and how often a report is tried, in machine time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often at most. At least 1.
    pub attempts_max: u32,
    /// The wait after the first try; doubled each time, unless the service says how long.
    pub first_delay: Duration,
    /// No wait is longer, also where the service says so.
    pub delay_max: Duration,
    /// How long one try may take.
    pub call_duration_max: Duration,
}

impl Default for Patience {
    /// Eight tries over about half a minute: longer than a restart of the service.
    fn default() -> Patience {
        Patience {
            attempts_max: 8,
            first_delay: Duration::from_millis(200),
            delay_max: Duration::from_secs(10),
            call_duration_max: Duration::from_secs(20),
        }
    }
}

/// What an agency reports on a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// How it stands; `None` when only the arrival is told.
    Progress(Option<v1::TaskProgress>),
    /// Something must be added.
    Supplement(v1::Supplement),
    /// What was decided.
    Decision(v1::Decision),
    /// Done, or closed after a withdrawal.
    Completion(v1::Completion),
    /// It could not be done, for technical reasons.
    Failure(v1::Failure),
}

/// A report and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskReport {
    /// `agencies/{agency}/tasks/{task}`.
    pub task: String,
    /// The attempt that is reported on.
    pub attempt: u32,
    /// Names the report; a repeat has the same.
    pub request_id: RequestId,
    /// When it arrived and how it was registered, where that is new.
    pub arrival: Option<v1::Arrival>,
    /// What is reported.
    pub report: Report,
}

/// Why a report was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A later attempt has begun; the report is kept and not applied. Do not repeat it.
    #[error("a later attempt has begun")]
    StaleAttempt,
    /// What has come of the task leaves no room for it; kept and not applied. Do not
    /// repeat it.
    #[error("the task has ended")]
    TaskEnded,
    /// There is no such task, or it is another agency's.
    #[error("no such task")]
    NotFound,
    /// The service could not be reached, or was busy, as often as it was tried. Repeat
    /// it later with the same request id.
    #[error("not reached in {attempts} tries: {last}")]
    NotReached {
        /// How often it was tried.
        attempts: u32,
        /// What was said the last time.
        last: String,
    },
    /// What came of a document is not what was stored.
    #[error("what came is not what was stored")]
    Garbled,
    /// Refused: the report is wrong, or may not be made.
    #[error("refused as {code:?}, {reason}: {text}")]
    Refused {
        /// The status code.
        code: Code,
        /// The reason by `google.rpc.ErrorInfo`; empty if none was given.
        reason: String,
        /// What was said.
        text: String,
    },
    /// The slug or the purpose has a character that cannot be sent.
    #[error("`{text}` cannot be sent as metadata")]
    NotSendable {
        /// What was given.
        text: String,
    },
}

/// One agency's way to report to the orchestrator. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WorkClient {
    client: AgencyWorkServiceClient<Channel>,
    agency: String,
    actor: MetadataValue<Ascii>,
    purpose: MetadataValue<Ascii>,
    patience: Patience,
}

impl WorkClient {
    /// Makes a client that calls as `agency:{slug}` for a purpose that the access log
    /// shows. The channel may be shared by many clients.
    ///
    /// # Errors
    ///
    /// [`ReportError::NotSendable`] unless both are visible ASCII.
    pub fn new(channel: Channel, agency: &str, purpose: &str, patience: Patience) -> Result<WorkClient, ReportError> {
        let sendable =
            |text: &str| MetadataValue::try_from(text).map_err(|_| ReportError::NotSendable { text: text.to_owned() });
        Ok(WorkClient {
            client: AgencyWorkServiceClient::new(channel),
            agency: agency.to_owned(),
            actor: sendable(&format!("agency:{agency}"))?,
            purpose: sendable(purpose)?,
            patience,
        })
    }

    /// Reports on a task. Recorded at the orchestrator, so that it survives a crash
    /// there, when this returns.
    ///
    /// Tried again while the service is away or busy. Not cancel safe: dropped, it may
    /// have been recorded or not; repeat it with the same request id.
    ///
    /// # Errors
    ///
    /// See [`ReportError`].
    pub async fn report(&self, report: &TaskReport) -> Result<v1::TaskReceipt, ReportError> {
        let task = report.task.clone();
        let attempt = report.attempt;
        let request_id = report.request_id.to_string();
        let arrival = report.arrival.clone();
        match &report.report {
            Report::Progress(progress) => {
                let message =
                    v1::ReportProgressRequest { task, attempt, request_id, arrival, progress: progress.clone() };
                self.call(&message, async |mut client, request| client.report_progress(request).await).await
            }
            Report::Supplement(supplement) => {
                let message = v1::RequestSupplementRequest {
                    task,
                    attempt,
                    request_id,
                    arrival,
                    supplement: Some(supplement.clone()),
                };
                self.call(&message, async |mut client, request| client.request_supplement(request).await).await
            }
            Report::Decision(decision) => {
                let message =
                    v1::RecordDecisionRequest { task, attempt, request_id, arrival, decision: Some(decision.clone()) };
                self.call(&message, async |mut client, request| client.record_decision(request).await).await
            }
            Report::Completion(completion) => {
                let message = v1::CompleteTaskRequest {
                    task,
                    attempt,
                    request_id,
                    arrival,
                    completion: Some(completion.clone()),
                };
                self.call(&message, async |mut client, request| client.complete_task(request).await).await
            }
            Report::Failure(failure) => {
                let message =
                    v1::FailTaskRequest { task, attempt, request_id, arrival, failure: Some(failure.clone()) };
                self.call(&message, async |mut client, request| client.fail_task(request).await).await
            }
        }
    }

    /// Reports that something happened, without a task. Recorded when this returns.
    ///
    /// # Errors
    ///
    /// See [`ReportError`].
    pub async fn report_fact(&self, request_id: &RequestId, fact: &v1::Fact) -> Result<v1::FactReceipt, ReportError> {
        let message = v1::ReportFactRequest {
            parent: format!("agencies/{}", self.agency),
            request_id: request_id.to_string(),
            fact: Some(fact.clone()),
        };
        self.call(&message, async |mut client, request| client.report_fact(request).await).await
    }

    /// Finds the latest task of a matter by the agency's own number.
    ///
    /// # Errors
    ///
    /// [`ReportError::NotFound`] if no task of this agency has the number.
    pub async fn task_by_case_number(&self, case_number: &str) -> Result<v1::Task, ReportError> {
        let message = v1::GetTaskByCaseNumberRequest {
            parent: format!("agencies/{}", self.agency),
            agency_case_number: case_number.to_owned(),
        };
        self.call(&message, async |mut client, request| client.get_task_by_case_number(request).await).await
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.set_timeout(self.patience.call_duration_max);
        request.metadata_mut().insert(ACTOR_METADATA, self.actor.clone());
        request.metadata_mut().insert(PURPOSE_METADATA, self.purpose.clone());
        request
    }

    async fn call<M: Clone, A, F>(&self, message: &M, send: F) -> Result<A, ReportError>
    where
        F: AsyncFn(AgencyWorkServiceClient<Channel>, Request<M>) -> Result<Response<A>, Status>,
    {
        let mut delay = self.patience.first_delay;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let status = match send(self.client.clone(), self.request(message.clone())).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => status,
            };
            if !is_worth_another_try(status.code()) {
                return Err(refused(&status));
            }
            if attempts >= self.patience.attempts_max {
                return Err(ReportError::NotReached { attempts, last: status.message().to_owned() });
            }
            let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
            tokio::time::sleep(told.unwrap_or(delay).min(self.patience.delay_max)).await;
            delay = delay.saturating_mul(2).min(self.patience.delay_max);
        }
    }
}

/// A report is safe to repeat, so also a deadline that passed is worth another try.
fn is_worth_another_try(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled)
}

fn refused(status: &Status) -> ReportError {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    match ErrorReason::from_reason(&reason) {
        Some(ErrorReason::StaleAttempt) => ReportError::StaleAttempt,
        Some(ErrorReason::TaskEnded) => ReportError::TaskEnded,
        _ if status.code() == Code::NotFound => ReportError::NotFound,
        _ => ReportError::Refused { code: status.code(), reason, text: status.message().to_owned() },
    }
}

#[cfg(test)]
mod tests;
