//! `OperationsService`: what operators see and do. Nothing of what is in a case.

use super::revision;
use crate::actor::Caller;
use crate::api::{Api, request_id};
use crate::convert::contact::outcome_of;
use crate::convert::time::{civil, date, timestamp};
use crate::convert::wrong::Wrong;
use crate::name;
use crate::opaque::TaskName;
use crate::page;
use crate::show::reason_slug;
use crate::status::Refused;
use livshandelse_core::command::{Command, Request as Asked};
use livshandelse_core::id::{CaseId, StepId};
use livshandelse_core::status::next_day;
use livshandelse_engine::{Ask, Incident, Lane, Readiness, Told};
use livshandelse_proto::limits::{DRAIN_DURATION_DEFAULT, DRAIN_DURATION_MAX};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::operations_service_server::OperationsService;
use livshandelse_store::Room;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// Serves `OperationsService`.
#[derive(Debug, Clone)]
pub(crate) struct OperationsDesk(pub(crate) Api);

#[tonic::async_trait]
impl OperationsService for OperationsDesk {
    async fn list_incidents(
        &self,
        request: Request<pb::ListIncidentsRequest>,
    ) -> Result<Response<pb::ListIncidentsResponse>, Status> {
        self.0.caller(&request)?.require_operator()?;
        let request = request.into_inner();
        let mut incidents = self.0.engine().incidents();
        if !request.agency.is_empty() {
            let agency = name::read_agency(&request.agency)?;
            incidents.retain(|incident| incident.agency.as_ref() == Some(&agency));
        }
        incidents
            .sort_by(|left, right| (left.since, left.case, &left.step).cmp(&(right.since, right.case, &right.step)));
        let list = page::list(&["incidents", &request.agency]);
        let (page, next_page_token) =
            page::cut(self.0.opaque(), &list, incidents, request.page_size, &request.page_token)?;
        let mut shown = Vec::with_capacity(page.len());
        for incident in &page {
            shown.push(self.incident(incident).await);
        }
        Ok(Response::new(pb::ListIncidentsResponse { incidents: shown, next_page_token }))
    }

