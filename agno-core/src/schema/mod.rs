//! JSON from outside, checked before anything is done with it.
//!
//! [`InputSchema`] holds the JSON Schema of a type, closed against unknown fields. It finds every problem
//! of an input at once and says each in the words of the person who wrote the input.

mod artifacts;
mod close;
mod describe;
mod error;
mod example;
mod excerpt;
mod explain;
mod flags;
mod place;
mod printable;
mod problem;
mod scan;
mod syntax;

pub use artifacts::has_artifacts;
pub(crate) use artifacts::{Missing, references};
pub use error::{InputErrors, SchemaError};
pub use flags::{Flag, FlagKind};
pub use printable::is_hidden;
pub(crate) use printable::{columns, printable};
pub use problem::{Problem, ProblemKind};

use std::fmt;
use std::sync::OnceLock;

use jsonschema::{Keyword, ValidationError, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use explain::Explainer;
use problem::Finding;

/// More values than this, and only the first problem is looked for: a report for each of a million items
/// would fill the memory before anybody could read it.
const MANY_VALUES: usize = 200_000;

/// As many problems are reported at once.
const MOST_PROBLEMS: usize = 100;

/// As deep as the JSON parser goes.
const DEEPEST: usize = 128;

/// The schema of an input.
pub struct InputSchema {
    document: Value,
    type_name: String,
    validator: OnceLock<Result<Validator, SchemaError>>,
}

impl fmt::Debug for InputSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputSchema")
            .field("type_name", &self.type_name)
            .field("document", &self.document)
            .finish_non_exhaustive()
    }
}

impl InputSchema {
    /// The schema of `T`, as it is read from JSON.
    pub fn of<T: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().for_deserialize();
        Self::new(&settings.into_generator().into_root_schema_for::<T>())
    }

    /// From a schema that was generated for reading.
    pub fn new(schema: &schemars::Schema) -> Self {
        let mut document = schema.as_value().clone();
        close::close(&mut document);
        let type_name = match document["title"].as_str() {
            Some(title) => printable(title, 80),
            None => "input".to_owned(),
        };
        Self {
            document,
            type_name,
            validator: OnceLock::new(),
        }
    }

    /// The name of the type.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The schema as it is checked: `additionalProperties: false` and the limits of integers added.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Compiles the schema, which a check does when it is first needed.
    ///
    /// # Errors
    ///
    /// The schema is not valid: a hand-written `JsonSchema` implementation, or a bad pattern.
    pub fn compile(&self) -> Result<(), SchemaError> {
        self.validator().map(|_| ())
    }

    fn validator(&self) -> Result<&Validator, SchemaError> {
        let compiled = self.validator.get_or_init(|| {
            let mut document = self.document.clone();
            close::mark_integers(&mut document);
            jsonschema::draft202012::options()
                .should_validate_formats(true)
                .with_keyword(close::INTEGER, |_, _, _| Ok(Box::new(WholeNumber)))
                .build(&document)
                .map_err(|error| SchemaError::new(&self.type_name, &error))
        });
        compiled.as_ref().map_err(Clone::clone)
    }

    /// Reads JSON text and checks it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with the places in the text.
    pub fn check(&self, text: &str) -> Result<Value, InputErrors> {
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let takes_text = describe::allows_string(&self.document);
            InputErrors::of_syntax(&self.type_name, text, &error, takes_text)
        })?;
        let content = scan::content(text);
        let mut findings = content.duplicates;
        let more = self.find(&value, content.values, &mut findings);
        if findings.is_empty() {
            return Ok(value);
        }
        Err(InputErrors::in_text(&self.type_name, text, findings, more))
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn check_value(&self, value: &Value) -> Result<(), Vec<Problem>> {
        let mut findings = Vec::new();
        match scan::size(value, DEEPEST) {
            Some(values) => {
                self.find(value, values, &mut findings);
            }
            None => findings.push(Finding::too_deep()),
        }
        if findings.is_empty() {
            return Ok(());
        }
        Err(findings
            .into_iter()
            .map(|finding| finding.problem)
            .collect())
    }

    /// Adds what is wrong with `value`. Whether there may be more than that.
    fn find(&self, value: &Value, values: usize, findings: &mut Vec<Finding>) -> bool {
        let validator = match self.validator() {
            Ok(validator) => validator,
            Err(error) => {
                findings.push(Finding::schema(&error));
                return false;
            }
        };
        if validator.is_valid(value) {
            return false;
        }
        let mut explainer = Explainer::new(&self.document, value);
        let mut more = false;
        if values > MANY_VALUES {
            if let Err(error) = validator.validate(value) {
                explainer.explain(&error);
                more = true;
            }
        } else {
            for error in validator.iter_errors(value) {
                if explainer.len() >= MOST_PROBLEMS {
                    more = true;
                    break;
                }
                explainer.explain(&error);
            }
        }
        findings.extend(explainer.finish());
        more
    }

    /// A small valid input, to start from.
    pub fn example(&self) -> Value {
        example::example(&self.document)
    }

    /// The fields that can be given one by one, `--topic rust`, and those that are
    /// [nested](FlagKind::Nested). Empty when the input is not an object of fixed fields.
    pub fn flags(&self) -> Vec<Flag> {
        flags::flags(&self.document)
    }

    /// Puts an input together from fields given one by one, and checks it. A field may be given more than
    /// once when it is a list.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn from_flags(&self, given: &[(String, String)]) -> Result<Value, InputErrors> {
        let (value, mut findings) = flags::read(&self.flags(), given);
        let unread: Vec<_> = findings
            .iter()
            .map(|finding| finding.path.clone())
            .collect();
        let mut others = Vec::new();
        self.find(&value, given.len(), &mut others);
        // What could not be read is not there: that is told already.
        others.retain(|finding| {
            use ProblemKind::{MissingField, TooShort};
            let is_lack = matches!(finding.problem.kind, MissingField | TooShort);
            !(is_lack && unread.contains(&finding.path))
        });
        findings.extend(others);
        if findings.is_empty() {
            return Ok(value);
        }
        Err(InputErrors::of_flags(&self.type_name, findings))
    }
}

/// JSON Schema takes `300.0` for an integer, and serde does not.
struct WholeNumber;

impl<'i> Keyword<'i> for WholeNumber {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        match is_whole(instance) {
            true => Ok(()),
            false => Err(ValidationError::custom("not a whole number")),
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        is_whole(instance)
    }
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
