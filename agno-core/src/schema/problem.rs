//! What can be wrong with an input.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::error::SchemaError;
use super::place::Path;
use super::printable::printable;

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Where: `.words` or `.items[2].name`; empty for the whole.
    pub path: String,
    /// What is wrong, for programs.
    pub kind: ProblemKind,
    /// What is wrong, for people.
    pub message: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// What was found, shortened; empty when nothing was.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.said())
    }
}

impl Problem {
    /// The message with the suggestion.
    pub(super) fn said(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("{}, did you mean `{suggestion}`?", self.message),
            None => self.message.clone(),
        }
    }
}

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The text is not JSON.
    Syntax,
    /// Nested too deeply.
    TooDeep,
    /// A key stands twice in one object.
    DuplicateField,
    /// A field that does not exist.
    UnknownField,
    /// A field that must be there.
    MissingField,
    /// A value of another type.
    WrongType,
    /// A text, list or object with too little in it.
    TooShort,
    /// A text, list or object with too much in it.
    TooLong,
    /// A number outside its limits.
    OutOfRange,
    /// A text that does not match a pattern.
    Pattern,
    /// A text that is not an e-mail address, date, ...
    Format,
    /// A value that is none of those allowed.
    NotAllowed,
    /// A reference to an artifact that the store does not hold.
    UnknownArtifact,
    /// A value that fits none of several forms, or more than one.
    NoMatch,
    /// Anything else that the schema refuses.
    Other,
    /// The schema itself cannot be used: a mistake in the program.
    Schema,
}

/// A problem and where to point.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) problem: Problem,
    pub(super) path: Path,
    pub(super) mark: Mark,
    /// For a missing field: what its documentation says.
    pub(super) about: Option<String>,
}

/// What of a place is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Key,
    Value,
    /// A place that is known already.
    Bytes(Range<usize>),
    /// There is nothing to point at.
    Nothing,
}

impl Finding {
    pub(super) fn new(path: Path, kind: ProblemKind, message: String) -> Self {
        let mark = match kind {
            ProblemKind::UnknownField => Mark::Key,
            ProblemKind::MissingField | ProblemKind::Schema | ProblemKind::TooDeep => Mark::Nothing,
            _ => Mark::Value,
        };
        Self {
            problem: Problem {
                path: path.to_string(),
                kind,
                message,
                suggestion: None,
                found: String::new(),
                expected: String::new(),
            },
            path,
            mark,
            about: None,
        }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.problem.expected = expected.into();
        self
    }

    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.problem.found = found.into();
        self
    }

    pub(super) fn suggestion(mut self, suggestion: Option<String>) -> Self {
        self.problem.suggestion = suggestion;
        self
    }

    pub(super) fn duplicate(path: &Path, key: &str, place: Range<usize>) -> Self {
        let message = "this field is here twice".to_owned();
        let mut finding = Self::new(path.clone(), ProblemKind::DuplicateField, message)
            .expected("each field once")
            .found(printable(key, 60));
        finding.mark = Mark::Bytes(place);
        finding
    }

    pub(super) fn too_deep() -> Self {
        let message = "nested too deeply".to_owned();
        Self::new(Path::default(), ProblemKind::TooDeep, message)
            .expected("at most 128 lists and objects in each other")
    }

    pub(super) fn schema(error: &SchemaError) -> Self {
        Self::new(Path::default(), ProblemKind::Schema, error.to_string())
    }
}
