//! What changes in the texts, message by message, in each language.

use super::{Change, Part, Side, Way};
use crate::show::words::Language;
use livshandelse_core::id::Slug;
use livshandelse_workflows::LANGUAGES;
use std::collections::BTreeMap;

/// Characters of a text that are shown at the most.
const SHOWN_MAX: usize = 160;

pub(super) fn compare(old: &Side, new: &Side, language: Language) -> Vec<Change> {
    let mut changes = Vec::new();
    for code in LANGUAGES {
        let path = format!("texts/{code}.ftl");
        let read = |side: &Side| messages(side.files.get(&path).map_or("", String::as_str));
        let (before, after) = (read(old), read(new));
        for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
            let (way, text) = match (before.get(key), after.get(key)) {
                (Some(was), None) => (Way::Removed, cut(was)),
                (None, Some(is)) => (Way::Added, cut(is)),
                (Some(was), Some(is)) if was != is => (Way::Changed, format!("{} → {}", cut(was), cut(is))),
                _ => continue,
            };
            let step = step_of(new, key).or_else(|| step_of(old, key));
            // A step that came or went is told of whole; its texts would only repeat that.
            if let Some((step, _)) = &step
                && old.bundle.definition.step(step).is_some() != new.bundle.definition.step(step).is_some()
            {
                continue;
            }
            changes.push(Change {
                agency: step.as_ref().map(|(_, agency)| agency.clone()),
                step: step.map(|(step, _)| step),
                part: Part::Text,
                way,
                words: format!("{} ({code}) {key}: {text}", language.pick("texten", "the text")),
            });
        }
    }
    changes
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN_MAX {
        return format!("”{text}”");
    }
    let kept: String = text.chars().take(SHOWN_MAX).collect();
    format!("”{kept}…”")
}

/// The step that a text is about, with its agency: the longest slug that the key names.
fn step_of(side: &Side, key: &str) -> Option<(Slug, Slug)> {
    let rest = ["step-", "clock-", "price-", "condition-"].into_iter().find_map(|prefix| key.strip_prefix(prefix))?;
    let names =
        |slug: &Slug| rest.strip_prefix(slug.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let steps = side.bundle.definition.steps().iter().filter(|step| names(&step.slug));
    steps.max_by_key(|step| step.slug.as_str().len()).map(|step| (step.slug.clone(), step.agency.clone()))
}

/// The messages and terms of a Fluent file, each with its text on one line. The file has been read and checked before.
fn messages(text: &str) -> BTreeMap<String, String> {
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t', '}', '[', '*']) {
            if let Some(message) = current.as_ref().and_then(|key| messages.get_mut(key)) {
                message.push(' ');
                message.push_str(line.trim());
            }
            continue;
        }
        current = None;
        if line.starts_with('#') {
            continue;
        }
        if let Some((key, value)) = line.split_once('=') {
            let key = key.trim().to_owned();
            messages.insert(key.clone(), value.trim().to_owned());
            current = Some(key);
        }
    }
    messages
}
