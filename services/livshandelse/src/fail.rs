//! How the program fails: what it says, what it advises, and its exit code.

use crate::output::Output;
use crate::show::json::JsonError;
use crate::show::line::{FAINT, Line, PLAIN, STRONG, WRONG, wrap};
use crate::show::words::Language;
use std::process::ExitCode;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The service answered, and refused.
    #[error("{}", .0.message())]
    Refused(Box<Status>),
    /// The service does not answer.
    #[error("nobody answers at {endpoint}: {reason}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// What was typed makes no sense together.
    #[error("{problem}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// What was given cannot be used: a file, a definition, a store.
    #[error("{problem}")]
    Input {
        /// What is wrong, one or more lines.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Something is in use by somebody else.
    #[error("{problem}")]
    InUse {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// A store is damaged.
    #[error("{problem}")]
    Damaged {
        /// Where and what.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Something of ours went wrong.
    #[error("{0}")]
    Own(String),
}

impl Failure {
    /// Something given that cannot be used.
    pub(crate) fn input(problem: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure::Input { problem: problem.into(), remedy: remedy.into() }
    }

    /// Something typed that makes no sense.
    pub(crate) fn usage(problem: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure::Usage { problem: problem.into(), remedy: remedy.into() }
    }

    /// 1 failure, 2 usage, 3 not found or refused input, 4 unavailable.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Refused(status) => match status.code() {
                Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::FailedPrecondition
                | Code::Unauthenticated
                | Code::Aborted
                | Code::OutOfRange => 3,
                Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => 4,
                Code::Ok | Code::Cancelled | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => 1,
            },
            Failure::Unreachable { .. } | Failure::InUse { .. } => 4,
            Failure::Usage { .. } => 2,
            Failure::Input { .. } => 3,
            Failure::Own(_) | Failure::Damaged { .. } => 1,
        })
    }

    /// Says what is wrong and what to do, on standard error.
    pub(crate) fn tell(&self, output: &Output) {
        let width = output.width();
        let mut lines = Vec::new();
        let mut text = self.to_string();
        if let (true, Some((summary, _))) = (self.names_fields(), text.split_once(": ")) {
            // Each field is told of below.
            text = summary.to_owned();
        }
        for (number, part) in text.lines().enumerate() {
            let label = if number == 0 { "error: " } else { "       " };
            lines.extend(wrap(Line::of(label, WRONG.bold()).and(part, PLAIN), width, 7));
        }
        if let Failure::Refused(status) = self {
            let details = status.get_error_details();
            for violation in
                details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default()
            {
                let line = Line::of("  ", PLAIN).and(violation.field.clone(), STRONG);
                lines.extend(wrap(line.and(format!("  {}", violation.description), PLAIN), width, 4));
            }
            for violation in
                details.precondition_failure().map(|failure| failure.violations.as_slice()).unwrap_or_default()
            {
                if violation.description != text {
                    let line = Line::of(format!("  {}", violation.description), PLAIN);
                    lines.extend(wrap(line, width, 4));
                }
            }
            if let Some(info) = details.error_info() {
                lines.push(Line::of(format!("  {} ({:?})", info.reason, status.code()), FAINT));
            }
        }
        if let Some(remedy) = self.remedy(output.language()) {
            lines.extend(wrap(Line::of("  → ", STRONG).and(remedy, PLAIN), width, 4));
        }
        output.error(&lines);
    }

    fn names_fields(&self) -> bool {
        match self {
            Failure::Refused(status) => {
                status.get_error_details().bad_request().is_some_and(|request| !request.field_violations.is_empty())
            }
            Failure::Unreachable { .. }
            | Failure::Usage { .. }
            | Failure::Input { .. }
            | Failure::InUse { .. }
            | Failure::Damaged { .. }
            | Failure::Own(_) => false,
        }
    }

    fn remedy(&self, language: Language) -> Option<String> {
        let text = match self {
            Failure::Usage { remedy, .. }
            | Failure::Input { remedy, .. }
            | Failure::InUse { remedy, .. }
            | Failure::Damaged { remedy, .. } => return Some(remedy.clone()),
            Failure::Own(_) => return None,
            Failure::Unreachable { .. } => language.pick(
                "Starta tjänsten med `livshandelse serve`, eller säg var den finns med --endpoint.",
                "Start the service with `livshandelse serve`, or say where it is with --endpoint.",
            ),
            Failure::Refused(status) => match status.code() {
                Code::InvalidArgument => {
                    language.pick("Rätta det som är fel och försök igen.", "Mend what is wrong and try again.")
                }
                Code::NotFound => language.pick(
                    "Kontrollera namnet, och att --actor är den som får se det: `livshandelse case list` visar vad som finns.",
                    "Check the name, and that --actor may see it: `livshandelse case list` shows what there is.",
                ),
                Code::Aborted => language.pick(
                    "Någon annan har ändrat under tiden: läs om och försök igen.",
                    "Somebody else changed it meanwhile: read it again and retry.",
                ),
                Code::Unauthenticated => {
                    language.pick("Säg vem du är med --actor och varför med --purpose.", "Say who you are with --actor and why with --purpose.")
                }
                Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => {
                    let delay = status.get_error_details().retry_info().and_then(|info| info.retry_delay);
                    return Some(match (delay, language) {
                        (Some(delay), Language::Sv) => format!("Försök igen om {:.1} s.", delay.as_secs_f64()),
                        (Some(delay), Language::En) => format!("Try again in {:.1} s.", delay.as_secs_f64()),
                        (None, Language::Sv) => "Försök igen om en stund.".to_owned(),
                        (None, Language::En) => "Try again in a while.".to_owned(),
                    });
                }
                Code::DataLoss | Code::Internal | Code::Unknown => language.pick(
                    "Felet är inte ditt: kontakta den som driver tjänsten.",
                    "The fault is not yours: call whoever runs the service.",
                ),
                Code::Ok
                | Code::Cancelled
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::FailedPrecondition
                | Code::OutOfRange
                | Code::Unimplemented => return None,
            },
        };
        Some(text.to_owned())
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure::Refused(Box::new(status))
    }
}

impl From<JsonError> for Failure {
    fn from(error: JsonError) -> Failure {
        Failure::Own(error.to_string())
    }
}
