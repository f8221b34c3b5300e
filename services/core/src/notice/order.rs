//! Who is told of a record: a pure function of the case before and after it, and of what happened.

use super::grief::{quiet_of, takes_away};
use super::near::{self, Ending};
use super::{NoticeEvent, NoticeKind, NoticeOutcome};
use crate::case::{AppealState, Case, Stage, Step};
use crate::command::Actor;
use crate::definition::{Definition, Role};
use crate::event::Event;
use crate::id::{PartyId, StepId};
use crate::status::{Turn, acts_as, shows, turn_of, view_of};
use crate::time::CivilTime;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What follows from a record for those who want to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ordering {
    /// What is to be recorded beside the notices themselves, in this order and before them.
    pub events: Vec<NoticeEvent>,
    /// Whom to tell, and why.
    pub notices: Vec<(PartyId, BTreeSet<NoticeKind>)>,
    /// When the case is next to be looked at; to be recorded if it is another than before.
    pub wakes_at: Option<CivilTime>,
}

/// One record, with the case on both sides of it.
struct Record<'a> {
    definition: &'a Definition,
    before: &'a Case,
    after: &'a Case,
    events: &'a [Event],
    today: Date,
    /// What has just come near, and was there before this record.
    neared: Vec<Ending>,
    draft_neared: bool,
}

/// Says who is to be told of a record.
///
/// Where nobody wants to be told it does nothing and costs nothing.
pub fn order(
    definition: &Definition,
    before: &Case,
    after: &Case,
    events: &[Event],
    actor: &Actor,
    now: CivilTime,
) -> Ordering {
    let telling = &after.telling;
    let mut ordering = Ordering { wakes_at: telling.wakes_at, ..Ordering::default() };
    let author = match actor {
        Actor::Person(person) => Some(*person),
        Actor::Agency(_) | Actor::Operator(_) | Actor::Time => None,
    };
    // Whoever acts has looked.
    for untold in telling.untold.iter().filter(|untold| Some(untold.party) == author) {
        let (party, notice) = (untold.party, untold.notice);
        let (outcome, medium, ended_ways) = (NoticeOutcome::Seen, None, Vec::new());
        ordering.events.push(NoticeEvent::Told { party, notice, outcome, medium, ended_ways });
    }
    if telling.contacts.is_empty() {
        ordering.wakes_at = None;
        return ordering;
    }
    // Until when, to the end of a day, each party is not written to.
    let quiet_end_of =
        |party: PartyId| quiet_of(definition, after, party).filter(|last| now.date() <= *last).map(CivilTime::after);
    let endings = near::endings(definition, after);
    let is_noted =
        |ending: &Ending| telling.neared.get(&(ending.step.clone(), ending.clock.clone())) == Some(&ending.last_day);
    let (near, far): (Vec<_>, Vec<_>) = endings
        .into_iter()
        .filter(|ending| !is_noted(ending))
        .partition(|ending| near::near_from(definition, ending.last_day) <= now);
    for Ending { step, clock, last_day } in &near {
        let (step, clock, last_day) = (step.clone(), clock.clone(), *last_day);
        ordering.events.push(NoticeEvent::Neared { step, clock, last_day });
    }
    let draft_ends_at =
        after.expires_at.filter(|ends_at| after.stage == Stage::Draft && telling.draft_neared != Some(*ends_at));
    let draft_near_from = draft_ends_at.map(|ends_at| near::draft_near_from(definition, ends_at));
    let draft_neared = draft_near_from.is_some_and(|from| from <= now);
    if draft_neared {
        ordering.events.push(NoticeEvent::DraftNeared);
    }
    let known = near::endings(definition, before);
    let record = Record {
        definition,
        before,
        after,
        events,
        today: now.date(),
        // What began so late that it is near at once is told by whatever began it.
        neared: near.into_iter().filter(|ending| known.contains(ending)).collect(),
        draft_neared,
    };
    let mut held = telling.held.clone();
    held.retain(|party, _| quiet_end_of(*party).is_some());
    let ended = telling.held.keys().filter(|party| !held.contains_key(*party));
    if held.is_empty() {
        ordering.events.extend((!telling.held.is_empty()).then_some(NoticeEvent::QuietEnded { party: None }));
    } else {
        ordering.events.extend(ended.map(|party| NoticeEvent::QuietEnded { party: Some(*party) }));
    }
    for (party, contact) in &telling.contacts {
        let is_new = !before.telling.contacts.contains_key(party);
        if Some(*party) == author || is_new || after.is_dead(*party) {
            continue;
        }
        let mut kinds = record.kinds_for(*party);
        let is_quiet = quiet_end_of(*party).is_some();
        if let Some(kept) = telling.held.get(party).filter(|_| !is_quiet) {
            kinds.extend(record.still_wanted(*party, kept));
        }
        kinds.retain(|kind| contact.kinds.contains(kind));
        let kept: BTreeSet<_> = kinds.iter().copied().filter(|kind| !record.breaks_quiet(*party, *kind)).collect();
        if is_quiet && !kept.is_empty() {
            kinds.retain(|kind| !kept.contains(kind));
            let known = held.entry(*party).or_default();
            let new: BTreeSet<_> = kept.difference(known).copied().collect();
            known.extend(&new);
            if !new.is_empty() {
                ordering.events.push(NoticeEvent::Held { party: *party, kinds: new });
            }
        }
        let waits = telling.untold.iter().any(|untold| untold.party == *party);
        if kinds.is_empty() || (waits && !kinds.contains(&NoticeKind::ClockNear)) {
            continue;
        }
        ordering.notices.push((*party, kinds));
    }
    let quiet_ends_at = held.keys().filter_map(|party| quiet_end_of(*party)).min();
    let far = far.iter().map(|ending| near::near_from(definition, ending.last_day));
    let draft = draft_near_from.filter(|_| !draft_neared);
    ordering.wakes_at = match after.stage {
        Stage::Draft | Stage::Open => far.chain(draft).chain(quiet_ends_at).min(),
        Stage::Absent | Stage::Ended(_) => None,
    };
    ordering
}

