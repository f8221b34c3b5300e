//! Reads scripts. Says of every mistake what could stand there instead.

use super::tokens::{Token, cut};
use super::{Act, Effect, FactKind, Garbage, Knob, Limit, Move, PlannedFact, Rule, Scope, Script, ScriptError, Valid};
use crate::calendar::{Delay, Hours, Unit};
use jiff::civil::Date;
use livshandelse_proto::v1::{ExecutionState, Outcome};

/// The longest period, in its own unit: more is a slip of the pen.
const COUNT_MAX: u32 = 1_000_000;

/// Amounts are written in kronor and handed out in öre.
const ORE_IN_A_KRONA: u32 = 100;

const HEADS: &str = "begin with `on {step}`, `on {step} at {agency}`, `from {agency}`, `everywhere` or `report`";
const BODIES: &str = "write a course (`after 20 days approve`) or a knob (`silent 2 times`)";
const ACTS: &str = "write approve, partly-approve, reject, dismiss, close, complete, supplement, \
                    offer, pay, paid, execution, revoke, progress, wait, delay or fail";
const KNOBS: &str = "write silent, mute, errors, broken, repeats, late, garbage, closed, latency or hours";
const UNITS: &str = "write ms, seconds, minutes, hours, days, working-days, weeks or months";

/// Reads a script, a rule for each line.
///
/// # Errors
///
/// [`ScriptError`] for the first line that cannot be read.
pub fn script(text: &str) -> Result<Script, ScriptError> {
    let mut script = Script::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let tokens = cut(line, number)?;
        if tokens.is_empty() {
            continue;
        }
        let mut reader = Reader { line: number, tokens: &tokens, next: 0 };
        if reader.takes("report") {
            script.facts.push(reader.fact()?);
        } else {
            let scope = reader.scope()?;
            reader.mark(':', BODIES)?;
            for effect in reader.effects()? {
                let scope = scope.clone();
                script.rules.push(Rule { scope, effect });
            }
        }
        reader.end()?;
    }
    Ok(script)
}

/// Reads one course: moves with `; then` between them.
///
/// # Errors
///
/// [`ScriptError`] if it cannot be read.
pub fn course(text: &str) -> Result<Vec<Move>, ScriptError> {
    let tokens = cut(text, 1)?;
    let mut reader = Reader { line: 1, tokens: &tokens, next: 0 };
    let moves = reader.moves()?;
    reader.end()?;
    Ok(moves)
}

struct Reader<'a> {
    line: usize,
    tokens: &'a [Token],
    next: usize,
}

