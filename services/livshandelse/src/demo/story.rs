//! What the people and registers of the samples do by themselves, in the order of its days.

use livshandelse_core::definition::{FactKind, Role};
use livshandelse_core::id::StepId;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1 as pb;
use livshandelse_workflows::Sample;
use livshandelse_workflows::sample::{Deed, SampleFact, Who};
use prost_types::Timestamp;
use std::collections::VecDeque;

/// Somebody does something in the case of a sample.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// When, in civil time.
    pub(crate) at: CivilTime,
    /// Which sample, by its place.
    pub(crate) sample: usize,
    /// What.
    pub(crate) act: Act,
}

/// What somebody does.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Starts the case.
    Start,
    /// Does what the sample says.
    Deed {
        /// Who: `applicant`, `co-party`, `agency:region-05`.
        actor: String,
        /// What.
        deed: Deed,
    },
}

/// Everything that happens in the samples, in order.
#[derive(Debug)]
pub(crate) struct Story {
    entries: VecDeque<Entry>,
}

impl Story {
    /// Puts the samples' stories together.
    pub(crate) fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Story {
        let mut entries: Vec<Entry> = samples
            .enumerate()
            .flat_map(|(number, sample)| {
                let start = Entry { at: morning(sample.start), sample: number, act: Act::Start };
                let later = sample.story.iter().map(move |entry| Entry {
                    at: CivilTime::noon(entry.when.day(sample.start)),
                    sample: number,
                    act: Act::Deed { actor: entry.actor.clone(), deed: entry.deed.clone() },
                });
                std::iter::once(start).chain(later)
            })
            .collect();
        // Stable: of one day what stands first in the sample comes first.
        entries.sort_by_key(|entry| entry.at);
        Story { entries: entries.into() }
    }

    /// When something is to happen next.
    pub(crate) fn next(&self) -> Option<CivilTime> {
        self.entries.front().map(|entry| entry.at)
    }

    /// Takes the next entry, if its time has come.
    pub(crate) fn due(&mut self, now: CivilTime) -> Option<Entry> {
        self.entries.pop_front_if(|entry| entry.at <= now)
    }

    /// Puts an entry back for later: what it answers is not asked yet.
    pub(crate) fn put_off(&mut self, entry: Entry) {
        let place = self.entries.partition_point(|known| known.at <= entry.at);
        self.entries.insert(place, entry);
    }

    /// Whether the story of a sample answers a step later on.
    pub(crate) fn answers(&self, sample: usize, step: &StepId, who: Who) -> bool {
        self.entries.iter().any(|entry| {
            entry.sample == sample
                && match &entry.act {
                    Act::Start => false,
                    Act::Deed { actor, deed: Deed::Answer { step: answered, .. } } => {
                        // Who acts for the applicant answers in her stead.
                        let is_same = |actor: Who| {
                            actor == who || (who.role == Role::Applicant && actor.role == Role::Representative)
                        };
                        answered == step && Who::parse(actor).is_some_and(is_same)
                    }
                    Act::Deed {
                        deed: Deed::Fact(_) | Deed::Add(_) | Deed::Withdraw(_) | Deed::Join { .. }, ..
                    } => false,
                }
        })
    }
}

/// When people start their cases: before what happens that day.
fn morning(day: jiff::civil::Date) -> CivilTime {
    CivilTime::start_of(day).plus_hours(8)
}

/// A fact of a sample as the contract has it. `number` is the identity number of whom it is about, `task` the task it is
/// about, where it is about one.
pub(crate) fn fact(fact: &SampleFact, number: &str, task: Option<String>, now: CivilTime) -> pb::Fact {
    let at = fact.on.map_or(now, |day| CivilTime::noon(day).min(now));
    let child_number = u32::from(fact.child);
    let text = |slug: &str| fact.values.get(slug).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let content = match fact.kind {
        FactKind::Birth => pb::fact::Content::Birth(pb::Birth {
            child_number,
            identity_number: text("personal-number"),
            display_name: text("given-name"),
            ..pb::Birth::default()
        }),
        FactKind::Stillbirth => pb::fact::Content::Stillbirth(pb::Stillbirth { child_number }),
        FactKind::Homecoming => pb::fact::Content::Homecoming(pb::Homecoming { child_number }),
        FactKind::Death if fact.child > 0 => {
            pb::fact::Content::Death(pb::Death { person: Some(pb::death::Person::ChildNumber(child_number)) })
        }
        FactKind::Death => pb::fact::Content::Death(pb::Death { person: None }),
        FactKind::Move => pb::fact::Content::Move(pb::Move {
            municipality_code: fact.municipality.clone().unwrap_or_default(),
            move_date: Some(date(at)),
        }),
        FactKind::Admission => pb::fact::Content::Admission(pb::Admission::default()),
        FactKind::ReadyForDischarge => pb::fact::Content::ReadyForDischarge(pb::ReadyForDischarge::default()),
        FactKind::Discharge => pb::fact::Content::Discharge(pb::Discharge::default()),
        FactKind::Paid => pb::fact::Content::Paid(pb::Paid { task: task.clone().unwrap_or_default() }),
        FactKind::PermitRevoked => {
            pb::fact::Content::PermitRevoked(pb::PermitRevoked { task: task.clone().unwrap_or_default() })
        }
    };
    pb::Fact {
        about: task.is_none().then(|| pb::fact::About::IdentityNumber(number.to_owned())),
        occur_time: Some(timestamp(at)),
        content: Some(content),
        reference: String::new(),
    }
}

fn date(at: CivilTime) -> pb::Date {
    let day = at.date();
    pb::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

/// Civil time as the contract has it.
pub(crate) fn timestamp(at: CivilTime) -> Timestamp {
    let nanos = i32::try_from(at.0.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    Timestamp { seconds: at.0.div_euclid(1000), nanos }
}

#[cfg(test)]
mod tests {
    use super::*;
    use livshandelse_workflows::Bundle;

    #[test]
    fn every_case_starts_before_anything_happens_in_it_and_time_never_goes_back() {
        let bundle = Bundle::embedded("first-child").unwrap();
        let mut story = Story::of(bundle.samples.iter());
        let (mut started, mut before) = (Vec::new(), CivilTime(i64::MIN));
        while let Some(entry) = story.due(CivilTime(i64::MAX)) {
            assert!(entry.at >= before);
            before = entry.at;
            match entry.act {
                Act::Start => started.push(entry.sample),
                Act::Deed { .. } => assert!(started.contains(&entry.sample)),
            }
        }
        assert_eq!(started.len(), bundle.samples.len());
    }

    #[test]
    fn what_is_put_off_comes_again_and_nothing_comes_too_early() {
        let bundle = Bundle::embedded("first-child").unwrap();
        let mut story = Story::of(bundle.samples.iter());
        let first = story.next().unwrap();
        assert!(story.due(CivilTime(first.0 - 1)).is_none());
        let entry = story.due(first).unwrap();
        let later = first.plus_hours(24 * 3_650);
        story.put_off(Entry { at: later, ..entry });
        let mut last = None;
        while let Some(entry) = story.due(later) {
            last = Some(entry.at);
        }
        assert_eq!(last, Some(later));
    }
}
