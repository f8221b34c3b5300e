//! The unified status of all cases of the demonstration, live.

use crate::demo::play::Player;
use crate::output::{Canvas, Output};
use crate::show::View;
use crate::show::line::{ATTENTION, DONE, FAINT, GOING, Line, PLAIN, STRONG, WRONG, wrap, wrap_with_right};
use crate::show::words::{self, Language};
use crate::show::{changes::Followed, day, last_part};
use anstyle::Style;
use livshandelse_core::time::CivilTime;
use livshandelse_proto::v1::{Case, CaseState, Outcome, RollUp, Step, StepKind, StepState};
use std::collections::{BTreeMap, VecDeque};

/// Happenings that stay on the screen.
const HAPPENINGS_LEN: usize = 8;

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Table {
    canvas: Canvas,
    happenings: VecDeque<Line>,
    /// What was last told of a step: the same state is not told twice because an appeal or its execution moved.
    told: BTreeMap<String, (i32, i32)>,
    is_live: bool,
    output: Output,
}

impl Table {
    /// A table that is redrawn in place on a terminal; elsewhere each happening is a line.
    pub(crate) fn new(output: Output) -> Table {
        let is_live = output.is_terminal() && !output.is_json();
        Table { canvas: Canvas::default(), happenings: VecDeque::new(), told: BTreeMap::new(), is_live, output }
    }

    /// Notes what changed in a case.
    pub(crate) fn note(&mut self, sample: &str, followed: &Followed, changed: &[Step], now: CivilTime) {
        for step in changed.iter().filter(|step| is_worth_telling(step)) {
            let state = (step.state, step.outcome);
            if self.told.insert(step.name.clone(), state) != Some(state) {
                let line = self.happening(sample, step, now);
                self.tell(line);
            }
        }
        if let Some(case) = followed.case().filter(|case| case.state() == CaseState::Ended) {
            let view = self.view(now);
            let state = words::case_state(view.language, case.state(), case.end_reason());
            let line = Line::of(format!("{}  ", date(now)), FAINT).and(sample, STRONG).and(format!("  {state}"), DONE);
            self.tell(line);
        }
    }

    /// Notes what somebody did, or could not do.
    pub(crate) fn say(&mut self, sample: &str, text: &str, now: CivilTime, is_wrong: bool) {
        let style = if is_wrong { WRONG } else { FAINT };
        let line = Line::of(format!("{}  ", date(now)), FAINT).and(sample, STRONG).and(format!("  {text}"), style);
        self.tell(line);
    }

    fn tell(&mut self, line: Line) {
        if self.is_live {
            self.happenings.push_back(line);
            if self.happenings.len() > HAPPENINGS_LEN {
                self.happenings.pop_front();
            }
        } else if !self.output.is_json() {
            self.output.lines(&wrap(line, self.output.width(), 12));
        }
    }

    fn view(&self, now: CivilTime) -> View {
        self.output.view(Some(now.date()))
    }

    /// Draws everything as it stands.
    pub(crate) fn draw(&mut self, players: &[Player], now: CivilTime) {
        if !self.is_live {
            return;
        }
        let lines = self.lines(players, now);
        self.canvas.draw(&lines, self.output.language());
    }

    /// Draws for the last time, whole, and leaves it standing.
    pub(crate) fn finish(&mut self, players: &[Player], now: CivilTime) {
        if self.is_live {
            self.canvas.clear();
            self.happenings.clear();
        }
        if !self.output.is_json() {
            let lines = self.lines(players, now);
            self.output.lines(&lines);
        }
    }

    fn lines(&self, players: &[Player], now: CivilTime) -> Vec<Line> {
        let view = self.view(now);
        let right =
            Line::of(format!("{} {}", weekday(view.language, now), day::day(view.language, now.date(), None)), STRONG);
        let title = view.language.pick("Livshändelse · tidsresa", "Livshändelse · time-lapse");
        let mut lines = wrap_with_right(Line::of(title, STRONG), &right, view.width, 0);
        lines.push(Line::empty());
        for player in players {
            lines.extend(self::player(player, &view));
        }
        if !self.happenings.is_empty() {
            lines.push(Line::empty());
            lines.extend(self.happenings.iter().map(|line| line.clone().cut(view.width)));
        }
        lines
    }

