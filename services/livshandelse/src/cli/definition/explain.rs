//! A life event in words: who does what, what it waits for, and by when.

use crate::show::View;
use crate::show::definition::{self as words, LEVELS};
use crate::show::line::{FAINT, GOING, Line, PLAIN, STRONG, wrap, wrap_with_right};
use livshandelse_core::definition::{ClockDefinition, Need, StepDefinition, StepKind};
use livshandelse_core::form::{Field, FieldKind};
use livshandelse_core::id::Slug;
use livshandelse_workflows::Bundle;

/// The whole life event as lines.
pub(crate) fn lines(bundle: &Bundle, view: &View) -> Vec<Line> {
    let text = |key: &str| bundle.texts.text(view.language.code(), key, &[]);
    let definition = &bundle.definition;
    let mut lines = wrap_with_right(
        Line::of(text("title"), STRONG),
        &Line::of(definition.revision().to_string(), FAINT),
        view.width,
        0,
    );
    lines.extend(wrap(Line::of(text("summary"), PLAIN), view.width, 0));
    for level in LEVELS {
        let steps: Vec<&StepDefinition> = definition
            .steps()
            .iter()
            .filter(|step| definition.agency(&step.agency).is_some_and(|agency| agency.level == level))
            .collect();
        if steps.is_empty() {
            continue;
        }
        lines.push(Line::empty());
        lines.push(Line::of(words::level(view.language, level), GOING.bold()));
        for step in steps {
            lines.extend(self::step(step, bundle, view));
        }
    }
    if !bundle.samples.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::of(view.language.pick("Exempel", "Samples"), STRONG));
        for sample in &bundle.samples {
            let about = sample.about.get(view.language.code()).map(String::as_str).unwrap_or_default();
            let line = Line::of(format!("  {}  ", sample.name), PLAIN).and(about, FAINT);
            lines.extend(wrap(line, view.width, 4));
        }
    }
    lines
}

fn step(step: &StepDefinition, bundle: &Bundle, view: &View) -> Vec<Line> {
    let language = view.language;
    let title = bundle.texts.text(language.code(), &format!("step-{}", step.slug), &[]);
    let mut left = Line::of("  ", PLAIN).and(title, STRONG).and(format!("  {}", step.slug), FAINT);
    if let Some(group) = &step.for_each {
        left = left.and(format!(" · {}", words::for_each(language, group.as_str())), FAINT);
    }
    let mut right = format!("{} · {}", step.agency, words::kind(language, step.kind));
    if !step.is_mandatory && step.kind != StepKind::Information {
        right.push_str(language.pick(" · frivilligt", " · optional"));
    }
    let mut lines = wrap_with_right(left, &Line::of(right, FAINT), view.width, 4);
    if step.condition.is_some() {
        let key = format!("condition-{}", step.slug);
        let label = language.pick("behövs inte när: ", "not needed when: ");
        lines.extend(detail(&format!("{label}{}", bundle.texts.text(language.code(), &key, &[])), view));
    }
    for need in &step.needs {
        lines.extend(detail(&self::need(need, view), view));
    }
    for clock in &step.clocks {
        lines.extend(detail(&self::clock(clock, view), view));
    }
    for (form, field, media_types) in documents(step) {
        let title = bundle.texts.text(language.code(), &format!("form-{form}-{}", field.slug), &[]);
        let must = if field.is_required { language.pick(", krävs", ", required") } else { "" };
        let label = language.pick("tar emot dokument", "takes a document");
        lines.extend(detail(&format!("{label}: {title} ({}{must}; {})", field.slug, media_types.join(", ")), view));
    }
    lines
}

/// The fields of a step's form that take a document, with the form and what they take.
fn documents(step: &StepDefinition) -> impl Iterator<Item = (&Slug, &Field, &[String])> {
    step.form.iter().flat_map(|form| form.fields.iter().map(|field| (&form.slug, field))).filter_map(|(form, field)| {
        match &field.kind {
            FieldKind::Document(media_types) => Some((form, field, media_types.as_slice())),
            FieldKind::Flag
            | FieldKind::Number { .. }
            | FieldKind::Text { .. }
            | FieldKind::Choice(_)
            | FieldKind::Day
            | FieldKind::Party
            | FieldKind::Municipality => None,
        }
    })
}

fn detail(text: &str, view: &View) -> Vec<Line> {
    wrap(Line::of("    ", PLAIN).and(text, FAINT), view.width, 6)
}

fn need(need: &Need, view: &View) -> String {
    let language = view.language;
    let any: Vec<String> = need.any.iter().map(|awaited| words::awaited(language, awaited)).collect();
    format!(
        "{}: {}",
        words::purpose(language, need.purpose),
        words::every(language, need.every.as_ref(), &any.join(language.pick(" eller ", " or ")))
    )
}

fn clock(clock: &ClockDefinition, view: &View) -> String {
    let language = view.language;
    format!(
        "{}: {} ({}; {}) – {}",
        clock.slug,
        words::terms(language, &clock.latest),
        words::holder(language, clock.holder),
        words::consequence(language, clock.consequence),
        clock.source
    )
}

/// The whole life event for programs.
pub(crate) fn as_json(bundle: &Bundle) -> serde_json::Value {
    let view = View { width: 80, language: crate::show::words::Language::En, today: None };
    let steps: Vec<_> = bundle
        .definition
        .steps()
        .iter()
        .map(|step| {
            serde_json::json!({
                "slug": step.slug.as_str(),
                "title": bundle.texts.text("sv", &format!("step-{}", step.slug), &[]),
                "agency": step.agency.as_str(),
                "kind": words::kind(view.language, step.kind),
                "mandatory": step.is_mandatory,
                "for_each": step.for_each.as_ref().map(|group| group.as_str()),
                "mandates": step.mandates.iter().map(|kind| kind.slug()).collect::<Vec<_>>(),
                "amounts": step.amounts.iter().map(|slug| slug.as_str()).collect::<Vec<_>>(),
                "legal_basis": step.legal_basis,
                "form": step.form.as_ref().map(|form| form.slug.as_str()),
                "documents": documents(step)
                    .map(|(_, field, media_types)| {
                        serde_json::json!({
                            "field": field.slug.as_str(),
                            "required": field.is_required,
                            "media_types": media_types,
                        })
                    })
                    .collect::<Vec<_>>(),
                "needs": step.needs.iter().map(|need| self::need(need, &view)).collect::<Vec<_>>(),
                "clocks": step.clocks.iter().map(|clock| self::clock(clock, &view)).collect::<Vec<_>>(),
            })
        })
        .collect();
    serde_json::json!({
        "revision": bundle.definition.revision().to_string(),
        "steps": steps,
        "samples": bundle.samples.iter().map(|sample| sample.name.as_str()).collect::<Vec<_>>(),
    })
}
