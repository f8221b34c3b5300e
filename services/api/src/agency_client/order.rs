//! What is handed to an agency: only what the step needs, under names made for that agency alone (I10).

use crate::convert::mandate::mandate;
use crate::convert::time::{date, timestamp};
use crate::convert::value::{Called, to_struct};
use crate::convert::word::Word as _;
use crate::name;
use crate::opaque::{Opaque, TaskName};
use livshandelse_core::case::{AmountUsed, Case, NewParty, Step};
use livshandelse_core::decide::{Standing, need_standing};
use livshandelse_core::definition::{Awaited, NeedFor, Reception, Role, Routing, StepDefinition};
use livshandelse_core::id::{DocumentId, PartyId, Subject};
use livshandelse_core::identity::{IdentityKind, IdentityNumber};
use livshandelse_core::status::acts_as;
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::Values;
use livshandelse_engine::Order;
use livshandelse_proto::v1 as pb;

/// The message that hands a step over.
pub(super) fn perform(opaque: &Opaque, order: &Order) -> pb::PerformStepRequest {
    let definition = &order.published.definition;
    let known = definition.step(&order.step.slug);
    let step = order.case.step(&order.step);
    let (input, evidence) = step.map(|step| split(known, &step.input)).unwrap_or_default();
    let task = task(opaque, order);
    let called = Called {
        person: |id: PartyId| identity_number(&order.case, id),
        document: |id: DocumentId| name::task_attachment(&task, &opaque.document(&order.agency, order.case.id, id)),
    };
    let agency = known.and_then(|known| definition.agency(&known.agency));
    let is_here = agency.is_some_and(|agency| agency.reception == Reception::Here);
    let by_place = agency.is_some_and(|agency| agency.routing != Routing::Country);
    let place = match agency.map(|agency| agency.routing) {
        Some(Routing::NewMunicipality) => order.case.new_municipality().unwrap_or_default(),
        Some(Routing::Country | Routing::Municipality | Routing::Region) | None => {
            known.map_or(&*order.case.municipality, |known| order.case.municipality_of(known, order.step.subject))
        }
    };
    let deadline = i64::try_from(order.deadline.as_millis()).unwrap_or(i64::MAX);
    pb::PerformStepRequest {
        agency_case_key: opaque.case_key(&order.agency, order.case.id),
        step: order.step.slug.as_str().to_owned(),
        subject: subject(order),
        attempt: order.attempt.0,
        effect_key: opaque.effect_key(&order.agency, order.key),
        parties: known.map(|known| parties(order, known, &input, &evidence)).unwrap_or_default(),
        input: (!input.is_empty()).then(|| to_struct(&input, &called)),
        evidence_sources: known.map(|known| sources(&order.case, known, order, &evidence)).unwrap_or_default(),
        evidence: (!evidence.is_empty()).then(|| to_struct(&evidence, &called)),
        supplement_number: order.supplement_number,
        respond_by_time: Some(timestamp(CivilTime(order.now.0.saturating_add(deadline)))),
        life_event: name::life_event(&definition.revision().life_event),
        revision: definition.revision().number,
        civil_time: Some(timestamp(order.now)),
        time_lapse: order.is_time_lapse,
        submit_time: step.and_then(|step| step.filed_at).map(timestamp),
        arrive_time: step.and_then(|step| step.arrived_at).filter(|_| is_here).map(timestamp),
        missing: known.map(|known| missing(&order.case, known, order)).unwrap_or_default(),
        language_code: String::new(),
        task: task.clone(),
        municipality_code: if by_place && !order.case.is_protected() { place.to_owned() } else { String::new() },
        amounts: step.map(|step| step.amounts.iter().map(amount).collect()).unwrap_or_default(),
    }
}

/// The message that tells of a withdrawal.
pub(super) fn cancel(opaque: &Opaque, order: &Order) -> pb::CancelStepRequest {
    let step = order.case.step(&order.step);
    let withdrawn_at = order.case.withdrawn_at.or(step.map(|step| step.as_of)).unwrap_or(order.now);
    pb::CancelStepRequest {
        task: task(opaque, order),
        agency_case_key: opaque.case_key(&order.agency, order.case.id),
        attempt: order.attempt.0,
        effect_key: opaque.effect_key(&order.agency, order.key),
        agency_case_number: step.and_then(|step| step.case_number.as_deref()).unwrap_or_default().to_owned(),
        withdraw_time: Some(timestamp(withdrawn_at)),
        reason: String::new(),
        civil_time: Some(timestamp(order.now)),
        time_lapse: order.is_time_lapse,
        step: order.step.slug.as_str().to_owned(),
    }
}

fn task(opaque: &Opaque, order: &Order) -> String {
    let task = TaskName { case: order.case.id, step: order.step.clone(), attempt: order.attempt };
    name::task(&order.agency, &opaque.task(&order.agency, &task))
}

fn subject(order: &Order) -> Option<pb::Subject> {
    let known = order.published.definition.step(&order.step.slug)?;
    subject_of(known, order.step.subject)
}

/// Which subject a step is for, as its agency may know it.
pub(crate) fn subject_of(known: &StepDefinition, subject: Subject) -> Option<pb::Subject> {
    let group = known.for_each.as_ref().filter(|_| !subject.is_whole())?;
    Some(pb::Subject { kind: group.to_string(), number: u32::from(subject.0), ..pb::Subject::default() })
}

