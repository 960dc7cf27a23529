//! Why a command did not do what was asked, and what to type next.

use agno_core::{Error, ErrorKind, RecordedError, schema::Problem, storage::StoreError};
use serde::Serialize;

use crate::{program::Program, progress::screen, report, text};

/// Exit codes.
pub(crate) mod exit {
    pub(crate) const DONE: u8 = 0;
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const PAUSED: u8 = 3;
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Box<str>,
    /// Several lines, safe to show.
    message: Box<str>,
    /// More lines, below the message.
    notes: Vec<String>,
    problems: Vec<Problem>,
    next: Option<String>,
    exit: u8,
}

#[derive(Serialize)]
struct Report<'a> {
    error: ErrorReport<'a>,
}

#[derive(Serialize)]
struct ErrorReport<'a> {
    code: &'a str,
    message: &'a str,
    problems: &'a [Problem],
}

impl Failure {
    fn new(code: &str, message: String, exit: u8) -> Self {
        let (code, message) = (Box::from(code), message.into_boxed_str());
        Self {
            code,
            message,
            notes: Vec::new(),
            problems: Vec::new(),
            next: None,
            exit,
        }
    }

    /// The command line does not fit.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message.into(), exit::USAGE)
    }

    /// The input does not fit.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new("invalid_input", message.into(), exit::USAGE)
    }

    /// What was named is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("not_found", message.into(), exit::USAGE)
    }

    /// What the runtime or the store answered. `verb` is what the user typed, for trying again.
    pub(crate) fn of(error: &Error, program: &Program, verb: &str) -> Self {
        let message = text::block(&error.to_string()).into_owned();
        let code = if error.code() == "not_found_here" {
            "not_found"
        } else {
            error.code()
        };
        let code = text::line(code, 60);
        let (exit, next) = match (error.store_error(), error.kind()) {
            (Some(StoreError::Locked { .. }), _) => {
                let failure = Self::new("locked", message, exit::FAILED);
                let wait = "one process at a time: wait until it ends, or use another store";
                return failure.note(wait).next(program.again(verb));
            }
            (Some(StoreError::Leased { run, .. }), _) => {
                let follow = program.command(&format!("show {run} --follow"));
                return Self::new("leased", message, exit::FAILED).next(follow);
            }
            // It has been verified, and that is what came of it.
            (Some(StoreError::Corrupt { .. }), _) if verb == "store verify" => {
                return Self::new(&code, message, exit::FAILED).with_causes(error);
            }
            (Some(StoreError::Corrupt { .. }), _) => (exit::FAILED, "store verify"),
            (Some(StoreError::RunNotFound { .. }), _) => (exit::USAGE, "runs"),
            (_, ErrorKind::NotFound) => (exit::USAGE, "workflows"),
            (_, ErrorKind::InvalidInput | ErrorKind::Conflict) => (exit::USAGE, "run --help"),
            (_, ErrorKind::Cancelled) => (exit::FAILED, "run"),
            (Some(_), _) => (exit::FAILED, "store path"),
            _ => (exit::FAILED, "runs"),
        };
        Self::new(&code, message, exit)
            .with_causes(error)
            .next(program.command(next))
    }

    fn with_causes(mut self, error: &Error) -> Self {
        self.notes.extend(causes(error.chain()));
        self
    }

    /// Adds a line below the message.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(format!("  = {}", note.into()));
        self
    }

    /// The problems of an input, for programs.
    pub(crate) fn with_problems(mut self, problems: &[Problem]) -> Self {
        self.problems = problems.to_vec();
        self
    }

    /// With another exit code.
    pub(crate) fn with_exit(mut self, exit: u8) -> Self {
        self.exit = exit;
        self
    }

    /// The next command to type.
    pub(crate) fn next(mut self, command: impl Into<String>) -> Self {
        self.next = Some(command.into());
        self
    }

    /// Tells it, and answers the exit code.
    pub(crate) fn tell(&self, json: bool) -> u8 {
        if json {
            let (code, message, problems) = (&self.code, &self.message, &self.problems);
            report::print_json(&Report {
                error: ErrorReport {
                    code,
                    message,
                    problems,
                },
            });
        }
        let word = screen::paint(screen::Colour::Red, "error");
        screen::say(&format!("{word}: {}", self.message));
        for note in &self.notes {
            screen::say(note);
        }
        if let Some(next) = &self.next {
            screen::say(&format!("next: {next}"));
        }
        self.exit
    }
}

/// The errors behind an error, a line each.
pub(crate) fn causes(chain: &[String]) -> impl Iterator<Item = String> {
    chain
        .iter()
        .map(|cause| format!("  caused by: {}", text::line(cause, 400)))
}

/// A recorded error in words: where, what, and its code.
pub(crate) fn in_words(error: &RecordedError) -> String {
    let message = text::block(&error.message);
    let code = text::line(&error.code, 60);
    match &error.path {
        Some(path) => format!("step `{}`: {message} [{code}]", text::line(path, 200)),
        None => format!("{message} [{code}]"),
    }
}
