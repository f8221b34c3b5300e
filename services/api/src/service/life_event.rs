//! `LifeEventService`: what there is, and what would happen.

use super::case::{play, sight_of_unstored};
use super::plan::{Assumed, Plan, assumed};
use crate::api::Api;
use crate::convert::filing::filing;
use crate::convert::paper::Papers;
use crate::convert::time::date;
use crate::convert::wrong::Wrong;
use crate::name;
use crate::page;
use crate::show::Sight;
use crate::show::life_event::Shown;
use crate::status::Refused;
use crate::voice::Voice;
use livshandelse_core::Definition;
use livshandelse_core::case::{Case, ClockState, Step, StepState};
use livshandelse_core::command::Command;
use livshandelse_core::definition::{Awaited, ClockKind, Need, NeedFor, StepKind};
use livshandelse_core::id::{Revision, Slug};
use livshandelse_proto::v1 as pb;
use livshandelse_proto::v1::life_event_service_server::LifeEventService;
use livshandelse_workflows::Arg;
use std::collections::{BTreeMap, BTreeSet};
use tonic::{Request, Response, Status};

/// Serves `LifeEventService`.
#[derive(Debug, Clone)]
pub(crate) struct LifeEventDesk(pub(crate) Api);

#[tonic::async_trait]
impl LifeEventService for LifeEventDesk {
    async fn list_life_events(
        &self,
        request: Request<pb::ListLifeEventsRequest>,
    ) -> Result<Response<pb::ListLifeEventsResponse>, Status> {
        self.0.caller(&request)?;
        let request = request.into_inner();
        let live = self.0.live(None);
        let day = self.0.engine().now().date();
        let shown = live.iter().map(|bundle| {
            let voice = Voice::new(&bundle.texts, &request.language_code);
            Shown { bundle, voice, registry: self.0.engine().registry(), municipality: None, day }.summary()
        });
        let list = page::list(&["life events"]);
        let (life_events, next_page_token) =
            page::cut(self.0.opaque(), &list, shown.collect(), request.page_size, &request.page_token)?;
        Ok(Response::new(pb::ListLifeEventsResponse { life_events, next_page_token }))
    }

    async fn get_life_event(
        &self,
        request: Request<pb::GetLifeEventRequest>,
    ) -> Result<Response<pb::LifeEvent>, Status> {
        self.0.caller(&request)?;
        let request = request.into_inner();
        let (slug, number) = name::read_life_event(&request.name)?;
        let registry = self.0.engine().registry();
        let code = request.municipality_code.as_str();
        if !code.is_empty() && registry.municipality(code).is_none() {
            let remedy = "give a municipality code of four digits, such as 0580, or leave it out";
            return Err(Wrong::one("municipality_code", "unknown", remedy).into());
        }
        let municipality = (!code.is_empty()).then_some(code);
        let revision = match number {
            Some(number) => Some(Revision { life_event: slug, number }),
            None => self.0.engine().current(&slug, municipality).map(|known| known.definition.revision().clone()),
        };
        let bundle = revision.and_then(|revision| self.0.shelf().bundle(&revision)).ok_or(Refused::NoSuchLifeEvent)?;
        let voice = Voice::new(&bundle.texts, &request.language_code);
        let day = self.0.engine().now().date();
        Ok(Response::new(Shown { bundle: &bundle, voice, registry, municipality, day }.whole()))
    }

    async fn preview_case(
        &self,
        request: Request<pb::PreviewCaseRequest>,
    ) -> Result<Response<pb::PreviewCaseResponse>, Status> {
        let caller = self.0.caller(&request)?;
        let reader = caller.person()?;
        let request = request.into_inner();
        let given = request.case.unwrap_or_default();
        if given.life_event.is_empty() {
            return Err(Wrong::one("case.life_event", "missing", "name one of ListLifeEvents").into());
        }
        let definition = self.0.current(&given.life_event, &given.municipality_code)?.definition.clone();
        let filing = filing(&given, &definition, None, self.0.secrets(), &Papers::Anything)?;
        let assumed = assumed(&request.assumed_facts)?;
        let case = play(&self.0, &caller, None, &definition, Command::CreateCase(filing))?;
        let bundle = self.0.bundle_of(definition.revision())?;
        let sight = sight_of_unstored(&self.0, &case, &definition, &bundle, reader, &request.language_code);
        let mut shown = preview(&sight, &assumed);
        let municipality = Some(&*case.municipality).filter(|code| !code.is_empty());
        let place = Shown {
            bundle: &bundle,
            voice: sight.voice,
            registry: self.0.engine().registry(),
            municipality,
            day: sight.now.date(),
        };
        let slugs: BTreeSet<&Slug> =
            case.steps.iter().filter(|step| step.state != StepState::NotNeeded).map(|step| &step.id.slug).collect();
        let steps = definition.steps().iter().filter(|step| slugs.contains(&step.slug));
        shown.variations = steps.flat_map(|step| place.variations(step)).collect();
        Ok(Response::new(shown))
    }
}

