//! An office over real connections, with an orchestrator that records what it hears.

use super::*;
use crate::level::Level;
use crate::script;
use crate::steps::StepTable;
use livshandelse_agency::{Memory, conformance, serve_also};
use livshandelse_proto::v1::agency_step_service_client::AgencyStepServiceClient;
use livshandelse_proto::v1::agency_work_service_server::{AgencyWorkService, AgencyWorkServiceServer};
use livshandelse_proto::v1::time_lapse_service_client::TimeLapseServiceClient;
use livshandelse_proto::v1::time_lapse_service_server::TimeLapseServiceServer;
use livshandelse_proto::v1::{Outcome, perform_step_response};
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::Routes;
use tonic::transport::{Endpoint, Server};

/// What a document holds, and its digest.
const DOCUMENT: &[u8] = b"blue\n";
const DOCUMENT_SHA256: &str = "a0bee6616b5e5eae6799cb4525a884a82e7161614f11122bbdf4383b2ac05998";

type Pieces = Result<v1::DownloadTaskAttachmentResponse, Status>;

/// Passes on what is reported: `{method} {actor} {task or parent} #{attempt}`.
struct Recorder(mpsc::UnboundedSender<String>);

impl Recorder {
    fn note<T>(&self, method: &str, request: &Request<T>, about: &str, attempt: u32) {
        let metadata = |key| request.metadata().get(key).unwrap().to_str().unwrap();
        assert!(!metadata(PURPOSE_METADATA).is_empty());
        let actor = metadata(ACTOR_METADATA);
        self.0.send(format!("{method} {actor} {about} #{attempt}")).unwrap();
    }
}

macro_rules! records {
    ($($method:ident, $request:ident;)*) => {
        #[tonic::async_trait]
        impl AgencyWorkService for Recorder {
            $(
                async fn $method(
                    &self,
                    request: Request<v1::$request>,
                ) -> Result<Response<v1::TaskReceipt>, Status> {
                    let report = request.get_ref();
                    assert_eq!(report.request_id.len(), 36);
                    self.note(stringify!($method), &request, &report.task, report.attempt);
                    Ok(Response::new(v1::TaskReceipt::default()))
                }
            )*

            async fn report_fact(
                &self,
                request: Request<v1::ReportFactRequest>,
            ) -> Result<Response<v1::FactReceipt>, Status> {
                self.note("report_fact", &request, &request.get_ref().parent, 0);
                Ok(Response::new(v1::FactReceipt::default()))
            }

            type DownloadTaskAttachmentStream = tokio_stream::Iter<std::vec::IntoIter<Pieces>>;

            async fn download_task_attachment(
                &self,
                request: Request<v1::DownloadTaskAttachmentRequest>,
            ) -> Result<Response<Self::DownloadTaskAttachmentStream>, Status> {
                self.note("download_task_attachment", &request, &request.get_ref().name, 0);
                let attachment = v1::TaskAttachment {
                    file_name: "ritning.pdf".to_owned(),
                    sha256: DOCUMENT_SHA256.to_owned(),
                    ..v1::TaskAttachment::default()
                };
                let piece = v1::DownloadTaskAttachmentResponse {
                    content: DOCUMENT.to_vec(),
                    attachment: Some(attachment),
                    offset: 0,
                };
                Ok(Response::new(tokio_stream::iter(vec![Ok(piece)])))
            }

            async fn approve_steps(
                &self,
                _request: Request<v1::ApproveStepsRequest>,
            ) -> Result<Response<v1::RevisionStatus>, Status> {
                Ok(Response::new(v1::RevisionStatus::default()))
            }

            async fn get_task_by_case_number(
                &self,
                _request: Request<v1::GetTaskByCaseNumberRequest>,
            ) -> Result<Response<v1::Task>, Status> {
                Ok(Response::new(v1::Task::default()))
            }
        }
    };
}

records! {
    report_progress, ReportProgressRequest;
    request_supplement, RequestSupplementRequest;
    record_decision, RecordDecisionRequest;
    complete_task, CompleteTaskRequest;
    fail_task, FailTaskRequest;
}

/// An office and the orchestrator it reports to. Both stop when this is dropped.
struct Town {
    endpoint: String,
    steps: AgencyStepServiceClient<Channel>,
    time: TimeLapseServiceClient<Channel>,
    heard: mpsc::UnboundedReceiver<String>,
    _running: JoinSet<()>,
}

