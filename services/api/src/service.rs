//! The services of the contract, one file each; `watch` is what both watching methods share.

pub(crate) mod agency_work;
pub(crate) mod attachment;
pub(crate) mod case;
mod contact;
mod join;
pub(crate) mod life_event;
mod list;
pub(crate) mod operations;
mod plan;
mod revision;
mod watch;
