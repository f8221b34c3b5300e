//! A case as a reader may see it, in the reader's language (I6, I7).
//!
//! [`Sight`] holds all that showing depends on; nothing here decides who may see a case, that is
//! [`view_of`](livshandelse_core::status::view_of).

mod amount;
mod case;
mod changed;
mod clock;
mod event;
mod headline;
pub(crate) mod life_event;
mod need;
mod reason;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use case::etag;
pub(crate) use changed::Sent;
pub(crate) use event::{number_of, sequence_of};
pub(crate) use reason::slug_of as reason_slug;

use crate::name;
use crate::voice::Voice;
use livshandelse_core::case::{Case, Step};
use livshandelse_core::definition::{CHILD, Definition, Members, Role, Routing};
use livshandelse_core::id::{PartyId, Slug, StepId, Subject};
use livshandelse_core::registry::Registry;
use livshandelse_core::status::{self, Turn, View};
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::{Arg, Bundle};

use crate::convert::word::Word as _;

/// One reader's look at one case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    /// The case.
    pub(crate) case: &'a Case,
    /// The definition it is pinned to.
    pub(crate) definition: &'a Definition,
    /// Its texts.
    pub(crate) voice: Voice<'a>,
    /// Municipalities and regions.
    pub(crate) registry: &'a Registry,
    /// What the reader may see.
    pub(crate) view: View,
    /// Who reads.
    pub(crate) reader: PartyId,
    /// Civil time.
    pub(crate) now: CivilTime,
    /// Whether civil time is moved by hand.
    pub(crate) is_time_lapse: bool,
    /// Whether the case is stored: a preview has no name.
    pub(crate) is_stored: bool,
}

