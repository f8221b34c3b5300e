//! The words of a definition: its levels, kinds, needs, clocks and facts in Swedish and English. On the terminal, on the
//! poster and in what a revision changes they are the same.

use crate::show::words::Language;
use livshandelse_core::calendar::{Period, RollOver};
use livshandelse_core::condition::{Comparison, Condition, Constant};
use livshandelse_core::definition::{
    Anchor, AppealRoute, Awaited, AwaitedFact, ClockKind, Consequence, FactOf, Ground, Holder, Level, MandateKind,
    MetBy, NeedFor, Reception, Role, Routing, StepDefinition, StepKind, Term, Withdrawal,
};
use livshandelse_core::id::Slug;
use livshandelse_core::registry::Unit;
use livshandelse_workflows::registry;

/// The levels, in the order people meet them.
pub(crate) const LEVELS: [Level; 4] = [Level::State, Level::Region, Level::Municipality, Level::Provider];

/// A level.
pub(crate) fn level(language: Language, level: Level) -> &'static str {
    let (sv, en) = match level {
        Level::State => ("Staten", "State"),
        Level::Region => ("Regionen", "Region"),
        Level::Municipality => ("Kommunen", "Municipality"),
        Level::Provider => ("Andra", "Others"),
    };
    language.pick(sv, en)
}

/// How an agency is found.
pub(crate) fn routing(language: Language, routing: Routing) -> &'static str {
    let (sv, en) = match routing {
        Routing::Country => ("en för hela landet", "one for the whole country"),
        Routing::Municipality => ("kommunens", "the municipality's"),
        Routing::NewMunicipality => ("den nya kommunens efter en flytt", "the new municipality's after a move"),
        Routing::Region => ("regionens", "the region's"),
    };
    language.pick(sv, en)
}

/// Where an agency's documents arrive.
pub(crate) fn reception(language: Language, reception: Reception) -> &'static str {
    let (sv, en) = match reception {
        Reception::Here => ("handlingar kommer in här", "documents arrive here"),
        Reception::Agency => ("handlingar kommer in hos myndigheten", "documents arrive at the agency"),
    };
    language.pick(sv, en)
}

/// What kind of act a step is.
pub(crate) fn kind(language: Language, kind: StepKind) -> &'static str {
    let (sv, en) = match kind {
        StepKind::Apply => ("ansökan", "application"),
        StepKind::Notify => ("anmälan", "notification"),
        StepKind::Automatic => ("av sig självt", "by itself"),
        StepKind::Sign => ("underskrift", "signature"),
        StepKind::Book => ("bokning", "booking"),
        StepKind::Pay => ("betalning", "payment"),
        StepKind::Information => ("information", "information"),
        StepKind::External => ("görs på annat håll", "done elsewhere"),
    };
    language.pick(sv, en)
}

/// A role, as somebody who signs or sees.
pub(crate) fn role(language: Language, role: Role) -> &'static str {
    let (sv, en) = match role {
        Role::Applicant => ("den sökande", "the applicant"),
        Role::CoParty => ("den andra parten", "the other party"),
        Role::Subject => ("den det gäller", "whom it concerns"),
        Role::Helper => ("den som hjälper", "the helper"),
        Role::Representative => ("den som företräder", "the representative"),
        Role::Guide => ("lotsen", "the guide"),
    };
    language.pick(sv, en)
}

/// A kind of mandate.
pub(crate) fn mandate(language: Language, kind: MandateKind) -> &'static str {
    let (sv, en) = match kind {
        MandateKind::PowerOfAttorney => ("fullmakt", "power of attorney"),
        MandateKind::FuturePowerOfAttorney => ("framtidsfullmakt", "future power of attorney"),
        MandateKind::Kinship => ("anhörigbehörighet", "kinship"),
        MandateKind::GodMan => ("god man", "god man"),
        MandateKind::Forvaltare => ("förvaltare", "förvaltare"),
        MandateKind::Guardian => ("vårdnadshavare", "guardian"),
    };
    language.pick(sv, en)
}

/// For what a step repeats: `child`; `None` when there is one of it in a case.
pub(crate) fn group(step: &StepDefinition) -> Option<&str> {
    step.for_each.as_ref().map(Slug::as_str)
}

/// One of a group: "barn".
pub(crate) fn member(language: Language, group: &str) -> &str {
    let (sv, en) = match group {
        "child" => ("barn", "child"),
        "premises" => ("plats", "place"),
        "founder" => ("grundare", "founder"),
        "sibling" => ("syskon", "sibling"),
        "carer" => ("anhörig", "relative who helps"),
        "wished-place" => ("önskad kommun", "wished municipality"),
        "hospital-stay" => ("sjukhusvistelse", "hospital stay"),
        other => (other, other),
    };
    language.pick(sv, en)
}

