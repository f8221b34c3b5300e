//! What changes in steps: which came and went, and each part of those that stayed.

use super::{Change, Part, Side, Way, moved, parts};
use crate::show::definition as words;
use crate::show::words::Language;
use livshandelse_core::condition::Condition;
use livshandelse_core::definition::{
    AwaitedFact, ClockDefinition, EvidenceUse, FactKind, MandateKind, Need, Privacy, Role, StepDefinition,
};
use livshandelse_core::form::Form;
use livshandelse_core::id::Slug;

pub(super) fn compare(old: &Side, new: &Side, language: Language) -> Vec<Change> {
    let mut changes = Vec::new();
    let title = |side: &Side, step: &Slug| side.bundle.texts.text(language.code(), &format!("step-{step}"), &[]);
    for step in old.bundle.definition.steps() {
        if new.bundle.definition.step(&step.slug).is_none() {
            let text = format!("{} ”{}”", language.pick("steget", "the step"), title(old, &step.slug));
            changes.push(whole(step, Way::Removed, text));
        }
    }
    for step in new.bundle.definition.steps() {
        let Some(known) = old.bundle.definition.step(&step.slug) else {
            let text = format!(
                "{} ”{}” ({}, {})",
                language.pick("steget", "the step"),
                title(new, &step.slug),
                words::kind(language, step.kind),
                must(step.is_mandatory, language)
            );
            changes.push(whole(step, Way::Added, text));
            continue;
        };
        if known.agency != step.agency {
            // The agency it leaves learns of it too.
            let text = format!("{} {}", language.pick("går över till", "goes over to"), step.agency);
            changes.push(Change { agency: Some(known.agency.clone()), ..whole(step, Way::Removed, text) });
            let text = format!("{} {}", language.pick("tas över från", "is taken over from"), known.agency);
            changes.push(whole(step, Way::Added, text));
        }
        let mut own = Own { changes: Vec::new(), language };
        own.compare(known, step);
        if own.changes.is_empty() && known != step && known.agency == step.agency {
            let text = language.pick("något annat i steget är ändrat", "something else in the step has changed");
            own.add(Part::Itself, Way::Changed, text.to_owned());
        }
        changes.extend(own.changes.into_iter().map(|(part, way, text)| Change {
            agency: Some(step.agency.clone()),
            step: Some(step.slug.clone()),
            part,
            way,
            words: text,
        }));
    }
    changes
}

fn whole(step: &StepDefinition, way: Way, words: String) -> Change {
    Change { agency: Some(step.agency.clone()), step: Some(step.slug.clone()), part: Part::Itself, way, words }
}

fn must(is_mandatory: bool, language: Language) -> &'static str {
    if is_mandatory { language.pick("krävs", "required") } else { language.pick("frivilligt", "optional") }
}

/// The changes of one step.
struct Own {
    changes: Vec<(Part, Way, String)>,
    language: Language,
}

impl Own {
    fn add(&mut self, part: Part, way: Way, words: String) {
        self.changes.push((part, way, words));
    }

    /// One thing that became another.
    fn turned(&mut self, part: Part, what: (&str, &str), was: &str, is: &str) {
        if was != is {
            let none = self.language.pick("inget", "none");
            let (was, is) = (if was.is_empty() { none } else { was }, if is.is_empty() { none } else { is });
            self.add(part, Way::Changed, format!("{}: {was} → {is}", self.language.pick(what.0, what.1)));
        }
    }

    /// A list that lost or gained.
    fn list(&mut self, part: Part, what: (&str, &str), was: &[String], is: &[String]) {
        let (gone, come) = moved(was, is);
        let what = self.language.pick(what.0, what.1).to_owned();
        for (way, entry) in
            gone.into_iter().map(|entry| (Way::Removed, entry)).chain(come.into_iter().map(|entry| (Way::Added, entry)))
        {
            self.add(part, way, format!("{what} {entry}").trim_start().to_owned());
        }
    }

