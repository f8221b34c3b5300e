//! What happened: the only thing that changes a case.

use crate::case::{AmountUsed, Ask, End, ExecutionState, FactReport, Mandate, NewParty, Outcome, Reason};
use crate::command::{Actor, Undelivered};
use crate::definition::Role;
use crate::id::{Attempt, CaseId, RequestId, Revision, Sequence, Slug, StepId, Subject};
use crate::notice::NoticeEvent;
use crate::time::CivilTime;
use crate::value::Values;
use jiff::civil::Date;

/// One thing that happened in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request was accepted; a repeat of it will be recognised.
    RequestAccepted {
        /// The caller's name for it.
        id: RequestId,
        /// The hash of its body.
        hash: [u8; 16],
    },
    /// A draft was kept.
    DraftSaved {
        /// The case it would become.
        case: CaseId,
        /// Everything in it.
        filing: Box<Filed>,
        /// When it expires unless it is saved again.
        expires_at: CivilTime,
    },
    /// A draft was not sent in time.
    DraftExpired,
    /// The case was filed.
    CaseCreated {
        /// Its id.
        case: CaseId,
        /// Everything in it.
        filing: Box<Filed>,
    },
    /// A child is expected, or turned out to be one more.
    ChildExpected {
        /// Counts from 1.
        child: Subject,
    },
    /// A group that is not of children has a subject.
    SubjectKnown {
        /// The group.
        group: Slug,
        /// Counts from 1, without a gap.
        subject: Subject,
        /// Where it is, four digits; without one where the case is.
        municipality: Option<String>,
    },
    /// Somebody came into the case, or one who was there showed a mandate.
    PartyJoined {
        /// Who.
        party: NewParty,
        /// The mandate that was shown.
        mandate: Option<Mandate>,
        /// What was answered of the questions that are asked of that party.
        input: Values,
    },
    /// A step belongs to the case, and cannot be begun yet.
    StepPlanned {
        /// The step.
        step: StepId,
        /// Whether a decision must be carried out.
        is_executed: bool,
    },
    /// A step can be begun.
    StepOpened {
        /// The step.
        step: StepId,
    },
    /// The applicant took up a step that was proposed as not needed.
    StepAdded {
        /// The step.
        step: StepId,
    },
    /// Somebody filled a form, signed, or answered.
    InputGiven {
        /// The step.
        step: StepId,
        /// The fields.
        input: Values,
        /// The role that gave it.
        role: Role,
        /// Whether it counts as this role's signature.
        is_signature: bool,
    },
    /// A step was filed with its agency: the first attempt.
    StepFiled {
        /// The step.
        step: StepId,
        /// The resolved agency.
        agency: Slug,
        /// The attempt.
        attempt: Attempt,
        /// The place of its effect in the record.
        effect_index: u32,
        /// Whether it arrived at once, because we are the agency's reception.
        is_received_here: bool,
        /// Evidence of other steps that goes with it, on the grounds the definition names.
        evidence: Values,
        /// The amounts that the step goes by, as they are now.
        amounts: Vec<AmountUsed>,
    },
    /// A step was handed to its agency again.
    StepRetried {
        /// The step.
        step: StepId,
        /// The new attempt.
        attempt: Attempt,
        /// The place of its effect in the record.
        effect_index: u32,
    },
    /// What the applicant added was sent.
    SupplementSent {
        /// The step.
        step: StepId,
        /// Counts from 1.
        number: u32,
        /// The place of its effect in the record.
        effect_index: u32,
    },
    /// The document arrived in law.
    Arrived {
        /// The step.
        step: StepId,
        /// The agency's own case number.
        case_number: Option<String>,
        /// When.
        at: CivilTime,
    },
    /// How it stands, in the agency's own words.
    ProgressReported {
        /// The step.
        step: StepId,
        /// The words.
        words: String,
        /// Whether another agency is waited for.
        waits_for_other: bool,
        /// Why it will be late (FL 11 §).
        delay: Option<String>,
    },
    /// The agency asks the applicant for something.
    SupplementAsked {
        /// The step.
        step: StepId,
        /// In its own words.
        words: String,
        /// The last day.
        due: Option<Date>,
        /// What kind of thing.
        ask: Ask,
    },
    /// The agency decided.
    DecisionRecorded {
        /// The step.
        step: StepId,
        /// What.
        decided: Decided,
        /// Whether it must be carried out before the step is done.
        is_executed: bool,
        /// Whether it can be appealed.
        is_appealable: bool,
    },
    /// Carried out, or registered.
    StepCompleted {
        /// The step.
        step: StepId,
        /// The agency's own words.
        words: String,
        /// Evidence.
        gives: Values,
    },
    /// The carrying out of what was decided moved, as the agency tells.
    ExecutionMoved {
        /// The step.
        step: StepId,
        /// Where it stands.
        execution: ExecutionState,
        /// Since which day it is interrupted. A step that was done is then being carried out again.
        interrupted_on: Option<Date>,
    },
    /// The appeal moved.
    AppealMoved {
        /// The step.
        step: StepId,
        /// Where it stands.
        appeal: crate::case::AppealState,
    },
    /// The agency cannot perform the attempt.
    StepFailed {
        /// The step.
        step: StepId,
        /// In its own words.
        words: String,
        /// When it is tried again by itself; without it an operator must act.
        retry_at: Option<CivilTime>,
    },
    /// An attempt could not be delivered.
    Undelivered {
        /// The step.
        step: StepId,
        /// Why.
        why: Undelivered,
        /// When it is tried again.
        retry_at: CivilTime,
    },
    /// An operator put the step in the agency's inbox.
    HandedToInbox {
        /// The step.
        step: StepId,
    },
    /// A report of an attempt that no longer counts, or of a step that is over: kept, not applied.
    ReportKept {
        /// The step.
        step: StepId,
        /// The attempt it spoke of.
        attempt: Attempt,
        /// What it was, in one word.
        what: String,
    },
    /// A clock began, or began anew when the matter became complete again.
    ClockStarted {
        /// The step.
        step: StepId,
        /// Which.
        clock: Slug,
        /// The last day, unrolled.
        last_day: Date,
        /// The day its consequence comes.
        acts_on: Date,
        /// The named periods that it was reckoned by.
        amounts: Vec<AmountUsed>,
    },
    /// What a clock waited for came.
    ClockMet {
        /// The step.
        step: StepId,
        /// Which.
        clock: Slug,
    },
    /// A clock no longer matters.
    ClockStopped {
        /// The step.
        step: StepId,
        /// Which.
        clock: Slug,
    },
    /// A clock ended.
    ClockPassed {
        /// The step.
        step: StepId,
        /// Which.
        clock: Slug,
        /// When it asks again (an agency that is late).
        again_on: Option<Date>,
    },
    /// A fact was reported.
    FactReported {
        /// What.
        report: FactReport,
        /// Which time it belongs to, of a group that is counted by what happens; [`Subject::WHOLE`] otherwise.
        occurrence: Subject,
        /// By whom.
        by: Actor,
    },
    /// A fact performed a step that happens without anybody asking.
    StepDoneByFact {
        /// The step.
        step: StepId,
        /// The agency that reported it.
        agency: Slug,
        /// Evidence it gives.
        gives: Values,
    },
    /// A step is not needed, or no longer.
    StepNotNeeded {
        /// The step.
        step: StepId,
        /// Why.
        reason: Reason,
    },
    /// The law settled a step without a decision.
    StepSettled {
        /// The step.
        step: StepId,
        /// By which clock.
        clock: Slug,
    },
    /// The applicant's withdrawal was sent to the agency.
    WithdrawalSent {
        /// The step.
        step: StepId,
        /// The place of its effect in the record.
        effect_index: u32,
    },
    /// A step was withdrawn: before it was sent, or closed by its agency.
    StepWithdrawn {
        /// The step.
        step: StepId,
        /// Which.
        reason: Reason,
        /// In the agency's own words, where it closed it.
        words: Option<String>,
    },
    /// The applicant withdrew the case.
    CaseWithdrawn,
    /// The case ended.
    CaseEnded {
        /// Why.
        end: End,
    },
    /// Something about telling people.
    Notice(NoticeEvent),
}

