//! `AgencyWorkService`: reports on tasks, and facts.

use super::{attachment, revision};
use crate::actor::Caller;
use crate::api::{Api, request_id};
use crate::convert::fact::{About, concerns, fact};
use crate::convert::report::{self, Arrived};
use crate::convert::time::timestamp;
use crate::convert::wrong::Wrong;
use crate::field;
use crate::name;
use crate::opaque::TaskName;
use crate::status::Refused;
use futures_util::stream::BoxStream;
use livshandelse_core::case::{Case, Stage, Step, StepState};
use livshandelse_core::command::{Arrival, Command, Report, Request as Asked};
use livshandelse_core::id::{CaseId, RequestId, Slug};
use livshandelse_core::{Answer, Rejection};
use livshandelse_engine::{Ask, Lane, ListKey, Published, Refusal, Told};
use livshandelse_proto::limits::AGENCY_NUMBER_LEN_MAX;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_work_service_server::AgencyWorkService;
use prost::Message;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Serves `AgencyWorkService`.
#[derive(Debug, Clone)]
pub(crate) struct AgencyWorkDesk(pub(crate) Api);

/// A task that is reported on, as its agency may know it.
struct OpenTask {
    task: TaskName,
    gives: Vec<Slug>,
    case: Arc<Case>,
}

/// What every report carries.
struct Envelope<'a> {
    method: &'static str,
    task: &'a str,
    attempt: u32,
    request_id: &'a str,
    arrival: Option<&'a pb::Arrival>,
    /// The request's body without its id.
    body: Vec<u8>,
}

#[tonic::async_trait]
impl AgencyWorkService for AgencyWorkDesk {
    type DownloadTaskAttachmentStream = BoxStream<'static, Result<pb::DownloadTaskAttachmentResponse, Status>>;

    async fn report_progress(
        &self,
        request: Request<pb::ReportProgressRequest>,
    ) -> Result<Response<pb::TaskReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let envelope = Envelope {
            method: "ReportProgress",
            task: &request.task,
            attempt: request.attempt,
            request_id: &request.request_id,
            arrival: request.arrival.as_ref(),
            body: pb::ReportProgressRequest { request_id: String::new(), ..request.clone() }.encode_to_vec(),
        };
        let now = self.0.engine().now();
        let read = |_: &OpenTask, wrong: &mut Wrong| {
            if request.progress.is_none() && request.arrival.is_none() {
                wrong.add("progress", "missing", "tell progress or arrival");
            }
            request.progress.as_ref().map(|given| report::progress("progress", given, now, wrong))
        };
        Ok(Response::new(self.report(&caller, envelope, read).await?))
    }

    async fn request_supplement(
        &self,
        request: Request<pb::RequestSupplementRequest>,
    ) -> Result<Response<pb::TaskReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let envelope = Envelope {
            method: "RequestSupplement",
            task: &request.task,
            attempt: request.attempt,
            request_id: &request.request_id,
            arrival: request.arrival.as_ref(),
            body: pb::RequestSupplementRequest { request_id: String::new(), ..request.clone() }.encode_to_vec(),
        };
        let read = |_: &OpenTask, wrong: &mut Wrong| {
            let given = request.supplement.clone().unwrap_or_default();
            Some(report::supplement("supplement", &given, wrong))
        };
        Ok(Response::new(self.report(&caller, envelope, read).await?))
    }

    async fn record_decision(
        &self,
        request: Request<pb::RecordDecisionRequest>,
    ) -> Result<Response<pb::TaskReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let envelope = Envelope {
            method: "RecordDecision",
            task: &request.task,
            attempt: request.attempt,
            request_id: &request.request_id,
            arrival: request.arrival.as_ref(),
            body: pb::RecordDecisionRequest { request_id: String::new(), ..request.clone() }.encode_to_vec(),
        };
        let now = self.0.engine().now();
        let read = |task: &OpenTask, wrong: &mut Wrong| {
            let given = request.decision.clone().unwrap_or_default();
            Some(report::decision("decision", &given, &task.gives, now, wrong))
        };
        Ok(Response::new(self.report(&caller, envelope, read).await?))
    }

    async fn complete_task(
        &self,
        request: Request<pb::CompleteTaskRequest>,
    ) -> Result<Response<pb::TaskReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let envelope = Envelope {
            method: "CompleteTask",
            task: &request.task,
            attempt: request.attempt,
            request_id: &request.request_id,
            arrival: request.arrival.as_ref(),
            body: pb::CompleteTaskRequest { request_id: String::new(), ..request.clone() }.encode_to_vec(),
        };
        let now = self.0.engine().now();
        let read = |task: &OpenTask, wrong: &mut Wrong| {
            let given = request.completion.clone().unwrap_or_default();
            Some(report::completion("completion", &given, &task.gives, now, wrong))
        };
        Ok(Response::new(self.report(&caller, envelope, read).await?))
    }

    async fn fail_task(&self, request: Request<pb::FailTaskRequest>) -> Result<Response<pb::TaskReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let envelope = Envelope {
            method: "FailTask",
            task: &request.task,
            attempt: request.attempt,
            request_id: &request.request_id,
            arrival: request.arrival.as_ref(),
            body: pb::FailTaskRequest { request_id: String::new(), ..request.clone() }.encode_to_vec(),
        };
        let read = |_: &OpenTask, wrong: &mut Wrong| {
            let given = request.failure.clone().unwrap_or_default();
            Some(report::failure("failure", &given, wrong))
        };
        Ok(Response::new(self.report(&caller, envelope, read).await?))
    }

    async fn download_task_attachment(
        &self,
        request: Request<pb::DownloadTaskAttachmentRequest>,
    ) -> Result<Response<Self::DownloadTaskAttachmentStream>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let (task, sealed) = name::read_task_attachment(&request.name)?;
        let sealed = sealed.to_owned();
        let open = self.open_task(&caller, task).await?;
        let step = open.case.step(&open.task.step).ok_or_else(|| name::not_found("task"))?;
        let of = (open.task.case, step);
        Ok(Response::new(attachment::sent::download(&self.0, caller.agency()?, of, &sealed, request).await?))
    }

    async fn approve_steps(
        &self,
        request: Request<pb::ApproveStepsRequest>,
    ) -> Result<Response<pb::RevisionStatus>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(revision::approve(&self.0, &caller, &request.into_inner()).await?))
    }

    async fn report_fact(&self, request: Request<pb::ReportFactRequest>) -> Result<Response<pb::FactReceipt>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(self.take_fact(&caller, request.into_inner()).await?))
    }

    async fn get_task_by_case_number(
        &self,
        request: Request<pb::GetTaskByCaseNumberRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let agency = own_agency(&caller, &request.parent)?;
        Ok(Response::new(self.find(&agency, request.agency_case_number.trim()).await?))
    }
}

