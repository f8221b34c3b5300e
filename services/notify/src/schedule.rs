//! When to try again.

use std::time::Duration;

use crate::notice::NoticeId;

/// The waits between attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    waits: Vec<Duration>,
    wait_max: Duration,
}

impl Schedule {
    /// Takes the waits between attempts: one attempt more than waits is made. A peer that asks for a longer wait gets it,
    /// up to `wait_max`. At most 20 waits are kept.
    pub fn new(waits: impl IntoIterator<Item = Duration>, wait_max: Duration) -> Schedule {
        Schedule { waits: waits.into_iter().take(20).collect(), wait_max }
    }

    /// How long to wait after attempt `attempt_number` (1 is the first) before the next; `None` when it was the last.
    ///
    /// The wait is 0.8 to 1.2 of the scheduled one, the same each time for the same notice: a peak that failed together
    /// does not come back together.
    pub fn wait_after(&self, attempt_number: u32, wait_min: Option<Duration>, id: &NoticeId) -> Option<Duration> {
        let index = usize::try_from(attempt_number.checked_sub(1)?).ok()?;
        let wait = self.waits.get(index)?;
        // 8/10 and up to 4/10 more, in steps of 1/255.
        let spread = wait.saturating_mul(8 * 255 + 4 * u32::from(id.spread(attempt_number))) / (10 * 255);
        Some(spread.max(wait_min.unwrap_or_default()).min(self.wait_max.max(spread)))
    }

    /// Attempts at the most.
    pub fn attempts_max(&self) -> u32 {
        u32::try_from(self.waits.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

impl Default for Schedule {
    /// After 30 seconds, 5 minutes, half an hour, 2 hours and 8 hours: a mail server that greylists or is restarted, and
    /// one that is down over night. No wait that a peer asks for is longer than 12 hours.
    fn default() -> Schedule {
        let seconds = [30, 5 * 60, 30 * 60, 2 * 3600, 8 * 3600];
        Schedule::new(seconds.map(Duration::from_secs), Duration::from_secs(12 * 3600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::notice::{IdSecret, NoticeKey};

    fn id(number: u8) -> NoticeId {
        IdSecret::new([1; 32]).id(ChannelKind::Mail, &NoticeKey::new(vec![number]))
    }

    #[test]
    fn waits_grow_and_end() {
        let schedule = Schedule::default();
        let waits: Vec<_> = (1..).map_while(|number| schedule.wait_after(number, None, &id(1))).collect();
        assert_eq!(waits.len(), 5);
        assert_eq!(schedule.attempts_max(), 6);
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!(schedule.wait_after(0, None, &id(1)), None);
    }

    #[test]
    fn a_peak_that_failed_together_does_not_come_back_together() {
        let schedule = Schedule::default();
        let waits: std::collections::BTreeSet<_> =
            (0..100).filter_map(|number| schedule.wait_after(1, None, &id(number))).collect();
        assert!(waits.len() > 50, "{}", waits.len());
        assert!(waits.iter().all(|wait| (24_000..=36_000).contains(&wait.as_millis())), "{waits:?}");
        assert_eq!(schedule.wait_after(1, None, &id(3)), schedule.wait_after(1, None, &id(3)));
    }

    #[test]
    fn a_peer_may_ask_for_a_longer_wait_but_not_for_ever() {
        let schedule = Schedule::default();
        let hour = Duration::from_secs(3600);
        assert_eq!(schedule.wait_after(1, Some(hour), &id(1)), Some(hour));
        assert_eq!(schedule.wait_after(1, Some(hour * 1000), &id(1)), Some(hour * 12));
    }
}
