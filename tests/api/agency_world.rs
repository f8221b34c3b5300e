//! Agencies that answer over gRPC, as a test tells them to.

use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use livshandelse_proto::v1::perform_step_response::Result as Answer;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

type Manner = dyn Fn(&pb::PerformStepRequest) -> Result<pb::PerformStepResponse, Status> + Send + Sync;

/// Every agency of the country, behind one address.
#[derive(Clone)]
pub struct Agencies {
    manner: Arc<Mutex<Arc<Manner>>>,
    calls: Arc<Mutex<Vec<pb::PerformStepRequest>>>,
    cancels: Arc<Mutex<Vec<pb::CancelStepRequest>>>,
}

/// Takes a task on and answers later.
pub fn accept(request: &pb::PerformStepRequest) -> Result<pb::PerformStepResponse, Status> {
    let arrival = pb::Arrival {
        arrive_time: request.civil_time,
        agency_case_number: format!("DNR {} {}", request.step, &request.agency_case_key[..6]),
    };
    Ok(pb::PerformStepResponse { arrival: Some(arrival), result: Some(Answer::Accepted(pb::Acceptance::default())) })
}

impl Agencies {
    /// Serves them on a port of their own; returns its address.
    pub async fn serve() -> (Agencies, String) {
        let agencies =
            Agencies { manner: Arc::new(Mutex::new(Arc::new(accept))), calls: Arc::default(), cancels: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let service = AgencyStepServiceServer::new(agencies.clone());
        let serving = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
        (agencies, address)
    }

    /// From here on they answer so.
    pub fn answer(
        &self,
        manner: impl Fn(&pb::PerformStepRequest) -> Result<pb::PerformStepResponse, Status> + Send + Sync + 'static,
    ) {
        *self.manner.lock().unwrap() = Arc::new(manner);
    }

    /// The last hand-over of a step.
    pub fn last(&self, step: &str) -> Option<pb::PerformStepRequest> {
        self.calls.lock().unwrap().iter().rev().find(|call| call.step == step).cloned()
    }

    pub fn calls(&self) -> Vec<pb::PerformStepRequest> {
        self.calls.lock().unwrap().clone()
    }

    pub fn cancels(&self) -> Vec<pb::CancelStepRequest> {
        self.cancels.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl AgencyStepService for Agencies {
    async fn perform_step(
        &self,
        request: Request<pb::PerformStepRequest>,
    ) -> Result<Response<pb::PerformStepResponse>, Status> {
        let request = request.into_inner();
        let manner = self.manner.lock().unwrap().clone();
        self.calls.lock().unwrap().push(request.clone());
        manner(&request).map(Response::new)
    }

    async fn cancel_step(
        &self,
        request: Request<pb::CancelStepRequest>,
    ) -> Result<Response<pb::CancelStepResponse>, Status> {
        let request = request.into_inner();
        let closed = pb::Completion {
            complete_time: request.civil_time,
            text: "Avskriven.".to_owned(),
            ..pb::Completion::default()
        };
        self.cancels.lock().unwrap().push(request);
        let result = Some(pb::cancel_step_response::Result::Closed(closed));
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
