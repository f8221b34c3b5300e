//! Who calls and what for: the two metadata entries that every call carries.
//!
//! Until identity is built (design §8) they are believed, and by default only from this machine.

use crate::limits::{OPERATOR_LEN_MAX, PURPOSE_LEN_MAX};
use crate::secrets::Secrets;
use crate::status::Refused;
use livshandelse_core::command::Actor;
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::identity::{IdentityKind, IdentityNumber};
use livshandelse_proto::{ACTOR_METADATA, PURPOSE_METADATA};
use std::net::SocketAddr;
use tonic::metadata::MetadataMap;

/// Whose word is taken for who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Trust {
    /// Callers on this machine alone.
    #[default]
    Loopback,
    /// Everybody who can reach the port: only behind something that authenticates them.
    Network,
}

/// A caller, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What for; recorded.
    pub purpose: String,
}

impl Caller {
    /// The person who calls.
    ///
    /// # Errors
    ///
    /// [`Refused::NotAllowed`] for any other actor.
    pub fn person(&self) -> Result<PartyId, Refused> {
        match &self.actor {
            Actor::Person(id) => Ok(*id),
            Actor::Agency(_) | Actor::Operator(_) | Actor::Time => {
                Err(Refused::NotAllowed { needs: "a person (`person:<identity number>`)" })
            }
        }
    }

    /// The agency that calls.
    ///
    /// # Errors
    ///
    /// [`Refused::NotAllowed`] for any other actor.
    pub fn agency(&self) -> Result<&Slug, Refused> {
        match &self.actor {
            Actor::Agency(slug) => Ok(slug),
            Actor::Person(_) | Actor::Operator(_) | Actor::Time => {
                Err(Refused::NotAllowed { needs: "an agency (`agency:<slug>`)" })
            }
        }
    }

    /// Makes sure that an operator calls.
    ///
    /// # Errors
    ///
    /// [`Refused::NotAllowed`] for any other actor.
    pub fn require_operator(&self) -> Result<(), Refused> {
        match &self.actor {
            Actor::Operator(_) => Ok(()),
            Actor::Person(_) | Actor::Agency(_) | Actor::Time => {
                Err(Refused::NotAllowed { needs: "an operator (`operator:<name>`)" })
            }
        }
    }

    /// What kind of actor, for telemetry.
    pub fn kind(&self) -> &'static str {
        match &self.actor {
            Actor::Person(_) => "person",
            Actor::Agency(_) => "agency",
            Actor::Operator(_) => "operator",
            Actor::Time => "time",
        }
    }
}

/// Reads who calls and what for.
///
/// # Errors
///
/// [`Refused::ActorMissing`], [`Refused::ActorUnreadable`], [`Refused::ActorNotBelieved`] or [`Refused::PurposeMissing`]: each says what to
/// send, and none repeats an identity number.
pub fn identify(
    metadata: &MetadataMap,
    from: Option<SocketAddr>,
    secrets: &Secrets,
    trust: Trust,
) -> Result<Caller, Refused> {
    let is_here = from.is_none_or(|address| address.ip().to_canonical().is_loopback());
    if trust == Trust::Loopback && !is_here {
        return Err(Refused::ActorNotBelieved);
    }
    let actor = text(metadata, ACTOR_METADATA).ok_or(Refused::ActorMissing)?;
    let actor = read_actor(actor, secrets)?;
    let purpose = text(metadata, PURPOSE_METADATA).ok_or(Refused::PurposeMissing)?;
    let is_fit = purpose.chars().count() <= PURPOSE_LEN_MAX && !purpose.chars().any(char::is_control);
    if !is_fit {
        return Err(Refused::PurposeMissing);
    }
    Ok(Caller { actor, purpose: purpose.to_owned() })
}

/// One entry as text, without the blanks around it; nothing if it is empty, unreadable, or there twice.
fn text<'a>(metadata: &'a MetadataMap, name: &str) -> Option<&'a str> {
    let mut all = metadata.get_all(name).iter();
    let (first, second) = (all.next()?, all.next());
    if second.is_some() {
        return None;
    }
    let text = std::str::from_utf8(first.as_bytes()).ok()?.trim();
    (!text.is_empty()).then_some(text)
}

