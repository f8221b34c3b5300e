//! `livshandelse man`: the help of every command as pages for `man`.

use crate::fail::Failure;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::Write;
use std::path::Path;

/// Which chapter: programs.
const SECTION: &str = "1";

/// Writes a page for the program and one for each command below it; returns their number.
///
/// # Errors
///
/// If the folder cannot be made, or a page not be written.
pub(crate) fn write(command: clap::Command, folder: &Path) -> Result<usize, Failure> {
    let failed = |error: std::io::Error| {
        Failure::input(format!("{}: {error}", folder.display()), "name a folder that can be written to")
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let pages = pages(command).map_err(failed)?;
    for (name, page) in &pages {
        std::fs::write(folder.join(name), page).map_err(failed)?;
    }
    Ok(pages.len())
}

/// Every page under the name of its file.
fn pages(command: clap::Command) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    // The pages are for every command anyway.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|inner| !inner.is_hide_set()).cloned());
        let page = Man::new(command.clone())
            .section(SECTION)
            .source(format!("livshandelse {}", env!("CARGO_PKG_VERSION")))
            .manual("Livshändelse");
        pages.push((page.get_filename(), text(&page, &command)?));
    }
    Ok(pages)
}

fn text(page: &Man, command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.get_subcommands().any(|inner| !inner.is_hide_set()) {
        page.render_subcommands_section(&mut text)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for (heading, lines) in sections(&after) {
        section(heading, &lines, &mut text)?;
    }
    Ok(text)
}

/// What stands after the options, under the headings that pages have.
fn sections(after: &str) -> Vec<(&'static str, Vec<&str>)> {
    let mut sections: Vec<(&'static str, Vec<&str>)> = Vec::new();
    for line in after.lines() {
        let heading = match line {
            "Exit codes:" => Some("EXIT STATUS"),
            "Example:" | "Examples:" => Some("EXAMPLES"),
            _ => None,
        };
        match (heading, sections.last_mut()) {
            (Some(heading), _) => sections.push((heading, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => sections.push(("NOTES", vec![line])),
        }
    }
    for (_, lines) in &mut sections {
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
    }
    sections
}

fn section(heading: &str, lines: &[&str], text: &mut dyn Write) -> std::io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    // What is indented stands as it is: commands, and lists of codes.
    let mut is_filled = true;
    for line in lines {
        let is_text = !line.starts_with(' ');
        if is_text != is_filled {
            roff.control(if is_text { "fi" } else { "nf" }, []);
            is_filled = is_text;
        }
        match line.trim_start() {
            "" => roff.control("PP", []),
            line => {
                if is_text {
                    roff.control("br", []);
                }
                roff.text([roman(line)])
            }
        };
    }
    if !is_filled {
        roff.control("fi", []);
    }
    roff.to_writer(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_command_and_its_examples_have_a_heading() {
        let pages = pages(crate::cli::command()).unwrap();
        let of = |name: &str| {
            let page = pages.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no page {name}"));
            String::from_utf8(page.1.clone()).unwrap()
        };
        for name in ["livshandelse.1", "livshandelse-serve.1", "livshandelse-config-check.1", "livshandelse-man.1"] {
            assert!(of(name).contains(".SH EXAMPLES"), "{name}:\n{}", of(name));
        }
        let whole = of("livshandelse.1");
        assert!(whole.contains(".SH \"EXIT STATUS\"") && whole.contains("livshandelse\\-store(1)"), "{whole}");
        let serve = of("livshandelse-serve.1");
        assert!(serve.contains("LIVSHANDELSE_PORTAL_PORT") && !serve.contains("crash"), "{serve}");
        let mut names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), pages.len());
    }
}
