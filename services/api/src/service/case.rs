//! `CaseService`: cases on behalf of citizens.

use super::{attachment, watch};
use crate::actor::Caller;
use crate::api::{Api, Opened, request_id};
use crate::convert::filing::{self, filing, is_bare, of_draft};
use crate::convert::paper::{self, AtDoor, Papers};
use crate::convert::value::{by_form, rename};
use crate::convert::wrong::Wrong;
use crate::name;
use crate::show::{self, Sight};
use crate::status::Refused;
use futures_util::stream::BoxStream;
use livshandelse_core::case::{Case, Stage, StepState};
use livshandelse_core::command::{Command, Filing, Request as Asked};
use livshandelse_core::decide::{Facts, decide};
use livshandelse_core::definition::StepDefinition;
use livshandelse_core::form::{Field, FieldKind, Form, WrongField};
use livshandelse_core::id::{CaseId, PartyId, RequestId, Sequence, Slug, StepId};
use livshandelse_core::status::{View, shows};
use livshandelse_core::{Definition, Rejection};
use livshandelse_engine::{Ask, Lane, Refusal, Told};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::case_service_server::CaseService;
use prost::Message;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Paths of the rules, and what they are called when a step is answered.
const ANSWER_RENAMES: &[(&str, &str)] = &[("input", "values")];

/// Characters of a free answer to an agency's question. The rules have the same bound.
const ANSWER_LENGTH_MAX: usize = 4_000;

/// Serves `CaseService`.
#[derive(Debug, Clone)]
pub(crate) struct CaseDesk(pub(crate) Api);

/// A change that is asked of a case that is there.
struct Change<'a> {
    method: &'static str,
    case: CaseId,
    request_id: &'a str,
    /// The request's body without what a repeat may differ in.
    body: Vec<u8>,
    etag: &'a str,
    reply: Reply<'a>,
}

/// How the caller wants a case to be returned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply<'a> {
    pub(super) language_code: &'a str,
    is_whole: bool,
}

impl<'a> Reply<'a> {
    /// Read before anything is changed, so that a wrong view changes nothing.
    pub(super) fn new(language_code: &'a str, view: i32) -> Result<Reply<'a>, Refused> {
        let is_whole = match pb::CaseView::try_from(view) {
            Ok(pb::CaseView::Unspecified | pb::CaseView::Full) => true,
            Ok(pb::CaseView::Basic) => false,
            Err(_) => {
                return Err(Wrong::one(
                    "view",
                    "not a view",
                    "give CASE_VIEW_BASIC or CASE_VIEW_FULL, or leave it out",
                ));
            }
        };
        Ok(Reply { language_code, is_whole })
    }

    pub(super) fn of(self, sight: Sight<'_>) -> pb::Case {
        if self.is_whole { sight.whole() } else { sight.summary() }
    }
}

#[tonic::async_trait]
impl CaseService for CaseDesk {
    type WatchCaseStream = BoxStream<'static, Result<pb::CaseUpdate, Status>>;
    type WatchCasesStream = BoxStream<'static, Result<pb::CaseUpdate, Status>>;

    async fn create_case(&self, request: Request<pb::CreateCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(self.create(&caller, request.into_inner()).await?))
    }