async fn town(level: Level, clock: Clock, script: &str) -> Town {
    let mut running = JoinSet::new();
    let (sender, heard) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let orchestrator = format!("http://{}", listener.local_addr().unwrap());
    running.spawn(async move {
        Server::builder()
            .add_service(AgencyWorkServiceServer::new(Recorder(sender)))
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });

    let now = match clock {
        Clock::TimeLapse => Timestamp::UNIX_EPOCH,
        Clock::Real(now) => now(),
    };
    let script = script::script(script).unwrap();
    let desk = Desk::new(level, StepTable::embedded().unwrap(), script, 1, now);
    let channel = Endpoint::from_shared(orchestrator).unwrap().connect_lazy();
    let office = Arc::new(Office::new(desk, clock, channel, Patience::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let also = Routes::new(TimeLapseServiceServer::new(TimeLapse(Arc::clone(&office))));
    let handler = Arc::clone(&office);
    running.spawn(async move {
        let never = std::future::pending();
        serve_also(listener, handler, Memory::default(), also, never).await.unwrap();
    });
    running.spawn(async move { office.keep_time().await });
    let channel = Endpoint::from_shared(endpoint.clone()).unwrap().connect().await.unwrap();
    Town {
        endpoint,
        steps: AgencyStepServiceClient::new(channel.clone()),
        time: TimeLapseServiceClient::new(channel),
        heard,
        _running: running,
    }
}

fn handover(task: &str, step: &str, seconds: i64) -> v1::PerformStepRequest {
    let at = Some(prost_types::Timestamp { seconds, nanos: 0 });
    v1::PerformStepRequest {
        task: task.to_owned(),
        agency_case_key: "k1".to_owned(),
        step: step.to_owned(),
        attempt: 1,
        effect_key: task.to_owned(),
        civil_time: at,
        submit_time: at,
        life_event: "lifeEvents/first-child".to_owned(),
        ..v1::PerformStepRequest::default()
    }
}

fn heard(town: &mut Town) -> Vec<String> {
    std::iter::from_fn(|| town.heard.try_recv().ok()).collect()
}

/// Noon in Stockholm on 2 March 2026, a Monday.
const MONDAY_NOON: i64 = 1_772_449_200;

#[tokio::test]
async fn in_time_lapse_a_report_has_been_heard_when_the_move_of_time_returns() {
    let mut town = town(Level::State, Clock::TimeLapse, "").await;
    let task = "agencies/skatteverket/tasks/t1";
    let handed = handover(task, "child-registration", MONDAY_NOON);
    let answer = town.steps.perform_step(handed).await.unwrap().into_inner();
    assert!(matches!(answer.result, Some(perform_step_response::Result::Accepted(_))));

    let next = town.time.get_next_time(GetNextTimeRequest {}).await.unwrap().into_inner();
    assert!(next.idle);
    assert_eq!(next.civil_time.unwrap().seconds, MONDAY_NOON);
    let due = next.next_time.unwrap();
    assert!(due.seconds > MONDAY_NOON);
    assert!(heard(&mut town).is_empty(), "nothing is said before it is due");

    let advance = AdvanceTimeRequest { civil_time: Some(due) };
    let moved = town.time.advance_time(advance).await.unwrap().into_inner();
    assert_eq!(heard(&mut town), [format!("record_decision agency:skatteverket {task} #1")]);
    assert_eq!((moved.idle, moved.next_time), (true, None));

    town.time.advance_time(advance).await.unwrap();
    assert!(heard(&mut town).is_empty(), "moving to where it already is does nothing");
    let earlier = prost_types::Timestamp { seconds: MONDAY_NOON, nanos: 0 };
    let back = AdvanceTimeRequest { civil_time: Some(earlier) };
    let refused = town.time.advance_time(back).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_document_is_fetched_before_the_matter_is_taken_on_and_its_digest_is_told() {
    let mut town = town(Level::Municipality, Clock::TimeLapse, "").await;
    let task = "agencies/byggnadsnamnden-0580/tasks/t1";
    let name = format!("{task}/attachments/a1");
    let handed = v1::PerformStepRequest {
        life_event: "lifeEvents/starting-a-business".to_owned(),
        input: Some(say::gives([("drawing", name.clone())])),
        ..handover(task, "change-of-use", MONDAY_NOON)
    };
    let answer = town.steps.perform_step(handed).await.unwrap().into_inner();
    let Some(perform_step_response::Result::Accepted(acceptance)) = answer.result else { panic!("accepted") };
    let words = format!("Vi har fått ritning.pdf (SHA-256 {DOCUMENT_SHA256}).");
    assert!(acceptance.agency_words.ends_with(&words), "{}", acceptance.agency_words);
    assert_eq!(heard(&mut town), [format!("download_task_attachment agency:byggnadsnamnden-0580 {name} #0")]);
}

#[tokio::test]
async fn a_year_passes_in_the_same_order_every_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let script = "report birth of 199309172386 child 1 on 2026-04-01 by region-05\n\
                      on child-health-centre: after 10 days progress; then after 10 days complete";
        let mut town = town(Level::Region, Clock::TimeLapse, script).await;
        for (agency, step) in [
            ("region-05", "midwife-enrolment"),
            ("region-05", "pregnancy-certificate"),
            ("region-14", "child-health-centre"),
        ] {
            let task = format!("agencies/{agency}/tasks/{step}");
            town.steps.perform_step(handover(&task, step, MONDAY_NOON)).await.unwrap();
        }
        while let Some(next) = town.time.get_next_time(GetNextTimeRequest {}).await.unwrap().into_inner().next_time {
            let advance = AdvanceTimeRequest { civil_time: Some(next) };
            town.time.advance_time(advance).await.unwrap();
        }
        runs.push(heard(&mut town));
    }
    assert_eq!(runs[0].len(), 5, "{:?}", runs[0]);
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&"report_fact agency:region-05 agencies/region-05 #0".to_owned()));
}

