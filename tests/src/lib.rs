//! A life event on a bench: a case is played by commands alone, and everything that must always hold is checked after
//! every record.
//!
//! A tour: [`stage`] is what a play needs (a definition, the registry, samples), [`fixture`] a small one made in code,
//! [`play`] one case with its history and its agencies' desks, [`fault`] what can go wrong, [`finish`] everybody doing
//! their part until the case ends, [`render`] a history as text; [`program`] is the real program for tests that start it.

pub mod fault;
pub mod finish;
pub mod fixture;
mod notices;
pub mod play;
pub mod program;
pub mod render;
pub mod sampled;
pub mod stage;
