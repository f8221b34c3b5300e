//! The command line: what can be typed, and what is done then.

mod attachment;
mod case;
pub(crate) mod case_input;
mod config;
mod contact;
mod definition;
mod health;
mod incident;
mod join;
mod man;
mod notice;
mod preview;
mod store;
mod watch;

use crate::connect::{AGENCY_ENDPOINT, PORTAL_ENDPOINT};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::words::Language;
use crate::system;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed
  2  the command line makes no sense
  3  not found, or what was given is refused
  4  the service does not answer or takes no more for now

Examples:
  livshandelse demo
  livshandelse case create --sample unmarried-in-linkoping
  livshandelse case watch case_…
  livshandelse definition check workflows/first-child";

/// Life events: one case, many agencies, one status
///
/// Starts and follows cases, serves them, and checks definitions and stores.
#[derive(Debug, Parser)]
#[command(name = "livshandelse", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    speech: Speech,
    #[command(subcommand)]
    command: Command,
}

/// How the program speaks.
#[derive(Debug, Clone, Args)]
struct Speech {
    /// Write JSON for programs instead of text for people
    #[arg(long, global = true)]
    json: bool,
    /// The language of what is shown; otherwise as LANG says, else Swedish
    #[arg(long, global = true, value_enum, env = "LIVSHANDELSE_LANGUAGE")]
    language: Option<Language>,
}

/// Where the service is, who asks and why.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reach {
    /// Where the service answers portals
    #[arg(long, env = "LIVSHANDELSE_ENDPOINT", default_value = PORTAL_ENDPOINT, value_name = "URL")]
    pub(crate) endpoint: String,
    /// Where it answers agencies and operators; asked what time it is in time-lapse
    #[arg(long, env = "LIVSHANDELSE_AGENCY_ENDPOINT", default_value = AGENCY_ENDPOINT, value_name = "URL")]
    pub(crate) agency_endpoint: String,
    /// Who you are: `person:YYYYMMDDNNNN`, or the twelve digits alone
    #[arg(long, env = "LIVSHANDELSE_ACTOR", value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// What for; written down with what you do
    #[arg(long, env = "LIVSHANDELSE_PURPOSE", default_value = "own-matter", value_name = "WHY")]
    pub(crate) purpose: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start and follow cases
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Tell what would happen: in which order, by when, what it costs, what waiting loses; nothing is stored
    #[command(
        after_help = "Examples:\n  livshandelse preview --sample unmarried-in-linkoping\n  livshandelse preview --sample twins-in-goteborg --municipality 1480 --assume birth=2026-05-01"
    )]
    Preview(Box<preview::Preview>),
    /// Read and check life events as data
    #[command(subcommand)]
    Definition(definition::DefinitionCommand),
    /// See which steps wait for an operator, and hand them over again
    #[command(subcommand)]
    Incident(incident::IncidentCommand),
    /// Verify, back up, restore, mend a store
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Hear what comes back of messages to people
    #[command(subcommand)]
    Notice(notice::NoticeCommand),
    /// Serve portals, agencies and operators, on this machine alone
    #[command(
        after_help = "Examples:\n  livshandelse serve --config /etc/livshandelse/livshandelse.toml\n  livshandelse serve --agency state=http://127.0.0.1:7501 --agency municipality=http://127.0.0.1:7502\n\n\
        Stops on SIGTERM: no new work is taken, what is under way is finished."
    )]
    Serve(Box<crate::serve::Serve>),
    /// Check and show how the service is set up
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Ask whether the service answers, on both ports; for whatever looks after it
    Health(health::Health),
    /// Try it: the service and the reference agencies as processes, the samples in time-lapse
    #[command(
        after_help = "Examples:\n  livshandelse demo\n  livshandelse demo --once\n  livshandelse demo --sample twins-in-goteborg --pace 500"
    )]
    Demo(crate::demo::Demo),
    /// Write completions for a shell
    #[command(
        after_help = "Example:\n  livshandelse completion bash > ~/.local/share/bash-completion/completions/livshandelse"
    )]
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write pages for `man`, one for each command
    #[command(after_help = "Example:\n  livshandelse man --out ~/.local/share/man/man1")]
    Man {
        /// The folder; made if it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// The command line without what is typed.
#[cfg(test)]
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    let typed = system::typed_arguments();
    let matches = Cli::command().get_matches_from(&typed);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let language = cli.speech.language.unwrap_or_else(language_of_environment);
    let output = Output::new(language, cli.speech.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            Failure::Own(format!("no threads can be started: {error}")).tell(&output);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(run(cli.command, Typed { arguments: typed, matches }, &output))) {
        Ok(code) => code,
        Err(failure) => {
            failure.tell(&output);
            failure.exit_code()
        }
    }
}

