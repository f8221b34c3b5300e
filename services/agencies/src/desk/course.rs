//! Takes matters through their course, one move after the other.

use super::answer::{self, timestamp};
use super::matter::{Document, Matter, Standing};
use super::plan::{Due, Message, Outgoing};
use super::{Desk, Taken, is_waiting};
use crate::calendar::{self, Delay, plus_days};
use crate::judge::Judgement;
use crate::script::{Act, Knob, Move};
use jiff::Timestamp;
use livshandelse_agency::{Report, RequestId, TaskReport, say, v1};
use livshandelse_proto::v1::{CancelStepResponse, ExecutionState, Outcome, cancel_step_response};
use std::collections::VecDeque;

/// How long after the last day an agency waits for an answer before it goes on, in days.
const PATIENCE_DAYS: i64 = 7;

/// How soon an offer that was declined is followed by another.
const OFFERS_AGAIN_AFTER: Delay = Delay { min: 10, max: 25, unit: calendar::Unit::Days };

/// How soon an agency asks for what is plainly missing.
const ASKS_AFTER: Delay = Delay { min: 2, max: 6, unit: calendar::Unit::Days };

impl Desk {
    /// Registers a new matter and answers for its first move.
    pub(super) fn take_on(&mut self, document: Document, handover: v1::PerformStepRequest) -> Taken {
        let (step, agency) = (document.step.clone(), document.agency.clone());
        let key = handover.effect_key.clone();
        let is_mute = self.rules.fires(&step, &agency, &key, &Knob::Mute);
        let is_late = self.rules.fires(&step, &agency, &key, &Knob::Late);
        let arrived = answer::instant(handover.arrive_time).unwrap_or(self.now);
        let filed = answer::instant(handover.submit_time).unwrap_or(arrived);
        let scripted = self.rules.course(&step, &agency).map(<[Move]>::to_vec);
        let life_event = super::life_event_of(&handover).to_owned();
        let entry = self.table.get(&life_event, &step);
        let received = entry.map_or("Vi har fått ditt ärende.", |entry| entry.words.of_arrival());
        let mut matter = Matter {
            standing: Standing::Working(received.to_owned()),
            case_number: self.case_number(&life_event, &document),
            hours: self.hours_of(&life_event, &step, &agency),
            life_event,
            fee: fee_of(&handover.amounts),
            task: handover.task.clone(),
            tasks: vec![handover.task],
            attempt: handover.attempt,
            arrived,
            filed_on: calendar::local(filed).date(),
            input: handover.input.unwrap_or_default(),
            evidence: handover.evidence.unwrap_or_default(),
            missing: handover.missing,
            rest: VecDeque::new(),
            is_scripted: scripted.is_some(),
            decision: None,
            reports: 0,
            asked: 0,
            offered: None,
            late: None,
            document,
        };
        matter.rest = match scripted {
            _ if is_mute => VecDeque::new(),
            Some(moves) => moves.into(),
            None => self.own_course(&matter),
        };
        if let Some(latency) = self.rules.latency(&step, &agency) {
            hasten(&mut matter.rest, latency);
        }
        if is_late {
            matter.late = Some((matter.task.clone(), matter.attempt));
            self.remember(matter);
            return Taken::Silence;
        }
        let serial = self.remember(matter);
        Taken::Answer(Box::new(self.begin(serial)))
    }

    /// The table's course, with what the input leads to.
    fn own_course(&self, matter: &Matter) -> VecDeque<Move> {
        let Some(entry) = self.entry_of(matter) else {
            return VecDeque::new();
        };
        let mut moves: VecDeque<Move> = entry.course.iter().cloned().collect();
        let asks = |words: &str, fields: Vec<String>, due_days| Move {
            after: ASKS_AFTER,
            no_sooner: None,
            act: Act::Ask {
                words: words.to_owned(),
                due_days: Some(due_days),
                fields,
                is_offer: false,
                is_formal: false,
            },
        };
        match matter.judged() {
            Judgement::Ask { words, fields, due_days, insists: _ } => {
                let fields = fields.iter().map(|field| (*field).to_owned()).collect();
                moves.push_front(asks(words, fields, due_days));
            }
            Judgement::Usual | Judgement::Instead(_) => {
                let parts = [&*matter.document.tie(), "asks"];
                if let Some(first) = &entry.asks
                    && self.draw.is_among(first.percent, &parts)
                {
                    let asked = asks(&first.words, first.fields.clone(), first.due_days);
                    moves.push_front(asked);
                }
            }
        }
        moves
    }

