//! Plays a script, line by line.

use crate::script::{Deed, Expect, Line, Say, Wait, role};
use jiff::ToSpan;
use jiff::civil::Date;
use livshandelse_core::case::{FactReport, Stage as CaseStage, Step};
use livshandelse_core::command::{Actor, Report};
use livshandelse_core::definition::{FactKind, Role};
use livshandelse_core::event::Decided;
use livshandelse_core::id::{Attempt, PartyId, Slug, StepId, Subject};
use livshandelse_core::status::{roll_up, turn_of};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Command, Rejection};
use livshandelse_tests::finish::Zeal;
use livshandelse_tests::play::Play;
use livshandelse_tests::render::kebab;
use livshandelse_tests::{sampled, stage::Stage};
use std::sync::Arc;

/// The hour at which everything in a script happens, unless it says otherwise.
fn working_hour(day: Date) -> CivilTime {
    CivilTime::noon(day)
}

/// A play that has been opened with a script's `start` line.
pub(crate) fn begin(stage: &Arc<Stage>, lines: &[Line]) -> Result<Play, String> {
    let Some(Line { deed: Deed::Start { sample }, settings, number }) = lines.first() else {
        return Err("the first command must be `start`".to_owned());
    };
    let opening = stage.samples.get(sample).ok_or_else(|| {
        let known: Vec<&str> = stage.samples.keys().map(String::as_str).collect();
        format!("line {number}: no sample `{sample}`; use one of: {}", known.join(", "))
    })?;
    let day = match settings.get("at") {
        Some(day) => day.parse().map_err(|_| format!("line {number}: `{day}` is not a day"))?,
        None => opening.start,
    };
    Ok(Play::new(stage.clone(), working_hour(day)))
}

/// Creates the case of a `start` line.
fn create(play: &mut Play, line: &Line, sample: &str) -> Result<(), String> {
    let stage = play.stage.clone();
    let opening = stage.samples.get(sample).ok_or_else(|| format!("no sample `{sample}`"))?;
    let applicant = opening.filing.parties.iter().find(|party| party.role == Role::Applicant);
    let actor = Actor::Person(applicant.map_or(PartyId([0; 16]), |party| party.id));
    let mut filing = opening.filing.clone();
    for (name, word) in line.settings.iter().filter(|(name, _)| !["sample", "at"].contains(&name.as_str())) {
        let field = slug(name)?;
        let known =
            stage.definition.parts().form.field(&field).ok_or_else(|| format!("the form has no field `{name}`"))?;
        filing.input.insert(field, sampled::parse(&known.kind, word, |_| None)?);
    }
    let answer = play.ask(actor, Command::CreateCase(filing));
    answer.map(|_| ()).map_err(|rejection| format!("the case is refused: {rejection}"))
}

/// Plays one line. `is_story` is false in a run where something else goes wrong: then an expectation says nothing.
///
/// A refusal is no error: it is shown in the history.
pub(crate) fn play_line(play: &mut Play, line: &Line, is_story: bool) -> Result<(), String> {
    at_line(play, line, is_story).map_err(|problem| format!("line {}: {problem}", line.number))
}

fn at_line(play: &mut Play, line: &Line, is_story: bool) -> Result<(), String> {
    let setting = |name: &str| line.settings.get(name).map(String::as_str);
    if let (Some(day), false) = (setting("on"), matches!(line.deed, Deed::Start { .. })) {
        let day = working_hour(day.parse().map_err(|_| format!("`{day}` is not a day"))?);
        if day > play.now {
            play.pass_to(day);
        }
    }
    match &line.deed {
        Deed::Start { sample } => create(play, line, sample),
        Deed::Fact(kind) => fact(play, line, *kind),
        Deed::Answer(step) => answer(play, line, step, is_story),
        Deed::Wait(Wait::Days(days)) => {
            let day = play.now.date().saturating_add(days.days());
            play.pass_to(working_hour(day));
            Ok(())
        }
        Deed::Wait(Wait::Until(day)) => {
            play.pass_to(working_hour(*day));
            Ok(())
        }
        Deed::Report(step, attempt, say) => report(play, line, step, *attempt, say),
        Deed::Undelivered(step, attempt, why) => {
            let desk = play.desks.get(step).map(|desk| desk.attempt);
            let attempt = attempt.or(desk).unwrap_or(Attempt(1));
            let command = Command::ReportUndelivered { step: step.clone(), attempt, why: *why };
            told(play.ask(Actor::Time, command))
        }
        Deed::Withdraw(step) => {
            let command = match step {
                Some(step) => Command::WithdrawStep { step: step.clone() },
                None => Command::WithdrawCase,
            };
            let actor = person(play, setting("as").unwrap_or("applicant"))?;
            told(play.ask(actor, command))
        }
        Deed::Add(step) => {
            let actor = person(play, setting("as").unwrap_or("applicant"))?;
            told(play.ask(actor, Command::AddStep { step: step.clone() }))
        }
        Deed::Retry(step) => told(play.ask(operator(), Command::RetryStep { step: step.clone() })),
        Deed::Inbox(step) => told(play.ask(operator(), Command::HandToInbox { step: step.clone() })),
        Deed::Expect(expect) if is_story => check(play, line, expect),
        Deed::Expect(_) => Ok(()),
        Deed::Finish => {
            play.finish(match setting("zeal") {
                Some("everything") => Zeal::Everything,
                Some("nothing") => Zeal::Nothing,
                _ => Zeal::Mandatory,
            });
            Ok(())
        }
    }
}