/// The command line as it was typed.
struct Typed {
    arguments: Vec<OsString>,
    matches: ArgMatches,
}

async fn run(command: Command, typed: Typed, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        Command::Case(command) => case::run(command, output).await.map(|()| ExitCode::SUCCESS),
        Command::Preview(preview) => preview::run(*preview, output).await.map(|()| ExitCode::SUCCESS),
        Command::Definition(command) => definition::run(command, output).await,
        Command::Incident(command) => incident::run(command, output).await.map(|()| ExitCode::SUCCESS),
        Command::Store(command) => store::run(command, output).map(|()| ExitCode::SUCCESS),
        Command::Notice(command) => notice::run(command, output).await.map(|()| ExitCode::SUCCESS),
        Command::Serve(serve) => Box::pin(crate::serve::run(set_up(*serve, typed)?, output)).await,
        Command::Config(command) => {
            let matches = typed.matches.subcommand().and_then(|(_, config)| config.subcommand());
            let matches = matches.map(|(_, inner)| inner).unwrap_or(&typed.matches);
            config::run(command, matches, output).map(|()| ExitCode::SUCCESS)
        }
        Command::Health(health) => health::run(health, output).await.map(|()| ExitCode::SUCCESS),
        Command::Demo(demo) => crate::demo::run(demo, output).await,
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "livshandelse", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { out } => {
            let count = man::write(Cli::command(), &out)?;
            if output.is_json() {
                output.json(&serde_json::json!({ "pages": count }));
            } else {
                let pages = output.language().pick("sidor i", "pages in");
                output.text(&format!("{count} {pages} {}", out.display()));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is served with what the file of settings adds to what was typed.
fn set_up(serve: crate::serve::Serve, typed: Typed) -> Result<crate::serve::Serve, Failure> {
    let Some(path) = &serve.config else { return Ok(serve) };
    let file = crate::config::read(path)?;
    let Some((_, flags)) = typed.matches.subcommand() else { return Ok(serve) };
    let mut arguments = typed.arguments;
    arguments.extend(crate::config::arguments(&file, flags));
    let own = |error: clap::Error| Failure::Own(format!("{}: {error}", path.display()));
    match Cli::try_parse_from(arguments).map_err(own)?.command {
        Command::Serve(mut again) => {
            again.agencies_of_file = crate::config::agencies(&file);
            Ok(*again)
        }
        _ => Ok(serve),
    }
}

/// The first of LC_ALL, LC_MESSAGES and LANG that is set decides; only English is told from Swedish.
fn language_of_environment() -> Language {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(system::environment);
    match said {
        Some(said) if said.starts_with("en") => Language::En,
        Some(_) | None => Language::Sv,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_that_can_be_typed_says_what_it_is_for() {
        fn look(command: &clap::Command, path: &str) {
            for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
                let path = format!("{path} {}", inner.get_name());
                assert!(inner.get_about().is_some(), "{path} has no help");
                for argument in inner.get_arguments().filter(|argument| !argument.is_hide_set()) {
                    assert!(argument.get_help().is_some(), "{path} {argument} has no help");
                }
                look(inner, &path);
            }
        }
        look(&Cli::command(), "livshandelse");
    }
}
