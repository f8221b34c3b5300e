//! Reads a life event's bundle, a folder of data, into what the core checks and runs.
//!
//! [`Bundle::read`] takes a folder and [`Bundle::embedded`] one that is built in. Either gives a checked definition with
//! its texts, samples and variations, or every [`Complaint`] at once, each with file, line and remedy. The file format
//! is described in `workflows/README.md`.

mod bundle;
mod complaint;
mod condition;
mod definition;
mod embedded;
mod form;
mod input;
mod json;
mod reference;
pub mod sample;
mod table;
mod texts;
mod variation;
mod words;

pub use bundle::Bundle;
pub use complaint::Complaint;
pub use input::{Door, values_from_json, values_to_json};
pub use reference::{agency_name, amounts_from_csv, registry};
pub use sample::Sample;
pub use texts::{Arg, FALLBACK, LANGUAGES, Texts, amount_arg, amount_in_words};
pub use variation::Variation;

#[cfg(test)]
mod tests;
