//! Reads `definition.toml` into the core's parts, and keeps where each part stands so that the core's faults get a line.

use crate::complaint::Sheet;
use crate::condition::condition;
use crate::reference::registry;
use crate::table::{Found, Table, slug};
use crate::words::{
    APPEAL_ROUTES, CLOCK_KINDS, CONSEQUENCES, FACTS, GROUNDS, HOLDERS, LEVELS, MANDATES, MET_BY, PURPOSES, RECEPTIONS,
    ROLES, ROLL_OVERS, ROUTINGS, STEP_KINDS, WITHDRAWALS, awaited, ending, term,
};
use livshandelse_core::calendar::RollOver;
use livshandelse_core::definition::{
    AgencyDefinition, AppealRoute, CHILD, CHILDREN_MAX, ClockDefinition, ClockKind, Consequence, EvidenceUse, Ground,
    GroupDefinition, Holder, Level, Members, MetBy, NamedPeriod, Need, NeedFor, Parts, Place, Privacy, Reception, Role,
    RoleDefinition, Routing, SUBJECTS_MAX, StepDefinition, StepKind, Withdrawal,
};
use livshandelse_core::form::Form;
use livshandelse_core::id::{Revision, Slug};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeTable;

/// Where parts stand in `definition.toml`, and which of them could not be read whole.
#[derive(Default)]
pub(crate) struct Places {
    offsets: BTreeMap<Place, usize>,
    /// Steps that have complaints already; what the core says of them could be a consequence.
    pub(crate) hurt_steps: BTreeSet<Slug>,
    /// The same of the life event's own form.
    pub(crate) is_form_hurt: bool,
}

impl Places {
    /// The offset of a place in `definition.toml`; its beginning where it is nowhere in particular.
    pub(crate) fn offset_of(&self, place: &Place) -> usize {
        let of_step = |step: &Slug| self.offsets.get(&Place::Step(step.clone())).copied();
        let known = self.offsets.get(place).copied();
        match place {
            Place::Need { step, .. } | Place::Use { step, .. } | Place::Clock { step, .. } | Place::Condition(step) => {
                known.or_else(|| of_step(step))
            }
            Place::Whole
            | Place::Agency(_)
            | Place::Role(_)
            | Place::Group(_)
            | Place::Form(_)
            | Place::Field { .. }
            | Place::Step(_) => known,
        }
        .unwrap_or(0)
    }
}

/// Gives a form by its slug, complaining at an offset of `definition.toml` if there is none.
pub(crate) type Forms<'f> = dyn Fn(&Slug, usize) -> Option<Form> + 'f;

