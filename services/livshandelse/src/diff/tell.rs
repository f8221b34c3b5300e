//! Says what a revision changes: lines for people, JSON for programs.

use super::{Change, Difference, Side, Way};
use crate::show::View;
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, WRONG, wrap, wrap_with_right};
use livshandelse_core::id::Slug;
use livshandelse_workflows::Arg;

/// The difference as lines.
pub(crate) fn lines(difference: &Difference, old: &Side, new: &Side, view: &View) -> Vec<Line> {
    let language = view.language;
    let (before, after) = (old.bundle.definition.revision(), new.bundle.definition.revision());
    if difference.is_empty() {
        let text = language.pick("Inget skiljer dem åt.", "Nothing is different.");
        return vec![Line::of(format!("{before} · {after}  "), STRONG).and(text, PLAIN)];
    }
    let title = new.bundle.texts.text(language.code(), "title", &[]);
    let head = Line::of(title, STRONG);
    let mut lines = wrap_with_right(head, &Line::of(format!("{before} → {after}"), FAINT), view.width, 0);
    let mut last: Option<&Option<Slug>> = None;
    let mut last_step: Option<&Slug> = None;
    for change in &difference.changes {
        if last != Some(&change.agency) {
            lines.push(Line::empty());
            lines.extend(agency_line(change, difference, old, new, view));
            (last, last_step) = (Some(&change.agency), None);
        }
        if change.step.as_ref() != last_step
            && let Some(step) = &change.step
        {
            let side = if new.bundle.definition.step(step).is_some() { new } else { old };
            let title = side.bundle.texts.text(language.code(), &format!("step-{step}"), &[]);
            lines.extend(wrap(Line::of(format!("  {title}  "), STRONG).and(step.as_str(), FAINT), view.width, 4));
            last_step = Some(step);
        }
        let (sign, style) = match change.way {
            Way::Added => ("+", DONE),
            Way::Removed => ("−", WRONG),
            Way::Changed => ("~", GOING),
        };
        let indent = if change.step.is_some() { "    " } else { "  " };
        let line = Line::of(format!("{indent}{sign} "), style).and(change.words.clone(), PLAIN);
        lines.extend(wrap(line, view.width, indent.len() + 2));
    }
    lines.push(Line::empty());
    lines.push(Line::of(language.pick("Vad det betyder", "What it means"), GOING.bold()));
    for (text, is_wrong) in meaning(difference, old, new, view) {
        let style = if is_wrong { WRONG } else { PLAIN };
        lines.extend(wrap(Line::of("  ", PLAIN).and(text, style), view.width, 2));
    }
    lines
}

fn agency_line(change: &Change, difference: &Difference, old: &Side, new: &Side, view: &View) -> Vec<Line> {
    let language = view.language;
    let Some(agency) = &change.agency else {
        return vec![Line::of(language.pick("Hela livshändelsen", "The life event as a whole"), GOING.bold())];
    };
    let side = if new.bundle.definition.agency(agency).is_some() { new } else { old };
    let name = agency_name(side, agency, view);
    let must = difference.approvals.contains(agency);
    let right = if must { Line::of(language.pick("ska godkänna", "must approve"), ATTENTION) } else { Line::empty() };
    wrap_with_right(Line::of(name, GOING.bold()).and(format!("  {agency}"), FAINT), &right, view.width, 2)
}

/// The name of an agency, without the place that a case would give it.
fn agency_name(side: &Side, agency: &Slug, view: &View) -> String {
    let place = view.language.pick("kommunen eller regionen", "the municipality or region");
    let text =
        side.bundle.texts.text(view.language.code(), &format!("agency-{agency}"), &[("place", Arg::Text(place))]);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the difference means for cases, agencies and whoever publishes. With it, whether it stands in the way.
fn meaning(difference: &Difference, old: &Side, new: &Side, view: &View) -> Vec<(String, bool)> {
    let language = view.language;
    let (before, after) = (old.bundle.definition.revision(), new.bundle.definition.revision());
    let mut said = Vec::new();
    if difference.is_number_taken {
        let (sv, en) = (
            format!(
                "Numret {} är upptaget av annat innehåll och skulle nekas. Ge ändringen revision {}.",
                after.number,
                before.number + 1
            ),
            format!(
                "Number {} is taken by other content and would be refused. Give the change revision {}.",
                after.number,
                before.number + 1
            ),
        );
        said.push((language.pick(&sv, &en).to_owned(), true));
    }
    if difference.is_correction {
        let text = language.pick(
            "Bara texter eller lokala inställningar är ändrade. Det behöver inget nytt nummer, och alla ärenden visas med de nya orden.",
            "Only texts or local settings have changed. That takes no new number, and all cases are shown with the new words.",
        );
        said.push((text.to_owned(), false));
        return said;
    }
    let (sv, en) = (
        format!(
            "Pågående ärenden: inget. De behåller revision {} till sitt slut. Bara nya ärenden följer revision {}.",
            before.number, after.number
        ),
        format!(
            "Cases under way: nothing. They keep revision {} to their end. Only new cases follow revision {}.",
            before.number, after.number
        ),
    );
    said.push((language.pick(&sv, &en).to_owned(), false));
    if difference.approvals.is_empty() {
        let text = language.pick(
            "Ingen myndighets steg är ändrade: ingen behöver godkänna.",
            "No agency's steps have changed: nobody needs to approve.",
        );
        said.push((text.to_owned(), false));
    } else {
        let names: Vec<&str> = difference.approvals.iter().map(Slug::as_str).collect();
        let (sv, en) = (
            format!(
                "Ska godkänna: {}. Nya ärenden på en ort följer revisionen när alla där har gjort det.",
                names.join(", ")
            ),
            format!(
                "Must approve: {}. New cases in a place follow the revision once all there have done so.",
                names.join(", ")
            ),
        );
        said.push((language.pick(&sv, &en).to_owned(), false));
    }
    said
}

/// The difference for programs.
pub(crate) fn as_json(difference: &Difference, old: &Side, new: &Side) -> serde_json::Value {
    let changes: Vec<_> = difference
        .changes
        .iter()
        .map(|change| {
            serde_json::json!({
                "agency": change.agency.as_ref().map(Slug::as_str),
                "step": change.step.as_ref().map(Slug::as_str),
                "part": change.part.slug(),
                "way": match change.way {
                    Way::Added => "added",
                    Way::Removed => "removed",
                    Way::Changed => "changed",
                },
                "needs_approval": change.part.needs_approval()
                    && change.agency.as_ref().is_some_and(|agency| difference.approvals.contains(agency)),
                "words": change.words,
            })
        })
        .collect();
    serde_json::json!({
        "old": old.bundle.definition.revision().to_string(),
        "new": new.bundle.definition.revision().to_string(),
        "changes": changes,
        "must_approve": difference.approvals.iter().map(Slug::as_str).collect::<Vec<_>>(),
        "number_taken": difference.is_number_taken,
        "correction_only": difference.is_correction,
    })
}
