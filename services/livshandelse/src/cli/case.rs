//! `livshandelse case …`: starting, following and answering.

use crate::cli::case_input::{self, Given, from_file, given, json_file, message, structure};
use crate::cli::{Reach, attachment, contact, join, watch};
use crate::connect::{Identity, Known, cases, channel, operations};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::case::Detail;
use crate::show::json::value;
use crate::show::{self, day_of, events, list};
use crate::system;
use clap::{ArgGroup, Args, Subcommand};
use jiff::civil::Date;
use livshandelse_core::definition::Role;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::{
    AddStepRequest, Case, CreateCaseRequest, GetCaseRequest, GetTopologyRequest, ListCaseEventsRequest,
    ListCasesRequest, SaveDraftRequest, SubmitInputRequest, WithdrawCaseRequest, WithdrawStepRequest,
};
use livshandelse_workflows::sample::SampleCase;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;

/// Pages that are read at most of one list.
const PAGES_MAX: usize = 100;

/// The life event of a file that does not say.
const LIFE_EVENT: &str = "first-child";

/// What can be done with cases.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Start a case, or send a draft
    #[command(after_help = "Examples:\n  livshandelse case create --sample unmarried-in-linkoping\n  \
        livshandelse case create --actor 199607202380 --file my-case.json\n  livshandelse case create --draft case_…")]
    Create(Create),
    /// Keep what is filled in so far, where no agency sees it
    #[command(after_help = "Example:\n  livshandelse case draft --sample unmarried-in-linkoping")]
    Draft(Draft),
    /// List your cases
    List(Reach),
    /// Show a case: what now, whose turn, what next and by when
    Get(Get),
    /// Come into a case: as the one it is about, or as one who acts for that person by a mandate
    #[command(after_help = "Examples:\n  livshandelse case join case_… --actor 193405178967 --name \"Asta Ek\"\n  \
        livshandelse case join case_… --as representative --name \"Kim Ek\" --mandate god-man --from 2026-05-12 \\\n    \
        --evidence \"Beslut av tingsrätten den 12 maj 2026\" --for 193405178967 --for-name \"Asta Ek\"\n  \
        livshandelse case join case_… --actor agency:socialnamnden-2482 --person 193405178967 --name \"Asta Ek\"")]
    Join(Box<join::Join>),
    /// Say how you want to be told that there is something new, or show how you are
    #[command(after_help = "Examples:\n  livshandelse case contact case_… --mail anna@example.se\n  \
        livshandelse case contact case_… --off")]
    Contact(Box<contact::ContactOfCase>),
    /// Follow a case until it ends
    #[command(after_help = "On a terminal the case is redrawn in place; otherwise a line is added for each change.")]
    Watch(One),
    /// Answer a step: fill in its form, sign, or add what the agency asks for
    #[command(
        after_help = "Examples:\n  livshandelse case answer case_… name.1 first-names=Signe surname-choice=double\n  \
        livshandelse case answer case_… parenthood-digital.1\n  \
        livshandelse case answer case_… change-of-use.1 drawing=@plan.pdf"
    )]
    Answer(Answer),
    /// Add a step that was proposed as not needed
    AddStep(Step),
    /// Withdraw a step, or the whole case when no step is named
    #[command(after_help = "What has been filed is withdrawn at the agency: only the agency closes it.")]
    Withdraw(Withdraw),
    /// List what has happened in a case, the oldest first
    Events(One),
    /// Add a document to a draft or a case: a drawing, a contract, mandate papers
    #[command(after_help = "Example:\n  livshandelse case attach case_… ritning.pdf")]
    Attach(attachment::Attach),
    /// List the documents of a draft or a case, and fetch them
    #[command(after_help = "Example:\n  livshandelse case attachments case_… --save-to papers")]
    Attachments(attachment::Attachments),
    /// Delete a document that has not been sent, with its key
    #[command(after_help = "Example:\n  livshandelse case detach case_… 0c9b…")]
    Detach(attachment::Detach),
}