/// Reads the parts. `None` if not even the life event's name or form could be read.
pub(crate) fn parts(sheet: &Sheet<'_>, digest: [u8; 32], forms: &Forms<'_>) -> Option<(Parts, Places)> {
    let (document, errors) = DeTable::parse_recoverable(sheet.text);
    if !errors.is_empty() {
        for error in errors.iter().take(20) {
            let offset = error.span().map_or(0, |span| span.start);
            sheet.complain(offset, format!("not TOML: {}", error.message().trim()), "mend the TOML here");
        }
        return None;
    }
    let mut places = Places::default();
    let mut table = Table::new(sheet, 0, document.get_ref());
    let life_event = table.slug("life-event");
    let number = table.number("revision", 1..=999_999, None);
    let draft_days = table.number("draft-days", 1..=366, Some(90));
    let attention_days = table.number("attention-days", 1..=60, Some(7));
    let quiet_days = table.number("quiet-days", 0..=365, Some(30));
    let form_offset = table.offset_of("form");
    let form = table.slug("form").and_then(|slug| forms(&slug, form_offset));
    places.offsets.insert(Place::Whole, table.offset_of("filed-by"));
    let filed_by = match table.word_list("filed-by", ROLES) {
        given if given.is_empty() => vec![Role::Applicant],
        given => given,
    };
    let about = table.optional_word("about", ROLES).unwrap_or(Role::Applicant);
    let mut groups: Vec<_> =
        table.tables("group").into_iter().filter_map(|group| read_group(sheet, group, &mut places)).collect();
    // As revisions that were stored by the first version say it: the one group there was.
    if let Some(field) = table.optional_slug("children")
        && let Ok(slug) = Slug::new(CHILD)
    {
        places.offsets.insert(Place::Group(slug.clone()), 0);
        groups.push(GroupDefinition {
            slug,
            members: Members::Counted(field),
            count_max: CHILDREN_MAX,
            municipality: None,
        });
    }
    let roles = table.tables("role").into_iter().filter_map(|role| read_role(role, &mut places)).collect();
    let agencies = table.tables("agency").into_iter().filter_map(|agency| read_agency(agency, &mut places)).collect();
    let steps: Vec<_> = table
        .tables("step")
        .into_iter()
        .filter_map(|step| {
            let count = sheet.complaint_count();
            let step = read_step(sheet, step, forms, &mut places);
            if let Some(step) = &step
                && sheet.complaint_count() > count
            {
                places.hurt_steps.insert(step.slug.clone());
            }
            step
        })
        .collect();
    table.finish();
    let revision = Revision { life_event: life_event?, number };
    let form = form?;
    let parts = Parts {
        revision,
        digest,
        agencies,
        form,
        groups,
        roles,
        filed_by,
        about,
        steps,
        draft_days,
        attention_days,
        quiet_days,
    };
    Some((parts, places))
}

fn read_role(mut table: Table<'_>, places: &mut Places) -> Option<RoleDefinition> {
    let offset = table.offset_of("name");
    let role = table.word("role", ROLES).unwrap_or(Role::Applicant);
    let name = table.slug("name");
    let is_required = table.flag("required", false);
    let count_max = u8::try_from(table.number("count-max", 1..=16, Some(1))).unwrap_or(1);
    table.finish();
    let name = name?;
    places.offsets.insert(Place::Role(name.clone()), offset);
    Some(RoleDefinition { role, name, is_required, count_max })
}

fn read_group(sheet: &Sheet<'_>, mut table: Table<'_>, places: &mut Places) -> Option<GroupDefinition> {
    let (offset, start) = (table.offset_of("slug"), table.start());
    let slug = table.slug("slug");
    let count = table.optional_slug("count");
    let role = table.optional_word("role", ROLES);
    let fact = table.optional_word("fact", FACTS);
    let then = table.word_list("then", FACTS);
    let count_max = table.number("count-max", 1..=u32::from(SUBJECTS_MAX), Some(u32::from(SUBJECTS_MAX)));
    let municipality = table.optional_slug("municipality");
    table.finish();
    let members = match (count, role, fact) {
        (Some(field), None, None) if then.is_empty() => Some(Members::Counted(field)),
        (None, Some(role), None) if then.is_empty() => Some(Members::Parties(role)),
        (None, None, Some(begins)) => Some(Members::Times { begins, then }),
        (_, _, _) => {
            let remedy = "write `count = \"…\"` with a number field of the life event's form, `role = \"…\"`, or \
                          `fact = \"…\"` with what else is told of each time in `then`";
            sheet.complain(
                start,
                "a group is counted by a field, by the parties of a role, or by what happens",
                remedy,
            );
            None
        }
    };
    let slug = slug?;
    places.offsets.insert(Place::Group(slug.clone()), offset);
    let count_max = u8::try_from(count_max).unwrap_or(SUBJECTS_MAX);
    Some(GroupDefinition { slug, members: members?, count_max, municipality })
}

fn read_agency(mut table: Table<'_>, places: &mut Places) -> Option<AgencyDefinition> {
    let offset = table.offset_of("slug");
    let slug = table.slug("slug");
    let level = table.word("level", LEVELS).unwrap_or(Level::State);
    let routing = table.word("routing", ROUTINGS).unwrap_or(Routing::Country);
    let reception = table.word("reception", RECEPTIONS).unwrap_or(Reception::Agency);
    table.finish();
    let slug = slug?;
    places.offsets.insert(Place::Agency(slug.clone()), offset);
    Some(AgencyDefinition { slug, level, routing, reception })
}

