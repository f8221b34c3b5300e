//! Telling people through real servers on this machine: a mail server, a program that is called, and their bad days.

#![expect(clippy::unwrap_used, reason = "the house lets tests unwrap; clippy knows only functions marked as tests")]

mod certificate;
mod http_server;
mod mail;
mod settings;
mod silence;
mod smtp_server;
mod teller;
mod webhook;
mod world;
