//! Steps that nobody acts on now, in as few lines as say enough.

use crate::show::View;
use crate::show::line::{DONE, FAINT, Line, PLAIN, wrap, wrap_with_right};
use crate::show::step::{bare_title, child_label, ended, first_awaited, is_refusal, symbol_of_done};
use livshandelse_proto::v1::Step;

/// Steps of one title, with the children they are for.
struct Merged<'a> {
    key: String,
    title: String,
    children: Vec<&'a str>,
    step: &'a Step,
}

/// Puts steps together that differ only in the child, in the order in which they stand.
fn merge<'a>(steps: &[&'a Step], key: impl Fn(&Step) -> String) -> Vec<Merged<'a>> {
    let mut merged: Vec<Merged<'a>> = Vec::new();
    for step in steps {
        let (key, title) = (key(step), bare_title(step));
        let known = merged.iter_mut().find(|known| known.key == key && known.title == title);
        match (known, child_label(step)) {
            (Some(known), label) => known.children.extend(label),
            (None, label) => merged.push(Merged { key, title, children: label.into_iter().collect(), step }),
        }
    }
    merged
}

/// What is waited for, and below it the steps that wait for it.
pub(crate) fn waiting(steps: &[&Step], view: &View) -> Vec<Line> {
    let mut reasons: Vec<String> = Vec::new();
    for step in steps {
        let reason = first_awaited(step);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let mut lines = Vec::new();
    for reason in reasons {
        let these: Vec<&Step> = steps.iter().copied().filter(|step| first_awaited(step) == reason).collect();
        if !reason.is_empty() {
            lines.extend(wrap(Line::of("  ◌ ", FAINT).and(reason, PLAIN), view.width, 4));
        }
        lines.extend(titles(&these, view));
    }
    lines
}

/// One line for each step that is over, with how it ended.
pub(crate) fn done(steps: &[&Step], is_only_child: bool, view: &View) -> Vec<Line> {
    let how = |step: &Step| {
        let (result, day) = ended(step, view);
        format!("{result} {day}")
    };
    merge(steps, how)
        .iter()
        .flat_map(|merged| {
            let (symbol, style) = symbol_of_done(merged.step);
            let (result, day) = ended(merged.step, view);
            let mut left = Line::of(format!("  {symbol} "), style).and(merged.title.clone(), PLAIN);
            if !is_only_child && !merged.children.is_empty() {
                left = left.and(format!("  {}", merged.children.join(", ")), FAINT);
            }
            left = left.and("  ", PLAIN).and(result, if style == DONE { FAINT } else { style });
            let mut lines = wrap_with_right(left, &Line::of(day, FAINT), view.width, 4);
            if is_refusal(merged.step.outcome()) && !merged.step.decision_text.is_empty() {
                let text = Line::of("    ", PLAIN).and(merged.step.decision_text.clone(), PLAIN);
                lines.extend(wrap(text, view.width, 4));
            }
            lines
        })
        .collect()
}

/// The titles alone, one after the other.
pub(crate) fn titles(steps: &[&Step], view: &View) -> Vec<Line> {
    let titles: Vec<String> = merge(steps, |_| String::new()).into_iter().map(|merged| merged.title).collect();
    wrap(Line::of("    ", PLAIN).and(titles.join(" · "), FAINT), view.width, 4)
}
