//! What a new revision of a life event changes, in words, and for whom.
//!
//! Everything is pure. [`compare`] finds the changes; [`tell`] says them, grouped by agency, with what they mean for cases under
//! way and who must approve.

mod parts;
mod step;
pub(crate) mod tell;
mod texts;

#[cfg(test)]
mod tests;

use crate::show::words::Language;
use livshandelse_core::id::Slug;
use livshandelse_engine::{handed_over, is_handed_over};
use livshandelse_workflows::{Bundle, Complaint};
use std::collections::{BTreeMap, BTreeSet};

/// A life event with the files that it was read from.
#[derive(Debug)]
pub(crate) struct Side {
    /// The checked life event.
    pub(crate) bundle: Bundle,
    /// Its files, by their path.
    pub(crate) files: BTreeMap<String, String>,
}

impl Side {
    /// Reads a life event from its files.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong in it.
    pub(crate) fn of(files: BTreeMap<String, String>) -> Result<Side, Vec<Complaint>> {
        Ok(Side { bundle: Bundle::from_files(&files)?, files })
    }
}

/// Whether something came, went or became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another than it was.
    Changed,
}

/// What part of a life event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The step itself, or the agency itself.
    Itself,
    /// Who does what: kind, agency, who signs, who sees.
    Roles,
    /// What it waits for, and what ends it.
    Needs,
    /// For whom it is.
    Condition,
    /// A clock.
    Clock,
    /// What is asked.
    Form,
    /// Evidence given or taken.
    Evidence,
    /// Law, secrecy, appeal, privacy, retention.
    Law,
    /// What it costs.
    Amount,
    /// What an agency may set itself, and has set.
    Variation,
    /// Words in a language.
    Text,
}

impl Part {
    /// Its word for programs.
    fn slug(self) -> &'static str {
        match self {
            Part::Itself => "itself",
            Part::Roles => "roles",
            Part::Needs => "needs",
            Part::Condition => "condition",
            Part::Clock => "clock",
            Part::Form => "form",
            Part::Evidence => "evidence",
            Part::Law => "law",
            Part::Amount => "amount",
            Part::Variation => "variation",
            Part::Text => "text",
        }
    }

    /// Whether an agency must approve it before it goes live. Texts may be corrected, and agencies set their own variations.
    fn needs_approval(self) -> bool {
        !matches!(self, Part::Text | Part::Variation)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The agency whose step it is in; `None`: the life event as a whole.
    pub(crate) agency: Option<Slug>,
    /// The step.
    pub(crate) step: Option<Slug>,
    /// What part.
    pub(crate) part: Part,
    /// How.
    pub(crate) way: Way,
    /// In words.
    pub(crate) words: String,
}

/// Everything that a revision changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The changes: those of the whole first, then by agency in the new definition's order, then by step.
    pub(crate) changes: Vec<Change>,
    /// The agencies that must approve before their steps go live.
    pub(crate) approvals: BTreeSet<Slug>,
    /// The number stayed while definition or forms changed: it would be refused.
    pub(crate) is_number_taken: bool,
    /// Only texts, variations or samples changed: no new number is needed.
    pub(crate) is_correction: bool,
}

impl Difference {
    /// Whether nothing changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two revisions of a life event. The words are in a language.
pub(crate) fn compare(old: &Side, new: &Side, language: Language) -> Difference {
    let mut changes = parts::compare(old, new, language);
    changes.extend(step::compare(old, new, language));
    changes.extend(texts::compare(old, new, language));
    let (before, after) = (old.bundle.definition.parts(), new.bundle.definition.parts());
    if changes.iter().all(|change| !change.part.needs_approval()) && before.digest != after.digest {
        // Something that only those who write the file see: comments, the order of keys, words of a form's title.
        changes.push(Change {
            agency: None,
            step: None,
            part: Part::Itself,
            way: Way::Changed,
            words: language
                .pick(
                    "definitionens eller formulärens filer skiljer sig i något som inte märks",
                    "the files of the definition or its forms differ in something that nobody notices",
                )
                .to_owned(),
        });
    }
    let order = |change: &Change| {
        let agency = change.agency.as_ref();
        let agency = agency.map_or(0, |slug| {
            let place = |parts: &livshandelse_core::definition::Parts| {
                parts.agencies.iter().position(|agency| agency.slug == *slug)
            };
            place(after).map_or_else(|| 10_000 + place(before).unwrap_or(0), |place| place + 1)
        });
        let step = change.step.as_ref().map_or(0, |slug| {
            let place = new.bundle.definition.index_of(slug).or_else(|| old.bundle.definition.index_of(slug));
            place.map_or(usize::MAX, |place| place + 1)
        });
        (agency, step, change.part)
    };
    changes.sort_by_key(order);
    let is_same = before.digest == after.digest;
    // Only what is handed to an agency does it have to approve, and one that has gone has nothing left.
    let is_handed_over =
        |slug: &Slug| [new, old].iter().filter_map(|side| side.bundle.definition.step(slug)).any(is_handed_over);
    let approving = changes
        .iter()
        .filter(|change| change.part.needs_approval() && change.step.as_ref().is_some_and(is_handed_over));
    let handed_over = handed_over(&new.bundle.definition);
    let stays = |slug: &&Slug| handed_over.contains_key(*slug);
    let approvals = approving.filter_map(|change| change.agency.as_ref()).filter(stays).cloned().collect();
    Difference {
        is_number_taken: !is_same && before.revision.number >= after.revision.number,
        is_correction: is_same && !changes.is_empty(),
        approvals,
        changes,
    }
}

/// Entries of two lists that are only in one of them: gone, then new.
fn moved<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> (Vec<&'a T>, Vec<&'a T>) {
    let gone = old.iter().filter(|entry| !new.contains(entry)).collect();
    let come = new.iter().filter(|entry| !old.contains(entry)).collect();
    (gone, come)
}
