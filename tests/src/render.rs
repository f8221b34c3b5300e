//! A history as text: one line per event, for people to read and compare.

use crate::play::{Entry, Play};
use livshandelse_core::case::{AmountUsed, Ask, Mandate, MandateScope, Reason};
use livshandelse_core::event::{Decided, Event, Record};
use livshandelse_core::id::{PartyId, Slug};
use livshandelse_core::value::{Value, Values};
use std::fmt::Debug;
use std::fmt::Write as _;

/// The whole history of a play, refusals in their place.
pub fn history(play: &Play) -> String {
    let mut text = String::new();
    for entry in &play.entries {
        match entry {
            Entry::Record(index) => {
                if let Some(record) = play.records.get(*index) {
                    record_lines(&mut text, play, record);
                }
            }
            Entry::Refused(at, rejection) => {
                line(&mut text, "---", &at.date().to_string(), "refused", &rejection.to_string())
            }
            Entry::Repeated(at) => line(&mut text, "---", &at.date().to_string(), "repeated", "nothing new"),
        }
    }
    text
}

fn line(text: &mut String, number: &str, day: &str, word: &str, rest: &str) {
    let whole = format!("{number}  {day}  {word:<22}  {rest}");
    let _ = writeln!(text, "{}", whole.trim_end());
}

fn record_lines(text: &mut String, play: &Play, record: &Record) {
    let number = format!("{:03}", record.sequence.0);
    let day = record.at.date().to_string();
    let planned = record.events.iter().filter(|event| matches!(event, Event::StepPlanned { .. })).count();
    let mut is_planned_told = false;
    for event in &record.events {
        match event {
            Event::RequestAccepted { .. } => {}
            Event::StepPlanned { .. } => {
                if !is_planned_told {
                    line(text, &number, &day, "steps-planned", &planned.to_string());
                }
                is_planned_told = true;
            }
            _ => {
                let (word, rest) = told(play, event);
                line(text, &number, &day, &word, &rest);
            }
        }
    }
}

/// The word of an event and what it says.
fn told(play: &Play, event: &Event) -> (String, String) {
    let role = |id: &PartyId| play.case.party(*id).map_or_else(String::new, |party| kebab(&party.role));
    let rest = match event {
        Event::RequestAccepted { .. } | Event::DraftExpired | Event::CaseWithdrawn => String::new(),
        Event::DraftSaved { filing, expires_at, .. } => {
            format!("{} {}  until {}", filing.revision, filing.municipality, expires_at.date())
        }
        Event::CaseCreated { filing, .. } => format!("{}  {}", filing.revision, filing.municipality),
        Event::ChildExpected { child } => child.0.to_string(),
        Event::SubjectKnown { group, subject, municipality } => {
            let place = municipality.as_ref().map(|code| format!("  {code}")).unwrap_or_default();
            format!("{group} {}{place}", subject.0)
        }
        Event::PartyJoined { party, mandate, input } => {
            format!("{}{}{}", kebab(&party.role), held(mandate.as_ref()), values(input))
        }
        Event::StepPlanned { step, .. } | Event::StepOpened { step } | Event::StepAdded { step } => step.to_string(),
        Event::InputGiven { step, input, role, is_signature } => {
            let signed = if *is_signature { "  signed" } else { "" };
            format!("{step}  {}{signed}{}", kebab(role), values(input))
        }
        Event::StepFiled { step, agency, attempt, is_received_here, evidence, amounts, .. } => {
            let received = if *is_received_here { "  arrived" } else { "" };
            format!("{step} #{}  {agency}{received}{}{}", attempt.0, values(evidence), by_amounts(amounts))
        }
        Event::StepRetried { step, attempt, .. } => format!("{step} #{}", attempt.0),
        Event::SupplementSent { step, number, .. } => format!("{step}  {number}"),
        Event::Arrived { step, case_number, .. } => format!("{step}  {}", case_number.as_deref().unwrap_or_default()),
        Event::ProgressReported { step, words, waits_for_other, delay } => {
            let other = if *waits_for_other { "  waits for another" } else { "" };
            let delay = delay.as_ref().map(|delay| format!("  late: {delay}")).unwrap_or_default();
            format!("{step}  \"{words}\"{other}{delay}")
        }
        Event::SupplementAsked { step, words, due, ask } => {
            let due = due.map(|due| format!("  by {due}")).unwrap_or_default();
            let asked = match ask {
                Ask::Supplement => String::new(),
                Ask::Offer => "offer ".to_owned(),
                Ask::Payment { amount, reference, .. } => format!("payment of {amount} öre, {reference} "),
            };
            format!("{step}  {asked}\"{words}\"{due}")
        }
        Event::DecisionRecorded { step, decided, is_executed, .. } => {
            let executed = if *is_executed { "  to be carried out" } else { "" };
            let terms = terms(decided);
            format!("{step}  {}{terms}{executed}{}", kebab(&decided.outcome), values(&decided.gives))
        }
        Event::StepCompleted { step, gives, .. } => format!("{step}{}", values(gives)),
        Event::ExecutionMoved { step, execution, interrupted_on } => {
            let since = interrupted_on.map(|day| format!("  since {day}")).unwrap_or_default();
            format!("{step}  {}{since}", kebab(execution))
        }
        Event::AppealMoved { step, appeal } => format!("{step}  {}", kebab(appeal)),
        Event::StepFailed { step, retry_at, .. } => match retry_at {
            Some(at) => format!("{step}  again {at}"),
            None => format!("{step}  an operator must act"),
        },
        Event::Undelivered { step, why, retry_at } => format!("{step}  {}  again {retry_at}", kebab(why)),
        Event::HandedToInbox { step } => step.to_string(),
        Event::ReportKept { step, attempt, what } => format!("{step} #{}  {what}", attempt.0),
        Event::ClockStarted { step, clock, last_day, acts_on, amounts } => {
            let rolled = if last_day == acts_on { String::new() } else { format!("  acts {acts_on}") };
            format!("{step}/{clock}  last day {last_day}{rolled}{}", by_amounts(amounts))
        }
        Event::ClockMet { step, clock } | Event::ClockStopped { step, clock } => format!("{step}/{clock}"),
        Event::ClockPassed { step, clock, again_on } => {
            let again = again_on.map(|day| format!("  again {day}")).unwrap_or_default();
            format!("{step}/{clock}{again}")
        }
        Event::FactReported { report, occurrence, .. } => {
            let time = if occurrence.is_whole() { String::new() } else { format!("  time {}", occurrence.0) };
            let child = if report.child.is_whole() { String::new() } else { format!("  child {}", report.child.0) };
            let place = report.municipality.as_ref().map(|code| format!("  {code}")).unwrap_or_default();
            let of = report.step.as_ref().map(|step| format!("  {step}")).unwrap_or_default();
            let whom = report.party.as_ref().map(|party| format!("  {}", role(party))).unwrap_or_default();
            format!("{}{child}{time}{of}{whom}{place}{}", report.kind.slug(), values(&report.values))
        }
        Event::StepDoneByFact { step, agency, gives } => format!("{step}  {agency}{}", values(gives)),
        Event::StepNotNeeded { step, reason } => format!("{step}  {}", why(reason)),
        Event::StepSettled { step, clock } => format!("{step}/{clock}"),
        Event::WithdrawalSent { step, .. } => step.to_string(),
        Event::StepWithdrawn { step, reason, .. } => format!("{step}  {}", why(reason)),
        Event::Notice(event) => {
            let (word, rest) = crate::notices::words(event);
            return (word.to_owned(), rest);
        }
        Event::CaseEnded { end } => kebab(end),
    };
    let word = kebab(event);
    let word = word.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    (word, rest)
}

