//! Words to speak to the service with; what it refuses is kept, to be looked through.

use crate::words::PURPOSE;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::life_event_service_client::LifeEventServiceClient;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::sync::{Arc, Mutex};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

/// Says who calls, and where the caller stands in a trace of its own.
#[derive(Debug, Clone)]
pub struct As {
    actor: String,
    trace: Vec<(&'static str, String)>,
}

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(ACTOR_METADATA, self.actor.parse().unwrap());
        request.metadata_mut().insert(PURPOSE_METADATA, tonic::metadata::MetadataValue::try_from(PURPOSE).unwrap());
        for (name, value) in &self.trace {
            request.metadata_mut().insert(*name, value.parse().unwrap());
        }
        Ok(request)
    }
}

type Line = InterceptedService<Channel, As>;

/// Connections to one process, and everything it refused.
#[derive(Debug, Clone)]
pub struct Lines {
    pub portal: Channel,
    agency: Channel,
    trace: Vec<(&'static str, String)>,
    refusals: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Lines {
    pub fn to(portal: &str, agency: &str) -> Lines {
        let line = |address: &str| Endpoint::from_shared(address.to_owned()).unwrap().connect_lazy();
        Lines { portal: line(portal), agency: line(agency), trace: Vec::new(), refusals: Arc::default() }
    }

    /// The same lines for a caller that is at this place in a trace, and says more of it than anybody should.
    pub fn within(&self, trace: &str, span: &str, more: &str) -> Lines {
        let trace = vec![
            ("traceparent", format!("00-{trace}-{span}-01")),
            ("tracestate", format!("portal={more}")),
            ("baggage", format!("person={more}")),
        ];
        Lines { trace, ..self.clone() }
    }

    fn actor(&self, actor: String) -> As {
        As { actor, trace: self.trace.clone() }
    }

    pub fn cases(&self, person: &str) -> CaseServiceClient<Line> {
        CaseServiceClient::with_interceptor(self.portal.clone(), self.actor(format!("person:{person}")))
    }

    pub fn life_events(&self, person: &str) -> LifeEventServiceClient<Line> {
        LifeEventServiceClient::with_interceptor(self.portal.clone(), self.actor(format!("person:{person}")))
    }

    pub fn work(&self, agency: &str) -> AgencyWorkServiceClient<Line> {
        AgencyWorkServiceClient::with_interceptor(self.agency.clone(), self.actor(format!("agency:{agency}")))
    }

    pub fn operations(&self) -> OperationsServiceClient<Line> {
        let actor = format!("operator:{}", crate::words::OPERATOR);
        OperationsServiceClient::with_interceptor(self.agency.clone(), self.actor(actor))
    }

    /// A call that must be refused, with this code; everything that it says is kept.
    pub fn refused<T: std::fmt::Debug>(&self, code: Code, result: Result<Response<T>, Status>) {
        let status = result.unwrap_err();
        let mut said = format!("{} {:?} {status:?} {status} ", status.message(), status.metadata()).into_bytes();
        said.extend_from_slice(status.details());
        assert_eq!(status.code(), code, "{status:?}");
        self.refusals.lock().unwrap().push(said);
    }

    /// Everything that was said to those who were refused.
    pub fn refusals(&self) -> Vec<Vec<u8>> {
        self.refusals.lock().unwrap().clone()
    }

    /// Follows a case until it is as described.
    pub async fn until(&self, person: &str, name: &str, fits: impl Fn(&pb::Case) -> bool) -> pb::Case {
        let request = pb::WatchCaseRequest { name: name.to_owned(), ..pb::WatchCaseRequest::default() };
        let mut changes = self.cases(person).watch_case(request).await.unwrap().into_inner();
        let fitting = async {
            while changes.message().await.unwrap().is_some() {
                let request = pb::GetCaseRequest { name: name.to_owned(), ..pb::GetCaseRequest::default() };
                let case = self.cases(person).get_case(request).await.unwrap().into_inner();
                if fits(&case) {
                    return case;
                }
            }
            panic!("the stream has ended");
        };
        tokio::time::timeout(crate::PATIENCE, fitting).await.expect("nothing happens any more")
    }
}

pub fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub fn step<'a>(case: &'a pb::Case, id: &str) -> &'a pb::Step {
    let name = format!("{}/steps/{id}", case.name);
    case.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("no step {name}"))
}

pub fn values(pairs: &[(&str, &str)]) -> prost_types::Struct {
    let value = |text: &str| prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text.to_owned())) };
    prost_types::Struct { fields: pairs.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect() }
}