    /// Takes the same document again, as another attempt.
    pub(super) fn take_again(&mut self, serial: u64, handover: &v1::PerformStepRequest) -> v1::PerformStepResponse {
        let Some(matter) = self.matters.get_mut(&serial) else {
            return v1::PerformStepResponse::default();
        };
        if matter.task != handover.task {
            self.by_task.insert(handover.task.clone(), serial);
            matter.tasks.push(handover.task.clone());
        }
        matter.task.clone_from(&handover.task);
        matter.attempt = handover.attempt;
        if let Some((task, attempt)) = matter.late.take() {
            let words = "Beslut på den första överlämningen.";
            let decision = say::decision(Outcome::Approved, Some(timestamp(self.now)), words);
            let report = TaskReport {
                request_id: RequestId::of(&[&task, "late"]),
                task,
                attempt,
                arrival: None,
                report: Report::Decision(decision),
            };
            self.ready.push_back(Outgoing {
                agency: matter.document.agency.clone(),
                message: Message::Report(Box::new(report)),
                matter: None,
                times: 0,
            });
            return self.begin(serial);
        }
        let answer = answer::as_it_stands(matter);
        let done = match (&matter.decision, &matter.standing) {
            (Some(_), Standing::Done(completion)) => Some(completion.clone()),
            (_, _) => None,
        };
        if let Some(completion) = done {
            self.hand_out(serial, Report::Completion(completion));
        }
        answer
    }

    /// Takes what the applicant has added, or the answer to an offer.
    pub(super) fn take_supplement(&mut self, serial: u64, handover: v1::PerformStepRequest) -> v1::PerformStepResponse {
        let Some(matter) = self.matters.get_mut(&serial) else {
            return v1::PerformStepResponse::default();
        };
        if matter.task != handover.task {
            self.by_task.insert(handover.task.clone(), serial);
            matter.tasks.push(handover.task.clone());
        }
        matter.task = handover.task;
        matter.attempt = handover.attempt;
        let added = handover.input.unwrap_or_default();
        let accepts = say::flag(Some(&added), "accept");
        matter.input.fields.extend(added.fields);
        let was_offer = match &matter.standing {
            Standing::Asked(asked) => asked.offer,
            Standing::Working(_)
            | Standing::Decided(_)
            | Standing::Done(_)
            | Standing::Failed(_)
            | Standing::Closed(_) => return answer::as_it_stands(matter),
        };
        self.plan.forget(serial);
        matter.standing = Standing::Working("Vi har fått ditt svar.".to_owned());
        if was_offer && accepts == Some(false) {
            if matter.decision.is_some() {
                matter.standing = Standing::Working("Du har tackat nej. Du får ett nytt erbjudande.".to_owned());
                offer_again(matter);
            } else {
                let closes =
                    decide(Outcome::ClosedWithoutDecision, "Du har tackat nej till erbjudandet. Ärendet avslutas.");
                matter.rest = VecDeque::from([at_once(closes)]);
            }
        } else if matter.decision.is_some() {
            // Decided already: the answer is to what is carried out.
        } else if !matter.is_scripted && matches!(matter.judged(), Judgement::Ask { insists: true, .. }) {
            // Asked once and still not told: it cannot be tried (FL 20 §).
            let dismisses = decide(Outcome::Dismissed, "");
            let after = matter.rest.front().map_or(Delay::NONE, |next| next.after);
            matter.rest = VecDeque::from([Move { after, no_sooner: None, act: dismisses }]);
        }
        self.begin(serial)
    }

