//! Reports over a real connection to a service that is busy at first.

use super::*;
use crate::say;
use livshandelse_proto::v1::agency_work_service_server::{AgencyWorkService, AgencyWorkServiceServer};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Endpoint, Server};
use tonic_types::ErrorDetails;

/// What a document holds.
const DOCUMENT: &[u8] = b"blue\n";

type Pieces = Result<v1::DownloadTaskAttachmentResponse, Status>;

/// Notes who called with which request id; answers with what it was given, then with
/// receipts.
#[derive(Clone, Default)]
struct Recorder {
    calls: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<Status>>>,
}

impl Recorder {
    fn note<T>(&self, method: &str, request: &Request<T>, request_id: &str) -> Result<(), Status> {
        let metadata = |key| request.metadata().get(key).unwrap().to_str().unwrap();
        let (actor, purpose) = (metadata(ACTOR_METADATA), metadata(PURPOSE_METADATA));
        let call = format!("{method} {actor} {purpose} {request_id}");
        self.calls.lock().unwrap().push(call);
        match self.refusals.lock().unwrap().pop() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }
}

#[tonic::async_trait]
impl AgencyWorkService for Recorder {
    async fn report_progress(
        &self,
        request: Request<v1::ReportProgressRequest>,
    ) -> Result<Response<v1::TaskReceipt>, Status> {
        self.note("progress", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::TaskReceipt::default()))
    }

    async fn request_supplement(
        &self,
        request: Request<v1::RequestSupplementRequest>,
    ) -> Result<Response<v1::TaskReceipt>, Status> {
        self.note("supplement", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::TaskReceipt::default()))
    }

    async fn record_decision(
        &self,
        request: Request<v1::RecordDecisionRequest>,
    ) -> Result<Response<v1::TaskReceipt>, Status> {
        self.note("decision", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::TaskReceipt::default()))
    }

    async fn complete_task(
        &self,
        request: Request<v1::CompleteTaskRequest>,
    ) -> Result<Response<v1::TaskReceipt>, Status> {
        self.note("completion", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::TaskReceipt::default()))
    }

    async fn fail_task(&self, request: Request<v1::FailTaskRequest>) -> Result<Response<v1::TaskReceipt>, Status> {
        self.note("failure", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::TaskReceipt::default()))
    }

    type DownloadTaskAttachmentStream = tokio_stream::Iter<std::vec::IntoIter<Pieces>>;

    async fn download_task_attachment(
        &self,
        request: Request<v1::DownloadTaskAttachmentRequest>,
    ) -> Result<Response<Self::DownloadTaskAttachmentStream>, Status> {
        let from = request.get_ref().offset;
        self.note("download", &request, &from.to_string())?;
        let from = usize::try_from(from).unwrap();
        let attachment = v1::TaskAttachment {
            file_name: "ritning.pdf".to_owned(),
            sha256: "a0bee6616b5e5eae6799cb4525a884a82e7161614f11122bbdf4383b2ac05998".to_owned(),
            ..v1::TaskAttachment::default()
        };
        let piece = |at: usize, content: &[u8]| v1::DownloadTaskAttachmentResponse {
            offset: i64::try_from(at).unwrap(),
            content: content.to_vec(),
            attachment: None,
        };
        let first = v1::DownloadTaskAttachmentResponse { attachment: Some(attachment), ..piece(from, &[]) };
        let mut pieces = vec![Ok(first)];
        for (at, byte) in DOCUMENT.iter().enumerate().skip(from) {
            pieces.push(Ok(piece(at, &[*byte])));
            // The line breaks after every second byte.
            if at % 2 == 1 {
                pieces.push(Err(Status::unavailable("broken off")));
                break;
            }
        }
        Ok(Response::new(tokio_stream::iter(pieces)))
    }

    async fn approve_steps(
        &self,
        request: Request<v1::ApproveStepsRequest>,
    ) -> Result<Response<v1::RevisionStatus>, Status> {
        self.note("approval", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::RevisionStatus::default()))
    }

    async fn report_fact(&self, request: Request<v1::ReportFactRequest>) -> Result<Response<v1::FactReceipt>, Status> {
        self.note("fact", &request, &request.get_ref().request_id)?;
        Ok(Response::new(v1::FactReceipt::default()))
    }

    async fn get_task_by_case_number(
        &self,
        request: Request<v1::GetTaskByCaseNumberRequest>,
    ) -> Result<Response<v1::Task>, Status> {
        self.note("look-up", &request, "")?;
        Ok(Response::new(v1::Task::default()))
    }
}

/// The service stops when the set is dropped.
async fn connected(recorder: &Recorder) -> (WorkClient, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = AgencyWorkServiceServer::new(recorder.clone());
    let mut running = JoinSet::new();
    running.spawn(async move {
        Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
    });
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let patience = Patience {
        attempts_max: 3,
        first_delay: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
        ..Patience::default()
    };
    let client = WorkClient::new(channel, "region-05", "handling", patience).unwrap();
    (client, running)
}