fn read_actor(text: &str, secrets: &Secrets) -> Result<Actor, Refused> {
    let unreadable = |problem: String| Refused::ActorUnreadable { problem };
    let (kind, name) = text.split_once(':').ok_or_else(|| unreadable("it has no `:`".to_owned()))?;
    match kind {
        "person" => match IdentityNumber::parse(name) {
            Ok(number) if number.kind() == IdentityKind::Organisation => {
                Err(unreadable("an organisation cannot act by itself: name the person".to_owned()))
            }
            Ok(number) => Ok(Actor::Person(secrets.party(&number))),
            Err(why) => Err(unreadable(format!("the identity number {why}; {}", why.remedy()))),
        },
        "agency" => Slug::new(name).map(Actor::Agency).map_err(|_| unreadable("the agency is not a slug".to_owned())),
        "operator" => {
            let is_fit = (1..=OPERATOR_LEN_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            let refused = || unreadable(format!("an operator's name has 1 to {OPERATOR_LEN_MAX} characters"));
            is_fit.then(|| Actor::Operator(name.to_owned())).ok_or_else(refused)
        }
        _ => Err(unreadable("it is neither `person:`, `agency:` nor `operator:`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets { identity: [1; 32], names: [2; 32] }
    }

    fn metadata(actor: &str, purpose: &str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert(ACTOR_METADATA, actor.parse().unwrap());
        metadata.insert(PURPOSE_METADATA, purpose.parse().unwrap());
        metadata
    }

    fn read(actor: &str, purpose: &str) -> Result<Caller, Refused> {
        identify(&metadata(actor, purpose), None, &secrets(), Trust::Loopback)
    }

    #[test]
    fn a_person_an_agency_and_an_operator_are_read() {
        let number = IdentityNumber::parse("199309172386").unwrap();
        let person = Actor::Person(secrets().party(&number));
        assert_eq!(read("person:19930917-2386", "to file").unwrap().actor, person);
        let agency = Actor::Agency(Slug::new("socialnamnden-0580").unwrap());
        assert_eq!(read("agency:socialnamnden-0580", "a report").unwrap().actor, agency);
        assert_eq!(read("operator:anna", "a look").unwrap().actor, Actor::Operator("anna".to_owned()));
    }

    #[test]
    fn a_call_without_actor_or_purpose_is_refused() {
        let nothing = MetadataMap::new();
        let refused = identify(&nothing, None, &secrets(), Trust::Loopback).unwrap_err();
        assert!(matches!(refused, Refused::ActorMissing));
        assert!(matches!(read("operator:anna", "").unwrap_err(), Refused::PurposeMissing));
        let long = "x".repeat(201);
        assert!(matches!(read("operator:anna", &long).unwrap_err(), Refused::PurposeMissing));
    }

    #[test]
    fn a_wrong_identity_number_is_refused_and_not_repeated() {
        for wrong in [
            "person:199309172387",
            "person:202100-5448",
            "person:",
            "person:x",
            "someone:1",
            "agency:Å",
            "operator:",
            "x",
        ] {
            let refused = read(wrong, "to file").unwrap_err();
            let Refused::ActorUnreadable { problem } = refused else { panic!("{wrong}: {refused:?}") };
            assert!(!problem.contains("2387"), "{problem}");
        }
    }

    #[test]
    fn who_calls_from_elsewhere_is_believed_only_when_the_operator_says_so() {
        let from = Some("192.0.2.1:5000".parse().unwrap());
        let metadata = metadata("operator:anna", "a look");
        let refused = identify(&metadata, from, &secrets(), Trust::Loopback).unwrap_err();
        assert!(matches!(refused, Refused::ActorNotBelieved));
        assert!(identify(&metadata, from, &secrets(), Trust::Network).is_ok());
        let mapped = Some("[::ffff:127.0.0.1]:5000".parse().unwrap());
        assert!(identify(&metadata, mapped, &secrets(), Trust::Loopback).is_ok());
    }

    #[test]
    fn two_actors_in_one_call_are_none() {
        let mut metadata = metadata("operator:anna", "a look");
        metadata.append(ACTOR_METADATA, "operator:bo".parse().unwrap());
        let refused = identify(&metadata, None, &secrets(), Trust::Loopback).unwrap_err();
        assert!(matches!(refused, Refused::ActorMissing));
    }
}
