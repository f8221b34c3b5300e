//! How it went to tell somebody.

use crate::channel::ChannelKind;
use crate::notice::NoticeId;

/// Where a notice stands.
///
/// The words are those of Mina meddelanden's and other services' delivery states, brought to eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Waits for its first attempt or for the next one.
    Queued,
    /// A server has taken it over; whether it came further is not known.
    Sent,
    /// The receiver itself said that it has it.
    Delivered,
    /// There is no such receiver, or it takes nothing any more.
    Bounced,
    /// Somebody on the way will not take it, whatever we do.
    Refused,
    /// Nobody answered as they should, for as long as we tried.
    Unreachable,
    /// There is no way to reach this person.
    NoChannel,
    /// The person does not want it, or has seen already what it would tell.
    NotWanted,
}

impl Status {
    /// Every status, in the order of their declaration.
    pub const ALL: [Status; 8] = [
        Status::Queued,
        Status::Sent,
        Status::Delivered,
        Status::Bounced,
        Status::Refused,
        Status::Unreachable,
        Status::NoChannel,
        Status::NotWanted,
    ];

    /// The status as a word: for records, labels and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Bounced => "bounced",
            Status::Refused => "refused",
            Status::Unreachable => "unreachable",
            Status::NoChannel => "no-channel",
            Status::NotWanted => "not-wanted",
        }
    }

    /// The status of a word.
    pub fn of_word(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether the person has been told as far as anybody knows.
    pub fn is_told(self) -> bool {
        matches!(self, Status::Sent | Status::Delivered)
    }
}

/// Why an attempt went as it did. Facts only: what a peer wrote may hold an address, so it is never kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The peer answered with this code (SMTP: 200 to 599, HTTP: 100 to 599).
    Answered {
        /// The code.
        code: u16,
    },
    /// There is no such mailbox, or it takes nothing (SMTP).
    NoSuchMailbox {
        /// The code.
        code: u16,
    },
    /// The receiver wants no more calls, ever (HTTP 410).
    Gone,
    /// The peer's name is not known to the name service.
    NotResolved,
    /// The name leads to an address that may not be called, such as one of our own network.
    Forbidden,
    /// No connection could be made.
    NotConnected,
    /// The connection was made and lost.
    Dropped,
    /// Not answered in time.
    TimedOut,
    /// The peer could not show who it is, or offers no encryption.
    NotTrusted,
    /// What the peer said is not the protocol, or too much.
    NotUnderstood,
    /// The peer does not offer what this message needs (a way to log in, a mailbox name beyond ASCII).
    NotOffered,
    /// The address is of another channel, or its channel is not set up.
    NotSetUp,
    /// The person chose it.
    Chosen,
    /// What it would tell has been seen already.
    Seen,
}

impl Reason {
    /// The reason as a word: for records, labels and logs. Codes are not part of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Answered { .. } => "answered",
            Reason::NoSuchMailbox { .. } => "no-such-mailbox",
            Reason::Gone => "gone",
            Reason::NotResolved => "not-resolved",
            Reason::Forbidden => "forbidden",
            Reason::NotConnected => "not-connected",
            Reason::Dropped => "dropped",
            Reason::TimedOut => "timed-out",
            Reason::NotTrusted => "not-trusted",
            Reason::NotUnderstood => "not-understood",
            Reason::NotOffered => "not-offered",
            Reason::NotSetUp => "not-set-up",
            Reason::Chosen => "chosen",
            Reason::Seen => "seen",
        }
    }

    /// The code that the peer answered with; 0 where there is none.
    pub fn code(self) -> u16 {
        match self {
            Reason::Answered { code } | Reason::NoSuchMailbox { code } => code,
            Reason::Gone => 410,
            Reason::NotResolved
            | Reason::Forbidden
            | Reason::NotConnected
            | Reason::Dropped
            | Reason::TimedOut
            | Reason::NotTrusted
            | Reason::NotUnderstood
            | Reason::NotOffered
            | Reason::NotSetUp
            | Reason::Chosen
            | Reason::Seen => 0,
        }
    }

    /// Whether the address is of no use any more, so that the person should be asked for another at the next log-in.
    pub fn ends_address(self) -> bool {
        matches!(self, Reason::Gone | Reason::NoSuchMailbox { .. })
    }
}

/// How it went with a notice: what the caller keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it stands.
    pub status: Status,
    /// Why.
    pub reason: Reason,
    /// Which of the person's ways it was told by, or tried last; an index into the recipient's ways. `None` where none
    /// was tried.
    pub way: Option<usize>,
    /// The channel of that way.
    pub channel: Option<ChannelKind>,
    /// What the receiver knows the notice by; a later receipt names it.
    pub id: Option<NoticeId>,
    /// Attempts made, over all ways.
    pub attempts: u32,
    /// Ways that are of no use any more (indexes): no such mailbox, or a receiver that answered 410.
    pub ended_ways: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_found_again_by_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::of_word(status.as_str()), Some(status));
        }
        assert_eq!(Status::of_word("lost"), None);
    }
}
