//! How it stands in one sentence, and what is next.

use super::Sight;
use jiff::civil::Date;
use livshandelse_core::case::{Case, ChildState, End, Stage, Step, StepState};
use livshandelse_core::definition::{Holder, Role};
use livshandelse_core::id::StepId;
use livshandelse_core::status::{self, RollUp, Turn, View};
use livshandelse_core::time::CivilTime;
use livshandelse_workflows::Arg;

use crate::convert::word::{Word as _, kebab};

/// What is said of the whole case.
#[derive(Debug, Default)]
pub(crate) struct Headline {
    pub(crate) text: String,
    pub(crate) next_text: String,
    pub(crate) next_time: Option<CivilTime>,
    pub(crate) step: Option<StepId>,
}

/// The last moment of a day.
pub(super) fn end_of(day: Date) -> CivilTime {
    CivilTime(CivilTime::after(day).0 - 1_000)
}

impl Sight<'_> {
    /// How the case stands now, in one sentence.
    pub(super) fn headline(&self) -> Headline {
        let whole = |key: &str| Headline { text: self.voice.say(key, &[]), ..Headline::default() };
        match self.case.stage {
            Stage::Absent => return Headline::default(),
            Stage::Draft => {
                let day = self.case.expires_at.map(|at| CivilTime(at.0 - 1_000).date());
                let text = day.map(|day| self.voice.say("headline-draft", &[("day", Arg::Day(day))]));
                return Headline { text: text.unwrap_or_default(), ..Headline::default() };
            }
            Stage::Ended(end) => {
                return Headline { text: self.ended(end), ..Headline::default() };
            }
            Stage::Open => {}
        }
        if self.is_grieving() && self.sees_children() {
            return whole("headline-grief");
        }
        let Some(step) = self.first_step() else {
            return self.nobodys_turn();
        };
        let title = self.title(&step.id);
        let day = self.day_of(step);
        let text = self.headline_of(step, &title, day);
        Headline { text, next_text: self.next_text(step), next_time: day.map(end_of), step: Some(step.id.clone()) }
    }

    /// How it ended. What did not come about is named, so that nobody is told that all is done when it is not.
    fn ended(&self, end: End) -> String {
        let key = |end: &str| self.voice.say(&format!("headline-ended-{end}"), &[]);
        match (end, self.unfulfilled()) {
            (End::Completed, Some(lost)) => format!("{} {lost}", key("decided")),
            (End::CannotContinue, Some(lost)) => format!("{} {lost}", key("cannot-continue")),
            (end, _) => key(&kebab(end.pb().as_str_name(), "END_REASON_")),
        }
    }

    /// How it stands while nobody has to act.
    fn nobodys_turn(&self) -> Headline {
        let roll_up = status::roll_up(self.definition, self.case, self.now);
        if roll_up != RollUp::Done || !self.is_whole() {
            return Headline { text: self.voice.say("headline-waiting-for-fact", &[]), ..Headline::default() };
        }
        let refused = self.case.steps.iter().find(|step| status::can_appeal(step) && !step.outcome.is_favourable());
        if let Some(step) = refused
            && let Some(next) = self.definition.step(&step.id.slug).and_then(|known| status::next_day(known, step))
        {
            let title = self.title(&step.id);
            let told = [("step", Arg::Text(&title)), ("day", Arg::Day(next.last_day))];
            return Headline {
                text: self.voice.say("headline-may-appeal", &told),
                next_text: self.next_text(step),
                next_time: Some(end_of(next.last_day)),
                step: Some(step.id.clone()),
            };
        }
        let text = match self.unfulfilled() {
            Some(lost) => format!("{} {lost}", self.voice.say("headline-nothing-left", &[])),
            None => self.voice.say("headline-done", &[]),
        };
        Headline { text, ..Headline::default() }
    }

    /// What did not come about, of what the reader sees.
    fn unfulfilled(&self) -> Option<String> {
        let lost = status::unfulfilled(self.definition, self.case).filter(|step| self.shows(&step.id));
        let titles: Vec<String> = lost.map(|step| self.title(&step.id)).collect();
        let steps = titles.join(", ");
        (!steps.is_empty()).then(|| self.voice.say("headline-unfulfilled", &[("steps", Arg::Text(&steps))]))
    }

    fn headline_of(&self, step: &Step, title: &str, day: Option<Date>) -> String {
        let title_arg = ("step", Arg::Text(title));
        let turn = status::turn_of(self.definition, self.case, step);
        if self.is_my_turn(&step.id, turn) {
            let is_mandatory = self.definition.step(&step.id.slug).is_some_and(|step| step.is_mandatory);
            let is_asked = step.state == StepState::WaitingForApplicant;
            return match day {
                Some(day) if day < self.now.date() => {
                    self.voice.say("headline-attention-passed", &[title_arg, ("day", Arg::Day(day))])
                }
                Some(day) if is_mandatory || is_asked || self.is_near(day) => {
                    self.voice.say("headline-attention-by", &[title_arg, ("day", Arg::Day(day))])
                }
                None if is_mandatory || is_asked => self.voice.say("headline-attention", &[title_arg]),
                Some(_) | None => self.voice.say("headline-optional", &[title_arg]),
            };
        }
        match (turn, step.state) {
            (Turn::CoParty | Turn::Applicant, _) => self.voice.say("headline-co-party", &[title_arg]),
            (Turn::Helper, _) => self.voice.say("headline-helper", &[title_arg]),
            (_, StepState::Unknown) => self.voice.say("headline-unknown", &[title_arg]),
            (_, _) => {
                let agency = self.agency_name(step);
                self.voice.say("headline-waiting", &[title_arg, ("agency", Arg::Text(&agency))])
            }
        }
    }

    fn is_near(&self, day: Date) -> bool {
        status::days_until(self.now.date(), day) <= i64::from(self.definition.parts().attention_days)
    }

    /// The step a person should look at first, among those he sees.
    fn first_step(&self) -> Option<&Step> {
        match self.view {
            View::Whole => status::headline(self.definition, self.case).and_then(|id| self.case.step(&id)),
            View::Of(_) => {
                let open = self.case.steps.iter().map(|step| &**step).filter(|step| self.shows(&step.id));
                let turns = open.map(|step| {
                    let turn = status::turn_of(self.definition, self.case, step);
                    (!self.is_my_turn(&step.id, turn), turn, step)
                });
                // One's own turn first; the applicant's is not for others to be told of.
                let acting = turns
                    .filter(|(is_others, turn, _)| *turn != Turn::Nobody && !(*is_others && *turn == Turn::Applicant));
                acting.min_by_key(|(is_others, turn, _)| (*is_others, *turn)).map(|(_, _, step)| step)
            }
        }
    }

    /// The day by which whoever's turn it is must act: the agency's question first, then the nearest clock.
    pub(super) fn day_of(&self, step: &Step) -> Option<Date> {
        if let Some(due) = step.asked.as_ref().and_then(|asked| asked.due) {
            return Some(due);
        }
        let definition = self.definition.step(&step.id.slug)?;
        let turn = status::turn_of(self.definition, self.case, step);
        let next = status::next_day(definition, step)?;
        let is_theirs = match next.holder {
            Holder::Applicant => matches!(turn, Turn::Applicant | Turn::CoParty | Turn::Helper),
            Holder::Agency => matches!(turn, Turn::Agency | Turn::OtherAgency),
        };
        is_theirs.then_some(next.last_day)
    }

    /// What happens next in a step.
    pub(super) fn next_text(&self, step: &Step) -> String {
        if step.state.is_over() && step.appeal != livshandelse_core::case::AppealState::Open {
            return String::new();
        }
        let Some(definition) = self.definition.step(&step.id.slug) else { return String::new() };
        match &step.asked {
            Some(asked) if self.is_asked(definition, step) => asked.words.to_string(),
            Some(_) => String::new(),
            None => {
                let key = format!("step-{}-next", step.id.slug);
                self.filling(definition, step).say(self.voice, &key, &[])
            }
        }
    }

    pub(super) fn sees_children(&self) -> bool {
        match self.view {
            View::Whole => true,
            View::Of(_) => self.role() == Some(Role::CoParty),
        }
    }

    /// Whether no child of the case is, or may still be, alive.
    fn is_grieving(&self) -> bool {
        is_grieving(self.case)
    }
}

fn is_grieving(case: &Case) -> bool {
    !case.children.is_empty()
        && case.children.iter().all(|child| match child.state {
            ChildState::Stillborn(_) | ChildState::Dead(_) => true,
            ChildState::Expected | ChildState::Born(_) => false,
        })
}

#[cfg(test)]
mod tests;