/// "för varje barn".
pub(crate) fn for_each(language: Language, group: &str) -> String {
    format!("{} {}", language.pick("för varje", "for each"), member(language, group))
}

/// A kind of fact, by its slug.
pub(crate) fn fact(language: Language, slug: &str) -> String {
    let (sv, en) = match slug {
        "birth" => ("födseln", "the birth"),
        "stillbirth" => ("dödfödseln", "the stillbirth"),
        "homecoming" => ("hemkomsten", "the homecoming"),
        "death" => ("dödsfallet", "the death"),
        "move" => ("flytten", "the move"),
        "paid" => ("betalningen", "the payment"),
        "admission" => ("inskrivningen", "the admission"),
        "ready-for-discharge" => ("utskrivningsklar", "ready for discharge"),
        "discharge" => ("utskrivningen", "the discharge"),
        "permit-revoked" => ("återkallat tillstånd", "a permit revoked"),
        other => (other, other),
    };
    language.pick(sv, en).to_owned()
}

/// A fact as a definition names it: `dödsfallet (den andra parten)`. Steps by their slugs.
pub(crate) fn awaited_fact(language: Language, awaited: &AwaitedFact) -> String {
    let said = fact(language, awaited.kind.slug());
    match &awaited.of {
        FactOf::Own => said,
        FactOf::Role(role) => format!("{said} ({})", self::role(language, *role)),
        FactOf::Step(step) => format!("{said} ({step})"),
    }
}

/// That somebody has come into the case.
pub(crate) fn joined(language: Language, role: Role) -> String {
    format!("{} {}", self::role(language, role), language.pick("är med", "is there"))
}

/// What a need is for.
pub(crate) fn purpose(language: Language, purpose: NeedFor) -> &'static str {
    let (sv, en) = match purpose {
        NeedFor::ToFile => ("kan lämnas först efter", "can be filed only after"),
        NeedFor::ToBeComplete => ("blir komplett med", "is complete with"),
        NeedFor::ToTakeEffect => ("börjar gälla efter", "takes effect after"),
    };
    language.pick(sv, en)
}

/// What a need waits for, with steps by their slugs.
pub(crate) fn awaited(language: Language, awaited: &Awaited) -> String {
    match awaited {
        Awaited::Filed(step) => format!("{step} {}", language.pick("inlämnad", "filed")),
        Awaited::Arrived(step) => format!("{step} {}", language.pick("inkommen", "arrived")),
        Awaited::Decided(step) => format!("{step} {}", language.pick("beslutad", "decided")),
        Awaited::Approved(step) => format!("{step} {}", language.pick("beviljad", "approved")),
        Awaited::Executed(step) => format!("{step} {}", language.pick("genomförd", "carried out")),
        Awaited::Lapsed(step) => format!("{step} {}", language.pick("utan resultat", "lapsed")),
        Awaited::Fact(fact) => awaited_fact(language, fact),
        Awaited::Joined(role) => joined(language, *role),
        Awaited::ClockEnded { step, clock } => {
            format!("{} {step}/{clock}", language.pick("fristens slut", "the end of"))
        }
    }
}

/// What a need waits for, said to be of every subject of a group where it is.
pub(crate) fn every(language: Language, group: Option<&Slug>, any: &str) -> String {
    group.map_or_else(|| any.to_owned(), |group| format!("{any} ({} {group})", language.pick("varje", "every")))
}

/// A condition as a definition writes it.
pub(crate) fn condition(condition: &Condition) -> String {
    let join = |all: &[Condition], with: &str| {
        let parts: Vec<String> = all.iter().map(self::condition).collect();
        format!("({})", parts.join(with))
    };
    match condition {
        Condition::Flag(field) => field.as_str().replace('-', "_"),
        Condition::Given(field) => format!("has({})", field.as_str().replace('-', "_")),
        Condition::Not(inner) => format!("!{}", self::condition(inner)),
        Condition::All(all) => join(all, " && "),
        Condition::Any(all) => join(all, " || "),
        Condition::Compare(field, comparison, constant) => {
            let sign = match comparison {
                Comparison::Equal => "==",
                Comparison::NotEqual => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::More => ">",
                Comparison::MoreOrEqual => ">=",
            };
            let constant = match constant {
                Constant::Number(number) => number.to_string(),
                Constant::Text(text) => format!("{text:?}"),
                Constant::Day(day) => format!("date(\"{day}\")"),
            };
            format!("{} {sign} {constant}", field.as_str().replace('-', "_"))
        }
    }
}

