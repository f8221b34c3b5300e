//! One step of a case, as much of it as its group needs.

use crate::show::day::{day, days_left, distance};
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, WRONG, wrap, wrap_with_right};
use crate::show::words::{self, Language};
use crate::show::{View, date_of, day_of, last_part, terms};
use anstyle::Style;
use jiff::civil::Date;
use livshandelse_proto::v1::{
    AppealState, Clock, ClockKind, ClockState, ExecutionState, NeedEvent, NeedPurpose, Outcome, Step, StepKind,
    StepState, Turn,
};

/// Days before a last day when it is shown as urgent; the case's own roll-up is the service's to say.
const NEAR_DAYS: i32 = 7;

/// Who acts in a step, in the order a person reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The reader must act.
    YourTurn,
    /// The reader may act; nothing waits for it.
    YouMay,
    /// Somebody else acts.
    UnderWay,
    /// It cannot begin yet.
    Waits,
    /// Nothing more is to happen.
    Done,
    /// Something to know.
    Information,
    /// Proposed as not needed.
    NotNeeded,
}

impl Group {
    /// Every group, in order.
    pub(crate) const ALL: [Group; 7] = [
        Group::YourTurn,
        Group::YouMay,
        Group::UnderWay,
        Group::Waits,
        Group::Done,
        Group::Information,
        Group::NotNeeded,
    ];

    /// Where a step belongs, for a reader whose own turn is known.
    pub(crate) fn of(step: &Step, own_turn: Turn) -> Group {
        // Who acts for another has that person's turn where it may be answered.
        let is_ones = matches!(step.turn(), Turn::Applicant | Turn::CoParty | Turn::Helper);
        let is_own = step.turn() == own_turn || step.answerable && is_ones;
        match step.state() {
            StepState::NotNeeded => Group::NotNeeded,
            StepState::Done | StepState::Withdrawn => Group::Done,
            _ if step.kind() == StepKind::Information => Group::Information,
            StepState::Ready | StepState::Draft if is_own && !step.mandatory => Group::YouMay,
            _ if is_own => Group::YourTurn,
            StepState::Blocked => Group::Waits,
            StepState::Ready | StepState::Draft if step.turn() == Turn::Nobody => Group::Waits,
            StepState::Unspecified
            | StepState::Unknown
            | StepState::Ready
            | StepState::Draft
            | StepState::Submitted
            | StepState::Received
            | StepState::InProgress
            | StepState::WaitingForApplicant
            | StepState::WaitingForOther
            | StepState::Decided
            | StepState::InExecution
            | StepState::FailedDelivery => Group::UnderWay,
        }
    }

    /// Its title.
    pub(crate) fn title(self, language: Language) -> &'static str {
        let (sv, en) = match self {
            Group::YourTurn => ("Din tur", "Your turn"),
            Group::YouMay => ("Du kan också", "You may also"),
            Group::UnderWay => ("Pågår", "Under way"),
            Group::Waits => ("Väntar", "Waits"),
            Group::Done => ("Klart", "Done"),
            Group::Information => ("Bra att veta", "Good to know"),
            Group::NotNeeded => ("Behövs inte", "Not needed"),
        };
        language.pick(sv, en)
    }

    /// Its colour.
    pub(crate) fn style(self) -> Style {
        match self {
            Group::YourTurn => ATTENTION,
            Group::YouMay => PLAIN,
            Group::UnderWay => GOING,
            Group::Waits | Group::Information | Group::NotNeeded => FAINT,
            Group::Done => DONE,
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Group::YourTurn => "●",
            Group::YouMay => "○",
            Group::UnderWay => "◐",
            Group::Waits => "◌",
            Group::Done => "✓",
            Group::Information => "·",
            Group::NotNeeded => "–",
        }
    }
}

/// What steps of one group are sorted by: nearest day first, those without last. Groups of steps that wait for nothing
/// keep the definition's order.
pub(crate) fn sort_day(step: &Step, group: Group) -> (bool, Option<Date>) {
    let date = match group {
        Group::YourTurn | Group::YouMay | Group::UnderWay => deadline(step).map(|(date, _)| date),
        Group::Waits | Group::Done | Group::Information | Group::NotNeeded => None,
    };
    (date.is_none(), date)
}

