//! What follows by itself once a command has been heard: steps open, are filed, turn out not to be needed, clocks begin
//! and stop, the case ends. Runs until nothing more follows.

use super::Sitting;
use super::asked_of::is_awaited;
use super::needs::{Standing, fact_of, need_standing, person_of};
use crate::case::{
    AmountUsed, AppealState, Case, ChildState, ClockState, End, ExecutionState, Reason, Stage, Step, StepState,
};
use crate::command::Actor;
use crate::definition::{
    Anchor, Awaited, AwaitedFact, ClockDefinition, ClockKind, Definition, FactKind, FactOf, MetBy, NeedFor, Reception,
    Role, StepDefinition, StepKind,
};
use crate::effect::Effect;
use crate::event::Event;
use crate::id::{Attempt, Slug, StepId};
use crate::status::{approver, unfulfilled};
use crate::time::CivilTime;
use crate::value::{Value, Values};
use jiff::ToSpan;
use jiff::civil::Date;

/// The clock that the core starts itself when a case would otherwise have no next wake-up. Shown to nobody.
pub(super) const REMINDER: &str = "reminder";

/// Days between two reminders.
pub(super) const REMINDER_DAYS: i32 = 30;

impl Sitting<'_> {
    pub(super) fn settle(&mut self) {
        let known =
            |step: &std::sync::Arc<Step>| self.definition.step(&step.id.slug).map(|known| (step.id.clone(), known));
        let steps: Vec<Option<(StepId, &StepDefinition)>> = self.case.steps.iter().map(known).collect();
        while self.case.stage == Stage::Open && self.broken.is_none() {
            let before = self.events.len();
            for (index, step) in steps.iter().enumerate() {
                if let Some((id, definition)) = step {
                    self.settle_step(index, id, definition);
                }
            }
            self.settle_case();
            self.settle_reminder();
            if self.events.len() == before {
                return;
            }
        }
    }

    fn settle_step(&mut self, index: usize, id: &StepId, definition: &StepDefinition) {
        if !self.case.steps[index].state.is_over() {
            self.settle_facts(index, id, definition);
        }
        if self.case.steps[index].state == StepState::Blocked {
            self.settle_blocked(id, definition);
        }
        if matches!(self.case.steps[index].state, StepState::Ready | StepState::Draft) {
            self.settle_ready(index, id, definition);
        }
        self.settle_clocks(index, id, definition);
    }

    /// A fact ends a step, or performs it.
    fn settle_facts(&mut self, index: usize, id: &StepId, definition: &StepDefinition) {
        let ends = |fact: &&AwaitedFact| ends(self.definition, &self.case, fact, id);
        if let Some(fact) = definition.ends_when.iter().find(ends) {
            let task = self.case.steps[index].task;
            let agency = self.case.steps[index].agency.clone();
            if let (Some(task), Some(agency)) = (task, agency)
                && !self.case.steps[index].is_withdrawing
            {
                let effect_index = self.order(Effect::CancelStep { step: id.clone(), agency, attempt: task.attempt });
                self.record(Event::WithdrawalSent { step: id.clone(), effect_index });
            }
            self.record(Event::StepNotNeeded { step: id.clone(), reason: Reason::FactEnded(fact.clone()) });
            return;
        }
        if self.is_dead_applicants(index, definition) {
            let reason = Reason::FactEnded(FactKind::Death.into());
            self.record(Event::StepNotNeeded { step: id.clone(), reason });
            return;
        }
        let is_paid = definition.kind == StepKind::Pay
            && fact_of(self.definition, &self.case, &FactKind::Paid.into(), id).is_some();
        if is_paid {
            self.record(Event::StepCompleted { step: id.clone(), words: String::new(), gives: Values::new() });
            return;
        }
        let done_by = definition.done_by.map(AwaitedFact::from);
        let fact = done_by.and_then(|awaited| fact_of(self.definition, &self.case, &awaited, id));
        if let Some(fact) = fact {
            let gives = only(&fact.report.values, &definition.gives);
            let agency = match &fact.reported_by {
                Actor::Agency(agency) => agency.clone(),
                Actor::Person(_) | Actor::Operator(_) | Actor::Time => definition.agency.clone(),
            };
            self.record(Event::StepDoneByFact { step: id.clone(), agency, gives });
        }
    }

    /// Whether an unsent step waits for what only the applicant could give, who has died, and nobody acts for the estate.
    fn is_dead_applicants(&self, index: usize, definition: &StepDefinition) -> bool {
        let step = &self.case.steps[index];
        let is_asked = definition.asks_someone() || definition.kind == StepKind::External;
        let signs = definition.signed_by.contains(&Role::Applicant);
        let is_missing = match step.state {
            StepState::Blocked | StepState::Ready => definition.filer() == Role::Applicant || signs,
            StepState::Draft => signs && !step.signed_by.contains(&Role::Applicant),
            StepState::Submitted
            | StepState::Received
            | StepState::InProgress
            | StepState::WaitingForApplicant
            | StepState::WaitingForOther
            | StepState::Decided
            | StepState::InExecution
            | StepState::Done
            | StepState::Withdrawn
            | StepState::NotNeeded
            | StepState::FailedDelivery
            | StepState::Unknown => false,
        };
        let is_dead = self.case.applicant().is_some_and(|applicant| self.case.is_dead(applicant.id));
        let today = self.now.date();
        let is_represented =
            || self.case.mandates.iter().any(|held| self.case.mandate_for(held.party, definition, today).is_some());
        is_dead && is_asked && is_missing && definition.kind != StepKind::Information && !is_represented()
    }

    /// A step that waits: proposed as not needed, impossible, or open.
    fn settle_blocked(&mut self, id: &StepId, definition: &StepDefinition) {
        let is_added = self.case.step(id).is_some_and(|step| step.is_added);
        let condition = {
            let is_awaited = |field: &Slug| is_awaited(self.definition, &self.case, field);
            definition.condition.as_ref().and_then(|condition| condition.holds(&self.case.input, &is_awaited))
        };
        if condition == Some(false) && !is_added {
            self.record(Event::StepNotNeeded { step: id.clone(), reason: Reason::Condition });
            return;
        }
        let mut is_open = true;
        for need in definition.needs.iter().filter(|need| need.purpose == NeedFor::ToFile) {
            match self
                .case
                .step(id)
                .map_or(Standing::Waiting, |step| need_standing(self.definition, &self.case, need, step))
            {
                Standing::Met => {}
                Standing::Waiting => is_open = false,
                Standing::Gone => {
                    let any = need.any.iter().map(awaited_name).collect::<Vec<_>>().join(" or ");
                    let what = need.every.as_ref().map_or_else(|| any.clone(), |group| format!("every {group} {any}"));
                    self.record(Event::StepNotNeeded { step: id.clone(), reason: Reason::NeedGone(what) });
                    return;
                }
            }
        }
        let has_place = definition.done_by.is_some() || self.resolve(definition, id.subject).is_some();
        if is_open && has_place {
            self.record(Event::StepOpened { step: id.clone() });
        }
    }

    /// A step that can be begun: filed as soon as nobody is waited for.
    fn settle_ready(&mut self, index: usize, id: &StepId, definition: &StepDefinition) {
        if definition.kind == StepKind::Information || definition.done_by.is_some() {
            return;
        }
        let given_ahead = self.case.step_input.get(id).filter(|_| self.case.steps[index].state == StepState::Ready);
        if let Some(input) = given_ahead.cloned() {
            let role = if definition.is_helpers_own() { Role::Helper } else { Role::Applicant };
            let is_signature = definition.signed_by.contains(&role);
            self.record(Event::InputGiven { step: id.clone(), input, role, is_signature });
        }
        let step = &self.case.steps[index];
        let is_signed = definition.signed_by.iter().all(|role| step.signed_by.contains(role));
        let approver = approver(&self.case, definition);
        let is_approved = !self.case.is_protected() || step.signed_by.contains(&approver);
        let waits_for_word = definition.form.is_some() || definition.kind == StepKind::External;
        let is_begun = !waits_for_word || step.state == StepState::Draft;
        if is_signed && is_approved && is_begun && missing_fields(&self.case, definition, step).is_empty() {
            if definition.kind == StepKind::External {
                let words = String::new();
                self.record(Event::StepCompleted { step: id.clone(), words, gives: Values::new() });
            } else {
                self.file(id, definition);
            }
        }
    }

    fn file(&mut self, id: &StepId, definition: &StepDefinition) {
        let Some(agency) = self.resolve(definition, id.subject) else { return };
        let attempt = Attempt(1);
        let evidence = evidence_for(&self.case, definition, id);
        let amounts = self.amounts_used(definition, id.subject, self.now.date());
        let reception = self.definition.agency(&definition.agency).map(|agency| agency.reception);
        let effect_index =
            self.order(Effect::PerformStep { step: id.clone(), agency: agency.clone(), attempt, supplement_number: 0 });
        self.record(Event::StepFiled {
            step: id.clone(),
            agency,
            attempt,
            effect_index,
            is_received_here: reception == Some(Reception::Here),
            evidence,
            amounts,
        });
    }

    fn settle_clocks(&mut self, index: usize, id: &StepId, definition: &StepDefinition) {
        for clock in &definition.clocks {
            let step = &self.case.steps[index];
            let is_appeal = clock.kind == ClockKind::Appeal;
            // What a fact has ended is nobody's to appeal any more.
            let may_appeal = step.appeal == AppealState::Open && step.state != StepState::NotNeeded;
            // What has been broken off had begun: all that runs is the time until it goes on again.
            let is_behind = step.interrupted_on.is_some()
                && definition.may_be_interrupted()
                && !clock.runs_from(&Anchor::Interrupted);
            let matters = if is_appeal { may_appeal } else { !step.state.is_over() && !is_behind };
            match step.clocks.iter().find(|known| known.slug == clock.slug) {
                Some(known) if known.state == ClockState::Running => {
                    let (is_met, known_day) = (is_met(step, clock.met_by), known.last_day);
                    if is_met {
                        self.record(Event::ClockMet { step: id.clone(), clock: clock.slug.clone() });
                    } else if !matters {
                        self.record(Event::ClockStopped { step: id.clone(), clock: clock.slug.clone() });
                    } else if begins_anew(clock) {
                        match self.last_day(step, clock, definition) {
                            Some((last_day, amounts)) if last_day != known_day => {
                                self.start(id, clock, last_day, amounts);
                            }
                            Some(_) => {}
                            // Something is missing again: the agency's time stands still until it comes. Or what was
                            // broken off has been decided anew.
                            None => {
                                let clock = clock.slug.clone();
                                self.record(Event::ClockStopped { step: id.clone(), clock });
                            }
                        }
                    }
                }
                // A decision made again after an appeal can be appealed again, and what goes on be broken off again.
                Some(known)
                    if matches!(known.state, ClockState::Met | ClockState::Passed)
                        && !is_appeal
                        && !clock.runs_from(&Anchor::Interrupted) => {}
                Some(_) | None if matters && !is_met(step, clock.met_by) => {
                    if let Some((last_day, amounts)) = self.last_day(step, clock, definition) {
                        self.start(id, clock, last_day, amounts);
                    }
                }
                Some(_) | None => {}
            }
        }
        let reminder = self.case.steps[index].clocks.iter().find(|clock| clock.slug.as_str() == REMINDER);
        let is_over = !holds_open(&self.case, &self.case.steps[index], definition);
        if let Some(clock) = reminder.filter(|clock| clock.state == ClockState::Running && is_over) {
            self.record(Event::ClockStopped { step: id.clone(), clock: clock.slug.clone() });
        }
    }

    fn start(&mut self, id: &StepId, clock: &ClockDefinition, last_day: Date, amounts: Vec<AmountUsed>) {
        let acts_on = clock.roll_over.acts_on(last_day);
        let (step, clock) = (id.clone(), clock.slug.clone());
        self.record(Event::ClockStarted { step, clock, last_day, acts_on, amounts });
    }

    /// A case that waits for something without a day of its own (an appeal, an approval, an operator, a fact) is looked
    /// at again all the same: there is always a next wake-up (I5).
    fn settle_reminder(&mut self) {
        if self.case.stage != Stage::Open || self.case.moves_at().is_some() {
            return;
        }
        let step = self.case.steps.iter().find(|step| {
            self.definition.step(&step.id.slug).is_some_and(|definition| holds_open(&self.case, step, definition))
        });
        let last_day = self.now.date().saturating_add(REMINDER_DAYS.days());
        if let (Some(step), Ok(clock)) = (step.map(|step| step.id.clone()), Slug::new(REMINDER)) {
            self.record(Event::ClockStarted { step, clock, last_day, acts_on: last_day, amounts: Vec::new() });
        }
    }

    /// The last day of a clock, once all that it runs from is known, and the named periods that it was reckoned by.
    fn last_day(
        &self,
        step: &Step,
        clock: &ClockDefinition,
        definition: &StepDefinition,
    ) -> Option<(Date, Vec<AmountUsed>)> {
        let mut amounts = Vec::new();
        let mut latest = None;
        for term in &clock.latest {
            let from = self.anchor_day(step, &term.anchor)?;
            let mut day = term.period.after(from);
            if let Some(named) = &term.named {
                let (period, used) = self.named_period(named, definition, step.id.subject, from)?;
                day = period.after(day);
                if !amounts.contains(&used) {
                    amounts.push(used);
                }
            }
            latest = latest.max(Some(day));
        }
        latest.map(|latest| (latest, amounts))
    }

    fn anchor_day(&self, step: &Step, anchor: &Anchor) -> Option<Date> {
        let case = &self.case;
        let day = |values: &Values, field: &Slug| match values.get(field) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        };
        match anchor {
            Anchor::CaseFiled => Some(case.filed_at.date()),
            Anchor::Opened => (step.state != StepState::Blocked).then(|| case.changed_at.date()),
            Anchor::Filed => step.filed_at.map(CivilTime::date),
            Anchor::Arrived => step.arrived_at.map(CivilTime::date),
            Anchor::Complete => step.complete_at().map(CivilTime::date),
            Anchor::Decided => step.decided_at.map(CivilTime::date),
            Anchor::Executed(slug) => {
                let subject = step.id.subject;
                let is_meant = |other: &&std::sync::Arc<Step>| {
                    let same = other.id.subject == subject || other.id.subject.is_whole() || subject.is_whole();
                    other.id.slug == *slug && same
                };
                case.steps.iter().filter(is_meant).filter_map(|other| other.executed_at).max().map(CivilTime::date)
            }
            Anchor::Received => step.received_at.map(CivilTime::date),
            Anchor::Interrupted => step.interrupted_on,
            Anchor::Fact(awaited) => {
                fact_of(self.definition, case, awaited, &step.id).map(|fact| fact.report.occurred_at.date())
            }
            Anchor::Input(field) => day(&case.input, field),
            Anchor::StepInput(field) => day(&step.input, field),
        }
    }

    /// The case ends when nothing in it can go on.
    fn settle_case(&mut self) {
        let holds = self.case.steps.iter().any(|step| {
            self.definition.step(&step.id.slug).is_some_and(|definition| holds_open(&self.case, step, definition))
        });
        if holds || self.broken.is_some() {
            return;
        }
        let end = if self.case.withdrawn_at.is_some() {
            End::Withdrawn
        } else if self.is_without_subject() {
            End::ClosedByFact
        } else if self.is_stuck() {
            End::CannotContinue
        } else {
            End::Completed
        };
        self.record(Event::CaseEnded { end });
    }

    /// Whether those whom it was about are no more: every child, or, where there are none, the party it is about.
    fn is_without_subject(&self) -> bool {
        if !self.case.children.is_empty() {
            return self.case.children_hoped_for() == 0;
        }
        let about = self.case.first(self.definition.parts().about);
        about.is_some_and(|party| self.case.is_dead(party.id))
    }

    /// Whether it could not be carried through: something mandatory that was needed for something else mandatory did not
    /// come about, or nothing mandatory did.
    fn is_stuck(&self) -> bool {
        let lost: Vec<&Step> = unfulfilled(self.definition, &self.case).collect();
        let mandatory = self.case.steps.iter().filter_map(|step| {
            self.definition.step(&step.id.slug).filter(|known| known.is_mandatory).map(|known| (step, known))
        });
        let fell_with_another = |step: &Step, known: &StepDefinition| {
            let mut awaited = known.needs.iter().flat_map(|need| &need.any).filter_map(awaited_approval);
            matches!(step.reason, Some(Reason::NeedGone(_)))
                && awaited.any(|slug| lost.iter().any(|lost| lost.id.slug == *slug))
        };
        let came_about = |step: &Step| step.state == StepState::Done && step.outcome.is_favourable();
        let is_anything_done = mandatory.clone().any(|(step, _)| came_about(step));
        !lost.is_empty() && (!is_anything_done || mandatory.clone().any(|(step, known)| fell_with_another(step, known)))
    }
}

