//! Honest figures: `cargo xtask bench --quick` prints one JSON object, made in one run on one machine.

mod engine_alone;
mod life_event;

use clap::{Parser, Subcommand};

/// The allocator the program itself uses.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "livshandelse-bench", about = "Measures Livshändelse in one run on one machine")]
struct Arguments {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Measure {
    /// The engine and the store without the network.
    Engine {
        /// Seconds for each of the two stores.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let figures = match Arguments::parse().measure {
        Measure::Engine { seconds } => engine_alone::measure(seconds).await?,
    };
    #[expect(clippy::print_stdout, reason = "this is what the program is for")]
    {
        println!("{figures}");
    }
    Ok(())
}