/// Renders a step.
///
/// `is_only_child` leaves out which child it is about.
pub(crate) fn step(step: &Step, group: Group, is_only_child: bool, view: &View) -> Vec<Line> {
    let (symbol, style) = symbol(step, group);
    let title_style = match group {
        Group::YourTurn | Group::YouMay | Group::UnderWay | Group::Waits | Group::Done => PLAIN,
        Group::Information | Group::NotNeeded => FAINT,
    };
    let title = title(step, is_only_child, view);
    match group {
        Group::YourTurn | Group::YouMay => {
            let head = Line::of(format!("  {symbol} "), style).and(title, PLAIN.bold());
            let head = head.and(format!("  {}", last_part(&step.name)), FAINT);
            let mut lines = wrap_with_right(head, &due(step, view), view.width, 4);
            lines.extend(below(&place(step, view), FAINT, view));
            lines.extend(asked(step, group, view));
            lines.extend(terms::amounts(step).into_iter().flat_map(|text| below(&text, FAINT, view)));
            lines
        }
        Group::UnderWay => {
            let head = Line::of(format!("  {symbol} "), style).and(title, PLAIN);
            let mut lines = wrap_with_right(head, &expected(step, view), view.width, 4);
            lines.extend(below(&place(step, view), FAINT, view));
            lines.extend(said(step, view));
            lines.extend(terms::decision(step, view).into_iter().flat_map(|text| below(&text, FAINT, view)));
            lines
        }
        Group::Waits => {
            let head = Line::of(format!("  {symbol} "), style).and(title, PLAIN);
            let mut lines = wrap_with_right(head, &Line::of(agency(step), FAINT), view.width, 4);
            lines.extend(below(&awaited(step), FAINT, view));
            lines
        }
        Group::Done => {
            let (result, when) = ended(step, view);
            let head = Line::of(format!("  {symbol} "), style).and(title, PLAIN).and("  ", PLAIN).and(result, FAINT);
            let mut lines = wrap_with_right(head, &Line::of(when, FAINT), view.width, 4);
            if is_refusal(step.outcome()) || step.outcome() == Outcome::PartlyApproved {
                lines.extend(below(&step.decision_text, PLAIN, view));
            }
            lines.extend(terms::decision(step, view).into_iter().flat_map(|text| below(&text, FAINT, view)));
            lines
        }
        Group::Information => {
            let head = Line::of(format!("  {symbol} "), style).and(title, title_style);
            wrap_with_right(head, &Line::of(agency(step), FAINT), view.width, 4)
        }
        Group::NotNeeded => {
            let head = Line::of(format!("  {symbol} "), style).and(title, title_style);
            let mut lines = wrap_with_right(head, &Line::empty(), view.width, 4);
            lines.extend(below(&reason(step), FAINT, view));
            lines
        }
    }
}

fn title(step: &Step, is_only_child: bool, view: &View) -> String {
    let title = bare_title(step);
    match (&step.subject, child_label(step)) {
        (Some(subject), _) if is_only_child && subject.kind == "child" => title,
        (_, Some(label)) => format!("{title} · {label}"),
        (Some(subject), None) if subject.number > 0 && subject.kind == "child" => {
            format!("{title} · {} {}", view.language.pick("barn", "child"), subject.number)
        }
        (Some(subject), None) if subject.number > 0 => format!("{title} · {}", subject.number),
        (Some(_) | None, None) => title,
    }
}

/// The title without the child it is for.
pub(crate) fn bare_title(step: &Step) -> String {
    let title = if step.title.is_empty() { step.slug.as_str() } else { step.title.as_str() };
    let label = child_label(step).unwrap_or_default();
    title.strip_suffix(label).map_or(title, |bare| bare.trim_end_matches([' ', ',', '·'])).to_owned()
}

/// The child that a step is for.
pub(crate) fn child_label(step: &Step) -> Option<&str> {
    step.subject.as_ref().map(|subject| subject.label.as_str()).filter(|label| !label.is_empty())
}

/// Whether a step is only there in case of a death that nobody has told of. It is not put before people who wait for a
/// child.
pub(crate) fn is_unspoken(step: &Step) -> bool {
    step.needs.iter().any(|need| {
        let kind = need.slug.split(':').next().unwrap_or_default();
        !need.met && need.event() == NeedEvent::Fact && matches!(kind, "stillbirth" | "death")
    })
}

/// The first thing that a step still waits for.
pub(crate) fn first_awaited(step: &Step) -> String {
    let open = step.needs.iter().find(|need| !need.met && need.purpose() == NeedPurpose::ToFile);
    open.map_or_else(|| reason(step), |need| need.text.clone())
}

/// How a step ended, and on which day.
pub(crate) fn ended(step: &Step, view: &View) -> (String, String) {
    let time = step.decide_time.or(step.as_of_time);
    (result(step, view), time.map_or_else(String::new, |time| day(view.language, day_of(&time), view.today)))
}

/// The sign of a step that is over.
pub(crate) fn symbol_of_done(step: &Step) -> (&'static str, Style) {
    symbol(step, Group::Done)
}

