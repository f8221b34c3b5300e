//! The whole service on ports of its own, and words to speak to it with.

use crate::agency_world::Agencies;
use livshandelse_api::stack::Origins;
use livshandelse_api::{AgencyClient, Api, Doors, Endpoints, Limits, Secrets, Setup, Trust, serve_tcp};
use livshandelse_core::definition::{Level, Role};
use livshandelse_core::time::CivilTime;
use livshandelse_engine::{CaseProjector, CivilClock, Engine, Metrics, NewDefinition};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::agency_work_service_client::AgencyWorkServiceClient;
use livshandelse_proto::v1::case_service_client::CaseServiceClient;
use livshandelse_proto::v1::life_event_service_client::LifeEventServiceClient;
use livshandelse_proto::v1::operations_service_client::OperationsServiceClient;
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use livshandelse_store::blobs::Documents;
use livshandelse_store::{MemoryStore, Store};
use livshandelse_workflows::sample::{Deed, Who};
use livshandelse_workflows::{Bundle, Sample};
use prost_types::value::Kind;
use prost_types::{Struct, Timestamp, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

pub const APPLICANT: &str = "199309172386";
pub const CO_PARTY: &str = "199105242391";
pub const STRANGER: &str = "192401019183";
pub const LIFE_EVENT: &str = "lifeEvents/first-child";

static BUNDLES: LazyLock<BTreeMap<&'static str, Arc<Bundle>>> = LazyLock::new(|| {
    let complaints = |complaints: Vec<livshandelse_workflows::Complaint>| {
        complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let bundle = |name: &&'static str| (*name, Arc::new(Bundle::embedded(name).map_err(complaints).unwrap()));
    Bundle::embedded_names().iter().map(bundle).collect()
});

/// An empty store.
fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(Arc::new(CaseProjector)))
}

/// A bundle as the store keeps it.
fn stored(bytes: &[u8]) -> Result<Bundle, String> {
    let files: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Bundle::from_files(&files).map_err(|complaints| complaints.first().map(ToString::to_string).unwrap_or_default())
}

/// Says who calls.
#[derive(Clone)]
pub struct As(String);

impl As {
    pub fn new(actor: &str) -> As {
        As(actor.to_owned())
    }
}

impl Interceptor for As {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(ACTOR_METADATA, self.0.parse().unwrap());
        request.metadata_mut().insert(PURPOSE_METADATA, "test".parse().unwrap());
        Ok(request)
    }
}

pub type Line = InterceptedService<Channel, As>;

pub struct World {
    pub engine: Engine,
    pub api: Api,
    pub agencies: Agencies,
    pub portal: Channel,
    pub agency: Channel,
    pub portal_address: String,
    pub bundle: Arc<Bundle>,
    pub stop: tokio::sync::oneshot::Sender<()>,
    pub served: tokio::task::JoinHandle<Result<(), livshandelse_api::ServeError>>,
}

impl World {
    pub async fn start() -> World {
        World::with(Limits::default(), Origins::default()).await
    }

    /// A service of another life event.
    pub async fn of(life_event: &str) -> World {
        World::serve(life_event, Limits::default(), Origins::default(), None, memory()).await
    }

    pub async fn with(limits: Limits, origins: Origins) -> World {
        World::serve("first-child", limits, origins, None, memory()).await
    }

    /// On a store that may hold something already: as after a restart.
    pub async fn on(store: Arc<dyn Store>) -> World {
        World::serve("first-child", Limits::default(), Origins::default(), None, store).await
    }

    /// A service of a life event, with documents too.
    pub async fn keeping(life_event: &str, documents: Arc<Documents>) -> World {
        World::serve(life_event, Limits::default(), Origins::default(), Some(documents), memory()).await
    }

