//! The words of a definition: what they mean, and the small languages of needs and terms.

use crate::complaint::Sheet;
use crate::table::{Found, Words, cut};
use livshandelse_core::calendar::{Period, RollOver};
use livshandelse_core::definition::{
    Anchor, AppealRoute, Awaited, ClockKind, Consequence, FactKind, Ground, Holder, Level, MetBy, NeedFor, Reception,
    Role, Routing, StepKind, Term, Withdrawal,
};
use livshandelse_core::id::Slug;

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
];

pub(crate) const WITHDRAWALS: &Words<Withdrawal> =
    &[("agency-closes", Withdrawal::AgencyCloses), ("goes-on", Withdrawal::GoesOn)];

fn fact(word: &str) -> Option<FactKind> {
    FACTS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// Reads what a need awaits: `approved:birth-notification`, `fact:birth`, `clock:step/clock`.
pub(crate) fn awaited(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Awaited> {
    let read = || {
        let (word, name) = found.text.split_once(':')?;
        if word == "fact" {
            return fact(name).map(Awaited::Fact);
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
        sheet.complain(
            found.offset,
            format!("`{}` is nothing a need can await", cut(found.text)),
            "write filed:, arrived:, decided:, approved:, executed: or lapsed: and a step, clock:step/clock, or fact: \
             and one of birth, stillbirth, homecoming, death, move",
        );
    }
    awaited
}

/// Reads a term of a clock: `birth + 14 days`, `input:due-date - 2 months`.
pub(crate) fn term(sheet: &Sheet<'_>, found: Found<'_>) -> Option<Term> {
    let mut words = found.text.split_ascii_whitespace();
    let read_anchor = |word: &str| match word {
        "case-filed" => Some(Anchor::CaseFiled),
        "opened" => Some(Anchor::Opened),
        "filed" => Some(Anchor::Filed),
        "arrived" => Some(Anchor::Arrived),
        "decided" => Some(Anchor::Decided),
        "received" => Some(Anchor::Received),
        _ => match word.split_once(':') {
            Some(("input", field)) => Slug::new(field).ok().map(Anchor::Input),
            Some(("step-input", field)) => Slug::new(field).ok().map(Anchor::StepInput),
            Some(_) => None,
            None => fact(word).map(Anchor::Fact),
        },
    };
    let Some(anchor) = words.next().and_then(read_anchor) else {
        sheet.complain(
            found.offset,
            format!("`{}` does not begin with an anchor", cut(found.text)),
            "begin with case-filed, opened, filed, arrived, decided, received, a fact, input:field or step-input:field",
        );
        return None;
    };
    let rest = words.collect::<Vec<_>>();
    match period(&rest) {
        Some(period) => Some(Term { anchor, period }),
        None => {
            sheet.complain(
                found.offset,
                format!("`{}` does not end with a period", cut(found.text)),
                "write `+ 14 days`, `- 3 months`, `+ 2 weeks`, `+ 1 years`, or several of them",
            );
            None
        }
    }
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