/// What a case is started with.
#[derive(Debug, Args)]
struct Content {
    /// The life event; otherwise the one that has the sample, or first-child
    #[arg(long, value_name = "NAME")]
    life_event: Option<String>,
    /// One of the life events' samples; `livshandelse definition show` names them
    #[arg(long, value_name = "NAME")]
    sample: Option<String>,
    /// A file in JSON, written as a sample or as its part `case`
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["sample", "file", "draft"])))]
pub(crate) struct Create {
    #[command(flatten)]
    reach: Reach,
    #[command(flatten)]
    content: Content,
    /// Send this draft as it is
    #[arg(long, value_name = "CASE")]
    draft: Option<String>,
    /// Check everything and store nothing
    #[arg(long)]
    validate_only: bool,
    /// Who starts it: a helper starts it alone, and whom it is about joins later
    #[arg(long = "as", value_enum, value_name = "ROLE", conflicts_with = "draft")]
    role: Option<Filer>,
    #[command(flatten)]
    request: RequestId,
}

/// Who starts a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Filer {
    /// Whom it is about, with everybody else who is named
    Applicant,
    /// One who helps, alone
    Helper,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["sample", "file"])))]
pub(crate) struct Draft {
    #[command(flatten)]
    reach: Reach,
    /// The draft to replace; without it a new one
    case: Option<String>,
    #[command(flatten)]
    content: Content,
    #[command(flatten)]
    request: RequestId,
}

#[derive(Debug, Args)]
pub(crate) struct RequestId {
    /// A UUID; the same one again repeats the request safely
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

impl RequestId {
    pub(crate) fn or_new(self) -> String {
        self.request_id.unwrap_or_else(system::request_id)
    }
}

#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// The case, `case_…`
    pub(crate) case: String,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    /// Show every step with all that is known of it
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Step {
    #[command(flatten)]
    reach: Reach,
    /// The case, `case_…`
    case: String,
    /// The step: `name`, or `name.1` for the first child
    step: String,
    #[command(flatten)]
    request: RequestId,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    #[command(flatten)]
    reach: Reach,
    /// The case, `case_…`
    case: String,
    /// The step: `name`, or `name.1` for the first child
    step: String,
    /// Fields of its form; none to sign or to say yes. `FIELD=@FILE` adds the file to the case first
    #[arg(value_name = "FIELD=VALUE", value_parser = given)]
    values: Vec<(String, Given)>,
    /// A file with the fields in JSON
    #[arg(long, value_name = "FILE", conflicts_with = "values")]
    file: Option<PathBuf>,
    /// Which supplement is answered; otherwise the one that is open
    #[arg(long, value_name = "NUMBER")]
    supplement: Option<u32>,
    #[command(flatten)]
    request: RequestId,
}

#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    reach: Reach,
    /// The case, `case_…`
    case: String,
    /// The step; without it the whole case
    step: Option<String>,
    #[command(flatten)]
    request: RequestId,
}

/// Somebody who is connected, and what he speaks.
pub(crate) struct Caller {
    pub(crate) client: CaseServiceClient<Known>,
    pub(crate) language_code: String,
}

impl Reach {
    /// Connects as `--actor`, or as `otherwise` when that is not given.
    pub(crate) async fn caller(&self, output: &Output, otherwise: Option<&str>) -> Result<Caller, Failure> {
        let given = self.actor.as_deref().filter(|actor| !actor.is_empty());
        let actor = given.or(otherwise).ok_or_else(|| {
            Failure::usage(
                "it is not said who you are",
                "give --actor YYYYMMDDNNNN, or set LIVSHANDELSE_ACTOR (`export LIVSHANDELSE_ACTOR=person:…`)",
            )
        })?;
        let identity = Identity::new(actor, &self.purpose)?;
        let client = cases(channel(&self.endpoint).await?, identity);
        Ok(Caller { client, language_code: output.language().code().to_owned() })
    }

