//! A form: the values that a schema asks for, field by field.

use std::ffi::OsStr;

use agno_core::{
    Json, Request,
    schema::{Flag, FlagKind, InputErrors, InputSchema},
};
use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{
    field::{self, Field},
    terminal::{Stop, Terminal},
};
use crate::{input, progress::screen::say};

/// The name that a value has by itself.
const WHOLE: &str = "value";

/// What is asked for.
pub(super) struct Form {
    schema: InputSchema,
    fields: Vec<Field>,
    /// The fields are those of an object, and not a value by itself.
    is_object: bool,
}

impl Form {
    pub(super) fn of(request: &Request) -> Self {
        let schema = schema_of(request);
        let document = schema.document();
        let mut flags = schema.flags();
        // What is needed comes first, in the order of the type.
        let order = document["required"].as_array().cloned().unwrap_or_default();
        flags.sort_by_key(|flag| {
            let place = order.iter().position(|name| *name == *flag.name);
            place.unwrap_or(usize::MAX)
        });
        let is_object = !flags.is_empty();
        let fields = if is_object {
            let field = |flag: Flag| {
                let part = document["properties"][&flag.name].clone();
                Field::new(document, part, &flag.name, flag.required)
            };
            flags.into_iter().filter_map(field).collect()
        } else {
            let required = schema.check_value(&Value::Null).is_err();
            let whole = Field::new(document, document.clone(), WHOLE, required);
            whole.into_iter().collect()
        };
        Self {
            schema,
            fields,
            is_object,
        }
    }

    /// Asks for all of it.
    pub(super) async fn fill(&self, terminal: &mut Terminal) -> Result<Value, Stop> {
        let mut filled = Map::new();
        for field in &self.fields {
            if let Some(value) = field.ask(terminal, self.is_object).await? {
                filled.insert(field.name().to_owned(), value);
            }
        }
        Ok(match self.is_object {
            true => Value::Object(filled),
            false => filled.remove(WHOLE).unwrap_or(Value::Null),
        })
    }

    /// The whole of it: what fits field by field may not fit together.
    pub(super) fn check(&self, value: &Value) -> Result<Json, InputErrors> {
        let checked = self.schema.check(&value.to_string())?;
        Ok(encoded(&checked))
    }
}

fn schema_of(request: &Request) -> InputSchema {
    let document = request.schema.as_ref().map_or(json!({}), Json::to_value);
    InputSchema::new(&Schema::try_from(document).unwrap_or_default())
}

fn encoded(value: &Value) -> Json {
    // It was read from JSON.
    Json::encode(value).unwrap_or_else(|_| Json::null())
}

/// Whether a value of this schema is a text and nothing else.
fn is_text(schema: &InputSchema) -> bool {
    let object = field::object_of(schema.document(), WHOLE, schema.document().clone(), true);
    let flags = InputSchema::new(&object).flags();
    let kind = flags.first().map(|flag| &flag.kind);
    matches!(kind, Some(FlagKind::String | FlagKind::Choice(_)))
}

/// Why a value that was typed is none.
pub(crate) enum NoValue {
    /// It cannot be read.
    Unread(String),
    /// It does not fit.
    Unfit(InputErrors),
}

impl std::fmt::Display for NoValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unread(problem) => f.write_str(problem),
            Self::Unfit(errors) => errors.fmt(f),
        }
    }
}

/// The value that was typed for a request: JSON, `@FILE`, `-`, or the text that is wanted. It fits.
pub(crate) fn read_value(request: &Request, typed: &OsStr) -> Result<Json, NoValue> {
    let (text, origin) = input::from_option(typed).map_err(NoValue::Unread)?;
    let schema = schema_of(request);
    let is_json_text = || serde_json::from_str::<String>(&text).is_ok();
    let text = match is_text(&schema) && !is_json_text() {
        true => Value::from(text.trim_end_matches(['\n', '\r'])).to_string(),
        false => text,
    };
    match schema.check(&text) {
        Ok(value) => Ok(encoded(&value)),
        Err(errors) if origin.starts_with('-') => Err(NoValue::Unfit(errors)),
        Err(errors) => Err(NoValue::Unfit(errors.with_origin(&origin))),
    }
}

/// A value that would fit, as it is typed.
pub(crate) fn example(request: &Request) -> String {
    let schema = schema_of(request);
    match schema.example() {
        Value::String(text) if is_text(&schema) && !text.starts_with(['@', '-', '"']) => text,
        example => example.to_string(),
    }
}

/// Tells what is wrong with a field.
pub(super) fn tell(errors: &InputErrors) {
    for problem in errors.problems() {
        say(&format!("  {}", crate::text::line(&problem.message, 300)));
    }
}