/// An amount as it was used, without words.
fn amount(used: &AmountUsed) -> pb::Amount {
    pb::Amount {
        slug: used.slug.to_string(),
        unit: used.found.map_or(0, |found| found.unit.number()),
        value: used.found.map(|found| found.value),
        from_date: used.found.map(|found| date(found.from)),
        ..pb::Amount::default()
    }
}

/// Evidence that went along with a step stands among its input once it is filed: told apart by the definition.
fn split(known: Option<&StepDefinition>, input: &Values) -> (Values, Values) {
    let is_evidence = |slug: &livshandelse_core::id::Slug| {
        let asked = known.and_then(|known| known.form.as_ref()).is_some_and(|form| form.field(slug).is_some());
        !asked && known.is_some_and(|known| known.uses.iter().any(|used| used.evidence == *slug))
    };
    let (mut plain, mut evidence) = (Values::new(), Values::new());
    for (slug, value) in input {
        let kept = if is_evidence(slug) { &mut evidence } else { &mut plain };
        kept.insert(slug.clone(), value.clone());
    }
    (plain, evidence)
}

/// Whose act it is: the applicant, those who sign with her, who acts for her by a mandate, and whom the answers name. In a
/// helper's own step the helper alone.
fn parties(order: &Order, known: &StepDefinition, input: &Values, evidence: &Values) -> Vec<pb::AgencyParty> {
    use livshandelse_core::value::Value;
    let (case, definition, today) = (&*order.case, &order.published.definition, order.now.date());
    let acts = |party: &NewParty| acts_as(definition, case, &order.step, party.id, today).is_some();
    let is_named = |id: PartyId| input.values().chain(evidence.values()).any(|value| *value == Value::Party(id));
    let needed = case.parties.iter().filter(|party| match party.role {
        Role::Applicant => !known.is_helpers_own() || is_named(party.id),
        Role::Representative => acts(party) || is_named(party.id),
        Role::CoParty => acts(party) || known.visible_to.contains(&Role::CoParty) || is_named(party.id),
        Role::Helper => {
            let has_mandate = case.mandate_for(party.id, known, today).is_some();
            known.is_helpers_own() && acts(party) || has_mandate || is_named(party.id)
        }
        Role::Subject | Role::Guide => is_named(party.id),
    });
    let mandate_of = |known_party: &NewParty| case.mandate_for(known_party.id, known, today).map(mandate);
    needed
        .map(|known_party| pb::AgencyParty {
            mandates: mandate_of(known_party).into_iter().collect(),
            ..party(known_party)
        })
        .collect()
}

fn party(party: &NewParty) -> pb::AgencyParty {
    let number = IdentityNumber::parse(&party.identity_number).ok();
    let kind = match number.as_ref().map(IdentityNumber::kind) {
        Some(IdentityKind::Organisation) => pb::PartyKind::Organisation,
        Some(IdentityKind::Person | IdentityKind::Coordination) => pb::PartyKind::Person,
        None => pb::PartyKind::Unspecified,
    };
    pb::AgencyParty {
        role: party.role.number(),
        kind: kind.into(),
        identity_number: written(&party.identity_number, kind),
        display_name: party.name.clone(),
        protected: party.is_protected,
        mandates: Vec::new(),
    }
}

/// As the contract writes a number: an organisation's without the `16` before it.
fn written(number: &str, kind: pb::PartyKind) -> String {
    match kind {
        pb::PartyKind::Organisation => number.strip_prefix("16").unwrap_or(number).to_owned(),
        pb::PartyKind::Person | pb::PartyKind::Unspecified => number.to_owned(),
    }
}

fn identity_number(case: &Case, id: PartyId) -> String {
    case.party(id).map(|party| party.identity_number.clone()).unwrap_or_default()
}

fn sources(case: &Case, known: &StepDefinition, order: &Order, evidence: &Values) -> Vec<pb::EvidenceSource> {
    let used = known.uses.iter().filter(|used| evidence.contains_key(&used.evidence));
    let sources = used.map(|used| {
        let subject = order.step.subject;
        let is_same = |step: &&std::sync::Arc<Step>| {
            subject.is_whole() || step.id.subject.is_whole() || step.id.subject == subject
        };
        let giver = case.steps.iter().filter(is_same).find(|step| step.gives.contains_key(&used.evidence));
        // The giver's slug without its place: who it is follows from the ground, where it lies is nobody's business.
        let agency =
            giver.and_then(|step| order.published.definition.step(&step.id.slug)).map(|step| step.agency.to_string());
        pb::EvidenceSource {
            slug: used.evidence.to_string(),
            agency: agency.unwrap_or_default(),
            as_of_time: giver.map(|step| timestamp(step.as_of)),
            ground: used.ground.number(),
        }
    });
    sources.collect()
}

/// What the step could still be completed with: evidence whose need is not met.
fn missing(case: &Case, known: &StepDefinition, order: &Order) -> Vec<String> {
    let Some(step) = case.step(&order.step) else { return Vec::new() };
    let definition = &order.published.definition;
    let open = known.needs.iter().filter(|need| {
        need.purpose == NeedFor::ToBeComplete && need_standing(definition, case, need, step) != Standing::Met
    });
    let named = open.flat_map(|need| need.any.iter().take(1)).map(|awaited| match awaited {
        Awaited::Fact(fact) => fact.kind.slug().to_owned(),
        Awaited::Joined(role) => role.slug().to_owned(),
        Awaited::Filed(step)
        | Awaited::Arrived(step)
        | Awaited::Decided(step)
        | Awaited::Approved(step)
        | Awaited::Executed(step)
        | Awaited::Lapsed(step)
        | Awaited::ClockEnded { step, .. } => step.to_string(),
    });
    named.collect()
}
