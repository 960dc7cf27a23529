//! Looking into a schema: what a `$ref` names, whether a value fits.

use std::cell::Cell;

use serde_json::{Map, Value};

/// How many `$ref`s and alternatives are followed before a schema is taken for a circle.
const DEEPEST: u32 = 32;
/// Most schemas that are looked at for one value: schemas of foreign servers may branch for ever.
const MOST_STEPS: u32 = 10_000;

/// The schema that a `$ref` names. Only those inside the same document are followed.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// The alternatives of a schema, of either kind.
pub(super) fn alternatives(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema.get(*key)?.as_array())
}

/// Whether a property has to be there.
pub(super) fn requires(schema: &Map<String, Value>, property: &str) -> bool {
    schema
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(|required| required.iter().any(|name| name == property))
}

/// Whether `null` is one of the schema's values.
pub(super) fn accepts_null(root: &Value, schema: &Value) -> bool {
    fits(root, schema, &Value::Null)
}

/// Whether a value may be meant by a schema: its type, its constants and the names it needs, not
/// its lengths and patterns.
pub(super) fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let steps = Cell::new(0);
    Fitting {
        root,
        steps: &steps,
        depth: 0,
    }
    .fits(schema, value)
}

#[derive(Clone, Copy)]
struct Fitting<'a> {
    root: &'a Value,
    /// Schemas looked at so far, all in all.
    steps: &'a Cell<u32>,
    depth: u32,
}

impl Fitting<'_> {
    fn fits(self, schema: &Value, value: &Value) -> bool {
        let Value::Object(schema) = schema else {
            return schema != &Value::Bool(false);
        };
        self.steps.set(self.steps.get() + 1);
        if self.depth > DEEPEST || self.steps.get() > MOST_STEPS {
            return true;
        }
        let inside = Self {
            depth: self.depth + 1,
            ..self
        };
        let deeper = |schema: &Value| inside.fits(schema, value);
        let named = schema.get("$ref").and_then(Value::as_str);
        let any = alternatives(schema);
        let all = schema.get("allOf").and_then(Value::as_array);
        let constants = schema.get("enum").and_then(Value::as_array);
        let kinds = schema.get("type");
        schema.get("const").is_none_or(|constant| constant == value)
            && constants.is_none_or(|values| values.contains(value))
            && kinds.is_none_or(|kinds| is_of_type(kinds, value))
            && named.is_none_or(|name| resolve(self.root, name).is_none_or(deeper))
            && any.is_none_or(|any| any.iter().any(deeper))
            && all.is_none_or(|all| all.iter().all(deeper))
            && value
                .as_object()
                .is_none_or(|fields| inside.fields_fit(schema, fields))
    }

    fn fields_fit(self, schema: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
        let required = schema.get("required").and_then(Value::as_array);
        let properties = schema.get("properties").and_then(Value::as_object);
        let there = |name: &Value| name.as_str().is_none_or(|name| fields.contains_key(name));
        required.is_none_or(|required| required.iter().all(there))
            && properties.into_iter().flatten().all(|(name, schema)| {
                // A tag tells alternatives apart; other fields may be wrong and are for serde to
                // judge.
                let tag = schema.get("const").is_some() || schema.get("enum").is_some();
                let field = fields.get(name).filter(|_| tag);
                field.is_none_or(|field| field.is_null() || self.fits(schema, field))
            })
    }
}

fn is_of_type(kinds: &Value, value: &Value) -> bool {
    match kinds {
        Value::Array(kinds) => kinds.iter().any(|kind| is_of_type(kind, value)),
        Value::String(kind) => match kind.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "integer" | "number" => value.is_number(),
            _ => true,
        },
        _ => true,
    }
}

/// Where a list stands in place of an object, as a path. serde reads `[7]` as a struct of one
/// number; to a model it is a citation.
pub(super) fn list_for_object(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    Lists { root }.find(schema, value, String::new(), 0)
}

struct Lists<'a> {
    root: &'a Value,
}