impl AgencyWorkDesk {
    /// Takes a report. `read` turns the rest of it into what the core knows; nothing if only an arrival is told.
    async fn report(
        &self,
        caller: &Caller,
        envelope: Envelope<'_>,
        read: impl FnOnce(&OpenTask, &mut Wrong) -> Option<Report> + Send,
    ) -> Result<pb::TaskReceipt, Refused> {
        let open = self.open_task(caller, envelope.task).await?;
        let now = self.0.engine().now();
        let id = request_id(envelope.request_id)?;
        let mut wrong = Wrong::default();
        if envelope.attempt != open.task.attempt.0 {
            wrong.add(
                "attempt",
                "not the attempt of this task",
                format!("give {}, or report on the task of the other attempt", open.task.attempt.0),
            );
        }
        let arrival = report::arrival("arrival", envelope.arrival, now, &mut wrong);
        let main = read(&open, &mut wrong);
        if main.is_none() && wrong.is_empty() && arrival == (Arrived { case_number: None, at: None }) {
            wrong.add("arrival", "empty", "tell when it arrived, or under which number");
        }
        wrong.finish()?;
        let body = self.0.secrets().body(envelope.method, &envelope.body);
        let arrival = arrival.into_arrival(now);
        let told_alone = || arrival.clone().map(|Arrival { case_number, at }| Report::Arrived { case_number, at });
        let report = main.or_else(told_alone).ok_or(Refused::Internal { what: "a report that says nothing" })?;
        let is_supplement = matches!(report, Report::SupplementAsked { .. });
        let told = self.ask(caller, &open, (id, body), arrival, report).await.map_err(of_report)?;
        let supplement =
            told.case.step(&open.task.step).filter(|_| is_supplement).map_or(0, |step| step.supplements + 1);
        Ok(pb::TaskReceipt {
            task: envelope.task.to_owned(),
            sequence: told.case.sequence.0,
            accept_time: Some(timestamp(now)),
            duplicate: told.answer == Answer::Repeated,
            supplement_number: supplement,
        })
    }

