//! Everything that may not come out, and the search for it.

use std::collections::BTreeMap;

/// Who files, with the sample's own number.
pub const APPLICANT: &str = "199309172386";
/// The other parent in the protected mother's case, who may not know of it before the child is born.
pub const OTHER_PARENT: &str = "199007272397";
/// Who has no part in any case.
pub const STRANGER: &str = "192401019183";
/// An identity number with a wrong check digit.
pub const MISTYPED: &str = "199309172387";
/// What an applicant writes in a form.
pub const FORM_TEXT: &str = "Hälsocentralen vid Ängsbacken, rädd för nålar";
/// What an agency writes.
pub const AGENCY_WORDS: &str = "Havandeskapsförgiftning utreds hos överläkaren";
/// An agency's own number of a matter.
pub const AGENCY_NUMBER: &str = "KVBMM-7791";
/// An operator's name.
pub const OPERATOR: &str = "anna.lindqvist";
/// What a caller says the call is for.
pub const PURPOSE: &str = "ringde om sin sjukskrivning";
/// An address, written where it does not belong.
pub const ADDRESS: &str = "Skuggvägen 14B";

/// What may not come out, each with what it is.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Adds a text, as it is and as debug output writes it.
    pub fn text(&mut self, what: &str, text: &str) {
        assert!(text.chars().count() >= 4, "`{text}` would be found anywhere");
        self.0.insert(text.to_owned(), what.to_owned());
        let escaped: String = text.chars().flat_map(char::escape_default).collect();
        self.0.insert(escaped, what.to_owned());
    }

    /// Adds a name and its parts.
    pub fn name(&mut self, name: &str) {
        self.text("a name", name);
        for part in name.split_whitespace().filter(|part| part.chars().count() >= 4) {
            self.text("a part of a name", part);
        }
    }

    /// Adds an identity number in every form that people write it in.
    pub fn identity_number(&mut self, number: &str) {
        let (day, rest) = number.split_at(8);
        let short = &day[2..];
        for form in [
            number.to_owned(),
            format!("{day}-{rest}"),
            format!("{short}{rest}"),
            format!("{short}-{rest}"),
            format!("{short}+{rest}"),
        ] {
            self.text("an identity number", &form);
        }
    }

    /// Adds a case: its name, and its id in every form that a program writes it in.
    pub fn case(&mut self, name: &str) {
        let id: livshandelse_core::id::CaseId = name.strip_prefix("cases/").unwrap().parse().unwrap();
        let text = id.to_string();
        self.text("a case", text.strip_prefix("case_").unwrap());
        let hex: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
        self.text("a case, in hex", &hex);
        self.text("a case, in hex", &hex.to_uppercase());
        let list = format!("{:?}", id.0);
        self.text("a case, as bytes", list.trim_matches(['[', ']']));
    }

    /// What of this stands in a text, as `what: the text around it`.
    pub fn found_in(&self, haystack: &[u8]) -> Vec<String> {
        let found = self.0.iter().filter_map(|(secret, what)| {
            let at = haystack.windows(secret.len()).position(|window| window == secret.as_bytes())?;
            // Digits within a longer number are a time or a count.
            let is_digit =
                |index: Option<usize>| index.and_then(|index| haystack.get(index)).is_some_and(u8::is_ascii_digit);
            let is_short_number = secret.len() <= 6 && secret.bytes().all(|byte| byte.is_ascii_digit());
            if is_short_number && (is_digit(at.checked_sub(1)) || is_digit(Some(at + secret.len()))) {
                return None;
            }
            let around = &haystack[at.saturating_sub(120)..(at + secret.len() + 60).min(haystack.len())];
            Some(format!("{what}, `{secret}`: …{}…", String::from_utf8_lossy(around)))
        });
        found.collect()
    }

    /// Fails with all of it that stands in any of the texts.
    pub fn expect_none<'a>(&self, whose: &str, haystacks: impl IntoIterator<Item = &'a [u8]>) {
        let found: Vec<String> = haystacks.into_iter().flat_map(|haystack| self.found_in(haystack)).collect();
        let shown = found.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(found.is_empty(), "{} leaks in {whose}:\n{shown}", found.len());
    }
}

#[test]
fn what_is_planted_is_found_in_every_form() {
    let mut secrets = Secrets::default();
    secrets.identity_number(APPLICANT);
    secrets.name("Saga Fiktbäck");
    secrets.text("a place", "0580");
    secrets.case("cases/case_1b4fs6rqkd9w2xz7h3mcv8tajg");
    for planted in [
        "person:199309172386,",
        "19930917-2386",
        "930917-2386",
        "9309172386",
        "\"Saga",
        "Fiktb\\u{e4}ck",
        "agency=socialnamnden-0580 ",
        "cases/case_1b4fs6rqkd9w2xz7h3mcv8tajg/steps",
    ] {
        assert!(!secrets.found_in(planted.as_bytes()).is_empty(), "{planted}");
    }
    let id: livshandelse_core::id::CaseId = "case_1b4fs6rqkd9w2xz7h3mcv8tajg".parse().unwrap();
    for planted in [format!("case/{}", id.0.map(|byte| format!("{byte:02x}")).concat()), format!("key={:?}", id.0)] {
        assert!(!secrets.found_in(planted.as_bytes()).is_empty(), "{planted}");
    }
    for innocent in ["2026-02-02T10:00:00.105801Z", "case.name", "step.name=name"] {
        assert!(secrets.found_in(innocent.as_bytes()).is_empty(), "{innocent}");
    }
}
