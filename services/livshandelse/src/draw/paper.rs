//! Which paper a drawing is for: the smallest on which its text can be read at arm's length.

use super::card::TEXT_SIZE;

/// A paper, lying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Paper {
    /// What many printers take.
    A3,
    /// What a copy shop prints while one waits.
    A2,
    /// A poster.
    A1,
    /// The largest.
    A0,
}

impl Paper {
    /// From the smallest.
    const ALL: [Paper; 4] = [Paper::A3, Paper::A2, Paper::A1, Paper::A0];

    /// The height of the smallest text at the least: type of 5.4 points, as in a timetable.
    pub(super) const TEXT_MM_MIN: f64 = 1.9;

    /// Width by height of every one of them.
    pub(super) const PROPORTION: f64 = 420.0 / 297.0;

    /// The smallest on which a page of so many units across can be read.
    pub(super) fn of_width(units: f64) -> Paper {
        Paper::ALL.into_iter().find(|paper| paper.text_mm(units) >= Paper::TEXT_MM_MIN).unwrap_or(Paper::A0)
    }

    /// The height of the smallest text on it, on a page of so many units across.
    pub(super) fn text_mm(self, units: f64) -> f64 {
        TEXT_SIZE / units * f64::from(self.millimetres().0)
    }

    /// Width and height in millimetres.
    pub(super) fn millimetres(self) -> (u16, u16) {
        match self {
            Paper::A3 => (420, 297),
            Paper::A2 => (594, 420),
            Paper::A1 => (841, 594),
            Paper::A0 => (1189, 841),
        }
    }

    /// Its name, as it stands on the packet.
    pub(super) fn name(self) -> &'static str {
        match self {
            Paper::A3 => "A3",
            Paper::A2 => "A2",
            Paper::A1 => "A1",
            Paper::A0 => "A0",
        }
    }
}
