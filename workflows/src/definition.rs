//! Reads `definition.toml` into the core's parts, and keeps where each part stands so that the core's faults get a line.

use crate::complaint::Sheet;
use crate::condition::condition;
use crate::table::Table;
use crate::words::{
    APPEAL_ROUTES, CLOCK_KINDS, CONSEQUENCES, FACTS, GROUNDS, HOLDERS, LEVELS, MET_BY, PURPOSES, RECEPTIONS, ROLES,
    ROLL_OVERS, ROUTINGS, STEP_KINDS, WITHDRAWALS, awaited, term,
};
use livshandelse_core::calendar::RollOver;
use livshandelse_core::definition::{
    AgencyDefinition, AppealRoute, ClockDefinition, ClockKind, Consequence, EvidenceUse, Ground, Holder, Level, MetBy,
    Need, NeedFor, Parts, Place, Privacy, Reception, Role, RoleDefinition, Routing, StepDefinition, StepKind,
    Withdrawal,
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
    let form_offset = table.offset_of("form");
    let form = table.slug("form").and_then(|slug| forms(&slug, form_offset));
    places.offsets.insert(Place::Whole, table.offset_of("children"));
    let children_field = table.optional_slug("children");
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
    let parts =
        Parts { revision, digest, agencies, form: form?, children_field, roles, steps, draft_days, attention_days };
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
    let is_for_each_child = table.optional_word("for-each", &[("child", ())]).is_some();
    let is_mandatory = table.flag("mandatory", false);
    let needs = read_needs(sheet, &mut table, &slug, places);
    places.offsets.insert(Place::Condition(slug.clone()), table.offset_of("condition"));
    let condition = table.optional_text("condition").and_then(|found| condition(sheet, found));
    let condition_source = table.text_or_empty("condition-source");
    let form_offset = table.offset_of("form");
    let form = table.optional_slug("form").and_then(|form| forms(&form, form_offset));
    let signed_by = table.word_list("signed-by", ROLES);
    let done_by = table.optional_word("done-by", FACTS);
    let ends_when = table.word_list("ends-when", FACTS);
    let gives = table.slugs("gives");
    let uses = read_uses(&mut table, &slug, places);
    let is_executed = table.flag("executed", false);
    let is_grief = table.flag("grief", false);
    let visible_to = table.word_list("visible-to", ROLES);
    let legal_basis = table.text_or_empty("legal-basis");
    let secrecy = table.text_or_empty("secrecy");
    let appeal_route = table.optional_word("appeal", APPEAL_ROUTES).unwrap_or(AppealRoute::None);
    let retention = table.slug("retention").unwrap_or_else(|| slug.clone());
    let privacy = read_privacy(&mut table);
    let fee = table.text_or_empty("fee");
    let withdrawal = table.optional_word("withdrawal", WITHDRAWALS).unwrap_or(Withdrawal::AgencyCloses);
    let may_vary = table.slugs("may-vary");
    let clocks =
        table.tables("clock").into_iter().filter_map(|clock| read_clock(sheet, clock, &slug, places)).collect();
    table.finish();
    Some(StepDefinition {
        slug,
        kind,
        agency,
        is_for_each_child,
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
        legal_basis,
        secrecy,
        appeal_route,
        retention,
        privacy,
        fee,
        withdrawal,
        may_vary,
    })
}

fn read_needs(sheet: &Sheet<'_>, table: &mut Table<'_>, step: &Slug, places: &mut Places) -> Vec<Need> {
    let mut needs = Vec::new();
    for (index, mut table) in table.tables("needs").into_iter().enumerate() {
        places.offsets.insert(Place::Need { step: step.clone(), index }, table.start());
        let any = table.texts("any").into_iter().filter_map(|found| awaited(sheet, found)).collect();
        let purpose = table.word("for", PURPOSES).unwrap_or(NeedFor::ToFile);
        table.finish();
        needs.push(Need { any, purpose });
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
    let latest = table.texts("latest").into_iter().filter_map(|found| term(sheet, found)).collect();
    let holder = table.word("holder", HOLDERS).unwrap_or(Holder::Agency);
    let met_by = table.word("met-by", MET_BY).unwrap_or(MetBy::Nothing);
    let consequence = table.word("consequence", CONSEQUENCES).unwrap_or(Consequence::Warns);
    let roll_over = table.word("roll-over", ROLL_OVERS).unwrap_or(RollOver::Unclear);
    let source = table.text_or_empty("source");
    let has_price = table.flag("price", false);
    table.finish();
    let slug = slug?;
    places.offsets.insert(Place::Clock { step: step.clone(), clock: slug.clone() }, offset);
    Some(ClockDefinition { slug, kind, latest, holder, met_by, consequence, roll_over, source, has_price })
}