/// Whether a step keeps its case open.
pub(super) fn holds_open(case: &Case, step: &Step, definition: &StepDefinition) -> bool {
    if definition.kind == StepKind::Information {
        return false;
    }
    if step.state.is_over() {
        let has_appeal = step.appeal.is_lodged() || (step.appeal == AppealState::Open && !step.outcome.is_favourable());
        // Until its agency has heard that it is over, somebody may be working with it.
        return has_appeal || step.is_cancelling();
    }
    if step.state != StepState::Blocked || definition.is_mandatory {
        return true;
    }
    // A helper's case is kept for the one it is meant to help.
    let awaits_joining = definition.needs.iter().filter(|need| need.purpose == NeedFor::ToFile).any(|need| {
        need.any.iter().any(|awaited| matches!(awaited, Awaited::Joined(role) if case.first(*role).is_none()))
    });
    awaits_joining && case.applicant().is_none()
}

/// Whether a fact that ends a step has come: its child's, or for a step of the whole case every child's, or that of the
/// party the life event is about.
pub(super) fn ends(definition: &Definition, case: &Case, awaited: &AwaitedFact, id: &StepId) -> bool {
    let kind = awaited.kind;
    let is_of = |child: &crate::case::Child| match kind {
        FactKind::Birth => matches!(child.state, ChildState::Born(_)),
        FactKind::Stillbirth => matches!(child.state, ChildState::Stillborn(_)),
        FactKind::Death => matches!(child.state, ChildState::Dead(_) | ChildState::Stillborn(_)),
        FactKind::Homecoming
        | FactKind::Move
        | FactKind::Paid
        | FactKind::Admission
        | FactKind::ReadyForDischarge
        | FactKind::Discharge
        | FactKind::PermitRevoked => false,
    };
    let is_childs = definition
        .step(&id.slug)
        .and_then(|step| definition.group_of(step))
        .is_some_and(crate::definition::GroupDefinition::is_child);
    let has_come = || fact_of(definition, case, awaited, id).is_some();
    match (kind, &awaited.of) {
        (FactKind::Birth | FactKind::Stillbirth | FactKind::Death, FactOf::Own) if is_childs => {
            case.child(id.subject).is_some_and(is_of)
        }
        (FactKind::Birth, FactOf::Own) => case.children.iter().any(is_of),
        (FactKind::Stillbirth, FactOf::Own) => !case.children.is_empty() && case.children.iter().all(is_of),
        (FactKind::Death, FactOf::Own) => {
            let of_children = id.subject.is_whole() && !case.children.is_empty() && case.children.iter().all(is_of);
            let person = person_of(definition, case, &awaited.of, id);
            of_children || person.is_some_and(|person| case.is_dead(person))
        }
        (FactKind::Homecoming, FactOf::Own) if id.subject.is_whole() => {
            case.facts.iter().any(|fact| fact.report.kind == kind)
        }
        _ => has_come(),
    }
}