fn symbol(step: &Step, group: Group) -> (&'static str, Style) {
    match step.state() {
        StepState::FailedDelivery => ("!", WRONG),
        StepState::Unknown | StepState::Unspecified => ("?", ATTENTION),
        StepState::Done if is_refusal(step.outcome()) => ("✗", WRONG),
        StepState::Withdrawn => ("↩", FAINT),
        _ => (group.symbol(), group.style()),
    }
}

/// Whether an agency said no.
pub(crate) fn is_refusal(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Rejected | Outcome::Dismissed)
}

fn agency(step: &Step) -> String {
    step.agency.as_ref().map_or_else(String::new, |agency| agency.display_name.clone())
}

/// The running clock that matters most: the nearest that whoever has the turn must keep, else the nearest.
fn clock(step: &Step) -> Option<(&Clock, Date)> {
    let running = step
        .clocks
        .iter()
        .filter(|clock| clock.state() == ClockState::Running && clock.kind() != ClockKind::Appeal)
        .filter_map(|clock| Some((clock, date_of(clock.end_date.as_ref()?)?)));
    let held = running.clone().filter(|(clock, _)| clock.holder() == step.turn());
    held.min_by_key(|(_, date)| *date).or_else(|| running.min_by_key(|(_, date)| *date))
}

/// By when, and under which clock's title.
fn deadline(step: &Step) -> Option<(Date, String)> {
    let asked = step.supplement.as_ref().and_then(|supplement| date_of(supplement.respond_by_date.as_ref()?));
    match (asked, clock(step)) {
        (Some(date), _) => Some((date, String::new())),
        (None, Some((clock, date))) => Some((date, clock.title.clone())),
        (None, None) => step.next_time.map(|time| (day_of(&time), String::new())),
    }
}

/// `9 dagar kvar · 15 mars`, coloured by how near it is.
fn due(step: &Step, view: &View) -> Line {
    let Some((date, _)) = deadline(step) else { return Line::empty() };
    let shown = day(view.language, date, view.today);
    let Some(today) = view.today else {
        return Line::of(format!("{} {shown}", view.language.pick("senast", "by")), PLAIN);
    };
    let days = days_left(date, today);
    let style = match days {
        ..0 => WRONG,
        0..=NEAR_DAYS => ATTENTION,
        _ => PLAIN,
    };
    Line::of(distance(view.language, days), style).and(format!(" · {shown}"), FAINT)
}

/// When somebody else is expected to have acted.
fn expected(step: &Step, view: &View) -> Line {
    let language = view.language;
    if let Some(date) = step.expected_decide_date.as_ref().and_then(date_of) {
        let text = language.pick("väntas", "expected");
        return Line::of(format!("{text} {}", day(language, date, view.today)), FAINT);
    }
    let Some((date, _)) = deadline(step) else { return Line::empty() };
    let is_late = view.today.is_some_and(|today| days_left(date, today) < 0);
    let text = if is_late { language.pick("skulle ha skett", "was due") } else { language.pick("senast", "by") };
    Line::of(format!("{text} {}", day(language, date, view.today)), if is_late { ATTENTION } else { FAINT })
}

