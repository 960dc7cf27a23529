//! Makes a schema refuse fields that nobody reads: a typing error in an optional field would otherwise be
//! an input without that field.

use serde_json::{Map, Value, json};

/// The keyword that stands for [`super::WholeNumber`] in the compiled schema.
pub(super) const INTEGER: &str = "wholeNumber";

/// Keywords whose value is a schema for another value than this one.
const BELOW: [&str; 5] = [
    "additionalProperties",
    "items",
    "contains",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords whose value is an object of such schemas.
const BELOW_BY_NAME: [&str; 3] = ["properties", "patternProperties", "$defs"];
/// Keywords whose value is a list of schemas for this same value.
const WAYS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords whose value is a schema for this same value.
const PARTS: [&str; 3] = ["if", "then", "else"];

/// Closes every object in a document, and gives integers the limits of their type.
pub(super) fn close(document: &mut Value) {
    let root = document.clone();
    close_schema(document, &root);
}

fn close_schema(schema: &mut Value, root: &Value) {
    let Value::Object(object) = schema else {
        return;
    };
    below(object, root);
    limit_integer(object);
    if sources(object) <= 1 {
        for way in ways_mut(object) {
            close_schema(way, root);
        }
        if object.contains_key("properties") && says_nothing_of_others(object) {
            object.insert("additionalProperties".to_owned(), false.into());
        }
        return;
    }
    // Several parts describe one object together: an enum that is flattened or tagged inside. None of
    // them may refuse the fields of the others, so they are opened and what none of them knows is refused.
    open_parts(object, root, &mut Vec::new());
    let fields = object.contains_key("properties") || parts(object).any(has_fields);
    if fields && says_nothing_of_others(object) && !parts(object).any(takes_anything) {
        object.insert("unevaluatedProperties".to_owned(), false.into());
    }
}

/// Closes the schemas of other values.
fn below(object: &mut Map<String, Value>, root: &Value) {
    for key in BELOW {
        if let Some(schema) = object.get_mut(key) {
            close_schema(schema, root);
        }
    }
    for key in BELOW_BY_NAME {
        if let Some(Value::Object(schemas)) = object.get_mut(key) {
            for schema in schemas.values_mut() {
                close_schema(schema, root);
            }
        }
    }
    if let Some(Value::Array(schemas)) = object.get_mut("prefixItems") {
        for schema in schemas {
            close_schema(schema, root);
        }
    }
}

/// Makes a part take what the others know. `through` are the references that led here.
fn open(schema: &mut Value, root: &Value, through: &mut Vec<String>) {
    let Value::Object(object) = schema else {
        return;
    };
    for key in ["additionalProperties", "unevaluatedProperties"] {
        if object.get(key) == Some(&Value::Bool(false)) {
            object.remove(key);
        }
    }
    below(object, root);
    limit_integer(object);
    open_parts(object, root, through);
}

fn open_parts(object: &mut Map<String, Value>, root: &Value, through: &mut Vec<String>) {
    for part in ways_mut(object) {
        open(part, root, through);
    }
    for key in PARTS {
        if let Some(part) = object.get_mut(key) {
            open(part, root, through);
        }
    }
    // The definition stays closed for those that use it alone, so an open copy of it is put here.
    let Some(reference) = object
        .get("$ref")
        .and_then(Value::as_str)
        .map(str::to_owned)
    else {
        return;
    };
    if through.contains(&reference) {
        return;
    }
    let Some(definition) = target(root, &reference) else {
        return;
    };
    let mut copy = definition.clone();
    if let Value::Object(copy) = &mut copy {
        copy.remove("$defs");
        copy.remove("$schema");
    }
    through.push(reference);
    open(&mut copy, root, through);
    through.pop();
    object.remove("$ref");
    match object.get_mut("allOf") {
        Some(Value::Array(all)) => all.push(copy),
        _ => {
            object.insert("allOf".to_owned(), json!([copy]));
        }
    }
}

/// What a local reference points at.
pub(super) fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// How many parts describe the fields of this one value.
fn sources(object: &Map<String, Value>) -> usize {
    let own = ["properties", "patternProperties", "additionalProperties"]
        .iter()
        .any(|key| object.contains_key(*key));
    let lists = WAYS.iter().map(|key| match (object.get(*key), *key) {
        (Some(Value::Array(all)), "allOf") => all.len(),
        (Some(_), _) => 1,
        (None, _) => 0,
    });
    let single = ["$ref", "if", "dependentSchemas"]
        .iter()
        .filter(|key| object.contains_key(**key));
    usize::from(own) + lists.sum::<usize>() + single.count()
}

fn says_nothing_of_others(object: &Map<String, Value>) -> bool {
    !object.contains_key("additionalProperties") && !object.contains_key("unevaluatedProperties")
}

fn ways_mut(object: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    object
        .iter_mut()
        .filter(|(key, _)| WAYS.contains(&key.as_str()))
        .filter_map(|(_, ways)| ways.as_array_mut())
        .flatten()
}

/// The schemas that describe the same value.
fn parts(object: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let ways = WAYS
        .iter()
        .filter_map(|key| object.get(*key)?.as_array())
        .flatten();
    let single = ["then", "else"].iter().filter_map(|key| object.get(*key));
    let dependent = object
        .get("dependentSchemas")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::values);
    ways.chain(single).chain(dependent)
}

fn has_fields(schema: &Value) -> bool {
    let Value::Object(object) = schema else {
        return false;
    };
    object.contains_key("properties") || parts(object).any(has_fields)
}

/// Whether a part takes objects and says nothing about their fields: they may be anything then.
fn takes_anything(schema: &Value) -> bool {
    let Value::Object(object) = schema else {
        return schema == &Value::Bool(true);
    };
    let takes_objects = match object.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => !object.contains_key("const") && !object.contains_key("enum"),
    };
    if sources(object) == 0 && !object.contains_key("required") && !object.contains_key("not") {
        return takes_objects;
    }
    parts(object).any(takes_anything)
}

/// The schema of a Rust integer names its type, and says nothing about how large it is from 32 bits on.
fn limit_integer(object: &mut Map<String, Value>) {
    let (least, most) = match object.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        Some("uint64") => (json!(0), json!(u64::MAX)),
        Some("int") => (json!(isize::MIN), json!(isize::MAX)),
        Some("uint") => (json!(0), json!(usize::MAX)),
        _ => return,
    };
    if !is_integer(object) {
        return;
    }
    if !object.contains_key("exclusiveMinimum") {
        object.entry("minimum").or_insert(least);
    }
    if !object.contains_key("exclusiveMaximum") {
        object.entry("maximum").or_insert(most);
    }
}

fn is_integer(object: &Map<String, Value>) -> bool {
    match object.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => {
            names.iter().any(|name| name == "integer") && !names.iter().any(|name| name == "number")
        }
        _ => false,
    }
}

/// Adds the keyword [`INTEGER`] wherever a schema wants an integer.
pub(super) fn mark_integers(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if is_integer(object) {
                object.insert(INTEGER.to_owned(), true.into());
            }
            for (key, value) in object.iter_mut() {
                match (key.as_str(), value) {
                    // These hold values, not schemas.
                    ("const" | "enum" | "default" | "examples", _) => {}
                    // And here the keys are names, which may be any of those above.
                    (
                        "properties" | "patternProperties" | "$defs" | "dependentSchemas",
                        Value::Object(schemas),
                    ) => schemas.values_mut().for_each(mark_integers),
                    (_, value) => mark_integers(value),
                }
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(mark_integers),
        _ => {}
    }
}
