//! All that is wrong with an input, as its author sees it.

use std::fmt;

use serde_json::Value;

use super::describe::count;
use super::excerpt::Excerpt;
use super::flags::dashed;
use super::place::{Path, Segment};
use super::printable::printable;
use super::problem::{Finding, Mark, Problem, ProblemKind};
use super::{scan, syntax};

/// As many problems are shown; a program can read all of them.
const SHOWN: usize = 20;

/// Why an input was refused: every problem, with the part of the text concerned.
///
/// Its text has several lines and no end of line. Lines that begin with `  = ` may be added below.
#[derive(Clone, Debug)]
pub struct InputErrors(Box<Report>);

/// Behind a pointer, so that the good case does not carry its size.
#[derive(Clone, Debug)]
struct Report {
    type_name: String,
    headline: String,
    origin: String,
    problems: Vec<Problem>,
    excerpt: Excerpt,
    notes: Vec<String>,
}

impl Report {
    fn new(type_name: &str, headline: String) -> Self {
        Self {
            type_name: type_name.to_owned(),
            headline,
            origin: "input".to_owned(),
            problems: Vec::new(),
            excerpt: Excerpt::default(),
            notes: Vec::new(),
        }
    }
}

impl InputErrors {
    /// Every problem, in the order of the text. The missing fields come last.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// The name of the type that was expected.
    pub fn type_name(&self) -> &str {
        &self.0.type_name
    }

    /// Says where the text came from: `-i`, or the name of a file.
    #[must_use]
    pub fn with_origin(mut self, origin: &str) -> Self {
        self.0.origin = printable(origin, 120);
        self
    }

    pub(super) fn of_syntax(
        type_name: &str,
        text: &str,
        error: &serde_json::Error,
        takes_text: bool,
    ) -> Self {
        let wrong = syntax::explain(text, error, takes_text);
        let mut errors = Report::new(type_name, "input is not JSON".to_owned());
        if text.trim().is_empty() {
            errors.notes.push(wrong.problem.message.clone());
        } else {
            let mark = (wrong.place, wrong.problem.message.clone());
            errors.excerpt = Excerpt::new(text, vec![mark]);
        }
        errors
            .notes
            .extend(wrong.help.map(|help| format!("help: {help}")));
        errors.problems.push(wrong.problem);
        Self(Box::new(errors))
    }

    pub(super) fn in_text(type_name: &str, text: &str, findings: Vec<Finding>, more: bool) -> Self {
        let mut errors = Report::new(type_name, format!("input does not match `{type_name}`"));
        let paths: Vec<&Path> = findings
            .iter()
            .take(SHOWN)
            .map(|finding| &finding.path)
            .collect();
        let places = scan::locate(text, &paths);
        let mut placed = Vec::new();
        let mut others = Vec::new();
        for (index, finding) in findings.into_iter().enumerate() {
            let place = places.get(index).cloned().flatten();
            let bytes = match (&finding.mark, place) {
                (Mark::Bytes(bytes), _) => Some(bytes.clone()),
                (Mark::Key, Some(place)) => Some(place.key.unwrap_or(place.value)),
                (Mark::Value, Some(place)) => Some(place.value),
                _ => None,
            };
            match bytes {
                Some(bytes) => placed.push((bytes, finding)),
                None => others.push(finding),
            }
        }
        placed.sort_by_key(|(bytes, _)| bytes.start);
        let marks = placed
            .iter()
            .take(SHOWN)
            .map(|(bytes, finding)| (bytes.clone(), remark(finding)))
            .collect();
        errors.excerpt = Excerpt::new(text, marks);
        let room = SHOWN.saturating_sub(placed.len());
        errors.notes = others.iter().take(room).map(note).collect();
        let total = placed.len() + others.len();
        errors.notes.extend(rest(total, more));
        let placed = placed.into_iter().map(|(_, finding)| finding);
        errors.problems = placed
            .chain(others)
            .map(|finding| finding.problem)
            .collect();
        Self(Box::new(errors))
    }

    pub(super) fn of_flags(type_name: &str, findings: Vec<Finding>) -> Self {
        let mut errors = Report::new(type_name, format!("input does not match `{type_name}`"));
        errors.notes = findings.iter().take(SHOWN).map(note_of_flag).collect();
        errors.notes.extend(rest(findings.len(), false));
        errors.problems = findings
            .into_iter()
            .map(|finding| finding.problem)
            .collect();
        Self(Box::new(errors))
    }
}

/// What is said about a marked place.
fn remark(finding: &Finding) -> String {
    let said = finding.problem.said();
    let parent = finding.path.parent();
    match finding.mark {
        Mark::Value if !finding.path.is_root() => format!("{said}  (at {})", finding.path),
        Mark::Key | Mark::Bytes(_) if !parent.is_root() => format!("{said}  (in {parent})"),
        _ => said,
    }
}

/// What is said about something that is not there.
fn note(finding: &Finding) -> String {
    if finding.problem.kind != ProblemKind::MissingField {
        return finding.problem.to_string();
    }
    let name = match finding.path.0.as_slice() {
        [Segment::Key(name)] => printable(name, 60),
        _ => finding.path.to_string(),
    };
    missing(&name, finding)
}

fn note_of_flag(finding: &Finding) -> String {
    let flag = match finding.path.0.first() {
        Some(Segment::Key(name)) => format!("--{}", printable(&dashed(name), 60)),
        _ => return finding.problem.to_string(),
    };
    match finding.problem.kind {
        ProblemKind::MissingField => missing(&flag, finding),
        _ => format!("{flag}: {}", finding.problem.said()),
    }
}

fn missing(name: &str, finding: &Finding) -> String {
    let about = match &finding.about {
        Some(about) => format!(" — \"{about}\""),
        None => String::new(),
    };
    format!("missing: {name} ({}){about}", finding.problem.expected)
}

fn rest(total: usize, more: bool) -> Option<String> {
    match (total.saturating_sub(SHOWN), more) {
        (0, false) => None,
        (0, true) => Some("there may be more problems: the input is large".to_owned()),
        (left, false) => Some(format!("and {}", count(left, "more problem"))),
        (left, true) => Some(format!("and at least {}", count(left, "more problem"))),
    }
}

impl fmt::Display for InputErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.headline)?;
        self.0.excerpt.write(f, &self.0.origin)?;
        let gutter = self.0.excerpt.gutter();
        for note in &self.0.notes {
            write!(f, "\n{:gutter$} = {note}", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for InputErrors {}

/// A schema that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "the schema of `{type_name}` cannot be used, correct its `schemars` attributes or `JsonSchema` implementation: {reason}"
)]
pub struct SchemaError {
    type_name: String,
    reason: String,
}

impl SchemaError {
    pub(super) fn new(type_name: &str, error: &jsonschema::ValidationError<'_>) -> Self {
        let place = error.schema_path().as_str();
        let instance: &Value = error.instance();
        let shown = printable(&instance.to_string(), 120);
        let message = printable(&error.masked_with(shown).to_string(), 300);
        Self {
            type_name: type_name.to_owned(),
            reason: match place {
                "" => message,
                place => format!("{message} (at #{})", printable(place, 120)),
            },
        }
    }
}
