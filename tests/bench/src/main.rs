//! Honest figures: `cargo xtask bench --quick` prints one JSON object, made in one run on one machine.

mod agency;
mod children;
mod durable;
mod engine_alone;
mod evening;
mod full;
mod life_event;
mod limit;
mod load;
mod messages;
mod quick;
mod turns;
mod watchers;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// The allocator the program itself uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "livshandelse-bench", about = "Measures Livshändelse in one run on one machine")]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Everything, in about two minutes; prints one JSON object.
    Quick {
        /// Where the data of the run lies; removed afterwards. The system's temporary folder if nothing is said.
        #[arg(long)]
        scratch: Option<PathBuf>,
    },
    /// One machine and a country's cases; tells each figure as soon as it is known, and prints one JSON object.
    Full {
        /// Where the data of the run lies; removed afterwards. The system's temporary folder if nothing is said.
        #[arg(long)]
        scratch: Option<PathBuf>,
        /// A folder that keeps the data of the run: a later run does not begin again the cases that are open in it.
        #[arg(long, conflicts_with = "scratch")]
        keep: Option<PathBuf>,
        /// Cases that stay open while the rest is measured: some 8 kB of disk each.
        #[arg(long, default_value_t = 1_000_000)]
        open_cases: u64,
        /// Minutes of growing state between two measures.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
        /// Cases a second that begin and end meanwhile: some 13 kB of disk each, 24 GB in an hour of 500.
        #[arg(long, default_value_t = 500)]
        growing_rate: u32,
    },
    /// Only the limit and the service in turns; prints one JSON object.
    Turns {
        /// Where the data of the run lies; removed afterwards. The system's temporary folder if nothing is said.
        #[arg(long)]
        scratch: Option<PathBuf>,
    },
    /// The engine and the store without the network.
    Engine {
        /// Seconds for each of the two stores.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// A part of the run: the agency.
    #[command(hide = true)]
    Agency,
    /// A part of the run: the limit.
    #[command(hide = true)]
    Limit {
        #[arg(long)]
        agency: String,
    },
    /// A part of the run: the service.
    #[command(hide = true)]
    Durable {
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        agency: String,
    },
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().part {
        Part::Quick { scratch } => {
            let folder = folder(scratch)?;
            let figures = quick::measure(folder.path(), &|part| tell(part)).await?;
            children::say(&figures.to_string());
        }
        Part::Full { scratch, keep, open_cases, minutes, growing_rate } => {
            let growing = std::time::Duration::from_secs(60 * minutes.max(1));
            let size = full::Size { open_cases, growing, growing_rate: f64::from(growing_rate.max(1)) };
            let figures = match keep {
                Some(kept) => {
                    std::fs::create_dir_all(&kept)?;
                    full::measure(size, &kept, &|part| note(part)).await?
                }
                None => full::measure(size, folder(scratch)?.path(), &|part| note(part)).await?,
            };
            children::say(&figures.to_string());
        }
        Part::Turns { scratch } => {
            let folder = folder(scratch)?;
            let figures = quick::turns_alone(folder.path()).await?;
            children::say(&figures.to_string());
        }
        Part::Engine { seconds } => children::say(&engine_alone::measure(seconds).await?.to_string()),
        Part::Agency => agency::serve().await?,
        Part::Limit { agency } => limit::serve(agency).await?,
        Part::Durable { data, agency } => durable::serve(&data, &agency).await?,
    }
    Ok(())
}

fn folder(scratch: Option<PathBuf>) -> anyhow::Result<tempfile::TempDir> {
    Ok(match scratch {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    })
}

/// Progress goes to standard error, so that standard output is one JSON object.
fn tell(part: &str) {
    note(&format!("measuring {part} …"));
}

#[expect(clippy::print_stderr, reason = "progress of a long run")]
fn note(line: &str) {
    eprintln!("{line}");
}