    /// The civil day it is for a case: today, or in time-lapse the day that the service has come to, if it tells.
    pub(crate) async fn today(&self, is_time_lapse: bool) -> Option<Date> {
        if is_time_lapse { self.time_lapse_today().await } else { Some(system::now().date()) }
    }

    /// The civil day it is at the service: its own where it runs in time-lapse and tells, else today.
    async fn civil_today(&self) -> Date {
        self.time_lapse_today().await.unwrap_or_else(|| system::now().date())
    }

    /// What day the service says it is; `None` when it cannot be asked.
    async fn time_lapse_today(&self) -> Option<Date> {
        let identity = Identity::new("operator:cli", "ask what time it is").ok()?;
        let mut client = operations(channel(&self.agency_endpoint).await.ok()?, identity);
        let topology = client.get_topology(GetTopologyRequest {}).await.ok()?.into_inner();
        topology.civil_time.map(|time| day_of(&time))
    }
}

/// Does what was typed.
pub(crate) async fn run(command: CaseCommand, output: &Output) -> Result<(), Failure> {
    match command {
        CaseCommand::Create(create) => self::create(create, output).await,
        CaseCommand::Draft(draft) => self::draft(draft, output).await,
        CaseCommand::List(reach) => self::list(&reach, output).await,
        CaseCommand::Get(get) => self::get(get, output).await,
        CaseCommand::Join(join) => join::run(*join, output).await,
        CaseCommand::Contact(contact) => contact::run(*contact, output).await,
        CaseCommand::Watch(one) => watch::watch(one, output).await,
        CaseCommand::Answer(answer) => self::answer(answer, output).await,
        CaseCommand::AddStep(step) => add_step(step, output).await,
        CaseCommand::Withdraw(withdraw) => self::withdraw(withdraw, output).await,
        CaseCommand::Events(one) => self::events(one, output).await,
        CaseCommand::Attach(attach) => attachment::attach(attach, output).await,
        CaseCommand::Attachments(attachments) => attachment::attachments(attachments, output).await,
        CaseCommand::Detach(detach) => attachment::detach(detach, output).await,
    }
}

impl Content {
    /// What is given. The days in a sample are moved as if it began today.
    async fn read(&self, reach: &Reach) -> Result<Option<(String, SampleCase)>, Failure> {
        let named = self.life_event.as_deref();
        match (&self.sample, &self.file) {
            (Some(name), _) => {
                let (life_event, sample) = case_input::sample(named, name)?;
                Ok(Some((life_event, case_input::moved(&sample, reach.civil_today().await))))
            }
            (None, Some(path)) => Ok(Some((named.unwrap_or(LIFE_EVENT).to_owned(), from_file(path)?))),
            (None, None) => Ok(None),
        }
    }
}

async fn create(create: Create, output: &Output) -> Result<(), Failure> {
    let mut content = create.content.read(&create.reach).await?;
    if let (Some(Filer::Helper), Some((_, content))) = (create.role, &mut content) {
        content.parties.retain(|party| party.role == Role::Helper);
        content.parties.truncate(1);
        if content.parties.is_empty() {
            return Err(Failure::usage("nobody in it helps", "name a party with the role helper"));
        }
    }
    let otherwise = content.as_ref().and_then(|(_, content)| case_input::filer(content));
    let mut caller = create.reach.caller(output, otherwise).await?;
    let case = match (&content, &create.draft) {
        (_, Some(draft)) => Case { name: case_name(draft), ..Case::default() },
        (Some((life_event, content)), None) => message(life_event, content),
        (None, None) => return Err(Failure::usage("nothing to start with", "give --sample, --file or --draft")),
    };
    let request = CreateCaseRequest {
        case: Some(case),
        request_id: create.request.or_new(),
        validate_only: create.validate_only,
        language_code: caller.language_code.clone(),
        etag: String::new(),
        ..CreateCaseRequest::default()
    };
    let case = caller.client.create_case(request).await?.into_inner();
    show(&case, Detail::Glance, &create.reach, output).await?;
    if !output.is_json() && !create.validate_only {
        hint_actor(&create.reach, otherwise, output);
    }
    Ok(())
}