/// Who must act before a clock ends.
pub(crate) fn holder(language: Language, holder: Holder) -> &'static str {
    match holder {
        Holder::Applicant => language.pick("den sökande", "the applicant"),
        Holder::Agency => language.pick("myndigheten", "the agency"),
    }
}

/// What stops a clock in time.
pub(crate) fn met_by(language: Language, met_by: MetBy) -> &'static str {
    let (sv, en) = match met_by {
        MetBy::Filed => ("att det lämnas in", "filing"),
        MetBy::Decided => ("beslutet", "the decision"),
        MetBy::Executed => ("att det genomförs", "carrying out"),
        MetBy::Nothing => ("ingenting", "nothing"),
    };
    language.pick(sv, en)
}

/// The ground on which a fact passes.
pub(crate) fn ground(language: Language, ground: Ground) -> &'static str {
    let (sv, en) = match ground {
        Ground::Public => ("offentlig uppgift", "public"),
        Ground::Duty => ("uppgiftsskyldighet", "duty to disclose"),
        Ground::Rule => ("en regel", "a named rule"),
        Ground::CarriedByParty => ("parten bär den", "carried by the party"),
    };
    language.pick(sv, en)
}

/// What withdrawing means once a step is filed.
pub(crate) fn withdrawal(language: Language, withdrawal: Withdrawal) -> &'static str {
    let (sv, en) = match withdrawal {
        Withdrawal::AgencyCloses => ("myndigheten avslutar", "the agency closes"),
        Withdrawal::GoesOn => ("går inte att återkalla", "cannot be withdrawn"),
    };
    language.pick(sv, en)
}

/// What follows when a clock ends.
pub(crate) fn consequence(language: Language, consequence: Consequence) -> &'static str {
    let (sv, en) = match consequence {
        Consequence::Closes => ("sedan stängs steget", "then the step closes"),
        Consequence::Overdue => ("sedan är myndigheten sen", "then the agency is late"),
        Consequence::Warns => ("sedan påminns man", "then there is a warning"),
        Consequence::Settles => ("sedan avgör lagen", "then the law settles it"),
    };
    language.pick(sv, en)
}

/// What kind of clock it is.
pub(crate) fn clock_kind(language: Language, kind: ClockKind) -> &'static str {
    let (sv, en) = match kind {
        ClockKind::Chance => ("en möjlighet", "a chance"),
        ClockKind::Statutory => ("lagens tid", "a time in law"),
        ClockKind::Own => ("egen bevakning", "our own watch"),
        ClockKind::Appeal => ("tid att överklaga", "time to appeal"),
        ClockKind::Price => ("det kostar att vänta", "waiting costs"),
    };
    language.pick(sv, en)
}

/// Whether a clock's last day moves past a free day.
pub(crate) fn roll_over(language: Language, rule: RollOver) -> &'static str {
    match rule {
        RollOver::Yes => language.pick("flyttas vid helg", "moves past holidays"),
        RollOver::No => language.pick("flyttas inte", "does not move"),
        RollOver::Unclear => language.pick("oklart om den flyttas", "unclear whether it moves"),
    }
}

/// How a decision is appealed.
pub(crate) fn appeal(language: Language, route: AppealRoute) -> &'static str {
    let (sv, en) = match route {
        AppealRoute::None => ("kan inte överklagas", "cannot be appealed"),
        AppealRoute::AdministrativeCourt => ("förvaltningsrätten", "administrative court"),
        AppealRoute::Reconsideration => ("omprövning först", "reconsideration first"),
        AppealRoute::LegalityReview => ("laglighetsprövning", "legality review"),
        AppealRoute::GeneralCourt => ("allmän domstol", "a general court"),
        AppealRoute::CountyBoard => ("länsstyrelsen", "the county administrative board"),
    };
    language.pick(sv, en)
}

/// From when a clock runs. Fields of forms by their slugs.
pub(crate) fn anchor(language: Language, anchor: &Anchor) -> String {
    match anchor {
        Anchor::CaseFiled => language.pick("starten", "the start").to_owned(),
        Anchor::Opened => language.pick("när det kan göras", "when it can be done").to_owned(),
        Anchor::Filed => language.pick("inlämnandet", "filing").to_owned(),
        Anchor::Arrived => language.pick("ankomsten", "arrival").to_owned(),
        Anchor::Complete => language.pick("att det är komplett", "it is complete").to_owned(),
        Anchor::Decided => language.pick("beslutet", "the decision").to_owned(),
        Anchor::Executed(step) => format!("{} {step}", language.pick("genomförandet av", "the carrying out of")),
        Anchor::Received => language.pick("delfåendet", "receipt").to_owned(),
        Anchor::Interrupted => language.pick("avbrottet", "the interruption").to_owned(),
        Anchor::Fact(fact) => awaited_fact(language, fact),
        Anchor::Input(field) | Anchor::StepInput(field) => field.to_string(),
    }
}

