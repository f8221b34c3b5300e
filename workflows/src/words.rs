//! The words of a definition: what they mean, and the small languages of needs and terms.

use crate::complaint::Sheet;
use crate::table::{Found, Words, cut};
use livshandelse_core::calendar::{Period, RollOver};
use livshandelse_core::definition::{
    Anchor, AppealRoute, Awaited, AwaitedFact, ClockKind, Consequence, FactAbout, FactKind, FactOf, Ground, Holder,
    Level, MandateKind, MetBy, NamedPeriod, NeedFor, Reception, Role, Routing, StepKind, Term, Withdrawal,
};
use livshandelse_core::id::Slug;
use livshandelse_core::registry::Unit;

pub(crate) const ROLES: &Words<Role> = &[
    ("applicant", Role::Applicant),
    ("co-party", Role::CoParty),
    ("subject", Role::Subject),
    ("helper", Role::Helper),
    ("representative", Role::Representative),
    ("guide", Role::Guide),
];

pub(crate) const LEVELS: &Words<Level> = &[
    ("state", Level::State),
    ("region", Level::Region),
    ("municipality", Level::Municipality),
    ("provider", Level::Provider),
];

pub(crate) const ROUTINGS: &Words<Routing> = &[
    ("country", Routing::Country),
    ("municipality", Routing::Municipality),
    ("new-municipality", Routing::NewMunicipality),
    ("region", Routing::Region),
];

pub(crate) const RECEPTIONS: &Words<Reception> = &[("here", Reception::Here), ("agency", Reception::Agency)];

pub(crate) const STEP_KINDS: &Words<StepKind> = &[
    ("apply", StepKind::Apply),
    ("notify", StepKind::Notify),
    ("automatic", StepKind::Automatic),
    ("sign", StepKind::Sign),
    ("book", StepKind::Book),
    ("pay", StepKind::Pay),
    ("information", StepKind::Information),
    ("external", StepKind::External),
];

pub(crate) const PURPOSES: &Words<NeedFor> = &[
    ("to-file", NeedFor::ToFile),
    ("to-be-complete", NeedFor::ToBeComplete),
    ("to-take-effect", NeedFor::ToTakeEffect),
];

pub(crate) const FACTS: &Words<FactKind> = &[
    ("birth", FactKind::Birth),
    ("stillbirth", FactKind::Stillbirth),
    ("homecoming", FactKind::Homecoming),
    ("death", FactKind::Death),
    ("move", FactKind::Move),
    ("paid", FactKind::Paid),
    ("admission", FactKind::Admission),
    ("ready-for-discharge", FactKind::ReadyForDischarge),
    ("discharge", FactKind::Discharge),
    ("permit-revoked", FactKind::PermitRevoked),
];

pub(crate) const MANDATES: &Words<MandateKind> = &[
    ("power-of-attorney", MandateKind::PowerOfAttorney),
    ("future-power-of-attorney", MandateKind::FuturePowerOfAttorney),
    ("kinship", MandateKind::Kinship),
    ("god-man", MandateKind::GodMan),
    ("forvaltare", MandateKind::Forvaltare),
    ("guardian", MandateKind::Guardian),
];

pub(crate) const UNITS: &Words<Unit> = &[
    ("ore", Unit::Ore),
    ("percent-100", Unit::PercentHundredths),
    ("days", Unit::Days),
    ("weeks", Unit::Weeks),
    ("months", Unit::Months),
];

pub(crate) const CLOCK_KINDS: &Words<ClockKind> = &[
    ("chance", ClockKind::Chance),
    ("statutory", ClockKind::Statutory),
    ("own", ClockKind::Own),
    ("appeal", ClockKind::Appeal),
    ("price", ClockKind::Price),
];

pub(crate) const HOLDERS: &Words<Holder> = &[("applicant", Holder::Applicant), ("agency", Holder::Agency)];

pub(crate) const MET_BY: &Words<MetBy> =
    &[("filed", MetBy::Filed), ("decided", MetBy::Decided), ("executed", MetBy::Executed), ("nothing", MetBy::Nothing)];

