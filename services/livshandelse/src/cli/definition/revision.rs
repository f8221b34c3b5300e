//! `livshandelse definition publish|approve|status`: revisions at a service that runs.

use super::{files, unreadable};
use crate::connect::{AGENCY_ENDPOINT, Identity, Known, agency_work, channel, operations};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, wrap};
use crate::system;
use clap::Args;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::v1::{
    ApproveStepsRequest, BundleFile, GetRevisionStatusRequest, PublishRevisionRequest, RevisionStatus,
};

/// Where the service is, and who asks.
#[derive(Debug, Args)]
struct Desk {
    /// Where the service answers agencies and operators
    #[arg(long, env = "LIVSHANDELSE_AGENCY_ENDPOINT", default_value = AGENCY_ENDPOINT, value_name = "URL")]
    server: String,
    /// Who you are: `operator:<name>` or `agency:<slug>`
    #[arg(long, env = "LIVSHANDELSE_ACTOR", value_name = "WHO")]
    actor: String,
    /// What for; written down with what you do
    #[arg(long, env = "LIVSHANDELSE_PURPOSE", default_value = "publish", value_name = "WHY")]
    purpose: String,
}

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// A folder with a `definition.toml`, or the name of one that is built in
    what: String,
    #[command(flatten)]
    desk: Desk,
    /// Check everything and store nothing
    #[arg(long)]
    validate_only: bool,
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    of: RevisionOf,
    /// What you have read: its digest, as `definition status` and `GetLifeEvent` tell
    #[arg(long, value_name = "HEX")]
    digest: String,
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RevisionOf {
    /// Which: `first-child@2`
    #[arg(value_parser = name)]
    revision: String,
    #[command(flatten)]
    desk: Desk,
}

/// `first-child@2` as the contract names it.
fn name(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is no revision; write first-child@2");
    let (life_event, number) = text.split_once('@').ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(format!("lifeEvents/{life_event}/revisions/{number}"))
}

async fn operator(desk: &Desk) -> Result<OperationsServiceClient<Known>, Failure> {
    Ok(operations(channel(&desk.server).await?, Identity::new(&desk.actor, &desk.purpose)?))
}

/// Publishes a revision.
///
/// # Errors
///
/// If it cannot be read, nobody answers, or it is refused.
pub(super) async fn publish(publish: Publish, output: &Output) -> Result<(), Failure> {
    let files = files(&publish.what).map_err(|complaints| unreadable(&publish.what, &complaints))?;
    let request = PublishRevisionRequest {
        files: files.into_iter().map(|(path, text)| BundleFile { path, text }).collect(),
        request_id: publish.request_id.unwrap_or_else(system::request_id),
        validate_only: publish.validate_only,
    };
    let status = operator(&publish.desk).await?.publish_revision(request).await?.into_inner();
    show(&status, output)
}

/// Approves an agency's steps in a revision.
///
/// # Errors
///
/// If the actor is no agency, nobody answers, or it is refused.
pub(super) async fn approve(approve: Approve, output: &Output) -> Result<(), Failure> {
    let desk = &approve.of.desk;
    let agency = desk.actor.strip_prefix("agency:").ok_or_else(|| {
        Failure::usage("only an agency approves its steps", "give --actor agency:<slug>, such as agency:skatteverket")
    })?;
    let request = ApproveStepsRequest {
        parent: format!("agencies/{agency}"),
        revision: approve.of.revision.clone(),
        digest: approve.digest.clone(),
        request_id: approve.request_id.clone().unwrap_or_else(system::request_id),
    };
    let identity = Identity::new(&desk.actor, &desk.purpose)?;
    let mut client = agency_work(channel(&desk.server).await?, identity);
    show(&client.approve_steps(request).await?.into_inner(), output)
}

/// Tells how a revision stands.
///
/// # Errors
///
/// If nobody answers, or there is none of that name.
pub(super) async fn status(of: RevisionOf, output: &Output) -> Result<(), Failure> {
    let request = GetRevisionStatusRequest { name: of.revision.clone() };
    let status = operator(&of.desk).await?.get_revision_status(request).await?.into_inner();
    show(&status, output)
}

fn show(status: &RevisionStatus, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json_pretty(&value("RevisionStatus", status)?);
        return Ok(());
    }
    let language = output.language();
    let width = output.width();
    let mut lines = vec![Line::of(status.name.clone(), STRONG)];
    lines.extend(wrap(Line::of(format!("blake3 {}", status.digest), FAINT), width, 2));
    if status.built_in {
        let text = language
            .pick("Inbyggd i programmet: ingen behöver godkänna.", "Built into the program: nobody must approve.");
        lines.extend(wrap(Line::of(text, PLAIN), width, 0));
    }
    for agency in status.agencies.iter().filter(|_| !status.built_in) {
        let (word, style) = if !agency.approved_by.is_empty() {
            (language.pick("godkänt", "approved"), DONE)
        } else if agency.unchanged {
            (language.pick("oförändrat, behöver inte godkänna", "unchanged, need not approve"), FAINT)
        } else {
            (language.pick("ska godkänna", "must approve"), ATTENTION)
        };
        let line = Line::of(format!("  {}  ", agency.agency), GOING).and(format!("{word}  "), style);
        let by: Vec<&str> =
            agency.approved_by.iter().map(|name| name.strip_prefix("agencies/").unwrap_or(name)).collect();
        lines.extend(wrap(line.and(by.join(", "), PLAIN), width, 4));
        lines.extend(wrap(Line::of("    ", PLAIN).and(agency.steps.join(", "), FAINT), width, 4));
    }
    output.lines(&lines);
    Ok(())
}
