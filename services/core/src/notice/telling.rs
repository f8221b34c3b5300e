//! What a case remembers about telling: nothing at all where nobody wants to be told and nobody mourns.

use super::{Contact, Medium, NoticeEvent, NoticeKind, NoticeOutcome, NoticeRef};
use crate::id::{PartyId, Sequence, Slug, StepId};
use crate::time::CivilTime;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// How telling stands in a case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Telling {
    /// Who wants to be told, and how.
    pub contacts: BTreeMap<PartyId, Contact>,
    /// Ways, by party and place, that are of no use any more; forgotten when the contact changes.
    pub ended_ways: BTreeSet<(PartyId, u8)>,
    /// Notices that were ordered and have no outcome. Nearly always empty; one a party at the most, but for clocks.
    pub untold: Vec<Untold>,
    /// What was heard last of telling each party.
    pub told: BTreeMap<PartyId, LastTold>,
    /// What grief keeps quiet.
    pub held: BTreeMap<PartyId, BTreeSet<NoticeKind>>,
    /// Clocks whose nearness has been noted, with the last day it was noted for; without a clock what an agency asks.
    pub neared: BTreeMap<(StepId, Option<Slug>), Date>,
    /// The nearness of the draft's end has been noted, for this end.
    pub draft_neared: Option<CivilTime>,
    /// When the case is next to be looked at.
    pub wakes_at: Option<CivilTime>,
    /// Quiet that other cases are to keep and have not all been asked to. Nearly always empty.
    pub unspread: Vec<UnspreadQuiet>,
    /// Until which day, inclusive, parties are not written to for what happened in other cases of theirs.
    pub kept_quiet: BTreeMap<PartyId, Date>,
}

/// Quiet that is still to be asked of a party's other cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnspreadQuiet {
    /// Whose.
    pub party: PartyId,
    /// Which effect it is.
    pub quiet: NoticeRef,
    /// The last day.
    pub to: Date,
}

/// A notice without an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// Whom to tell.
    pub party: PartyId,
    /// Which notice.
    pub notice: NoticeRef,
    /// When it was ordered.
    pub ordered_at: CivilTime,
    /// Why.
    pub kinds: BTreeSet<NoticeKind>,
}

/// What was heard last of telling a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTold {
    /// When it became known.
    pub at: CivilTime,
    /// What.
    pub outcome: NoticeOutcome,
    /// By what.
    pub medium: Option<Medium>,
}

impl Telling {
    /// The notice of a reference, if it has no outcome yet.
    pub fn untold(&self, notice: NoticeRef) -> Option<&Untold> {
        self.untold.iter().find(|untold| untold.notice == notice)
    }

    /// The quiet of an effect, if it has not been spread yet.
    pub fn unspread(&self, quiet: NoticeRef) -> Option<&UnspreadQuiet> {
        self.unspread.iter().find(|unspread| unspread.quiet == quiet)
    }

    /// Ways of a party that may still reach her, with their places.
    pub fn ways_of(&self, party: PartyId) -> impl Iterator<Item = (u8, &super::Way)> {
        let ways = self.contacts.get(&party).map(|contact| contact.ways.as_slice()).unwrap_or_default();
        (0..).zip(ways).filter(move |(place, _)| !self.ended_ways.contains(&(party, *place)))
    }

    /// Folds what happened in the record that is being applied; `draft_ends_at` is when an unsent draft expires.
    pub(crate) fn apply(
        &mut self,
        event: &NoticeEvent,
        sequence: Sequence,
        now: CivilTime,
        draft_ends_at: Option<CivilTime>,
    ) -> Result<(), &'static str> {
        match event {
            NoticeEvent::ContactChanged { party, contact } => {
                self.ended_ways.retain(|(known, _)| known != party);
                match contact {
                    Some(contact) => self.contacts.insert(*party, contact.clone()),
                    None => self.contacts.remove(party),
                };
                if contact.is_none() {
                    self.held.remove(party);
                }
            }
            NoticeEvent::Ordered { party, kinds, effect_index } => {
                let notice = NoticeRef { sequence, index: *effect_index };
                self.untold.push(Untold { party: *party, notice, ordered_at: now, kinds: kinds.clone() });
            }
            NoticeEvent::Held { party, kinds } => self.held.entry(*party).or_default().extend(kinds),
            NoticeEvent::QuietEnded { party: Some(party) } => {
                self.held.remove(party);
            }
            NoticeEvent::QuietEnded { party: None } => self.held.clear(),
            NoticeEvent::QuietBegun { party, to, effect_index } => {
                let quiet = NoticeRef { sequence, index: *effect_index };
                self.unspread.push(UnspreadQuiet { party: *party, quiet, to: *to });
            }
            NoticeEvent::QuietSpread { party, quiet } => {
                let known = |unspread: &UnspreadQuiet| unspread.quiet == *quiet && unspread.party == *party;
                let known = self.unspread.iter().position(known).ok_or("no such quiet is to be spread")?;
                self.unspread.remove(known);
            }
            NoticeEvent::QuietKept { party, to } => {
                self.kept_quiet.insert(*party, *to);
            }
            NoticeEvent::Told { party, notice, outcome, medium, ended_ways } => {
                let known = self.untold.iter().position(|untold| untold.notice == *notice && untold.party == *party);
                match known {
                    Some(known) => drop(self.untold.remove(known)),
                    // A report that came back later.
                    None if self.told.contains_key(party) => {}
                    None => return Err("nobody is told of this"),
                }
                self.told.insert(*party, LastTold { at: now, outcome: *outcome, medium: *medium });
                self.ended_ways.extend(ended_ways.iter().map(|place| (*party, *place)));
            }
            NoticeEvent::Neared { step, clock, last_day } => {
                self.neared.insert((step.clone(), clock.clone()), *last_day);
            }
            NoticeEvent::DraftNeared => self.draft_neared = draft_ends_at,
            NoticeEvent::WakeSet { at } => self.wakes_at = *at,
        }
        Ok(())
    }
}
