//! Telling people in a play: who wants it, and a post that delivers at once, or is slow.

use crate::play::Play;
use livshandelse_core::command::{Actor, Command};
use livshandelse_core::decide::Rejection;
use livshandelse_core::id::PartyId;
use livshandelse_core::notice::{Contact, Medium, NoticeCommand, NoticeEvent, NoticeKind, NoticeOutcome, Way};
use std::collections::BTreeSet;

impl Play {
    /// A party wants to be told of everything, or of nothing any more.
    ///
    /// # Errors
    ///
    /// Returns the refusal.
    pub fn wants_to_be_told(&mut self, party: PartyId, is_wanted: bool) -> Result<(), Rejection> {
        let contact = is_wanted.then(|| Contact {
            ways: vec![Way::Mail { address: "anna@exempel.se".to_owned() }],
            language: "sv".to_owned(),
            kinds: BTreeSet::from(NoticeKind::ALL),
        });
        let command = Command::Notice(NoticeCommand::UpdateContact { contact });
        self.ask(Actor::Person(party), command).map(|_| ())
    }

    /// Spreads quiet, to no other case since there is none here, and delivers everything that is to be told, unless the post
    /// is slow.
    pub(crate) fn deliver_notices(&mut self) {
        while let Some(quiet) = self.case.telling.unspread.first().map(|unspread| unspread.quiet) {
            if self.ask(Actor::Time, Command::Notice(NoticeCommand::ReportSpread { quiet })).is_err() {
                self.broken.push(format!("I9: {quiet:?} cannot be spread"));
                return;
            }
        }
        if self.is_post_slow {
            return;
        }
        while let Some(notice) = self.case.telling.untold.first().map(|untold| untold.notice) {
            let (outcome, medium, ended_ways) = (NoticeOutcome::Sent, Some(Medium::Mail), Vec::new());
            let command = Command::Notice(NoticeCommand::ReportTold { notice, outcome, medium, ended_ways });
            if self.ask(Actor::Time, command).is_err() {
                self.broken.push(format!("I9: {notice:?} cannot be told"));
                return;
            }
        }
    }
}

/// An event about telling, in a word and what there is to it.
pub(crate) fn words(event: &NoticeEvent) -> (&'static str, String) {
    let of = |kinds: &BTreeSet<NoticeKind>| kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>().join(" ");
    match event {
        NoticeEvent::ContactChanged { contact: Some(contact), .. } => {
            ("contact-changed", contact.ways.iter().map(|way| way.medium().slug()).collect::<Vec<_>>().join(" "))
        }
        NoticeEvent::ContactChanged { contact: None, .. } => ("contact-changed", "off".to_owned()),
        NoticeEvent::Ordered { kinds, .. } => ("notice-ordered", of(kinds)),
        NoticeEvent::Held { kinds, .. } => ("notice-held", of(kinds)),
        NoticeEvent::QuietEnded { .. } => ("quiet-ended", String::new()),
        NoticeEvent::QuietBegun { to, .. } => ("quiet-begun", format!("to {to}")),
        NoticeEvent::QuietSpread { .. } => ("quiet-spread", String::new()),
        NoticeEvent::QuietKept { to, .. } => ("quiet-kept", format!("to {to}")),
        NoticeEvent::Told { outcome, .. } => ("notice-told", outcome.slug().to_owned()),
        NoticeEvent::Neared { step, clock, last_day } => {
            let what = clock.as_ref().map_or("asked".to_owned(), ToString::to_string);
            ("end-neared", format!("{step}/{what}  {last_day}"))
        }
        NoticeEvent::DraftNeared => ("draft-neared", String::new()),
        NoticeEvent::WakeSet { at } => ("notice-wake-set", at.map_or("never".to_owned(), |at| at.date().to_string())),
    }
}
