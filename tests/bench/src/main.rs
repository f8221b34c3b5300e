//! Honest figures: `cargo xtask bench --quick` prints one JSON object, made in one run on one machine.

mod agency;
mod children;
mod durable;
mod engine_alone;
mod life_event;
mod limit;
mod load;
mod messages;
mod quick;

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

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().part {
        Part::Quick { scratch } => {
            let folder = match scratch {
                Some(folder) => tempfile::tempdir_in(folder)?,
                None => tempfile::tempdir()?,
            };
            let figures = quick::measure(folder.path(), &|part| tell(part)).await?;
            children::say(&figures.to_string());
        }
        Part::Engine { seconds } => children::say(&engine_alone::measure(seconds).await?.to_string()),
        Part::Agency => agency::serve().await?,
        Part::Limit { agency } => limit::serve(agency).await?,
        Part::Durable { data, agency } => durable::serve(&data, &agency).await?,
    }
    Ok(())
}

/// Progress goes to standard error, so that standard output is one JSON object.
#[expect(clippy::print_stderr, reason = "progress of a long run")]
fn tell(part: &str) {
    eprintln!("measuring {part} …");
}
