//! `livshandelse preview`: what would happen to me, in this municipality, in which order, what it costs, and what waiting
//! loses. Nothing is stored and no agency hears of it.

use crate::cli::Reach;
use crate::cli::case_input::{self, from_file, message};
use crate::connect::{Identity, channel, life_events};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::json::value;
use crate::show::preview;
use crate::system;
use clap::{ArgGroup, Args};
use jiff::civil::Date;
use livshandelse_proto::v1::{AssumedFact, Date as DateMessage, PreviewCaseRequest};
use std::path::PathBuf;

/// What would happen.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["sample", "file"])))]
pub(crate) struct Preview {
    #[command(flatten)]
    reach: Reach,
    /// The life event; otherwise the one that has the sample, or first-child
    #[arg(long, value_name = "NAME")]
    life_event: Option<String>,
    /// One of the life events' samples; `livshandelse definition show` names them
    #[arg(long, value_name = "NAME")]
    sample: Option<String>,
    /// A file in JSON, written as a sample or as its part `case`
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Another municipality than the one given there: four digits
    #[arg(long, value_name = "CODE")]
    municipality: Option<String>,
    /// What is taken for granted: `birth=2026-05-01`; may be given several times
    #[arg(long, value_name = "FACT=DAY", value_parser = assumed)]
    assume: Vec<(String, Date)>,
}

fn assumed(text: &str) -> Result<(String, Date), String> {
    let (fact, day) = text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`; write birth=2026-05-01"))?;
    let day = day.parse().map_err(|_| format!("`{day}` is not a day; write YYYY-MM-DD"))?;
    Ok((fact.to_owned(), day))
}

/// Asks and shows.
///
/// # Errors
///
/// If nobody answers, or what is given is refused.
pub(crate) async fn run(preview: Preview, output: &Output) -> Result<(), Failure> {
    let named = preview.life_event.as_deref();
    let (life_event, mut content) = match (&preview.sample, &preview.file) {
        (Some(name), _) => {
            let (life_event, sample) = case_input::sample(named, name)?;
            let today = preview.reach.today(true).await.unwrap_or_else(|| system::now().date());
            (life_event, case_input::moved(&sample, today))
        }
        (None, Some(path)) => (named.unwrap_or("first-child").to_owned(), from_file(path)?),
        (None, None) => return Err(Failure::usage("nothing to try out", "give --sample or --file")),
    };
    if let Some(code) = &preview.municipality {
        content.municipality.clone_from(code);
    }
    let given = preview.reach.actor.as_deref().filter(|actor| !actor.is_empty());
    let actor = given.or(case_input::filer(&content)).ok_or_else(|| {
        Failure::usage(
            "it is not said who you are",
            "give --actor YYYYMMDDNNNN, or name an applicant or a helper in the file",
        )
    })?;
    let identity = Identity::new(actor, &preview.reach.purpose)?;
    let mut client = life_events(channel(&preview.reach.endpoint).await?, identity);
    let facts = preview.assume.iter().map(|(fact, day)| AssumedFact {
        fact: fact.clone(),
        date: Some(DateMessage { year: day.year().into(), month: day.month().into(), day: day.day().into() }),
    });
    let request = PreviewCaseRequest {
        case: Some(message(&life_event, &content)),
        language_code: output.language().code().to_owned(),
        assumed_facts: facts.collect(),
    };
    let answer = client.preview_case(request).await?.into_inner();
    if output.is_json() {
        output.json_pretty(&value("PreviewCaseResponse", &answer)?);
    } else {
        output.lines(&preview::lines(&answer, &output.view(None)));
    }
    Ok(())
}