    async fn save_draft(&self, request: Request<pb::SaveDraftRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(self.save(&caller, request.into_inner()).await?))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let reader = self.0.caller(&request)?.person()?;
        let request = request.into_inner();
        let reply = Reply::new(&request.language_code, request.view)?;
        let opened = self.0.open(reader, name::read_case(&request.name)?).await?;
        self.0.engine().saw(&opened.case, reader);
        Ok(Response::new(reply.of(self.0.sight(&opened, reply.language_code))))
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let reader = self.0.caller(&request)?.person()?;
        Ok(Response::new(super::list::cases(&self.0, reader, &request.into_inner()).await?))
    }

    async fn watch_case(
        &self,
        request: Request<pb::WatchCaseRequest>,
    ) -> Result<Response<Self::WatchCaseStream>, Status> {
        let reader = self.0.caller(&request)?.person()?;
        Ok(Response::new(watch::case(self.0.clone(), reader, request.into_inner()).await?))
    }

    async fn watch_cases(
        &self,
        request: Request<pb::WatchCasesRequest>,
    ) -> Result<Response<Self::WatchCasesStream>, Status> {
        let reader = self.0.caller(&request)?.person()?;
        Ok(Response::new(watch::cases(self.0.clone(), reader, request.into_inner()).await?))
    }

    async fn submit_input(&self, request: Request<pb::SubmitInputRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(self.submit(&caller, request.into_inner()).await?))
    }

    async fn add_step(&self, request: Request<pb::AddStepRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let (case, step) = name::read_step(&request.name)?;
        let body =
            pb::AddStepRequest { request_id: String::new(), language_code: String::new(), view: 0, ..request.clone() };
        let change = Change {
            method: "AddStep",
            case,
            request_id: &request.request_id,
            body: body.encode_to_vec(),
            etag: &request.etag,
            reply: Reply::new(&request.language_code, request.view)?,
        };
        Ok(Response::new(self.change_step(&caller, change, &step, Command::AddStep { step: step.clone() }).await?))
    }

    async fn withdraw_step(&self, request: Request<pb::WithdrawStepRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let (case, step) = name::read_step(&request.name)?;
        let body = pb::WithdrawStepRequest {
            request_id: String::new(),
            language_code: String::new(),
            view: 0,
            ..request.clone()
        };
        let change = Change {
            method: "WithdrawStep",
            case,
            request_id: &request.request_id,
            body: body.encode_to_vec(),
            etag: &request.etag,
            reply: Reply::new(&request.language_code, request.view)?,
        };
        Ok(Response::new(self.change_step(&caller, change, &step, Command::WithdrawStep { step: step.clone() }).await?))
    }

    async fn withdraw_case(&self, request: Request<pb::WithdrawCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        let case = name::read_case(&request.name)?;
        let body = pb::WithdrawCaseRequest {
            request_id: String::new(),
            language_code: String::new(),
            view: 0,
            ..request.clone()
        };
        let change = Change {
            method: "WithdrawCase",
            case,
            request_id: &request.request_id,
            body: body.encode_to_vec(),
            etag: &request.etag,
            reply: Reply::new(&request.language_code, request.view)?,
        };
        let opened = self.0.open(caller.person()?, case).await?;
        Ok(Response::new(self.change(&caller, change, &opened, Command::WithdrawCase).await?))
    }

    async fn get_contact(&self, request: Request<pb::GetContactRequest>) -> Result<Response<pb::Contact>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(super::contact::get(&self.0, &caller, &request.into_inner()).await?))
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(super::contact::update(&self.0, &caller, request.into_inner()).await?))
    }

    async fn join_case(&self, request: Request<pb::JoinCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let caller = self.0.caller(&request)?;
        Ok(Response::new(self.join(&caller, request.into_inner()).await?))
    }

    async fn list_case_events(
        &self,
        request: Request<pb::ListCaseEventsRequest>,
    ) -> Result<Response<pb::ListCaseEventsResponse>, Status> {
        let reader = self.0.caller(&request)?.person()?;
        Ok(Response::new(super::list::events(&self.0, reader, &request.into_inner()).await?))
    }
}

/// A draft or a case on its way in.
struct Arriving {
    id: CaseId,
    request: Option<RequestId>,
    before: Option<Arc<Case>>,
    /// The record the caller last saw of it.
    expected: Option<Sequence>,
    definition: Arc<Definition>,
    filing: Filing,
    /// Held until it is recorded what names them.
    papers: Papers,
}

impl CaseDesk {
    async fn create(&self, caller: &Caller, request: pb::CreateCaseRequest) -> Result<pb::Case, Refused> {
        let reply = Reply::new(&request.language_code, request.view)?;
        let given = request.case.clone().unwrap_or_default();
        let id = if request.validate_only && request.request_id.is_empty() {
            None
        } else {
            Some(request_id(&request.request_id)?)
        };
        let arriving = self.arriving(caller, &given, id, &request.etag, true).await?;
        let body = pb::CreateCaseRequest {
            request_id: String::new(),
            language_code: String::new(),
            view: 0,
            validate_only: false,
            ..request.clone()
        };
        let body = self.0.secrets().body("CreateCase", &body.encode_to_vec());
        let command = Command::CreateCase(arriving.filing.clone());
        if request.validate_only {
            return self.validate(caller, &arriving, command, reply);
        }
        self.file(caller, arriving, command, body, reply).await
    }

