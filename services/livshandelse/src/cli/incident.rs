//! `livshandelse incident …`: the steps that wait for an operator, and how they go on.

use crate::connect::{AGENCY_ENDPOINT, Identity, Known, channel, operations};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use crate::show::line::{ATTENTION, FAINT, GOING, Line, PLAIN, wrap};
use crate::system;
use clap::{Args, Subcommand};
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::v1::{HandToInboxRequest, Incident, ListIncidentsRequest, RetryStepRequest};

/// Incidents asked for at once.
const PAGE_SIZE: i32 = 1000;

/// What an operator does about steps that have stopped.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// List the steps that wait for an operator, the oldest first
    List {
        #[command(flatten)]
        desk: Desk,
        /// Only those at this agency, as its definition and place name it: region-05
        #[arg(long, value_name = "AGENCY")]
        agency: Option<String>,
    },
    /// Hand a step to its agency again
    #[command(
        after_help = "Example:\n  livshandelse incident retry cases/case_4k7d/steps/midwife-enrolment --actor operator:anna"
    )]
    Retry(Step),
    /// Put a step in the inbox of its own agency
    HandToInbox(Step),
}

/// Where the service is, and who asks.
#[derive(Debug, Args)]
pub(crate) struct Desk {
    /// Where the service answers agencies and operators
    #[arg(long, env = "LIVSHANDELSE_AGENCY_ENDPOINT", default_value = AGENCY_ENDPOINT, value_name = "URL")]
    agency_endpoint: String,
    /// Who you are: `operator:<name>`
    #[arg(long, env = "LIVSHANDELSE_ACTOR", value_name = "WHO")]
    actor: String,
    /// What for; written down with what you do
    #[arg(long, env = "LIVSHANDELSE_PURPOSE", default_value = "incident", value_name = "WHY")]
    purpose: String,
}

/// Which step.
#[derive(Debug, Args)]
pub(crate) struct Step {
    /// The step, as `incident list` names it
    step: String,
    #[command(flatten)]
    desk: Desk,
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// Does what was typed.
///
/// # Errors
///
/// If nobody answers, or it is refused.
pub(crate) async fn run(command: IncidentCommand, output: &Output) -> Result<(), Failure> {
    match command {
        IncidentCommand::List { desk, agency } => list(&desk, agency, output).await,
        IncidentCommand::Retry(Step { step, desk, request_id }) => {
            let request_id = request_id.unwrap_or_else(system::request_id);
            let request = RetryStepRequest { name: step.clone(), request_id };
            let told = operator(&desk).await?.retry_step(request).await?.into_inner();
            let text = output.language().pick("är lämnat på nytt, försök", "is handed over again, attempt");
            handed(&step, text, told.attempt, &told.task, output);
            Ok(())
        }
        IncidentCommand::HandToInbox(Step { step, desk, request_id }) => {
            let request_id = request_id.unwrap_or_else(system::request_id);
            let request = HandToInboxRequest { name: step.clone(), request_id };
            let told = operator(&desk).await?.hand_to_inbox(request).await?.into_inner();
            let text =
                output.language().pick("ligger i myndighetens inkorg, försök", "is in the agency's inbox, attempt");
            handed(&step, text, told.attempt, &told.task, output);
            Ok(())
        }
    }
}

async fn operator(desk: &Desk) -> Result<OperationsServiceClient<Known>, Failure> {
    Ok(operations(channel(&desk.agency_endpoint).await?, Identity::new(&desk.actor, &desk.purpose)?))
}

async fn list(desk: &Desk, agency: Option<String>, output: &Output) -> Result<(), Failure> {
    let mut client = operator(desk).await?;
    let agency = agency.map(|agency| match agency.strip_prefix("agencies/") {
        Some(_) => agency,
        None => format!("agencies/{agency}"),
    });
    let mut request = ListIncidentsRequest {
        page_size: PAGE_SIZE,
        agency: agency.unwrap_or_default(),
        ..ListIncidentsRequest::default()
    };
    let mut incidents = Vec::new();
    loop {
        let page = client.list_incidents(request.clone()).await?.into_inner();
        incidents.extend(page.incidents);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if output.is_json() {
        let incidents: Result<Vec<_>, _> = incidents.iter().map(|incident| value("Incident", incident)).collect();
        output.json_pretty(&serde_json::json!({ "incidents": incidents? }));
        return Ok(());
    }
    let language = output.language();
    if incidents.is_empty() {
        output.text(language.pick("inget steg väntar på en driftsansvarig", "no step waits for an operator"));
    }
    let lines = incidents.iter().flat_map(|incident| told(incident, output));
    output.lines(&lines.collect::<Vec<_>>());
    Ok(())
}

/// An incident in two lines: where and why, then which step and until when.
fn told(incident: &Incident, output: &Output) -> Vec<Line> {
    let language = output.language();
    let agency = incident.agency.strip_prefix("agencies/").unwrap_or(&incident.agency);
    let first = Line::of(format!("{agency}  "), GOING)
        .and(format!("{}  ", incident.reason), ATTENTION)
        .and(incident.text.clone(), PLAIN);
    let mut lines = wrap(first, output.width(), 2);
    let attempt = format!("  {} {}", language.pick("försök", "attempt"), incident.attempt);
    let mut second = Line::of(format!("  {}", incident.step), PLAIN).and(attempt, FAINT);
    if let Some(day) = &incident.end_date {
        let until = language.pick("frist till", "clock until");
        second = second.and(format!("  {until} {:04}-{:02}-{:02}", day.year, day.month, day.day), ATTENTION);
    }
    lines.extend(wrap(second, output.width(), 4));
    lines
}

fn handed(step: &str, text: &str, attempt: u32, task: &str, output: &Output) {
    if output.is_json() {
        output.json(&serde_json::json!({ "step": step, "attempt": attempt, "task": task }));
        return;
    }
    output.text(&format!("{step} {text} {attempt}"));
}