/// Whoever starts from a sample is its applicant or its helper; the next command has to say so too.
fn hint_actor(reach: &Reach, otherwise: Option<&str>, output: &Output) {
    if let (None, Some(number)) = (reach.actor.as_ref().filter(|actor| !actor.is_empty()), otherwise) {
        output.note(&format!("export LIVSHANDELSE_ACTOR=person:{number}"));
    }
}

async fn draft(draft: Draft, output: &Output) -> Result<(), Failure> {
    let Some((life_event, content)) = draft.content.read(&draft.reach).await? else {
        return Err(Failure::usage("nothing to keep", "give --sample or --file"));
    };
    let otherwise = case_input::filer(&content);
    let mut caller = draft.reach.caller(output, otherwise).await?;
    let mut case = message(&life_event, &content);
    case.name = draft.case.as_deref().map(case_name).unwrap_or_default();
    let request = SaveDraftRequest {
        case: Some(case),
        request_id: draft.request.or_new(),
        etag: String::new(),
        language_code: caller.language_code.clone(),
        ..SaveDraftRequest::default()
    };
    let case = caller.client.save_draft(request).await?.into_inner();
    show(&case, Detail::Glance, &draft.reach, output).await?;
    if !output.is_json() {
        hint_actor(&draft.reach, otherwise, output);
    }
    Ok(())
}