/// `Skatteverket · Handläggs · FR 2026/0123 · sedan 16 mars`.
fn place(step: &Step, view: &View) -> String {
    let language = view.language;
    let mut parts = vec![agency(step)];
    parts.push(words::step_state(language, step.state()).to_owned());
    parts.push(match step.turn() {
        turn @ (Turn::CoParty | Turn::OtherAgency | Turn::Helper) => words::turn(language, turn).to_owned(),
        Turn::Unspecified | Turn::Applicant | Turn::Agency | Turn::Nobody => String::new(),
    });
    parts.push(words::outcome(language, step.outcome()).to_owned());
    parts.push(execution(step, view));
    parts.push(step.agency_case_number.clone());
    let is_begun = !matches!(step.state(), StepState::Blocked | StepState::Ready | StepState::Draft);
    if let Some(time) = step.as_of_time.as_ref().filter(|_| is_begun || step.stale) {
        let since = day(language, day_of(time), view.today);
        parts.push(match (step.stale, language) {
            (false, Language::Sv) => format!("sedan {since}"),
            (false, Language::En) => format!("since {since}"),
            (true, Language::Sv) => format!("inget hört sedan {since}, kan vara inaktuellt"),
            (true, Language::En) => format!("nothing heard since {since}, may be out of date"),
        });
    }
    if step.withdrawal_requested {
        parts.push(language.pick("återkallelse skickad", "withdrawal sent").to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// How far a decision has been carried out, and since when it is interrupted.
fn execution(step: &Step, view: &View) -> String {
    let said = words::execution(view.language, step.execution_state());
    match step.interrupt_date.as_ref().and_then(date_of) {
        Some(date) if step.execution_state() == ExecutionState::Interrupted => {
            let since = view.language.pick("sedan", "since");
            format!("{said} {since} {}", day(view.language, date, view.today))
        }
        Some(_) | None => said.to_owned(),
    }
}

/// What the reader is asked, why, and what it costs to wait.
fn asked(step: &Step, group: Group, view: &View) -> Vec<Line> {
    let language = view.language;
    let mut lines = Vec::new();
    if let Some(supplement) = &step.supplement {
        lines.extend(below(&quoted(&supplement.text), PLAIN, view));
        lines.extend(below(&supplement.consequence, ATTENTION, view));
        lines.extend(terms::payment(supplement, view).into_iter().flat_map(|text| below(&text, STRONG, view)));
    } else if group == Group::YourTurn {
        lines.extend(below(&step.next_text, PLAIN, view));
    }
    if let Some((clock, _)) = clock(step) {
        lines.extend(below(&clock.price_text, ATTENTION, view));
    }
    if let Some(fee) = &step.fee {
        lines.extend(below(&fee.text, PLAIN, view));
    }
    let missing: Vec<String> = step
        .missing_fields
        .iter()
        .map(
            |field| {
                if field.text.is_empty() { field.field.clone() } else { format!("{} ({})", field.text, field.field) }
            },
        )
        .collect();
    if !missing.is_empty() && group == Group::YourTurn {
        let label = language.pick("Saknas: ", "Missing: ");
        lines.extend(below(&format!("{label}{}", missing.join(", ")), FAINT, view));
    }
    if group == Group::YourTurn {
        lines.extend(needs(step, view));
    }
    lines
}

/// What is missing without holding it back.
fn needs(step: &Step, view: &View) -> Vec<Line> {
    let open: Vec<&str> = step.needs.iter().filter(|need| !need.met).map(|need| need.text.as_str()).collect();
    if open.is_empty() {
        return Vec::new();
    }
    let label = view.language.pick("Kan kompletteras senare: ", "May be added later: ");
    below(&format!("{label}{}", open.join(", ")), FAINT, view)
}

/// What the agency said, in its own words, and what is wrong.
fn said(step: &Step, view: &View) -> Vec<Line> {
    let mut lines = below(&quoted(&step.agency_words), PLAIN, view);
    lines.extend(below(&step.delay_reason, ATTENTION, view));
    match step.state() {
        StepState::FailedDelivery | StepState::Unknown => lines.extend(below(&reason(step), PLAIN, view)),
        _ => {}
    }
    if step.incident_open {
        let text = view.language.pick(
            "Ett tekniskt fel: den som driver tjänsten lagar det. Du behöver inte göra något.",
            "A technical fault: the operator mends it. You need not do anything.",
        );
        lines.extend(below(text, ATTENTION, view));
    }
    lines
}

fn awaited(step: &Step) -> String {
    let open: Vec<&str> = step.needs.iter().filter(|need| !need.met).map(|need| need.text.as_str()).collect();
    if open.is_empty() { reason(step) } else { open.join(" · ") }
}

/// How a finished step ended.
fn result(step: &Step, view: &View) -> String {
    let language = view.language;
    let mut parts = vec![match step.state() {
        StepState::Withdrawn => words::step_state(language, StepState::Withdrawn).to_owned(),
        _ => words::outcome(language, step.outcome()).to_owned(),
    }];
    parts.push(words::execution(language, step.execution_state()).to_owned());
    let until = step
        .clocks
        .iter()
        .find(|clock| clock.kind() == ClockKind::Appeal && clock.state() == ClockState::Running)
        .and_then(|clock| date_of(clock.end_date.as_ref()?));
    let appeal = match step.appeal_state() {
        // That the time has run out is said of nearly every decision: it tells nothing that the reader acts on.
        AppealState::Late => "",
        state => words::appeal(language, state),
    };
    parts.push(match until {
        Some(date) if !appeal.is_empty() => {
            format!("{appeal} {} {}", language.pick("till", "until"), day(language, date, view.today))
        }
        Some(_) | None => appeal.to_owned(),
    });
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

fn reason(step: &Step) -> String {
    step.reason.as_ref().map_or_else(String::new, |reason| match reason.legal_basis.as_str() {
        "" => reason.text.clone(),
        basis => format!("{} ({basis})", reason.text),
    })
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("”{text}”") }
}

/// A text under its step.
fn below(text: &str, style: Style, view: &View) -> Vec<Line> {
    if text.is_empty() { Vec::new() } else { wrap(Line::of("    ", PLAIN).and(text, style), view.width, 4) }
}
