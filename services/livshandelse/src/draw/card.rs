//! What stands on a step's card: title, what kind of act it is, its clocks, and what ends it.

use super::Subject;
use super::graph::{ended_by, fact_words};
use super::measure::{width, wrap};
use crate::show::definition as words;
use livshandelse_core::definition::{
    Anchor, AwaitedFact, ClockDefinition, Consequence, Holder, Role, StepDefinition, StepKind, Term,
};
use std::collections::BTreeMap;

/// Widths of cards that are tried, in units of the page; on one page all are of the same.
pub(super) const CARD_WIDTHS: [f64; 9] = [380.0, 400.0, 420.0, 440.0, 460.0, 480.0, 500.0, 530.0, 560.0];
/// The place of the width with which it is tried how many columns there are to be.
pub(super) const CARD_USUAL: usize = 5;
/// Between a card's edge and its text.
pub(super) const PAD: f64 = 20.0;
/// The size of a card's title.
pub(super) const TITLE_SIZE: f64 = 29.0;
/// The size of everything else on it. Nothing on the page is smaller.
pub(super) const TEXT_SIZE: f64 = 24.0;
/// From one line of a title to the next.
pub(super) const TITLE_STEP: f64 = 35.0;
/// From one line of text to the next.
pub(super) const TEXT_STEP: f64 = 29.0;
/// From one port of a card to the next.
pub(super) const PORT_STEP: f64 = 26.0;
/// From a card's upper edge to its first port.
pub(super) const PORT_FIRST: f64 = 30.0;
/// Room that a clock's sign takes left of its text.
pub(super) const SIGN_ROOM: f64 = 32.0;
/// Steps that have the same clock, from which on it is written once in the legend.
const SHARED_FROM: usize = 3;
/// From one badge of a card to the next.
pub(super) const BADGE_STEP: f64 = 38.0;

/// How a card looks, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The case waits for it.
    Mandatory,
    /// It may be left undone.
    Optional,
    /// Something to know.
    Information,
}

/// Who acts first in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Actor {
    /// The applicant.
    Applicant,
    /// Somebody else in the case.
    Other,
    /// Nobody: it happens by itself.
    Nobody,
}

/// A clock that is written out on a card.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ClockLines {
    /// Who must act.
    pub(super) holder: Holder,
    /// Whether something ends with it, and not only a warning comes.
    pub(super) is_hard: bool,
    /// Whether waiting costs.
    pub(super) has_price: bool,
    /// Its words.
    pub(super) lines: Vec<String>,
    /// The number of its source in the legend, from 1.
    pub(super) note: usize,
}

/// A small sign on a card that the legend explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Badge {
    /// A clock that several steps have, by its place.
    Clock(usize),
    /// What ends the step, by its place.
    Ends(usize),
    /// It is only for some.
    Condition,
}

/// A card, not yet placed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Card {
    /// Its title in lines.
    pub(super) title: Vec<String>,
    /// What kind of act it is.
    pub(super) kind: Vec<String>,
    /// Clocks written out.
    pub(super) clocks: Vec<ClockLines>,
    /// Signs that the legend explains.
    pub(super) badges: Vec<Badge>,
    /// Whether the signs stand on the last line of the kind, or on one of their own.
    pub(super) is_badge_beside: bool,
    /// How it looks.
    pub(super) look: Look,
    /// Who acts.
    pub(super) actor: Actor,
    /// Whether it is for those who grieve.
    pub(super) is_grief: bool,
    /// Its height.
    pub(super) height: f64,
}

/// A clock that several steps have, written once in the legend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SharedClock {
    /// Who must act.
    pub(super) holder: Holder,
    /// Everything about it, in words.
    pub(super) words: String,
}

/// What cards refer to and the legend explains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shared {
    /// Clocks that several steps have.
    pub(super) clocks: Vec<SharedClock>,
    /// Sets of facts that end steps.
    pub(super) ends: Vec<Vec<AwaitedFact>>,
    /// Sources of the other clocks, in the order they come.
    pub(super) sources: Vec<String>,
    /// Whether some step is only for some.
    pub(super) has_condition: bool,
}