    async fn retry_step(
        &self,
        request: Request<pb::RetryStepRequest>,
    ) -> Result<Response<pb::RetryStepResponse>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let (case, step) = name::read_step(&request.name)?;
        let command = Command::RetryStep { step: step.clone() };
        let told = self.mend(&caller, "RetryStep", case, &request.name, &request.request_id, command).await?;
        let (task, attempt) = self.task_of(&told, &step);
        Ok(Response::new(pb::RetryStepResponse { task, attempt }))
    }

    async fn hand_to_inbox(
        &self,
        request: Request<pb::HandToInboxRequest>,
    ) -> Result<Response<pb::HandToInboxResponse>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let (case, step) = name::read_step(&request.name)?;
        let command = Command::HandToInbox { step: step.clone() };
        let told = self.mend(&caller, "HandToInbox", case, &request.name, &request.request_id, command).await?;
        let (task, attempt) = self.task_of(&told, &step);
        Ok(Response::new(pb::HandToInboxResponse { task, attempt }))
    }

    async fn report_bounce(
        &self,
        request: Request<pb::ReportBounceRequest>,
    ) -> Result<Response<pb::ReportBounceResponse>, Status> {
        let caller = self.0.caller(&request)?;
        caller.require_operator()?;
        let report = request.into_inner().report;
        let heard = self.0.engine().hear_returned(&report, caller.actor.clone(), caller.purpose.clone()).await;
        let refused = || {
            let problem = "says nothing of a notice of ours, or of an address that nobody is told at any more";
            Wrong::one("report", problem, "give a delivery report (RFC 3464) as it came, headers and all")
        };
        let outcome = heard.map_err(Refused::from)?.ok_or_else(refused)?;
        Ok(Response::new(pb::ReportBounceResponse { outcome: outcome_of(outcome).into() }))
    }

    async fn publish_revision(
        &self,
        request: Request<pb::PublishRevisionRequest>,
    ) -> Result<Response<pb::RevisionStatus>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(revision::publish(&self.0, &caller, request.into_inner()).await?))
    }

    async fn get_revision_status(
        &self,
        request: Request<pb::GetRevisionStatusRequest>,
    ) -> Result<Response<pb::RevisionStatus>, Status> {
        self.0.caller(&request)?.require_operator()?;
        Ok(Response::new(revision::named(&self.0, &request.into_inner().name)?))
    }

    async fn get_topology(&self, request: Request<pb::GetTopologyRequest>) -> Result<Response<pb::Topology>, Status> {
        self.0.caller(&request)?.require_operator()?;
        Ok(Response::new(self.topology().await))
    }

    async fn advance_time(
        &self,
        request: Request<pb::AdvanceTimeRequest>,
    ) -> Result<Response<pb::AdvanceTimeResponse>, Status> {
        self.0.caller(&request)?.require_operator()?;
        let engine = self.0.engine();
        let to = match request.into_inner().civil_time {
            None => None,
            Some(given) => {
                let to = civil(&given).filter(|to| *to >= engine.now());
                let refused = || {
                    Wrong::one(
                        "civil_time",
                        "earlier than now, or not a time",
                        "give a later time; see GetTopology.civil_time",
                    )
                };
                Some(to.ok_or_else(refused)?)
            }
        };
        let advanced = engine.advance(to).await.map_err(Refused::from)?;
        Ok(Response::new(pb::AdvanceTimeResponse {
            civil_time: Some(timestamp(advanced.now)),
            next_time: advanced.next.map(timestamp),
            idle: advanced.is_idle,
        }))
    }

    async fn drain(&self, request: Request<pb::DrainRequest>) -> Result<Response<pb::DrainResponse>, Status> {
        self.0.caller(&request)?.require_operator()?;
        let wait = match request.into_inner().drain_duration {
            None => DRAIN_DURATION_DEFAULT,
            Some(given) => Duration::try_from(given).map_err(|_| {
                Wrong::one("drain_duration", "below zero, or not a duration", "give up to 10 minutes, or leave it out")
            })?,
        };
        self.0.request_drain(wait.min(DRAIN_DURATION_MAX));
        let topology = self.0.engine().topology();
        Ok(Response::new(pb::DrainResponse {
            queued_command_count: topology.in_flight as u64,
            call_in_flight_count: topology.calls_waiting as u64,
        }))
    }
}

impl OperationsDesk {
    async fn mend(
        &self,
        caller: &Caller,
        method: &'static str,
        case: CaseId,
        name: &str,
        id: &str,
        command: Command,
    ) -> Result<Told, Refused> {
        caller.require_operator()?;
        let id = request_id(id)?;
        let body = self.0.secrets().body(method, name.as_bytes());
        let request =
            Asked { id: Some((id, body)), actor: caller.actor.clone(), purpose: caller.purpose.clone(), command };
        Ok(self.0.engine().ask(Ask { case, revision: None, request, lane: Lane::Report, expected: None }).await?)
    }

    /// The task that a step now has, as its agency knows it.
    fn task_of(&self, told: &Told, step: &StepId) -> (String, u32) {
        let known = told.case.step(step);
        let Some((task, agency)) = known.and_then(|step| Some((step.task?, step.agency.as_ref()?))) else {
            return (String::new(), 0);
        };
        let sealed = TaskName { case: told.case.id, step: step.clone(), attempt: task.attempt };
        (name::task(agency, &self.0.opaque().task(agency, &sealed)), task.attempt.0)
    }

