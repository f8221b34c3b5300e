//! A whole case: first what now, whose turn, what next and by when; then its steps, grouped by who acts.

use crate::show::brief;
use crate::show::day::{day, days_left, distance};
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, wrap, wrap_with_right};
use crate::show::step::{self, Group};
use crate::show::words::{self, Language};
use crate::show::{View, day_of, last_part, own_turn, terms};
use anstyle::Style;
use jiff::civil::Date;
use livshandelse_proto::v1::{Case, CaseState, Child, ChildState, RollUp, Step};

/// How much of a case is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What somebody acts on, in full; everything else in a line or two.
    Glance,
    /// Every step with all that is known of it.
    Whole,
}

/// Renders a case.
pub(crate) fn case(case: &Case, detail: Detail, view: &View) -> Vec<Line> {
    let mut lines = heading(case, view);
    lines.push(Line::empty());
    lines.extend(headline(case, view));
    lines.push(Line::empty());
    lines.extend(progress(case, view));
    for group in Group::ALL {
        let steps = of_group(case, group);
        if steps.is_empty() {
            continue;
        }
        if lines.last().is_some_and(|line| line.width() > 0) {
            lines.push(Line::empty());
        }
        lines.push(group_title(group, steps.len(), view));
        match (detail, group) {
            (Detail::Glance, Group::Waits) => lines.extend(brief::waiting(&steps, view)),
            (Detail::Glance, Group::Done) => lines.extend(brief::done(&steps, case.children.len() <= 1, view)),
            (Detail::Glance, Group::Information | Group::NotNeeded) => lines.extend(brief::titles(&steps, view)),
            (Detail::Glance, Group::YourTurn | Group::YouMay | Group::UnderWay) | (Detail::Whole, _) => {
                let is_only_child = case.children.len() <= 1;
                lines.extend(steps.iter().flat_map(|one| step::step(one, group, is_only_child, view)));
            }
        }
    }
    lines.extend(what_to_type(case, view));
    lines
}

fn heading(case: &Case, view: &View) -> Vec<Line> {
    let language = view.language;
    let title = if case.title.is_empty() { last_part(&case.life_event) } else { &case.title };
    let state = words::case_state(language, case.state(), case.end_reason());
    let mut right = Line::of(state, roll_up_style(case));
    if case.time_lapse {
        right = right.and(language.pick(" · tidsresa", " · time-lapse"), FAINT);
    }
    let mut lines = wrap_with_right(Line::of(title, STRONG), &right, view.width, 0);
    let who = case.parties.iter().map(|party| match (party.display_name.as_str(), party.masked) {
        ("", true) => language.pick("skyddad", "protected").to_owned(),
        ("", false) => language.pick("namn saknas", "no name").to_owned(),
        (name, _) if party.caller => format!("{name} ({})", language.pick("du", "you")),
        (name, _) => name.to_owned(),
    });
    let children = case.children.iter().map(|child| self::child(child, view));
    let facts: Vec<String> = who.chain(children).chain(terms::subjects(case)).collect();
    lines.extend(wrap(Line::of(facts.join(" · "), FAINT), view.width, 0));
    lines.extend(terms::mandates(case, view).into_iter().flat_map(|text| wrap(Line::of(text, FAINT), view.width, 2)));
    if !case.name.is_empty() {
        lines.push(Line::of(last_part(&case.name), FAINT));
    }
    lines
}

fn child(child: &Child, view: &View) -> String {
    let state = words::child(view.language, child.state());
    match (child.state(), &child.birth_time) {
        (ChildState::Born, Some(time)) => {
            format!("{} {state} {}", child.label, day(view.language, day_of(time), view.today))
        }
        _ => format!("{} {state}", child.label),
    }
}

fn roll_up_style(case: &Case) -> Style {
    match (case.state(), case.roll_up()) {
        (CaseState::Draft | CaseState::Unspecified, _) => PLAIN,
        (CaseState::Open | CaseState::Ended, RollUp::Attention) => ATTENTION,
        (CaseState::Open | CaseState::Ended, RollUp::Waiting) => GOING,
        (CaseState::Open | CaseState::Ended, RollUp::Done) => DONE,
        (CaseState::Open | CaseState::Ended, RollUp::Unspecified) => PLAIN,
    }
}

