//! What is wrong in a bundle's files, with place and remedy; and the files' texts, so that an offset becomes a line.

use std::cell::RefCell;
use std::fmt;

/// Something wrong in one file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct Complaint {
    /// The file, from the bundle's folder: `forms/name.schema.json`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, in lower case without full stop.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Complaint { file, line, column, problem, remedy } = self;
        write!(f, "{file}:{line}:{column}: {problem}; {remedy}")
    }
}

/// One file being read, and everything wrong in it so far.
pub(crate) struct Sheet<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    complaints: RefCell<Vec<Complaint>>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Sheet<'a> {
        Sheet { file, text, complaints: RefCell::new(Vec::new()) }
    }

    /// Notes what is wrong at a byte offset.
    pub(crate) fn complain(&self, offset: usize, problem: impl Into<String>, remedy: impl Into<String>) {
        let (line, column) = self.position(offset);
        self.complain_at(line, column, problem, remedy);
    }

    /// Notes what is wrong at a line and column.
    pub(crate) fn complain_at(
        &self,
        line: usize,
        column: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.complaints.borrow_mut().push(Complaint {
            file: self.file.to_owned(),
            line,
            column,
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }

    /// Notes what a reader of JSON refused.
    pub(crate) fn complain_of_json(&self, error: &serde_json::Error, remedy: &str) {
        let text = error.to_string();
        let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
        self.complain_at(error.line(), error.column(), problem.chars().take(200).collect::<String>(), remedy);
    }

    pub(crate) fn complaint_count(&self) -> usize {
        self.complaints.borrow().len()
    }

    pub(crate) fn into_complaints(self) -> Vec<Complaint> {
        self.complaints.into_inner()
    }

    /// Line and column of a byte offset, both from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before: &str = match self.text.get(..offset) {
            Some(before) => before,
            None => self.text,
        };
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