    async fn incident(&self, incident: &Incident) -> pb::Incident {
        let case = self.0.engine().read(incident.case).await.ok().flatten();
        let step = case.as_ref().and_then(|case| case.step(&incident.step));
        let published = case.as_ref().and_then(|case| self.0.engine().definitions().get(case.revision.as_ref()?));
        let definition = published.as_ref().and_then(|published| published.definition.step(&incident.step.slug));
        let task = step.and_then(|step| step.task);
        let sealed = task.zip(incident.agency.as_ref()).map(|(task, agency)| {
            let name = TaskName { case: incident.case, step: incident.step.clone(), attempt: task.attempt };
            name::task(agency, &self.0.opaque().task(agency, &name))
        });
        let reason = reason_slug(&incident.reason);
        pb::Incident {
            step: name::step(&name::case(incident.case), &incident.step),
            task: sealed.unwrap_or_default(),
            agency: incident.agency.as_ref().map(name::agency).unwrap_or_default(),
            reason: reason.to_owned(),
            text: what_to_do(reason).to_owned(),
            attempt: task.map_or(0, |task| task.attempt.0),
            open_time: Some(timestamp(incident.since)),
            end_date: definition
                .zip(step)
                .and_then(|(known, step)| next_day(known, step))
                .map(|next| date(next.last_day)),
        }
    }

    async fn topology(&self) -> pb::Topology {
        let engine = self.0.engine();
        let known = engine.topology();
        let advanced = engine.advance(None).await.ok();
        let count = |number: usize| number as u64;
        pb::Topology {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: match known.readiness {
                Readiness::Ready | Readiness::DiskLow | Readiness::DiskFull => pb::ServiceState::Serving,
                Readiness::Draining => pb::ServiceState::Draining,
            }
            .into(),
            clock_source: if known.is_time_lapse { pb::ClockSource::TimeLapse } else { pb::ClockSource::Real }.into(),
            civil_time: Some(timestamp(engine.now())),
            next_time: advanced.and_then(|advanced| advanced.next).map(timestamp),
            idle: advanced.map_or(known.in_flight == 0 && known.calls_waiting == 0, |advanced| advanced.is_idle),
            start_time: Some(timestamp(self.0.started_at())),
            counts: Some(pb::Counts {
                open_case_count: count(known.open_cases),
                open_task_count: count(known.calls_waiting),
                incident_count: count(engine.incidents().len()),
                quarantined_case_count: known.store.damages_count,
                queued_command_count: count(known.in_flight),
                call_in_flight_count: count(known.agencies.iter().map(|agency| agency.in_flight).sum()),
                watcher_count: count(self.0.watcher_count()),
                ..pb::Counts::default()
            }),
            journal: Some(pb::JournalPosition {
                segment: known.store.segment_number,
                offset_bytes: known.store.segment_used_bytes,
                record_count: known.store.records_count,
                unindexed_record_count: known.store.heads_unindexed_count,
                checkpoint_time: None,
                size_bytes: 0,
            }),
            disk_room: match known.room {
                Room::Plenty => pb::DiskRoom::Plenty,
                Room::Low => pb::DiskRoom::Low,
                Room::Full => pb::DiskRoom::Full,
            }
            .into(),
            revisions: self.0.live(None).iter().map(|bundle| name::revision(bundle.definition.revision())).collect(),
            agencies: known
                .agencies
                .iter()
                .map(|agency| pb::AgencyConnection {
                    agency: name::agency(&agency.agency),
                    channel: "push".to_owned(),
                    reachable: agency.failed_in_a_row == 0,
                    answer_time: None,
                    open_task_count: count(agency.in_flight + agency.waiting),
                })
                .collect(),
            store: self.0.store_name().to_owned(),
        }
    }
}

/// What an operator does about an incident.
fn what_to_do(reason: &str) -> &'static str {
    match reason {
        "undelivered-silent" => {
            "the agency did not answer in time, however often it was tried; ask them, then RetryStep"
        }
        "undelivered-unreachable" => "the agency could not be reached; check its endpoint and network, then RetryStep",
        "undelivered-garbage" => {
            "the agency's answer could not be understood; have them run the conformance check, then RetryStep"
        }
        "undelivered-refused" => {
            "the agency refused the call as wrong; compare its GetStepType with the definition, then RetryStep"
        }
        "agency-failed" => "the agency said that it cannot perform the step; ask them, then RetryStep or HandToInbox",
        _ => "the step stopped; ask the agency, then RetryStep or HandToInbox",
    }
}
