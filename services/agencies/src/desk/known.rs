//! What a matter's answers are made of: its own facts and those of the same case.

use super::Desk;
use super::matter::{Document, Matter};
use crate::calendar;
use crate::judge::{self, Known};
use crate::script::Act;
use crate::steps::StepEntry;

impl Desk {
    /// What the table tells of a matter's step.
    pub(super) fn entry_of(&self, matter: &Matter) -> Option<&StepEntry> {
        self.table.get(&matter.life_event, &matter.document.step)
    }

    pub(super) fn words_of(&self, matter: &Matter, act: &Act) -> String {
        match self.entry_of(matter) {
            Some(entry) => entry.words.of(act).to_owned(),
            None => crate::steps::Words::default().of(act).to_owned(),
        }
    }

    /// Everything that can stand in this matter's answers: other matters of the case at
    /// the same agency first, then its own.
    pub(super) fn known(&self, matter: &Matter) -> Known {
        let mut known = Known::new();
        for other in self.of_the_same_case(matter) {
            judge::know(&mut known, &other.input);
        }
        judge::know(&mut known, &matter.evidence);
        judge::know(&mut known, &matter.input);
        let agency = &matter.document.agency;
        let today = calendar::local(self.now).date();
        let visit = judge::visit_day(today, self.draw, &[&matter.document.tie(), "visit"]);
        for (name, value) in [
            ("number", matter.case_number.clone()),
            ("place", self.level.name_of(agency).to_owned()),
            ("child", matter.document.subject.to_string()),
            ("day", judge::day_in_words(visit)),
        ] {
            known.insert(name.to_owned(), value);
        }
        known
    }

    fn of_the_same_case<'a>(&'a self, matter: &'a Matter) -> impl Iterator<Item = &'a Matter> {
        let own = &matter.document;
        let first =
            Document { agency: own.agency.clone(), case_key: own.case_key.clone(), step: String::new(), subject: 0 };
        self.by_document
            .range(first..)
            .take_while(|(document, _)| document.agency == own.agency && document.case_key == own.case_key)
            .filter(|(document, _)| document.subject == own.subject)
            .filter_map(|(_, serial)| self.matters.get(serial))
    }

    pub(super) fn date_of(&self, matter: &Matter, field: &str) -> Option<jiff::civil::Date> {
        judge::date(Some(&matter.input), field)
            .or_else(|| judge::date(Some(&matter.evidence), field))
            .or_else(|| self.of_the_same_case(matter).find_map(|other| judge::date(Some(&other.input), field)))
    }
}