/// A reason in words.
pub fn why(reason: &Reason) -> String {
    match reason {
        Reason::FactEnded(fact) => format!("fact-ended {fact}"),
        Reason::Condition
        | Reason::NeedGone(_)
        | Reason::ClockEnded(_)
        | Reason::WithdrawnUnsent
        | Reason::WithdrawnAndClosed
        | Reason::Undelivered(_)
        | Reason::AgencyFailed
        | Reason::CaseWithdrawn
        | Reason::Settled(_) => kebab(reason),
    }
}

fn held(mandate: Option<&Mandate>) -> String {
    let Some(mandate) = mandate else { return String::new() };
    let scope = match &mandate.scope {
        MandateScope::All => String::new(),
        MandateScope::Steps(steps) => {
            format!("  for {}", steps.iter().map(Slug::as_str).collect::<Vec<_>>().join(", "))
        }
    };
    let to = mandate.to.map(|to| format!(" to {to}")).unwrap_or_default();
    format!("  by {} from {}{to}{scope}", mandate.kind.slug(), mandate.from)
}

fn by_amounts(amounts: &[AmountUsed]) -> String {
    let told = amounts.iter().map(|used| match used.found {
        Some(found) => format!("{}={} {}", used.slug, found.value, found.unit.slug()),
        None => format!("{}=unknown", used.slug),
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { told } else { format!("  by {told}") }
}

fn terms(decided: &Decided) -> String {
    let number = decided.number.as_ref().map(|number| format!("  {number}")).unwrap_or_default();
    let from = decided.valid_from.map(|day| format!("  from {day}")).unwrap_or_default();
    let to = decided.valid_to.map(|day| format!("  to {day}")).unwrap_or_default();
    let appeal = if decided.appeal_to.is_some() { "  says how to appeal" } else { "" };
    format!("{number}{from}{to}{appeal}")
}

/// Field names only: what people write is theirs.
fn values(values: &Values) -> String {
    if values.is_empty() {
        return String::new();
    }
    let told = values.iter().map(|(name, value)| match value {
        Value::Flag(flag) => format!("{name}={flag}"),
        Value::Number(number) => format!("{name}={number}"),
        Value::Day(day) => format!("{name}={day}"),
        Value::Text(_) | Value::Party(_) | Value::Document(_) => name.to_string(),
    });
    format!("  [{}]", told.collect::<Vec<_>>().join(" "))
}

/// A name in code as words joined by `-`: `NotNeeded` is `not-needed`; what stands in brackets follows as it is.
pub fn kebab(name: &impl Debug) -> String {
    let text = format!("{name:?}");
    let head_end = text.find(['(', '{', ' ']).unwrap_or(text.len());
    let (head, tail) = text.split_at(head_end);
    let mut word = String::new();
    for character in head.chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(character.to_ascii_lowercase());
    }
    let tail = tail.trim_start_matches('(').trim_end_matches(')').replace('"', "");
    if tail.is_empty() || tail.trim_start().starts_with('{') { word } else { format!("{word} {}", lower(&tail)) }
}

fn lower(text: &str) -> String {
    if text.starts_with(|first: char| first.is_ascii_uppercase()) { text.to_ascii_lowercase() } else { text.to_owned() }
}
