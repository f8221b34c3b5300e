//! A life event in words: who does what, what it waits for, and by when.

use crate::show::View;
use crate::show::line::{FAINT, GOING, Line, PLAIN, STRONG, wrap, wrap_with_right};
use livshandelse_core::calendar::Period;
use livshandelse_core::definition::{
    Anchor, Awaited, ClockDefinition, Consequence, Holder, Level, Need, NeedFor, StepDefinition, StepKind,
};
use livshandelse_workflows::Bundle;

/// The levels, in the order people meet them.
const LEVELS: [Level; 4] = [Level::State, Level::Region, Level::Municipality, Level::Provider];

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
        lines.push(Line::of(level_word(level, view), GOING.bold()));
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
        left = left.and(format!(" · {} {group}", language.pick("för varje", "for each")), FAINT);
    }
    let mut right = format!("{} · {}", step.agency, kind_word(step.kind, view));
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
    lines
}

fn detail(text: &str, view: &View) -> Vec<Line> {
    wrap(Line::of("    ", PLAIN).and(text, FAINT), view.width, 6)
}

fn need(need: &Need, view: &View) -> String {
    let language = view.language;
    let any: Vec<String> = need.any.iter().map(|awaited| self::awaited(awaited, view)).collect();
    let purpose = match need.purpose {
        NeedFor::ToFile => language.pick("kan lämnas först efter", "can be filed only after"),
        NeedFor::ToBeComplete => language.pick("blir komplett med", "is complete with"),
        NeedFor::ToTakeEffect => language.pick("börjar gälla efter", "takes effect after"),
    };
    format!("{purpose}: {}", any.join(language.pick(" eller ", " or ")))
}

fn awaited(awaited: &Awaited, view: &View) -> String {
    let language = view.language;
    match awaited {
        Awaited::Filed(step) => format!("{step} {}", language.pick("inlämnad", "filed")),
        Awaited::Arrived(step) => format!("{step} {}", language.pick("inkommen", "arrived")),
        Awaited::Decided(step) => format!("{step} {}", language.pick("beslutad", "decided")),
        Awaited::Approved(step) => format!("{step} {}", language.pick("beviljad", "approved")),
        Awaited::Executed(step) => format!("{step} {}", language.pick("genomförd", "carried out")),
        Awaited::Lapsed(step) => format!("{step} {}", language.pick("utan resultat", "lapsed")),
        Awaited::Fact(fact) => format!("{} {fact}", language.pick("händelsen", "the fact")),
        Awaited::Joined(role) => format!("{} {}", role.slug(), language.pick("är med", "has joined")),
        Awaited::ClockEnded { step, clock } => {
            format!("{} {step}/{clock}", language.pick("fristens slut", "the end of"))
        }
    }
}

fn clock(clock: &ClockDefinition, view: &View) -> String {
    let language = view.language;
    let terms: Vec<String> = clock
        .latest
        .iter()
        .map(|term| {
            let named = term
                .named
                .as_ref()
                .map(|named| format!("{} @{}", if named.is_backwards { "−" } else { "+" }, named.slug));
            let parts = [Some(anchor(&term.anchor, view)), period(term.period, view), named];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
        .collect();
    let holder = match clock.holder {
        Holder::Applicant => language.pick("den sökande", "the applicant"),
        Holder::Agency => language.pick("myndigheten", "the agency"),
    };
    let consequence = match clock.consequence {
        Consequence::Closes => language.pick("sedan stängs steget", "then the step closes"),
        Consequence::Overdue => language.pick("sedan är myndigheten sen", "then the agency is late"),
        Consequence::Warns => language.pick("sedan påminns man", "then there is a warning"),
        Consequence::Settles => language.pick("sedan avgör lagen", "then the law settles it"),
    };
    let latest = if terms.len() > 1 { language.pick("det senaste av ", "the latest of ") } else { "" };
    format!("{}: {latest}{} ({holder}; {consequence}) – {}", clock.slug, terms.join(", "), clock.source)
}

fn anchor(anchor: &Anchor, view: &View) -> String {
    let language = view.language;
    match anchor {
        Anchor::CaseFiled => language.pick("starten", "the start").to_owned(),
        Anchor::Opened => language.pick("när det kan göras", "when it can be done").to_owned(),
        Anchor::Filed => language.pick("inlämnandet", "filing").to_owned(),
        Anchor::Arrived => language.pick("ankomsten", "arrival").to_owned(),
        Anchor::Decided => language.pick("beslutet", "the decision").to_owned(),
        Anchor::Received => language.pick("delfåendet", "receipt").to_owned(),
        Anchor::Complete => language.pick("när det är komplett", "completion").to_owned(),
        Anchor::Executed(step) => format!("{} {step}", language.pick("genomförandet av", "the carrying out of")),
        Anchor::Fact(fact) => fact.to_string(),
        Anchor::Input(field) | Anchor::StepInput(field) => field.to_string(),
    }
}

fn period(period: Period, view: &View) -> Option<String> {
    let language = view.language;
    let parts: Vec<String> =
        [(period.months, language.pick("mån", "months")), (period.days, language.pick("dagar", "days"))]
            .into_iter()
            .filter(|(count, _)| *count != 0)
            .map(|(count, unit)| format!("{} {} {unit}", if count < 0 { "−" } else { "+" }, count.abs()))
            .collect();
    if parts.is_empty() { None } else { Some(parts.join(" ")) }
}

fn level_word(level: Level, view: &View) -> &'static str {
    let (sv, en) = match level {
        Level::State => ("Staten", "State"),
        Level::Region => ("Regionen", "Region"),
        Level::Municipality => ("Kommunen", "Municipality"),
        Level::Provider => ("Andra", "Others"),
    };
    view.language.pick(sv, en)
}

fn kind_word(kind: StepKind, view: &View) -> &'static str {
    let (sv, en) = match kind {
        StepKind::Apply => ("ansökan", "application"),
        StepKind::Notify => ("anmälan", "notification"),
        StepKind::Automatic => ("sker av sig självt", "by itself"),
        StepKind::Sign => ("underskrift", "signature"),
        StepKind::Book => ("bokning", "booking"),
        StepKind::Pay => ("betalning", "payment"),
        StepKind::Information => ("information", "information"),
        StepKind::External => ("görs på annat håll", "done elsewhere"),
    };
    view.language.pick(sv, en)
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
                "kind": kind_word(step.kind, &view),
                "mandatory": step.is_mandatory,
                "for_each": step.for_each.as_ref().map(|group| group.as_str()),
                "mandates": step.mandates.iter().map(|kind| kind.slug()).collect::<Vec<_>>(),
                "amounts": step.amounts.iter().map(|slug| slug.as_str()).collect::<Vec<_>>(),
                "legal_basis": step.legal_basis,
                "form": step.form.as_ref().map(|form| form.slug.as_str()),
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
