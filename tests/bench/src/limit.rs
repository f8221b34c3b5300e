//! The limit: a bare tonic server, without tower layers, that makes the same eight calls for each case and remembers
//! nothing. What no service on this machine can pass.

use crate::children;
use crate::life_event::WAVES;
use crate::messages;
use futures_util::future::try_join_all;
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_step_service_client::AgencyStepServiceClient;
use livshandelse_proto::v1::case_service_server::{CaseService, CaseServiceServer};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_stream::Stream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

struct Limit {
    agency: AgencyStepServiceClient<Channel>,
    number: AtomicU64,
}

type Updates = Pin<Box<dyn Stream<Item = Result<pb::CaseUpdate, Status>> + Send>>;

/// Methods that the limit does not have.
macro_rules! without {
    ($($method:ident($request:ident) -> $response:ident;)*) => {
        $(fn $method<'a, 'b>(
            &'a self,
            _: Request<pb::$request>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<pb::$response>, Status>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented("the limit only makes calls")) })
        })*
    };
}

#[tonic::async_trait]
impl CaseService for Limit {
    type WatchCaseStream = Updates;
    type WatchCasesStream = Updates;

    async fn create_case(&self, request: Request<pb::CreateCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let case = request.into_inner().case.unwrap_or_default();
        for wave in WAVES {
            let calls = wave.iter().map(|step| {
                let number = self.number.fetch_add(1, Ordering::Relaxed);
                let message = messages::perform_step(step, number, case.input.as_ref());
                let mut agency = self.agency.clone();
                async move { agency.perform_step(messages::with_actor(message)).await }
            });
            try_join_all(calls).await?;
        }
        Ok(Response::new(case))
    }

    async fn watch_case(&self, _: Request<pb::WatchCaseRequest>) -> Result<Response<Updates>, Status> {
        Err(Status::unimplemented("the limit only makes calls"))
    }

    async fn watch_cases(&self, _: Request<pb::WatchCasesRequest>) -> Result<Response<Updates>, Status> {
        Err(Status::unimplemented("the limit only makes calls"))
    }

    without! {
        save_draft(SaveDraftRequest) -> Case;
        get_case(GetCaseRequest) -> Case;
        list_cases(ListCasesRequest) -> ListCasesResponse;
        submit_input(SubmitInputRequest) -> Case;
        add_step(AddStepRequest) -> Case;
        withdraw_step(WithdrawStepRequest) -> Case;
        withdraw_case(WithdrawCaseRequest) -> Case;
        join_case(JoinCaseRequest) -> Case;
        get_contact(GetContactRequest) -> Contact;
        update_contact(UpdateContactRequest) -> Contact;
        list_case_events(ListCaseEventsRequest) -> ListCaseEventsResponse;
    }
}

/// Serves until the process is killed.
///
/// # Errors
///
/// Returns what kept it from listening.
pub(crate) async fn serve(agency: String) -> anyhow::Result<()> {
    let channel = Endpoint::from_shared(agency)?.tcp_nodelay(true).connect().await?;
    let limit = Limit { agency: AgencyStepServiceClient::new(channel), number: AtomicU64::new(0) };
    children::serve_one(|incoming| async move {
        tonic::transport::Server::builder()
            .add_service(CaseServiceServer::new(limit))
            .serve_with_incoming(incoming)
            .await
    })
    .await
}
