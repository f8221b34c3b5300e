//! `livshandelse case contact`: how you want to be told that there is something new.

use crate::cli::Reach;
use crate::cli::case::{RequestId, case_name};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use clap::{Args, ValueEnum};
use livshandelse_proto::v1::contact_way::Way;
use livshandelse_proto::v1::{self as pb, Contact, ContactWay, GetContactRequest, UpdateContactRequest, Webhook};
use std::fmt::Write as _;

#[derive(Debug, Args)]
pub(crate) struct ContactOfCase {
    #[command(flatten)]
    reach: Reach,
    /// The case, `case_…`
    case: String,
    /// Be told by e-mail at this address
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    /// Be told by a signed call of this program
    #[arg(long, value_name = "URL", requires = "key")]
    webhook: Option<String>,
    /// A key to sign calls with, `whsec_…`, the newest first
    #[arg(long, value_name = "KEY", requires = "webhook")]
    key: Vec<String>,
    /// Of what; without any of everything
    #[arg(long = "of", value_enum, value_name = "KIND")]
    kinds: Vec<Kind>,
    /// Not any more
    #[arg(long, conflicts_with_all = ["mail", "webhook", "kinds"])]
    off: bool,
    #[command(flatten)]
    request: RequestId,
}

/// What one is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// It is your turn
    YourTurn,
    /// Something was decided
    DecisionCame,
    /// A day that you must keep is near
    ClockNear,
    /// Your draft expires soon
    DraftExpires,
}

impl Kind {
    fn pb(self) -> pb::NoticeKind {
        match self {
            Kind::YourTurn => pb::NoticeKind::YourTurn,
            Kind::DecisionCame => pb::NoticeKind::DecisionCame,
            Kind::ClockNear => pb::NoticeKind::ClockNear,
            Kind::DraftExpires => pb::NoticeKind::DraftExpires,
        }
    }
}

/// Changes how you are told if anything is given, and shows how it then is.
///
/// # Errors
///
/// If the service refuses.
pub(crate) async fn run(contact: ContactOfCase, output: &Output) -> Result<(), Failure> {
    let mut caller = contact.reach.caller(output, None).await?;
    let name = format!("{}/contact", case_name(&contact.case));
    let mut ways = Vec::new();
    if let Some(address) = &contact.mail {
        ways.push(ContactWay { way: Some(Way::Email(address.clone())), ended: false });
    }
    if let Some(uri) = &contact.webhook {
        let webhook = Webhook { uri: uri.clone(), keys: contact.key.clone() };
        ways.push(ContactWay { way: Some(Way::Webhook(webhook)), ended: false });
    }
    let shown = if ways.is_empty() && !contact.off {
        caller.client.get_contact(GetContactRequest { name }).await?.into_inner()
    } else {
        let all = [Kind::YourTurn, Kind::DecisionCame, Kind::ClockNear, Kind::DraftExpires];
        let kinds = if contact.kinds.is_empty() { all.to_vec() } else { contact.kinds.clone() };
        let kinds = kinds.into_iter().filter(|_| !contact.off).map(|kind| kind.pb().into()).collect();
        let language_code = caller.language_code.clone();
        let given = Contact { name, ways, kinds, language_code, last_notice: None };
        let request = UpdateContactRequest { contact: Some(given), request_id: contact.request.or_new() };
        caller.client.update_contact(request).await?.into_inner()
    };
    if output.is_json() {
        output.json_pretty(&value("Contact", &shown)?);
    } else {
        output.text(&told(&shown, output));
    }
    Ok(())
}

/// How somebody is told, for people.
fn told(contact: &Contact, output: &Output) -> String {
    let pick = |swedish, english| output.language().pick(swedish, english);
    let mut text = String::new();
    if contact.ways.is_empty() {
        text.push_str(pick("Du får inga besked.\n", "You are not told anything.\n"));
    }
    for way in &contact.ways {
        let place = match &way.way {
            Some(Way::Email(address)) => address.as_str(),
            Some(Way::Webhook(webhook)) => webhook.uri.as_str(),
            None => "",
        };
        let ended = if way.ended { pick(" (går inte att nå längre)", " (cannot be reached any more)") } else { "" };
        // Writing to a text cannot fail.
        let _written = writeln!(text, "{} {place}{ended}", pick("Besked till", "Told at"));
    }
    if let Some(last) = &contact.last_notice {
        let outcome = match pb::NoticeOutcome::try_from(last.outcome).unwrap_or_default() {
            pb::NoticeOutcome::Sent => pick("skickat", "sent"),
            pb::NoticeOutcome::Delivered => pick("framme", "arrived"),
            pb::NoticeOutcome::Bounced => pick("adressen finns inte", "there is no such address"),
            pb::NoticeOutcome::Refused => pick("togs inte emot", "it was not taken"),
            pb::NoticeOutcome::Unreachable => pick("gick inte att nå", "nobody answered"),
            pb::NoticeOutcome::NoChannel => pick("det fanns inget sätt", "there was no way"),
            pb::NoticeOutcome::Seen => pick("behövdes inte, du hade tittat", "not needed, you had looked"),
            pb::NoticeOutcome::NotWanted => pick("behövdes inte längre", "not wanted any more"),
            pb::NoticeOutcome::Unspecified => pick("okänt", "unknown"),
        };
        let _written = writeln!(text, "{}: {outcome}", pick("Senast", "Last"));
    }
    text
}
