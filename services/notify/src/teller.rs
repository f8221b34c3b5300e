//! Tells one person: her ways in order, each again where that may help.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::channel::{Attempt, Channel, ChannelKind, Reach};
use crate::notice::Notice;
use crate::schedule::Schedule;
use crate::status::{Reason, Status, Told};

/// Ways of one person that are looked at, at the most.
const WAYS_MAX: usize = 4;

/// Whom to tell, as she has chosen it.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Whether she wants to be told of this at all.
    pub wants: bool,
    /// Her ways, the one she likes best first; at most 4 are tried. The next one is taken only when one has failed.
    pub ways: Vec<Address>,
}

/// Tells people by the channels that are set up.
pub struct Teller {
    channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
    schedule: Schedule,
}

impl Teller {
    /// A teller with these channels; of two of the same kind the last counts.
    pub fn new(channels: impl IntoIterator<Item = Arc<dyn Channel>>, schedule: Schedule) -> Teller {
        Teller { channels: channels.into_iter().map(|channel| (channel.kind(), channel)).collect(), schedule }
    }

    /// The channel of a kind, if it is set up.
    pub fn channel(&self, kind: ChannelKind) -> Option<&Arc<dyn Channel>> {
        self.channels.get(&kind)
    }

    /// When to try again: for whoever keeps the time between attempts itself.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Makes one attempt by one way, without waiting or trying again: for whoever keeps the time between attempts itself.
    ///
    /// Nothing is durable. Cancel safe as [`Channel::send`] is.
    pub async fn attempt(&self, notice: &Notice, way: &Address) -> Attempt {
        let kind = way.channel();
        let Some(channel) = self.channels.get(&kind) else {
            return Attempt::Done(Status::NoChannel, Reason::NotSetUp);
        };
        if let Reach::Unreachable(reason) = channel.reach(way).await {
            return Attempt::Done(Status::NoChannel, reason);
        }
        let attempt = channel.send(notice, way).await;
        // Which channel and how it went: no id, since ids lead to people.
        match attempt {
            Attempt::Done(status, reason) => tracing::info!(
                channel = kind.as_str(),
                status = status.as_str(),
                reason = reason.as_str(),
                code = reason.code(),
                "told"
            ),
            Attempt::Again { reason, .. } => tracing::info!(
                channel = kind.as_str(),
                status = Status::Queued.as_str(),
                reason = reason.as_str(),
                code = reason.code(),
                "not told yet"
            ),
        }
        attempt
    }

    /// Tells somebody: each way in order, again by the schedule, until one has taken it.
    ///
    /// `is_seen` is asked before each attempt: whoever has looked meanwhile is left in peace. A message may reach somebody
    /// twice when a peer took it but its answer was lost; both have the same id.
    ///
    /// Nothing is durable: keep what it returns. Cancel safe as [`Channel::send`] is.
    pub async fn tell(&self, notice: &Notice, recipient: &Recipient, is_seen: impl Fn() -> bool) -> Told {
        let mut told = Told {
            status: Status::NoChannel,
            reason: Reason::NotSetUp,
            way: None,
            channel: None,
            id: None,
            attempts: 0,
            ended_ways: Vec::new(),
        };
        if !recipient.wants {
            return Told { status: Status::NotWanted, reason: Reason::Chosen, ..told };
        }
        for (index, way) in recipient.ways.iter().enumerate().take(WAYS_MAX) {
            let Some(channel) = self.channels.get(&way.channel()) else { continue };
            let id = channel.id(notice);
            let mut attempt_number = 0;
            loop {
                if is_seen() {
                    return Told { status: Status::NotWanted, reason: Reason::Seen, ..told };
                }
                attempt_number += 1;
                let (status, reason) = match self.attempt(notice, way).await {
                    Attempt::Done(status, reason) => (status, reason),
                    Attempt::Again { reason, wait_min } => {
                        match self.schedule.wait_after(attempt_number, wait_min, &id) {
                            Some(wait) => {
                                told.attempts += 1;
                                tokio::time::sleep(wait).await;
                                continue;
                            }
                            None => (Status::Unreachable, reason),
                        }
                    }
                };
                if status != Status::NoChannel {
                    told.attempts += 1;
                    told.status = status;
                    told.reason = reason;
                    told.way = Some(index);
                    told.channel = Some(way.channel());
                    told.id = Some(id);
                } else if told.way.is_none() {
                    told.reason = reason;
                }
                if reason.ends_address() {
                    told.ended_ways.push(index);
                }
                break;
            }
            if told.status.is_told() {
                break;
            }
        }
        told
    }
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Teller({:?})", self.channels.keys().collect::<Vec<_>>())
    }
}