impl<'a> Sight<'a> {
    /// The texts of the case in a language.
    pub(crate) fn voice_of(bundle: &'a Bundle, language_code: &str) -> Voice<'a> {
        Voice::new(&bundle.texts, language_code)
    }

    /// The case's name.
    pub(crate) fn case_name(&self) -> String {
        if self.is_stored { name::case(self.case.id) } else { name::NO_CASE.to_owned() }
    }

    /// A step's name.
    pub(crate) fn step_name(&self, step: &StepId) -> String {
        name::step(&self.case_name(), step)
    }

    fn is_whole(&self) -> bool {
        self.view == View::Whole
    }

    /// Whether the reader may see a step.
    pub(crate) fn shows(&self, step: &StepId) -> bool {
        status::shows(self.definition, self.case, self.view, step, self.now.date())
    }

    /// Whether the reader may see any step with a slug.
    fn shows_any(&self, slug: &Slug) -> bool {
        self.case.steps.iter().any(|step| step.id.slug == *slug && self.shows(&step.id))
    }

    /// As what the reader acts in a step now.
    fn acts_as(&self, step: &StepId) -> Option<Role> {
        status::acts_as(self.definition, self.case, step, self.reader, self.now.date())
    }

    /// Whether it is the reader's own turn, or that of whom the reader acts for.
    fn is_my_turn(&self, step: &StepId, turn: Turn) -> bool {
        let role = match turn {
            Turn::Applicant => Role::Applicant,
            Turn::CoParty => Role::CoParty,
            Turn::Helper => Role::Helper,
            Turn::Agency | Turn::OtherAgency | Turn::Nobody => return false,
        };
        // Other signers than these share the co-party's word.
        self.acts_as(step).is_some_and(|acting| acting == role || (turn == Turn::CoParty && acting != Role::Applicant))
    }

    /// What the reader is in the case.
    fn role(&self) -> Option<Role> {
        self.case.party(self.reader).map(|party| party.role)
    }

    /// The title of a step, with which one where there are several.
    fn title(&self, step: &StepId) -> String {
        let title = self.voice.say(&format!("step-{}", step.slug), &[]);
        let group = self.definition.step(&step.slug).and_then(|step| step.for_each.as_ref());
        match group.filter(|group| !step.subject.is_whole() && self.count_of(group) > 1) {
            Some(group) => format!("{title}, {}", self.subject_label(group, step.subject.0)),
            None => title,
        }
    }

    fn count_of(&self, group: &Slug) -> usize {
        match group.as_str() {
            CHILD => self.case.children.len(),
            _ => self.case.subjects.get(group).map_or(0, Vec::len),
        }
    }

    /// Which subject of a group: a party by its name as far as the reader may know it, the others by their number.
    fn subject_label(&self, group: &Slug, number: u8) -> String {
        if group.as_str() == CHILD {
            return self.child_label(number);
        }
        if let Some(Members::Parties(role)) = self.definition.group(group).map(|group| &group.members)
            && let Some(party) = self.case.party_of(*role, Subject(number))
            && (self.is_whole() || party.id == self.reader)
            && !(party.is_protected && party.id != self.reader)
        {
            return party.name.clone();
        }
        let args = [("number", Arg::Number(i64::from(number)))];
        let own = self.voice.say_if(&format!("group-{group}"), &args);
        own.unwrap_or_else(|| self.voice.say("subject-number", &args))
    }

    fn child_label(&self, number: u8) -> String {
        self.voice.say("child-number", &[("number", Arg::Number(i64::from(number)))])
    }

    /// The agency that has a step, or that will have it.
    fn resolved(&self, step: &Step) -> Option<Slug> {
        if let Some(agency) = &step.agency {
            return Some(agency.clone());
        }
        let slug = &self.definition.step(&step.id.slug)?.agency;
        let agency = self.definition.agency(slug)?;
        let known = self.definition.step(&step.id.slug)?;
        let municipality = self.case.municipality_of(known, step.id.subject);
        self.registry.resolve(agency, municipality, self.case.new_municipality())
    }

    /// Whether an agency's place would give a protected person's away (OSL 21:3 a, 22:2).
    fn is_masked(&self, agency: &Slug) -> bool {
        let is_local = self.definition.agency(agency).is_none_or(|agency| match agency.routing {
            Routing::Country => false,
            Routing::Municipality | Routing::NewMunicipality | Routing::Region => true,
        });
        self.case.is_protected() && is_local
    }

    /// An agency's name as people read it.
    fn agency_name(&self, step: &Step) -> String {
        let Some(definition) = self.definition.step(&step.id.slug) else { return String::new() };
        if self.is_masked(&definition.agency) {
            return self.voice.say("masked-agency", &[]);
        }
        let resolved = self.resolved(step);
        agency_name(self.voice, self.registry, &definition.agency, resolved.as_ref())
    }

    /// The agency of a step.
    fn agency(&self, step: &Step) -> pb::Agency {
        let Some(definition) = self.definition.step(&step.id.slug) else { return pb::Agency::default() };
        let level = self.definition.agency(&definition.agency).map_or(0, |agency| agency.level.number());
        let display_name = self.agency_name(step);
        if self.is_masked(&definition.agency) {
            return pb::Agency { display_name, level, masked: true, ..pb::Agency::default() };
        }
        let slug = self.resolved(step);
        pb::Agency {
            name: slug.as_ref().map(name::agency).unwrap_or_default(),
            slug: slug.map(|slug| slug.to_string()).unwrap_or_default(),
            display_name,
            level,
            masked: false,
            contact: String::new(),
        }
    }
}

/// An agency's name as people read it, with its place where it has one: `Socialnämnden i Linköping`.
pub(crate) fn agency_name(voice: Voice<'_>, registry: &Registry, agency: &Slug, resolved: Option<&Slug>) -> String {
    let place = resolved.and_then(|resolved| registry.place_of(resolved));
    let key = format!("agency-{agency}");
    match place {
        Some(place) => voice.say(&key, &[("place", Arg::Text(place))]),
        None => {
            let nowhere = voice.say("level-municipality", &[]);
            voice.say(&key, &[("place", Arg::Text(&nowhere))])
        }
    }
}
