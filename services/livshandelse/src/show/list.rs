//! A list of cases: one headline each.

use crate::show::day::day;
use crate::show::line::{FAINT, Line, PLAIN, STRONG, wrap, wrap_with_right};
use crate::show::{View, day_of, last_part, words};
use livshandelse_proto::v1::Case;

/// Renders cases, two or three lines each.
pub(crate) fn cases(cases: &[Case], view: &View) -> Vec<Line> {
    let language = view.language;
    if cases.is_empty() {
        let text = language.pick(
            "Du har inga ärenden här. Börja ett: livshandelse case create --help",
            "You have no cases here. Start one: livshandelse case create --help",
        );
        return wrap(Line::of(text, FAINT), view.width, 0);
    }
    let mut lines = Vec::new();
    for case in cases {
        if !lines.is_empty() {
            lines.push(Line::empty());
        }
        let title = if case.title.is_empty() { last_part(&case.life_event) } else { &case.title };
        let state = words::case_state(language, case.state(), case.end_reason());
        let roll_up = words::roll_up(language, case.roll_up());
        let mut right = Line::of(state, PLAIN);
        if case.end_time.is_none() {
            right = right.and(format!(" · {roll_up}"), FAINT);
        }
        lines.extend(wrap_with_right(Line::of(title, STRONG), &right, view.width, 0));
        if !case.headline.is_empty() {
            lines.extend(wrap(Line::of(case.headline.clone(), PLAIN), view.width, 0));
        }
        let changed = case
            .update_time
            .or(case.create_time)
            .map_or_else(String::new, |time| day(language, day_of(&time), view.today));
        lines.extend(wrap_with_right(Line::of(last_part(&case.name), FAINT), &Line::of(changed, FAINT), view.width, 0));
    }
    lines
}