/// Whether a running clock follows what it runs from: to a later day, or to none.
fn begins_anew(clock: &ClockDefinition) -> bool {
    clock.runs_from(&Anchor::Complete) || clock.runs_from(&Anchor::Interrupted)
}

fn is_met(step: &Step, met_by: MetBy) -> bool {
    match met_by {
        MetBy::Filed => step.filed_at.is_some(),
        MetBy::Decided => step.decided_at.is_some() || step.state == StepState::Done,
        MetBy::Executed => step.execution == ExecutionState::Executed || step.state == StepState::Done,
        MetBy::Nothing => false,
    }
}

/// Required fields of a step that neither its input nor another step's evidence answers.
pub fn missing_fields(case: &Case, definition: &StepDefinition, step: &Step) -> Vec<Slug> {
    let Some(form) = &definition.form else { return Vec::new() };
    let missing = form.missing(&step.input).filter(|slug| {
        let evidence = form.field(slug).and_then(|field| field.evidence.as_ref());
        evidence.is_none_or(|evidence| find_evidence(case, evidence, &step.id).is_none())
    });
    missing.cloned().collect()
}

/// What goes along with a step: the evidence it uses, and answers to fields that evidence answers.
fn evidence_for(case: &Case, definition: &StepDefinition, id: &StepId) -> Values {
    let used = definition
        .uses
        .iter()
        .filter_map(|used| find_evidence(case, &used.evidence, id).map(|value| (used.evidence.clone(), value)));
    let fields = definition.form.iter().flat_map(|form| &form.fields);
    let answered = fields.filter_map(|field| {
        let evidence = field
            .evidence
            .as_ref()
            .filter(|evidence| definition.uses.iter().any(|used| used.evidence == **evidence))?;
        find_evidence(case, evidence, id).map(|value| (field.slug.clone(), value))
    });
    used.chain(answered).collect()
}