pub(crate) const CONSEQUENCES: &Words<Consequence> = &[
    ("closes", Consequence::Closes),
    ("overdue", Consequence::Overdue),
    ("warns", Consequence::Warns),
    ("settles", Consequence::Settles),
];

pub(crate) const ROLL_OVERS: &Words<RollOver> =
    &[("yes", RollOver::Yes), ("no", RollOver::No), ("unclear", RollOver::Unclear)];

pub(crate) const GROUNDS: &Words<Ground> = &[
    ("public", Ground::Public),
    ("duty", Ground::Duty),
    ("rule", Ground::Rule),
    ("carried-by-party", Ground::CarriedByParty),
];

pub(crate) const APPEAL_ROUTES: &Words<AppealRoute> = &[
    ("none", AppealRoute::None),
    ("administrative-court", AppealRoute::AdministrativeCourt),
    ("reconsideration", AppealRoute::Reconsideration),
    ("legality-review", AppealRoute::LegalityReview),
    ("general-court", AppealRoute::GeneralCourt),
    ("county-board", AppealRoute::CountyBoard),
];

pub(crate) const WITHDRAWALS: &Words<Withdrawal> =
    &[("agency-closes", Withdrawal::AgencyCloses), ("goes-on", Withdrawal::GoesOn)];

/// Reads a fact: `birth`, `death:co-party`, `paid:food-registration`.
fn fact(text: &str) -> Option<AwaitedFact> {
    let (word, of) = match text.split_once(':') {
        Some((word, of)) => (word, Some(of)),
        None => (text, None),
    };
    let kind = FACTS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)?;
    let of = match (of, kind.about()) {
        (None, _) => FactOf::Own,
        (Some(of), FactAbout::Person) => FactOf::Role(role(of)?),
        (Some(of), FactAbout::Step) => FactOf::Step(Slug::new(of).ok()?),
        (Some(_), FactAbout::Child | FactAbout::Case) => return None,
    };
    Some(AwaitedFact { kind, of })
}

fn role(word: &str) -> Option<Role> {
    ROLES.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
}

fn list<T>(words: &Words<T>) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

/// What can be written of facts.
fn facts_there_are() -> String {
    format!(
        "{}; a person's with `:` and a role (death:co-party), a step's with `:` and the step (paid:fee)",
        list(FACTS)
    )
}

/// Reads a fact that ends a step, or complains.
pub(crate) fn ending(sheet: &Sheet<'_>, found: Found<'_>) -> Option<AwaitedFact> {
    let read = fact(found.text);
    if read.is_none() {
        let remedy = format!("use one of: {}", facts_there_are());
        sheet.complain(found.offset, format!("`{}` is no fact", cut(found.text)), remedy);
    }
    read
}