impl Shared {
    /// What the cards of a life event refer to. Clocks of the applicant come first, then those that most steps have.
    pub(super) fn of(subject: &Subject<'_>) -> Shared {
        let mut counts: BTreeMap<SharedClock, usize> = BTreeMap::new();
        for step in subject.definition.steps() {
            for clock in &step.clocks {
                *counts.entry(shared(subject, step, clock)).or_default() += 1;
            }
        }
        let mut all: Vec<(usize, SharedClock)> = counts
            .into_iter()
            .filter(|(_, count)| *count >= SHARED_FROM)
            .map(|(clock, count)| (count, clock))
            .collect();
        all.sort_by(|one, other| one.1.holder.cmp(&other.1.holder).then(other.0.cmp(&one.0)).then(one.1.cmp(&other.1)));
        let mut known = Shared { clocks: all.into_iter().map(|(_, clock)| clock).collect(), ..Shared::default() };
        for step in subject.definition.steps() {
            known.has_condition |= step.condition.is_some();
            let ends = ended_by(subject, step);
            if step.kind != StepKind::Information && !ends.is_empty() && !known.ends.contains(&ends) {
                known.ends.push(ends);
            }
            for clock in &step.clocks {
                let is_shared = known.clocks.contains(&shared(subject, step, clock));
                if !is_shared && !known.sources.contains(&clock.source) {
                    known.sources.push(clock.source.clone());
                }
            }
        }
        known
    }

    /// The letter of a shared clock: A, B, … Z, then A2.
    pub(super) fn letter(place: usize) -> String {
        let letter = char::from(b'A' + u8::try_from(place % 26).unwrap_or(0));
        if place < 26 { letter.to_string() } else { format!("{letter}{}", place / 26 + 1) }
    }

    /// What ends a step, in words.
    pub(super) fn ends_words(subject: &Subject<'_>, facts: &[AwaitedFact]) -> String {
        let facts: Vec<String> = facts.iter().map(|fact| fact_words(subject, fact)).collect();
        format!("{} {}", subject.pick("slutar vid", "ends at"), facts.join(subject.pick(" eller ", " or ")))
    }
}

fn shared(subject: &Subject<'_>, step: &StepDefinition, clock: &ClockDefinition) -> SharedClock {
    let language = subject.language;
    let holder = words::holder(language, clock.holder);
    let when = length(subject, step, clock);
    let then = words::consequence(language, clock.consequence);
    SharedClock { holder: clock.holder, words: format!("{when} · {holder}, {then} · {}", clock.source) }
}

/// When a clock ends, with the questions of forms instead of the fields' slugs.
fn length(subject: &Subject<'_>, step: &StepDefinition, clock: &ClockDefinition) -> String {
    let language = subject.language;
    let all: Vec<String> = clock.latest.iter().map(|term| self::term(subject, step, term)).collect();
    match all.as_slice() {
        [one] => one.clone(),
        several => format!("{}{}", language.pick("det senaste av: ", "the latest of: "), several.join("; ")),
    }
}

fn term(subject: &Subject<'_>, step: &StepDefinition, term: &Term) -> String {
    let language = subject.language;
    let Some((field, is_own)) = words::anchor_field(&term.anchor) else {
        let from = match &term.anchor {
            Anchor::Fact(fact) => fact_words(subject, fact),
            Anchor::Executed(step) => {
                format!("”{}” {}", subject.text(&format!("step-{step}")), subject.pick("genomförts", "is carried out"))
            }
            other => words::anchor(language, other),
        };
        return words::since(language, term, &from);
    };
    let form = if is_own { step.form.as_ref() } else { Some(&subject.definition.parts().form) };
    let question = form.map_or_else(|| field.to_owned(), |form| subject.text(&format!("form-{}-{field}", form.slug)));
    match words::length(language, term) {
        None => format!("{}: {question}", subject.pick("dagen", "the day")),
        Some((length, true)) => format!("{length} {}: {question}", subject.pick("före", "before")),
        Some((length, false)) => format!("{length} {}: {question}", subject.pick("efter", "after")),
    }
}

