//! The desk behind gRPC: takes hand-overs, sends what is due, keeps time.

use crate::calendar;
use crate::desk::{Desk, Message, Outgoing, Taken, instant};
use jiff::Timestamp;
use livshandelse_agency::{Patience, Refusal, ReportError, StepHandler, TaskName, WorkClient, attachments_of, say, v1};
use livshandelse_proto::v1::time_lapse_service_server::TimeLapseService;
use livshandelse_proto::v1::{AdvanceTimeRequest, AdvanceTimeResponse, ErrorReason};
use livshandelse_proto::v1::{GetNextTimeRequest, GetNextTimeResponse};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// How long a silent call is kept open, in machine time. Longer than any caller waits.
const SILENCE_DURATION_MAX: Duration = Duration::from_secs(10 * 60);

/// Agencies whose clients are kept. More than there are nämnder of the kinds we know.
const CLIENTS_LEN_MAX: usize = 2_000;

/// What the access log shows as the purpose of a report.
const PURPOSE: &str = "handling";

/// By what an office knows the time.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// By what it is told: time is moved by hand.
    TimeLapse,
    /// By this function, read when it is needed.
    Real(fn() -> Timestamp),
}

/// All agencies of one level, open for calls.
#[derive(Debug)]
pub struct Office {
    desk: Mutex<Desk>,
    clock: Clock,
    orchestrator: Channel,
    patience: Patience,
    clients: Mutex<BTreeMap<String, WorkClient>>,
    /// One sends at a time, so that reports keep their order.
    sending: tokio::sync::Mutex<()>,
    under_way: AtomicUsize,
    changed: Notify,
}

impl Office {
    /// Opens an office that reports over this channel.
    pub fn new(desk: Desk, clock: Clock, orchestrator: Channel, patience: Patience) -> Office {
        Office {
            desk: Mutex::new(desk),
            clock,
            orchestrator,
            patience,
            clients: Mutex::new(BTreeMap::new()),
            sending: tokio::sync::Mutex::new(()),
            under_way: AtomicUsize::new(0),
            changed: Notify::new(),
        }
    }

