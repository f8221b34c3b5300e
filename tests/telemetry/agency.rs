//! Every agency of the country behind one address: keeps what it was told, metadata and all, and answers as a step's name
//! says.

use crate::words::{AGENCY_NUMBER, AGENCY_WORDS, APPLICANT};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use livshandelse_proto::v1::perform_step_response::Result as Answer;
use prost_types::Struct;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::{KeyRef, MetadataMap};
use tonic::{Request, Response, Status};

#[derive(Debug, Default)]
struct Told {
    performs: Vec<pb::PerformStepRequest>,
    cancels: Vec<pb::CancelStepRequest>,
    metadata_names: Vec<String>,
    metadata: Vec<String>,
}

/// All agencies.
#[derive(Debug, Clone)]
pub struct Agencies {
    told: Arc<Mutex<Told>>,
    count: watch::Sender<usize>,
}

impl Agencies {
    /// Serves them on a port of their own; returns its address.
    pub async fn serve() -> (Agencies, String) {
        let agencies = Agencies { told: Arc::default(), count: watch::Sender::new(0) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tonic::transport::Server::builder().add_service(AgencyStepServiceServer::new(agencies.clone()));
        tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
        (agencies, address)
    }

    fn note(&self, metadata: &MetadataMap) {
        let mut told = self.told.lock().unwrap();
        for name in metadata.keys() {
            let name = match name {
                KeyRef::Ascii(name) => name.as_str().to_owned(),
                KeyRef::Binary(name) => name.as_str().to_owned(),
            };
            told.metadata_names.push(name);
        }
        told.metadata.push(format!("{metadata:?}"));
    }

    /// The names of all metadata that came.
    pub fn metadata_names(&self) -> Vec<String> {
        let mut names = self.told.lock().unwrap().metadata_names.clone();
        names.sort();
        names.dedup();
        names
    }

    /// All metadata that came, as text.
    pub fn metadata(&self) -> Vec<String> {
        self.told.lock().unwrap().metadata.clone()
    }

    /// The first hand-over of a step to whoever has `agency` in its task's name, once it has come.
    pub async fn task(&self, agency: &str, step: &str) -> pb::PerformStepRequest {
        let owner = format!("agencies/{agency}/");
        self.once(|told| told.performs.iter().find(|task| task.step == step && task.task.starts_with(&owner)).cloned())
            .await
    }

    /// The first withdrawal, once it has come.
    pub async fn withdrawal(&self) -> pb::CancelStepRequest {
        self.once(|told| told.cancels.first().cloned()).await
    }

    async fn once<T>(&self, find: impl Fn(&Told) -> Option<T>) -> T {
        let mut count = self.count.subscribe();
        let found = async {
            loop {
                count.borrow_and_update();
                if let Some(found) = find(&self.told.lock().unwrap()) {
                    return found;
                }
                count.changed().await.unwrap();
            }
        };
        tokio::time::timeout(crate::PATIENCE, found).await.expect("it was not handed over")
    }
}

#[tonic::async_trait]
impl AgencyStepService for Agencies {
    async fn perform_step(
        &self,
        request: Request<pb::PerformStepRequest>,
    ) -> Result<Response<pb::PerformStepResponse>, Status> {
        self.note(request.metadata());
        let request = request.into_inner();
        self.told.lock().unwrap().performs.push(request.clone());
        self.count.send_modify(|count| *count += 1);
        let content = prost_types::Value {
            kind: Some(prost_types::value::Kind::StringValue(format!("{APPLICANT} {AGENCY_WORDS}"))),
        };
        let garbage = pb::Decision {
            outcome: 77,
            text: format!("{APPLICANT}: {AGENCY_WORDS}"),
            gives: Some(Struct { fields: [(APPLICANT.to_owned(), content)].into() }),
            ..pb::Decision::default()
        };
        let arrival = pb::Arrival {
            arrive_time: request.civil_time,
            agency_case_number: format!("{AGENCY_NUMBER} {}", &request.agency_case_key[..6]),
        };
        match request.step.as_str() {
            // Not what anybody could use.
            "pregnancy-certificate" => {
                Ok(Response::new(pb::PerformStepResponse { arrival: None, result: Some(Answer::Decided(garbage)) }))
            }
            // Refused, with much in the text.
            "parenthood-before-birth" => {
                Err(Status::invalid_argument(format!("{APPLICANT} {AGENCY_WORDS} {}", request.task)))
            }
            _ => Ok(Response::new(pb::PerformStepResponse {
                arrival: Some(arrival),
                result: Some(Answer::Accepted(pb::Acceptance::default())),
            })),
        }
    }

    async fn cancel_step(
        &self,
        request: Request<pb::CancelStepRequest>,
    ) -> Result<Response<pb::CancelStepResponse>, Status> {
        self.note(request.metadata());
        let request = request.into_inner();
        let completion = pb::Completion {
            complete_time: request.civil_time,
            text: AGENCY_WORDS.to_owned(),
            ..pb::Completion::default()
        };
        self.told.lock().unwrap().cancels.push(request);
        self.count.send_modify(|count| *count += 1);
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