    async fn ask(
        &self,
        caller: &Caller,
        open: &OpenTask,
        id: (RequestId, [u8; 16]),
        arrival: Option<Arrival>,
        report: Report,
    ) -> Result<Told, Refusal> {
        let TaskName { case, step, attempt } = open.task.clone();
        let request = Asked {
            id: Some(id),
            actor: caller.actor.clone(),
            purpose: caller.purpose.clone(),
            command: Command::Report { step, attempt, arrival, report },
        };
        self.0.engine().ask(Ask { case, revision: None, request, lane: Lane::Report, expected: None }).await
    }

    /// Opens a task's name: only the agency that it was made for can, and only while it still has the step.
    async fn open_task(&self, caller: &Caller, name: &str) -> Result<OpenTask, Refused> {
        let missing = || name::not_found("task");
        let own = caller.agency()?;
        let (agency, sealed) = name::read_task(name)?;
        if agency != *own {
            return Err(missing());
        }
        let task = self.0.opaque().open_task(&agency, sealed).ok_or_else(missing)?;
        let (case, published) = self.case_of(task.case).await?.ok_or_else(missing)?;
        let step = case.step(&task.step).filter(|step| step.agency.as_ref() == Some(&agency)).ok_or_else(missing)?;
        let gives = published.definition.step(&step.id.slug).map(|step| step.gives.clone()).unwrap_or_default();
        Ok(OpenTask { task, gives, case })
    }

    async fn case_of(&self, id: CaseId) -> Result<Option<(Arc<Case>, Arc<Published>)>, Refused> {
        let Some(case) = self.0.engine().read(id).await? else { return Ok(None) };
        let published = case.revision.as_ref().and_then(|revision| self.0.engine().definitions().get(revision));
        Ok(published.map(|published| (case, published)))
    }

    /// The latest task of a matter by the agency's own number.
    async fn find(&self, agency: &Slug, number: &str) -> Result<pb::Task, Refused> {
        let missing = || name::not_found("task");
        if number.is_empty() || number.chars().count() > AGENCY_NUMBER_LEN_MAX {
            return Err(missing());
        }
        const MATTERS_MAX: usize = 20;
        let ids = self.0.engine().listed(ListKey::case_number(agency, number), None, MATTERS_MAX).await?;
        let mut found: Option<(Arc<Case>, Arc<Published>, Arc<Step>)> = None;
        for id in ids {
            let Some((case, published)) = self.case_of(id).await? else { continue };
            let is_it =
                |step: &&Arc<Step>| step.agency.as_ref() == Some(agency) && step.case_number.as_deref() == Some(number);
            let Some(step) = case.steps.iter().filter(is_it).max_by_key(|step| step.filed_at).cloned() else {
                continue;
            };
            if found.as_ref().is_none_or(|(_, _, known)| known.filed_at < step.filed_at) {
                found = Some((case, published, step));
            }
        }
        let (case, published, step) = found.ok_or_else(missing)?;
        let task = step.task.ok_or_else(missing)?;
        let revision = published.definition.revision();
        let sealed =
            self.0.opaque().task(agency, &TaskName { case: case.id, step: step.id.clone(), attempt: task.attempt });
        Ok(pb::Task {
            name: name::task(agency, &sealed),
            agency_case_key: self.0.opaque().case_key(agency, case.id),
            step: step.id.slug.to_string(),
            life_event: name::life_event(&revision.life_event),
            revision: revision.number,
            subject: published
                .definition
                .step(&step.id.slug)
                .and_then(|known| crate::agency_client::subject_of(known, step.id.subject)),
            attempt: task.attempt.0,
            state: task_state(&step).into(),
            agency_case_number: number.to_owned(),
            create_time: step.filed_at.map(timestamp),
            arrive_time: step.arrived_at.map(timestamp),
            supplement_number: step.asked.as_ref().map_or(0, |_| step.supplements + 1),
        })
    }