/// Reads a step. What is missing gets a stand-in, so that everything else in it is read too; the step counts as hurt.
fn read_step(
    sheet: &Sheet<'_>,
    mut table: Table<'_>,
    forms: &Forms<'_>,
    places: &mut Places,
) -> Option<StepDefinition> {
    let offset = table.offset_of("slug");
    let slug = table.slug("slug")?;
    places.offsets.insert(Place::Step(slug.clone()), offset);
    let kind = table.word("kind", STEP_KINDS).unwrap_or(StepKind::Information);
    let agency = table.slug("agency").unwrap_or_else(|| slug.clone());
    let for_each = table.optional_slug("for-each");
    let is_mandatory = table.flag("mandatory", false);
    let needs = read_needs(sheet, &mut table, &slug, places);
    places.offsets.insert(Place::Condition(slug.clone()), table.offset_of("condition"));
    let condition = table.optional_text("condition").and_then(|found| condition(sheet, found));
    let condition_source = table.text_or_empty("condition-source");
    let form_offset = table.offset_of("form");
    let form = table.optional_slug("form").and_then(|form| forms(&form, form_offset));
    let signed_by = table.word_list("signed-by", ROLES);
    let done_by = table.optional_word("done-by", FACTS);
    let ends_when = table.texts("ends-when").into_iter().filter_map(|found| ending(sheet, found)).collect();
    let gives = table.slugs("gives");
    let uses = read_uses(&mut table, &slug, places);
    let is_executed = table.flag("executed", false);
    let is_grief = table.flag("grief", false);
    let visible_to = table.word_list("visible-to", ROLES);
    let mandates = table.word_list("mandates", MANDATES);
    let legal_basis = table.text_or_empty("legal-basis");
    let secrecy = table.text_or_empty("secrecy");
    let appeal_route = table.optional_word("appeal", APPEAL_ROUTES).unwrap_or(AppealRoute::None);
    let retention = table.slug("retention").unwrap_or_else(|| slug.clone());
    let privacy = read_privacy(&mut table);
    let fee = table.text_or_empty("fee");
    let amounts = table.texts("amounts");
    let withdrawal = table.optional_word("withdrawal", WITHDRAWALS).unwrap_or(Withdrawal::AgencyCloses);
    let may_vary = table.slugs("may-vary");
    let amounts = read_amounts(sheet, amounts, &may_vary);
    let clocks =
        table.tables("clock").into_iter().filter_map(|clock| read_clock(sheet, clock, &slug, places)).collect();
    table.finish();
    Some(StepDefinition {
        slug,
        kind,
        agency,
        for_each,
        is_mandatory,
        needs,
        condition,
        condition_source,
        form,
        signed_by,
        done_by,
        ends_when,
        gives,
        uses,
        clocks,
        is_executed,
        is_grief,
        visible_to,
        mandates,
        legal_basis,
        secrecy,
        appeal_route,
        retention,
        privacy,
        fee,
        amounts,
        withdrawal,
        may_vary,
    })
}

/// Amounts by their names, each of which the reference data has, or municipalities set.
fn read_amounts(sheet: &Sheet<'_>, found: Vec<Found<'_>>, may_vary: &[Slug]) -> Vec<Slug> {
    let read = found.into_iter().filter_map(|found| {
        let slug = slug(sheet, found)?;
        if registry().amounts_of(&slug).is_empty() && !may_vary.contains(&slug) {
            let remedy = "add it to reference-data/amounts.csv with unit, value, days, source and the day it was read, or \
                          to the step's `may-vary` where each municipality sets it";
            sheet.complain(found.offset, format!("no amount is called `{slug}`"), remedy);
        }
        Some(slug)
    });
    read.collect()
}

