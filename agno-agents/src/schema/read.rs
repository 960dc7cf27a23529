//! An answer read as a type.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    OutputSchema,
    extract::{self, NotFound},
    strict::VALUE,
    walk::{fits, is_foreign, list_for_object, without_nulls},
};

/// Longest text of a problem, in characters: it quotes what the model wrote.
const LONGEST_MESSAGE: usize = 500;

/// Why an answer is not of its type. Shown as `articles[0].url: invalid type: integer `7`, expected
/// a string`: the text to send back for a repair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// The field, if the answer is JSON and one field is to blame.
    pub path: Option<String>,
    /// What is wrong. Quotes the answer, at most 500 characters; untrusted.
    pub message: String,
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{path}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ReadProblem {}

impl ReadProblem {
    fn new(path: Option<String>, message: &str) -> Self {
        let shorten = |text: &str| match text.char_indices().nth(LONGEST_MESSAGE) {
            None => text.to_owned(),
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        };
        Self {
            path: path.map(|path| shorten(&path)),
            message: shorten(message),
        }
    }
}

impl From<NotFound> for ReadProblem {
    fn from(not_found: NotFound) -> Self {
        match not_found {
            NotFound::None(why) => Self::new(None, &format!("the answer is no JSON: {why}")),
            NotFound::Several(count) => {
                let message = format!("the answer holds {count} JSON values: write one");
                Self::new(None, &message)
            }
        }
    }
}

impl OutputSchema {
    /// Reads an answer.
    ///
    /// `value` is unwrapped, and a `null` stands for a field left out where the field need not be
    /// there and its type has no `null`. A [`loose`](Self::loose) schema also reads an answer with
    /// prose or a code fence around one JSON value.
    ///
    /// # Errors
    ///
    /// [`ReadProblem`] when the answer is no JSON, or none of this type.
    pub fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, ReadProblem> {
        let mut value = if self.strict {
            extract::whole(text)?
        } else {
            extract::among_prose(text, |value| {
                fits(&self.schema, &self.schema, value)
                    || self.wrapped && fits(&self.raw, &self.raw, value)
            })?
        };
        if self.wrapped {
            value = self.unwrap(value);
        }
        if let Some(path) = list_for_object(&self.raw, &self.raw, &value) {
            let path = (!path.is_empty()).then_some(path);
            return Err(ReadProblem::new(
                path,
                "a list, where an object is expected",
            ));
        }
        if is_foreign(&self.raw, &value) {
            let names = field_names(&self.raw);
            let message = format!("the answer has none of the fields that are expected: {names}");
            return Err(ReadProblem::new(None, &message));
        }
        without_nulls(&self.raw, &self.raw, &mut value, 0);
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let path = (path != ".").then_some(path);
            ReadProblem::new(path, &error.inner().to_string())
        })
    }

    /// Takes `{"value": ..}` off, where it is there: a model that is only told may forget it.
    fn unwrap(&self, value: Value) -> Value {
        match value {
            Value::Object(mut fields) if fields.len() == 1 || self.strict => {
                match fields.remove(VALUE) {
                    Some(inner) => inner,
                    None => Value::Object(fields),
                }
            }
            other => other,
        }
    }
}

/// The fields of an object's schema, for a message.
fn field_names(schema: &Value) -> String {
    let fields = schema.get("properties").and_then(Value::as_object);
    let names: Vec<String> = fields.map_or_else(Vec::new, |fields| {
        fields.keys().map(|name| format!("`{name}`")).collect()
    });
    names.join(", ")
}