/// A refusal stands in the history; only our own fault is an error, and that is in `broken` already.
fn told<T>(_: Result<T, Rejection>) -> Result<(), String> {
    Ok(())
}

fn operator() -> Actor {
    Actor::Operator("drift".to_owned())
}

/// Who a scenario means: a role, or `stranger`.
fn person(play: &Play, word: &str) -> Result<Actor, String> {
    if word == "stranger" {
        return Ok(Actor::Person(PartyId([9; 16])));
    }
    let role = role(word)?;
    play.person(role).map(Actor::Person).ok_or_else(|| format!("the sample has no {word}"))
}

fn fact(play: &mut Play, line: &Line, kind: FactKind) -> Result<(), String> {
    let setting = |name: &str| line.settings.get(name).map(String::as_str);
    let child = setting("child").unwrap_or("0");
    let child = child.parse().map_err(|_| format!("`{child}` is not a child's number"))?;
    let occurred_at = match setting("on") {
        Some(day) => working_hour(day.parse().map_err(|_| format!("`{day}` is not a day"))?),
        None => play.now,
    };
    let party = match setting("party") {
        Some(word) => play.person(role(word)?),
        None => None,
    };
    let known = ["child", "on", "by", "party", "municipality", "at"];
    let mut values = Values::new();
    for (name, value) in line.settings.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        values.insert(slug(name)?, Value::Text(value.clone()));
    }
    let municipality = setting("municipality").map(str::to_owned);
    let report = FactReport { kind, child: Subject(child), party, occurred_at, municipality, values };
    let actor = match setting("by") {
        Some("operator") => operator(),
        Some(agency) => Actor::Agency(slug(agency)?),
        None => play.birth_reporter(),
    };
    told(play.ask(actor, Command::ReportFact(report)))
}

fn answer(play: &mut Play, line: &Line, step: &StepId, is_story: bool) -> Result<(), String> {
    let actor = person(play, line.settings.get("as").map_or("applicant", String::as_str))?;
    let is_asked = play.case.step(step).is_some_and(|step| step.asked.is_some());
    let known = play.stage.definition.step(&step.slug).ok_or_else(|| format!("no step `{step}`"))?;
    let mut input = Values::new();
    for (name, word) in line.settings.iter().filter(|(name, _)| !["as", "on"].contains(&name.as_str())) {
        let field = slug(name)?;
        let value = match known.form.as_ref().and_then(|form| form.field(&field)) {
            Some(known) => {
                let person = |word: &str| role(word).ok().and_then(|role| play.person(role));
                sampled::parse(&known.kind, word, person)?
            }
            None if name == "accept" => Value::Flag(word == "true" || word == "yes"),
            None => Value::Text(word.clone()),
        };
        input.insert(field, value);
    }
    if is_asked && input.is_empty() {
        if play.answer_question(step) || !is_story {
            return Ok(());
        }
        return Err(format!("nobody can answer {step}"));
    }
    if !is_asked {
        for (field, value) in play.fitting_input(step) {
            input.entry(field).or_insert(value);
        }
    }
    told(play.ask(actor, Command::SubmitInput { step: step.clone(), input }))
}

