//! What an agency says with each move: reports on the task, and facts beside it.

use super::Desk;
use super::answer::{self, timestamp};
use super::matter::Standing;
use super::plan::{Message, Outgoing};
use crate::calendar::{self, plus_days};
use crate::definition::Appeal;
use crate::judge::{self, Judgement};
use crate::script::{Act, Garbage, Knob};
use livshandelse_agency::{Report, RequestId, TaskReport, say, v1};
use livshandelse_proto::v1::{ExecutionState, Outcome, StepState};

/// The fee of a step of which no amount is known: 1,200 kronor, in öre.
const FEE_ORE: i64 = 120_000;

impl Desk {
    /// Makes the next move. `None`: there is none.
    pub(super) fn act(&mut self, serial: u64) -> Option<Report> {
        let matter = self.matters.get(&serial)?;
        let mut known = self.known(matter);
        let parts = [&*matter.document.tie(), "fact"];
        let subject = matter.document.subject;
        let gives = self.entry_of(matter).map_or(&[][..], |entry| &entry.gives);
        let given: Vec<(&str, String)> = gives
            .iter()
            .map(|slug| {
                let born = judge::date(Some(&matter.evidence), "birth").unwrap_or(matter.filed_on);
                (slug.as_str(), judge::fact(slug, &known, born, subject, self.draw, &parts))
            })
            .collect();
        for (slug, value) in &given {
            known.insert((*slug).to_owned(), value.clone());
        }
        let given = say::gives(given);

        let at = Some(timestamp(self.now));
        let mut next = matter.rest.front()?.act.clone();
        if !matter.is_scripted
            && let Judgement::Instead(instead) = matter.judged()
            && let Act::Decide { outcome, .. } = &mut next
            && *outcome == Outcome::Approved
        {
            *outcome = instead;
        }
        let own = self.words_of(matter, &next);
        let say_it = |words: &str| judge::fill(if words.is_empty() { &own } else { words }, &known);

        let appeal = self.entry_of(matter).map_or(Appeal::None, |entry| entry.appeal);
        let instruction = appeal.instruction(self.level.name_of(&matter.document.agency));
        let matter = self.matters.get_mut(&serial)?;
        matter.rest.pop_front();
        matter.reports += 1;
        let report = match &next {
            Act::Decide { outcome, words, valid } => {
                let mut decision = say::decision(*outcome, at, &say_it(words));
                if matches!(outcome, Outcome::PartlyApproved | Outcome::Rejected | Outcome::Dismissed) {
                    decision.appeal_instruction = instruction;
                }
                decision.valid_from_date = valid.map(|valid| answer::date(valid.from));
                decision.valid_to_date = valid.and_then(|valid| valid.to).map(answer::date);
                let is_favourable = matches!(outcome, Outcome::Approved | Outcome::PartlyApproved);
                if is_favourable && !given.fields.is_empty() {
                    decision.gives = Some(given);
                }
                decision.decision_number = matter.case_number.clone();
                matter.decision = Some(decision.clone());
                matter.standing = Standing::Decided(decision.clone());
                Report::Decision(decision)
            }
            Act::Complete { words } => {
                let mut completion = say::completion(at, &say_it(words));
                if matter.decision.is_none() && !given.fields.is_empty() {
                    completion.gives = Some(given);
                }
                matter.standing = Standing::Done(completion.clone());
                Report::Completion(completion)
            }
            Act::Ask { words, due_days, fields, is_offer, is_formal } => {
                if *is_offer {
                    matter.offered = Some(next.clone());
                }
                matter.asked += 1;
                let today = calendar::local(self.now).date();
                let due = due_days.map(|days| answer::date(plus_days(today, i64::from(days))));
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                let mut supplement = say::supplement(&say_it(words), &fields, due, at);
                supplement.offer = *is_offer;
                supplement.formal = *is_formal;
                if *is_formal {
                    let consequence = "Annars kan ansökan avvisas (20 § förvaltningslagen).";
                    supplement.consequence = consequence.to_owned();
                }
                matter.standing = Standing::Asked(supplement.clone());
                Report::Supplement(supplement)
            }
            Act::Progress { words, waits_for_other } => {
                let state = if *waits_for_other { StepState::WaitingForOther } else { StepState::InProgress };
                let words = say_it(words);
                let mut progress = say::progress(state, &words);
                progress.as_of_time = at;
                matter.standing = Standing::Working(words);
                Report::Progress(Some(progress))
            }
            Act::Pay { words, amount, due_days } => {
                matter.asked += 1;
                let today = calendar::local(self.now).date();
                let due = due_days.map(|days| answer::date(plus_days(today, i64::from(days))));
                let mut supplement = say::supplement(&say_it(words), &[], due, at);
                let amount = amount.map(i64::from).or(matter.fee).unwrap_or(FEE_ORE);
                supplement.payment = Some(payment(&matter.document.agency, &matter.case_number, amount));
                matter.standing = Standing::Asked(supplement.clone());
                Report::Supplement(supplement)
            }
            Act::Execution { state, words } => {
                let words = say_it(words);
                let mut progress = say::progress(StepState::InExecution, &words);
                progress.as_of_time = at;
                progress.execution_state = (*state).into();
                let today = calendar::local(self.now).date();
                progress.interrupt_date = (*state == ExecutionState::Interrupted).then(|| answer::date(today));
                matter.standing = Standing::Working(words);
                Report::Progress(Some(progress))
            }
            // Facts are no reports on a task; they go another way.
            Act::Paid | Act::Revoke => return None,
            Act::Delay { why } => {
                let why = say_it(why);
                let mut progress = say::progress(StepState::InProgress, &why);
                progress.as_of_time = at;
                progress.delay_reason.clone_from(&why);
                matter.standing = Standing::Working(why);
                Report::Progress(Some(progress))
            }
            Act::Fail { reason, is_retryable } => {
                let failure = v1::Failure {
                    reason: reason.clone(),
                    retryable: *is_retryable,
                    agency_words: say_it(""),
                    retry_delay: None,
                };
                matter.rest.clear();
                matter.standing = Standing::Failed(failure.clone());
                Report::Failure(failure)
            }
        };
        Some(report)
    }

