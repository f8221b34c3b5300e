//! A sample played in time-lapse, without a service: what would happen day by day when every agency says yes.
//!
//! The rules are the core's own; people do what the sample's story says, and answer what the case waits for otherwise, as in the
//! demonstration. [`play`] plays, [`timeline`] shows it in a terminal.

mod course;
mod desk;
pub(crate) mod timeline;

#[cfg(test)]
mod tests;

use course::Course;
use jiff::civil::Date;
use livshandelse_core::case::End;
use livshandelse_core::definition::{FactKind, Role};
use livshandelse_core::id::StepId;
use livshandelse_core::status::Turn;
use livshandelse_core::time::CivilTime;
use livshandelse_workflows::{Bundle, Sample};

/// What a sample comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Played {
    /// When the case begins.
    pub(crate) start: CivilTime,
    /// When it ends, or the last thing happens.
    pub(crate) end: CivilTime,
    /// How it ends; `None` when it is still open then.
    pub(crate) ended: Option<End>,
    /// Mandatory steps that did not come about.
    pub(crate) unfulfilled: Vec<StepId>,
    /// A row for each step that is ever open, in the order they open.
    pub(crate) rows: Vec<Row>,
    /// What happens in the world.
    pub(crate) facts: Vec<Happening>,
    /// Steps that never opened: information, or not needed.
    pub(crate) unopened: Vec<StepId>,
    /// What the story asks for that was refused.
    pub(crate) refused: Vec<String>,
}

/// Something that happens in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    /// When.
    pub(crate) at: CivilTime,
    /// What.
    pub(crate) what: What,
    /// Whom it is about, when it is a party.
    pub(crate) role: Option<Role>,
    /// Which child, place or other of a group; 0 when none.
    pub(crate) number: u8,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A fact.
    Fact(FactKind),
    /// Somebody comes into the case.
    Joined,
}

impl What {
    /// Its name.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            What::Fact(kind) => kind.slug(),
            What::Joined => "joined",
        }
    }
}

/// One step through time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// The step.
    pub(crate) step: StepId,
    /// Whose turn it is, from when to when. In order, without overlaps.
    pub(crate) bands: Vec<Band>,
    /// What happens to it.
    pub(crate) marks: Vec<Mark>,
    /// Clocks that came near their end, or passed it.
    pub(crate) clocks: Vec<NearClock>,
}

/// A time in which it is somebody's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Band {
    /// From when.
    pub(crate) from: CivilTime,
    /// Until when.
    pub(crate) to: CivilTime,
    /// Whose.
    pub(crate) turn: Turn,
}

/// What happens to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    /// It is filed.
    Filed,
    /// It has arrived.
    Arrived,
    /// It is decided, or registered.
    Decided,
    /// It is carried out.
    Executed,
    /// It turns out not to be needed.
    NotNeeded,
}

/// A moment of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When.
    pub(crate) at: CivilTime,
    /// What.
    pub(crate) deed: Deed,
}

/// A clock that came near its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NearClock {
    /// Its slug.
    pub(crate) clock: String,
    /// Its last day.
    pub(crate) last_day: Date,
    /// Whether it passed.
    pub(crate) has_passed: bool,
}

/// Plays a sample to its end, or until nothing more can happen.
///
/// # Errors
///
/// Returns why the case cannot be created, or that the same things happen again and again.
pub(crate) fn play(bundle: &Bundle, sample: &Sample) -> Result<Played, String> {
    Course::new(bundle, sample)?.run()
}
