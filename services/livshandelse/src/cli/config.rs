//! `livshandelse config …`: looks at how the service is set up, before it is served or while it is.

use crate::config::file::File;
use crate::config::keys::{KEYS, Key, Kind};
use crate::config::{self, Origin, Setting};
use crate::fail::Failure;
use crate::output::Output;
use crate::serve::Serve;
use crate::show::Line;
use crate::show::line::{FAINT, PLAIN};
use crate::show::words::Language;
use clap::{ArgMatches, Args, Command, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Where the settings of an installed service are.
const USUAL_FILE: &str = "/etc/livshandelse/livshandelse.toml";
/// Columns of a value at the most, before where it comes from.
const VALUE_WIDTH_MAX: usize = 48;

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read a file of settings and name everything that is wrong in it
    #[command(
        after_help = "Exit codes:\n  0  everything in it can be used\n  3  it cannot be read, or something in it is wrong\n\n\
        Example:\n  livshandelse config check deploy/livshandelse.toml"
    )]
    Check {
        /// The file (TOML)
        #[arg(env = "LIVSHANDELSE_CONFIG", default_value = USUAL_FILE, value_name = "FILE")]
        file: PathBuf,
    },
    /// Show every setting with where it comes from; takes the flags of `serve`
    #[command(after_help = "A flag counts before the environment, that before the file, that before the default.\n\n\
        Example:\n  livshandelse config show --config deploy/livshandelse.toml")]
    Show(Box<Serve>),
}

/// Does what was typed. `matches` are those of the inner command.
pub(crate) fn run(command: ConfigCommand, matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check { file } => check(&file, output),
        ConfigCommand::Show(serve) => {
            let file = config::named(matches).map(|path| config::read(&path)).transpose()?;
            show(&serve, file.as_ref(), matches, output);
            Ok(())
        }
    }
}

fn check(path: &std::path::Path, output: &Output) -> Result<(), Failure> {
    let (file, complaints) = config::look(path)?;
    if output.is_json() {
        let told = complaints.iter().map(|complaint| {
            json!({
                "key": complaint.key, "line": complaint.line, "problem": complaint.problem, "remedy": complaint.remedy,
            })
        });
        output.json_pretty(&json!({
            "file": path.display().to_string(), "keys": file.entries.len(), "complaints": told.collect::<Vec<_>>(),
        }));
    }
    if !complaints.is_empty() {
        return Err(config::refused(path, &complaints));
    }
    if !output.is_json() {
        let (path, count) = (path.display(), file.entries.len());
        output.text(&match output.language() {
            Language::Sv => format!("{path}: {count} inställningar, allt kan användas"),
            Language::En => format!("{path}: {count} settings, all can be used"),
        });
    }
    Ok(())
}

fn show(serve: &Serve, file: Option<&File>, matches: &ArgMatches, output: &Output) {
    let flags = Serve::augment_args(Command::new("serve"));
    let settings = config::settings(file, matches, &|key| usual(key, serve, &flags));
    if output.is_json() {
        let told: serde_json::Map<String, serde_json::Value> = settings
            .iter()
            .map(|setting| (setting.name.clone(), json!({ "value": value(setting), "from": origin(&setting.origin) })))
            .collect();
        output.json_pretty(&told.into());
        return;
    }
    let language = output.language();
    let shown: Vec<(String, String, String)> =
        settings.iter().map(|setting| (setting.name.clone(), text(setting), told(&setting.origin, language))).collect();
    let wide = |width: &dyn Fn(&(String, String, String)) -> usize| shown.iter().map(width).max().unwrap_or_default();
    let name_width = wide(&|(name, _, _)| name.chars().count());
    let value_width = wide(&|(_, value, _)| value.chars().count()).min(VALUE_WIDTH_MAX);
    let lines: Vec<Line> = shown
        .iter()
        .map(|(name, value, origin)| {
            Line::of(format!("{name:<name_width$}  {value:<value_width$}  "), PLAIN).and(origin.clone(), FAINT)
        })
        .collect();
    output.lines(&lines);
}

/// What holds when nobody says anything.
fn usual(key: &Key, serve: &Serve, flags: &Command) -> Vec<String> {
    match key.argument {
        "data" => vec![serve.place.data().display().to_string()],
        "keys" => vec![serve.place.keys().display().to_string()],
        "listen" => crate::serve::listen::LOOPBACK.iter().map(ToString::to_string).collect(),
        argument => {
            let flag = flags.get_arguments().find(|flag| flag.get_id() == argument);
            let values = flag.map(clap::Arg::get_default_values).unwrap_or_default();
            values.iter().map(|value| value.to_string_lossy().into_owned()).collect()
        }
    }
}

/// A value as JSON: a list where the file has one.
fn value(setting: &Setting) -> serde_json::Value {
    let is_list = KEYS.iter().any(|key| key.kind == Kind::Texts && key.name == setting.name);
    match setting.values.as_slice() {
        values if is_list => json!(values),
        [] => serde_json::Value::Null,
        [value] => json!(value),
        values => json!(values),
    }
}

fn text(setting: &Setting) -> String {
    if setting.values.is_empty() {
        return "–".to_owned();
    }
    setting.values.join(", ")
}

fn origin(origin: &Origin) -> serde_json::Value {
    match origin {
        Origin::Flag(flag) => json!({ "flag": flag }),
        Origin::Environment(variable) => json!({ "environment": variable }),
        Origin::Line(line) => json!({ "line": line }),
        Origin::Default => json!("default"),
    }
}

fn told(origin: &Origin, language: Language) -> String {
    match origin {
        Origin::Flag(flag) => flag.clone(),
        Origin::Environment(variable) => variable.clone(),
        Origin::Line(line) => match language {
            Language::Sv => format!("filen, rad {line}"),
            Language::En => format!("the file, line {line}"),
        },
        Origin::Default => language.pick("som det är", "the default").to_owned(),
    }
}
