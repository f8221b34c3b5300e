//! A small life event made in code: four agencies, ten steps, every kind of need, clock and reception once.

mod wide;

pub use wide::{HELPER, OTHER_PARTY, REPRESENTATIVE, wide};

use crate::stage::{Opening, Stage, party_of};
use jiff::civil::{Date, date};
use livshandelse_core::Definition;
use livshandelse_core::calendar::{Period, RollOver};
use livshandelse_core::case::NewParty;
use livshandelse_core::command::Filing;
use livshandelse_core::condition::Condition;
use livshandelse_core::definition::{
    AgencyDefinition, Anchor, AppealRoute, Awaited, ClockDefinition, ClockKind, Consequence, EvidenceUse, FactKind,
    Ground, GroupDefinition, Holder, Level, Members, MetBy, Need, NeedFor, Parts, Privacy, Reception, Role,
    RoleDefinition, Routing, StepDefinition, StepKind, Term, Withdrawal,
};
use livshandelse_core::form::{Field, FieldKind, Form};
use livshandelse_core::id::{Revision, Slug};
use livshandelse_core::registry::{Municipality, Region, Registry};
use livshandelse_core::value::{Value, Values};
use std::collections::BTreeMap;

/// The day on which its samples start.
pub const START: Date = date(2026, 2, 2);
/// The applicant's identity number.
pub const APPLICANT: &str = "198907052396";
/// The other parent's identity number.
pub const CO_PARTY: &str = "199001012385";

/// A slug.
///
/// # Panics
///
/// Panics if the text is none.
pub fn slug(text: &str) -> Slug {
    Slug::new(text).expect("a slug")
}

/// The small life event with its samples: `two-parents`, `one-parent`, `twins`, `protected`.
///
/// # Panics
///
/// Panics if the definition has faults.
pub fn small() -> Stage {
    let definition = Definition::new(parts()).expect("the small life event has no faults");
    let two = [(Role::Applicant, APPLICANT), (Role::CoParty, CO_PARTY)];
    let samples = BTreeMap::from([
        ("two-parents".to_owned(), opening(&two, 1, false)),
        ("one-parent".to_owned(), opening(&two[..1], 1, false)),
        ("twins".to_owned(), opening(&two, 2, false)),
        ("protected".to_owned(), opening(&two, 1, true)),
    ]);
    Stage { definition, registry: registry(), samples }
}

fn opening(parties: &[(Role, &str)], children: i64, is_protected: bool) -> Opening {
    let parties = parties.iter().map(|(role, number)| NewParty {
        id: party_of(number),
        role: *role,
        identity_number: (*number).to_owned(),
        name: format!("{role:?}"),
        is_protected: is_protected && *role == Role::Applicant,
    });
    let parties: Vec<NewParty> = parties.collect();
    let input = Values::from([
        (slug("due-date"), Value::Day(date(2026, 3, 1))),
        (slug("expected-children"), Value::Number(children)),
        (slug("other-parent-exists"), Value::Flag(parties.len() > 1)),
    ]);
    let filing =
        Filing { revision: revision(), parties, input, step_input: Vec::new(), municipality: "0580".to_owned() };
    Opening { filing, joiners: Vec::new(), answers: Values::new(), start: START }
}

fn revision() -> Revision {
    Revision { life_event: slug("small-event"), number: 1 }
}

pub(crate) fn registry() -> Registry {
    let place = |code: &str, name: &str| Municipality {
        code: code.to_owned(),
        name: name.to_owned(),
        county: code[..2].to_owned(),
    };
    let region = |county: &str, name: &str| Region { county: county.to_owned(), name: name.to_owned() };
    Registry::new(
        vec![place("0580", "Linköping"), place("0980", "Gotland")],
        vec![region("05", "Region Östergötland"), region("09", "Region Gotland")],
    )
}