    async fn take_fact(&self, caller: &Caller, request: pb::ReportFactRequest) -> Result<pb::FactReceipt, Refused> {
        let agency = own_agency(caller, &request.parent)?;
        let id = request_id(&request.request_id)?;
        if !self.0.is_public_agency(&agency) {
            return Err(Refused::NotAllowed { needs: "an agency of a life event that keeps a public register" });
        }
        let engine = self.0.engine();
        let now = engine.now();
        let mut wrong = Wrong::default();
        let given = request.fact.clone().unwrap_or_default();
        let read = fact(&given, now, engine.registry(), self.0.secrets(), &mut wrong);
        wrong.finish()?;
        let (about, mut report) = read.ok_or(Refused::Internal { what: "a fact about nobody" })?;
        let of_task = match &about {
            About::Task { task, case_key } => {
                let open = self.open_task(caller, task).await?;
                let known = case_key.as_ref().map(|key| self.0.opaque().open_case_key(&agency, key));
                if known.is_some_and(|known| known != Some(open.task.case)) {
                    return Err(name::not_found("case key"));
                }
                report.step = Some(open.task.step);
                Some(open.task.case)
            }
            About::CaseKey(_) | About::Person(_) => None,
        };
        let body = pb::ReportFactRequest { request_id: String::new(), ..request.clone() };
        let body = self.0.secrets().body("ReportFact", &body.encode_to_vec());
        let asked = Asked {
            id: Some((id, body)),
            actor: caller.actor.clone(),
            purpose: caller.purpose.clone(),
            command: Command::ReportFact(report.clone()),
        };
        let duplicate = match about {
            About::CaseKey(_) | About::Task { .. } => {
                let named = |about| match about {
                    About::CaseKey(key) => self.0.opaque().open_case_key(&agency, &key),
                    About::Task { .. } | About::Person(_) => None,
                };
                let case = of_task.or_else(|| named(about)).ok_or_else(|| name::not_found("case key"))?;
                let told = engine
                    .ask(Ask { case, revision: None, request: asked, lane: Lane::Report, expected: None })
                    .await?;
                told.answer == Answer::Repeated
            }
            About::Person(person) => {
                let ids = engine.listed(ListKey::party(person), None, crate::limits::CASES_OF_PARTY_MAX).await?;
                for case in ids {
                    let Ok(Some(known)) = engine.read(case).await else { continue };
                    let role = known.party(person).map(|party| party.role);
                    if known.stage != Stage::Open || !role.is_some_and(|role| concerns(report.kind, role)) {
                        continue;
                    }
                    match engine
                        .ask(Ask { case, revision: None, request: asked.clone(), lane: Lane::Report, expected: None })
                        .await
                    {
                        Ok(_) => {}
                        // The reporter is not told what cases there are, nor what they say (I6).
                        Err(Refusal::Rejected { rejection, .. }) => note_unused(&rejection),
                        Err(Refusal::Quarantined | Refusal::UnknownRevision(_)) => note_unused(&Rejection::NoSuchCase),
                        Err(refusal) => return Err(refusal.into()),
                    }
                }
                // That it came before is not told either: only a case would remember.
                false
            }
        };
        Ok(pb::FactReceipt { accept_time: Some(timestamp(now)), duplicate })
    }
}

/// Logs that a fact was of no use in a case, without saying which.
fn note_unused(rejection: &Rejection) {
    let reason = match rejection {
        Rejection::FactContradicts { .. } => "contradicts",
        Rejection::WrongFields(_) => "wrong-fields",
        Rejection::NotYours { .. } => "not-yours",
        Rejection::RequestIdReused => "request-id-reused",
        Rejection::CaseEnded | Rejection::NotFiledYet | Rejection::NoSuchCase => "no-open-case",
        _ => "other",
    };
    tracing::info!({ field::REASON } = reason, "a reported fact was not used in a case");
}

/// What a refused report is called: the case and its other agencies are nothing to this one.
fn of_report(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Rejected { rejection, case } => match *rejection {
            Rejection::NoSuchCase | Rejection::NoSuchStep { .. } | Rejection::NotYours { .. } => {
                name::not_found("task")
            }
            other => Refused::Engine(Refusal::Rejected { rejection: Box::new(other), case }),
        },
        other => Refused::Engine(other),
    }
}

/// The agency in `agencies/{agency}`, which must be the caller itself.
fn own_agency(caller: &Caller, name: &str) -> Result<Slug, Refused> {
    let own = caller.agency()?;
    let named = name::read_agency(name)?;
    if named == *own { Ok(named) } else { Err(name::not_found("agency")) }
}

fn task_state(step: &Step) -> pb::TaskState {
    let is_answered = step.task.is_none_or(|task| task.is_answered);
    match step.state {
        StepState::Blocked | StepState::Ready | StepState::Draft => pb::TaskState::Unspecified,
        StepState::Submitted if !is_answered => pb::TaskState::Waiting,
        StepState::Submitted
        | StepState::Received
        | StepState::InProgress
        | StepState::WaitingForOther
        | StepState::Decided
        | StepState::InExecution => pb::TaskState::Accepted,
        StepState::WaitingForApplicant => pb::TaskState::SupplementRequested,
        StepState::Done | StepState::Withdrawn | StepState::NotNeeded => pb::TaskState::Ended,
        StepState::FailedDelivery | StepState::Unknown => pb::TaskState::Failed,
    }
}
