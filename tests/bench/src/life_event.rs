//! The life event that is measured: eight steps in three waves, two, four and two, each a call to an agency.

use jiff::civil::Date;
use livshandelse_core::Definition;
use livshandelse_core::calendar::{Period, RollOver};
use livshandelse_core::case::NewParty;
use livshandelse_core::command::Filing;
use livshandelse_core::definition::{
    AgencyDefinition, Anchor, AppealRoute, Awaited, ClockDefinition, ClockKind, Consequence, Holder, Level, MetBy,
    Need, NeedFor, Parts, Privacy, Reception, Role, Routing, StepDefinition, StepKind, Term, Withdrawal,
};
use livshandelse_core::form::{Field, FieldKind, Form};
use livshandelse_core::id::{InvalidId, PartyId, Revision, Slug};
use livshandelse_core::value::Value;

/// Steps of the life event.
pub const STEPS_COUNT: usize = 8;

/// Which step waits for which: two, four, two.
const WAVES: [(&str, &[&str]); STEPS_COUNT] = [
    ("first-a", &[]),
    ("first-b", &[]),
    ("second-a", &["first-a", "first-b"]),
    ("second-b", &["first-a", "first-b"]),
    ("second-c", &["first-a", "first-b"]),
    ("second-d", &["first-a", "first-b"]),
    ("third-a", &["second-a", "second-b", "second-c", "second-d"]),
    ("third-b", &["second-a", "second-b", "second-c", "second-d"]),
];

/// The agencies, one for each level, in turn.
const AGENCIES: [(&str, Level); 3] =
    [("bench-state", Level::State), ("bench-region", Level::Region), ("bench-municipality", Level::Municipality)];

/// The life event, checked.
///
/// # Errors
///
/// Never, unless the text of this file is wrong: then it says what.
pub fn definition() -> anyhow::Result<Definition> {
    let agencies = AGENCIES.iter().map(|(slug, level)| {
        Ok(AgencyDefinition {
            slug: Slug::new(slug)?,
            level: *level,
            routing: Routing::Country,
            reception: Reception::Agency,
        })
    });
    let steps = WAVES.iter().enumerate().map(|(index, (slug, after))| step(slug, after, AGENCIES[index % 3].0));
    let form = Form {
        slug: Slug::new("bench")?,
        fields: vec![Field {
            slug: Slug::new("wish")?,
            kind: FieldKind::Text { length_max: 200 },
            is_required: true,
            evidence: None,
        }],
    };
    let parts = Parts {
        revision: Revision { life_event: Slug::new("bench")?, number: 1 },
        digest: [1; 32],
        agencies: agencies.collect::<Result<_, InvalidId>>()?,
        form,
        children_field: None,
        roles: vec![],
        steps: steps.collect::<Result<_, InvalidId>>()?,
        draft_days: 90,
        attention_days: 7,
    };
    Definition::new(parts).map_err(|faults| anyhow::anyhow!("{faults:?}"))
}

fn step(slug: &str, after: &[&str], agency: &str) -> Result<StepDefinition, InvalidId> {
    let needs =
        after.iter().map(|step| Ok(Need { any: vec![Awaited::Approved(Slug::new(step)?)], purpose: NeedFor::ToFile }));
    let overdue = ClockDefinition {
        slug: Slug::new("six-months")?,
        kind: ClockKind::Statutory,
        latest: vec![Term { anchor: Anchor::Filed, period: Period::months(6) }],
        holder: Holder::Agency,
        met_by: MetBy::Decided,
        consequence: Consequence::Overdue,
        roll_over: RollOver::Yes,
        source: "FL 12 §".to_owned(),
        has_price: false,
    };
    Ok(StepDefinition {
        slug: Slug::new(slug)?,
        kind: StepKind::Automatic,
        agency: Slug::new(agency)?,
        is_for_each_child: false,
        is_mandatory: true,
        needs: needs.collect::<Result<_, InvalidId>>()?,
        condition: None,
        condition_source: String::new(),
        form: None,
        signed_by: vec![],
        done_by: None,
        ends_when: vec![],
        gives: vec![],
        uses: vec![],
        clocks: vec![overdue],
        is_executed: false,
        is_grief: false,
        visible_to: vec![],
        legal_basis: "FL 9 §".to_owned(),
        secrecy: "none".to_owned(),
        appeal_route: AppealRoute::None,
        retention: Slug::new("bench")?,
        privacy: Privacy { ground: "none".to_owned(), recipients: vec![] },
        fee: String::new(),
        withdrawal: Withdrawal::AgencyCloses,
        may_vary: vec![],
    })
}

/// What a case of it is filed with.
///
/// # Errors
///
/// Never, unless the text of this file is wrong.
pub fn filing(applicant: PartyId) -> anyhow::Result<Filing> {
    Ok(Filing {
        revision: Revision { life_event: Slug::new("bench")?, number: 1 },
        parties: vec![NewParty {
            id: applicant,
            role: Role::Applicant,
            identity_number: "199001012385".to_owned(),
            name: "Alva Provlund".to_owned(),
            is_protected: false,
        }],
        input: [(Slug::new("wish")?, Value::Text("a case that is measured".to_owned()))].into(),
        step_input: vec![],
        municipality: "2480".to_owned(),
    })
}

/// The day on which agencies decide in a measured run.
pub const DAY: Date = Date::constant(2026, 3, 2);
