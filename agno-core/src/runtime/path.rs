//! Paths of operations, as the journal writes them and as people name them.

use std::fmt::Write as _;

use agno_storage::{Entry, EntryKind, Json, RunId};

use crate::{
    error::{Error, code},
    registry::{Registered, StepEntry},
    schema::{InputSchema, printable},
};

/// As many paths are named in a message.
const MOST_NAMED: usize = 6;

/// The operation that a path belongs to: `publish#0` of `publish#0!confirm!answer`.
pub(crate) fn base_of(path: &str) -> &str {
    path.split_once('!').map_or(path, |(base, _)| base)
}

/// The name of an operation: `read` of `map#1[3]/read#0`.
pub(crate) fn name_of(path: &str) -> &str {
    let last = base_of(path).rsplit('/').next().unwrap_or(path);
    last.split('#').next().unwrap_or(last)
}

/// The operations around one, outermost first: `map#0` and `map#0[3]/sub#0` of
/// `map#0[3]/sub#0/read#0`.
pub(crate) fn around(path: &str) -> impl Iterator<Item = &str> {
    let path = base_of(path);
    let ends = path.match_indices(['/', '[']).filter_map(move |(at, end)| {
        // `map#0[3]` is no operation; `map#0` is, and ends at the bracket.
        let is_item = end == "/" && path[..at].ends_with(']');
        (!is_item).then_some(at)
    });
    ends.map(move |at| &path[..at])
}

/// Whether an entry counts, and is one of the flow's operations rather than a note beside one.
pub(crate) fn is_operation(entry: &Entry) -> bool {
    !entry.superseded
        && !entry.path.starts_with('@')
        && !entry.path.contains('!')
        && !matches!(entry.kind, EntryKind::Memo | EntryKind::Started)
}

/// The one of `names` that looks most like `wanted`, if one does.
pub(crate) fn nearest<'a>(
    names: impl IntoIterator<Item = &'a str>,
    wanted: &str,
) -> Option<&'a str> {
    let likeness = |name: &str| strsim::jaro_winkler(name, wanted);
    let near = names
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    near.filter(|name| likeness(name) > 0.7)
}

/// Finds an operation by its path, or by its name when only one of that name is recorded.
pub(super) fn find<'j>(journal: &'j [Entry], named: &str, run: &RunId) -> Result<&'j Entry, Error> {
    let operations = || journal.iter().filter(|entry| is_operation(entry));
    if let Some(found) = operations().find(|entry| *entry.path == *named) {
        return Ok(found);
    }
    let mut of_name = operations().filter(|entry| name_of(&entry.path) == named);
    match (of_name.next(), of_name.next()) {
        (Some(found), None) => Ok(found),
        (Some(first), Some(second)) => {
            let all = [first, second].into_iter().chain(of_name);
            let problem = format!(
                "run `{run}` has recorded `{}` more than once; name one of {}",
                printable(named, 60),
                list(all.map(|entry| &*entry.path))
            );
            Err(Error::new(code::INVALID_INPUT, problem).permanent())
        }
        (None, _) => {
            let names = operations().flat_map(|entry| [&*entry.path, name_of(&entry.path)]);
            let mut problem = format!("run `{run}` has recorded no `{}`", printable(named, 60));
            if let Some(near) = nearest(names, named) {
                // Writing to a string cannot fail.
                let _ = write!(problem, ", did you mean `{near}`?");
            }
            Err(Error::new(code::NOT_FOUND, problem).permanent())
        }
    }
}

/// A few of many, in backticks.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    let mut shown: Vec<_> = names
        .iter()
        .take(MOST_NAMED)
        .map(|name| format!("`{}`", printable(name, 120)))
        .collect();
    if names.len() > MOST_NAMED {
        shown.push(format!("and {} more", names.len() - MOST_NAMED));
    }
    shown.join(", ")
}

/// The step of the program that a recorded operation called.
pub(super) fn step_of<'r>(registered: &'r Registered, path: &str) -> Result<&'r StepEntry, Error> {
    let name = name_of(path);
    registered.step(name).map(|(_, step)| step).ok_or_else(|| {
        let problem = format!("`{}` has no step `{name}` any more", registered.name);
        Error::new(code::NOT_FOUND, problem).permanent()
    })
}

impl StepEntry {
    /// Checks an output that a person gives, and answers it as it is recorded.
    pub(super) fn check_output(&self, output: &Json) -> Result<Json, Error> {
        let schema = InputSchema::new(&self.output_schema());
        let value = schema.check(output.as_str()).map_err(Error::input)?;
        let given = Json::encode(&value).map_err(|error| unreadable(&error))?;
        (self.decode)(&given).map_err(|error| unreadable(&error))?;
        Ok(given)
    }

    /// Checks an input that a person gives: an object keyed by parameter name, or the bare value
    /// of a step with one parameter. Answers the object.
    pub(super) fn check_given_input(&self, input: &Json) -> Result<Json, Error> {
        let mut schema =
            schemars::Schema::try_from(self.input_schema()).map_err(|error| unreadable(&error))?;
        let title = format!("the input of {}", self.step.name);
        schema.insert("title".to_owned(), title.into());
        let schema = InputSchema::new(&schema);
        let value = match (schema.check(input.as_str()), self.params.as_slice()) {
            (Ok(value), _) => value,
            (Err(error), [only]) => {
                let bare: serde_json::Value = input.to_value();
                if bare.get(only.name).is_some() {
                    return Err(Error::input(error));
                }
                let keyed = serde_json::json!({ only.name: bare });
                schema.check(&keyed.to_string()).map_err(Error::input)?
            }
            (Err(error), _) => return Err(Error::input(error)),
        };
        let given = Json::encode(&value).map_err(|error| unreadable(&error))?;
        (self.check)(&given).map_err(|error| unreadable(&error))?;
        Ok(given)
    }
}

/// What the schema lets pass and serde does not.
pub(super) fn unreadable(error: &dyn std::fmt::Display) -> Error {
    let problem = format!("the value cannot be read: {error}");
    Error::new(code::INVALID_INPUT, problem).permanent()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_an_operation_are_operations() {
        let tops = |path| around(path).collect::<Vec<_>>();
        assert_eq!(
            tops("map#0[3]/sub#0/read#1!once.a/b"),
            ["map#0", "map#0[3]/sub#0"]
        );
        assert!(tops("read#0").is_empty());
        assert_eq!(name_of("map#0[3]/read#1!begun"), "read");
    }
}