async fn list(reach: &Reach, output: &Output) -> Result<(), Failure> {
    let mut caller = reach.caller(output, None).await?;
    let mut found = Vec::new();
    let mut page_token = String::new();
    for _ in 0..PAGES_MAX {
        let request =
            ListCasesRequest { page_token, language_code: caller.language_code.clone(), ..ListCasesRequest::default() };
        let page = caller.client.list_cases(request).await?.into_inner();
        found.extend(page.cases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if output.is_json() {
        let cases = found.iter().map(|case| value("Case", case)).collect::<Result<Vec<_>, _>>()?;
        output.json_pretty(&serde_json::json!({ "cases": cases }));
    } else {
        let is_time_lapse = found.iter().any(|case| case.time_lapse);
        output.lines(&list::cases(&found, &output.view(reach.today(is_time_lapse).await)));
    }
    Ok(())
}

async fn get(get: Get, output: &Output) -> Result<(), Failure> {
    let one = &get.one;
    let mut caller = one.reach.caller(output, None).await?;
    let request = GetCaseRequest {
        name: case_name(&one.case),
        language_code: caller.language_code.clone(),
        ..GetCaseRequest::default()
    };
    let case = caller.client.get_case(request).await?.into_inner();
    let detail = if get.all { Detail::Whole } else { Detail::Glance };
    show(&case, detail, &get.one.reach, output).await
}

async fn answer(answer: Answer, output: &Output) -> Result<(), Failure> {
    let request_id = answer.request.or_new();
    let case = case_name(&answer.case);
    let mut values = serde_json::Map::new();
    for (field, given) in answer.values {
        let value = match given {
            Given::Value(value) => value,
            Given::File(file) => {
                // The same answer again adds no second document.
                let id = upload_id(&request_id, &field);
                let added = attachment::upload(&answer.reach, &case, &file, id, output).await?;
                serde_json::Value::String(added.name)
            }
        };
        values.insert(field, value);
    }
    if let Some(path) = &answer.file {
        let serde_json::Value::Object(read) = json_file(path)? else {
            return Err(Failure::input(format!("{} is no JSON object", path.display()), "write {\"field\": value, …}"));
        };
        values = read;
    }
    let mut caller = answer.reach.caller(output, None).await?;
    let supplement_number = match answer.supplement {
        Some(number) => number,
        None => open_supplement(&mut caller, &case, &answer.step).await?,
    };
    let request = SubmitInputRequest {
        name: step_name(&case, &answer.step),
        values: Some(structure(&values)),
        request_id,
        etag: String::new(),
        supplement_number,
        language_code: caller.language_code.clone(),
        ..SubmitInputRequest::default()
    };
    let case = caller.client.submit_input(request).await?.into_inner();
    show(&case, Detail::Glance, &answer.reach, output).await
}

/// The request that adds the file of a field: one for each answer and field.
fn upload_id(answer: &str, field: &str) -> String {
    let digest = Sha256::new().chain_update(answer).chain_update([0]).chain_update(field).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(id).into_uuid().to_string()
}

/// The number of the supplement that is open in a step; 0 when none is.
pub(crate) async fn open_supplement(caller: &mut Caller, case: &str, step: &str) -> Result<u32, Failure> {
    let request = GetCaseRequest {
        name: case.to_owned(),
        language_code: caller.language_code.clone(),
        ..GetCaseRequest::default()
    };
    let found = caller.client.get_case(request).await?.into_inner();
    let name = step_name(case, step);
    let open = found.steps.iter().find(|known| known.name == name).and_then(|known| known.supplement.as_ref());
    Ok(open.map_or(0, |supplement| supplement.number))
}

async fn add_step(step: Step, output: &Output) -> Result<(), Failure> {
    let mut caller = step.reach.caller(output, None).await?;
    let request = AddStepRequest {
        name: step_name(&case_name(&step.case), &step.step),
        request_id: step.request.or_new(),
        etag: String::new(),
        language_code: caller.language_code.clone(),
        ..AddStepRequest::default()
    };
    let case = caller.client.add_step(request).await?.into_inner();
    show(&case, Detail::Glance, &step.reach, output).await
}

async fn withdraw(withdraw: Withdraw, output: &Output) -> Result<(), Failure> {
    let mut caller = withdraw.reach.caller(output, None).await?;
    let case = case_name(&withdraw.case);
    let request_id = withdraw.request.or_new();
    let language_code = caller.language_code.clone();
    let answer = match &withdraw.step {
        Some(step) => {
            let name = step_name(&case, step);
            let request = WithdrawStepRequest {
                name,
                request_id,
                etag: String::new(),
                language_code,
                ..WithdrawStepRequest::default()
            };
            caller.client.withdraw_step(request).await?
        }
        None => {
            let request = WithdrawCaseRequest {
                name: case,
                request_id,
                etag: String::new(),
                language_code,
                ..WithdrawCaseRequest::default()
            };
            caller.client.withdraw_case(request).await?
        }
    };
    show(&answer.into_inner(), Detail::Glance, &withdraw.reach, output).await
}

async fn events(one: One, output: &Output) -> Result<(), Failure> {
    let mut caller = one.reach.caller(output, None).await?;
    let mut found = Vec::new();
    let mut page_token = String::new();
    for _ in 0..PAGES_MAX {
        let request = ListCaseEventsRequest {
            parent: case_name(&one.case),
            page_size: 0,
            page_token,
            language_code: caller.language_code.clone(),
        };
        let page = caller.client.list_case_events(request).await?.into_inner();
        found.extend(page.events);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if output.is_json() {
        let events = found.iter().map(|event| value("CaseEvent", event)).collect::<Result<Vec<_>, _>>()?;
        output.json_pretty(&serde_json::json!({ "events": events }));
    } else {
        output.lines(&events::events(&found, &output.view(None)));
    }
    Ok(())
}

/// Shows a case as the output is wanted.
pub(crate) async fn show(case: &Case, detail: Detail, reach: &Reach, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json_pretty(&value("Case", case)?);
    } else {
        let today = reach.today(case.time_lapse).await;
        output.lines(&show::case::case(case, detail, &output.view(today)));
    }
    Ok(())
}

/// `cases/case_…`, also when only the last part is given.
pub(crate) fn case_name(given: &str) -> String {
    if given.starts_with("cases/") { given.to_owned() } else { format!("cases/{given}") }
}

/// The name of a step in a case.
pub(crate) fn step_name(case: &str, step: &str) -> String {
    if step.starts_with("cases/") { step.to_owned() } else { format!("{case}/steps/{step}") }
}
