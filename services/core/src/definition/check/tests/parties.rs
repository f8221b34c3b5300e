//! Groups, payments, mandates, and who files: one thing wrong at a time.

use super::*;
use crate::definition::{AwaitedFact, FactOf, MandateKind, NamedPeriod};
use crate::form::AskedOf;
use crate::id::Subject;

fn role(role: Role, count_max: u8) -> RoleDefinition {
    RoleDefinition { role, name: slug(role.slug()), is_required: false, count_max }
}

fn for_each(mut step: StepDefinition, group: &str) -> StepDefinition {
    step.for_each = Some(slug(group));
    step
}

fn own(mut step: StepDefinition) -> StepDefinition {
    step.signed_by = vec![Role::Helper];
    step
}

/// Premises that the form's field `count` counts, up to four.
fn with_premises(steps: Vec<StepDefinition>) -> Parts {
    let mut parts = parts(steps);
    parts.groups.push(counted("premises", "count", 4));
    parts
}

#[test]
fn a_group_is_counted_by_a_number_that_it_has_room_for() {
    for field in ["why", "no-such-field"] {
        let mut parts = parts(vec![step("one")]);
        parts.groups[0].members = Members::Counted(slug(field));
        assert_eq!(problems(&parts), [format!("`{field}` does not count `child`")]);
    }
    let mut parts = with_premises(vec![for_each(step("one"), "premises")]);
    assert_eq!(check(&parts), []);
    parts.groups[1].count_max = 3;
    assert_eq!(problems(&parts), ["`count` does not count `premises`"]);
    parts.groups[1].count_max = 21;
    assert_eq!(problems(&parts), ["`premises` has up to 21 subjects"]);
}

#[test]
fn a_step_repeats_for_a_group_there_is_and_a_group_has_steps() {
    assert_eq!(
        problems(&parts(vec![for_each(step("one"), "boat")])),
        ["`one` repeats for each `boat`, and there is no such group"]
    );
    assert_eq!(problems(&with_premises(vec![step("one")])), ["no step repeats for each premises"]);
    let mut twice = with_premises(vec![for_each(step("one"), "premises")]);
    twice.groups.push(twice.groups[1].clone());
    assert_eq!(problems(&twice), ["two groups are called `premises`"]);
}

#[test]
fn a_group_of_parties_has_a_role_and_room_for_all_of_them() {
    let mut parts = parts(vec![for_each(step("one"), "founder")]);
    let members = Members::Parties(Role::CoParty);
    parts.groups.push(GroupDefinition { slug: slug("founder"), members, count_max: 2, municipality: None });
    assert_eq!(problems(&parts), ["the case has no `co-party`, for whom `founder` stands"]);
    parts.roles.push(role(Role::CoParty, 2));
    assert_eq!(check(&parts), []);
    parts.roles[1].count_max = 3;
    assert_eq!(problems(&parts), ["there may be 3 `co-party` and only 2 `founder`"]);
}

#[test]
fn subjects_elsewhere_are_asked_where_they_are() {
    let mut parts = with_premises(vec![for_each(step("one"), "premises")]);
    parts.groups[1].municipality = Some(slug("place"));
    assert_eq!(problems(&parts), ["the life event's form has no municipality `place-1`"]);
    for number in 1..=4 {
        let (slug, kind) = (slug(&format!("place-{number}")), FieldKind::Municipality);
        parts.form.fields.push(Field { slug, kind, is_required: false, evidence: None, asked_of: None });
    }
    assert_eq!(check(&parts), []);
}

#[test]
fn a_question_is_asked_of_somebody_who_can_come() {
    let asked = |role, number| Some(AskedOf { role, number: Subject(number) });
    let mut parts = parts(vec![step("one")]);
    parts.form.fields[0].asked_of = asked(Role::Applicant, 1);
    assert_eq!(check(&parts), []);
    parts.form.fields[0].asked_of = asked(Role::Applicant, 2);
    assert_eq!(problems(&parts), ["`count` is asked of applicant.2, and the case has no place for that one"]);
    parts.form.fields[0].asked_of = asked(Role::Guide, 1);
    assert_eq!(problems(&parts), ["`count` is asked of guide, and the case has no place for that one"]);
    parts.form.fields[0].asked_of = None;
    let form = parts.steps[0].form.as_mut().unwrap();
    form.fields[0].asked_of = asked(Role::Applicant, 1);
    assert_eq!(problems(&parts), ["`count` is a step's question, and a step is answered by who acts in it"]);
}

