//! What changes in steps: which came and went, and each part of those that stayed.

use super::{Change, Part, Side, Way, moved, parts};
use crate::show::definition as words;
use crate::show::words::Language;
use livshandelse_core::definition::{ClockDefinition, Need, StepDefinition};
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

    fn compare(&mut self, old: &StepDefinition, new: &StepDefinition) {
        let language = self.language;
        let kind = |step: &StepDefinition| words::kind(language, step.kind);
        self.turned(Part::Roles, ("slag", "kind"), kind(old), kind(new));
        let group = |step: &StepDefinition| {
            words::group(step).map_or_else(String::new, |group| words::for_each(language, group))
        };
        self.turned(Part::Roles, ("upprepas", "repeats"), &group(old), &group(new));
        self.turned(
            Part::Itself,
            ("krav", "requirement"),
            must(old.is_mandatory, language),
            must(new.is_mandatory, language),
        );
        let roles = |step: &[livshandelse_core::definition::Role]| -> Vec<String> {
            step.iter().map(|role| words::role(language, *role).to_owned()).collect()
        };
        self.list(Part::Roles, ("skrivs under av", "signed by"), &roles(&old.signed_by), &roles(&new.signed_by));
        self.list(Part::Roles, ("ses av", "seen by"), &roles(&old.visible_to), &roles(&new.visible_to));
        let mandates = |step: &StepDefinition| -> Vec<String> {
            step.mandates.iter().map(|kind| kind.slug().to_owned()).collect()
        };
        self.list(Part::Roles, ("fullmakt som gäller", "mandate that counts"), &mandates(old), &mandates(new));
        let needs = |step: &StepDefinition| -> Vec<String> {
            step.needs.iter().map(|need| self::need(need, language)).collect()
        };
        self.list(Part::Needs, ("", ""), &needs(old), &needs(new));
        let ends = |step: &StepDefinition| -> Vec<String> {
            step.ends_when.iter().map(|fact| words::awaited_fact(language, fact)).collect()
        };
        self.list(Part::Needs, ("slutar vid", "ends at"), &ends(old), &ends(new));
        let done_by =
            |step: &StepDefinition| step.done_by.map_or_else(String::new, |kind| words::fact(language, kind.slug()));
        self.turned(Part::Needs, ("utförs av", "done by"), &done_by(old), &done_by(new));
        let condition = |step: &StepDefinition| step.condition.as_ref().map_or_else(String::new, words::condition);
        self.turned(Part::Condition, ("villkoret", "the condition"), &condition(old), &condition(new));
        self.turned(
            Part::Condition,
            ("villkorets källa", "source of the condition"),
            &old.condition_source,
            &new.condition_source,
        );
        self.forms(old, new);
        let texts = |slugs: &[Slug]| -> Vec<String> { slugs.iter().map(ToString::to_string).collect() };
        self.list(Part::Law, ("går efter beloppet", "goes by the amount"), &texts(&old.amounts), &texts(&new.amounts));
        self.list(Part::Evidence, ("ger underlaget", "gives the evidence"), &texts(&old.gives), &texts(&new.gives));
        let uses = |step: &StepDefinition| -> Vec<String> {
            step.uses.iter().map(|one| format!("{} ({:?}, {})", one.evidence, one.ground, one.source)).collect()
        };
        self.list(Part::Evidence, ("tar underlaget", "takes the evidence"), &uses(old), &uses(new));
        self.clocks(old, new);
        let yes = |yes: bool| if yes { language.pick("ja", "yes") } else { language.pick("nej", "no") };
        self.turned(
            Part::Itself,
            ("ska genomföras efter beslutet", "is carried out after the decision"),
            yes(old.is_executed),
            yes(new.is_executed),
        );
        self.turned(Part::Itself, ("gäller sorg", "is for the grieving"), yes(old.is_grief), yes(new.is_grief));
        self.turned(Part::Law, ("lagstöd", "legal basis"), &old.legal_basis, &new.legal_basis);
        self.turned(Part::Law, ("sekretess", "secrecy"), &old.secrecy, &new.secrecy);
        let appeal = |step: &StepDefinition| words::appeal(language, step.appeal_route);
        self.turned(Part::Law, ("överklagande", "appeal"), appeal(old), appeal(new));
        self.turned(Part::Law, ("gallring", "retention"), old.retention.as_str(), new.retention.as_str());
        self.turned(
            Part::Law,
            ("grund för personuppgifter", "ground for personal data"),
            &old.privacy.ground,
            &new.privacy.ground,
        );
        self.list(Part::Law, ("uppgifterna får", "the data goes to"), &old.privacy.recipients, &new.privacy.recipients);
        let withdrawal = |step: &StepDefinition| format!("{:?}", step.withdrawal);
        self.turned(Part::Law, ("återkallelse", "withdrawal"), &withdrawal(old), &withdrawal(new));
        self.turned(Part::Amount, ("avgift", "fee"), &old.fee, &new.fee);
        self.list(
            Part::Variation,
            ("får sättas lokalt:", "may be set locally:"),
            &texts(&old.may_vary),
            &texts(&new.may_vary),
        );
    }

    fn forms(&mut self, old: &StepDefinition, new: &StepDefinition) {
        let language = self.language;
        match (&old.form, &new.form) {
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

    fn clocks(&mut self, old: &StepDefinition, new: &StepDefinition) {
        let language = self.language;
        let what = language.pick("fristen", "the clock");
        for clock in &old.clocks {
            if new.clock(&clock.slug).is_none() {
                self.add(Part::Clock, Way::Removed, format!("{what} {}: {}", clock.slug, self::clock(clock, language)));
            }
        }
        for clock in &new.clocks {
            let Some(known) = old.clock(&clock.slug) else {
                self.add(Part::Clock, Way::Added, format!("{what} {}: {}", clock.slug, self::clock(clock, language)));
                continue;
            };
            if known == clock {
                continue;
            }
            let own = |sv: &str, en: &str| format!("{what} {}, {}", clock.slug, language.pick(sv, en));
            let price = |clock: &ClockDefinition| clock.has_price.to_string();
            let pairs = [
                (own("längd", "length"), words::terms(language, &known.latest), words::terms(language, &clock.latest)),
                (
                    own("vem", "who"),
                    words::holder(language, known.holder).to_owned(),
                    words::holder(language, clock.holder).to_owned(),
                ),
                (
                    own("slag", "kind"),
                    words::clock_kind(language, known.kind).to_owned(),
                    words::clock_kind(language, clock.kind).to_owned(),
                ),
                (own("hejdas av", "stopped by"), format!("{:?}", known.met_by), format!("{:?}", clock.met_by)),
                (
                    own("följd", "consequence"),
                    words::consequence(language, known.consequence).to_owned(),
                    words::consequence(language, clock.consequence).to_owned(),
                ),
                (
                    own("helger", "holidays"),
                    words::roll_over(language, known.roll_over).to_owned(),
                    words::roll_over(language, clock.roll_over).to_owned(),
                ),
                (own("kostar att vänta", "waiting costs"), price(known), price(clock)),
                (own("källa", "source"), known.source.clone(), clock.source.clone()),
            ];
            for (what, was, is) in pairs.into_iter().filter(|(_, was, is)| was != is) {
                self.add(Part::Clock, Way::Changed, format!("{what}: {was} → {is}"));
            }
        }
    }
}

fn need(need: &Need, language: Language) -> String {
    let any: Vec<String> = need.any.iter().map(|awaited| words::awaited(language, awaited)).collect();
    format!(
        "{}: {}",
        words::purpose(language, need.purpose),
        words::every(language, need.every.as_ref(), &any.join(language.pick(" eller ", " or ")))
    )
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