fn decided() -> TaskReport {
    TaskReport {
        task: "agencies/region-05/tasks/t1".to_owned(),
        attempt: 1,
        request_id: RequestId::of(&["t1", "decided"]),
        arrival: None,
        report: Report::Decision(say::decision(v1::Outcome::Approved, None, "Beviljat")),
    }
}

fn ended(reason: ErrorReason) -> Status {
    let details = ErrorDetails::with_error_info(
        reason.as_reason(),
        livshandelse_proto::ERROR_DOMAIN,
        HashMap::<String, String>::new(),
    );
    Status::with_error_details(Code::FailedPrecondition, "kept", details)
}

#[tokio::test]
async fn a_busy_service_is_asked_again_with_the_same_request_id() {
    let recorder = Recorder::default();
    let busy = [Status::resource_exhausted("busy"), Status::unavailable("starting")];
    recorder.refusals.lock().unwrap().extend(busy);
    let (client, _running) = connected(&recorder).await;
    client.report(&decided()).await.unwrap();
    let calls = recorder.calls.lock().unwrap().clone();
    let id = RequestId::of(&["t1", "decided"]);
    let expected = format!("decision agency:region-05 handling {id}");
    assert_eq!(calls, vec![expected; 3]);
}

#[tokio::test]
async fn a_service_that_stays_away_is_given_up_after_the_last_try() {
    let recorder = Recorder::default();
    let away = (0..5).map(|_| Status::unavailable("away"));
    recorder.refusals.lock().unwrap().extend(away);
    let (client, _running) = connected(&recorder).await;
    let error = client.report(&decided()).await.unwrap_err();
    assert!(matches!(error, ReportError::NotReached { attempts: 3, .. }));
}

#[tokio::test]
async fn a_report_that_is_too_late_is_not_repeated() {
    let recorder = Recorder::default();
    let (client, _running) = connected(&recorder).await;
    for (reason, expected) in
        [(ErrorReason::StaleAttempt, ReportError::StaleAttempt), (ErrorReason::TaskEnded, ReportError::TaskEnded)]
    {
        recorder.refusals.lock().unwrap().push(ended(reason));
        assert_eq!(client.report(&decided()).await.unwrap_err(), expected);
    }
    assert_eq!(recorder.calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn every_kind_of_report_has_its_method() {
    let recorder = Recorder::default();
    let (client, _running) = connected(&recorder).await;
    let reports = [
        Report::Progress(None),
        Report::Supplement(say::supplement("Vi behöver mer", &[], None, None)),
        Report::Decision(say::decision(v1::Outcome::Rejected, None, "Avslag")),
        Report::Completion(say::completion(None, "Klart")),
        Report::Failure(v1::Failure::default()),
    ];
    for report in reports {
        let report = TaskReport { report, ..decided() };
        client.report(&report).await.unwrap();
    }
    let id = RequestId::of(&["fact"]);
    client.report_fact(&id, &v1::Fact::default()).await.unwrap();
    client.task_by_case_number("A 2026/1").await.unwrap();
    let calls = recorder.calls.lock().unwrap().clone();
    let methods: Vec<&str> = calls.iter().filter_map(|call| call.split(' ').next()).collect();
    let expected = ["progress", "supplement", "decision", "completion", "failure", "fact", "look-up"];
    assert_eq!(methods, expected);
}

#[tokio::test]
async fn a_document_that_is_broken_off_goes_on_where_it_was() {
    let recorder = Recorder::default();
    let (client, _running) = connected(&recorder).await;
    let name = "agencies/region-05/tasks/t1/attachments/a1";
    let mut content = Vec::new();
    let attachment = client.fetch(name, |piece| content.extend_from_slice(piece)).await.unwrap();
    assert_eq!((content.as_slice(), attachment.file_name.as_str()), (DOCUMENT, "ritning.pdf"));
    let calls = recorder.calls.lock().unwrap().clone();
    let expected = ["0", "2", "4"].map(|from| format!("download agency:region-05 handling {from}"));
    assert_eq!(calls, expected);
}

#[test]
fn a_hand_over_names_its_own_documents_and_no_other_text_is_one() {
    let task = "agencies/region-05/tasks/t1".to_owned();
    let name = format!("{task}/attachments/a1");
    let other = "agencies/region-05/tasks/t2/attachments/a1".to_owned();
    let input = say::gives([("drawing", name.clone()), ("why", "text".to_owned()), ("other", other)]);
    let handover = v1::PerformStepRequest { task, input: Some(input), ..v1::PerformStepRequest::default() };
    assert_eq!(crate::attachments_of(&handover), [("drawing".to_owned(), name)]);
}