fn parts() -> Parts {
    let agency =
        |name: &str, level, routing, reception| AgencyDefinition { slug: slug(name), level, routing, reception };
    Parts {
        revision: revision(),
        digest: [1; 32],
        agencies: vec![
            agency("register", Level::State, Routing::Country, Reception::Agency),
            agency("fund", Level::State, Routing::Country, Reception::Agency),
            agency("region", Level::Region, Routing::Region, Reception::Agency),
            agency("board", Level::Municipality, Routing::Municipality, Reception::Here),
        ],
        form: Form {
            slug: slug("small-event"),
            fields: vec![
                field("due-date", FieldKind::Day, true),
                field("expected-children", FieldKind::Number { min: 1, max: 4 }, false),
                field("other-parent-exists", FieldKind::Flag, true),
            ],
        },
        groups: vec![GroupDefinition {
            slug: slug("child"),
            members: Members::Counted(slug("expected-children")),
            count_max: 8,
            municipality: None,
        }],
        roles: vec![
            role(Role::Applicant, "birth-parent", true),
            role(Role::CoParty, "other-parent", false),
            role(Role::Guide, "guide", false),
        ],
        filed_by: vec![Role::Applicant],
        about: Role::Applicant,
        steps: steps(),
        draft_days: 90,
        attention_days: 7,
        quiet_days: 30,
    }
}

pub(crate) fn role(role: Role, name: &str, is_required: bool) -> RoleDefinition {
    RoleDefinition { role, name: slug(name), is_required, count_max: 1 }
}

pub(crate) fn field(name: &str, kind: FieldKind, is_required: bool) -> Field {
    Field { slug: slug(name), kind, is_required, evidence: None, asked_of: None }
}

fn steps() -> Vec<StepDefinition> {
    let birth = || need(NeedFor::ToFile, vec![Awaited::Fact(FactKind::Birth.into())]);
    let registered = || need(NeedFor::ToFile, vec![Awaited::Approved(slug("registration"))]);
    let overdue = || clock("six-months", ClockKind::Statutory, Anchor::Filed, Period::months(6), Consequence::Overdue);
    let appeal = || clock("appeal", ClockKind::Appeal, Anchor::Received, Period::weeks(3), Consequence::Warns);
    let closes = |anchor, period| clock("chance", ClockKind::Chance, anchor, period, Consequence::Closes);
    let together = Some(Condition::Flag(slug("other-parent-exists")));
    let born = || Anchor::Fact(FactKind::Birth.into());
    vec![
        StepDefinition {
            form: Some(Form { slug: slug("booking"), fields: vec![field("wished-day", FieldKind::Day, true)] }),
            ends_when: vec![FactKind::Birth.into(), FactKind::Stillbirth.into()],
            clocks: vec![closes(Anchor::Input(slug("due-date")), Period::ZERO), overdue()],
            is_mandatory: false,
            ..step("booking", StepKind::Book, "region")
        },
        StepDefinition {
            is_mandatory: false,
            form: Some(Form { slug: slug("tell-employer"), fields: vec![field("told-on", FieldKind::Day, false)] }),
            ends_when: vec![FactKind::Birth.into(), FactKind::Stillbirth.into()],
            clocks: vec![closes(Anchor::Input(slug("due-date")), Period::ZERO)],
            ..step("tell-employer", StepKind::External, "fund")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![birth()],
            done_by: Some(FactKind::Birth),
            ends_when: vec![FactKind::Stillbirth.into()],
            clocks: vec![clock(
                "no-word",
                ClockKind::Own,
                Anchor::Input(slug("due-date")),
                Period::months(6),
                Consequence::Closes,
            )],
            ..step("birth-notice", StepKind::Automatic, "region")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![need(NeedFor::ToFile, vec![Awaited::Approved(slug("birth-notice"))])],
            ends_when: vec![FactKind::Stillbirth.into()],
            gives: vec![slug("personal-number")],
            clocks: vec![overdue(), appeal()],
            appeal_route: AppealRoute::AdministrativeCourt,
            withdrawal: Withdrawal::GoesOn,
            ..step("registration", StepKind::Automatic, "register")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            is_mandatory: false,
            needs: vec![registered()],
            condition: together.clone(),
            condition_source: "FB 1 kap. 4 a §".to_owned(),
            signed_by: vec![Role::Applicant, Role::CoParty],
            ends_when: vec![FactKind::Stillbirth.into(), FactKind::Death.into()],
            clocks: vec![closes(born(), Period::days(14)), overdue()],
            withdrawal: Withdrawal::GoesOn,
            ..step("sign-together", StepKind::Sign, "register")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![birth(), need(NeedFor::ToFile, vec![Awaited::Lapsed(slug("sign-together"))])],
            condition: together,
            condition_source: "FB 2 kap. 1 §".to_owned(),
            ends_when: vec![FactKind::Stillbirth.into()],
            clocks: vec![overdue()],
            withdrawal: Withdrawal::GoesOn,
            ..step("inquiry", StepKind::Automatic, "board")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![registered()],
            form: Some(Form {
                slug: slug("name"),
                fields: vec![field("first-names", FieldKind::Text { length_max: 80 }, true)],
            }),
            ends_when: vec![FactKind::Stillbirth.into(), FactKind::Death.into()],
            clocks: vec![
                clock("three-months", ClockKind::Chance, born(), Period::months(3), Consequence::Settles),
                overdue(),
                appeal(),
            ],
            appeal_route: AppealRoute::AdministrativeCourt,
            visible_to: vec![Role::CoParty],
            ..step("name", StepKind::Apply, "register")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![birth(), need(NeedFor::ToBeComplete, vec![Awaited::Approved(slug("registration"))])],
            form: Some(benefit_form()),
            uses: vec![EvidenceUse {
                evidence: slug("personal-number"),
                ground: Ground::Public,
                source: "OSL 22 kap. 1 §".to_owned(),
            }],
            ends_when: vec![FactKind::Stillbirth.into(), FactKind::Death.into()],
            clocks: vec![closes(born(), Period::months(18)), overdue(), appeal()],
            is_mandatory: false,
            appeal_route: AppealRoute::Reconsideration,
            ..step("benefit", StepKind::Apply, "fund")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            needs: vec![registered()],
            ends_when: vec![FactKind::Stillbirth.into(), FactKind::Death.into()],
            clocks: vec![
                clock("place", ClockKind::Own, Anchor::Filed, Period::months(4), Consequence::Overdue),
                appeal(),
            ],
            is_executed: true,
            gives: vec![slug("place")],
            appeal_route: AppealRoute::LegalityReview,
            ..step("place", StepKind::Automatic, "board")
        },
        StepDefinition {
            for_each: Some(slug("child")),
            is_mandatory: false,
            needs: vec![need(
                NeedFor::ToFile,
                vec![Awaited::Fact(FactKind::Stillbirth.into()), Awaited::Fact(FactKind::Death.into())],
            )],
            is_grief: true,
            ..step("someone-to-call", StepKind::Information, "region")
        },
    ]
}