    async fn save(&self, caller: &Caller, request: pb::SaveDraftRequest) -> Result<pb::Case, Refused> {
        let reply = Reply::new(&request.language_code, request.view)?;
        let given = request.case.clone().unwrap_or_default();
        let id = request_id(&request.request_id)?;
        let arriving = self.arriving(caller, &given, Some(id), &request.etag, false).await?;
        let body = pb::SaveDraftRequest {
            request_id: String::new(),
            language_code: String::new(),
            view: 0,
            ..request.clone()
        };
        let body = self.0.secrets().body("SaveDraft", &body.encode_to_vec());
        let command = Command::SaveDraft(arriving.filing.clone());
        self.file(caller, arriving, command, body, reply).await
    }

    /// Reads what is filed, and the draft it goes on with. `is_sent`: a bare draft may be sent as it is.
    async fn arriving(
        &self,
        caller: &Caller,
        given: &pb::Case,
        request: Option<RequestId>,
        etag: &str,
        is_sent: bool,
    ) -> Result<Arriving, Refused> {
        let person = caller.person()?;
        let before = if given.name.is_empty() {
            None
        } else {
            let opened = self.0.open(person, name::read_case(&given.name)?).await?;
            let is_repeat = request.is_some_and(|id| opened.case.requests.contains_key(&id));
            if opened.case.stage != Stage::Draft && !is_repeat {
                return Err(Refused::NotADraft);
            }
            check_etag(&opened.case, etag, is_repeat)?;
            Some(opened.case)
        };
        let of_before = before
            .as_ref()
            .and_then(|case| case.revision.as_ref())
            .map(|revision| name::life_event(&revision.life_event));
        let life_event = match (&of_before, given.life_event.as_str()) {
            (Some(known), "") => known.clone(),
            (Some(known), other) if known != other => {
                return Err(Wrong::one(
                    "case.life_event",
                    "another than the draft's",
                    "leave it out, or begin another draft",
                ));
            }
            (_, other) => other.to_owned(),
        };
        if life_event.is_empty() {
            return Err(Wrong::one("case.life_event", "missing", "name one of ListLifeEvents"));
        }
        let kept = before.as_deref().map(|case| &*case.municipality).unwrap_or_default();
        let place = if given.municipality_code.is_empty() { kept } else { &given.municipality_code };
        let definition = self.0.current(&life_event, place)?.definition.clone();
        let sent_as_it_is = before.as_deref().filter(|_| is_sent && is_bare(given));
        let has_papers = match sent_as_it_is {
            Some(draft) => draft.step_input.values().any(paper::keeps_any),
            None => paper::files_any(&definition, given),
        };
        let papers = match &before {
            Some(draft) if has_papers => attachment::papers(&self.0, person, draft).await?,
            Some(_) | None => Papers::Nothing,
        };
        let filing = match sent_as_it_is {
            Some(draft) => {
                let (filing, mut wrong) = (of_draft(draft, &definition), Wrong::default());
                paper::check(&filing, &definition, &papers, &mut wrong);
                wrong.finish()?;
                filing
            }
            None => filing(given, &definition, before.as_deref(), self.0.secrets(), &papers)?,
        };
        let id = match (&before, request) {
            (Some(case), _) => case.id,
            (None, Some(request)) => self.0.secrets().case(person, request),
            (None, None) => CaseId([0; 16]),
        };
        let expected = before.as_deref().and_then(|case| expected(case, etag));
        Ok(Arriving { id, request, before, expected, definition, filing, papers })
    }

    /// Checks everything and stores nothing.
    fn validate(
        &self,
        caller: &Caller,
        arriving: &Arriving,
        command: Command,
        reply: Reply<'_>,
    ) -> Result<pb::Case, Refused> {
        let case = play(&self.0, caller, arriving.before.as_deref(), &arriving.definition, command)?;
        let bundle = self.0.bundle_of(arriving.definition.revision())?;
        let reader = caller.person()?;
        let language_code = reply.language_code;
        Ok(reply.of(sight_of_unstored(&self.0, &case, &arriving.definition, &bundle, reader, language_code)))
    }