fn read_needs(sheet: &Sheet<'_>, table: &mut Table<'_>, step: &Slug, places: &mut Places) -> Vec<Need> {
    let mut needs = Vec::new();
    for (index, mut table) in table.tables("needs").into_iter().enumerate() {
        places.offsets.insert(Place::Need { step: step.clone(), index }, table.start());
        let any = table.texts("any").into_iter().filter_map(|found| awaited(sheet, found)).collect();
        let purpose = table.word("for", PURPOSES).unwrap_or(NeedFor::ToFile);
        let every = table.optional_slug("every");
        table.finish();
        needs.push(Need { any, every, purpose });
    }
    needs
}

fn read_uses(table: &mut Table<'_>, step: &Slug, places: &mut Places) -> Vec<EvidenceUse> {
    let mut uses = Vec::new();
    for (index, mut table) in table.tables("uses").into_iter().enumerate() {
        places.offsets.insert(Place::Use { step: step.clone(), index }, table.start());
        let evidence = table.slug("evidence");
        let ground = table.word("ground", GROUNDS).unwrap_or(Ground::Rule);
        let source = table.text("source").map_or_else(String::new, |found| found.text.to_owned());
        table.finish();
        // A stand-in that keeps the index: the step is hurt already.
        uses.push(EvidenceUse { evidence: evidence.unwrap_or_else(|| step.clone()), ground, source });
    }
    uses
}

fn read_privacy(table: &mut Table<'_>) -> Privacy {
    let Some(mut table) = table.table("privacy") else {
        return Privacy { ground: String::new(), recipients: Vec::new() };
    };
    let ground = table.text("ground").map_or_else(String::new, |found| found.text.to_owned());
    let recipients = table.texts("recipients").into_iter().map(|found| found.text.to_owned()).collect();
    table.finish();
    Privacy { ground, recipients }
}

fn read_clock(sheet: &Sheet<'_>, mut table: Table<'_>, step: &Slug, places: &mut Places) -> Option<ClockDefinition> {
    let offset = table.offset_of("slug");
    let slug = table.slug("slug");
    let kind = table.word("kind", CLOCK_KINDS).unwrap_or(ClockKind::Own);
    let mut latest = Vec::new();
    let mut named = Vec::new();
    for found in table.texts("latest") {
        let term = term(sheet, found);
        named.extend(term.iter().filter_map(|term| term.named.clone()).map(|named| (named, found)));
        latest.extend(term);
    }
    let holder = table.word("holder", HOLDERS).unwrap_or(Holder::Agency);
    let met_by = table.word("met-by", MET_BY).unwrap_or(MetBy::Nothing);
    let consequence = table.word("consequence", CONSEQUENCES).unwrap_or(Consequence::Warns);
    let roll_over = table.word("roll-over", ROLL_OVERS).unwrap_or(RollOver::Unclear);
    for (named, found) in named {
        check_named(sheet, &named, found, consequence);
    }
    let source = table.text_or_empty("source");
    let has_price = table.flag("price", false);
    table.finish();
    let slug = slug?;
    places.offsets.insert(Place::Clock { step: step.clone(), clock: slug.clone() }, offset);
    Some(ClockDefinition { slug, kind, latest, holder, met_by, consequence, roll_over, source, has_price })
}

/// A named period is one, and one that does not end before the clocks that must not fail.
fn check_named(sheet: &Sheet<'_>, named: &NamedPeriod, found: Found<'_>, consequence: Consequence) {
    let known = registry().amounts_of(&named.slug);
    let slug = &named.slug;
    if known.is_empty() {
        let remedy = "add it to reference-data/amounts.csv, in days, weeks or months";
        sheet.complain(found.offset, format!("no period is called `{slug}`"), remedy);
    } else if known.iter().any(|amount| amount.unit.period(1).is_none()) {
        sheet.complain(found.offset, format!("`{slug}` is no period"), "name one in days, weeks or months");
    } else if consequence != Consequence::Warns && known.iter().all(|amount| amount.to.is_some()) {
        let problem = format!("`{slug}` is not known for all days to come, and the clock must not fail to begin (I8)");
        sheet.complain(found.offset, problem, "let its last row have no `to`, or write the period itself");
    }
}
