//! What has happened in a case, one line each.

use crate::show::line::{FAINT, Line, PLAIN, wrap, wrap_with_right};
use crate::show::{View, civil, last_part};
use livshandelse_proto::v1::CaseEvent;

/// Renders events: number, time, what, who.
pub(crate) fn events(events: &[CaseEvent], view: &View) -> Vec<Line> {
    if events.is_empty() {
        let text = view.language.pick("Inget har hänt än.", "Nothing has happened yet.");
        return vec![Line::of(text, FAINT)];
    }
    events.iter().flat_map(|event| line(event, view)).collect()
}

fn line(event: &CaseEvent, view: &View) -> Vec<Line> {
    let time = event.create_time.as_ref().map_or_else(String::new, |time| civil(time).to_string());
    let text = if event.text.is_empty() { event.kind.as_str() } else { event.text.as_str() };
    let mut left = Line::of(format!("{:>4}  {time:<16}  ", event.number), FAINT).and(text, PLAIN);
    if !event.step.is_empty() {
        left = left.and(format!("  {}", last_part(&event.step)), FAINT);
    }
    let right = Line::of(event.actor_text.clone(), FAINT);
    if left.width() > view.width {
        wrap(left.joined(Line::of("  ", PLAIN).joined(right)), view.width, 24)
    } else {
        wrap_with_right(left, &right, view.width, 24)
    }
}
