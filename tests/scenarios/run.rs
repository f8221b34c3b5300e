//! Plays a script, line by line.

use crate::script::{Deed, Expect, FactOf, Line, Say, Wait, who};
use jiff::ToSpan;
use jiff::civil::Date;
use livshandelse_core::case::{Ask, FactReport, Mandate, MandateScope, NewParty, Stage as CaseStage, Step};
use livshandelse_core::command::{Actor, Report};
use livshandelse_core::definition::{FactKind, MandateKind, Role};
use livshandelse_core::event::Decided;
use livshandelse_core::id::{Attempt, PartyId, Slug, StepId, Subject};
use livshandelse_core::status::{roll_up, turn_of, unfulfilled};
use livshandelse_core::time::CivilTime;
use livshandelse_core::value::{Value, Values};
use livshandelse_core::{Command, Rejection};
use livshandelse_tests::finish::Zeal;
use livshandelse_tests::play::Play;
use livshandelse_tests::render::{kebab, why};
use livshandelse_tests::{sampled, stage::Stage};
use livshandelse_workflows::sample::Who;
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
    let mut opening = stage.samples.get(sample).ok_or_else(|| format!("no sample `{sample}`"))?.clone();
    match line.settings.get("as").map(String::as_str) {
        None | Some("applicant") => {}
        Some("helper") => opening = opening.by_helper(&stage.definition),
        Some(other) => return Err(format!("a `{other}` files nothing: write as=applicant or as=helper")),
    }
    let actor = Actor::Person(opening.filer());
    play.joiners.clone_from(&opening.joiners);
    play.answers.clone_from(&opening.answers);
    let mut filing = opening.filing;
    for (name, word) in line.settings.iter().filter(|(name, _)| !["sample", "at", "as"].contains(&name.as_str())) {
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
        Deed::Fact(kind, of) => fact(play, line, *kind, of.as_ref()),
        Deed::Join(who) => join(play, line, *who),
        Deed::Contact(who) => {
            play.is_post_slow = setting("post") == Some("slow");
            let party = somebody(play, *who).ok_or_else(|| format!("the sample has no {}", who.role.slug()))?;
            told(play.wants_to_be_told(party.id, setting("off").is_none()))
        }
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
    let found = somebody(play, who(word)?).map(|party| Actor::Person(party.id));
    found.ok_or_else(|| format!("the sample has no {word}"))
}

/// Somebody in the case, or who may still come into it.
fn somebody(play: &Play, who: Who) -> Option<NewParty> {
    let coming = play.joiners.iter().filter(|party| play.case.party(party.id).is_none());
    let mut all = play.case.parties.iter().chain(coming).filter(|party| party.role == who.role);
    all.nth(who.number.checked_sub(1)?).cloned()
}

/// Somebody comes in: by themselves, or as the setting `as` says; a representative brings the applicant along.
fn join(play: &mut Play, line: &Line, who: Who) -> Result<(), String> {
    let setting = |name: &str| line.settings.get(name).map(String::as_str);
    let day = |word: &str| word.parse::<Date>().map_err(|_| format!("`{word}` is not a day"));
    let mut party =
        somebody(play, who).ok_or_else(|| format!("nobody of the sample can join as {}", who.role.slug()))?;
    // A helper, or another party, who shows a mandate comes as a representative too.
    if setting("mandate").is_some() {
        party.role = Role::Representative;
    }
    let mandate = match setting("mandate") {
        None => None,
        Some(word) => {
            let kind = MandateKind::ALL.into_iter().find(|kind| kind.slug() == word);
            let steps = setting("scope").map(|steps| steps.split(',').map(slug).collect::<Result<Vec<_>, _>>());
            Some(Mandate {
                kind: kind.ok_or_else(|| format!("`{word}` is no kind of mandate"))?,
                scope: steps.transpose()?.map_or(MandateScope::All, MandateScope::Steps),
                from: setting("from").map(day).transpose()?.unwrap_or(play.now.date()),
                to: setting("to").map(day).transpose()?,
                evidence: setting("evidence").unwrap_or("Handlingen har visats upp").to_owned(),
            })
        }
    };
    let represented = match (mandate.is_some(), play.case.applicant()) {
        (true, None) => somebody(play, Who { role: Role::Applicant, number: 1 }),
        (_, _) => None,
    };
    let actor = match setting("as").map(|word| (word, word.strip_prefix("agency:"))) {
        None => Actor::Person(party.id),
        Some((_, Some(agency))) => Actor::Agency(slug(agency)?),
        Some((word, None)) => person(play, word)?,
    };
    let comers: Vec<_> = represented.iter().chain([&party]).collect();
    let mut answers = play.answers.clone();
    for (name, word) in &line.settings {
        let field = slug(name)?;
        let Some(known) = play.stage.definition.parts().form.field(&field) else { continue };
        if word == "-" {
            answers.remove(&field);
        } else {
            answers.insert(field, sampled::parse(&known.kind, word, |_| None)?);
        }
    }
    let mut input = sampled::joining(&play.stage.definition, &play.case, &comers, &answers, play.now.date());
    // What the line says is answered, whether it is asked or not.
    input.extend(answers.into_iter().filter(|(field, _)| line.settings.contains_key(field.as_str())));
    told(play.ask(actor, Command::JoinCase { party, mandate, represented, input }))
}