    async fn serve(
        life_event: &str,
        limits: Limits,
        origins: Origins,
        documents: Option<Arc<Documents>>,
        store: Arc<dyn Store>,
    ) -> World {
        let bundle = BUNDLES[life_event].clone();
        let secrets = Secrets { identity: [3; 32], names: [4; 32] };
        let (agencies, address) = Agencies::serve().await;
        let levels = [Level::State, Level::Region, Level::Municipality, Level::Provider];
        let endpoints = Endpoints {
            by_agency: BTreeMap::new(),
            by_level: levels.into_iter().map(|level| (level, address.clone())).collect(),
        };
        let engine = Engine::start(livshandelse_engine::Setup {
            store,
            agencies: Arc::new(AgencyClient::new(&endpoints, &secrets).unwrap()),
            telling: None,
            clock: CivilClock::lapse(CivilTime::noon(jiff::civil::date(2026, 2, 2))),
            registry: Arc::new(livshandelse_workflows::registry().clone()),
            definitions: vec![NewDefinition {
                definition: bundle.definition.clone(),
                bundle: format!("{life_event}@1").into_bytes(),
            }],
            read_bundle: Box::new(|bytes| Ok(livshandelse_core::Definition::clone(&stored(bytes)?.definition))),
            limits: livshandelse_engine::Limits {
                agency_deadline: Duration::from_secs(5),
                agency_backoff: Duration::from_millis(1),
                agency_tries_max: 2,
                ..livshandelse_engine::Limits::default()
            },
            metrics: Metrics::new(&mut prometheus_client::registry::Registry::default()),
            on_failure: Arc::new(|why| panic!("the store failed: {why}")),
        })
        .await
        .unwrap();
        let mut bundles = vec![bundle.clone()];
        bundles.extend(engine.definitions().published_bundles().iter().map(|bytes| Arc::new(stored(bytes).unwrap())));
        let api = Api::new(Setup {
            engine: engine.clone(),
            bundles,
            secrets,
            limits,
            trust: Trust::Loopback,
            started_at: CivilTime(1_770_000_000_000),
            store_name: "memory",
        });
        if let Some(documents) = documents {
            api.keep_documents(documents);
        }
        let (portal, agency) =
            (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let portal_address = portal.local_addr().unwrap().to_string();
        let line = |listener: &TcpListener| {
            Endpoint::from_shared(format!("http://{}", listener.local_addr().unwrap())).unwrap().connect_lazy()
        };
        let (to_portal, to_agency) = (line(&portal), line(&agency));
        let doors = Doors { portal: vec![portal], agency: vec![agency], origins };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(serve_tcp(
            api.clone(),
            doors,
            Box::pin(async move {
                // Dropped with the world: serving ends then too.
                let _gone = stopped.await;
            }),
        ));
        World { engine, api, agencies, portal: to_portal, agency: to_agency, portal_address, bundle, stop, served }
    }

    pub fn life_events(&self) -> LifeEventServiceClient<Line> {
        LifeEventServiceClient::with_interceptor(self.portal.clone(), As(format!("person:{APPLICANT}")))
    }

    pub fn cases(&self, person: &str) -> CaseServiceClient<Line> {
        CaseServiceClient::with_interceptor(self.portal.clone(), As(format!("person:{person}")))
    }

    pub fn work(&self, agency: &str) -> AgencyWorkServiceClient<Line> {
        AgencyWorkServiceClient::with_interceptor(self.agency.clone(), As(format!("agency:{agency}")))
    }

    pub fn operations(&self) -> OperationsServiceClient<Line> {
        OperationsServiceClient::with_interceptor(self.agency.clone(), As("operator:anna".to_owned()))
    }

    /// What a sample is filed with, as the service itself tells.
    pub async fn sample(&self, name: &str) -> pb::Case {
        let life_event = format!("lifeEvents/{}", self.bundle.definition.revision().life_event);
        let request = pb::GetLifeEventRequest { name: life_event.clone(), ..pb::GetLifeEventRequest::default() };
        let event = self.life_events().get_life_event(request).await.unwrap().into_inner();
        let sample = event.samples.into_iter().find(|sample| sample.slug == name).unwrap();
        let parties = sample.parties.into_iter().map(|party| pb::Party {
            role: party.role,
            identity_number: party.identity_number,
            display_name: party.display_name,
            protected: party.protected,
            ..pb::Party::default()
        });
        pb::Case {
            life_event,
            parties: parties.collect(),
            municipality_code: sample.municipality_code,
            input: sample.input,
            step_inputs: sample.step_inputs,
            ..pb::Case::default()
        }
    }

    /// A sample as its file has it.
    pub fn told(&self, name: &str) -> &Sample {
        self.bundle.samples.iter().find(|sample| sample.name.as_str() == name).unwrap()
    }

    /// Files the sample of two unmarried parents in Linköping.
    pub async fn file(&self) -> pb::Case {
        let case = self.sample("unmarried-in-linkoping").await;
        self.create(case).await.unwrap()
    }

    pub async fn create(&self, case: pb::Case) -> Result<pb::Case, Status> {
        let person = case.parties.first().map_or(APPLICANT.to_owned(), |party| party.identity_number.clone());
        let request = pb::CreateCaseRequest { case: Some(case), request_id: id(), ..pb::CreateCaseRequest::default() };
        Ok(self.cases(&person).create_case(request).await?.into_inner())
    }

    pub async fn get(&self, person: &str, name: &str) -> Result<pb::Case, Status> {
        let request =
            pb::GetCaseRequest { name: name.to_owned(), language_code: String::new(), ..pb::GetCaseRequest::default() };
        Ok(self.cases(person).get_case(request).await?.into_inner())
    }

    /// Waits until the case is as described.
    pub async fn until(&self, name: &str, fits: impl Fn(&pb::Case) -> bool) -> pb::Case {
        self.until_seen_by(APPLICANT, name, fits).await
    }

    /// Waits until somebody sees the case as described.
    pub async fn until_seen_by(&self, person: &str, name: &str, fits: impl Fn(&pb::Case) -> bool) -> pb::Case {
        let id = name.strip_prefix("cases/").unwrap().parse().unwrap();
        let mut changes = self.engine.watch(id);
        loop {
            changes.borrow_and_update();
            let case = self.get(person, name).await.unwrap();
            if fits(&case) {
                return case;
            }
            tokio::time::timeout(Duration::from_secs(20), changes.changed())
                .await
                .expect("nothing happens any more")
                .unwrap();
        }
    }

    /// Fills the form of a step as the applicant.
    pub async fn answer(&self, case: &pb::Case, step: &str, values: Struct) -> Result<pb::Case, Status> {
        self.answer_as(APPLICANT, case, step, values).await
    }

    /// Fills the form of a step as somebody.
    pub async fn answer_as(
        &self,
        person: &str,
        case: &pb::Case,
        step: &str,
        values: Struct,
    ) -> Result<pb::Case, Status> {
        let request = pb::SubmitInputRequest {
            name: format!("{}/steps/{step}", case.name),
            values: Some(values),
            request_id: id(),
            ..pb::SubmitInputRequest::default()
        };
        Ok(self.cases(person).submit_input(request).await?.into_inner())
    }

    /// Enrols at the midwife's: a step that is handed to the region at once. Returns the task it became.
    pub async fn enrol(&self, case: &pb::Case) -> pb::PerformStepRequest {
        self.answer(case, "midwife-enrolment", values(&[("contact-way", text("phone"))])).await.unwrap();
        self.until(&case.name, |case| step(case, "midwife-enrolment").arrive_time.is_some()).await;
        self.agencies.last("midwife-enrolment").unwrap()
    }

    pub fn now(&self) -> Timestamp {
        let now = self.engine.now().0;
        Timestamp { seconds: now / 1_000, nanos: 0 }
    }
}

/// Somebody of a sample, by role and number: who has filed, or who joins later.
pub fn person(sample: &Sample, who: &str) -> pb::Party {
    let found = sample.case.person(Who::parse(who).unwrap()).unwrap();
    let role = match found.role {
        Role::Applicant => pb::PartyRole::Applicant,
        Role::CoParty => pb::PartyRole::CoParty,
        Role::Subject => pb::PartyRole::Subject,
        Role::Helper => pb::PartyRole::Helper,
        Role::Representative => pb::PartyRole::Representative,
        Role::Guide => pb::PartyRole::Guide,
    };
    pb::Party {
        role: role.into(),
        identity_number: found.identity_number.clone(),
        display_name: found.name.clone(),
        ..pb::Party::default()
    }
}

/// What somebody of a sample answers a step with.
pub fn answer_of(sample: &Sample, wanted: &str) -> Struct {
    let answers = sample.story.iter().filter_map(|entry| match &entry.deed {
        Deed::Answer { step, input } if step.to_string().trim_end_matches(".0") == wanted => Some(input),
        _ => None,
    });
    let input = answers.into_iter().next().unwrap_or_else(|| panic!("no answer to {wanted}"));
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(is) => flag(*is),
        serde_json::Value::Number(count) => number(count.as_f64().unwrap()),
        serde_json::Value::String(words) => text(words),
        other => panic!("{other}"),
    };
    Struct { fields: input.iter().map(|(key, given)| (key.clone(), value(given))).collect() }
}

pub fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub fn step<'a>(case: &'a pb::Case, id: &str) -> &'a pb::Step {
    let name = format!("{}/steps/{id}", if case.name.is_empty() { "cases/-" } else { &case.name });
    case.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("no step {name}"))
}

pub fn values(pairs: &[(&str, Value)]) -> Struct {
    Struct { fields: pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect() }
}

pub fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}

pub fn number(number: f64) -> Value {
    Value { kind: Some(Kind::NumberValue(number)) }
}

pub fn flag(flag: bool) -> Value {
    Value { kind: Some(Kind::BoolValue(flag)) }
}

/// Why a call was refused, as `REASON`; every status says so.
pub fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("no reason in {status:?}"));
    assert_eq!(info.domain, "livshandelse");
    info.reason
}

/// The paths of all wrong fields.
pub fn wrong_fields(status: &Status) -> Vec<String> {
    assert_eq!(reason(status), "FIELD_INVALID", "{status:?}");
    let mut fields: Vec<_> = status
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    fields.sort();
    fields
}

/// A caller by the words of the metadata.
pub fn actor(words: &str) -> As {
    As(words.to_owned())
}
