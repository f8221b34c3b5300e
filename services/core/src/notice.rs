//! Telling people that there is something new: whom, when, and what became of it.
//!
//! Only whoever asked for it is told ([`Contact`]), and never what happened: kinds decide *whether* somebody is told, and
//! stay in the record. At most one notice for each party and record; none to who made the record; none while an earlier one
//! waits, but for a clock that nears its end. See `order.rs` for the rules, and `grief.rs` for when nobody is told.

mod contact;
mod grief;
mod near;
mod order;
mod telling;

pub use contact::{Contact, Way};
pub use grief::{peace_to, quiet_begun, quiet_to};
pub use order::{Ordering, order};
pub use telling::{LastTold, Telling, UnspreadQuiet, Untold};

use crate::id::{PartyId, Sequence, Slug, StepId};
use crate::time::CivilTime;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Why somebody is told. Never part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A step has come to her turn.
    YourTurn,
    /// A step was decided, an appeal of it too, or the law settled it.
    DecisionCame,
    /// A clock of hers, or the day an agency set her, ends soon.
    ClockNear,
    /// Her unsent draft expires soon.
    DraftExpires,
}

impl NoticeKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [NoticeKind; 4] =
        [NoticeKind::YourTurn, NoticeKind::DecisionCame, NoticeKind::ClockNear, NoticeKind::DraftExpires];

    /// Its word in records, scenarios and the API.
    pub fn slug(self) -> &'static str {
        match self {
            NoticeKind::YourTurn => "your-turn",
            NoticeKind::DecisionCame => "decision-came",
            NoticeKind::ClockNear => "clock-near",
            NoticeKind::DraftExpires => "draft-expires",
        }
    }
}

/// By what somebody is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Medium {
    /// E-mail.
    Mail,
    /// A signed call to a program of hers.
    Webhook,
}

impl Medium {
    /// Its word in scenarios and logs.
    pub fn slug(self) -> &'static str {
        match self {
            Medium::Mail => "mail",
            Medium::Webhook => "webhook",
        }
    }
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeOutcome {
    /// A server has taken it over; whether it came further is not known.
    Sent,
    /// The receiver itself said that it has it.
    Delivered,
    /// There is no such receiver, or it takes nothing any more.
    Bounced,
    /// Somebody on the way will not take it, whatever is done.
    Refused,
    /// Nobody answered as they should, for as long as it was tried.
    Unreachable,
    /// There was no way to reach her.
    NoChannel,
    /// She had looked before it was sent, so that it was not.
    Seen,
    /// She does not want it any more.
    NotWanted,
}

impl NoticeOutcome {
    /// Every outcome, in the order of their declaration.
    pub const ALL: [NoticeOutcome; 8] = [
        NoticeOutcome::Sent,
        NoticeOutcome::Delivered,
        NoticeOutcome::Bounced,
        NoticeOutcome::Refused,
        NoticeOutcome::Unreachable,
        NoticeOutcome::NoChannel,
        NoticeOutcome::Seen,
        NoticeOutcome::NotWanted,
    ];

    /// Its word in scenarios, texts and logs.
    pub fn slug(self) -> &'static str {
        match self {
            NoticeOutcome::Sent => "sent",
            NoticeOutcome::Delivered => "delivered",
            NoticeOutcome::Bounced => "bounced",
            NoticeOutcome::Refused => "refused",
            NoticeOutcome::Unreachable => "unreachable",
            NoticeOutcome::NoChannel => "no-channel",
            NoticeOutcome::Seen => "seen",
            NoticeOutcome::NotWanted => "not-wanted",
        }
    }
}

/// Which notice of a case, or quiet to be spread: the record that ordered it, and its place among that record's effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeRef {
    /// The record.
    pub sequence: Sequence,
    /// The place of its effect.
    pub index: u32,
}

/// What happened about telling people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeEvent {
    /// A party said how she wants to be told; without a contact not any more.
    ContactChanged {
        /// Who.
        party: PartyId,
        /// How.
        contact: Option<Contact>,
    },
    /// Somebody is to be told.
    Ordered {
        /// Who.
        party: PartyId,
        /// Why.
        kinds: BTreeSet<NoticeKind>,
        /// The place of its effect in the record.
        effect_index: u32,
    },
    /// Grief keeps quiet what would have been told.
    Held {
        /// Who.
        party: PartyId,
        /// Why she would have been told.
        kinds: BTreeSet<NoticeKind>,
    },
    /// The quiet time is over.
    QuietEnded {
        /// Whose; without one everybody's.
        party: Option<PartyId>,
    },
    /// A party's other cases are to keep quiet for what happened in this one.
    QuietBegun {
        /// Whose.
        party: PartyId,
        /// The last day.
        to: Date,
        /// The place of its effect in the record.
        effect_index: u32,
    },
    /// Every other case of a party has been asked.
    QuietSpread {
        /// Whose.
        party: PartyId,
        /// Which effect it was.
        quiet: NoticeRef,
    },
    /// A party is not written to of this case for something that is not of it: a day and nothing else, since nobody here
    /// is to learn of her other cases.
    QuietKept {
        /// Who.
        party: PartyId,
        /// The last day.
        to: Date,
    },
    /// How it went with a notice; once more when a report comes back later.
    Told {
        /// Who.
        party: PartyId,
        /// Which notice.
        notice: NoticeRef,
        /// How it went.
        outcome: NoticeOutcome,
        /// By what, where something was tried.
        medium: Option<Medium>,
        /// Ways, by their place from 0, that are of no use any more: no such mailbox, or a receiver that wants no more.
        ended_ways: Vec<u8>,
    },
    /// A clock nears its end, or without a clock the day an agency set for an answer.
    Neared {
        /// The step.
        step: StepId,
        /// Which clock.
        clock: Option<Slug>,
        /// Its last day.
        last_day: Date,
    },
    /// An unsent draft nears the day it expires.
    DraftNeared,
    /// When the case is next to be looked at for telling's sake.
    WakeSet {
        /// When.
        at: Option<CivilTime>,
    },
}

/// What is asked about telling people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeCommand {
    /// A party says how she wants to be told in this case; without a contact not any more.
    UpdateContact {
        /// How.
        contact: Option<Contact>,
    },
    /// How it went with a notice, or that she has seen the case meanwhile. Asked by the service itself.
    ReportTold {
        /// Which notice.
        notice: NoticeRef,
        /// How it went.
        outcome: NoticeOutcome,
        /// By what, where something was tried.
        medium: Option<Medium>,
        /// Ways that are of no use any more.
        ended_ways: Vec<u8>,
    },
    /// Not to write to a party, for something that is not of this case. Asked by the service itself; a day that is not later
    /// than the one that is kept changes nothing.
    KeepQuiet {
        /// Who.
        party: PartyId,
        /// The last day.
        to: Date,
    },
    /// That every other case of a party has been asked to keep quiet. Asked by the service itself.
    ReportSpread {
        /// Which effect it was.
        quiet: NoticeRef,
    },
    /// What came back of a notice that a server had taken over. Fed in by an operator; that it is of this notice, and of the
    /// party's present address, whoever asks has made sure of.
    ReportReturned {
        /// Who was told.
        party: PartyId,
        /// Which notice.
        notice: NoticeRef,
        /// What became of it.
        outcome: NoticeOutcome,
        /// By what.
        medium: Medium,
        /// The way, if it is of no use any more.
        ended_way: Option<u8>,
    },
}