/// What now, what next, by when, behind a bar whose colour says how urgent it is.
fn headline(case: &Case, view: &View) -> Vec<Line> {
    let bar = roll_up_style(case);
    let mut texts = Vec::new();
    if !case.headline.is_empty() {
        texts.push(Line::of(case.headline.clone(), STRONG));
    }
    if !case.next_text.is_empty() {
        texts.push(Line::of(case.next_text.clone(), PLAIN));
    }
    if let Some(time) = &case.next_time {
        texts.push(by_when(day_of(time), view));
    }
    if let (CaseState::Draft, Some(time)) = (case.state(), &case.expire_time) {
        let date = day(view.language, day_of(time), view.today);
        let text = match view.language {
            Language::Sv => format!("Utkastet sparas till {date}. Ingen myndighet ser det."),
            Language::En => format!("The draft is kept until {date}. No agency sees it."),
        };
        texts.push(Line::of(text, FAINT));
    }
    let inner = view.width.saturating_sub(2);
    texts.into_iter().flat_map(|text| wrap(text, inner, 0)).map(|line| Line::of("▌ ", bar).joined(line)).collect()
}

/// `Senast 15 mars · 9 dagar kvar`.
fn by_when(date: Date, view: &View) -> Line {
    let language = view.language;
    let line = Line::of(format!("{} {}", language.pick("Senast", "By"), day(language, date, view.today)), PLAIN);
    match view.today {
        Some(today) => line.and(format!(" · {}", distance(language, days_left(date, today))), PLAIN),
        None => line,
    }
}

fn progress(case: &Case, view: &View) -> Vec<Line> {
    let Some(progress) = case.progress.filter(|progress| progress.mandatory_count > 0) else { return Vec::new() };
    /// Columns of the bar: enough to see thirds and quarters.
    const COLUMNS: u32 = 24;
    let filled = COLUMNS * progress.done_count.min(progress.mandatory_count) / progress.mandatory_count;
    let repeat = |sign: &str, count: u32| sign.repeat(usize::try_from(count).unwrap_or_default());
    let mut text = match view.language {
        Language::Sv => format!("  {} av {} nödvändiga steg klara", progress.done_count, progress.mandatory_count),
        Language::En => format!("  {} of {} necessary steps done", progress.done_count, progress.mandatory_count),
    };
    if progress.unknown_count > 0 {
        text.push_str(&match view.language {
            Language::Sv => format!(" · {} med okänd status", progress.unknown_count),
            Language::En => format!(" · {} with unknown status", progress.unknown_count),
        });
    }
    let line = Line::of(repeat("█", filled), DONE).and(repeat("░", COLUMNS - filled), FAINT).and(text, PLAIN);
    wrap(line, view.width, 0)
}

fn group_title(group: Group, count: usize, view: &View) -> Line {
    Line::of(group.title(view.language), STRONG.fg_color(group.style().get_fg_color())).and(format!("  {count}"), FAINT)
}

/// The steps of a group, the nearest day first, else in the definition's order.
fn of_group(case: &Case, group: Group) -> Vec<&Step> {
    let is_here = |step: &&Step| !step::is_unspoken(step) && group_in(case, step) == group;
    let mut steps: Vec<&Step> = case.steps.iter().filter(is_here).collect();
    steps.sort_by_key(|step| step::sort_day(step, group));
    steps
}

/// Where a step belongs. In a case that has ended nothing is waited for any more.
fn group_in(case: &Case, step: &Step) -> Group {
    match Group::of(step, own_turn(case)) {
        Group::YouMay | Group::Waits if case.state() == CaseState::Ended => Group::NotNeeded,
        group => group,
    }
}

/// The command that answers the first step that asks something.
fn what_to_type(case: &Case, view: &View) -> Vec<Line> {
    let asking = [Group::YourTurn, Group::YouMay].into_iter().flat_map(|group| of_group(case, group));
    let Some(step) = asking.into_iter().find(|step| step.answerable) else { return Vec::new() };
    let fields: String = step.missing_fields.iter().take(3).map(|field| format!(" {}=…", field.field)).collect();
    let text = format!("livshandelse case answer {} {}{fields}", last_part(&case.name), last_part(&step.name));
    let label = view.language.pick("Svara så här:", "Answer like this:");
    let mut lines = vec![Line::empty(), Line::of(label, FAINT)];
    lines.extend(wrap(Line::of("  ", PLAIN).and(text, PLAIN), view.width, 4));
    lines
}