    /// Takes a withdrawal: closes the matter now, or when the office opens.
    pub(super) fn take_withdrawal(&mut self, serial: u64) -> CancelStepResponse {
        let arrival = Some(say::arrival(Some(timestamp(self.now)), ""));
        let Some(matter) = self.matters.get(&serial) else {
            return CancelStepResponse::default();
        };
        let goes_on = self.entry_of(matter).is_some_and(|entry| entry.goes_on);
        let continued = |words: &str, legal_basis: &str| {
            cancel_step_response::Result::Continued(v1::Continuation {
                agency_words: words.to_owned(),
                legal_basis: legal_basis.to_owned(),
            })
        };
        let result = if matches!(matter.standing, Standing::Closed(_)) {
            cancel_step_response::Result::Closed(self.closing(self.now))
        } else if matter.standing.is_answered() || matter.decision.is_some() {
            continued("Beslut är redan fattat.", "FL 36–39 §§")
        } else if goes_on {
            continued("Vi måste gå vidare med ärendet även om du återkallar det.", "")
        } else if matter.hours.is_open(self.now) {
            let closed = self.closing(self.now);
            self.plan.forget(serial);
            self.close(serial, closed.clone());
            cancel_step_response::Result::Closed(closed)
        } else {
            let opens = matter.hours.next_open(self.now);
            let tie = matter.document.tie();
            self.plan.add(opens, &tie, Due::Close(serial));
            cancel_step_response::Result::Accepted(v1::Acceptance {
                agency_words: "Vi har fått din återkallelse.".to_owned(),
                expected_decide_date: None,
            })
        };
        CancelStepResponse { arrival, result: Some(result) }
    }

    fn closing(&self, at: Timestamp) -> v1::Completion {
        v1::Completion {
            outcome: Outcome::ClosedWithoutDecision.into(),
            ..say::completion(Some(timestamp(at)), "Ärendet är avskrivet, som du har begärt.")
        }
    }

    fn close(&mut self, serial: u64, closed: v1::Completion) {
        if let Some(matter) = self.matters.get_mut(&serial) {
            matter.rest.clear();
            matter.standing = Standing::Closed(closed);
        }
    }

    /// Does what was planned.
    pub(super) fn do_due(&mut self, due: Due) {
        match due {
            Due::Move(serial) if self.is_fact_next(serial) => {
                self.tell_fact(serial);
                self.plan_next(serial, self.now);
            }
            Due::Move(serial) => {
                if let Some(report) = self.act(serial) {
                    self.hand_out(serial, report);
                    self.plan_next(serial, self.now);
                }
            }
            Due::Unanswered(serial, asked) => self.go_on_unanswered(serial, asked),
            Due::Close(serial) => {
                let closed = self.closing(self.now);
                self.close(serial, closed.clone());
                self.hand_out(serial, Report::Completion(closed));
            }
            Due::Fact(index) => {
                if let Some(planned) = self.facts.get(index) {
                    let fact = answer::fact(planned);
                    let name = format!("{planned:?}");
                    self.ready.push_back(Outgoing {
                        agency: planned.agency.clone(),
                        message: Message::Fact { request_id: RequestId::of(&[&name]), fact },
                        matter: None,
                        times: 0,
                    });
                }
            }
            Due::Again(mut outgoing) => {
                outgoing.times += 1;
                self.ready.push_back(*outgoing);
            }
        }
    }

    fn go_on_unanswered(&mut self, serial: u64, asked: u32) {
        let Some(matter) = self.matters.get_mut(&serial) else { return };
        if !is_waiting(matter) || matter.asked != asked {
            return;
        }
        let (was_offer, was_fee) = match &matter.standing {
            Standing::Asked(asked) => (asked.offer, asked.payment.is_some()),
            Standing::Working(_)
            | Standing::Decided(_)
            | Standing::Done(_)
            | Standing::Failed(_)
            | Standing::Closed(_) => (false, false),
        };
        if was_offer && matter.decision.is_some() {
            offer_again(matter);
            let words = "Du svarade inte i tid. Du får ett nytt erbjudande.".to_owned();
            matter.rest.push_front(at_once(Act::Execution { state: ExecutionState::DeclinedOffer, words }));
        } else {
            let act = match (was_offer, was_fee) {
                (true, _) => decide(Outcome::ClosedWithoutDecision, "Du svarade inte i tid. Ärendet avslutas."),
                (false, true) => decide(Outcome::Dismissed, "Avgiften är inte betald. Ansökan avvisas."),
                (false, false) => decide(Outcome::Dismissed, ""),
            };
            matter.rest = VecDeque::from([at_once(act)]);
        }
        if let Some(report) = self.act(serial) {
            self.hand_out(serial, report);
            self.plan_next(serial, self.now);
        }
    }

    /// Answers for the first move: at once if it is due, otherwise later.
    fn begin(&mut self, serial: u64) -> v1::PerformStepResponse {
        let now = self.now;
        let at_once = !self.is_fact_next(serial) && self.next_at(serial, now).is_some_and(|at| at <= now);
        let report = if at_once { self.act(serial) } else { None };
        self.plan_next(serial, now);
        match (self.matters.get(&serial), report) {
            (Some(matter), Some(report)) => answer::with(matter, report),
            (Some(matter), None) => answer::heard(matter),
            (None, _) => v1::PerformStepResponse::default(),
        }
    }

