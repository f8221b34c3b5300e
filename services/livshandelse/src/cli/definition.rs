//! `livshandelse definition …`: life events as data.

use crate::diff::{self, Side};
use crate::fail::Failure;
use crate::output::Output;
use crate::show::line::{FAINT, Line, PLAIN, STRONG, WRONG, wrap};
use crate::simulate;
use clap::Subcommand;
use livshandelse_workflows::{Bundle, Complaint};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod explain;
mod revision;

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
    #[command(
        after_help = "Examples:\n  livshandelse definition show first-child\n  livshandelse definition show workflows/first-child --svg -o first-child.svg"
    )]
    Show {
        /// A folder with a `definition.toml`, or the name of one that is built in
        #[arg(default_value = "first-child")]
        what: String,
        /// Draw it as SVG: one page for a wall, on the smallest paper that it can be read on
        #[arg(long, conflicts_with = "json")]
        svg: bool,
        /// Where the drawing is written; standard output when left out
        #[arg(short, long, requires = "svg", value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Tell in words what a new revision changes, for each agency, and what that means
    #[command(
        after_help = "Exit codes:\n  0  nothing is different\n  1  something is\n  2  one of them cannot be read\n\nExample:\n  livshandelse definition diff first-child workflows/first-child"
    )]
    Diff {
        /// The revision as it is: a folder, or the name of one that is built in
        old: String,
        /// The revision as it is to be
        new: String,
    },
    /// Play a sample in time-lapse, with agencies that say yes, and show it as a timeline
    #[command(
        after_help = "Examples:\n  livshandelse definition simulate first-child --sample twins-in-goteborg\n  livshandelse definition simulate first-child --sample twins-in-goteborg --svg -o twins.svg"
    )]
    Simulate {
        /// A folder with a `definition.toml`, or the name of one that is built in
        what: String,
        /// The sample
        #[arg(long, value_name = "NAME")]
        sample: String,
        /// Draw the timeline as SVG: one page, in the style of `show --svg`
        #[arg(long, conflicts_with = "json")]
        svg: bool,
        /// Where the drawing is written; standard output when left out
        #[arg(short, long, requires = "svg", value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Put a revision in while serving: cases under way keep theirs, new ones follow it where its agencies have approved it
    #[command(
        after_help = "Examples:\n  livshandelse definition publish workflows/first-child --actor operator:anna --validate-only\n  livshandelse definition publish workflows/first-child --actor operator:anna"
    )]
    Publish(revision::Publish),
    /// Approve the steps that a published revision hands to an agency, as that agency
    #[command(
        after_help = "Example:\n  livshandelse definition approve first-child@2 --actor agency:skatteverket --digest 5d41…"
    )]
    Approve(revision::Approve),
    /// Tell who has approved a revision, and who must
    #[command(after_help = "Example:\n  livshandelse definition status first-child@2 --actor operator:anna")]
    Status(revision::RevisionOf),
    /// List the life events that are built in
    List,
}

/// Does what was typed.
pub(crate) async fn run(command: DefinitionCommand, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        DefinitionCommand::Check { what } => check(&what, output),
        DefinitionCommand::Show { what, svg: true, out } => draw(&what, out.as_deref(), output),
        DefinitionCommand::Show { what, .. } => show(&what, output),
        DefinitionCommand::Diff { old, new } => return Ok(diff(&old, &new, output)),
        DefinitionCommand::Simulate { what, sample, svg, out } => simulate(&what, &sample, svg, out.as_deref(), output),
        DefinitionCommand::Publish(publish) => revision::publish(publish, output).await,
        DefinitionCommand::Approve(approve) => revision::approve(approve, output).await,
        DefinitionCommand::Status(of) => revision::status(of, output).await,
        DefinitionCommand::List => list(output),
    }
    .map(|()| ExitCode::SUCCESS)
}

/// Compares two revisions. As `diff` does: 0 when they are the same, 1 when not, 2 when one cannot be read.
fn diff(old: &str, new: &str, output: &Output) -> ExitCode {
    let trouble = |failure: Failure| {
        failure.tell(output);
        ExitCode::from(2)
    };
    let (old, new) = match (side(old), side(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(failure), _) | (_, Err(failure)) => return trouble(failure),
    };
    let (before, after) = (old.bundle.definition.revision(), new.bundle.definition.revision());
    if before.life_event != after.life_event {
        return trouble(Failure::input(
            format!("{before} and {after} are two life events, not two revisions of one"),
            "name two revisions of the same life event",
        ));
    }
    let difference = diff::compare(&old, &new, output.language());
    if output.is_json() {
        output.json_pretty(&diff::tell::as_json(&difference, &old, &new));
    } else {
        output.lines(&diff::tell::lines(&difference, &old, &new, &output.view(None)));
    }
    ExitCode::from(u8::from(!difference.is_empty()))
}

/// A life event with its files.
fn side(what: &str) -> Result<Side, Failure> {
    let files = files(what).map_err(|complaints| unreadable(what, &complaints))?;
    Side::of(files).map_err(|complaints| unreadable(what, &complaints))
}

fn files(what: &str) -> Result<BTreeMap<String, String>, Vec<Complaint>> {
    let folder = Path::new(what);
    if folder.is_dir() || what.contains('/') {
        return Bundle::files(folder);
    }
    // One that is not there is complained of as it always is.
    Bundle::embedded_files(what).map_or_else(|| Bundle::embedded(what).map(|_| BTreeMap::new()), Ok)
}

fn unreadable(what: &str, complaints: &[Complaint]) -> Failure {
    Failure::input(
        format!("`{what}` cannot be read: {}", complaints.first().map(ToString::to_string).unwrap_or_default()),
        format!("see all that is wrong: livshandelse definition check {what}"),
    )
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

/// Reads a life event that must be whole.
fn whole(what: &str) -> Result<Bundle, Failure> {
    read(what).map_err(|complaints| unreadable(what, &complaints))
}

fn draw(what: &str, out: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let bundle = whole(what)?;
    put(&crate::draw::svg(&bundle.definition, &bundle.texts, output.language()), out, output)
}

/// Writes a drawing to a file, or to standard output.
fn put(drawing: &str, out: Option<&Path>, output: &Output) -> Result<(), Failure> {
    match out {
        None => output.text(drawing.trim_end()),
        Some(path) => std::fs::write(path, drawing).map_err(|error| {
            Failure::input(
                format!("{} cannot be written: {error}", path.display()),
                "name a file in a folder that is there",
            )
        })?,
    }
    Ok(())
}

fn simulate(what: &str, name: &str, is_drawn: bool, out: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let bundle = whole(what)?;
    let sample = super::case_input::of_bundle(&bundle, name)?;
    let played = simulate::play(&bundle, sample)
        .map_err(|problem| Failure::input(format!("sample {name}: {problem}"), "mend the sample or the definition"))?;
    if is_drawn {
        return put(&crate::draw::timeline::svg(&played, &bundle, sample, output.language()), out, output);
    }
    if output.is_json() {
        output.json_pretty(&simulate::timeline::as_json(&played, &bundle, sample));
    } else {
        output.lines(&simulate::timeline::lines(&played, &bundle, sample, &output.view(None)));
    }
    Ok(())
}

fn show(what: &str, output: &Output) -> Result<(), Failure> {
    let bundle = whole(what)?;
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
