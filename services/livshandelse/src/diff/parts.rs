//! What changes in the life event as a whole: its form, its roles, its agencies, what agencies set themselves.

use super::{Change, Part, Side, Way, moved};
use crate::show::definition as words;
use crate::show::words::Language;
use livshandelse_core::definition::{AgencyDefinition, FactKind, GroupDefinition, Members, Parts, RoleDefinition};
use livshandelse_core::form::{Field, FieldKind, Form};
use livshandelse_core::id::Slug;
use std::collections::BTreeMap;

/// Every part by name, so that a new one cannot be forgotten. Steps are compared on their own.
pub(super) fn compare(old: &Side, new: &Side, language: Language) -> Vec<Change> {
    let (before, after) = (old.bundle.definition.parts(), new.bundle.definition.parts());
    let Parts {
        revision: _,
        digest: _,
        agencies,
        form,
        groups,
        roles,
        filed_by,
        about,
        steps: _,
        draft_days,
        attention_days,
        quiet_days,
    } = before;
    let mut changes = Vec::new();
    let mut add = |part: Part, way: Way, words: String| {
        changes.push(Change { agency: None, step: None, part, way, words });
    };
    let days = [
        (*draft_days, after.draft_days, language.pick("dagar ett utkast sparas", "days a draft is kept")),
        (
            *attention_days,
            after.attention_days,
            language.pick("dagar före en frist som det blir bråttom", "days before a deadline when it becomes urgent"),
        ),
        (
            *quiet_days,
            after.quiet_days,
            language.pick("dagar av tystnad efter ett dödsfall", "days of quiet after somebody died"),
        ),
    ];
    for (was, is, what) in days.into_iter().filter(|(was, is, _)| was != is) {
        add(Part::Itself, Way::Changed, format!("{what}: {was} → {is}"));
    }
    for (way, text) in self::form(form, &after.form, language) {
        add(Part::Form, way, text);
    }
    if *about != after.about {
        let (was, is) = (words::role(language, *about), words::role(language, after.about));
        add(Part::Roles, Way::Changed, format!("{}: {was} → {is}", language.pick("handlar om", "it is about")));
    }
    let what = language.pick("får starta ärendet:", "may file the case:");
    for (way, role) in both(filed_by, &after.filed_by) {
        add(Part::Roles, way, format!("{what} {}", words::role(language, *role)));
    }
    let what = language.pick("rollen", "the role");
    let named = |role: &RoleDefinition| role.name.clone();
    for (way, text) in turned(roles, &after.roles, named, |role| self::role(role, language)) {
        add(Part::Roles, way, format!("{what} {text}"));
    }
    let what = language.pick("gruppen", "the group");
    let named = |group: &GroupDefinition| group.slug.clone();
    for (way, text) in turned(groups, &after.groups, named, |group| self::group(group, language)) {
        add(Part::Roles, way, format!("{what} {text}"));
    }
    for agency in &after.agencies {
        match agencies.iter().find(|known| known.slug == agency.slug) {
            None => changes.push(of_agency(
                &agency.slug,
                Way::Added,
                language.pick("ny part i livshändelsen", "new in the life event"),
            )),
            Some(known) if known != agency => {
                let text = format!("{} → {}", self::agency(known, language), self::agency(agency, language));
                changes.push(of_agency(&agency.slug, Way::Changed, &text));
            }
            Some(_) => {}
        }
    }
    for agency in agencies.iter().filter(|agency| after.agencies.iter().all(|known| known.slug != agency.slug)) {
        let text = language.pick("är inte längre med", "is no longer a part of it");
        changes.push(of_agency(&agency.slug, Way::Removed, text));
    }
    changes.extend(variations(old, new, language));
    changes
}

/// Entries of one list only, with how they came or went.
fn both<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> impl Iterator<Item = (Way, &'a T)> {
    let (gone, come) = moved(old, new);
    gone.into_iter().map(|one| (Way::Removed, one)).chain(come.into_iter().map(|one| (Way::Added, one)))
}

/// What came, went or became another of things that have names, in words.
fn turned<T: PartialEq>(
    old: &[T],
    new: &[T],
    name: impl Fn(&T) -> Slug,
    words: impl Fn(&T) -> String,
) -> Vec<(Way, String)> {
    let mut changes = Vec::new();
    for one in old.iter().filter(|one| new.iter().all(|other| name(other) != name(one))) {
        changes.push((Way::Removed, format!("{} ({})", name(one), words(one))));
    }
    for one in new {
        match old.iter().find(|other| name(other) == name(one)) {
            None => changes.push((Way::Added, format!("{} ({})", name(one), words(one)))),
            Some(known) if known != one => {
                changes.push((Way::Changed, format!("{}: {} → {}", name(one), words(known), words(one))));
            }
            Some(_) => {}
        }
    }
    changes
}

fn role(role: &RoleDefinition, language: Language) -> String {
    let RoleDefinition { role, name: _, is_required, count_max } = role;
    let must = if *is_required {
        language.pick("måste finnas", "required")
    } else {
        language.pick("får finnas", "optional")
    };
    format!("{}, {must}, {} {count_max}", words::role(language, *role), language.pick("högst", "at most"))
}

