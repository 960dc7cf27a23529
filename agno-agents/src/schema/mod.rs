//! Schemas of typed answers: what a model is held to, and how its answer is read.

mod error;
mod extract;
mod merge;
mod read;
mod strict;
#[cfg(test)]
mod tests;
mod walk;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use self::strict::Open;
pub use self::{
    error::{Obstacle, SchemaError, SchemaProblem},
    read::ReadProblem,
};
use crate::model::SchemaDialect;

/// Longest name of a schema that providers take, in bytes.
const LONGEST_NAME: usize = 64;
/// What stands before and after a schema in a [`prompt`](OutputSchema::prompt).
pub(crate) const MARKS: (&str, &str) = ("<json_schema>", "</json_schema>");

/// The schema of a typed answer.
///
/// ```
/// use agno_agents::{model::SchemaDialect, schema::OutputSchema};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Post {
///     title: String,
///     #[serde(default)]
///     tags: Vec<String>,
/// }
///
/// let schema = OutputSchema::of::<Post>(SchemaDialect::OpenAi)?;
/// assert_eq!(schema.name(), "Post");
/// // A strict model cannot leave a field out: it says `null`.
/// let post: Post = schema.read(r#"{ "title": "Rust", "tags": null }"#)?;
/// assert!(post.tags.is_empty());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSchema {
    name: String,
    /// What the model is shown.
    schema: Value,
    /// As it came from the type, which is what an answer is read by.
    raw: Value,
    /// The root is no plain object and stands in the property `value` of one.
    pub wrapped: bool,
    strict: bool,
}

impl OutputSchema {
    /// The schema of `T`, rewritten so that a model can be held to it.
    ///
    /// Objects are closed and, for OpenAI, all their properties required: a field that need not be
    /// there may be `null` instead. A root that is no plain object becomes the property `value` of
    /// one.
    ///
    /// # Errors
    ///
    /// When strict schemas cannot express `T`: maps with arbitrary keys, tuples,
    /// `serde_json::Value`. The error names every such field.
    pub fn of<T: JsonSchema>(dialect: SchemaDialect) -> Result<Self, SchemaError> {
        let type_name = T::schema_name();
        let name = name(&type_name);
        let raw = raw::<T>();
        let strict =
            strict::strict(&raw, &name, dialect, Open::Empty).map_err(|problems| SchemaError {
                type_name: type_name.into_owned(),
                problems,
            })?;
        Ok(Self {
            name,
            schema: strict.schema,
            raw,
            wrapped: strict.wrapped,
            strict: true,
        })
    }

    /// The schema of `T` as it is, for a model that is only told of it. A root that is no object is
    /// the property `value` of one all the same, so that a model that writes objects can follow.
    pub fn loose<T: JsonSchema>() -> Self {
        let raw = raw::<T>();
        let wrapped = raw.get("type").is_none_or(|kind| kind != "object");
        let name = name(&T::schema_name());
        Self {
            schema: if wrapped {
                loosely_wrapped(&raw, &name)
            } else {
                raw.clone()
            },
            name,
            raw,
            wrapped,
            strict: false,
        }
    }

    /// Its name: 1 to 64 of `a-z A-Z 0-9 _ -`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema, as a model is shown it.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Asks for an answer of this schema, in words: for a model that cannot be held to one.
    pub fn prompt(&self) -> String {
        let (open, close) = MARKS;
        format!(
            "Answer with one JSON value that matches this JSON schema, and with nothing else: no \
             explanation, no code fence.\n{open}\n{}\n{close}",
            self.schema
        )
    }
}

/// Makes the schema of a tool's arguments strict, if that changes nothing for the tool. If it
/// would, or if the schema cannot be strict, it is answered as it was, with `false`: where a field
/// may be left out and has no `null`, a strict model would write a `null` that the tool does not
/// read.
pub fn tool_parameters(parameters: Value) -> (Value, bool) {
    if !strict::is_plain_object(&parameters) {
        return (parameters, false);
    }
    match strict::strict(
        &parameters,
        "arguments",
        SchemaDialect::OpenAi,
        Open::Anything,
    ) {
        Ok(strict) if !strict.wrapped && !strict.nullable => (strict.schema, true),
        _ => (parameters, false),
    }
}

/// A type's schema as its deserialiser has it.
fn raw<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.remove("$schema");
    schema.to_value()
}

/// A type's name as providers take it.
fn name(type_name: &str) -> String {
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = type_name.chars().map(allowed).take(LONGEST_NAME).collect();
    if name.is_empty() {
        "output".to_owned()
    } else {
        name
    }
}

/// Wraps a root as it is. Its definitions move up, and a type that contains itself becomes one.
fn loosely_wrapped(raw: &Value, name: &str) -> Value {
    let mut root = raw.clone();
    let defs = root.as_object_mut().and_then(|root| root.remove("$defs"));
    let mut defs = defs.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let new = format!("#/$defs/{name}");
    let named = rename_root(&mut root, &new) | rename_root(&mut defs, &new);
    let value = if named {
        let reference = serde_json::json!({ "$ref": new });
        if let Value::Object(defs) = &mut defs {
            defs.insert(name.to_owned(), root);
        }
        reference
    } else {
        root
    };
    let mut schema = strict::wrap(&value);
    if let Value::Object(schema) = &mut schema
        && defs.as_object().is_some_and(|defs| !defs.is_empty())
    {
        schema.insert("$defs".to_owned(), defs);
    }
    schema
}

/// Points every `$ref` to the root elsewhere; says whether there was one.
fn rename_root(schema: &mut Value, new: &str) -> bool {
    match schema {
        Value::Object(fields) => {
            let mut found = false;
            for (key, value) in fields {
                if key == "$ref" && value == "#" {
                    *value = new.into();
                    found = true;
                } else {
                    found |= rename_root(value, new);
                }
            }
            found
        }
        Value::Array(items) => {
            let renamed = items.iter_mut().map(|item| rename_root(item, new));
            renamed.fold(false, |found, one| found | one)
        }
        _ => false,
    }
}
