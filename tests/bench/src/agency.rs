//! The bench's agency: answers at once, as cheaply as a call can be answered. The same process for both sides.

use crate::messages;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_server::{AgencyStepService, AgencyStepServiceServer};
use tonic::{Request, Response, Status};

struct AtOnce;

#[tonic::async_trait]
impl AgencyStepService for AtOnce {
    async fn perform_step(
        &self,
        request: Request<pb::PerformStepRequest>,
    ) -> Result<Response<pb::PerformStepResponse>, Status> {
        let request = request.into_inner();
        // Steps after the first wave are never reached by a case that stays open.
        let stays_open = request.input.as_ref().is_some_and(|input| input.fields.values().any(is_staying));
        Ok(Response::new(messages::answer(&request, stays_open)))
    }

    async fn cancel_step(&self, _: Request<pb::CancelStepRequest>) -> Result<Response<pb::CancelStepResponse>, Status> {
        Err(Status::unimplemented("nobody withdraws here"))
    }

    async fn get_step_status(
        &self,
        _: Request<pb::GetStepStatusRequest>,
    ) -> Result<Response<pb::GetStepStatusResponse>, Status> {
        Err(Status::unimplemented("nothing is remembered here"))
    }

    async fn get_step_type(&self, _: Request<pb::GetStepTypeRequest>) -> Result<Response<pb::StepType>, Status> {
        Err(Status::unimplemented("every step is alike here"))
    }
}

fn is_staying(value: &prost_types::Value) -> bool {
    matches!(&value.kind, Some(prost_types::value::Kind::StringValue(text)) if text == messages::STAYS_OPEN)
}

/// Serves until the process is killed.
///
/// # Errors
///
/// Returns what kept it from listening.
pub(crate) async fn serve() -> anyhow::Result<()> {
    crate::children::serve_one(|incoming| async move {
        tonic::transport::Server::builder()
            .add_service(AgencyStepServiceServer::new(AtOnce))
            .serve_with_incoming(incoming)
            .await
    })
    .await
}