#[test]
fn where_a_subject_is_is_asked_when_it_is_counted() {
    let mut parts = with_premises(vec![for_each(step("one"), "premises")]);
    parts.groups[1].municipality = Some(slug("place"));
    for number in 1..=4 {
        let (slug, kind) = (slug(&format!("place-{number}")), FieldKind::Municipality);
        let asked_of = (number == 2).then_some(AskedOf { role: Role::Applicant, number: Subject(1) });
        parts.form.fields.push(Field { slug, kind, is_required: false, evidence: None, asked_of });
    }
    assert_eq!(problems(&parts), ["`place-2` is asked of applicant, when its subject may be counted already"]);
}

#[test]
fn steps_of_two_groups_cannot_look_at_each_other() {
    let crossing = "`two` repeats for each premises and `one` for each child: nobody knows which belongs to which";
    let one = for_each(step("one"), "child");
    let two = || for_each(step("two"), "premises");
    let needing = needing(two(), NeedFor::ToFile, vec![Awaited::Approved(slug("one"))]);
    assert_eq!(problems(&with_premises(vec![one.clone(), needing])), [crossing]);

    let mut giving = one;
    giving.gives = vec![slug("number")];
    let mut using = two();
    using.uses = vec![crate::definition::EvidenceUse {
        evidence: slug("number"),
        ground: crate::definition::Ground::Public,
        source: "a law".to_owned(),
    }];
    assert_eq!(problems(&with_premises(vec![giving, using])), [crossing]);
}

#[test]
fn a_childs_fact_is_nothing_to_premises() {
    let mut step = for_each(step("one"), "premises");
    step.ends_when = vec![FactKind::Stillbirth.into()];
    assert_eq!(
        problems(&with_premises(vec![step])),
        ["a stillbirth is a child's, and `one` repeats for each premises"]
    );
    let mut childless =
        parts(vec![needing(super::step("one"), NeedFor::ToFile, vec![Awaited::Fact(FactKind::Birth.into())])]);
    childless.groups.clear();
    assert_eq!(problems(&childless), ["a birth is a child's, and the life event has no group `child`"]);
}

#[test]
fn a_fact_names_a_party_or_a_step_that_there_is() {
    let ended_by = |kind, of| {
        let mut step = step("one");
        step.ends_when = vec![AwaitedFact { kind, of }];
        problems(&parts(vec![step]))
    };
    let of_step = |name: &str| FactOf::Step(slug(name));
    assert_eq!(ended_by(FactKind::Death, FactOf::Role(Role::Applicant)), [""; 0]);
    assert_eq!(
        ended_by(FactKind::Death, FactOf::Role(Role::CoParty)),
        ["`death:co-party`: the case has no `co-party`"]
    );
    assert_eq!(ended_by(FactKind::PermitRevoked, of_step("two")), ["no step is called `two`"]);
    assert_eq!(ended_by(FactKind::Move, of_step("one")), ["`move:one` names whose it is, and a move is not theirs"]);
    let paid = vec![Awaited::Fact(FactKind::Paid.into())];
    assert_eq!(
        problems(&parts(vec![needing(step("one"), NeedFor::ToFile, paid)])),
        ["`one` waits for a paid of its own"]
    );
}

#[test]
fn a_fee_is_paid_without_a_form() {
    let mut fee = step("fee");
    fee.kind = StepKind::Pay;
    assert_eq!(problems(&parts(vec![fee.clone()])), ["`fee` is paid, yet asks for a form or signatures"]);
    fee.form = None;
    assert_eq!(check(&parts(vec![fee])), []);
}

#[test]
fn where_a_helper_files_alone_the_applicants_steps_wait_for_her() {
    let joined = || vec![Awaited::Joined(Role::Applicant)];
    let by_helper = |steps| {
        let mut parts = parts(steps);
        parts.filed_by = vec![Role::Applicant, Role::Helper];
        parts.roles.push(role(Role::Helper, 3));
        parts
    };
    let alone = by_helper(vec![step("one"), own(step("support"))]);
    assert_eq!(problems(&alone), ["`one` is the applicant's, and a helper may have filed without one"]);
    let waits = needing(step("one"), NeedFor::ToFile, joined());
    let behind = needing(step("two"), NeedFor::ToFile, vec![Awaited::Decided(slug("one"))]);
    assert_eq!(check(&by_helper(vec![waits.clone(), behind])), []);
    assert_eq!(problems(&parts(vec![waits])), ["the applicant is always in the case"]);
    let stranger = needing(step("one"), NeedFor::ToFile, vec![Awaited::Joined(Role::Guide)]);
    assert_eq!(problems(&parts(vec![stranger])), ["the case has no `guide` who could join"]);
}