/// Everything a case is filed with, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The pinned definition.
    pub revision: Revision,
    /// Who is in it.
    pub parties: Vec<NewParty>,
    /// The life event's form.
    pub input: Values,
    /// Forms of steps, given ahead.
    pub step_input: Vec<(StepId, Values)>,
    /// Four digits.
    pub municipality: String,
}

/// A decision as an agency reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub outcome: Outcome,
    /// When.
    pub decided_at: CivilTime,
    /// When the party got it (delfående), if the agency knows: the time to appeal runs from then (FL 44 §).
    pub received_at: Option<CivilTime>,
    /// In the agency's own words.
    pub words: String,
    /// Evidence the step gives.
    pub gives: Values,
    /// The decision's own number.
    pub number: Option<String>,
    /// The first day on which it holds.
    pub valid_from: Option<Date>,
    /// The last day on which it holds.
    pub valid_to: Option<Date>,
    /// How it is appealed, in the agency's own words (FL 33 §).
    pub appeal_to: Option<String>,
}

/// One record of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1.
    pub sequence: Sequence,
    /// Civil time.
    pub at: CivilTime,
    /// Who asked.
    pub actor: Actor,
    /// Why.
    pub purpose: String,
    /// What happened.
    pub events: Vec<Event>,
    /// What was to be done.
    pub effects: Vec<crate::effect::Effect>,
}
