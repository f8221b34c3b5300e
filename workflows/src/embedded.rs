//! The life events that are built in. A test compares the lists with the folders.

use crate::bundle::Files;

/// Names of the life events that are built in.
pub(crate) const NAMES: &[&str] = &["first-child"];

macro_rules! files {
    ($folder:literal: $($path:literal,)*) => {
        [$(($path, include_str!(concat!("../", $folder, "/", $path)))),*]
    };
}

/// The files of a life event that is built in, as they stood when the program was built.
pub(crate) fn files(life_event: &str) -> Option<Files> {
    match life_event {
        "first-child" => {
            Some(FIRST_CHILD.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
        }
        _ => None,
    }
}

/// The texts that all life events share.
pub(crate) fn shared_texts(language: &str) -> &'static str {
    match language {
        "sv" => include_str!("../texts/sv.ftl"),
        "en" => include_str!("../texts/en.ftl"),
        _ => "",
    }
}

const FIRST_CHILD: &[(&str, &str)] = &files![
    "first-child":
    "definition.toml",
    "forms/employer-notice.schema.json",
    "forms/first-child.schema.json",
    "forms/grief-days.schema.json",
    "forms/midwife-enrolment.schema.json",
    "forms/name.schema.json",
    "forms/parental-benefit.schema.json",
    "forms/parenthood-before-birth.schema.json",
    "forms/pregnancy-certificate.schema.json",
    "forms/preschool-wish.schema.json",
    "forms/ten-days.schema.json",
    "samples/coordination-number-in-lindesberg.json",
    "samples/protected-mother.json",
    "samples/twins-in-goteborg.json",
    "samples/two-mothers-in-uppsala.json",
    "samples/unmarried-in-linkoping.json",
    "texts/en.ftl",
    "texts/sv.ftl",
    "variations/falun.toml",
    "variations/karlshamn.toml",
    "variations/linkoping.toml",
    "variations/soderhamn.toml",
];