    /// Every key by name, so that a new one cannot be forgotten. A step's agency is compared by whoever calls.
    fn compare(&mut self, old: &StepDefinition, new: &StepDefinition) {
        let StepDefinition {
            slug: _,
            kind,
            agency: _,
            for_each: _,
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
            privacy: Privacy { ground, recipients },
            fee,
            amounts,
            withdrawal,
            may_vary,
        } = old;
        let language = self.language;
        let all = |slugs: &[Slug]| -> Vec<String> { slugs.iter().map(ToString::to_string).collect() };
        let yes = |yes: bool| if yes { language.pick("ja", "yes") } else { language.pick("nej", "no") };
        self.turned(Part::Roles, ("slag", "kind"), words::kind(language, *kind), words::kind(language, new.kind));
        let group = |step: &StepDefinition| {
            words::group(step).map_or_else(String::new, |group| words::for_each(language, group))
        };
        self.turned(Part::Roles, ("upprepas", "repeats"), &group(old), &group(new));
        let (was, is) = (must(*is_mandatory, language), must(new.is_mandatory, language));
        self.turned(Part::Itself, ("krav", "requirement"), was, is);
        let roles = |roles: &[Role]| -> Vec<String> {
            roles.iter().map(|role| words::role(language, *role).to_owned()).collect()
        };
        self.list(Part::Roles, ("skrivs under av", "signed by"), &roles(signed_by), &roles(&new.signed_by));
        self.list(Part::Roles, ("ses av", "seen by"), &roles(visible_to), &roles(&new.visible_to));
        let kinds = |kinds: &[MandateKind]| -> Vec<String> {
            kinds.iter().map(|kind| words::mandate(language, *kind).to_owned()).collect()
        };
        self.list(
            Part::Roles,
            ("behörighet som gäller:", "mandate that counts:"),
            &kinds(mandates),
            &kinds(&new.mandates),
        );
        let told = |needs: &[Need]| -> Vec<String> { needs.iter().map(|need| self::need(need, language)).collect() };
        self.list(Part::Needs, ("", ""), &told(needs), &told(&new.needs));
        let facts = |facts: &[AwaitedFact]| -> Vec<String> {
            facts.iter().map(|fact| words::awaited_fact(language, fact)).collect()
        };
        self.list(Part::Needs, ("slutar vid", "ends at"), &facts(ends_when), &facts(&new.ends_when));
        let fact = |kind: Option<FactKind>| kind.map_or_else(String::new, |kind| words::fact(language, kind.slug()));
        self.turned(Part::Needs, ("utförs av", "done by"), &fact(*done_by), &fact(new.done_by));
        let rule = |rule: &Option<Condition>| rule.as_ref().map_or_else(String::new, words::condition);
        self.turned(Part::Condition, ("villkoret", "the condition"), &rule(condition), &rule(&new.condition));
        let what = ("villkorets källa", "source of the condition");
        self.turned(Part::Condition, what, condition_source, &new.condition_source);
        self.forms(form.as_ref(), new.form.as_ref());
        self.list(Part::Law, ("går efter beloppet", "goes by the amount"), &all(amounts), &all(&new.amounts));
        self.list(Part::Evidence, ("ger underlaget", "gives the evidence"), &all(gives), &all(&new.gives));
        let taken =
            |uses: &[EvidenceUse]| -> Vec<String> { uses.iter().map(|one| self::evidence(one, language)).collect() };
        self.list(Part::Evidence, ("tar underlaget", "takes the evidence"), &taken(uses), &taken(&new.uses));
        self.clocks(clocks, &new.clocks);
        let what = ("ska genomföras efter beslutet", "is carried out after the decision");
        self.turned(Part::Itself, what, yes(*is_executed), yes(new.is_executed));
        self.turned(Part::Itself, ("gäller sorg", "is for the grieving"), yes(*is_grief), yes(new.is_grief));
        self.turned(Part::Law, ("lagstöd", "legal basis"), legal_basis, &new.legal_basis);
        self.turned(Part::Law, ("sekretess", "secrecy"), secrecy, &new.secrecy);
        let (was, is) = (words::appeal(language, *appeal_route), words::appeal(language, new.appeal_route));
        self.turned(Part::Law, ("överklagande", "appeal"), was, is);
        self.turned(Part::Law, ("gallring", "retention"), retention.as_str(), new.retention.as_str());
        let what = ("grund för personuppgifter", "ground for personal data");
        self.turned(Part::Law, what, ground, &new.privacy.ground);
        self.list(Part::Law, ("uppgifterna får", "the data goes to"), recipients, &new.privacy.recipients);
        let (was, is) = (words::withdrawal(language, *withdrawal), words::withdrawal(language, new.withdrawal));
        self.turned(Part::Law, ("återkallelse", "withdrawal"), was, is);
        self.turned(Part::Amount, ("avgift", "fee"), fee, &new.fee);
        let what = ("får sättas lokalt:", "may be set locally:");
        self.list(Part::Variation, what, &all(may_vary), &all(&new.may_vary));
    }

