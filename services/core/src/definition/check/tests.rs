//! Definitions with one thing wrong, and the fault that each of them gives.

mod parties;

use super::*;
use crate::calendar::{Period, RollOver};
use crate::definition::{
    AgencyDefinition, Anchor, AppealRoute, Awaited, ClockDefinition, ClockKind, Consequence, Definition, FactKind,
    GroupDefinition, Holder, Level, Members, MetBy, Need, NeedFor, Privacy, Reception, Role, RoleDefinition, Routing,
    StepKind, Term, Withdrawal,
};
use crate::form::{Field, FieldKind};
use crate::id::Revision;

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

fn clock(name: &str, anchor: Anchor, holder: Holder, met_by: MetBy, consequence: Consequence) -> ClockDefinition {
    ClockDefinition {
        slug: slug(name),
        kind: ClockKind::Own,
        latest: vec![Term { anchor, period: Period::months(6), named: None }],
        holder,
        met_by,
        consequence,
        roll_over: RollOver::No,
        source: "FL 12 §".to_owned(),
        has_price: false,
    }
}

fn form(name: &str) -> Form {
    let field = |name: &str, kind: FieldKind| Field {
        slug: slug(name),
        kind,
        is_required: true,
        evidence: None,
        asked_of: None,
    };
    Form {
        slug: slug(name),
        fields: vec![
            field("count", FieldKind::Number { min: 1, max: 4 }),
            field("day", FieldKind::Day),
            field("why", FieldKind::Text { length_max: 100 }),
        ],
    }
}

/// An application that closes when nobody files it and is overdue when nobody decides it.
fn step(name: &str) -> StepDefinition {
    StepDefinition {
        slug: slug(name),
        kind: StepKind::Apply,
        agency: slug("agency"),
        for_each: None,
        is_mandatory: true,
        needs: Vec::new(),
        condition: None,
        condition_source: String::new(),
        form: Some(form(&format!("{name}-form"))),
        signed_by: Vec::new(),
        done_by: None,
        ends_when: Vec::new(),
        gives: Vec::new(),
        uses: Vec::new(),
        clocks: vec![
            clock("file-by", Anchor::Opened, Holder::Applicant, MetBy::Filed, Consequence::Closes),
            clock("decide-by", Anchor::Filed, Holder::Agency, MetBy::Decided, Consequence::Overdue),
        ],
        is_executed: false,
        is_grief: false,
        visible_to: Vec::new(),
        mandates: Vec::new(),
        legal_basis: "a law".to_owned(),
        secrecy: String::new(),
        appeal_route: AppealRoute::None,
        retention: slug("short"),
        privacy: Privacy { ground: "a ground".to_owned(), recipients: Vec::new() },
        fee: String::new(),
        amounts: Vec::new(),
        withdrawal: Withdrawal::AgencyCloses,
        may_vary: Vec::new(),
    }
}

fn counted(name: &str, field: &str, count_max: u8) -> GroupDefinition {
    GroupDefinition { slug: slug(name), members: Members::Counted(slug(field)), count_max, municipality: None }
}

fn parts(steps: Vec<StepDefinition>) -> Parts {
    Parts {
        revision: Revision { life_event: slug("event"), number: 1 },
        digest: [0; 32],
        agencies: vec![AgencyDefinition {
            slug: slug("agency"),
            level: Level::State,
            routing: Routing::Country,
            reception: Reception::Agency,
        }],
        form: form("event"),
        groups: vec![counted("child", "count", 8)],
        filed_by: vec![Role::Applicant],
        about: Role::Applicant,
        roles: vec![RoleDefinition { role: Role::Applicant, name: slug("person"), is_required: true, count_max: 1 }],
        steps,
        draft_days: 90,
        attention_days: 7,
        quiet_days: 30,
    }
}

fn needing(mut step: StepDefinition, purpose: NeedFor, any: Vec<Awaited>) -> StepDefinition {
    step.needs.push(Need { any, every: None, purpose });
    step
}

fn problems(parts: &Parts) -> Vec<String> {
    check(parts).into_iter().map(|fault| fault.problem).collect()
}

#[test]
fn a_definition_without_faults_is_made() {
    let steps = vec![step("one"), needing(step("two"), NeedFor::ToFile, vec![Awaited::Approved(slug("one"))])];
    let definition = Definition::new(parts(steps)).unwrap();
    assert_eq!(definition.index_of(&slug("two")), Some(1));
}

#[test]
fn three_steps_in_a_circle_are_named_once_in_their_order() {
    let ring = [("one", "two"), ("two", "three"), ("three", "one")];
    let steps = ring.map(|(name, other)| needing(step(name), NeedFor::ToFile, vec![Awaited::Filed(slug(other))]));
    assert_eq!(problems(&parts(steps.to_vec())), ["the steps wait for each other: one → two → three → one"]);
}