impl Lists<'_> {
    fn find(&self, schema: &Value, value: &Value, path: String, depth: u32) -> Option<String> {
        let Value::Object(schema_fields) = schema else {
            return None;
        };
        if depth > DEEPEST {
            return None;
        }
        if value.is_array() && !fits(self.root, schema, value) {
            return Some(path);
        }
        let same = |schema: &Value| self.find(schema, value, path.clone(), depth + 1);
        let named = schema_fields.get("$ref").and_then(Value::as_str);
        let named = named.and_then(|name| resolve(self.root, name));
        let all = schema_fields.get("allOf").and_then(Value::as_array);
        let any = alternatives(schema_fields).into_iter().flatten();
        let meant = any.into_iter().find(|one| fits(self.root, one, value));
        let found = named
            .into_iter()
            .chain(all.into_iter().flatten())
            .chain(meant)
            .find_map(same);
        if found.is_some() {
            return found;
        }
        match value {
            Value::Object(fields) => {
                let properties = schema_fields.get("properties").and_then(Value::as_object);
                let others = schema_fields.get("additionalProperties");
                fields.iter().find_map(|(name, field)| {
                    let own = properties.and_then(|properties| properties.get(name));
                    let path = match path.as_str() {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    self.find(own.or(others)?, field, path, 0)
                })
            }
            Value::Array(items) => {
                let places = schema_fields.get("prefixItems").and_then(Value::as_array);
                items.iter().enumerate().find_map(|(index, item)| {
                    let place = places.and_then(|places| places.get(index));
                    let schema = place.or_else(|| schema_fields.get("items"))?;
                    self.find(schema, item, format!("{path}[{index}]"), 0)
                })
            }
            _ => None,
        }
    }
}

/// Whether an object has fields, and none that its schema knows: it is the answer to something
/// else, which a type with defaults would take.
pub(super) fn is_foreign(schema: &Value, value: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    let (Some(properties), Some(fields)) = (properties, value.as_object()) else {
        return false;
    };
    let open = [
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "additionalProperties",
        "patternProperties",
    ];
    let is_open = open
        .iter()
        .any(|key| !matches!(schema.get(*key), None | Some(Value::Bool(false))));
    let is_known = |name: &String| properties.contains_key(name);
    !is_open && !properties.is_empty() && !fields.is_empty() && !fields.keys().any(is_known)
}

/// Takes out every `null` that stands for a field left out: the field need not be there, and its
/// type has no `null`. A model held to a strict schema cannot leave fields out, and says `null`.
pub(super) fn without_nulls(root: &Value, schema: &Value, value: &mut Value, depth: u32) {
    let Value::Object(schema) = schema else {
        return;
    };
    if depth > DEEPEST {
        return;
    }
    let target = schema.get("$ref").and_then(Value::as_str);
    if let Some(target) = target.and_then(|name| resolve(root, name)) {
        without_nulls(root, target, value, depth + 1);
    }
    for part in schema
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        without_nulls(root, part, value, depth + 1);
    }
    let any = alternatives(schema).into_iter().flatten();
    if let Some(meant) = any.into_iter().find(|one| fits(root, one, value)) {
        without_nulls(root, meant, value, depth + 1);
    }
    match value {
        Value::Object(fields) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                let Some(field) = fields.get_mut(name) else {
                    continue;
                };
                if !field.is_null() {
                    without_nulls(root, property, field, 0);
                } else if !requires(schema, name) && !accepts_null(root, property) {
                    fields.remove(name);
                }
            }
            if let Some(others @ Value::Object(_)) = schema.get("additionalProperties") {
                let known = |name: &str| properties.is_some_and(|known| known.contains_key(name));
                for (_, field) in fields.iter_mut().filter(|(name, _)| !known(name)) {
                    without_nulls(root, others, field, 0);
                }
            }
        }
        Value::Array(items) => {
            let places = schema.get("prefixItems").and_then(Value::as_array);
            let place = |index| places.and_then(|places| places.get(index));
            for (index, item) in items.iter_mut().enumerate() {
                if let Some(schema) = place(index).or_else(|| schema.get("items")) {
                    without_nulls(root, schema, item, 0);
                }
            }
        }
        _ => {}
    }
}