impl Reader<'_> {
    fn wrong(&self, remedy: &str) -> ScriptError {
        let problem = match self.tokens.get(self.next) {
            None => "the line ends here".to_owned(),
            Some(Token::Word(word)) => format!("`{word}` is not understood"),
            Some(Token::Text(text)) => format!("the text \"{text}\" stands in the wrong place"),
            Some(Token::Mark(mark)) => format!("`{mark}` stands in the wrong place"),
        };
        ScriptError { line: self.line, problem, remedy: remedy.to_owned() }
    }

    fn peek(&self) -> Option<&str> {
        match self.tokens.get(self.next) {
            Some(Token::Word(word)) => Some(word),
            Some(Token::Text(_) | Token::Mark(_)) | None => None,
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.peek() == Some(word);
        self.next += usize::from(is_it);
        is_it
    }

    fn takes_mark(&mut self, mark: char) -> bool {
        let is_it = self.tokens.get(self.next) == Some(&Token::Mark(mark));
        self.next += usize::from(is_it);
        is_it
    }

    fn mark(&mut self, mark: char, remedy: &str) -> Result<(), ScriptError> {
        if self.takes_mark(mark) { Ok(()) } else { Err(self.wrong(&format!("`{mark}` is missing; {remedy}"))) }
    }

    fn word(&mut self, remedy: &str) -> Result<String, ScriptError> {
        let word = self.peek().map(str::to_owned);
        let word = word.ok_or_else(|| self.wrong(remedy))?;
        self.next += 1;
        Ok(word)
    }

    fn expect(&mut self, word: &str) -> Result<(), ScriptError> {
        if self.takes(word) { Ok(()) } else { Err(self.wrong(&format!("write `{word}`"))) }
    }

    fn text(&mut self) -> String {
        match self.tokens.get(self.next) {
            Some(Token::Text(text)) => {
                self.next += 1;
                text.clone()
            }
            Some(Token::Word(_) | Token::Mark(_)) | None => String::new(),
        }
    }

    fn number(&mut self, remedy: &str) -> Result<u32, ScriptError> {
        let found = self.peek().and_then(|word| word.parse().ok());
        match found {
            Some(number) if number <= COUNT_MAX => {
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.wrong(remedy)),
        }
    }

    fn date(&mut self) -> Result<Date, ScriptError> {
        let found = self.peek().and_then(|word| word.parse().ok());
        let date = found.ok_or_else(|| self.wrong("write a date as 2026-03-01"))?;
        self.next += 1;
        Ok(date)
    }

    fn end(&self) -> Result<(), ScriptError> {
        if self.next == self.tokens.len() { Ok(()) } else { Err(self.wrong("end the line here")) }
    }

    fn scope(&mut self) -> Result<Scope, ScriptError> {
        if self.takes("everywhere") {
            return Ok(Scope::default());
        }
        if self.takes("from") {
            let agency = self.word("name an agency, as `region-05` or `socialnamnden-*`")?;
            return Ok(Scope { step: None, agency: Some(agency) });
        }
        if !self.takes("on") {
            return Err(self.wrong(HEADS));
        }
        let step = Some(self.word("name a step, as `preschool-wish`")?);
        let agency = if self.takes("at") {
            Some(self.word("name an agency, as `region-05` or `socialnamnden-*`")?)
        } else {
            None
        };
        Ok(Scope { step, agency })
    }

    fn effects(&mut self) -> Result<Vec<Effect>, ScriptError> {
        let mut effects = Vec::new();
        loop {
            match self.knob()? {
                Some(knob) => {
                    let limit = self.limit()?;
                    effects.push(Effect::Knob(knob, limit));
                }
                None => effects.push(Effect::Course(self.moves()?)),
            }
            if !self.takes_mark(',') {
                return Ok(effects);
            }
        }
    }

    /// A knob, if the next word is one's.
    fn knob(&mut self) -> Result<Option<Knob>, ScriptError> {
        let Some(word) = self.peek().map(str::to_owned) else {
            return Err(self.wrong(BODIES));
        };
        self.next += 1;
        let knob = match word.as_str() {
            "silent" => Knob::Silent,
            "mute" => Knob::Mute,
            "errors" => Knob::Errors,
            "broken" => Knob::Broken,
            "repeats" => Knob::Repeats,
            "late" => Knob::Late,
            "garbage" => Knob::Garbage(self.garbage()?),
            "closed" => {
                let from = self.date()?;
                let to = if self.takes("to") { self.date()? } else { from };
                Knob::Closed { from, to }
            }
            "latency" => Knob::Latency(self.delay()?),
            "hours" => Knob::Hours(self.hours()?),
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        };
        Ok(Some(knob))
    }

    fn garbage(&mut self) -> Result<Garbage, ScriptError> {
        for (word, garbage) in [
            ("missing", Garbage::Missing),
            ("unknown-outcome", Garbage::UnknownOutcome),
            ("wrong-task", Garbage::WrongTask),
        ] {
            if self.takes(word) {
                return Ok(garbage);
            }
        }
        Err(self.wrong("write missing, unknown-outcome or wrong-task"))
    }

    fn hours(&mut self) -> Result<Hours, ScriptError> {
        if self.takes("always") {
            return Ok(Hours::Always);
        }
        let remedy = "write `always`, or two hours as `8 to 16`";
        let from = self.number(remedy)?;
        self.expect("to")?;
        let to = self.number(remedy)?;
        match (u8::try_from(from), u8::try_from(to)) {
            (Ok(from), Ok(to)) if from < to && to <= 24 => Ok(Hours::Office { from, to }),
            _ => Err(self.wrong(remedy)),
        }
    }

    fn limit(&mut self) -> Result<Limit, ScriptError> {
        let starts_with_digit = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
        if !self.peek().is_some_and(starts_with_digit) {
            return Ok(Limit::Always);
        }
        let remedy = format!("write `2 times` or `20 %`; {KNOBS}");
        let count = self.number(&remedy)?;
        if self.takes("times") || self.takes("time") {
            Ok(Limit::Times(count))
        } else if count <= 100 && self.takes_mark('%') {
            Ok(Limit::Percent(count))
        } else {
            Err(self.wrong(&remedy))
        }
    }

    fn moves(&mut self) -> Result<Vec<Move>, ScriptError> {
        let mut moves = vec![self.one_move()?];
        while self.takes_mark(';') {
            self.expect("then")?;
            moves.push(self.one_move()?);
        }
        Ok(moves)
    }

    fn one_move(&mut self) -> Result<Move, ScriptError> {
        let mut after = Delay::NONE;
        let mut no_sooner = None;
        if self.takes("after") {
            after = self.delay()?;
        }
        if self.takes("no-sooner-than") {
            let days = self.number("write `no-sooner-than 45 days before {field}`")?;
            self.expect("days")?;
            self.expect("before")?;
            no_sooner = Some((days, self.word("name a field of the form")?));
        } else if self.takes("on") {
            no_sooner = Some((0, self.word("name a field of the form")?));
        }
        let act = self.act()?;
        Ok(Move { after, no_sooner, act })
    }

    fn act(&mut self) -> Result<Act, ScriptError> {
        let word = self.word(ACTS)?;
        let outcome = match word.as_str() {
            "approve" => Outcome::Approved,
            "partly-approve" => Outcome::PartlyApproved,
            "reject" => Outcome::Rejected,
            "dismiss" => Outcome::Dismissed,
            "close" => Outcome::ClosedWithoutDecision,
            "complete" => {
                let words = self.text();
                return Ok(Act::Complete { words });
            }
            "supplement" | "offer" => return self.ask(word == "offer"),
            "pay" => return self.pay(),
            "paid" => return Ok(Act::Paid),
            "revoke" => return Ok(Act::Revoke),
            "execution" => {
                let state = self.execution()?;
                return Ok(Act::Execution { state, words: self.text() });
            }
            "progress" | "wait" => {
                return Ok(Act::Progress { words: self.text(), waits_for_other: word == "wait" });
            }
            "delay" => return Ok(Act::Delay { why: self.text() }),
            "fail" => {
                let reason = self.word("give a slug as reason: `fail register-unavailable`")?;
                let is_retryable = self.takes("retryable");
                return Ok(Act::Fail { reason, is_retryable });
            }
            _ => {
                self.next -= 1;
                return Err(self.wrong(&format!("{ACTS}; {KNOBS}")));
            }
        };
        let words = self.text();
        let valid = if self.takes("valid") {
            let from = self.date()?;
            let to = if self.takes("to") { Some(self.date()?) } else { None };
            Some(Valid { from, to })
        } else {
            None
        };
        Ok(Act::Decide { outcome, words, valid })
    }

    /// `pay "Betala avgiften." 1500 kr due 30 days`
    fn pay(&mut self) -> Result<Act, ScriptError> {
        let words = self.text();
        let starts_with_digit = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
        let amount = if self.peek().is_some_and(starts_with_digit) {
            let amount = self.number("write an amount in kronor: `pay 1500 kr`")?;
            self.expect("kr")?;
            if amount == 0 {
                return Err(self.wrong("write an amount above zero"));
            }
            Some(amount * ORE_IN_A_KRONA)
        } else {
            None
        };
        Ok(Act::Pay { words, amount, due_days: self.due()? })
    }

    fn due(&mut self) -> Result<Option<u32>, ScriptError> {
        if !self.takes("due") {
            return Ok(None);
        }
        let days = self.number("write `due 10 days`")?;
        self.expect("days")?;
        Ok(Some(days))
    }

    fn execution(&mut self) -> Result<ExecutionState, ScriptError> {
        for (word, state) in [
            ("pending", ExecutionState::Pending),
            ("offered", ExecutionState::Offered),
            ("declined-offer", ExecutionState::DeclinedOffer),
            ("partly", ExecutionState::Partly),
            ("interrupted", ExecutionState::Interrupted),
            ("reported-to-ivo", ExecutionState::ReportedToIvo),
        ] {
            if self.takes(word) {
                return Ok(state);
            }
        }
        Err(self.wrong("write pending, offered, declined-offer, partly, interrupted or reported-to-ivo"))
    }

    fn ask(&mut self, is_offer: bool) -> Result<Act, ScriptError> {
        let words = self.text();
        let mut fields = Vec::new();
        let is_formal = self.takes("formal");
        while self.takes("field") {
            fields.push(self.word("name a field of the form")?);
        }
        let due_days = self.due()?;
        Ok(Act::Ask { words, due_days, fields, is_offer, is_formal })
    }

    fn delay(&mut self) -> Result<Delay, ScriptError> {
        let remedy = "write a period, as `20 days` or `5 to 9 working-days`";
        let min = self.number(remedy)?;
        let max = if self.takes("to") { self.number(remedy)? } else { min };
        if max < min {
            self.next -= 1;
            return Err(self.wrong("write the smaller number first"));
        }
        let unit = match self.peek() {
            Some("ms") => Unit::Milliseconds,
            Some("second" | "seconds" | "s") => Unit::Seconds,
            Some("minute" | "minutes") => Unit::Minutes,
            Some("hour" | "hours") => Unit::Hours,
            Some("day" | "days") => Unit::Days,
            Some("working-day" | "working-days") => Unit::WorkingDays,
            Some("week" | "weeks") => Unit::Weeks,
            Some("month" | "months") => Unit::Months,
            Some(_) | None => return Err(self.wrong(UNITS)),
        };
        self.next += 1;
        Ok(Delay { min, max, unit })
    }

    /// `birth of 199309172386 child 1 on 2026-03-01 by region-05`
    fn fact(&mut self) -> Result<PlannedFact, ScriptError> {
        let kinds = "write birth, stillbirth, homecoming, death, move, admission, ready-for-discharge or discharge";
        let kind = self.word(kinds)?;
        self.expect("of")?;
        let identity_number = self.word("write an identity number of twelve digits")?;
        let is_number = identity_number.len() == 12 && identity_number.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number {
            self.next -= 1;
            return Err(self.wrong("write an identity number of twelve digits"));
        }
        let child = if self.takes("child") { Some(self.number("write the child's number, from 1")?) } else { None };
        let municipality =
            if self.takes("to") { self.word("write the code of a municipality")? } else { String::new() };
        self.expect("on")?;
        let on = self.date()?;
        self.expect("by")?;
        let agency = self.word("name the agency that reports it")?;
        let number = child.unwrap_or(1);
        let kind = match kind.as_str() {
            "birth" => FactKind::Birth { child: number },
            "stillbirth" => FactKind::Stillbirth { child: number },
            "homecoming" => FactKind::Homecoming { child: number },
            "death" => FactKind::Death { child },
            "move" => FactKind::Move { municipality },
            "admission" => FactKind::Admission,
            "ready-for-discharge" => FactKind::ReadyForDischarge,
            "discharge" => FactKind::Discharge,
            _ => {
                self.next = 1;
                return Err(self.wrong(kinds));
            }
        };
        Ok(PlannedFact { agency, identity_number, on, kind })
    }
}
