//! What an update of a watched case changed, for output that only grows: one line for each changed step.

use crate::show::line::{FAINT, Line, PLAIN, STRONG, wrap};
use crate::show::{View, civil, last_part, words};
use livshandelse_proto::v1::{Case, Step};
use std::collections::BTreeMap;

/// A case as far as its updates have been received.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    case: Option<Case>,
}

impl Followed {
    /// The case as it stands; `None` before the first update.
    pub(crate) fn case(&self) -> Option<&Case> {
        self.case.as_ref()
    }

    /// Replaces the whole.
    pub(crate) fn whole(&mut self, case: Case) -> Vec<Step> {
        let changed = changed_steps(self.case.as_ref(), &case.steps);
        self.case = Some(case);
        changed
    }

    /// Takes a change: the case without steps, and steps that replace those of the same name or are new.
    pub(crate) fn change(&mut self, case: Option<Case>, steps: Vec<Step>) -> Vec<Step> {
        let changed = changed_steps(self.case.as_ref(), &steps);
        let mut known = self.case.take().map_or_else(Vec::new, |case| case.steps);
        for step in steps {
            match known.iter_mut().find(|existing| existing.name == step.name) {
                Some(existing) => *existing = step,
                None => known.push(step),
            }
        }
        self.case = case.map(|mut case| {
            case.steps = known;
            case
        });
        changed
    }
}

/// Steps whose status differs from what was known.
fn changed_steps(before: Option<&Case>, steps: &[Step]) -> Vec<Step> {
    let known: BTreeMap<&str, &Step> =
        before.map(|case| case.steps.iter().map(|step| (step.name.as_str(), step)).collect()).unwrap_or_default();
    let status = |step: &Step| {
        (step.state, step.turn, step.outcome, step.appeal_state, step.execution_state, step.incident_open)
    };
    steps
        .iter()
        .filter(|step| known.get(step.name.as_str()).is_none_or(|before| status(before) != status(step)))
        .cloned()
        .collect()
}

/// One line for each changed step, then the headline.
pub(crate) fn lines(case: &Case, changed: &[Step], view: &View) -> Vec<Line> {
    let language = view.language;
    let time = case.update_time.as_ref().map_or_else(String::new, |time| civil(time).to_string());
    let mut lines = Vec::new();
    for step in changed {
        let mut line = Line::of(format!("{time:<16}  "), FAINT)
            .and(last_part(&step.name), STRONG)
            .and(format!("  {}", words::step_state(language, step.state())), PLAIN);
        let outcome = words::outcome(language, step.outcome());
        if !outcome.is_empty() {
            line = line.and(format!(" · {outcome}"), PLAIN);
        }
        lines.extend(wrap(line, view.width, 18));
    }
    if !case.headline.is_empty() {
        let line = Line::of(format!("{time:<16}  "), FAINT).and(case.headline.clone(), PLAIN);
        lines.extend(wrap(line, view.width, 18));
    }
    lines
}