#[tokio::test]
async fn in_real_time_a_report_comes_by_itself_and_nobody_moves_the_clock() {
    let script = "on child-registration: after 20 ms approve";
    let mut town = town(Level::State, Clock::Real(Timestamp::now), script).await;
    let task = "agencies/skatteverket/tasks/t1";
    let handed = handover(task, "child-registration", MONDAY_NOON);
    town.steps.perform_step(handed).await.unwrap();
    let report = town.heard.recv().await.unwrap();
    assert_eq!(report, format!("record_decision agency:skatteverket {task} #1"));

    let refused = town.time.get_next_time(GetNextTimeRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "CLOCK_IS_REAL");
}

#[tokio::test]
async fn a_silent_agency_keeps_quiet_until_the_caller_gives_up_and_is_idle_meanwhile() {
    let mut town = town(Level::State, Clock::TimeLapse, "everywhere: silent 1 times").await;
    let task = "agencies/skatteverket/tasks/t1";
    let mut call = Request::new(handover(task, "child-registration", MONDAY_NOON));
    call.set_timeout(Duration::from_millis(50));
    let given_up = town.steps.perform_step(call).await.unwrap_err();
    assert!(matches!(given_up.code(), Code::DeadlineExceeded | Code::Cancelled), "{given_up}");
    let next = town.time.get_next_time(GetNextTimeRequest {}).await.unwrap().into_inner();
    assert!(next.idle);
    let again = handover(task, "child-registration", MONDAY_NOON);
    town.steps.perform_step(again).await.unwrap();
}

#[tokio::test]
async fn every_step_of_every_level_follows_the_contract() {
    let table = StepTable::embedded().unwrap();
    for level in [Level::State, Level::Region, Level::Municipality] {
        let steps: Vec<&str> =
            table.iter().filter(|entry| entry.level == level).map(|entry| entry.slug.as_str()).collect();
        let town = town(level, Clock::TimeLapse, "").await;
        let findings = conformance::check(&town.endpoint, &steps).await.unwrap();
        let broken: Vec<String> =
            findings.iter().filter(|finding| finding.broken_by.is_some()).map(ToString::to_string).collect();
        assert!(findings.len() > 5 * steps.len());
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

#[tokio::test]
async fn the_kit_finds_an_agency_that_says_nothing() {
    let town = town(Level::State, Clock::TimeLapse, "everywhere: garbage missing").await;
    let findings = conformance::check(&town.endpoint, &["name"]).await.unwrap();
    let broken: Vec<&str> =
        findings.iter().filter(|finding| finding.broken_by.is_some()).map(|finding| finding.rule).collect();
    assert!(broken.contains(&"an answer says what came of it"), "{broken:?}");
}

#[tokio::test]
async fn the_instant_agency_approves_whatever_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let mut running = JoinSet::new();
    running.spawn(async move {
        let handler = Arc::new(crate::instant::Instant);
        let never = std::future::pending();
        livshandelse_agency::serve(listener, handler, Memory::None, never).await.unwrap();
    });
    let mut client = AgencyStepServiceClient::connect(endpoint).await.unwrap();
    let handed = handover("agencies/anyone/tasks/t1", "any-step", MONDAY_NOON);
    let answer = client.perform_step(handed).await.unwrap().into_inner();
    let Some(perform_step_response::Result::Decided(decision)) = answer.result else { panic!("decided") };
    assert_eq!(decision.outcome(), Outcome::Approved);
    assert_eq!(answer.arrival.unwrap().arrive_time.unwrap().seconds, MONDAY_NOON);
}
