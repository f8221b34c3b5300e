//! `livshandelse store …`: what an operator does with a store that is not served.

use crate::fail::Failure;
use crate::output::Output;
use crate::serve::opening::{self, Where, refused};
use crate::show::words::Language;
use clap::Subcommand;
use livshandelse_core::time::CivilTime;
use livshandelse_store::admin::{self, AdminError, BackupReport, Until, VerifyReport};
use livshandelse_store::disk::{Disk, RealDisk};
use livshandelse_store::{Damage, Store};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// What can be done with a store.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read everything: checksums, chains, seals; name what is damaged
    Verify(Where),
    /// Copy the journal and the key log, as far as an earlier backup does not hold them
    #[command(
        after_help = "While the service runs it makes backups itself: livshandelse serve --backup-to DIR --backup-keys-to DIR\n\
        The key file is not copied: keep it apart."
    )]
    Backup {
        #[command(flatten)]
        place: Where,
        /// Where the journal is copied to
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Where the key log is copied to: apart, so that what is disposed of can be forgotten there too
        #[arg(long, value_name = "DIR")]
        keys_to: PathBuf,
    },
    /// Make a store from a backup in an empty folder, and verify it record by record
    Restore {
        #[command(flatten)]
        place: Where,
        /// The backup of the journal
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// The backup of the key log
        #[arg(long, value_name = "DIR")]
        keys_from: PathBuf,
        /// Restore only what was recorded up to then, in Swedish civil time: 2026-03-01T20:00
        #[arg(long, value_name = "DAY[THH:MM]")]
        until: Option<String>,
    },
    /// Put what a backup has in place of what is damaged, and leave everything recorded since as it is
    #[command(
        after_help = "The service must be stopped. A file is changed only if there is less wrong with it then; what was disposed of stays so.\n\
        The index is thrown away, and everything is verified: what is still damaged is named."
    )]
    Mend {
        #[command(flatten)]
        place: Where,
        /// The backup of the journal
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// The backup of the key log
        #[arg(long, value_name = "DIR")]
        keys_from: PathBuf,
    },
    /// Throw the index away; the next start makes it again from the journal
    Rebuild {
        /// The data folder
        #[arg(long, env = "LIVSHANDELSE_DATA", value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Tell what it takes on the disk
    Stats {
        /// The data folder
        #[arg(long, env = "LIVSHANDELSE_DATA", value_name = "DIR")]
        data: Option<PathBuf>,
    },
}