    /// When the next move is due, counted from an instant. `None`: there is none.
    fn next_at(&self, serial: u64, from: Timestamp) -> Option<Timestamp> {
        let matter = self.matters.get(&serial)?;
        let next = matter.rest.front()?;
        let tie = matter.document.tie();
        let which = format!("{}/{}", matter.reports, matter.rest.len());
        let Delay { min, max, unit } = next.after;
        let count = self.draw.within(min, max, &[&tie, "delay", &which]);
        let moment = self.draw.number(&[&tie, "moment", &which]);
        let at = matter.hours.after(from, count, unit, moment);
        let Some((days, field)) = &next.no_sooner else {
            return Some(at);
        };
        match self.date_of(matter, field) {
            Some(day) => {
                let first = plus_days(day, -i64::from(*days));
                Some(matter.hours.within(first, moment).max(at))
            }
            None => Some(at),
        }
    }

    /// Plans what comes next: the next move, or going on without an answer.
    fn plan_next(&mut self, serial: u64, from: Timestamp) {
        let Some(matter) = self.matters.get(&serial) else { return };
        let tie = matter.document.tie();
        let (at, due) = match &matter.standing {
            // Somebody pays: what comes next does not wait for an answer.
            Standing::Asked(supplement) if supplement.payment.is_some() && self.is_fact_next(serial) => {
                let Some(at) = self.next_at(serial, from) else { return };
                (at, Due::Move(serial))
            }
            Standing::Asked(supplement) => {
                let Some(last) = supplement.respond_by_date.as_ref().and_then(day_of) else {
                    return;
                };
                let moment = self.draw.number(&[&tie, "unanswered"]);
                let at = matter.hours.within(plus_days(last, PATIENCE_DAYS), moment);
                (at, Due::Unanswered(serial, matter.asked))
            }
            Standing::Working(_) | Standing::Decided(_) | Standing::Done(_) => {
                let Some(at) = self.next_at(serial, from) else { return };
                (at, Due::Move(serial))
            }
            Standing::Failed(_) | Standing::Closed(_) => return,
        };
        self.plan.add(at, &tie, due);
    }
}

/// The fee among the amounts that a step goes by: the first that is money.
fn fee_of(amounts: &[v1::Amount]) -> Option<i64> {
    amounts.iter().filter(|amount| amount.unit() == v1::AmountUnit::Ore).find_map(|amount| amount.value)
}

/// Puts the last offer before what is left: it is made anew some weeks later.
fn offer_again(matter: &mut Matter) {
    if let Some(act) = matter.offered.clone() {
        matter.rest.push_front(Move { after: OFFERS_AGAIN_AFTER, no_sooner: None, act });
    }
}

fn decide(outcome: Outcome, words: &str) -> Act {
    Act::Decide { outcome, words: words.to_owned(), valid: None }
}

fn at_once(act: Act) -> Move {
    Move { after: Delay::NONE, no_sooner: None, act }
}

/// Makes the first answer come after a told time. What is only told before it is left out; what is asked for, and a fee, keep
/// their own time.
fn hasten(moves: &mut VecDeque<Move>, latency: Delay) {
    let is_answer = |next: &Move| matches!(next.act, Act::Decide { .. } | Act::Complete { .. } | Act::Fail { .. });
    let is_offer = |next: &Move| matches!(next.act, Act::Ask { is_offer: true, .. });
    let Some(first) = moves.iter().position(|next| is_answer(next) || is_offer(next)) else { return };
    if let Some(answer) = moves.get_mut(first) {
        answer.after = latency;
        answer.no_sooner = None;
    }
    let mut place = 0;
    moves.retain(|next| {
        let is_kept = place >= first || matches!(next.act, Act::Ask { .. } | Act::Pay { .. } | Act::Paid);
        place += 1;
        is_kept
    });
}

fn day_of(date: &v1::Date) -> Option<jiff::civil::Date> {
    let year = i16::try_from(date.year).ok()?;
    let month = i8::try_from(date.month).ok()?;
    let day = i8::try_from(date.day).ok()?;
    jiff::civil::Date::new(year, month, day).ok()
}
