//! `livshandelse case join`: coming into a case that somebody else began.

use crate::cli::Reach;
use crate::cli::case::{RequestId, case_name, show};
use crate::cli::case_input::{self, pair};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::case::Detail;
use crate::show::json::value;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use livshandelse_core::case::{Mandate, MandateScope};
use livshandelse_core::definition::{MandateKind, Role};
use livshandelse_core::id::Slug;
use livshandelse_proto::v1::{JoinCaseRequest, Party};

#[derive(Debug, Args)]
pub(crate) struct Join {
    #[command(flatten)]
    reach: Reach,
    /// The case, `case_…`
    case: String,
    /// As what
    #[arg(long = "as", value_enum, default_value_t = AsRole::Applicant, value_name = "ROLE")]
    role: AsRole,
    /// The name of who joins
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Who joins, if that is not you: an agency that took her word names her here
    #[arg(long, value_name = "NUMBER")]
    person: Option<String>,
    /// Protected personal details: nothing is sent without approval
    #[arg(long)]
    protected: bool,
    /// By which right a representative acts
    #[arg(long, value_parser = mandate_kind, value_name = "KIND", requires_all = ["from", "evidence"])]
    mandate: Option<MandateKind>,
    /// The first day on which the mandate holds
    #[arg(long, value_name = "DAY", requires = "mandate")]
    from: Option<Date>,
    /// The last day on which it holds; without it until it ends otherwise
    #[arg(long, value_name = "DAY", requires = "mandate")]
    to: Option<Date>,
    /// A step in which it may be used, more than once for several; without any in all that take it
    #[arg(long = "step", value_name = "STEP", requires = "mandate")]
    steps: Vec<String>,
    /// What is shown of it, and where it can be found
    #[arg(long, value_name = "TEXT", requires = "mandate")]
    evidence: Option<String>,
    /// Whom the representative acts for, if she is not in the case yet
    #[arg(long = "for", value_name = "NUMBER", requires = "for_name")]
    for_person: Option<String>,
    /// Her name
    #[arg(long, value_name = "NAME", requires = "for_person")]
    for_name: Option<String>,
    /// Answers to what the life event asks of who joins, or of the person acted for
    #[arg(value_name = "FIELD=VALUE", value_parser = pair)]
    input: Vec<(String, serde_json::Value)>,
    #[command(flatten)]
    request: RequestId,
}

/// As what somebody joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AsRole {
    /// Whom the case is about
    Applicant,
    /// Who acts for that person by a mandate
    Representative,
    /// Another whose own act some steps need
    CoParty,
    /// Who helps
    Helper,
    /// Who looks along
    Guide,
}

impl AsRole {
    fn role(self) -> Role {
        match self {
            AsRole::Applicant => Role::Applicant,
            AsRole::Representative => Role::Representative,
            AsRole::CoParty => Role::CoParty,
            AsRole::Helper => Role::Helper,
            AsRole::Guide => Role::Guide,
        }
    }
}

/// Reads a kind of mandate by its word.
fn mandate_kind(text: &str) -> Result<MandateKind, String> {
    MandateKind::ALL.into_iter().find(|kind| kind.slug() == text).ok_or_else(|| {
        let known: Vec<&str> = MandateKind::ALL.iter().map(|kind| kind.slug()).collect();
        format!("use one of: {}", known.join(", "))
    })
}

/// Joins, and shows the case as it then stands.
///
/// # Errors
///
/// If it is not said who joins, or the service refuses.
pub(crate) async fn run(join: Join, output: &Output) -> Result<(), Failure> {
    let mut caller = join.reach.caller(output, None).await?;
    let own = join.reach.actor.as_deref().unwrap_or_default();
    let person = match (&join.person, own.split_once(':')) {
        (Some(person), _) => person.clone(),
        (None, None) => own.to_owned(),
        (None, Some(("person", number))) => number.to_owned(),
        (None, Some(_)) => return Err(Failure::usage("it is not said who joins", "name her with --person and --name")),
    };
    let party = |role: Role, identity_number: String, display_name: String| Party {
        role: case_input::role(role).into(),
        identity_number,
        display_name,
        ..Party::default()
    };
    let represented = join.for_person.clone().zip(join.for_name.clone());
    let request = JoinCaseRequest {
        name: case_name(&join.case),
        party: Some(Party { protected: join.protected, ..party(join.role.role(), person, join.name.clone()) }),
        mandate: mandate(&join)?.as_ref().map(case_input::mandate),
        represented: represented.map(|(number, name)| party(Role::Applicant, number, name)),
        input: (!join.input.is_empty()).then(|| case_input::structure(&join.input.iter().cloned().collect())),
        request_id: join.request.or_new(),
        etag: String::new(),
        language_code: caller.language_code.clone(),
        ..JoinCaseRequest::default()
    };
    let case = caller.client.join_case(request).await?.into_inner();
    if !case.life_event.is_empty() {
        return show(&case, Detail::Glance, &join.reach, output).await;
    }
    // An agency is told the name alone.
    if output.is_json() {
        output.json_pretty(&value("Case", &case)?);
    } else {
        output.note(output.language().pick("Personen är med i ärendet.", "The person has joined the case."));
    }
    Ok(())
}

/// The mandate that is shown, if one is.
fn mandate(join: &Join) -> Result<Option<Mandate>, Failure> {
    let (Some(kind), Some(from), Some(evidence)) = (join.mandate, join.from, &join.evidence) else { return Ok(None) };
    let steps = join.steps.iter().map(|step| {
        Slug::new(step).map_err(|_| Failure::usage(format!("`{step}` is no step"), "give the step's slug: care-home"))
    });
    let steps = steps.collect::<Result<Vec<Slug>, Failure>>()?;
    let scope = if steps.is_empty() { MandateScope::All } else { MandateScope::Steps(steps) };
    Ok(Some(Mandate { kind, scope, from, to: join.to, evidence: evidence.clone() }))
}