    /// Sends what is due by real time, until dropped. In time-lapse it waits for ever.
    ///
    /// Cancel safe: what was sent and not noted as sent is lost to the office, not to
    /// the orchestrator.
    pub async fn keep_time(&self) {
        let Clock::Real(now) = self.clock else {
            return std::future::pending().await;
        };
        loop {
            let changed = self.changed.notified();
            self.send_due(now()).await;
            let next = self.desk().next_time();
            match next {
                None => changed.await,
                Some(next) => {
                    let wait = next.duration_since(now());
                    let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
                    tokio::select! {
                        biased;
                        () = changed => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// Sends everything that is due at a time, one after the other, each heard before
    /// the next.
    pub async fn send_due(&self, to: Timestamp) {
        let _one_at_a_time = self.sending.lock().await;
        loop {
            let outgoing = self.desk().take_due(to);
            let Some(outgoing) = outgoing else { break };
            let result = self.send(&outgoing).await;
            if let Err(error) = &result {
                tracing::debug!(agency = outgoing.agency, %error, "a report was not taken");
            }
            self.desk().sent(outgoing, result);
        }
        self.desk().pass_to(to);
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<(), ReportError> {
        let client = self.client(&outgoing.agency)?;
        match &outgoing.message {
            Message::Report(report) => client.report(report).await.map(drop),
            Message::Fact { request_id, fact } => client.report_fact(request_id, fact).await.map(drop),
        }
    }

    /// Fetches the documents of a hand-over. In its input, what each is takes the place of its name: the matter keeps that.
    async fn fetch(&self, handover: &mut v1::PerformStepRequest) -> Result<Vec<v1::TaskAttachment>, Refusal> {
        let mut fetched = Vec::new();
        for (field, name) in attachments_of(handover) {
            let not_now = |error: ReportError| Refusal::NotNow { why: error.to_string(), retry_delay: None };
            let agency = TaskName::parse(&handover.task).map(|task| task.agency.to_owned()).unwrap_or_default();
            let client = self.client(&agency).map_err(not_now)?;
            // An office of a demonstration has no archive: it looks at what comes, and remembers what it was.
            let document = client.fetch(&name, |_content| {}).await.map_err(not_now)?;
            if let Some(input) = &mut handover.input {
                let kept = format!("{}, SHA-256 {}", document.file_name, document.sha256);
                input.fields.extend(say::gives([(field.as_str(), kept)]).fields);
            }
            fetched.push(document);
        }
        Ok(fetched)
    }

    fn client(&self, agency: &str) -> Result<WorkClient, ReportError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(agency) {
            return Ok(known.clone());
        }
        let channel = self.orchestrator.clone();
        let client = WorkClient::new(channel, agency, PURPOSE, self.patience)?;
        if clients.len() >= CLIENTS_LEN_MAX {
            clients.pop_first();
        }
        clients.insert(agency.to_owned(), client.clone());
        Ok(client)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time a call comes at.
    fn now(&self, told: Option<prost_types::Timestamp>) -> Timestamp {
        match self.clock {
            Clock::TimeLapse => instant(told).unwrap_or(Timestamp::MIN),
            Clock::Real(now) => now(),
        }
    }

    fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && self.sending.try_lock().is_ok()
    }

    fn enter(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(&self.under_way)
    }

    fn require_time_lapse(&self) -> Result<(), Status> {
        match self.clock {
            Clock::TimeLapse => Ok(()),
            Clock::Real(_) => {
                let details = ErrorDetails::with_error_info(
                    ErrorReason::ClockIsReal.as_reason(),
                    livshandelse_proto::ERROR_DOMAIN,
                    HashMap::<String, String>::new(),
                );
                let text = "the clock is real; start the agency with --time-lapse";
                Err(Status::with_error_details(Code::FailedPrecondition, text, details))
            }
        }
    }
}

/// A call that is being answered.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl StepHandler for Office {
    async fn perform(&self, mut handover: v1::PerformStepRequest) -> Result<v1::PerformStepResponse, Refusal> {
        let under_way = self.enter();
        let now = self.now(handover.civil_time);
        let documents = self.fetch(&mut handover).await?;
        let taken = self.desk().perform(handover, now)?;
        self.changed.notify_one();
        drop(under_way);
        match taken {
            Taken::Answer(mut answer) => {
                acknowledge(&mut answer, &documents);
                Ok(*answer)
            }
            Taken::Silence => {
                tokio::time::sleep(SILENCE_DURATION_MAX).await;
                Err(Refusal::NotNow { why: "silent".to_owned(), retry_delay: None })
            }
        }
    }

    async fn cancel(&self, withdrawal: v1::CancelStepRequest) -> Result<v1::CancelStepResponse, Refusal> {
        let _under_way = self.enter();
        let now = self.now(withdrawal.civil_time);
        let answer = self.desk().cancel(&withdrawal, now);
        self.changed.notify_one();
        answer
    }

    async fn status(&self, question: v1::GetStepStatusRequest) -> Result<v1::GetStepStatusResponse, Refusal> {
        let now = self.now(question.civil_time);
        self.desk().status(&question, now)
    }

    fn step_type(&self, step: &str, _language_code: &str) -> Option<v1::StepType> {
        let desk = self.desk();
        let level = desk.level();
        desk.table().find(level, step).map(describe)
    }
}

/// Says which documents came, where the answer has words for it.
fn acknowledge(answer: &mut v1::PerformStepResponse, documents: &[v1::TaskAttachment]) {
    let Some(v1::perform_step_response::Result::Accepted(acceptance)) = &mut answer.result else { return };
    for document in documents {
        let words = format!("Vi har fått {} (SHA-256 {}).", document.file_name, document.sha256);
        acceptance.agency_words = format!("{} {words}", acceptance.agency_words).trim().to_owned();
    }
}

/// What a step takes and gives. The agencies take whatever the form of the life event has.
fn describe(entry: &crate::steps::StepEntry) -> v1::StepType {
    use crate::level::Level;
    let agency = match entry.level {
        Level::State => entry.agency.clone(),
        Level::Region => format!("{}-05", entry.agency),
        Level::Municipality => format!("{}-0580", entry.agency),
    };
    let noon = calendar::instant(jiff::civil::date(2026, 3, 2).at(12, 0, 0, 0));
    let noon = prost_types::Timestamp { seconds: noon.as_second(), nanos: 0 };
    let sample = v1::PerformStepRequest {
        task: format!("agencies/{agency}/tasks/sample-{}", entry.slug),
        agency_case_key: "sample".to_owned(),
        step: entry.slug.clone(),
        subject: None,
        attempt: 1,
        effect_key: format!("sample-{}", entry.slug),
        respond_by_time: Some(noon),
        life_event: format!("lifeEvents/{}", entry.life_event),
        revision: 1,
        civil_time: Some(noon),
        submit_time: Some(noon),
        input: Some(say::gives([])),
        ..v1::PerformStepRequest::default()
    };
    let gives: Vec<String> = entry.gives.iter().map(|slug| format!("\"{slug}\":{{\"type\":\"string\"}}")).collect();
    let answers_at_once = entry
        .course
        .first()
        .is_some_and(|first| first.after == calendar::Delay::NONE && entry.hours == calendar::Hours::Always);
    v1::StepType {
        step: entry.slug.clone(),
        title: entry.slug.clone(),
        input_json_schema: r#"{"type":"object"}"#.to_owned(),
        evidence_json_schema: r#"{"type":"object"}"#.to_owned(),
        gives_json_schema: format!(r#"{{"type":"object","properties":{{{}}}}}"#, gives.join(",")),
        sample: Some(sample),
        answers_at_once,
        arrives_at_once: true,
    }
}

/// `TimeLapseService` of an office.
#[derive(Debug, Clone)]
pub struct TimeLapse(pub Arc<Office>);

fn message(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

#[tonic::async_trait]
impl TimeLapseService for TimeLapse {
    async fn get_next_time(
        &self,
        _request: Request<GetNextTimeRequest>,
    ) -> Result<Response<GetNextTimeResponse>, Status> {
        self.0.require_time_lapse()?;
        let (now, next) = {
            let desk = self.0.desk();
            (desk.now(), desk.next_time())
        };
        Ok(Response::new(GetNextTimeResponse {
            civil_time: Some(message(now)),
            next_time: next.map(message),
            idle: self.0.is_idle(),
        }))
    }

    async fn advance_time(
        &self,
        request: Request<AdvanceTimeRequest>,
    ) -> Result<Response<AdvanceTimeResponse>, Status> {
        self.0.require_time_lapse()?;
        let wrong =
            |problem: &str| Refusal::WrongFields { fields: vec![("civil_time".to_owned(), problem.to_owned())] };
        let to = instant(request.get_ref().civil_time).ok_or_else(|| wrong("required, and a time that exists"))?;
        let now = self.0.desk().now();
        if to < now {
            return Err(wrong("earlier than now").into());
        }
        self.0.send_due(to).await;
        let (now, next) = {
            let desk = self.0.desk();
            (desk.now(), desk.next_time())
        };
        Ok(Response::new(AdvanceTimeResponse {
            civil_time: Some(message(now)),
            next_time: next.map(message),
            idle: self.0.is_idle(),
        }))
    }
}

#[cfg(test)]
mod tests;
