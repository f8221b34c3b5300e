//! What events and states are made of: values, parties, actors, facts, reasons, effects.

use super::error::DecodeError;
use super::number;
use super::pb::{self, named_value};
use super::scalar::{self, present};
use livshandelse_core::case::{FactReport, NewParty, Reason};
use livshandelse_core::command::Actor;
use livshandelse_core::definition::{AwaitedFact, FactOf};
use livshandelse_core::effect::Effect;
use livshandelse_core::event::Filed;
use livshandelse_core::id::{Attempt, DocumentId, PartyId, Revision, StepId};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};

pub(super) fn write_values(values: &Values) -> Vec<pb::NamedValue> {
    let write = |value: &Value| match value {
        Value::Flag(flag) => named_value::Value::Flag(*flag),
        Value::Number(number) => named_value::Value::Number(*number),
        Value::Text(text) => named_value::Value::Text(text.clone()),
        Value::Day(day) => named_value::Value::Day(scalar::write_day(*day)),
        Value::Party(party) => named_value::Value::Party(party.0.to_vec()),
        Value::Document(document) => named_value::Value::Document(document.0.to_vec()),
    };
    values
        .iter()
        .map(|(name, value)| pb::NamedValue { name: scalar::write_slug(name), value: Some(write(value)) })
        .collect()
}

pub(super) fn read_values(stored: Vec<pb::NamedValue>) -> Result<Values, DecodeError> {
    let read = |value: named_value::Value| {
        Ok(match value {
            named_value::Value::Flag(flag) => Value::Flag(flag),
            named_value::Value::Number(number) => Value::Number(number),
            named_value::Value::Text(text) => Value::Text(text),
            named_value::Value::Day(day) => Value::Day(scalar::read_day("value", day)?),
            named_value::Value::Party(party) => Value::Party(PartyId(scalar::read_16("value", &party)?)),
            named_value::Value::Document(id) => Value::Document(DocumentId(scalar::read_16("value", &id)?)),
        })
    };
    stored
        .into_iter()
        .map(|named| Ok((scalar::read_slug("name of a value", &named.name)?, read(present("value", named.value)?)?)))
        .collect()
}

pub(super) fn write_actor(actor: &Actor) -> pb::Actor {
    let (kind, party, name) = match actor {
        Actor::Person(party) => (pb::ActorKind::Person, Some(party.0.to_vec()), None),
        Actor::Agency(slug) => (pb::ActorKind::Agency, None, Some(scalar::write_slug(slug))),
        Actor::Operator(name) => (pb::ActorKind::Operator, None, Some(name.clone())),
        Actor::Time => (pb::ActorKind::Time, None, None),
    };
    pb::Actor { kind: kind.into(), party, name }
}

pub(super) fn read_actor(stored: pb::Actor) -> Result<Actor, DecodeError> {
    let name = |name: Option<String>| present("name of the actor", name);
    match pb::ActorKind::try_from(stored.kind) {
        Ok(pb::ActorKind::Person) => {
            let party = present("party of the actor", stored.party)?;
            Ok(Actor::Person(PartyId(scalar::read_16("party of the actor", &party)?)))
        }
        Ok(pb::ActorKind::Agency) => Ok(Actor::Agency(scalar::read_slug("name of the actor", &name(stored.name)?)?)),
        Ok(pb::ActorKind::Operator) => Ok(Actor::Operator(name(stored.name)?)),
        Ok(pb::ActorKind::Time) => Ok(Actor::Time),
        Ok(pb::ActorKind::Unspecified) | Err(_) => Err(number::unknown("actor", stored.kind)),
    }
}

pub(super) fn write_effect(effect: &Effect) -> pb::Effect {
    let (kind, step, agency, attempt, supplement_number) = match effect {
        Effect::Tell { party } => {
            return pb::Effect {
                kind: pb::EffectKind::Tell.into(),
                party: Some(party.0.to_vec()),
                ..pb::Effect::default()
            };
        }
        Effect::Quieten { party, to } => {
            return pb::Effect {
                kind: pb::EffectKind::Quieten.into(),
                party: Some(party.0.to_vec()),
                quiet_to_day: Some(scalar::write_day(*to)),
                ..pb::Effect::default()
            };
        }
        Effect::PerformStep { step, agency, attempt, supplement_number } => {
            (pb::EffectKind::PerformStep, step, agency, attempt, *supplement_number)
        }
        Effect::CancelStep { step, agency, attempt } => (pb::EffectKind::CancelStep, step, agency, attempt, 0),
    };
    pb::Effect {
        kind: kind.into(),
        step: scalar::write_step(step),
        agency: scalar::write_slug(agency),
        attempt: attempt.0,
        supplement_number,
        party: None,
        quiet_to_day: None,
    }
}