/// The form's field that an anchor is a day of: of the life event's form, or of the step's own.
pub(crate) fn anchor_field(anchor: &Anchor) -> Option<(&str, bool)> {
    match anchor {
        Anchor::Input(field) => Some((field.as_str(), false)),
        Anchor::StepInput(field) => Some((field.as_str(), true)),
        Anchor::CaseFiled
        | Anchor::Opened
        | Anchor::Filed
        | Anchor::Arrived
        | Anchor::Complete
        | Anchor::Decided
        | Anchor::Executed(_)
        | Anchor::Received
        | Anchor::Interrupted
        | Anchor::Fact(_) => None,
    }
}

/// The fact that an anchor is.
pub(crate) fn anchor_fact(anchor: &Anchor) -> Option<&AwaitedFact> {
    match anchor {
        Anchor::Fact(fact) => Some(fact),
        Anchor::CaseFiled
        | Anchor::Opened
        | Anchor::Filed
        | Anchor::Arrived
        | Anchor::Complete
        | Anchor::Decided
        | Anchor::Executed(_)
        | Anchor::Received
        | Anchor::Interrupted
        | Anchor::Input(_)
        | Anchor::StepInput(_) => None,
    }
}

/// How long a term is, and whether it goes backwards: `3 månader`, `14 dagar`; `None` when it is no time at all.
pub(crate) fn length(language: Language, term: &Term) -> Option<(String, bool)> {
    let Period { months, days } = whole_period(term);
    let is_back = months < 0 || (months == 0 && days < 0);
    let count = |count: i32, one: (&str, &str), many: (&str, &str)| {
        let count = count.unsigned_abs();
        let (sv, en) = if count == 1 { one } else { many };
        format!("{count} {}", language.pick(sv, en))
    };
    let mut parts = Vec::new();
    match months {
        0 => {}
        _ if months % 12 == 0 => parts.push(count(months / 12, ("år", "year"), ("år", "years"))),
        _ => parts.push(count(months, ("månad", "month"), ("månader", "months"))),
    }
    match days {
        0 => {}
        _ if days % 7 == 0 && days.abs() <= 42 => {
            parts.push(count(days / 7, ("vecka", "week"), ("veckor", "weeks")));
        }
        _ => parts.push(count(days, ("dag", "day"), ("dagar", "days"))),
    }
    if parts.is_empty() { None } else { Some((parts.join(language.pick(" och ", " and ")), is_back)) }
}

/// The period of a term, with the newest value of one that is named in the reference data.
fn whole_period(term: &Term) -> Period {
    let named = term.named.as_ref().and_then(|named| {
        let amount = registry().amounts_of(&named.slug).last()?;
        let count = i32::try_from(amount.value).ok()?;
        let count = if named.is_backwards { -count } else { count };
        match amount.unit {
            Unit::Days => Some(Period::days(count)),
            Unit::Weeks => Some(Period::weeks(count)),
            Unit::Months => Some(Period::months(count)),
            Unit::Ore | Unit::PercentHundredths => None,
        }
    });
    let Period { months, days } = named.unwrap_or(Period { months: 0, days: 0 });
    Period { months: term.period.months + months, days: term.period.days + days }
}

/// One term of a clock: `14 dagar efter födseln`. Steps, and periods of the reference data, by their slugs.
pub(crate) fn term(language: Language, term: &Term) -> String {
    let said = since(language, term, &anchor(language, &term.anchor));
    match &term.named {
        Some(named) => format!("{said} ({})", named.slug),
        None => said,
    }
}

/// One term of a clock, from something that is said in words.
pub(crate) fn since(language: Language, term: &Term, from: &str) -> String {
    match length(language, term) {
        None => from.to_owned(),
        Some((length, true)) => format!("{length} {} {from}", language.pick("före", "before")),
        Some((length, false)) => format!("{length} {} {from}", language.pick("efter", "after")),
    }
}

/// When a clock ends: `14 dagar efter födseln`, `det senaste av …`.
pub(crate) fn terms(language: Language, all: &[Term]) -> String {
    let words: Vec<String> = all.iter().map(|one| term(language, one)).collect();
    let latest = if words.len() > 1 { language.pick("det senaste av ", "the latest of ") } else { "" };
    format!("{latest}{}", words.join(", "))
}
