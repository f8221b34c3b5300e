//! Stories told over gRPC: real clients, real ports on this machine, the real engine on a memory store, and agencies
//! that answer over gRPC too.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "these are tests")]

mod agency_work;
mod agency_world;
mod attachment;
mod attachment_of_step;
mod bad_input;
mod business;
mod case;
mod door;
mod joining;
mod life_event;
mod operations;
mod publish;
mod sight;
mod watch;
mod world;