pub(super) fn read_effect(stored: pb::Effect) -> Result<Effect, DecodeError> {
    let kind = pb::EffectKind::try_from(stored.kind);
    if matches!(kind, Ok(pb::EffectKind::Tell | pb::EffectKind::Quieten)) {
        let party = super::notice::read_party_id(&present("party of an effect", stored.party)?)?;
        if matches!(kind, Ok(pb::EffectKind::Tell)) {
            return Ok(Effect::Tell { party });
        }
        let to = scalar::read_day("last day of an effect", present("last day of an effect", stored.quiet_to_day)?)?;
        return Ok(Effect::Quieten { party, to });
    }
    let step = scalar::read_step(&stored.step)?;
    let agency = scalar::read_slug("agency", &stored.agency)?;
    let attempt = Attempt(stored.attempt);
    match kind {
        Ok(pb::EffectKind::PerformStep) => {
            Ok(Effect::PerformStep { step, agency, attempt, supplement_number: stored.supplement_number })
        }
        Ok(pb::EffectKind::CancelStep) => Ok(Effect::CancelStep { step, agency, attempt }),
        Ok(pb::EffectKind::Tell | pb::EffectKind::Quieten | pb::EffectKind::Unspecified) | Err(_) => {
            Err(number::unknown("effect", stored.kind))
        }
    }
}

pub(super) fn write_reason(reason: &Reason) -> pb::Reason {
    let plain = |kind: pb::ReasonKind| pb::Reason { kind: kind.into(), ..pb::Reason::default() };
    match reason {
        Reason::Condition => plain(pb::ReasonKind::Condition),
        Reason::NeedGone(need) => pb::Reason { name: Some(need.clone()), ..plain(pb::ReasonKind::NeedGone) },
        Reason::ClockEnded(clock) => {
            pb::Reason { name: Some(scalar::write_slug(clock)), ..plain(pb::ReasonKind::ClockEnded) }
        }
        Reason::FactEnded(AwaitedFact { kind, of }) => {
            let (fact_role, fact_step) = match of {
                FactOf::Own => (None, None),
                FactOf::Role(role) => (Some(number::write_role(*role)), None),
                FactOf::Step(step) => (None, Some(scalar::write_slug(step))),
            };
            let fact = Some(number::write_fact_kind(*kind));
            pb::Reason { fact, fact_role, fact_step, ..plain(pb::ReasonKind::FactEnded) }
        }
        Reason::WithdrawnUnsent => plain(pb::ReasonKind::WithdrawnUnsent),
        Reason::WithdrawnAndClosed => plain(pb::ReasonKind::WithdrawnAndClosed),
        Reason::Undelivered(why) => {
            pb::Reason { undelivered: Some(number::write_undelivered(*why)), ..plain(pb::ReasonKind::Undelivered) }
        }
        Reason::AgencyFailed => plain(pb::ReasonKind::AgencyFailed),
        Reason::CaseWithdrawn => plain(pb::ReasonKind::CaseWithdrawn),
        Reason::Settled(clock) => {
            pb::Reason { name: Some(scalar::write_slug(clock)), ..plain(pb::ReasonKind::Settled) }
        }
    }
}

pub(super) fn read_reason(stored: pb::Reason) -> Result<Reason, DecodeError> {
    let name = |name: Option<String>| present("name in a reason", name);
    let clock = |stored: Option<String>| scalar::read_slug("clock in a reason", &name(stored)?);
    match pb::ReasonKind::try_from(stored.kind) {
        Ok(pb::ReasonKind::Condition) => Ok(Reason::Condition),
        Ok(pb::ReasonKind::NeedGone) => Ok(Reason::NeedGone(name(stored.name)?)),
        Ok(pb::ReasonKind::ClockEnded) => Ok(Reason::ClockEnded(clock(stored.name)?)),
        Ok(pb::ReasonKind::FactEnded) => {
            let fact = present("fact in a reason", stored.fact)?;
            let of = match (stored.fact_role, stored.fact_step) {
                (Some(role), _) => FactOf::Role(number::read_role("role in a reason", role)?),
                (None, Some(step)) => FactOf::Step(scalar::read_slug("step in a reason", &step)?),
                (None, None) => FactOf::Own,
            };
            Ok(Reason::FactEnded(AwaitedFact { kind: number::read_fact_kind("fact in a reason", fact)?, of }))
        }
        Ok(pb::ReasonKind::WithdrawnUnsent) => Ok(Reason::WithdrawnUnsent),
        Ok(pb::ReasonKind::WithdrawnAndClosed) => Ok(Reason::WithdrawnAndClosed),
        Ok(pb::ReasonKind::Undelivered) => {
            let why = present("undelivered in a reason", stored.undelivered)?;
            Ok(Reason::Undelivered(number::read_undelivered("undelivered in a reason", why)?))
        }
        Ok(pb::ReasonKind::AgencyFailed) => Ok(Reason::AgencyFailed),
        Ok(pb::ReasonKind::CaseWithdrawn) => Ok(Reason::CaseWithdrawn),
        Ok(pb::ReasonKind::Settled) => Ok(Reason::Settled(clock(stored.name)?)),
        Ok(pb::ReasonKind::Unspecified) | Err(_) => Err(number::unknown("reason", stored.kind)),
    }
}

