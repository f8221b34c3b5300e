//! A script's rules and how often each has been used.

use crate::calendar::{Delay, Hours};
use crate::draw::Draw;
use crate::script::{Effect, Knob, Limit, Move, Rule};
use jiff::civil::Date;

/// Rules in their order, with counts.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<(Rule, u32)>,
    draw: Draw,
}

impl Rules {
    pub(super) fn new(rules: Vec<Rule>, draw: Draw) -> Rules {
        Rules { rules: rules.into_iter().map(|rule| (rule, 0)).collect(), draw }
    }

    fn effects(&self, step: &str, agency: &str) -> impl Iterator<Item = &Effect> {
        self.rules.iter().filter(move |(rule, _)| rule.scope.fits(step, agency)).map(|(rule, _)| &rule.effect)
    }

    /// The course that is written for a hand-over.
    pub(super) fn course(&self, step: &str, agency: &str) -> Option<&[Move]> {
        self.effects(step, agency).find_map(|effect| match effect {
            Effect::Course(moves) => Some(moves.as_slice()),
            Effect::Knob(..) => None,
        })
    }

    /// How long a decision takes, where that is told.
    pub(super) fn latency(&self, step: &str, agency: &str) -> Option<Delay> {
        self.effects(step, agency).find_map(|effect| match effect {
            Effect::Knob(Knob::Latency(delay), _) => Some(*delay),
            Effect::Knob(..) | Effect::Course(_) => None,
        })
    }

    /// When it is answered, where that is told.
    pub(super) fn hours(&self, step: &str, agency: &str) -> Option<Hours> {
        self.effects(step, agency).find_map(|effect| match effect {
            Effect::Knob(Knob::Hours(hours), _) => Some(*hours),
            Effect::Knob(..) | Effect::Course(_) => None,
        })
    }

    /// Whether an agency is closed on a day.
    pub(super) fn is_closed(&self, step: &str, agency: &str, today: Date) -> bool {
        self.effects(step, agency).any(|effect| match effect {
            Effect::Knob(Knob::Closed { from, to }, _) => (*from..=*to).contains(&today),
            Effect::Knob(..) | Effect::Course(_) => false,
        })
    }

    /// Whether a fault strikes now; counts it, if so. `key` names the call.
    pub(super) fn fires(&mut self, step: &str, agency: &str, key: &str, wanted: &Knob) -> bool {
        for (rule, used) in &mut self.rules {
            let Effect::Knob(knob, limit) = &rule.effect else {
                continue;
            };
            if knob != wanted || !rule.scope.fits(step, agency) {
                continue;
            }
            let strikes = match limit {
                Limit::Always => true,
                Limit::Times(times) => *used < *times,
                Limit::Percent(percent) => {
                    // Counted also when it does not strike: a repeat of the call draws anew.
                    let parts = [agency, step, key, &used.to_string()];
                    let strikes = self.draw.is_among(*percent, &parts);
                    *used = used.saturating_add(u32::from(!strikes));
                    strikes
                }
            };
            if strikes {
                *used = used.saturating_add(1);
                return true;
            }
        }
        false
    }
}
