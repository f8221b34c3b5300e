//! Texts in a language: one life event's and those that all share.

use livshandelse_workflows::{Arg, FALLBACK, LANGUAGES, Texts};

/// The texts of a life event in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice<'a> {
    texts: &'a Texts,
    language: &'static str,
}

/// The language that is spoken when another is asked for: the first part of the code counts, Swedish if nobody speaks it.
pub(crate) fn language(code: &str) -> &'static str {
    let wanted = code.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.into_iter().find(|known| known.eq_ignore_ascii_case(wanted)).unwrap_or(FALLBACK)
}

impl<'a> Voice<'a> {
    pub(crate) fn new(texts: &'a Texts, language_code: &str) -> Voice<'a> {
        Voice { texts, language: language(language_code) }
    }

    pub(crate) fn language(self) -> &'static str {
        self.language
    }

    /// The text with a key, filled.
    pub(crate) fn say(self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.texts.text(self.language, key, args)
    }

    /// The text with a key, if there is one.
    pub(crate) fn say_if(self, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let is_there = self.texts.has(self.language, key) || self.texts.has(FALLBACK, key);
        is_there.then(|| self.say(key, args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_nobody_speaks_is_swedish() {
        assert_eq!(["", "sv-FI", "EN_us", "fi", "x"].map(language), ["sv", "sv", "en", "sv", "sv"]);
    }
}