impl Card {
    /// The card of a step, `wide` units wide. `ports` is the number of lines that come to or leave one side of it, at the most.
    pub(super) fn of(subject: &Subject<'_>, step: &StepDefinition, known: &Shared, ports: usize, wide: f64) -> Card {
        let language = subject.language;
        let room = wide - 2.0 * PAD - 6.0;
        let look = match step.kind {
            StepKind::Information => Look::Information,
            _ if step.is_mandatory => Look::Mandatory,
            _ => Look::Optional,
        };
        let title = wrap(&subject.text(&format!("step-{}", step.slug)), TITLE_SIZE, look != Look::Information, room);
        let mut said = vec![words::kind(language, step.kind).to_owned()];
        if let Some(group) = words::group(step) {
            said.push(format!("{} {}", subject.pick("per", "per"), words::member(language, group)));
        }
        match step.signed_by.len() {
            0 | 1 => {}
            2 => said.push(subject.pick("båda skriver under", "both sign").to_owned()),
            _ => said.push(subject.pick("alla skriver under", "all sign").to_owned()),
        }
        let (mut clocks, mut badges) = (Vec::new(), Vec::new());
        for clock in &step.clocks {
            let whole = shared(subject, step, clock);
            match known.clocks.iter().position(|known| *known == whole) {
                Some(place) => badges.push(Badge::Clock(place)),
                None => clocks.push(clock_lines(subject, step, clock, known, room - SIGN_ROOM)),
            }
        }
        badges.sort_by_key(|badge| match badge {
            Badge::Clock(place) => *place,
            Badge::Ends(_) | Badge::Condition => usize::MAX,
        });
        if look != Look::Information {
            let ends = ended_by(subject, step);
            badges.extend(known.ends.iter().position(|known| *known == ends).map(Badge::Ends));
        }
        if step.condition.is_some() {
            badges.push(Badge::Condition);
        }
        let kind = wrap(&said.join(" · "), TEXT_SIZE, false, room);
        let beside = kind.last().map_or(0.0, |line| width(line, TEXT_SIZE, false)) + 8.0;
        let is_badge_beside = beside + BADGE_STEP * count(badges.len()) <= room;
        let actor = match step.kind {
            StepKind::Automatic | StepKind::Information => Actor::Nobody,
            _ if step.filer() == Role::Applicant => Actor::Applicant,
            _ => Actor::Other,
        };
        let mut card =
            Card { title, kind, clocks, badges, is_badge_beside, look, actor, is_grief: step.is_grief, height: 0.0 };
        let lines: usize = card.clocks.iter().map(|clock| clock.lines.len()).sum();
        let text = card.clocks_top() + TEXT_STEP * count(lines) + 4.0 * count(card.clocks.len()) + 12.0;
        card.height = text.max(PORT_FIRST * 2.0 + PORT_STEP * count(ports.saturating_sub(1)));
        card
    }

    /// From the upper edge to the first line of the kind.
    pub(super) fn kind_top(&self) -> f64 {
        12.0 + TITLE_STEP * count(self.title.len()) + 2.0
    }

    /// From the upper edge to the line of the badges.
    pub(super) fn badges_top(&self) -> f64 {
        let rows = self.kind.len();
        let rows = if self.is_badge_beside { rows.saturating_sub(1) } else { rows };
        let own = if self.is_badge_beside { 0.0 } else { 5.0 };
        self.kind_top() + TEXT_STEP * count(rows) + own
    }

    /// From the upper edge to the first clock.
    pub(super) fn clocks_top(&self) -> f64 {
        let badges = if self.is_badge_beside || self.badges.is_empty() { 0.0 } else { 38.0 };
        self.kind_top() + TEXT_STEP * count(self.kind.len()) + badges + if self.clocks.is_empty() { 0.0 } else { 6.0 }
    }
}

fn clock_lines(
    subject: &Subject<'_>,
    step: &StepDefinition,
    clock: &ClockDefinition,
    known: &Shared,
    room: f64,
) -> ClockLines {
    let note = known.sources.iter().position(|source| *source == clock.source).map_or(0, |place| place + 1);
    // The number of the note stands after the last line, in the card's margin if need be.
    let lines = wrap(&length(subject, step, clock), TEXT_SIZE, false, room);
    ClockLines {
        note,
        holder: clock.holder,
        is_hard: matches!(clock.consequence, Consequence::Closes | Consequence::Settles),
        has_price: clock.has_price,
        lines,
    }
}

/// A number of lines as a length.
pub(super) fn count(lines: usize) -> f64 {
    f64::from(u32::try_from(lines).unwrap_or(u32::MAX))
}