impl Record<'_> {
    fn kinds_for(&self, person: PartyId) -> BTreeSet<NoticeKind> {
        let mut kinds = BTreeSet::new();
        if self.draft_neared && view_of(self.after, person).is_some() {
            kinds.insert(NoticeKind::DraftExpires);
        }
        let came = self.after.steps.iter().any(|step| {
            let was = self.before.step(&step.id).is_some_and(|step| self.is_turn(self.before, step, person));
            !was && self.is_turn(self.after, step, person)
        });
        if came {
            kinds.insert(NoticeKind::YourTurn);
        }
        let decided = self.events.iter().filter_map(decided_step);
        if decided.into_iter().any(|step| self.sees(person, step)) {
            kinds.insert(NoticeKind::DecisionCame);
        }
        if self.neared.iter().any(|ending| self.is_hers(ending, person)) {
            kinds.insert(NoticeKind::ClockNear);
        }
        kinds
    }

    /// What grief kept quiet and is worth telling now.
    fn still_wanted(&self, person: PartyId, kept: &BTreeSet<NoticeKind>) -> BTreeSet<NoticeKind> {
        let is_turn = self.after.steps.iter().any(|step| self.is_turn(self.after, step, person));
        let mut kinds = kept.clone();
        kinds.retain(|kind| match kind {
            NoticeKind::DecisionCame => true,
            NoticeKind::YourTurn | NoticeKind::ClockNear => is_turn,
            NoticeKind::DraftExpires => self.after.stage == Stage::Draft,
        });
        kinds
    }

    /// Whether a kind is told in the quiet time too: a clock of hers by which the law takes something away.
    fn breaks_quiet(&self, person: PartyId, kind: NoticeKind) -> bool {
        let is_law = |ending: &&Ending| {
            let known = self.definition.step(&ending.step.slug);
            let clock = known.zip(ending.clock.as_ref()).and_then(|(known, clock)| known.clock(clock));
            clock.is_some_and(takes_away)
        };
        kind == NoticeKind::ClockNear && self.neared.iter().filter(is_law).any(|ending| self.is_hers(ending, person))
    }

    fn sees(&self, person: PartyId, step: &StepId) -> bool {
        view_of(self.after, person).is_some_and(|view| shows(self.definition, self.after, view, step, self.today))
    }

    fn is_hers(&self, ending: &Ending, person: PartyId) -> bool {
        let role = acts_as(self.definition, self.after, &ending.step, person, self.today);
        let step = self.after.step(&ending.step);
        let is_holder = role == Some(Role::Applicant);
        self.sees(person, &ending.step)
            && (is_holder || step.is_some_and(|step| self.is_turn(self.after, step, person)))
    }

    /// Whether a person is to act next in a step, and may know of it.
    fn is_turn(&self, case: &Case, step: &Step, person: PartyId) -> bool {
        let turn = turn_of(self.definition, case, step);
        if matches!(turn, Turn::Agency | Turn::OtherAgency | Turn::Nobody) {
            return false;
        }
        let Some(view) = view_of(case, person) else { return false };
        if !shows(self.definition, case, view, &step.id, self.today) {
            return false;
        }
        let Some(role) = acts_as(self.definition, case, &step.id, person, self.today) else { return false };
        match turn {
            Turn::Applicant => role == Role::Applicant,
            Turn::Helper => role == Role::Helper,
            Turn::CoParty => match role {
                Role::CoParty | Role::Subject | Role::Representative | Role::Guide => !step.signed_by.contains(&role),
                Role::Applicant | Role::Helper => false,
            },
            Turn::Agency | Turn::OtherAgency | Turn::Nobody => false,
        }
    }
}

/// The step that an event decides, one way or the other.
fn decided_step(event: &Event) -> Option<&StepId> {
    match event {
        Event::DecisionRecorded { step, .. } | Event::StepSettled { step, .. } => Some(step),
        Event::AppealMoved { step, appeal } => match appeal {
            AppealState::DecidedUpheld | AppealState::DecidedChanged | AppealState::Remitted => Some(step),
            AppealState::NotAppealable
            | AppealState::Open
            | AppealState::Late
            | AppealState::Lodged
            | AppealState::TimelinessCheck
            | AppealState::Forwarded
            | AppealState::Final => None,
        },
        _ => None,
    }
}
