//! `livshandelse notice …`: what comes back of messages to people.

use crate::connect::{AGENCY_ENDPOINT, Identity, channel, operations};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use clap::{Args, Subcommand};
use livshandelse_proto::v1::{NoticeOutcome, ReportBounceRequest};
use std::io::Read as _;

/// Bytes of a report that are read: what is told stands in its beginning.
const REPORT_BYTES_MAX: u64 = 64 * 1024;

/// What can be done with what comes back.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// Hear a delivery report on standard input: an address that is gone for good is not written to any more
    #[command(
        after_help = "For the mail server to run on each message to the bounce address; nothing of the case is shown.\n\nExample:\n  livshandelse notice bounce --actor operator:post < report.eml"
    )]
    Bounce(Bounce),
}

#[derive(Debug, Args)]
pub(crate) struct Bounce {
    /// Where the service answers agencies and operators
    #[arg(long, env = "LIVSHANDELSE_AGENCY_ENDPOINT", default_value = AGENCY_ENDPOINT, value_name = "URL")]
    server: String,
    /// Who you are: `operator:<name>`
    #[arg(long, env = "LIVSHANDELSE_ACTOR", value_name = "WHO")]
    actor: String,
    /// What for; written down with what you do
    #[arg(long, env = "LIVSHANDELSE_PURPOSE", default_value = "bounce", value_name = "WHY")]
    purpose: String,
}

/// Does what was typed.
///
/// # Errors
///
/// If nothing can be read, nobody answers, or the report says nothing of a message of ours.
pub(crate) async fn run(command: NoticeCommand, output: &Output) -> Result<(), Failure> {
    let NoticeCommand::Bounce(Bounce { server, actor, purpose }) = command;
    let mut report = Vec::new();
    std::io::stdin().lock().take(REPORT_BYTES_MAX).read_to_end(&mut report).map_err(|error| {
        Failure::input(format!("standard input cannot be read: {error}"), "give the report as it came: … < report.eml")
    })?;
    let mut client = operations(channel(&server).await?, Identity::new(&actor, &purpose)?);
    let heard = client.report_bounce(ReportBounceRequest { report }).await?.into_inner();
    if output.is_json() {
        output.json_pretty(&value("ReportBounceResponse", &heard)?);
        return Ok(());
    }
    let pick = |swedish, english| output.language().pick(swedish, english);
    output.text(match heard.outcome() {
        NoticeOutcome::Delivered => pick("Beskedet är framme.", "The message has arrived."),
        NoticeOutcome::Bounced => pick("Adressen finns inte.", "There is no such address."),
        NoticeOutcome::Unreachable => pick("Adressen gick inte att nå.", "The address could not be reached."),
        _ => pick("Beskedet togs inte emot.", "The message was not taken."),
    });
    Ok(())
}