/// Does what was typed. Blocks.
pub(crate) fn run(command: StoreCommand, output: &Output) -> Result<(), Failure> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let language = output.language();
    match command {
        StoreCommand::Verify(place) => {
            output.progress(language.pick("läser allt …", "reading everything …"));
            let report = admin::verify(&disk, &place.data(), &place.keys()).map_err(failed)?;
            verified(&report, output)
        }
        StoreCommand::Backup { place, to, keys_to } => {
            output.progress(language.pick("öppnar …", "opening …"));
            let store = opening::open(&place, None, &opening::Sizes::default())?;
            output.progress(language.pick("kopierar …", "copying …"));
            let report = admin::backup(&store, &*disk, &to, &keys_to).map_err(failed)?;
            store.close().map_err(|error| failed(error.into()))?;
            backed_up(&report, output)
        }
        StoreCommand::Restore { place, from, keys_from, until } => {
            let until = until.as_deref().map_or(Ok(Until::End), read_until)?;
            output.progress(language.pick("återställer och läser allt …", "restoring and reading everything …"));
            let report =
                admin::restore(&disk, &from, &keys_from, &place.data(), &place.keys(), until).map_err(failed)?;
            verified(&report, output)
        }
        StoreCommand::Mend { place, from, keys_from } => {
            output.progress(language.pick("lagar och läser allt …", "mending and reading everything …"));
            let report = admin::mend(&disk, &from, &keys_from, &place.data(), &place.keys()).map_err(failed)?;
            if output.is_json() {
                output.json_pretty(&json!({ "mended": report.mended.iter().map(damage).collect::<Vec<_>>() }));
            } else {
                for mended in &report.mended {
                    output.text(&format!("{} {}", language.pick("lagat:", "mended:"), damage(mended)));
                }
                if report.mended.is_empty() {
                    output.text(language.pick("inget att laga", "nothing could be mended"));
                }
            }
            verified(&report.now, output)
        }
        StoreCommand::Rebuild { data } => {
            admin::rebuild(&*disk, &opening::data_or_usual(data)).map_err(failed)?;
            if output.is_json() {
                output.json_pretty(&json!({ "rebuilt": "at the next start" }));
            } else {
                output.text(language.pick(
                    "indexet är borta; nästa start gör ett nytt ur journalen",
                    "the index is gone; the next start makes it again from the journal",
                ));
            }
            Ok(())
        }
        StoreCommand::Stats { data } => {
            let usage = admin::count(&*disk, &opening::data_or_usual(data)).map_err(failed)?;
            if output.is_json() {
                output.json_pretty(&json!({
                    "segments": usage.segments_count, "journal_bytes": usage.journal_bytes,
                    "key_files": usage.key_files_count, "keys_bytes": usage.keys_bytes, "index_bytes": usage.index_bytes,
                    "documents": usage.documents_count, "documents_bytes": usage.documents_bytes,
                }));
            } else {
                let size = |bytes: u64| format!("{:.1} MiB", bytes as f64 / 1_048_576.0);
                output.text(&format!(
                    "{:<9} {:>12}  {} {}",
                    "journal",
                    size(usage.journal_bytes),
                    usage.segments_count,
                    language.pick("segment", "segments")
                ));
                output.text(&format!(
                    "{:<9} {:>12}  {} {}",
                    language.pick("nycklar", "keys"),
                    size(usage.keys_bytes),
                    usage.key_files_count,
                    language.pick("filer", "files")
                ));
                output.text(&format!("{:<9} {:>12}", "index", size(usage.index_bytes)));
                output.text(&format!(
                    "{:<9} {:>12}  {} {}",
                    language.pick("dokument", "documents"),
                    size(usage.documents_bytes),
                    usage.documents_count,
                    language.pick("filer", "files")
                ));
            }
            Ok(())
        }
    }
}

/// Tells what was copied; damage that was found is a failure, though the rest is safe.
fn backed_up(report: &BackupReport, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json_pretty(&json!({
            "segments_copied": report.segments_copied, "segments_kept": report.segments_kept,
            "documents_copied": report.documents_copied, "documents_kept": report.documents_kept,
            "key_files_copied": report.key_files_copied, "bytes": report.bytes, "last_batch": report.last_batch,
            "damages": report.damages.iter().map(damage).collect::<Vec<_>>(),
            "damages_copied": report.damages_copied.iter().map(damage).collect::<Vec<_>>(),
        }));
    } else {
        output.text(&match output.language() {
            Language::Sv => format!(
                "kopierat: {} segment ({} fanns redan), {} dokument ({} fanns redan), {} nyckelfiler, {} byte",
                report.segments_copied,
                report.segments_kept,
                report.documents_copied,
                report.documents_kept,
                report.key_files_copied,
                report.bytes
            ),
            Language::En => format!(
                "copied: {} segments ({} were there), {} documents ({} were there), {} key files, {} bytes",
                report.segments_copied,
                report.segments_kept,
                report.documents_copied,
                report.documents_kept,
                report.key_files_copied,
                report.bytes
            ),
        });
    }
    if report.damages.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = report
        .damages
        .iter()
        .map(|found| {
            let is_copied = report.damages_copied.contains(found);
            format!("{} ({})", damage(found), if is_copied { "in the backup too" } else { "whole in the backup" })
        })
        .collect();
    let remedy = if report.damages_copied.is_empty() {
        "the backup has everything whole: stop the service and mend the store with it: livshandelse store mend --help"
    } else {
        "look for an older backup that has it whole, and mend the store with that: livshandelse store mend --help"
    };
    Err(Failure::Damaged {
        problem: format!("the rest is copied; the store is damaged in {} places\n{}", lines.len(), lines.join("\n")),
        remedy: remedy.to_owned(),
    })
}

