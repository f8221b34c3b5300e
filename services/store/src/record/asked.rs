//! What is asked, shown and reckoned by: payments, amounts, mandates, what a decision says beside its outcome.

use super::error::DecodeError;
use super::scalar::{present, read_16, read_day, read_optional_day, read_slug, write_day, write_slug};
use super::{number, pb};
use livshandelse_core::case::{AmountUsed, AmountValue, Ask, Asked, DecisionTerms, HeldMandate, Mandate, MandateScope};
use livshandelse_core::id::PartyId;
use std::sync::Arc;

pub(super) fn write_payment(ask: &Ask) -> Option<pb::Payment> {
    match ask {
        Ask::Supplement | Ask::Offer => None,
        Ask::Payment { link, amount, reference } => {
            Some(pb::Payment { link: link.clone(), amount: *amount, reference: reference.clone() })
        }
    }
}

/// Until payments could be asked for, whether it is an offer was all that was written.
pub(super) fn read_ask(is_offer: bool, payment: Option<pb::Payment>) -> Ask {
    match payment {
        Some(pb::Payment { link, amount, reference }) => Ask::Payment { link, amount, reference },
        None if is_offer => Ask::Offer,
        None => Ask::Supplement,
    }
}

pub(super) fn write_asked(asked: &Asked) -> pb::Asked {
    let Asked { words, due, ask } = asked;
    pb::Asked {
        words: words.as_ref().to_owned(),
        due_day: due.map(write_day),
        offer: ask.is_offer(),
        payment: write_payment(ask),
    }
}

pub(super) fn read_asked(stored: pb::Asked) -> Result<Asked, DecodeError> {
    let due = read_optional_day("day of what is asked", stored.due_day)?;
    Ok(Asked { words: Arc::from(stored.words), due, ask: read_ask(stored.offer, stored.payment) })
}

pub(super) fn write_amounts(amounts: &[AmountUsed]) -> Vec<pb::AmountUsed> {
    let write_value = |AmountValue { value, unit, from }: &AmountValue| pb::AmountValue {
        value: *value,
        unit: number::write_unit(*unit),
        from_day: write_day(*from),
    };
    amounts
        .iter()
        .map(|AmountUsed { slug, found }| pb::AmountUsed {
            slug: write_slug(slug),
            found: found.as_ref().map(write_value),
        })
        .collect()
}

pub(super) fn read_amounts(stored: Vec<pb::AmountUsed>) -> Result<Vec<AmountUsed>, DecodeError> {
    let read_value = |stored: pb::AmountValue| {
        Ok(AmountValue {
            value: stored.value,
            unit: number::read_unit("unit of an amount", stored.unit)?,
            from: read_day("first day of an amount", stored.from_day)?,
        })
    };
    let read = |stored: pb::AmountUsed| {
        let found = stored.found.map(read_value).transpose()?;
        Ok(AmountUsed { slug: read_slug("amount", &stored.slug)?, found })
    };
    stored.into_iter().map(read).collect()
}

pub(super) fn write_mandate(mandate: &Mandate) -> pb::Mandate {
    let Mandate { kind, scope, from, to, evidence } = mandate;
    let steps = match scope {
        MandateScope::All => None,
        MandateScope::Steps(steps) => Some(pb::MandateSteps { slugs: steps.iter().map(write_slug).collect() }),
    };
    pb::Mandate {
        kind: number::write_mandate_kind(*kind),
        steps,
        from_day: write_day(*from),
        to_day: to.map(write_day),
        evidence: evidence.clone(),
    }
}

pub(super) fn read_mandate(stored: pb::Mandate) -> Result<Mandate, DecodeError> {
    let scope = match stored.steps {
        None => MandateScope::All,
        Some(pb::MandateSteps { slugs }) => {
            let steps = slugs.iter().map(|slug| read_slug("step of a mandate", slug));
            MandateScope::Steps(steps.collect::<Result<_, _>>()?)
        }
    };
    Ok(Mandate {
        kind: number::read_mandate_kind("kind of a mandate", stored.kind)?,
        scope,
        from: read_day("first day of a mandate", stored.from_day)?,
        to: read_optional_day("last day of a mandate", stored.to_day)?,
        evidence: stored.evidence,
    })
}

pub(super) fn write_held(held: &HeldMandate) -> pb::HeldMandate {
    let HeldMandate { party, mandate } = held;
    pb::HeldMandate { party: party.0.to_vec(), mandate: Some(write_mandate(mandate)) }
}

pub(super) fn read_held(stored: pb::HeldMandate) -> Result<HeldMandate, DecodeError> {
    Ok(HeldMandate {
        party: PartyId(read_16("party of a mandate", &stored.party)?),
        mandate: read_mandate(present("mandate", stored.mandate)?)?,
    })
}

pub(super) fn write_terms(terms: &DecisionTerms) -> pb::DecisionTerms {
    let DecisionTerms { number, valid_from, valid_to, appeal_to } = terms;
    pb::DecisionTerms {
        number: number.clone(),
        valid_from_day: valid_from.map(write_day),
        valid_to_day: valid_to.map(write_day),
        appeal_to: appeal_to.clone(),
    }
}

pub(super) fn read_terms(stored: pb::DecisionTerms) -> Result<DecisionTerms, DecodeError> {
    Ok(DecisionTerms {
        number: stored.number,
        valid_from: read_optional_day("first day of a decision", stored.valid_from_day)?,
        valid_to: read_optional_day("last day of a decision", stored.valid_to_day)?,
        appeal_to: stored.appeal_to,
    })
}