fn report(play: &mut Play, line: &Line, step: &StepId, attempt: Option<Attempt>, say: &Say) -> Result<(), String> {
    let setting = |name: &str| line.settings.get(name).map(String::as_str);
    let day = |name: &str| -> Result<Option<Date>, String> {
        let word = setting(name);
        word.map(|word| word.parse().map_err(|_| format!("`{word}` is not a day"))).transpose()
    };
    let known = play.stage.definition.step(&step.slug).ok_or_else(|| format!("no step `{step}`"))?.clone();
    let own = ["number", "due", "by", "received", "delay", "appeal", "words", "waits-for-other", "on"];
    let mut gives = Values::new();
    for (name, value) in line.settings.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        gives.insert(slug(name)?, Value::Text(value.clone()));
    }
    let usual = || sampled::evidence(&play.stage.definition, &known, play.now.date(), play.applicant());
    let words = |usual: &str| setting("words").unwrap_or(usual).to_owned();
    let report = match say {
        Say::Arrived => Report::Arrived { case_number: setting("number").map(str::to_owned), at: play.now },
        Say::Progress(text) => Report::Progress {
            words: text.clone(),
            waits_for_other: setting("waits-for-other") == Some("true"),
            delay: setting("delay").map(str::to_owned),
            appeal: setting("appeal").map(appeal).transpose()?,
        },
        Say::Supplement(text) => Report::SupplementAsked { words: text.clone(), due: day("due")?, is_offer: false },
        Say::Offer(text) => Report::SupplementAsked { words: text.clone(), due: day("due")?, is_offer: true },
        Say::Decided(outcome) => Report::Decided(Decided {
            outcome: *outcome,
            decided_at: play.now,
            received_at: day("received")?.map(working_hour),
            words: words(&format!("Beslut: {}.", kebab(outcome))),
            gives: if gives.is_empty() && outcome.is_favourable() { usual() } else { gives },
        }),
        Say::Completed => {
            Report::Completed { words: words("Klart."), gives: if gives.is_empty() { usual() } else { gives } }
        }
        Say::Failed { retryable } => {
            Report::Failed { words: words("Vi kan inte läsa handlingen."), retryable: *retryable }
        }
        Say::Closed => Report::Closed { words: words("Avskrivet.") },
    };
    let agency = play.desks.get(step).map(|desk| desk.agency.clone()).or_else(|| play.agency_of(step));
    if agency.is_some_and(|agency| play.is_idle(&agency)) {
        // An agency that is silent says nothing of this either.
        return Ok(());
    }
    match setting("by") {
        Some(agency) => {
            let attempt = attempt.unwrap_or(Attempt(1));
            told(play.ask(
                Actor::Agency(slug(agency)?),
                Command::Report { step: step.clone(), attempt, arrival: None, report },
            ))
        }
        None => told(play.report(step, attempt, report)),
    }
}

fn appeal(word: &str) -> Result<livshandelse_core::case::AppealState, String> {
    use livshandelse_core::case::AppealState;
    let states = [
        AppealState::Open,
        AppealState::Late,
        AppealState::Lodged,
        AppealState::TimelinessCheck,
        AppealState::Forwarded,
        AppealState::DecidedUpheld,
        AppealState::DecidedChanged,
        AppealState::Remitted,
        AppealState::Final,
    ];
    states
        .into_iter()
        .find(|state| kebab(state) == word)
        .ok_or_else(|| format!("`{word}` is not where an appeal can be"))
}

fn check(play: &Play, line: &Line, expect: &Expect) -> Result<(), String> {
    let definition = &play.stage.definition;
    let mut shown: Vec<(String, String)> = Vec::new();
    let expected = match expect {
        Expect::Case(word) => {
            let state = match play.case.stage {
                CaseStage::Ended(end) => kebab(&end),
                stage => kebab(&stage),
            };
            shown.push((String::new(), state));
            shown.push(("roll-up".to_owned(), kebab(&roll_up(definition, &play.case, play.now))));
            shown.push(("municipality".to_owned(), play.case.municipality.to_string()));
            word
        }
        Expect::Step(id, word) => {
            let step: &Step = play.case.step(id).ok_or_else(|| format!("the case has no step {id}"))?;
            shown.push((String::new(), kebab(&step.state)));
            shown.push(("turn".to_owned(), kebab(&turn_of(definition, &play.case, step))));
            shown.push(("outcome".to_owned(), kebab(&step.outcome)));
            shown.push(("appeal".to_owned(), kebab(&step.appeal)));
            shown.push(("execution".to_owned(), kebab(&step.execution)));
            shown.push(("reason".to_owned(), step.reason.as_ref().map_or_else(|| "none".to_owned(), kebab)));
            shown.push(("agency".to_owned(), step.agency.as_ref().map_or_else(|| "none".to_owned(), Slug::to_string)));
            shown.push(("attempts".to_owned(), step.attempts.to_string()));
            word
        }
    };
    let wanted = line.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let state = (!expected.is_empty()).then_some(("", expected.as_str()));
    for (name, value) in state.into_iter().chain(wanted) {
        let is = shown.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let is = is.ok_or_else(|| format!("nothing is called `{name}`"))?;
        let fits = is == value || (name == "reason" && is.split(' ').next() == Some(value));
        if !fits {
            let what = if name.is_empty() { "it" } else { name };
            return Err(format!("on {} expected {what} to be `{value}`, and it is `{is}`", play.now.date()));
        }
    }
    Ok(())
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::new(text).map_err(|error| error.to_string())
}