fn fact(play: &mut Play, line: &Line, kind: FactKind, of: Option<&FactOf>) -> Result<(), String> {
    let setting = |name: &str| line.settings.get(name).map(String::as_str);
    let child = setting("child").unwrap_or("0");
    let child = child.parse().map_err(|_| format!("`{child}` is not a child's number"))?;
    let occurred_at = match setting("on") {
        Some(day) => working_hour(day.parse().map_err(|_| format!("`{day}` is not a day"))?),
        None => play.now,
    };
    let meant = setting("party").map(who).transpose()?;
    let (party, step) = match of {
        Some(FactOf::Party(who)) => (Some(*who), None),
        Some(FactOf::Step(step)) => (meant, Some(step.clone())),
        None => (meant, None),
    };
    let party = party.and_then(|who| somebody(play, who)).map(|party| party.id);
    let known = ["child", "on", "by", "party", "municipality", "at"];
    let mut values = Values::new();
    for (name, value) in line.settings.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        values.insert(slug(name)?, Value::Text(value.clone()));
    }
    let municipality = setting("municipality").map(str::to_owned);
    let owner = step.as_ref().and_then(|step| play.agency_with(step));
    let report = FactReport { kind, child: Subject(child), party, step, occurred_at, municipality, values };
    let actor = match setting("by") {
        Some("operator") => operator(),
        Some(agency) => Actor::Agency(slug(agency)?),
        None => owner.map_or_else(|| play.birth_reporter(), Actor::Agency),
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
                let person = |word: &str| somebody(play, who(word).ok()?).map(|party| party.id);
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
    let own = [
        "number",
        "due",
        "by",
        "received",
        "delay",
        "appeal",
        "words",
        "waits-for-other",
        "on",
        "amount",
        "link",
        "reference",
        "valid-from",
        "valid-to",
        "appeal-to",
        "since",
    ];
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
            execution: None,
            interrupted_on: None,
        },
        Say::Execution(state, text) => Report::Progress {
            words: text.clone(),
            waits_for_other: false,
            delay: None,
            appeal: None,
            execution: Some(*state),
            interrupted_on: day("since")?,
        },
        Say::Supplement(text) => {
            Report::SupplementAsked { words: text.clone(), due: day("due")?, ask: Ask::Supplement }
        }
        Say::Offer(text) => Report::SupplementAsked { words: text.clone(), due: day("due")?, ask: Ask::Offer },
        Say::Pay(text) => {
            let amount = setting("amount").unwrap_or("120000");
            let ask = Ask::Payment {
                link: setting("link").unwrap_or("https://betala.example/avgift").to_owned(),
                amount: amount.parse().map_err(|_| format!("`{amount}` is not an amount in öre"))?,
                reference: setting("reference").unwrap_or("OCR 1234567").to_owned(),
            };
            let text = if text.is_empty() { words("Betala avgiften.") } else { text.clone() };
            Report::SupplementAsked { words: text, due: day("due")?, ask }
        }
        Say::Decided(outcome) => Report::Decided(Decided {
            outcome: *outcome,
            decided_at: play.now,
            received_at: day("received")?.map(working_hour),
            words: words(&format!("Beslut: {}.", kebab(outcome))),
            gives: if gives.is_empty() && outcome.is_favourable() { usual() } else { gives },
            number: setting("number").map(str::to_owned),
            valid_from: day("valid-from")?,
            valid_to: day("valid-to")?,
            appeal_to: setting("appeal-to").map(str::to_owned),
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
            let lost: Vec<_> = unfulfilled(definition, &play.case).map(|step| step.id.to_string()).collect();
            shown.push(("unfulfilled".to_owned(), if lost.is_empty() { "none".to_owned() } else { lost.join(",") }));
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
            shown.push(("reason".to_owned(), step.reason.as_ref().map_or_else(|| "none".to_owned(), why)));
            let asked = step.asked.as_ref().map_or("none", |asked| match asked.ask {
                Ask::Supplement => "supplement",
                Ask::Offer => "offer",
                Ask::Payment { .. } => "payment",
            });
            shown.push(("asked".to_owned(), asked.to_owned()));
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
