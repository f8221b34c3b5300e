//! The case as a whole.

use super::Sight;
use crate::convert::mandate::mandate;
use crate::convert::time::timestamp;
use crate::convert::value::{Called, to_struct};
use crate::convert::word::{Word as _, kebab};
use crate::name;
use livshandelse_core::case::{Case, ChildState, Mandate, Stage};
use livshandelse_core::definition::{Role, Withdrawal};
use livshandelse_core::id::{DocumentId, PartyId, Slug, base32};
use livshandelse_core::identity::{IdentityKind, IdentityNumber};
use livshandelse_core::status::{self, RollUp, Turn, View};
use livshandelse_core::value::Values;
use livshandelse_proto::v1 as pb;
use prost_types::Struct;

/// The etag of a case: differs whenever the case does, and says nothing.
pub(crate) fn etag(case: &Case) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("livshandelse 2026 case etag");
    hasher.update(&case.id.0);
    hasher.update(&case.sequence.0.to_le_bytes());
    let mut tag = [0; 10];
    hasher.finalize_xof().fill(&mut tag);
    base32(&tag)
}

impl Sight<'_> {
    /// The case with its steps, in the order of the definition.
    pub(crate) fn whole(&self) -> pb::Case {
        let mut steps: Vec<_> = self.case.steps.iter().filter(|step| self.shows(&step.id)).collect();
        steps.sort_by_key(|step| (self.definition.index_of(&step.id.slug), step.id.subject));
        pb::Case { steps: steps.into_iter().map(|step| self.step(step)).collect(), ..self.summary() }
    }

    /// The case without its steps.
    pub(crate) fn summary(&self) -> pb::Case {
        let case = self.case;
        let headline = self.headline();
        let is_masked = case.is_protected();
        let end = match case.stage {
            Stage::Ended(end) => end.number(),
            Stage::Absent | Stage::Draft | Stage::Open => 0,
        };
        pb::Case {
            name: if self.is_stored { self.case_name() } else { String::new() },
            life_event: name::life_event(&self.definition.revision().life_event),
            revision: self.definition.revision().number,
            state: case.stage.number(),
            end_reason: end,
            roll_up: self.roll_up().number(),
            turn: self.turn().number(),
            progress: Some(self.progress()),
            headline: headline.text,
            next_text: headline.next_text,
            next_time: headline.next_time.map(timestamp),
            next_step: headline.step.as_ref().map(|step| self.step_name(step)).unwrap_or_default(),
            parties: self.parties(),
            children: self.children(),
            input: self.input(),
            steps: Vec::new(),
            create_time: Some(timestamp(case.created_at)),
            update_time: Some(timestamp(case.changed_at)),
            end_time: case.ended_at.map(timestamp),
            expire_time: case.expires_at.filter(|_| case.stage == Stage::Draft).map(timestamp),
            sequence: case.sequence.0,
            etag: if self.is_stored { etag(case) } else { String::new() },
            time_lapse: self.is_time_lapse,
            language_code: self.voice.language().to_owned(),
            withdrawable: self.is_withdrawable(),
            title: self.voice.say("title", &[]),
            municipality_code: if is_masked || !self.is_whole() {
                String::new()
            } else {
                case.municipality.to_string()
            },
            step_inputs: self.step_inputs(),
            subjects: self.subjects(),
        }
    }

    /// One word for what the reader sees: others' steps do not colour it.
    fn roll_up(&self) -> RollUp {
        match self.view {
            View::Whole => status::roll_up(self.definition, self.case, self.now),
            View::Of(_) => {
                let mut visible = self.case.steps.iter().filter(|step| self.shows(&step.id));
                let is_mine =
                    visible.any(|step| self.is_my_turn(&step.id, status::turn_of(self.definition, self.case, step)));
                let is_open = self.case.is_open()
                    && self.case.steps.iter().any(|step| self.shows(&step.id) && step.state.is_under_way());
                if is_mine {
                    RollUp::Attention
                } else if is_open {
                    RollUp::Waiting
                } else {
                    RollUp::Done
                }
            }
        }
    }

    fn visible_turns(&self) -> impl Iterator<Item = Turn> {
        let visible = self.case.steps.iter().filter(|step| self.shows(&step.id));
        visible.map(|step| status::turn_of(self.definition, self.case, step))
    }

    /// Who must act next, the applicant before all others.
    fn turn(&self) -> Turn {
        if self.case.stage == Stage::Draft {
            return if self.role() == Some(Role::Helper) { Turn::Helper } else { Turn::Applicant };
        }
        self.visible_turns().min().unwrap_or(Turn::Nobody)
    }

    fn progress(&self) -> pb::CaseProgress {
        let counted = match self.view {
            View::Whole => status::progress(self.definition, self.case),
            View::Of(_) => {
                let mut seen = self.case.clone();
                seen.steps.retain(|step| self.shows(&step.id));
                status::progress(self.definition, &seen)
            }
        };
        pb::CaseProgress {
            done_count: counted.done,
            mandatory_count: counted.mandatory,
            unknown_count: counted.unknown,
        }
    }

    /// Parties: the applicant sees all, others themselves and the applicant.
    fn parties(&self) -> Vec<pb::Party> {
        let visible = self
            .case
            .parties
            .iter()
            .filter(|party| self.is_whole() || party.id == self.reader || party.role == Role::Applicant);
        let shown = visible.map(|party| {
            let is_reader = party.id == self.reader;
            let is_masked = party.is_protected && !is_reader;
            let kind = match IdentityNumber::parse(&party.identity_number).map(|number| number.kind()) {
                Ok(IdentityKind::Organisation) => pb::PartyKind::Organisation,
                Ok(IdentityKind::Person | IdentityKind::Coordination) => pb::PartyKind::Person,
                Err(_) => pb::PartyKind::Unspecified,
            };
            pb::Party {
                party_id: party.id.to_string(),
                role: party.role.number(),
                kind: kind.into(),
                display_name: if is_masked { self.voice.say("masked-text", &[]) } else { party.name.clone() },
                masked: is_masked,
                identity_number: String::new(),
                caller: is_reader,
                // Who filed it was in it from the beginning.
                join_time: self.is_filer(party.id).then(|| timestamp(self.case.created_at)),
                protected: is_reader && party.is_protected,
                mandates: if self.is_whole() || is_reader { self.mandates(party.id) } else { Vec::new() },
            }
        });
        shown.collect()
    }

    fn is_filer(&self, id: PartyId) -> bool {
        let filer = self.case.parties.iter().find(|party| matches!(party.role, Role::Applicant | Role::Helper));
        filer.is_some_and(|filer| filer.id == id)
    }

    /// The mandates that a party has shown.
    fn mandates(&self, id: PartyId) -> Vec<pb::Mandate> {
        let today = self.now.date();
        let is_over = |held: &Mandate| {
            let is_dead = self.case.applicant().is_some_and(|applicant| self.case.is_dead(applicant.id));
            today < held.from || held.to.is_some_and(|to| to < today) || is_dead && held.kind.ends_at_death()
        };
        let of_party = self.case.mandates.iter().filter(|held| held.party == id).map(|held| &held.mandate);
        let shown = of_party.map(|held| {
            let kind = kebab(held.kind.pb().as_str_name(), "MANDATE_KIND_");
            pb::Mandate {
                in_force: !is_over(held),
                text: self.voice.say(&format!("mandate-{kind}"), &[]),
                ..mandate(held)
            }
        });
        shown.collect()
    }

    /// What steps are repeated for, but for children: who does not see the whole sees those of his own steps.
    fn subjects(&self) -> Vec<pb::Subject> {
        let numbered = self.case.subjects.iter().flat_map(|(group, places)| {
            (1_u8..).zip(places).map(move |(number, place)| (group, number, place.as_deref()))
        });
        let is_seen = |group: &Slug, number: u8| {
            self.is_whole()
                || self.case.steps.iter().any(|step| {
                    let is_of_group =
                        self.definition.step(&step.id.slug).is_some_and(|step| step.for_each.as_ref() == Some(group));
                    is_of_group && step.id.subject.0 == number && self.shows(&step.id)
                })
        };
        let seen = numbered.filter(|(group, number, _)| is_seen(group, *number));
        seen.map(|(group, number, place)| self.subject(group, number, place)).collect()
    }

    /// A subject of a group, with where it is unless the place is hidden.
    pub(super) fn subject(&self, group: &Slug, number: u8, place: Option<&str>) -> pb::Subject {
        let place = place.filter(|_| !self.case.is_protected());
        let name = place.and_then(|code| self.registry.municipality(code)).map(|known| known.name.clone());
        pb::Subject {
            kind: group.to_string(),
            number: u32::from(number),
            label: self.subject_label(group, number),
            municipality_code: place.unwrap_or_default().to_owned(),
            place: name.unwrap_or_default(),
        }
    }

    /// Children: parents see them; who only helps or looks along sees none (grief is not theirs to see).
    fn children(&self) -> Vec<pb::Child> {
        if !self.sees_children() {
            return Vec::new();
        }
        let shown = self.case.children.iter().map(|child| {
            let birth_time = match child.state {
                ChildState::Expected => None,
                ChildState::Born(at) | ChildState::Stillborn(at) => Some(at),
                ChildState::Dead(_) => {
                    let subject = livshandelse_core::id::Subject(child.number);
                    let birth = self.case.fact(livshandelse_core::definition::FactKind::Birth, subject);
                    birth.map(|fact| fact.report.occurred_at)
                }
            };
            let subject = livshandelse_core::id::Subject(child.number);
            let homecoming = self.case.facts.iter().find(|fact| {
                fact.report.kind == livshandelse_core::definition::FactKind::Homecoming && fact.report.child == subject
            });
            pb::Child {
                number: u32::from(child.number),
                label: self.child_label(child.number),
                state: child.state.number(),
                birth_time: birth_time.map(timestamp),
                // Where a child is may be the applicant's alone to know.
                homecoming_time: homecoming.filter(|_| self.is_whole()).map(|fact| timestamp(fact.report.occurred_at)),
            }
        });
        shown.collect()
    }

    /// What was answered of the life event's form: the whole, or what was asked of the reader alone. Where another who is
    /// protected answered, nobody else sees it.
    fn input(&self) -> Option<Struct> {
        let form = &self.definition.parts().form;
        let of = |field: &Slug| form.field(field).and_then(|field| field.asked_of);
        let shows = |field: &Slug| {
            let asked = of(field).and_then(|asked| self.case.party_of(asked.role, asked.number));
            match asked {
                Some(party) if party.id == self.reader => true,
                Some(party) => self.is_whole() && !party.is_protected,
                None => self.is_whole(),
            }
        };
        let shown = self.case.input.iter().filter(|(field, _)| shows(field));
        let shown: Values = shown.map(|(field, value)| (field.clone(), value.clone())).collect();
        (self.is_whole() || !shown.is_empty()).then(|| self.values(&shown))
    }

    /// What a draft holds for later; a filed case has used it.
    fn step_inputs(&self) -> Vec<pb::StepInput> {
        if self.case.stage != Stage::Draft || !self.is_whole() {
            return Vec::new();
        }
        let inputs = self
            .case
            .step_input
            .iter()
            .map(|(step, values)| pb::StepInput { step: step.to_string(), values: Some(self.values(values)) });
        inputs.collect()
    }

    /// Values as people in the case see them: persons by their party ids, documents by their names.
    pub(super) fn values(&self, values: &Values) -> Struct {
        let document = |id: DocumentId| name::attachment(self.case.id, id);
        to_struct(values, &Called { person: |id: PartyId| id.to_string(), document })
    }

    fn is_withdrawable(&self) -> bool {
        let can = self.case.steps.iter().any(|step| {
            let goes_on =
                self.definition.step(&step.id.slug).is_some_and(|known| known.withdrawal == Withdrawal::GoesOn);
            !(step.state.is_over() || step.is_withdrawing || goes_on && step.state.is_under_way())
        });
        let is_draft = self.case.stage == Stage::Draft;
        self.is_whole()
            && self.is_stored
            && (is_draft || (self.case.is_open() && self.case.withdrawn_at.is_none() && can))
    }
}