fn find_evidence(case: &Case, evidence: &Slug, id: &StepId) -> Option<Value> {
    let same_subject = |step: &&std::sync::Arc<Step>| {
        id.subject.is_whole() || step.id.subject.is_whole() || step.id.subject == id.subject
    };
    case.steps.iter().filter(same_subject).find_map(|step| step.gives.get(evidence).cloned())
}

fn only(values: &Values, names: &[Slug]) -> Values {
    values.iter().filter(|(name, _)| names.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The step whose approval is awaited: only that can be refused. (What waits for a step to lapse falls away when the
/// step goes well.)
fn awaited_approval(awaited: &Awaited) -> Option<&Slug> {
    match awaited {
        Awaited::Approved(step) | Awaited::Executed(step) => Some(step),
        Awaited::Filed(_)
        | Awaited::Arrived(_)
        | Awaited::Decided(_)
        | Awaited::Lapsed(_)
        | Awaited::ClockEnded { .. }
        | Awaited::Joined(_)
        | Awaited::Fact(_) => None,
    }
}

/// The name of what is awaited, as in the definition: `approved:name`, `fact:birth`.
pub(super) fn awaited_name(awaited: &Awaited) -> String {
    match awaited {
        Awaited::Filed(step) => format!("filed:{step}"),
        Awaited::Arrived(step) => format!("arrived:{step}"),
        Awaited::Decided(step) => format!("decided:{step}"),
        Awaited::Approved(step) => format!("approved:{step}"),
        Awaited::Executed(step) => format!("executed:{step}"),
        Awaited::Lapsed(step) => format!("lapsed:{step}"),
        Awaited::Fact(fact) => format!("fact:{fact}"),
        Awaited::Joined(role) => format!("joined:{}", role.slug()),
        Awaited::ClockEnded { step, clock } => format!("clock:{step}/{clock}"),
    }
}