fn benefit_form() -> Form {
    let number =
        Field { evidence: Some(slug("personal-number")), ..field("child", FieldKind::Text { length_max: 40 }, false) };
    Form { slug: slug("benefit"), fields: vec![field("days", FieldKind::Number { min: 1, max: 480 }, true), number] }
}

pub(crate) fn need(purpose: NeedFor, any: Vec<Awaited>) -> Need {
    Need { any, every: None, purpose }
}

pub(crate) fn clock(
    name: &str,
    kind: ClockKind,
    anchor: Anchor,
    period: Period,
    consequence: Consequence,
) -> ClockDefinition {
    let holder = if consequence == Consequence::Overdue { Holder::Agency } else { Holder::Applicant };
    let met_by = match (kind, consequence) {
        (ClockKind::Appeal, _) => MetBy::Nothing,
        (_, Consequence::Overdue) => MetBy::Decided,
        (_, Consequence::Closes | Consequence::Warns | Consequence::Settles) => MetBy::Filed,
    };
    let latest = vec![Term { anchor, period, named: None }];
    let source = "a source".to_owned();
    let roll_over = RollOver::No;
    ClockDefinition { slug: slug(name), kind, latest, holder, met_by, consequence, roll_over, source, has_price: false }
}

pub(crate) fn step(name: &str, kind: StepKind, agency: &str) -> StepDefinition {
    StepDefinition {
        slug: slug(name),
        kind,
        agency: slug(agency),
        for_each: None,
        is_mandatory: true,
        needs: Vec::new(),
        condition: None,
        condition_source: String::new(),
        form: None,
        signed_by: Vec::new(),
        done_by: None,
        ends_when: Vec::new(),
        gives: Vec::new(),
        uses: Vec::new(),
        clocks: Vec::new(),
        is_executed: false,
        is_grief: false,
        visible_to: Vec::new(),
        mandates: Vec::new(),
        legal_basis: "a law".to_owned(),
        secrecy: "OSL".to_owned(),
        appeal_route: AppealRoute::None,
        retention: slug("a-class"),
        privacy: Privacy { ground: "GDPR 6.1 e".to_owned(), recipients: Vec::new() },
        fee: String::new(),
        amounts: Vec::new(),
        withdrawal: Withdrawal::AgencyCloses,
        may_vary: Vec::new(),
    }
}