    fn happening(&self, sample: &str, step: &Step, now: CivilTime) -> Line {
        let language = self.output.language();
        let agency = step.agency.as_ref().map(|agency| agency.display_name.as_str()).unwrap_or_default();
        let outcome = words::outcome(language, step.outcome());
        let style = match step.state() {
            StepState::Done | StepState::Decided => DONE,
            StepState::WaitingForApplicant => ATTENTION,
            StepState::FailedDelivery | StepState::Unknown => WRONG,
            _ => GOING,
        };
        let mut line = Line::of(format!("{}  ", date(now)), FAINT)
            .and(sample, PLAIN)
            .and("  ", PLAIN)
            .and(title(step), STRONG)
            .and(format!("  {}", words::step_state(language, step.state())), style);
        if !outcome.is_empty() {
            line = line.and(format!(" · {outcome}"), outcome_style(step.outcome()));
        }
        line.and(format!("  {agency}"), FAINT)
    }
}

fn title(step: &Step) -> String {
    if step.title.is_empty() { last_part(&step.name).to_owned() } else { step.title.clone() }
}

fn is_worth_telling(step: &Step) -> bool {
    match step.state() {
        StepState::Submitted
        | StepState::InProgress
        | StepState::WaitingForApplicant
        | StepState::WaitingForOther
        | StepState::Decided
        | StepState::InExecution
        | StepState::Done
        | StepState::Withdrawn
        | StepState::FailedDelivery
        | StepState::Unknown => true,
        StepState::Unspecified
        | StepState::Blocked
        | StepState::Ready
        | StepState::Draft
        | StepState::Received
        | StepState::NotNeeded => false,
    }
}

fn outcome_style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Rejected | Outcome::Dismissed => WRONG,
        Outcome::Unspecified
        | Outcome::None
        | Outcome::Approved
        | Outcome::PartlyApproved
        | Outcome::ClosedWithoutDecision
        | Outcome::NoDecisionNeeded => DONE,
    }
}

/// One case: name, progress, state; then its headline.
fn player(player: &Player, view: &View) -> Vec<Line> {
    let language = view.language;
    let Some(case) = player.followed.case() else {
        let text = language.pick("inte börjat", "not started");
        let left = Line::of(format!("◌ {}", player.sample.name), FAINT);
        return wrap_with_right(left, &Line::of(text, FAINT), view.width, 2);
    };
    let style = style(case);
    let symbol = match (case.state(), case.roll_up()) {
        (CaseState::Ended, _) => "✓",
        (_, RollUp::Attention) => "●",
        _ => "◐",
    };
    let left = Line::of(format!("{symbol} "), style).and(player.sample.name.to_string(), STRONG);
    let mut right = bar(case);
    right = right.and(format!("  {}", words::case_state(language, case.state(), case.end_reason())), style);
    let mut lines = wrap_with_right(left, &right, view.width, 2);
    let headline = if case.headline.is_empty() { &case.next_text } else { &case.headline };
    if !headline.is_empty() && case.state() == CaseState::Open {
        lines.push(Line::of("  ", PLAIN).and(headline.clone(), FAINT).cut(view.width));
    }
    lines
}

fn style(case: &Case) -> Style {
    match (case.state(), case.roll_up()) {
        (CaseState::Ended, _) | (_, RollUp::Done) => DONE,
        (_, RollUp::Attention) => ATTENTION,
        (_, RollUp::Waiting | RollUp::Unspecified) => GOING,
    }
}

/// How many steps there are and how many of them are over, as a bar.
fn bar(case: &Case) -> Line {
    /// Columns of the bar.
    const COLUMNS: usize = 16;
    let has_ended = case.state() == CaseState::Ended;
    let is_needed = |step: &&Step| match step.state() {
        StepState::NotNeeded => false,
        StepState::Blocked | StepState::Ready if has_ended => false,
        _ => step.kind() != StepKind::Information,
    };
    let needed = case.steps.iter().filter(is_needed).count();
    let is_over = |step: &&Step| matches!(step.state(), StepState::Done | StepState::Withdrawn);
    let over = case.steps.iter().filter(is_needed).filter(is_over).count();
    let filled = (COLUMNS * over).checked_div(needed).unwrap_or_default();
    Line::of("█".repeat(filled), DONE)
        .and("░".repeat(COLUMNS - filled), FAINT)
        .and(format!(" {over:>2}/{needed:<2}"), PLAIN)
}

fn date(now: CivilTime) -> String {
    now.date().to_string()
}

fn weekday(language: Language, now: CivilTime) -> &'static str {
    let (sv, en) = match now.date().weekday() {
        jiff::civil::Weekday::Monday => ("måndag", "Monday"),
        jiff::civil::Weekday::Tuesday => ("tisdag", "Tuesday"),
        jiff::civil::Weekday::Wednesday => ("onsdag", "Wednesday"),
        jiff::civil::Weekday::Thursday => ("torsdag", "Thursday"),
        jiff::civil::Weekday::Friday => ("fredag", "Friday"),
        jiff::civil::Weekday::Saturday => ("lördag", "Saturday"),
        jiff::civil::Weekday::Sunday => ("söndag", "Sunday"),
    };
    language.pick(sv, en)
}
