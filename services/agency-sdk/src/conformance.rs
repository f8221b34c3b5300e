//! Calls a running agency and tells what does not follow the contract.
//!
//! A first, small kit: it files the agency's own samples, so point it at a test
//! environment.

use livshandelse_proto::limits::AGENCY_NUMBER_LEN_MAX;
use livshandelse_proto::v1::agency_step_service_client::AgencyStepServiceClient;
use livshandelse_proto::v1::{self, Outcome, perform_step_response};
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::fmt;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// One rule of the contract and whether the agency keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The step it was tried on.
    pub step: String,
    /// The rule, as a sentence.
    pub rule: &'static str,
    /// `None`: kept. Otherwise what the agency did instead.
    pub broken_by: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.broken_by {
            None => write!(f, "ok      {}: {}", self.step, self.rule),
            Some(instead) => write!(f, "BROKEN  {}: {} ({instead})", self.step, self.rule),
        }
    }
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum NotChecked {
    /// The address is none, or nobody answers there.
    #[error("connect {endpoint}")]
    NotReached {
        /// The address that was given.
        endpoint: String,
        /// What the transport said.
        source: tonic::transport::Error,
    },
}

/// Says who calls: the kit, as an operator.
#[derive(Clone)]
struct AsOperator;

impl Interceptor for AsOperator {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let operator = MetadataValue::<Ascii>::from_static("operator:conformance");
        let purpose = MetadataValue::<Ascii>::from_static("conformance");
        request.metadata_mut().insert(ACTOR_METADATA, operator);
        request.metadata_mut().insert(PURPOSE_METADATA, purpose);
        Ok(request)
    }
}

type Client = AgencyStepServiceClient<InterceptedService<Channel, AsOperator>>;

/// Checks the agency at an address (`http://…`) on the steps that are named.
///
/// # Errors
///
/// [`NotChecked`] if the agency cannot be reached. What it does wrong is a [`Finding`].
pub async fn check(endpoint: &str, steps: &[&str]) -> Result<Vec<Finding>, NotChecked> {
    let not_reached = |source| NotChecked::NotReached { endpoint: endpoint.to_owned(), source };
    let channel =
        Endpoint::from_shared(endpoint.to_owned()).map_err(not_reached)?.connect().await.map_err(not_reached)?;
    let mut client = AgencyStepServiceClient::with_interceptor(channel, AsOperator);
    let mut findings = Vec::new();
    for step in steps {
        check_step(&mut client, step, &mut findings).await;
    }
    check_unknown(&mut client, &mut findings).await;
    Ok(findings)
}

async fn check_step(client: &mut Client, step: &str, findings: &mut Vec<Finding>) {
    let mut note = |rule, broken_by: Option<String>| {
        findings.push(Finding { step: step.to_owned(), rule, broken_by });
    };
    let asked = v1::GetStepTypeRequest { step: step.to_owned(), language_code: String::new() };
    let described = client.get_step_type(asked).await;
    let sample = described.as_ref().ok().and_then(|described| described.get_ref().sample.clone());
    let instead = match (&described, &sample) {
        (Err(status), _) => Some(said(status)),
        (Ok(_), None) => Some("no sample".to_owned()),
        (Ok(_), Some(_)) => None,
    };
    note("the step is described, with a sample", instead);
    let Some(sample) = sample else { return };

    let first = client.perform_step(sample.clone()).await;
    let again = client.perform_step(sample.clone()).await;
    match (first, again) {
        (Ok(first), Ok(again)) => {
            let (first, again) = (first.into_inner(), again.into_inner());
            let instead = (first != again).then(|| "another answer".to_owned());
            note("a repeated hand-over gets the same answer", instead);
            note("an answer says what came of it", wrong_answer(&first));
            note("an arrival is not later than now", wrong_arrival(&first, &sample));
        }
        (Err(status), _) | (_, Err(status)) => {
            note("the sample is taken on", Some(said(&status)));
            return;
        }
    }

    let question = v1::GetStepStatusRequest {
        task: sample.task.clone(),
        agency_case_key: sample.agency_case_key.clone(),
        agency_case_number: String::new(),
        civil_time: sample.civil_time,
        step: step.to_owned(),
    };
    let instead = client.get_step_status(question).await.err();
    note("a task that was handed over can be asked for", instead.map(|status| said(&status)));

    let mut without_key = sample;
    without_key.effect_key.clear();
    let instead = expect(client.perform_step(without_key).await, Code::InvalidArgument);
    note("a hand-over without an effect key is refused", instead);
}

