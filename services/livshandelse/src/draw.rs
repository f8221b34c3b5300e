//! A life event drawn: one page, as one would hang it on a wall.
//!
//! Levels are lanes and agencies bands in them. Steps are cards in the order of their needs, from left to right; each need is
//! a line whose stroke says what it is for. What happens in the world stands as markers above. Everything is pure, and the same
//! definition gives the same page.
//!
//! In order: [`graph`] what is joined with what, [`layer`] which column, [`order`] which row, [`card`] what stands on a step's
//! card, [`place`] where everything goes, [`route`] how the lines run between, [`paper`] what it is printed on, [`paint`] and
//! [`legend`] the page. [`timeline`] draws a sample's course in the same style.

mod card;
mod graph;
mod layer;
mod legend;
mod measure;
mod order;
mod paint;
mod paper;
mod place;
mod route;
pub(crate) mod timeline;

#[cfg(test)]
mod tests;

use crate::show::words::Language;
use livshandelse_core::definition::{Definition, NeedFor};
use livshandelse_workflows::Texts;

/// What is drawn, and in which language.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The life event.
    pub(crate) definition: &'a Definition,
    /// Its texts.
    pub(crate) texts: &'a Texts,
    /// In which language.
    pub(crate) language: Language,
}

impl Subject<'_> {
    /// A text of the life event.
    fn text(&self, key: &str) -> String {
        self.texts.text(self.language.code(), key, &[])
    }

    /// One of two texts of our own.
    fn pick<'t>(&self, swedish: &'t str, english: &'t str) -> &'t str {
        self.language.pick(swedish, english)
    }
}

/// How a line is stroked, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NeedStroke {
    /// Needed before it can be filed.
    Solid,
    /// Can be supplemented later.
    Dashed,
    /// Needed to take effect.
    Dotted,
}

impl From<NeedFor> for NeedStroke {
    fn from(purpose: NeedFor) -> NeedStroke {
        match purpose {
            NeedFor::ToFile => NeedStroke::Solid,
            NeedFor::ToBeComplete => NeedStroke::Dashed,
            NeedFor::ToTakeEffect => NeedStroke::Dotted,
        }
    }
}

/// A life event as an SVG document for one page, lying, of the smallest paper that it can be read on. Text is text: it can be searched and read aloud.
pub(crate) fn svg(definition: &Definition, texts: &Texts, language: Language) -> String {
    let subject = Subject { definition, texts, language };
    let page = place::Page::of(&subject);
    paint::paint(&subject, &page)
}
