//! `livshandelse definition …`: life events as data.

use crate::fail::Failure;
use crate::output::Output;
use crate::show::line::{FAINT, Line, PLAIN, STRONG, WRONG, wrap};
use clap::Subcommand;
use livshandelse_workflows::{Bundle, Complaint};
use std::path::Path;

mod explain;

/// What can be done with life events.
#[derive(Debug, Subcommand)]
pub(crate) enum DefinitionCommand {
    /// Check a life event: everything that is wrong, with file, line and remedy
    #[command(
        after_help = "Examples:\n  livshandelse definition check workflows/first-child\n  livshandelse definition check first-child"
    )]
    Check {
        /// A folder with a `definition.toml`, or the name of one that is built in
        what: String,
    },
    /// Show a life event: its steps with agencies, needs and clocks, and its samples
    Show {
        /// A folder with a `definition.toml`, or the name of one that is built in
        #[arg(default_value = "first-child")]
        what: String,
    },
    /// List the life events that are built in
    List,
}

/// Does what was typed.
pub(crate) fn run(command: DefinitionCommand, output: &Output) -> Result<(), Failure> {
    match command {
        DefinitionCommand::Check { what } => check(&what, output),
        DefinitionCommand::Show { what } => show(&what, output),
        DefinitionCommand::List => list(output),
    }
}

/// A name without a slash that no folder has is one that is built in.
fn read(what: &str) -> Result<Bundle, Vec<Complaint>> {
    let folder = Path::new(what);
    if folder.is_dir() || what.contains('/') { Bundle::read(folder) } else { Bundle::embedded(what) }
}

fn check(what: &str, output: &Output) -> Result<(), Failure> {
    match read(what) {
        Ok(bundle) => {
            let revision = bundle.definition.revision();
            if output.is_json() {
                output.json_pretty(&serde_json::json!({ "revision": revision.to_string(), "complaints": [] }));
            } else {
                let text = match output.language() {
                    crate::show::words::Language::Sv => format!(
                        "{revision} är hel: {} steg, {} exempel",
                        bundle.definition.steps().len(),
                        bundle.samples.len()
                    ),
                    crate::show::words::Language::En => format!(
                        "{revision} is whole: {} steps, {} samples",
                        bundle.definition.steps().len(),
                        bundle.samples.len()
                    ),
                };
                output.text(&text);
            }
            Ok(())
        }
        Err(complaints) => {
            if output.is_json() {
                let complaints: Vec<_> = complaints.iter().map(as_json).collect();
                output.json_pretty(&serde_json::json!({ "complaints": complaints }));
            } else {
                let width = output.width();
                for complaint in &complaints {
                    let place = format!("{}:{}:{}: ", complaint.file, complaint.line, complaint.column);
                    let line = Line::of(place, STRONG).and(complaint.problem.clone(), WRONG);
                    output.lines(&wrap(line, width, 4));
                    output.lines(&wrap(Line::of("    → ", FAINT).and(complaint.remedy.clone(), PLAIN), width, 6));
                }
            }
            Err(unusable(what, complaints.len()))
        }
    }
}

fn unusable(what: &str, count: usize) -> Failure {
    Failure::input(
        format!("`{what}` cannot be used: {count} {}", if count == 1 { "complaint" } else { "complaints" }),
        format!("mend what is named and check again: livshandelse definition check {what}"),
    )
}

fn as_json(complaint: &Complaint) -> serde_json::Value {
    let Complaint { file, line, column, problem, remedy } = complaint;
    serde_json::json!({ "file": file, "line": line, "column": column, "problem": problem, "remedy": remedy })
}

fn show(what: &str, output: &Output) -> Result<(), Failure> {
    let bundle = read(what).map_err(|complaints| {
        Failure::input(
            format!("`{what}` cannot be read: {}", complaints.first().map(ToString::to_string).unwrap_or_default()),
            format!("see all that is wrong: livshandelse definition check {what}"),
        )
    })?;
    if output.is_json() {
        output.json_pretty(&explain::as_json(&bundle));
    } else {
        output.lines(&explain::lines(&bundle, &output.view(None)));
    }
    Ok(())
}

fn list(output: &Output) -> Result<(), Failure> {
    let mut all = Vec::new();
    for name in Bundle::embedded_names() {
        let bundle = Bundle::embedded(name).map_err(|complaints| unusable(name, complaints.len()))?;
        all.push((bundle.definition.revision().to_string(), bundle.texts.text(output.language().code(), "title", &[])));
    }
    if output.is_json() {
        let all: Vec<_> =
            all.iter().map(|(revision, title)| serde_json::json!({ "revision": revision, "title": title })).collect();
        output.json_pretty(&serde_json::json!({ "definitions": all }));
    } else {
        for (revision, title) in all {
            output.lines(&[Line::of(format!("{revision:<28}"), STRONG).and(title, PLAIN)]);
        }
    }
    Ok(())
}
