//! What a value must be beside what its flag can read, and what several must be together.

use super::file::{Complaint, File};
use crate::serve::agencies;
use crate::serve::listen::require_loopback;
use crate::telemetry;
use livshandelse_api::stack::Origins;
use livshandelse_notify::MailAddress;
use std::net::IpAddr;
use std::path::Path;

/// Takes everything.
pub(super) fn any(_: &str) -> Result<(), String> {
    Ok(())
}

/// Something must stand there.
pub(super) fn not_empty(value: &str) -> Result<(), String> {
    if value.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

/// An address that only this machine reaches.
pub(super) fn loopback(value: &str) -> Result<(), String> {
    let address: IpAddr = value.parse().map_err(|_| format!("`{value}` is no address"))?;
    require_loopback(address).map_err(|failure| failure.to_string())
}

/// The origin of a web page.
pub(super) fn origin(value: &str) -> Result<(), String> {
    Origins::new([value]).map(|_| ()).map_err(|error| error.to_string())
}

/// `name=endpoint`.
pub(super) fn agency(value: &str) -> Result<(), String> {
    let pair = agencies::pair(value)?;
    agencies::endpoints(&[], None, &[pair]).map(|_| ()).map_err(|failure| failure.to_string())
}

/// What is logged.
pub(super) fn filter(value: &str) -> Result<(), String> {
    telemetry::filter(value).map(|_| ())
}

/// Where a collector is.
pub(super) fn endpoint(value: &str) -> Result<(), String> {
    if value.starts_with("http://") || value.starts_with("https://") {
        return Ok(());
    }
    Err(format!("`{value}` is no endpoint"))
}

/// An e-mail address.
pub(super) fn mail(value: &str) -> Result<(), String> {
    MailAddress::parse(value).map(|_| ()).map_err(|_| format!("`{value}` is no e-mail address"))
}

/// What does not go together in a file.
pub(super) fn together(file: &File) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let entry = |name: &str| file.entries.iter().find(|entry| entry.name == name);
    let mut complain = |name: &str, problem: String, remedy: &str| {
        if let Some(entry) = entry(name) {
            complaints.push(Complaint { key: name.to_owned(), line: entry.line, problem, remedy: remedy.to_owned() });
        }
    };
    let value = |name: &str| entry(name).and_then(|entry| entry.values.first()).map(String::as_str);

    let ports = ["listen.portal-port", "listen.agency-port", "listen.metrics-port"];
    for (index, name) in ports.iter().enumerate() {
        let Some(port) = value(name).filter(|port| *port != "0") else { continue };
        if let Some(other) = ports.iter().take(index).find(|other| value(other) == Some(port)) {
            complain(name, format!("{port} is {other} too"), "give each its own port");
        }
    }
    for (one, other) in [("backup.to", "backup.keys-to"), ("backup.keys-to", "backup.to")] {
        if value(one).is_some() && value(other).is_none() {
            complain(one, format!("there is no {other}"), "name both: the key log is kept apart from the journal");
        }
    }
    for (one, other) in [
        ("notify.smtp-host", "notify.portal-address"),
        ("notify.smtp-host", "notify.mail-from"),
        ("notify.smtp-user", "notify.smtp-password-file"),
        ("notify.smtp-password-file", "notify.smtp-user"),
    ] {
        if value(one).is_some() && value(other).is_none() {
            complain(one, format!("there is no {other}"), "write both, or neither");
        }
    }
    for (inner, outer, remedy) in [
        ("store.keys", "store.data", "keep the key file elsewhere: who copies the folder must not get both"),
        ("store.keys", "backup.to", "keep the key file elsewhere: who takes the backup must not get both"),
        ("backup.to", "store.data", "back up to another folder, best on another disk"),
        ("backup.keys-to", "store.data", "back up to another folder, best on another disk"),
        (
            "backup.keys-to",
            "backup.to",
            "keep the key log's backup apart, so that what is disposed of can be forgotten there too",
        ),
        (
            "backup.to",
            "backup.keys-to",
            "keep the key log's backup apart, so that what is disposed of can be forgotten there too",
        ),
    ] {
        if let (Some(path), Some(folder)) = (value(inner), value(outer))
            && Path::new(path).starts_with(folder)
        {
            complain(inner, format!("`{path}` is in {outer}, `{folder}`"), remedy);
        }
    }
    complaints
}