/// Reads what a need awaits: `approved:birth-notification`, `fact:birth`, `clock:step/clock`, `joined:applicant`.
pub(crate) fn awaited(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Awaited> {
    let read = || {
        let (word, name) = found.text.split_once(':')?;
        if word == "fact" {
            return fact(name).map(Awaited::Fact);
        }
        if word == "joined" {
            return role(name).map(Awaited::Joined);
        }
        if word == "clock" {
            let (step, clock) = name.split_once('/')?;
            return Some(Awaited::ClockEnded { step: Slug::new(step).ok()?, clock: Slug::new(clock).ok()? });
        }
        let step = Slug::new(name).ok()?;
        match word {
            "filed" => Some(Awaited::Filed(step)),
            "arrived" => Some(Awaited::Arrived(step)),
            "decided" => Some(Awaited::Decided(step)),
            "approved" => Some(Awaited::Approved(step)),
            "executed" => Some(Awaited::Executed(step)),
            "lapsed" => Some(Awaited::Lapsed(step)),
            _ => None,
        }
    };
    let awaited = read();
    if awaited.is_none() {
        let remedy = format!(
            "write filed:, arrived:, decided:, approved:, executed: or lapsed: and a step, clock:step/clock, joined: and \
             a role, or fact: and one of {}",
            facts_there_are()
        );
        sheet.complain(found.offset, format!("`{}` is nothing a need can await", cut(found.text)), remedy);
    }
    awaited
}

/// Reads a term of a clock: `birth + 14 days`, `input:due-date - 2 months`, `decided + @appeal-weeks`.
pub(crate) fn term(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Term> {
    let mut words = found.text.split_ascii_whitespace();
    let read_anchor = |word: &str| match word {
        "case-filed" => Some(Anchor::CaseFiled),
        "opened" => Some(Anchor::Opened),
        "filed" => Some(Anchor::Filed),
        "arrived" => Some(Anchor::Arrived),
        "complete" => Some(Anchor::Complete),
        "decided" => Some(Anchor::Decided),
        "received" => Some(Anchor::Received),
        "interrupted" => Some(Anchor::Interrupted),
        _ => match word.split_once(':') {
            Some(("input", field)) => Slug::new(field).ok().map(Anchor::Input),
            Some(("step-input", field)) => Slug::new(field).ok().map(Anchor::StepInput),
            Some(("executed", step)) => Slug::new(step).ok().map(Anchor::Executed),
            Some(("fact", name)) => fact(name).map(Anchor::Fact),
            Some(_) | None => fact(word).map(Anchor::Fact),
        },
    };
    let Some(anchor) = words.next().and_then(read_anchor) else {
        sheet.complain(
            found.offset,
            format!("`{}` does not begin with an anchor", cut(found.text)),
            "begin with case-filed, opened, filed, arrived, complete, decided, received, interrupted, executed:step, \
             a fact, input:field or step-input:field",
        );
        return None;
    };
    let rest = words.collect::<Vec<_>>();
    match periods(&rest) {
        Some((period, named)) => Some(Term { anchor, period, named }),
        None => {
            sheet.complain(
                found.offset,
                format!("`{}` does not end with a period", cut(found.text)),
                "write `+ 14 days`, `- 3 months`, `+ 2 weeks`, `+ 1 years`, or several of them; a named period of the \
                 reference data once and last: `+ @slug`",
            );
            None
        }
    }
}

/// Reads a period with at most one named one at its end.
fn periods(words: &[&str]) -> Option<(Period, Option<NamedPeriod>)> {
    let (words, named) = match words {
        [rest @ .., sign, name] if name.starts_with('@') => {
            let slug = Slug::new(&name[1..]).ok()?;
            let is_backwards = match *sign {
                "+" => false,
                "-" => true,
                _ => return None,
            };
            (rest, Some(NamedPeriod { slug, is_backwards }))
        }
        _ => (words, None),
    };
    Some((period(words)?, named))
}

/// Reads `+ 3 months - 1 days`; nothing is no time at all. At most 100 years a part.
fn period(words: &[&str]) -> Option<Period> {
    let mut whole = Period::ZERO;
    for part in words.chunks(3) {
        let [sign, count, unit] = part else {
            return None;
        };
        let sign = match *sign {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        whole = whole + length(sign, count, unit)?;
    }
    Some(whole)
}

fn length(sign: i32, count: &str, unit: &str) -> Option<Period> {
    let count = sign * i32::from(count.parse::<u16>().ok().filter(|count| *count <= 36_600)?);
    match unit {
        "day" | "days" => Some(Period::days(count)),
        "week" | "weeks" if count.abs() <= 5_200 => Some(Period::weeks(count)),
        "month" | "months" if count.abs() <= 1_200 => Some(Period::months(count)),
        "year" | "years" if count.abs() <= 100 => Some(Period::years(count)),
        _ => None,
    }
}

/// Reads `21 days`, as samples write it.
pub(crate) fn plain_period(text: &str) -> Option<Period> {
    let (count, unit) = text.trim().split_once(' ')?;
    length(1, count, unit.trim())
}
