//! Reference agencies for demonstrations and tests: one program per level of public
//! administration, each being all agencies of its level.
//!
//! They answer believably: numbers from a diary, decisions in Swedish made from what
//! was filed, days of handling, office hours. They misbehave on request: silence,
//! errors, repeats, late answers, garbage. Equal seed, script and hand-overs give
//! equal answers. What they know is in memory; a restarted agency has forgotten, says
//! `NOT_FOUND`, and is handed the task again.
//!
//! From the inside out:
//!
//! - [`calendar`]: working days, office hours, and when a period has passed;
//! - [`script`]: the language in which courses and faults are written;
//! - [`steps`]: what the agencies do by themselves, one entry for each step;
//! - [`judge`]: what a step's own input leads to;
//! - [`desk`]: matters and plans; no clock, no network, no waiting;
//! - [`office`]: the desk behind gRPC, in time-lapse or in real time;
//! - [`instant`]: approves everything at once, for measuring;
//! - [`program`]: arguments, start and stop.

pub mod calendar;
pub mod definition;
pub mod desk;
pub mod draw;
pub mod instant;
pub mod judge;
pub mod level;
pub mod office;
pub mod program;
pub mod script;
pub mod steps;
