//! What people and agencies ask of the service, each under a request id of its own, so that it can be asked again.

use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient;
use livshandelse_proto::v1::attachment_service_client::AttachmentServiceClient;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::life_event_service_client::LifeEventServiceClient;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::time::Duration;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// A call that has no answer by then hangs.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Says who calls.
#[derive(Clone)]
pub struct As(String);

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(ACTOR_METADATA, self.0.parse().unwrap());
        request.metadata_mut().insert(PURPOSE_METADATA, "crash-test".parse().unwrap());
        Ok(request)
    }
}

type Line = InterceptedService<Channel, As>;

/// Connections to one process.
#[derive(Clone)]
pub struct Lines {
    portal: Channel,
    agency: Channel,
}

impl Lines {
    pub fn to(portal: &str, agency: &str) -> Lines {
        let line =
            |address: &str| Endpoint::from_shared(address.to_owned()).unwrap().timeout(ANSWER_MAX).connect_lazy();
        Lines { portal: line(portal), agency: line(agency) }
    }

    pub fn cases(&self, person: &str) -> CaseServiceClient<Line> {
        CaseServiceClient::with_interceptor(self.portal.clone(), As(format!("person:{person}")))
    }

    pub fn life_events(&self, person: &str) -> LifeEventServiceClient<Line> {
        LifeEventServiceClient::with_interceptor(self.portal.clone(), As(format!("person:{person}")))
    }

    pub fn attachments(&self, person: &str) -> AttachmentServiceClient<Line> {
        AttachmentServiceClient::with_interceptor(self.portal.clone(), As(format!("person:{person}")))
    }

    pub fn operations(&self) -> OperationsServiceClient<Line> {
        OperationsServiceClient::with_interceptor(self.agency.clone(), As("operator:anna".to_owned()))
    }

    pub fn work(&self, agency: &str) -> AgencyWorkServiceClient<Line> {
        AgencyWorkServiceClient::with_interceptor(self.agency.clone(), As(format!("agency:{agency}")))
    }
}

/// One request that changes something.
#[derive(Debug, Clone)]
pub enum Deed {
    Create { person: String, request: pb::CreateCaseRequest },
    Draft { person: String, request: pb::SaveDraftRequest },
    Submit { person: String, request: pb::SubmitInputRequest },
    Withdraw { person: String, request: pb::WithdrawStepRequest },
    Fact { agency: String, request: pb::ReportFactRequest },
    Decide { agency: String, request: pb::RecordDecisionRequest },
    Complete { agency: String, request: pb::CompleteTaskRequest },
    Supplement { agency: String, request: pb::RequestSupplementRequest },
}

/// What the service said: from then on it is a promise.
#[derive(Debug, Clone)]
pub struct Said {
    /// The case, for those who may see one.
    pub case: Option<pb::Case>,
    /// The case's sequence; 0 where it is not told.
    pub sequence: u64,
}

impl Said {
    fn case(case: pb::Case) -> Said {
        Said { sequence: case.sequence, case: Some(case) }
    }

    fn receipt(receipt: &pb::TaskReceipt) -> Said {
        Said { sequence: receipt.sequence, case: None }
    }
}

impl Deed {
    /// The caller's name for it.
    pub fn id(&self) -> &str {
        match self {
            Deed::Create { request, .. } => &request.request_id,
            Deed::Draft { request, .. } => &request.request_id,
            Deed::Submit { request, .. } => &request.request_id,
            Deed::Withdraw { request, .. } => &request.request_id,
            Deed::Fact { request, .. } => &request.request_id,
            Deed::Decide { request, .. } => &request.request_id,
            Deed::Complete { request, .. } => &request.request_id,
            Deed::Supplement { request, .. } => &request.request_id,
        }
    }

    /// What it is, and where, for a person who reads that something is wrong.
    pub fn describe(&self) -> String {
        let what = match self {
            Deed::Create { .. } => "CreateCase".to_owned(),
            Deed::Draft { .. } => "SaveDraft".to_owned(),
            Deed::Submit { request, .. } => format!("SubmitInput {}", request.name),
            Deed::Withdraw { request, .. } => format!("WithdrawStep {}", request.name),
            Deed::Fact { agency, .. } => format!("ReportFact {agency}"),
            Deed::Decide { agency, .. } => format!("RecordDecision {agency}"),
            Deed::Complete { agency, .. } => format!("CompleteTask {agency}"),
            Deed::Supplement { agency, .. } => format!("RequestSupplement {agency}"),
        };
        format!("{what} ({})", self.id())
    }

    /// The words that the case has of it once it is applied; only reports have words of their own.
    pub fn words(&self) -> Option<&str> {
        match self {
            Deed::Decide { request, .. } => request.decision.as_ref().map(|decision| decision.text.as_str()),
            Deed::Complete { request, .. } => request.completion.as_ref().map(|completion| completion.text.as_str()),
            Deed::Supplement { request, .. } => request.supplement.as_ref().map(|asked| asked.text.as_str()),
            Deed::Create { .. }
            | Deed::Draft { .. }
            | Deed::Submit { .. }
            | Deed::Withdraw { .. }
            | Deed::Fact { .. } => None,
        }
    }

    /// Whether the one who asked may list the case's events and finds this there.
    pub fn is_listed(&self) -> bool {
        matches!(self, Deed::Create { .. } | Deed::Submit { .. })
    }

    /// Whether it may be answered and leave no trace: a fact that concerns no case of the person.
    pub fn may_be_nowhere(&self) -> bool {
        matches!(self, Deed::Fact { .. })
    }

    /// Asks for it, for the first time or again.
    pub async fn ask(&self, lines: &Lines) -> Result<Said, Status> {
        match self.clone() {
            Deed::Create { person, request } => {
                lines.cases(&person).create_case(request).await.map(|told| Said::case(told.into_inner()))
            }
            Deed::Draft { person, request } => {
                lines.cases(&person).save_draft(request).await.map(|told| Said::case(told.into_inner()))
            }
            Deed::Submit { person, request } => {
                lines.cases(&person).submit_input(request).await.map(|told| Said::case(told.into_inner()))
            }
            Deed::Withdraw { person, request } => {
                lines.cases(&person).withdraw_step(request).await.map(|told| Said::case(told.into_inner()))
            }
            Deed::Fact { agency, request } => {
                lines.work(&agency).report_fact(request).await.map(|_| Said { case: None, sequence: 0 })
            }
            Deed::Decide { agency, request } => {
                lines.work(&agency).record_decision(request).await.map(|told| Said::receipt(told.get_ref()))
            }
            Deed::Complete { agency, request } => {
                lines.work(&agency).complete_task(request).await.map(|told| Said::receipt(told.get_ref()))
            }
            Deed::Supplement { agency, request } => {
                lines.work(&agency).request_supplement(request).await.map(|told| Said::receipt(told.get_ref()))
            }
        }
    }
}