    fn forms(&mut self, old: Option<&Form>, new: Option<&Form>) {
        let language = self.language;
        match (old, new) {
            (None, None) => {}
            (Some(form), None) => {
                self.add(Part::Form, Way::Removed, format!("{} {}", language.pick("formuläret", "the form"), form.slug))
            }
            (None, Some(form)) => {
                self.add(Part::Form, Way::Added, format!("{} {}", language.pick("formuläret", "the form"), form.slug))
            }
            (Some(was), Some(is)) => {
                self.turned(Part::Form, ("formuläret", "the form"), was.slug.as_str(), is.slug.as_str());
                for (way, text) in parts::form(was, is, language) {
                    self.add(Part::Form, way, text);
                }
            }
        }
    }

    fn clocks(&mut self, old: &[ClockDefinition], new: &[ClockDefinition]) {
        let language = self.language;
        let what = language.pick("fristen", "the clock");
        for clock in old.iter().filter(|clock| new.iter().all(|other| other.slug != clock.slug)) {
            self.add(Part::Clock, Way::Removed, format!("{what} {}: {}", clock.slug, self::clock(clock, language)));
        }
        for clock in new {
            let Some(known) = old.iter().find(|known| known.slug == clock.slug) else {
                self.add(Part::Clock, Way::Added, format!("{what} {}: {}", clock.slug, self::clock(clock, language)));
                continue;
            };
            let ClockDefinition { slug, kind, latest, holder, met_by, consequence, roll_over, source, has_price } =
                known;
            let what = |sv: &str, en: &str| format!("{what} {slug}, {}", language.pick(sv, en));
            let yes = |yes: bool| if yes { language.pick("ja", "yes") } else { language.pick("nej", "no") };
            let (was, is) = (words::terms(language, latest), words::terms(language, &clock.latest));
            let pairs = [
                (what("längd", "length"), was.as_str(), is.as_str()),
                (what("vem", "who"), words::holder(language, *holder), words::holder(language, clock.holder)),
                (what("slag", "kind"), words::clock_kind(language, *kind), words::clock_kind(language, clock.kind)),
                (
                    what("hejdas av", "stopped by"),
                    words::met_by(language, *met_by),
                    words::met_by(language, clock.met_by),
                ),
                (
                    what("följd", "consequence"),
                    words::consequence(language, *consequence),
                    words::consequence(language, clock.consequence),
                ),
                (
                    what("helger", "holidays"),
                    words::roll_over(language, *roll_over),
                    words::roll_over(language, clock.roll_over),
                ),
                (what("kostar att vänta", "waiting costs"), yes(*has_price), yes(clock.has_price)),
                (what("källa", "source"), source, &clock.source),
            ];
            for (what, was, is) in pairs.into_iter().filter(|(_, was, is)| was != is) {
                self.add(Part::Clock, Way::Changed, format!("{what}: {was} → {is}"));
            }
        }
    }
}

fn evidence(one: &EvidenceUse, language: Language) -> String {
    let EvidenceUse { evidence, ground, source } = one;
    format!("{evidence} ({}, {source})", words::ground(language, *ground))
}

fn need(need: &Need, language: Language) -> String {
    let Need { any, every, purpose } = need;
    let any: Vec<String> = any.iter().map(|awaited| words::awaited(language, awaited)).collect();
    let any = any.join(language.pick(" eller ", " or "));
    format!("{}: {}", words::purpose(language, *purpose), words::every(language, every.as_ref(), &any))
}

fn clock(clock: &ClockDefinition, language: Language) -> String {
    format!(
        "{} ({}, {}) – {}",
        words::terms(language, &clock.latest),
        words::holder(language, clock.holder),
        words::consequence(language, clock.consequence),
        clock.source
    )
}