    async fn file(
        &self,
        caller: &Caller,
        arriving: Arriving,
        command: Command,
        body: [u8; 16],
        reply: Reply<'_>,
    ) -> Result<pb::Case, Refused> {
        let ask = Ask {
            case: arriving.id,
            revision: Some(arriving.definition.revision().clone()),
            request: Asked {
                id: arriving.request.map(|id| (id, body)),
                actor: caller.actor.clone(),
                purpose: caller.purpose.clone(),
                command,
            },
            lane: Lane::Start,
            expected: arriving.expected,
        };
        let told = self.0.engine().ask(ask).await.map_err(of_filing)?;
        drop(arriving.papers);
        self.show(caller.person()?, told, reply)
    }

    async fn submit(&self, caller: &Caller, request: pb::SubmitInputRequest) -> Result<pb::Case, Refused> {
        let person = caller.person()?;
        let (case, step_id) = name::read_step(&request.name)?;
        let opened = self.0.open(person, case).await?;
        let definition = visible_step(&self.0, &opened, &step_id)?;
        let step = opened.case.step(&step_id).ok_or_else(|| name::not_found("step"))?;
        let id = request_id(&request.request_id)?;
        let is_repeat = opened.case.requests.contains_key(&id);
        let open = if step.asked.is_some() { step.supplements + 1 } else { 0 };
        if request.supplement_number != 0 && request.supplement_number != open && !is_repeat {
            return Err(Refused::SupplementMismatch { step: step_id, given: request.supplement_number, open });
        }
        let mut wrong = Wrong::default();
        let form = form_of(definition, step.state == StepState::WaitingForApplicant || is_repeat);
        let papers = if paper::names_any(&form, request.values.as_ref()) {
            attachment::papers(&self.0, person, &opened.case).await?
        } else {
            Papers::Nothing
        };
        let door = AtDoor { parties: &opened.case.parties, secrets: self.0.secrets(), papers: &papers };
        let input = by_form(&form, "values", request.values.as_ref(), &door, &mut wrong);
        wrong.finish()?;
        let body = pb::SubmitInputRequest {
            request_id: String::new(),
            language_code: String::new(),
            view: 0,
            ..request.clone()
        };
        let change = Change {
            method: "SubmitInput",
            case,
            request_id: &request.request_id,
            body: body.encode_to_vec(),
            etag: &request.etag,
            reply: Reply::new(&request.language_code, request.view)?,
        };
        self.change(caller, change, &opened, Command::SubmitInput { step: step_id, input }).await
    }

    /// A change to one step: one that the caller may not see is not there.
    async fn change_step(
        &self,
        caller: &Caller,
        change: Change<'_>,
        step: &StepId,
        command: Command,
    ) -> Result<pb::Case, Refused> {
        let opened = self.0.open(caller.person()?, change.case).await?;
        visible_step(&self.0, &opened, step)?;
        self.change(caller, change, &opened, command).await
    }

    async fn change(
        &self,
        caller: &Caller,
        change: Change<'_>,
        opened: &Opened,
        command: Command,
    ) -> Result<pb::Case, Refused> {
        let id = request_id(change.request_id)?;
        check_etag(&opened.case, change.etag, opened.case.requests.contains_key(&id))?;
        let body = self.0.secrets().body(change.method, &change.body);
        let ask = Ask {
            case: change.case,
            revision: None,
            request: Asked {
                id: Some((id, body)),
                actor: caller.actor.clone(),
                purpose: caller.purpose.clone(),
                command,
            },
            lane: Lane::Report,
            expected: expected(&opened.case, change.etag),
        };
        let told = self.0.engine().ask(ask).await.map_err(|refusal| renamed(refusal, ANSWER_RENAMES))?;
        self.show(caller.person()?, told, change.reply)
    }

    fn show(&self, reader: PartyId, told: Told, reply: Reply<'_>) -> Result<pb::Case, Refused> {
        let opened =
            self.0.opened(reader, told.case)?.ok_or(Refused::Internal { what: "a case its own caller may not see" })?;
        Ok(reply.of(self.0.sight(&opened, reply.language_code)))
    }
}

