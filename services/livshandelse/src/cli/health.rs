//! `livshandelse health`: whether the service answers on both ports, for whatever looks after the process.

use crate::connect::{AGENCY_ENDPOINT, PORTAL_ENDPOINT, channel};
use crate::fail::Failure;
use crate::output::Output;
use clap::Args;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Which service is asked.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Where the service answers portals
    #[arg(long, env = "LIVSHANDELSE_ENDPOINT", default_value = PORTAL_ENDPOINT, value_name = "URL")]
    endpoint: String,
    /// Where it answers agencies and operators
    #[arg(long, env = "LIVSHANDELSE_AGENCY_ENDPOINT", default_value = AGENCY_ENDPOINT, value_name = "URL")]
    agency_endpoint: String,
}

/// Asks both ports.
///
/// # Errors
///
/// If one does not answer, or does not serve: the disk is full, or the service is about to stop.
pub(crate) async fn run(health: Health, output: &Output) -> Result<(), Failure> {
    ask(&health.endpoint).await?;
    ask(&health.agency_endpoint).await?;
    if output.is_json() {
        output.json(&serde_json::json!({ "serving": true }));
    } else {
        output.text(output.language().pick("tjänsten svarar", "serving"));
    }
    Ok(())
}

async fn ask(endpoint: &str) -> Result<(), Failure> {
    let mut client = HealthClient::new(channel(endpoint).await?);
    let asked = client.check(HealthCheckRequest { service: String::new() });
    let silent = |_| Failure::Unreachable {
        endpoint: endpoint.to_owned(),
        reason: format!("no answer within {} s", ANSWER_MAX.as_secs()),
    };
    let answer = tokio::time::timeout(ANSWER_MAX, asked).await.map_err(silent)??.into_inner();
    if answer.status == ServingStatus::Serving as i32 {
        return Ok(());
    }
    // As the service itself says it to those who call then.
    Err(Status::new(Code::Unavailable, format!("{endpoint} answers, and does not serve: see its log")).into())
}
