//! Unified status: what has happened, whose turn it is, what is next and by when.
//!
//! Five fields per step, never one overloaded word (domain §3). Pure: the state and the definition in, what is shown out;
//! the words for it are texts, not code.

mod sight;
mod unfulfilled;

pub use sight::{View, acts_as, approver, shows, view_of};
pub use unfulfilled::unfulfilled;

use crate::case::{AppealState, Case, ClockState, Stage, Step, StepState};
use crate::definition::{ClockKind, Definition, Holder, Role, StepDefinition, StepKind};
use crate::id::{Slug, StepId};
use crate::time::CivilTime;
use jiff::civil::Date;

/// Who must act next in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// The applicant.
    Applicant,
    /// The agency that owns the step.
    Agency,
    /// An agency that the owner waits for.
    OtherAgency,
    /// Another party of the case.
    CoParty,
    /// Who helps, in what is the helper's own.
    Helper,
    /// Nobody: over, or waiting for something that nobody in the case does.
    Nobody,
}

/// The whole case in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RollUp {
    /// The applicant must act, and a deadline is near or passed.
    Attention,
    /// A mandatory step is open.
    Waiting,
    /// Every mandatory step is done or not needed, and no appeal is lodged.
    Done,
}

/// How much of a case is done. Steps that are not needed count in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Mandatory steps that are done.
    pub done: u32,
    /// Mandatory steps that are needed.
    pub mandatory: u32,
    /// Steps whose state nobody knows.
    pub unknown: u32,
}

/// The next thing that has a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextDay {
    /// The step.
    pub step: StepId,
    /// The clock.
    pub clock: Slug,
    /// The last day, unrolled.
    pub last_day: Date,
    /// Who must act before it ends.
    pub holder: Holder,
}

/// Days without news after which an agency's step is shown as stale, with its age (I7).
pub const STALE_DAYS: i64 = 60;

/// Who must act next in a step.
pub fn turn_of(definition: &Definition, case: &Case, step: &Step) -> Turn {
    let Some(known) = definition.step(&step.id.slug) else { return Turn::Nobody };
    if !case.is_open() || known.kind == StepKind::Information {
        return Turn::Nobody;
    }
    match step.state {
        StepState::Blocked | StepState::Decided | StepState::Withdrawn | StepState::NotNeeded => Turn::Nobody,
        StepState::Done => match step.appeal {
            AppealState::Lodged | AppealState::TimelinessCheck | AppealState::Remitted => Turn::Agency,
            AppealState::Forwarded => Turn::OtherAgency,
            AppealState::NotAppealable
            | AppealState::Open
            | AppealState::Late
            | AppealState::DecidedUpheld
            | AppealState::DecidedChanged
            | AppealState::Final => Turn::Nobody,
        },
        StepState::Ready | StepState::Draft => {
            if known.done_by.is_some() {
                return Turn::Agency;
            }
            let is_missing = |role: &Role| !step.signed_by.contains(role);
            let approver = approver(case, known);
            let is_asked = known.signed_by.contains(&approver) || case.is_protected();
            let first = Some(approver).filter(|role| is_asked && is_missing(role));
            let next = first.or_else(|| known.signed_by.iter().copied().find(is_missing));
            turn_of_role(next.unwrap_or(known.filer()))
        }
        StepState::Submitted
        | StepState::Received
        | StepState::InProgress
        | StepState::InExecution
        | StepState::FailedDelivery
        | StepState::Unknown => Turn::Agency,
        StepState::WaitingForApplicant => turn_of_role(known.filer()),
        StepState::WaitingForOther => Turn::OtherAgency,
    }
}

fn turn_of_role(role: Role) -> Turn {
    match role {
        Role::Applicant => Turn::Applicant,
        Role::Helper => Turn::Helper,
        Role::CoParty | Role::Subject | Role::Representative | Role::Guide => Turn::CoParty,
    }
}

/// Whether what is shown of a step is too old to trust: an agency has been silent for [`STALE_DAYS`].
pub fn is_stale(step: &Step, now: CivilTime) -> bool {
    step.state.is_under_way() && now.0 - step.as_of.0 > STALE_DAYS * 86_400_000
}