#[test]
fn only_an_applicant_or_a_helper_files() {
    let filed_by = |roles: Vec<Role>| {
        let mut parts = parts(vec![step("one")]);
        parts.filed_by = roles;
        problems(&parts)
    };
    assert_eq!(filed_by(Vec::new()), ["nobody may file a case"]);
    assert_eq!(filed_by(vec![Role::Applicant, Role::Guide]), ["a `guide` cannot file a case"]);
    assert_eq!(filed_by(vec![Role::Applicant, Role::Applicant]), ["`applicant` may file twice"]);
    assert_eq!(filed_by(vec![Role::Helper])[1], "the case has no `helper`, who may file it");
    let mut parts = parts(vec![step("one")]);
    parts.about = Role::Subject;
    assert_eq!(problems(&parts), ["the case has no `subject`, whom it is about"]);
}

#[test]
fn a_mandate_is_for_what_the_applicant_does_and_somebody_holds_it() {
    let mut one = step("one");
    one.mandates = vec![MandateKind::GodMan, MandateKind::GodMan];
    assert_eq!(
        problems(&parts(vec![one.clone()])),
        ["`one` accepts `god-man` twice", "`one` accepts mandates, and the case has no `representative`"]
    );
    one.mandates.pop();
    one.signed_by = vec![Role::Guide];
    let mut parts = parts(vec![one]);
    parts.roles.extend([role(Role::Representative, 1), role(Role::Guide, 1)]);
    assert_eq!(problems(&parts), ["`one` accepts mandates, and nothing in it is the applicant's to do"]);
}

#[test]
fn a_clock_runs_from_another_steps_execution_and_not_from_its_own() {
    let after = |other: &str| {
        let mut one = step("one");
        one.clocks[0].latest[0].anchor = Anchor::Executed(slug(other));
        let mut two = step("two");
        two.is_executed = true;
        problems(&parts(vec![needing(one, NeedFor::ToFile, vec![Awaited::Executed(slug("two"))]), two]))
    };
    assert_eq!(after("two"), [""; 0]);
    assert_eq!(after("one"), ["the clock `file-by` never begins: `one` is over when it has been carried out"]);
}

#[test]
fn a_group_may_be_counted_by_what_happens_to_a_person_again() {
    let with = |begins: FactKind, then: &[FactKind]| {
        let mut parts = parts(vec![for_each(step("one"), "stay")]);
        let members = Members::Times { begins, then: then.to_vec() };
        parts.groups.push(GroupDefinition { slug: slug("stay"), members, count_max: 5, municipality: None });
        problems(&parts)
    };
    assert_eq!(with(FactKind::Admission, &[FactKind::Discharge]), [""; 0]);
    assert_eq!(with(FactKind::Death, &[]), ["`death` does not happen to a person again"]);
    assert_eq!(with(FactKind::Admission, &[FactKind::Admission]), ["`admission` is told of two times at once"]);
}

#[test]
fn a_clock_runs_from_an_interruption_where_something_is_carried_out_and_asks_the_agency_to_go_on() {
    let with = |is_executed: bool, consequence: Consequence| {
        let mut one = step("one");
        one.is_executed = is_executed;
        one.clocks.push(clock("goes-on", Anchor::Interrupted, Holder::Agency, MetBy::Executed, consequence));
        problems(&parts(vec![one]))
    };
    assert_eq!(with(true, Consequence::Overdue), [""; 0]);
    assert_eq!(
        with(true, Consequence::Warns),
        ["the clock `goes-on` runs from an interruption and does not ask the agency to go on (I8)"]
    );
    assert_eq!(
        with(false, Consequence::Overdue),
        [
            "the clock `goes-on` never begins: `one` is never carried out, and so never interrupted",
            "the clock `goes-on` is met by an execution, and `one` is never carried out",
        ]
    );
}

#[test]
fn a_clock_may_go_by_a_named_period_and_begin_anew() {
    let mut one = step("one");
    let term = &mut one.clocks[1].latest[0];
    term.anchor = Anchor::Complete;
    term.named = Some(NamedPeriod { slug: slug("weeks-to-decide"), is_backwards: false });
    assert_eq!(check(&parts(vec![one])), []);
}