#[test]
fn a_step_behind_a_circle_is_not_part_of_it() {
    let ring = [("behind", "one"), ("one", "two"), ("two", "one")];
    let steps = ring.map(|(name, other)| needing(step(name), NeedFor::ToFile, vec![Awaited::Filed(slug(other))]));
    assert_eq!(problems(&parts(steps.to_vec())), ["the steps wait for each other: one → two → one"]);
}

#[test]
fn a_circle_with_another_way_out_is_none() {
    let out = vec![Awaited::Filed(slug("two")), Awaited::Fact(FactKind::Birth.into())];
    let steps = vec![
        needing(step("one"), NeedFor::ToFile, out),
        needing(step("two"), NeedFor::ToFile, vec![Awaited::Filed(slug("one"))]),
    ];
    assert_eq!(check(&parts(steps)), []);
}

#[test]
fn needs_that_hold_nothing_back_may_go_round() {
    for purpose in [NeedFor::ToBeComplete, NeedFor::ToTakeEffect] {
        let steps = vec![
            needing(step("one"), purpose, vec![Awaited::Approved(slug("two"))]),
            needing(step("two"), NeedFor::ToFile, vec![Awaited::Approved(slug("one"))]),
        ];
        assert_eq!(check(&parts(steps)), []);
    }
}

#[test]
fn a_closing_clock_may_run_from_a_fact_that_has_certainly_come() {
    let from_birth = |name: &str| {
        let mut step = step(name);
        step.clocks[0].latest[0].anchor = Anchor::Fact(FactKind::Birth.into());
        step
    };
    let waits_for_ever = "`one` can wait for its party for ever (I8)";
    assert_eq!(problems(&parts(vec![from_birth("one")])), [waits_for_ever]);

    let needs_it = needing(from_birth("one"), NeedFor::ToFile, vec![Awaited::Fact(FactKind::Birth.into())]);
    assert_eq!(check(&parts(vec![needs_it])), []);

    let either = vec![Awaited::Fact(FactKind::Birth.into()), Awaited::Fact(FactKind::Move.into())];
    assert_eq!(problems(&parts(vec![needing(from_birth("one"), NeedFor::ToFile, either)])), [waits_for_ever]);

    let behind = vec![
        needing(step("zero"), NeedFor::ToFile, vec![Awaited::Fact(FactKind::Birth.into())]),
        needing(from_birth("one"), NeedFor::ToFile, vec![Awaited::Decided(slug("zero"))]),
    ];
    assert_eq!(check(&parts(behind)), []);

    let mut ended_by_the_opposite = from_birth("one");
    ended_by_the_opposite.ends_when = vec![FactKind::Stillbirth.into()];
    assert_eq!(check(&parts(vec![ended_by_the_opposite])), []);
}

#[test]
fn a_closing_clock_may_run_from_a_required_day_only() {
    let mut parts = parts(vec![step("one")]);
    parts.steps[0].clocks[0].latest[0].anchor = Anchor::Input(slug("day"));
    assert_eq!(check(&parts), []);
    parts.form.fields[1].is_required = false;
    assert_eq!(problems(&parts), ["`one` can wait for its party for ever (I8)"]);
}

#[test]
fn a_document_is_asked_for_where_an_agency_gets_it() {
    let document = |media_types: &[&str]| Field {
        slug: slug("drawing"),
        kind: FieldKind::Document(media_types.iter().map(|known| (*known).to_owned()).collect()),
        is_required: false,
        evidence: None,
        asked_of: None,
    };
    let asking = |field: Field| {
        let mut step = step("one");
        step.form.as_mut().unwrap().fields.push(field);
        step
    };
    assert_eq!(check(&parts(vec![asking(document(&["application/pdf", "image/png"]))])), []);

    for wrong in [&[][..], &["application/zip"], &["image/png", "image/png"]] {
        let problems = problems(&parts(vec![asking(document(wrong))]));
        assert_eq!(problems, ["`drawing` takes no true media types"], "{wrong:?}");
    }
    let evidence = Field { evidence: Some(slug("permit")), ..document(&["application/pdf"]) };
    let problem = "`drawing` is a document, and no step gives documents as evidence";
    assert!(problems(&parts(vec![asking(evidence)])).contains(&problem.to_owned()));

    let mut elsewhere = asking(document(&["application/pdf"]));
    elsewhere.kind = StepKind::External;
    let problem = "nobody gets the document `drawing`: `one` is filed nowhere";
    assert!(problems(&parts(vec![elsewhere])).contains(&problem.to_owned()));
    let mut own = parts(vec![step("one")]);
    own.form.fields.push(document(&["application/pdf"]));
    assert_eq!(problems(&own), ["nobody gets the document `drawing`: it is not asked by a step"]);
}

