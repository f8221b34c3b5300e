//! A party says how she wants to be told; the service says how telling went and who is to be left in peace; and whoever is to
//! be told of a record is.

use super::{Answer, Rejection, Sitting};
use crate::case::Stage;
use crate::command::Actor;
use crate::effect::Effect;
use crate::event::Event;
use crate::id::PartyId;
use crate::notice::{Contact, Medium, NoticeCommand, NoticeEvent, NoticeOutcome, NoticeRef, order, quiet_begun};
use jiff::civil::Date;

impl Sitting<'_> {
    pub(super) fn hear_of_notices(&mut self, command: &NoticeCommand) -> Result<Answer, Rejection> {
        match command {
            NoticeCommand::UpdateContact { contact } => self.update_contact(contact.as_ref()),
            NoticeCommand::ReportTold { notice, outcome, medium, ended_ways } => {
                if self.actor != &Actor::Time {
                    return Err(Rejection::not_yours(self.actor, "how telling went"));
                }
                let Some(untold) = self.case.telling.untold(*notice) else { return Ok(Answer::Repeated) };
                let (notice, outcome, medium) = (*notice, *outcome, *medium);
                let (party, ended_ways) = (untold.party, ended_ways.clone());
                self.record(Event::Notice(NoticeEvent::Told { party, notice, outcome, medium, ended_ways }));
                Ok(Answer::Done)
            }
            NoticeCommand::KeepQuiet { party, to } => self.keep_quiet(*party, *to),
            NoticeCommand::ReportSpread { quiet } => {
                if self.actor != &Actor::Time {
                    return Err(Rejection::not_yours(self.actor, "whose cases keep quiet"));
                }
                let Some(unspread) = self.case.telling.unspread(*quiet) else { return Ok(Answer::Repeated) };
                let (party, quiet) = (unspread.party, *quiet);
                self.record(Event::Notice(NoticeEvent::QuietSpread { party, quiet }));
                Ok(Answer::Done)
            }
            NoticeCommand::ReportReturned { party, notice, outcome, medium, ended_way } => {
                self.hear_of_return(*party, *notice, (*outcome, *medium), *ended_way)
            }
        }
    }

    /// What came back later. The same once more changes nothing.
    fn hear_of_return(
        &mut self,
        party: PartyId,
        notice: NoticeRef,
        (outcome, medium): (NoticeOutcome, Medium),
        ended_way: Option<u8>,
    ) -> Result<Answer, Rejection> {
        if !matches!(self.actor, Actor::Operator(_)) {
            return Err(Rejection::not_yours(self.actor, "what came back of a notice"));
        }
        let telling = &self.case.telling;
        let is_told = telling.untold(notice).is_some_and(|untold| untold.party == party);
        let Some(last) = telling.told.get(&party).copied().map(Some).or(is_told.then_some(None)) else {
            return Ok(Answer::Repeated);
        };
        let is_known = last.is_some_and(|last| (last.outcome, last.medium) == (outcome, Some(medium)));
        let has_ended = ended_way.is_none_or(|place| telling.ended_ways.contains(&(party, place)));
        if is_known && has_ended && !is_told {
            return Ok(Answer::Repeated);
        }
        let (medium, ended_ways) = (Some(medium), ended_way.into_iter().collect());
        self.record(Event::Notice(NoticeEvent::Told { party, notice, outcome, medium, ended_ways }));
        Ok(Answer::Done)
    }

    /// Something outside this case asks that a party be left in peace.
    fn keep_quiet(&mut self, party: PartyId, to: Date) -> Result<Answer, Rejection> {
        if self.actor != &Actor::Time {
            return Err(Rejection::not_yours(self.actor, "when somebody is left in peace"));
        }
        match self.case.stage {
            Stage::Draft | Stage::Open => {}
            Stage::Absent => return Err(Rejection::NoSuchCase),
            // Nothing more is told of it.
            Stage::Ended(_) => return Ok(Answer::Repeated),
        }
        if self.case.party(party).is_none() || !self.is_later_quiet(party, to) {
            return Ok(Answer::Repeated);
        }
        self.record(Event::Notice(NoticeEvent::QuietKept { party, to }));
        Ok(Answer::Done)
    }

    /// Whether a day is still to come, and later than what is kept: so a repeat adds nothing, and the later of two counts.
    fn is_later_quiet(&self, party: PartyId, to: Date) -> bool {
        self.now.date() <= to && self.case.telling.kept_quiet.get(&party).is_none_or(|kept| *kept < to)
    }

    /// Only a party's own, and only by whom the case is to be known of (I6).
    fn update_contact(&mut self, contact: Option<&Contact>) -> Result<Answer, Rejection> {
        let (party, _) = self.seen()?;
        if self.case.telling.contacts.get(&party) == contact {
            return Ok(Answer::Repeated);
        }
        if contact.is_some() {
            match self.case.stage {
                Stage::Draft | Stage::Open => {}
                Stage::Absent => return Err(Rejection::NoSuchCase),
                // Nothing new comes in it; taking an address away is always possible.
                Stage::Ended(_) => return Err(Rejection::CaseEnded),
            }
        }
        let wrong = contact.map(Contact::wrong_fields).unwrap_or_default();
        if !wrong.is_empty() {
            return Err(Rejection::WrongFields(wrong));
        }
        self.record(Event::Notice(NoticeEvent::ContactChanged { party, contact: contact.cloned() }));
        // A case that she began, or came into, after her other cases were asked: nobody is told of a case before saying so
        // here, so that this is early enough.
        if let Some(to) = self.facts.quiet_to.filter(|to| contact.is_some() && self.is_later_quiet(party, *to)) {
            self.record(Event::Notice(NoticeEvent::QuietKept { party, to }));
        }
        Ok(Answer::Done)
    }

    /// Orders that the other cases of those who mourn keep quiet.
    pub(super) fn begin_quiet(&mut self) {
        if self.broken.is_some() {
            return;
        }
        for (party, to) in quiet_begun(self.definition, self.before, &self.case, self.now) {
            let effect_index = self.order(Effect::Quieten { party, to });
            self.record(Event::Notice(NoticeEvent::QuietBegun { party, to, effect_index }));
        }
    }

    /// Orders the notices of this record: the last thing that is decided.
    pub(super) fn notify(&mut self) {
        let is_told_of = |telling: &crate::notice::Telling| {
            !telling.contacts.is_empty() || !telling.untold.is_empty() || telling.wakes_at.is_some()
        };
        if self.broken.is_some() || !is_told_of(&self.case.telling) {
            return;
        }
        let ordering = order(self.definition, self.before, &self.case, &self.events, self.actor, self.now);
        for event in ordering.events {
            self.record(Event::Notice(event));
        }
        for (party, kinds) in ordering.notices {
            let effect_index = self.order(Effect::Tell { party });
            self.record(Event::Notice(NoticeEvent::Ordered { party, kinds, effect_index }));
        }
        if self.case.telling.wakes_at != ordering.wakes_at {
            self.record(Event::Notice(NoticeEvent::WakeSet { at: ordering.wakes_at }));
        }
    }
}