    /// Puts a report where it is fetched, with what knobs add to it.
    pub(super) fn hand_out(&mut self, serial: u64, report: Report) {
        let Some(matter) = self.matters.get(&serial) else { return };
        let (task, number) = (&matter.task, matter.reports.to_string());
        let attempt = matter.attempt.to_string();
        let (step, agency) = (&matter.document.step, &matter.document.agency);
        let send = |task: &str, marks: &str, serial| Outgoing {
            agency: agency.clone(),
            message: Message::Report(Box::new(TaskReport {
                task: task.to_owned(),
                attempt: matter.attempt,
                request_id: RequestId::of(&[task, &attempt, &number, marks]),
                // Told when it was handed over.
                arrival: None,
                report: report.clone(),
            })),
            matter: serial,
            times: 0,
        };
        let wrong_task = Knob::Garbage(Garbage::WrongTask);
        if self.rules.fires(step, agency, task, &wrong_task) {
            let nobodys = format!("agencies/{agency}/tasks/never-handed-over");
            self.ready.push_back(send(&nobodys, "", None));
        }
        let marks = if matter.standing.is_answered() { "answer" } else { "" };
        self.ready.push_back(send(task, marks, Some(serial)));
        if self.rules.fires(step, agency, task, &Knob::Repeats) {
            self.ready.push_back(send(task, marks, None));
            self.ready.push_back(send(task, "again", None));
        }
    }

    /// Whether what comes next in a matter is a fact, which is told beside the task.
    pub(super) fn is_fact_next(&self, serial: u64) -> bool {
        let next = self.matters.get(&serial).and_then(|matter| matter.rest.front());
        next.is_some_and(|next| matches!(next.act, Act::Paid | Act::Revoke))
    }

    /// Tells the fact that comes next in a matter.
    pub(super) fn tell_fact(&mut self, serial: u64) {
        let at = timestamp(self.now);
        let Some(matter) = self.matters.get_mut(&serial) else { return };
        let Some(next) = matter.rest.pop_front() else { return };
        matter.reports += 1;
        let task = matter.task.clone();
        let content = match next.act {
            Act::Paid => {
                let words = "Vi har fått din betalning.";
                matter.standing = match (&matter.decision, matter.rest.is_empty()) {
                    (Some(decision), _) => Standing::Decided(decision.clone()),
                    (None, true) => Standing::Done(say::completion(Some(at), words)),
                    (None, false) => Standing::Working(words.to_owned()),
                };
                v1::fact::Content::Paid(v1::Paid { task })
            }
            Act::Revoke => v1::fact::Content::PermitRevoked(v1::PermitRevoked { task }),
            Act::Decide { .. }
            | Act::Complete { .. }
            | Act::Ask { .. }
            | Act::Pay { .. }
            | Act::Progress { .. }
            | Act::Execution { .. }
            | Act::Delay { .. }
            | Act::Fail { .. } => return,
        };
        let number = matter.reports.to_string();
        let request_id = RequestId::of(&[&matter.task, &number, "fact"]);
        let reference = matter.case_number.clone();
        let fact = v1::Fact { about: None, occur_time: Some(at), content: Some(content), reference };
        let agency = matter.document.agency.clone();
        let message = Message::Fact { request_id, fact };
        self.ready.push_back(Outgoing { agency, message, matter: Some(serial), times: 0 });
    }
}

/// Where and how a fee is paid. The address is one that can never be anybody's (RFC 2606).
fn payment(agency: &str, case_number: &str, amount: i64) -> v1::Payment {
    let reference: String = case_number.chars().filter(char::is_ascii_alphanumeric).collect();
    v1::Payment {
        link: format!("https://betala.{agency}.example/{reference}"),
        amount: Some(v1::Money { currency_code: "SEK".to_owned(), minor_units: amount }),
        reference,
    }
}
