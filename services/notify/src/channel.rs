//! What every way of telling people can do.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::address::Address;
use crate::notice::{Notice, NoticeId};
use crate::status::{Reason, Status};

/// Something that is under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// E-mail over SMTP.
    Mail,
    /// A signed call to a program.
    Webhook,
}

impl ChannelKind {
    /// The channel as a word: for records, labels and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            ChannelKind::Mail => "mail",
            ChannelKind::Webhook => "webhook",
        }
    }
}

/// Whether somebody can be reached in a channel (Mina meddelanden: *isReachable*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Can be reached.
    Reachable,
    /// The channel cannot tell; trying will show.
    Unknown,
    /// Cannot be reached here; another way is taken at once.
    Unreachable(Reason),
}

/// What one attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// There is nothing more to do in this channel.
    Done(Status, Reason),
    /// It may go better later.
    Again {
        /// What went wrong.
        reason: Reason,
        /// How long the peer asked us to wait at least.
        wait_min: Option<Duration>,
    },
}

/// What came back, later, about a notice that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The notice, as the channel knew it. Whether it is one of ours is the caller's to look up: anybody can write a
    /// receipt.
    pub id: NoticeId,
    /// `Delivered`, `Bounced`, `Refused` or `Unreachable`.
    pub status: Status,
    /// Whether the address is of no use any more.
    pub ends_address: bool,
}

/// A way of telling people.
///
/// Attempts may be repeated: the receiver knows a notice by an id that is the same each time. No method fails: what can go
/// wrong is an outcome like any other. Futures are cancel safe in that nothing here is left half done; a cancelled attempt
/// may still have reached the receiver.
pub trait Channel: Send + Sync {
    /// Its kind.
    fn kind(&self) -> ChannelKind;

    /// Says, before anything is sent, whether an address can be reached.
    fn reach<'a>(&'a self, address: &'a Address) -> Pending<'a, Reach>;

    /// What the receiver will know a notice by.
    fn id(&self, notice: &Notice) -> NoticeId;

    /// Makes one attempt, bounded in time by the channel's own settings.
    fn send<'a>(&'a self, notice: &'a Notice, address: &'a Address) -> Pending<'a, Attempt>;

    /// Reads a receipt that has come in by this channel; `None` if it says nothing about a notice of ours.
    fn receipt(&self, received: &[u8]) -> Option<Receipt>;
}