fn group(group: &GroupDefinition, language: Language) -> String {
    let GroupDefinition { slug: _, members, count_max, municipality } = group;
    let members = match members {
        Members::Counted(field) => format!("{} {field}", language.pick("så många som", "as many as")),
        Members::Parties(role) => {
            format!("{} {}", language.pick("en för varje", "one for each"), words::role(language, *role))
        }
        Members::Times { begins, then } => {
            let fact = |kind: &FactKind| words::fact(language, kind.slug());
            let then: Vec<String> = then.iter().map(fact).collect();
            let each = language.pick("en för varje gång", "one for each time");
            let with = if then.is_empty() { "" } else { language.pick(", med ", ", with ") };
            format!("{each}: {}{with}{}", fact(begins), then.join(", "))
        }
    };
    let mut text = format!("{members}, {} {count_max}", language.pick("högst", "at most"));
    if let Some(field) = municipality {
        text.push_str(&format!(", {} {field}", language.pick("kommun enligt", "municipality by")));
    }
    text
}

fn agency(agency: &AgencyDefinition, language: Language) -> String {
    let AgencyDefinition { slug: _, level, routing, reception } = agency;
    let (level, routing) = (words::level(language, *level), words::routing(language, *routing));
    format!("{level}, {routing}, {}", words::reception(language, *reception))
}

fn of_agency(agency: &Slug, way: Way, text: &str) -> Change {
    Change { agency: Some(agency.clone()), step: None, part: Part::Itself, way, words: text.to_owned() }
}

/// What a form asks, before and after.
pub(super) fn form(old: &Form, new: &Form, language: Language) -> Vec<(Way, String)> {
    let mut changes = Vec::new();
    let what = language.pick("frågan", "the question");
    for field in &old.fields {
        if new.field(&field.slug).is_none() {
            changes.push((Way::Removed, format!("{what} {}", self::field(field, language))));
        }
    }
    for field in &new.fields {
        match old.field(&field.slug) {
            None => changes.push((Way::Added, format!("{what} {}", self::field(field, language)))),
            Some(known) if known != field => {
                let (was, is) = (self::field(known, language), self::field(field, language));
                changes.push((Way::Changed, format!("{what} {was} → {is}")));
            }
            Some(_) => {}
        }
    }
    let order = |form: &Form, other: &Form| -> Vec<Slug> {
        form.fields.iter().map(|field| field.slug.clone()).filter(|slug| other.field(slug).is_some()).collect()
    };
    if order(old, new) != order(new, old) {
        let text = language.pick("frågorna kommer i en annan ordning", "the questions come in another order");
        changes.push((Way::Changed, text.to_owned()));
    }
    changes
}

fn field(field: &Field, language: Language) -> String {
    let Field { slug, kind, is_required, evidence, asked_of } = field;
    let kind = match kind {
        FieldKind::Flag => language.pick("ja eller nej", "yes or no").to_owned(),
        FieldKind::Number { min, max } => format!("{} {min}–{max}", language.pick("tal", "number")),
        FieldKind::Text { length_max } => {
            format!(
                "{} {length_max} {}",
                language.pick("text, högst", "text, at most"),
                language.pick("tecken", "characters")
            )
        }
        FieldKind::Choice(choices) => format!("{} {}", language.pick("val:", "choice:"), choices.join(", ")),
        FieldKind::Day => language.pick("dag", "day").to_owned(),
        FieldKind::Party => language.pick("person", "person").to_owned(),
        FieldKind::Municipality => language.pick("kommun", "municipality").to_owned(),
        FieldKind::Document(media_types) => {
            format!("{} {}", language.pick("dokument:", "document:"), media_types.join(", "))
        }
    };
    let mut text = format!("{slug} ({kind}");
    if *is_required {
        text.push_str(language.pick(", krävs", ", required"));
    }
    if let Some(evidence) = evidence {
        text.push_str(&format!(", {} {evidence}", language.pick("besvaras av", "answered by")));
    }
    if let Some(asked) = asked_of {
        text.push_str(&format!(", {} {asked}", language.pick("ställs till", "asked of")));
    }
    text.push(')');
    text
}

/// What agencies set themselves, by municipality and step.
fn variations(old: &Side, new: &Side, language: Language) -> Vec<Change> {
    let settings = |side: &Side| -> BTreeMap<(Slug, String, Slug), String> {
        let all = side.bundle.variations.iter().flat_map(|variation| {
            variation.settings.iter().map(|setting| {
                ((setting.step.clone(), variation.municipality.clone(), setting.key.clone()), setting.value.clone())
            })
        });
        all.collect()
    };
    let (before, after) = (settings(old), settings(new));
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut changes = Vec::new();
    for key in keys {
        let (step, municipality, setting) = key;
        let (way, value) = match (before.get(key), after.get(key)) {
            (None, Some(is)) => (Way::Added, is.clone()),
            (Some(was), None) => (Way::Removed, was.clone()),
            (Some(was), Some(is)) if was != is => (Way::Changed, format!("{was} → {is}")),
            _ => continue,
        };
        let owner = new.bundle.definition.step(step).or_else(|| old.bundle.definition.step(step));
        changes.push(Change {
            agency: owner.map(|step| step.agency.clone()),
            step: Some(step.clone()),
            part: Part::Variation,
            way,
            words: format!("{} {municipality}: {setting} = {value}", language.pick("kommun", "municipality")),
        });
    }
    changes
}