/// The nearest running clock of a step.
pub fn next_day(definition: &StepDefinition, step: &Step) -> Option<NextDay> {
    let running = step.clocks.iter().filter(|clock| clock.state == ClockState::Running);
    let known = running.filter_map(|clock| definition.clock(&clock.slug).map(|known| (clock, known)));
    let (clock, known) = known.min_by_key(|(clock, _)| clock.last_day)?;
    Some(NextDay { step: step.id.clone(), clock: clock.slug.clone(), last_day: clock.last_day, holder: known.holder })
}

/// The whole case in one word, on a day.
pub fn roll_up(definition: &Definition, case: &Case, now: CivilTime) -> RollUp {
    let near = i64::from(definition.parts().attention_days);
    let is_urgent = |step: &Step| {
        let Some(known) = definition.step(&step.id.slug) else { return false };
        let is_ours = match turn_of(definition, case, step) {
            Turn::Applicant => true,
            // Before an applicant has joined the case is the helper's.
            Turn::Helper => case.applicant().is_none(),
            Turn::Agency | Turn::OtherAgency | Turn::CoParty | Turn::Nobody => false,
        };
        if !is_ours {
            return false;
        }
        let asked = step.asked.as_ref().and_then(|asked| asked.due);
        let own = step.clocks.iter().filter(|clock| {
            let applicants = known
                .clock(&clock.slug)
                .is_some_and(|known| known.holder == Holder::Applicant && known.kind != ClockKind::Price);
            applicants && (clock.state == ClockState::Running || clock.passed_count > 0)
        });
        own.map(|clock| clock.last_day).chain(asked).any(|day| days_until(now.date(), day) <= near)
    };
    if case.stage == Stage::Draft || case.steps.iter().any(|step| is_urgent(step)) {
        return RollUp::Attention;
    }
    let is_open = case.is_open()
        && case.steps.iter().any(|step| {
            let is_mandatory = definition
                .step(&step.id.slug)
                .is_some_and(|step| step.is_mandatory && step.kind != StepKind::Information);
            (is_mandatory && !step.state.is_over()) || step.appeal.is_lodged()
        });
    if is_open { RollUp::Waiting } else { RollUp::Done }
}

/// Days from one day to another; negative when it has passed.
pub fn days_until(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// How much of the case is done.
pub fn progress(definition: &Definition, case: &Case) -> Progress {
    let mut progress = Progress::default();
    for step in &case.steps {
        let known = definition.step(&step.id.slug);
        if step.state == StepState::Unknown {
            progress.unknown += 1;
        }
        let counts = known.is_some_and(|known| known.is_mandatory && known.kind != StepKind::Information);
        if counts && !matches!(step.state, StepState::NotNeeded | StepState::Withdrawn) {
            progress.mandatory += 1;
            progress.done += u32::from(step.state == StepState::Done);
        }
    }
    progress
}

/// The step a person should look at first: urgent turns, then their own turns, then whoever else is to act.
pub fn headline(definition: &Definition, case: &Case) -> Option<StepId> {
    headline_of(definition, case, None)
}

/// The step that somebody with a view should look at first on a day, among those that the view shows.
pub fn headline_in(definition: &Definition, case: &Case, view: View, day: Date) -> Option<StepId> {
    headline_of(definition, case, Some((view, day)))
}

fn headline_of(definition: &Definition, case: &Case, view: Option<(View, Date)>) -> Option<StepId> {
    let rank = |step: &&std::sync::Arc<Step>| {
        let turn = turn_of(definition, case, step);
        let day = definition
            .step(&step.id.slug)
            .and_then(|known| next_day(known, step))
            .map_or(Date::MAX, |next| next.last_day);
        let mandatory = definition.step(&step.id.slug).is_some_and(|known| known.is_mandatory);
        (turn, !mandatory, day)
    };
    let open = case.steps.iter().filter(|step| turn_of(definition, case, step) != Turn::Nobody);
    let open = open.filter(|step| view.is_none_or(|(view, day)| shows(definition, case, view, &step.id, day)));
    open.min_by_key(rank).map(|step| step.id.clone())
}

/// Whether the applicant may take a step up again.
pub fn can_add(step: &Step) -> bool {
    use crate::case::Reason;
    matches!(
        (&step.state, &step.reason),
        (StepState::NotNeeded, Some(Reason::Condition)) | (StepState::Withdrawn, Some(Reason::WithdrawnUnsent))
    )
}

/// Whether the time to appeal runs.
pub fn can_appeal(step: &Step) -> bool {
    step.appeal == AppealState::Open
}