/// What would happen, shown from the case as it would stand.
fn preview(sight: &Sight<'_>, assumed: &Assumed) -> pb::PreviewCaseResponse {
    let (case, definition) = (sight.case, sight.definition);
    let needed: Vec<&Step> =
        case.steps.iter().map(|step| &**step).filter(|step| step.state != StepState::NotNeeded).collect();
    let plan = Plan::of(sight, &needed, assumed);
    let waves = waves(definition, case);
    let mut by_wave: BTreeMap<u32, Vec<&Step>> = BTreeMap::new();
    for step in &needed {
        let is_done = definition.step(&step.id.slug).is_none_or(|known| known.kind == StepKind::Information);
        if !is_done {
            by_wave.entry(waves.get(&step.id.slug).copied().unwrap_or(0)).or_default().push(step);
        }
    }
    let mut expected = Vec::new();
    let waves: Vec<pb::PreviewWave> = (1..)
        .zip(by_wave.into_values())
        .map(|(number, mut steps)| {
            steps.sort_by_key(|step| (definition.index_of(&step.id.slug), step.id.subject));
            expected.extend(steps.iter().map(|step| plan.shown(sight, step, number)));
            pb::PreviewWave { number, steps: steps.into_iter().map(|step| sight.step_name(&step.id)).collect() }
        })
        .collect();
    let costs: Vec<pb::PreviewCost> = needed
        .iter()
        .filter_map(|step| {
            let fee = sight.step(step).fee?;
            Some(pb::PreviewCost { step: sight.step_name(&step.id), fee: Some(fee) })
        })
        .collect();
    let mut totals: BTreeMap<String, i64> = BTreeMap::new();
    for amount in costs.iter().filter_map(|cost| cost.fee.as_ref()?.amount.as_ref()) {
        let total = totals.entry(amount.currency_code.clone()).or_default();
        *total = total.saturating_add(amount.minor_units);
    }
    let total_costs =
        totals.into_iter().map(|(currency_code, minor_units)| pb::Money { currency_code, minor_units }).collect();
    pb::PreviewCaseResponse {
        waves,
        costs,
        total_costs,
        losses: losses(sight, &needed, &plan),
        saved_question_count: saved_questions(definition, &needed),
        case: Some(sight.whole()),
        plan: expected,
        variations: Vec::new(),
    }
}

/// After how many others a step can be filed: one more than the latest of what it cannot be filed without.
fn waves(definition: &Definition, case: &Case) -> BTreeMap<Slug, u32> {
    let is_present =
        |slug: &Slug| case.steps.iter().any(|step| step.id.slug == *slug && step.state != StepState::NotNeeded);
    let mut waves: BTreeMap<Slug, u32> = BTreeMap::new();
    // No cycle over what holds back is ever loaded, so as many rounds as steps are enough.
    for _ in definition.steps() {
        let mut is_settled = true;
        for step in definition.steps() {
            let holding = step.needs.iter().filter(|need| need.purpose == NeedFor::ToFile);
            let wave = holding.map(|need| 1 + wave_of(need, &waves, &is_present)).max().unwrap_or(0);
            if waves.insert(step.slug.clone(), wave) != Some(wave) {
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    waves
}

/// A need is met by the first of what it awaits. A fact of the world comes after what can be done before it.
fn wave_of(need: &Need, waves: &BTreeMap<Slug, u32>, is_present: &dyn Fn(&Slug) -> bool) -> u32 {
    let known = |slug: &Slug| is_present(slug).then(|| waves.get(slug).copied().unwrap_or(0));
    let awaited = need.any.iter().filter_map(|awaited| match awaited {
        Awaited::Fact(_) | Awaited::Joined(_) => Some(0),
        Awaited::Filed(step)
        | Awaited::Arrived(step)
        | Awaited::Decided(step)
        | Awaited::Approved(step)
        | Awaited::Executed(step)
        | Awaited::Lapsed(step)
        | Awaited::ClockEnded { step, .. } => known(step),
    });
    awaited.min().unwrap_or(0)
}

/// What waiting loses: chances that pass and clocks with a price, those that run first, by day.
fn losses(sight: &Sight<'_>, needed: &[&Step], plan: &Plan) -> Vec<pb::PreviewLoss> {
    let mut losses = Vec::new();
    for step in needed {
        let Some(definition) = sight.definition.step(&step.id.slug) else { continue };
        for known in definition.clocks.iter().filter(|clock| clock.has_price || clock.kind == ClockKind::Chance) {
            let running =
                step.clocks.iter().find(|clock| clock.slug == known.slug && clock.state == ClockState::Running);
            let day = running.map(|clock| clock.last_day).or_else(|| plan.clock_end(&step.id, &known.slug));
            let args: Vec<_> = day.into_iter().map(|day| ("day", Arg::Day(day))).collect();
            let priced = known.has_price && day.is_some();
            let key = if priced {
                format!("price-{}-{}", step.id.slug, known.slug)
            } else {
                format!("clock-{}-{}-passed", step.id.slug, known.slug)
            };
            let text = sight.filling(definition, step).say(sight.voice, &key, &args);
            let loss = pb::PreviewLoss {
                step: sight.step_name(&step.id),
                clock: known.slug.to_string(),
                end_date: day.map(date),
                text,
                legal_basis: known.source.clone(),
            };
            losses.push(((day.is_none(), day), loss));
        }
    }
    losses.sort_by_key(|(order, _)| *order);
    losses.into_iter().map(|(_, loss)| loss).collect()
}

/// Questions that another step of the case answers.
fn saved_questions(definition: &Definition, needed: &[&Step]) -> u32 {
    let gives = |evidence: &Slug| {
        let known = needed.iter().filter_map(|step| definition.step(&step.id.slug));
        known.into_iter().any(|step| step.gives.contains(evidence))
    };
    let saved = needed.iter().filter_map(|step| definition.step(&step.id.slug)).map(|step| {
        let fields = step.form.iter().flat_map(|form| &form.fields);
        let answered = fields.filter(|field| field.evidence.as_ref().is_some_and(&gives)).count();
        answered + step.uses.iter().filter(|used| gives(&used.evidence)).count()
    });
    u32::try_from(saved.sum::<usize>()).unwrap_or(u32::MAX)
}