#[test]
fn a_definition_that_is_too_large_is_refused() {
    let steps = (0..=STEPS_MAX).map(|number| step(&format!("step-{number}"))).collect();
    assert_eq!(problems(&parts(steps)), ["the life event has 201 steps"]);
    assert_eq!(problems(&parts(Vec::new()))[0], "the life event has 0 steps");
    let mut many = step("one");
    many.gives = (0..=PER_STEP_MAX).map(|number| slug(&format!("evidence-{number}"))).collect();
    assert_eq!(problems(&parts(vec![many])), ["`one` has too much of something"]);
}

#[test]
fn a_kind_of_step_allows_only_what_belongs_to_it() {
    let with = |change: fn(&mut StepDefinition)| {
        let mut step = step("one");
        change(&mut step);
        problems(&parts(vec![step]))
    };
    assert_eq!(with(|step| step.form = None)[0], "nobody is asked for anything in `one`");
    assert_eq!(with(|step| step.kind = StepKind::Sign), ["nobody signs `one`"]);
    assert_eq!(with(|step| step.done_by = Some(FactKind::Birth))[0], "`one` is done by a birth and is not automatic");
    assert_eq!(
        with(|step| step.kind = StepKind::Information),
        [
            "`one` only informs, yet asks, counts, gives or uses something",
            "`one` only informs, yet the case waits for it",
            "the clock `decide-by` never begins: `one` is never filed with an agency",
        ]
    );
    assert_eq!(
        with(|step| {
            step.kind = StepKind::Automatic;
            step.signed_by = vec![Role::Applicant];
        }),
        ["`one` happens by itself, yet somebody signs it"]
    );
}

#[test]
fn only_a_step_of_the_whole_case_can_need_something_of_every_subject() {
    let with = |own: Option<Slug>, repeats: Option<Slug>, awaited: fn(Slug) -> Awaited| {
        let other = StepDefinition { for_each: repeats, ..step("other") };
        let mut one = StepDefinition { for_each: own, ..step("one") };
        one.needs.push(Need {
            any: vec![awaited(slug("other"))],
            every: Some(slug("child")),
            purpose: NeedFor::ToFile,
        });
        problems(&parts(vec![other, one]))
    };
    let child = || Some(slug("child"));
    assert_eq!(with(None, child(), Awaited::Approved), Vec::<String>::new());
    assert_eq!(with(None, child(), Awaited::Lapsed), Vec::<String>::new());
    assert_eq!(with(None, None, Awaited::Approved), ["`other` does not repeat for each child"]);
    assert_eq!(
        with(child(), child(), Awaited::Approved),
        ["`one` repeats for each child, and needs something of every child"]
    );
}

#[test]
fn what_can_never_come_cannot_be_awaited() {
    let with = |change: fn(&mut StepDefinition), awaited: Awaited| {
        let mut other = step("other");
        change(&mut other);
        problems(&parts(vec![other, needing(step("one"), NeedFor::ToFile, vec![awaited])]))
    };
    assert_eq!(with(|_| {}, Awaited::Executed(slug("other"))), ["`other` is never carried out: a decision ends it"]);
    assert_eq!(
        with(|step| step.for_each = Some(slug("child")), Awaited::Lapsed(slug("other"))),
        ["`other` can lapse for one child and not for another"]
    );
    assert_eq!(
        with(|_| {}, Awaited::ClockEnded { step: slug("other"), clock: slug("never") }),
        ["`other` has no clock `never`"]
    );
    assert_eq!(
        with(
            |step| {
                step.kind = StepKind::External;
                step.clocks.truncate(1);
            },
            Awaited::Filed(slug("other"))
        ),
        ["`other` is never filed with an agency"]
    );
}

#[test]
fn an_appeal_has_its_clock_and_the_clock_only_tells_the_time() {
    let mut appealed = step("one");
    appealed.appeal_route = AppealRoute::AdministrativeCourt;
    assert_eq!(problems(&parts(vec![appealed.clone()])), ["`one` can be appealed and no clock says until when"]);
    let mut appeal = clock("appeal", Anchor::Received, Holder::Applicant, MetBy::Nothing, Consequence::Warns);
    appeal.kind = ClockKind::Appeal;
    appealed.clocks.push(appeal);
    assert_eq!(check(&parts(vec![appealed.clone()])), []);
    appealed.clocks[2].consequence = Consequence::Closes;
    assert_eq!(problems(&parts(vec![appealed])), ["the appeal clock `appeal` does more than tell the time"]);
}