/// Plays a filing without storing anything: the case as it would stand.
pub(super) fn play(
    api: &Api,
    caller: &Caller,
    before: Option<&Case>,
    definition: &Definition,
    command: Command,
) -> Result<Case, Refused> {
    let absent = Case::absent();
    let request = Asked { id: None, actor: caller.actor.clone(), purpose: caller.purpose.clone(), command };
    let case = before.map_or(CaseId([0; 16]), |case| case.id);
    let facts = Facts { registry: api.engine().registry(), case, quiet_to: None };
    let decision = decide(definition, before.unwrap_or(&absent), &facts, &request, api.engine().now());
    match decision.answer {
        Ok(_) => Ok(decision.case),
        Err(rejection) => Err(of_filing(Refusal::Rejected { rejection: Box::new(rejection), case: None })),
    }
}

/// A look at a case that is not stored: it has no name.
pub(super) fn sight_of_unstored<'a>(
    api: &'a Api,
    case: &'a Case,
    definition: &'a Definition,
    bundle: &'a livshandelse_workflows::Bundle,
    reader: PartyId,
    language_code: &str,
) -> Sight<'a> {
    Sight {
        case,
        definition,
        voice: Sight::voice_of(bundle, language_code),
        registry: api.engine().registry(),
        view: View::Whole,
        reader,
        now: api.engine().now(),
        is_time_lapse: api.engine().is_time_lapse(),
        is_stored: false,
    }
}

/// The step's definition, if the reader may see it.
fn visible_step<'a>(api: &Api, opened: &'a Opened, step: &StepId) -> Result<&'a StepDefinition, Refused> {
    let (definition, today) = (&opened.published.definition, api.engine().now().date());
    let known = definition.step(&step.slug).filter(|_| opened.case.step(step).is_some());
    let visible = known.filter(|_| shows(definition, &opened.case, opened.view, step, today));
    visible.ok_or_else(|| name::not_found("step"))
}

/// Refuses a change to a case that is not as the caller read it. A repeat is not asked.
pub(super) fn check_etag(case: &Case, given: &str, is_repeat: bool) -> Result<(), Refused> {
    let fits = given.is_empty() || is_repeat || given == show::etag(case);
    if fits { Ok(()) } else { Err(Refused::EtagMismatch) }
}

/// The record that must still be the newest when the change is decided, if the caller gave an etag.
fn expected(case: &Case, etag: &str) -> Option<Sequence> {
    (!etag.is_empty()).then_some(case.sequence)
}

/// The form a step is answered by; of an agency's question the free answer and the yes or no to an offer are part.
fn form_of(definition: &StepDefinition, is_asked: bool) -> Form {
    let slug = definition.form.as_ref().map_or_else(|| definition.slug.clone(), |form| form.slug.clone());
    let mut fields: Vec<Field> = definition.form.iter().flat_map(|form| form.fields.clone()).collect();
    if is_asked {
        for (name, kind) in [("answer", FieldKind::Text { length_max: ANSWER_LENGTH_MAX }), ("accept", FieldKind::Flag)]
        {
            if let Ok(slug) = Slug::new(name) {
                fields.push(Field { slug, kind, is_required: false, evidence: None, asked_of: None });
            }
        }
    }
    Form { slug, fields }
}

/// A refused filing, with the paths of the contract.
fn of_filing(refusal: Refusal) -> Refused {
    let refused = renamed(refusal, filing::RENAMES);
    let Refused::Engine(Refusal::Rejected { rejection, case }) = refused else { return refused };
    let Rejection::WrongFields(mut fields) = *rejection else {
        return Refused::Engine(Refusal::Rejected { rejection, case });
    };
    for WrongField { path, .. } in &mut fields {
        if path.starts_with("case.parties[")
            && let Some(party) = path.strip_suffix(".name")
        {
            *path = format!("{party}.display_name");
        }
    }
    Refused::Fields(fields)
}

/// A refusal with the paths of the contract.
pub(super) fn renamed(refusal: Refusal, renames: &[(&str, &str)]) -> Refused {
    match refusal {
        Refusal::Rejected { rejection, case } => match *rejection {
            Rejection::WrongFields(mut fields) => {
                rename(&mut fields, renames);
                Refused::Engine(Refusal::Rejected { rejection: Box::new(Rejection::WrongFields(fields)), case })
            }
            other => Refused::Engine(Refusal::Rejected { rejection: Box::new(other), case }),
        },
        other => Refused::Engine(other),
    }
}