pub(super) fn write_revision(revision: &Revision) -> pb::Revision {
    let Revision { life_event, number } = revision;
    pb::Revision { life_event: scalar::write_slug(life_event), number: *number }
}

pub(super) fn read_revision(stored: pb::Revision) -> Result<Revision, DecodeError> {
    Ok(Revision { life_event: scalar::read_slug("life event", &stored.life_event)?, number: stored.number })
}

pub(super) fn write_party(party: &NewParty) -> pb::Party {
    let NewParty { id, role, identity_number, name, is_protected } = party;
    pb::Party {
        id: id.0.to_vec(),
        role: number::write_role(*role),
        identity_number: identity_number.clone(),
        name: name.clone(),
        protected: *is_protected,
    }
}

pub(super) fn read_party(stored: pb::Party) -> Result<NewParty, DecodeError> {
    Ok(NewParty {
        id: PartyId(scalar::read_16("id of a party", &stored.id)?),
        role: number::read_role("role of a party", stored.role)?,
        identity_number: stored.identity_number,
        name: stored.name,
        is_protected: stored.protected,
    })
}

pub(super) fn write_step_input(step: &StepId, values: &Values) -> pb::StepInput {
    pb::StepInput { step: scalar::write_step(step), values: write_values(values) }
}

pub(super) fn read_step_input(stored: pb::StepInput) -> Result<(StepId, Values), DecodeError> {
    Ok((scalar::read_step(&stored.step)?, read_values(stored.values)?))
}

pub(super) fn write_filed(filed: &Filed) -> pb::Filed {
    let Filed { revision, parties, input, step_input, municipality } = filed;
    pb::Filed {
        revision: Some(write_revision(revision)),
        parties: parties.iter().map(write_party).collect(),
        input: write_values(input),
        step_input: step_input.iter().map(|(step, values)| write_step_input(step, values)).collect(),
        municipality: municipality.clone(),
    }
}

pub(super) fn read_filed(stored: Option<pb::Filed>) -> Result<Box<Filed>, DecodeError> {
    let stored = present("filing", stored)?;
    Ok(Box::new(Filed {
        revision: read_revision(present("revision", stored.revision)?)?,
        parties: stored.parties.into_iter().map(read_party).collect::<Result<_, _>>()?,
        input: read_values(stored.input)?,
        step_input: stored.step_input.into_iter().map(read_step_input).collect::<Result<_, _>>()?,
        municipality: stored.municipality,
    }))
}

pub(super) fn write_fact(report: &FactReport) -> pb::Fact {
    let FactReport { kind, child, party, step, occurred_at, municipality, values } = report;
    pb::Fact {
        kind: number::write_fact_kind(*kind),
        child: u32::from(child.0),
        party: party.map(|party| party.0.to_vec()),
        occurred_civil_ms: occurred_at.0,
        municipality: municipality.clone(),
        values: write_values(values),
        step: step.as_ref().map(scalar::write_step),
    }
}

pub(super) fn read_fact(stored: pb::Fact) -> Result<FactReport, DecodeError> {
    let party = stored.party.map(|party| scalar::read_16("party of a fact", &party)).transpose()?;
    Ok(FactReport {
        kind: number::read_fact_kind("kind of a fact", stored.kind)?,
        child: scalar::read_subject("child of a fact", stored.child)?,
        party: party.map(PartyId),
        step: stored.step.map(|step| scalar::read_step(&step)).transpose()?,
        occurred_at: CivilTime(stored.occurred_civil_ms),
        municipality: stored.municipality,
        values: read_values(stored.values)?,
    })
}