/// Reads a day, whole, or a minute of one.
fn read_until(text: &str) -> Result<Until, Failure> {
    // A day is also read out of a text that says more: only one that says no more is a whole day.
    let at = if text.contains(['T', 't', ' ']) {
        text.parse::<jiff::civil::DateTime>().map(CivilTime::local_at)
    } else {
        text.parse::<jiff::civil::Date>().map(CivilTime::after).map(|after| CivilTime(after.0 - 1))
    };
    at.map(|at| Until::Time(at.0)).map_err(|_| Failure::Usage {
        problem: format!("--until `{text}` is no time"),
        remedy: "give a day, 2026-03-01, or a minute of one, 2026-03-01T20:00".to_owned(),
    })
}

/// Tells what was read; damage is a failure.
fn verified(report: &VerifyReport, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json_pretty(&json!({
            "segments": report.segments_count, "batches": report.batches_count, "records": report.records_count,
            "streams": report.streams_count, "sections": report.sections_count,
            "documents": report.documents_count, "document_bytes": report.document_bytes,
            "damages": report.damages.iter().map(damage).collect::<Vec<_>>(),
        }));
    } else {
        output.text(&match output.language() {
            Language::Sv => format!(
                "{} poster i {} strömmar är hela ({} segment, {} satser), och {} dokument",
                report.records_count,
                report.streams_count,
                report.segments_count,
                report.batches_count,
                report.documents_count
            ),
            Language::En => format!(
                "{} records in {} streams are whole ({} segments, {} batches), and {} documents",
                report.records_count,
                report.streams_count,
                report.segments_count,
                report.batches_count,
                report.documents_count
            ),
        });
    }
    if report.damages.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = report.damages.iter().map(damage).collect();
    Err(Failure::Damaged {
        problem: format!("{} damaged places\n{}", lines.len(), lines.join("\n")),
        remedy: "mend it from a backup: livshandelse store mend --help; the streams named are set aside until then, the rest \
                 goes on"
            .to_owned(),
    })
}

fn damage(damage: &Damage) -> String {
    let stream = damage.stream.map_or_else(String::new, |stream| format!(", {stream}"));
    format!("{} at {}: {}{stream}", damage.file.display(), damage.offset, damage.part.as_str())
}

fn failed(error: AdminError) -> Failure {
    match error {
        AdminError::Open(error) => refused(error),
        AdminError::Store(error) => Failure::Own(opening::with_sources(&error)),
        AdminError::OtherWay { .. } => Failure::input(
            error.to_string(),
            "keep that backup, it is left as it is, and name empty folders; see Restore in the runbook",
        ),
        error @ (AdminError::NoStore { .. }
        | AdminError::NotEmpty { .. }
        | AdminError::OtherBackup { .. }
        | AdminError::BackupDamaged { .. }) => {
            Failure::input(error.to_string(), "name other folders: --data, --keys, and those of the backup")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_a_minute_and_a_day_is_the_whole_day() {
        let until = |text: &str| match read_until(text) {
            Ok(Until::Time(at)) => CivilTime(at).to_string(),
            other => panic!("{text}: {}", other.is_ok()),
        };
        assert_ne!(until("2026-03-01T20:00"), until("2026-03-01"));
        assert_eq!(until("2026-03-01T20:00"), CivilTime::local_at("2026-03-01T20:00".parse().unwrap()).to_string());
        let next_day = CivilTime::start_of("2026-03-02".parse().unwrap());
        assert_eq!(until("2026-03-01"), CivilTime(next_day.0 - 1).to_string());
        assert!(
            ["", "in March", "20:00", "2026-13-01", "2026-03-01T25:00"].iter().all(|text| read_until(text).is_err())
        );
    }
}