async fn check_unknown(client: &mut Client, findings: &mut Vec<Finding>) {
    let step = "no-such-step".to_owned();
    let task = "agencies/no-such-agency/tasks/never".to_owned();
    let civil_time = Some(prost_types::Timestamp { seconds: 1_770_000_000, nanos: 0 });
    let asked = v1::GetStepTypeRequest { step: step.clone(), language_code: String::new() };
    let described = expect(client.get_step_type(asked).await, Code::NotFound);
    let question = v1::GetStepStatusRequest {
        task: task.clone(),
        agency_case_key: "never".to_owned(),
        agency_case_number: String::new(),
        civil_time,
        step: step.clone(),
    };
    let status = expect(client.get_step_status(question).await, Code::NotFound);
    let withdrawal = v1::CancelStepRequest {
        task,
        agency_case_key: "never".to_owned(),
        attempt: 1,
        effect_key: "conformance-never".to_owned(),
        withdraw_time: civil_time,
        civil_time,
        step: step.clone(),
        ..v1::CancelStepRequest::default()
    };
    let withdrawn = expect(client.cancel_step(withdrawal).await, Code::NotFound);
    let rules = [
        ("a step that the agency does not have is not found", described),
        ("the status of a task that never came is not found", status),
        ("the withdrawal of a task that never came is not found", withdrawn),
    ];
    findings.extend(rules.map(|(rule, broken_by)| Finding { step: step.clone(), rule, broken_by }));
}

fn expect<T>(answer: Result<tonic::Response<T>, Status>, code: Code) -> Option<String> {
    match answer {
        Ok(_) => Some("it was answered".to_owned()),
        Err(status) if status.code() == code => None,
        Err(status) => Some(said(&status)),
    }
}

fn wrong_answer(answer: &v1::PerformStepResponse) -> Option<String> {
    let number = answer.arrival.as_ref().map_or("", |arrival| arrival.agency_case_number.as_str());
    if number.chars().count() > AGENCY_NUMBER_LEN_MAX {
        return Some(format!("a number of more than {AGENCY_NUMBER_LEN_MAX} characters"));
    }
    match &answer.result {
        None => Some("nothing is said".to_owned()),
        Some(perform_step_response::Result::Decided(decision)) => match Outcome::try_from(decision.outcome) {
            Err(_) | Ok(Outcome::Unspecified | Outcome::None) => Some("a decision without an outcome".to_owned()),
            Ok(_) if decision.decide_time.is_none() => Some("a decision without a time".to_owned()),
            Ok(_) => None,
        },
        Some(perform_step_response::Result::Supplement(supplement)) => {
            supplement.text.is_empty().then(|| "a supplement without words".to_owned())
        }
        Some(
            perform_step_response::Result::Accepted(_)
            | perform_step_response::Result::Completed(_)
            | perform_step_response::Result::Failed(_),
        ) => None,
    }
}

fn wrong_arrival(answer: &v1::PerformStepResponse, sample: &v1::PerformStepRequest) -> Option<String> {
    let arrived = answer.arrival.as_ref()?.arrive_time?;
    let now = sample.civil_time?;
    let is_later = (arrived.seconds, arrived.nanos) > (now.seconds, now.nanos);
    is_later.then(|| "it is later".to_owned())
}

fn said(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}
