//! Tells people that there is something new in their case, and nothing more.
//!
//! A message to a person passes through places that nobody here watches: a mail server abroad, a lock screen, a shared
//! mailbox. So it says one thing only: *there is something new, log in here*. It never says in which case, which step,
//! which agency, which decision, and it is the same message whether the news is joy or grief.
//!
//! Read along in this order:
//!
//! 1. [`Notice`]: what is to be told, known by a [`NoticeKey`] that is the same each time it is told.
//! 2. [`Words`]: the one text, in each [`Language`].
//! 3. [`Address`] and [`Channel`]: where a person can be reached and how. [`mail::Mail`] speaks SMTP, [`webhook::Webhooks`]
//!    makes signed calls as *Standard Webhooks* has it. The trait has the shape of Mina meddelanden too: first whether
//!    the person can be reached, then sending, then a receipt that may come days later.
//! 4. [`Teller`]: tries a person's ways in order, again where that may help ([`Schedule`]), and says how it went
//!    ([`Told`], [`Status`]).
//! 5. [`Queue`]: takes notices in front of a teller, bounded, so that an evening's peak waits here and not at the
//!    neighbour's mail server.
//!
//! Nothing here is durable. Whoever calls keeps the order in a record and the [`Told`] in another; after a crash the same
//! notice is told again under the same key, and the receiver recognises it by `Message-ID` or `webhook-id`.
//!
//! Logs and errors of this crate hold neither addresses nor texts nor what a peer said; `tests/telling/silence.rs` proves
//! it.

mod address;
mod channel;
mod clock;
mod error;
pub mod mail;
pub mod network;
mod notice;
mod queue;
mod schedule;
mod status;
mod teller;
mod trust;
pub mod webhook;
mod words;

pub use address::{Address, HookAddress, MailAddress};
pub use channel::{Attempt, Channel, ChannelKind, Pending, Reach, Receipt};
pub use clock::Clock;
pub use error::{AddressError, SettingsError};
pub use notice::{IdSecret, Language, Notice, NoticeId, NoticeKey};
pub use queue::{Full, Queue, Ticket};
pub use schedule::Schedule;
pub use status::{Reason, Status, Told};
pub use teller::{Recipient, Teller};
pub use trust::Trust;
pub use words::{Portal, Words};
