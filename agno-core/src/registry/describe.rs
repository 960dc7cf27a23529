//! What a workflow looks like from outside: its schemas and its summary.

use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::value::{ParamInfo, SchemaOf};

/// A workflow as it is shown.
#[derive(Clone, Debug, serde::Serialize)]
pub struct WorkflowSummary {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its version.
    pub version: u32,
    /// JSON Schema of what a run is started with.
    pub input: Value,
    /// JSON Schema of what it ends with.
    pub output: Value,
    /// Names of the parameters of its flow.
    pub parameters: Vec<String>,
    /// Its steps.
    pub steps: Vec<StepSummary>,
}

/// A step as it is shown.
#[derive(Clone, Debug, serde::Serialize)]
pub struct StepSummary {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its input: an object keyed by parameter name.
    pub input: Value,
    /// JSON Schema of its output.
    pub output: Value,
}

/// Whether a schema asks for more than its Rust type does.
pub(super) fn has_limits(schema: &Value) -> bool {
    const LIMITS: &[&str] = &[
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "contains",
        "minProperties",
        "maxProperties",
        "const",
        "format",
    ];
    match schema {
        Value::Object(map) => map.iter().any(|(key, value)| {
            // Every unsigned number has `minimum: 0`, and every number a format of its width.
            let is_type = (key == "minimum" && *value == 0)
                || (key == "format"
                    && value.as_str().is_some_and(|format| {
                        format.trim_start_matches('u').starts_with("int")
                            || matches!(format, "float" | "double")
                    }));
            (LIMITS.contains(&key.as_str()) && !is_type) || has_limits(value)
        }),
        Value::Array(items) => items.iter().any(has_limits),
        _ => false,
    }
}

/// A schema by itself, with its definitions.
pub(super) fn schema_of(schema: SchemaOf) -> Schema {
    let mut generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut root = (schema.inline)(&mut generator);
    if root.get("type").is_none_or(|kind| kind == "object") && root.get("title").is_none() {
        root.insert(
            "title".to_owned(),
            Value::String((schema.name)().into_owned()),
        );
    }
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    root
}

/// One parameter: its own schema. Several: an object keyed by name.
pub(super) fn input_of(params: &[ParamInfo]) -> Schema {
    match params {
        [one] => schema_of(one.schema),
        several => object_of(several),
    }
}

/// An object keyed by parameter name.
pub(super) fn object_of(params: &[ParamInfo]) -> Schema {
    let mut generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in params {
        let schema = (param.schema.reference)(&mut generator);
        let optional = schema.get("default").is_some() || allows_null(&schema);
        if !optional {
            required.push(Value::from(param.name));
        }
        properties.insert(param.name.to_owned(), schema.to_value());
    }
    let mut root = Map::new();
    root.insert("type".to_owned(), Value::from("object"));
    root.insert("properties".to_owned(), Value::Object(properties));
    root.insert("required".to_owned(), Value::Array(required));
    root.insert("additionalProperties".to_owned(), Value::Bool(false));
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Schema::from(root)
}

fn allows_null(schema: &Schema) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => schema
            .get("anyOf")
            .and_then(Value::as_array)
            .is_some_and(|options| options.iter().any(|option| option["type"] == "null")),
    }
}
