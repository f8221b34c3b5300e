//! Stories about the engine: real store, real decisions, agencies in the same process.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "these are tests")]

mod desk;
mod gate;
mod stories;
mod telling;
mod world;
