//! Inputs that are given field by field: `--topic rust --words 300`.

use serde_json::{Map, Value};

use super::artifacts::is_artifact;
use super::describe::{any_of, choices, description, meant, resolve, short};
use super::place::Path;
use super::printable::printable;
use super::problem::{Finding, ProblemKind};

/// A field that can be given by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flag {
    /// The name of the field.
    pub name: String,
    /// What its documentation says; empty when it has none.
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
    /// What it takes.
    pub kind: FlagKind,
}

/// What a [`Flag`] takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlagKind {
    /// Text, as it is.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`; given without a value it is `true`.
    Boolean,
    /// One of several texts.
    Choice(Vec<String>),
    /// An artifact: the JSON of its reference. A command line takes the path of a file for it.
    File,
    /// Any number of values: the flag is repeated, or takes a whole list as JSON.
    List(Box<FlagKind>),
    /// What one text cannot be, `an object`: it is given with the whole input only.
    Nested(String),
}

/// The fields of an object.
pub(super) fn flags(document: &Value) -> Vec<Flag> {
    let schema = resolve(document, document);
    let combined = ["oneOf", "anyOf", "allOf", "$ref"]
        .iter()
        .any(|key| schema.get(*key).is_some());
    let Some(fields) = schema["properties"].as_object().filter(|_| !combined) else {
        return Vec::new();
    };
    let is_required = |name: &str| {
        schema["required"]
            .as_array()
            .is_some_and(|required| required.iter().any(|field| field == name))
    };
    fields
        .iter()
        .map(|(name, field)| Flag {
            name: name.clone(),
            description: description(document, field).unwrap_or_default(),
            required: is_required(name),
            kind: kind(document, field, true)
                .unwrap_or_else(|| FlagKind::Nested(shape(document, field).to_owned())),
        })
        .collect()
}

/// A name as it is written on a command line.
pub(super) fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

/// What a field is that no single text can be.
fn shape(document: &Value, field: &Value) -> &'static str {
    let mut schema = resolve(document, field);
    // An `Option` of a definition.
    if let Some(ways) = schema["anyOf"].as_array() {
        let mut ways = ways.iter().filter(|way| way["type"] != "null");
        if let (Some(only), None) = (ways.next(), ways.next()) {
            schema = resolve(document, only);
        }
    }
    let is = |name: &str| match &schema["type"] {
        Value::Array(names) => names.iter().any(|one| one == name),
        one => one == name,
    };
    match (is("object"), is("array")) {
        (true, false) => "an object",
        (false, true) => "a list",
        _ => "no simple value",
    }
}

fn kind(document: &Value, field: &Value, lists: bool) -> Option<FlagKind> {
    let schema = resolve(document, field);
    if is_artifact(schema) {
        return Some(FlagKind::File);
    }
    if let Some(choices) = choices(document, schema) {
        let names: Option<Vec<String>> = choices
            .into_iter()
            .filter(|choice| !choice.is_null())
            .map(|choice| choice.as_str().map(str::to_owned))
            .collect();
        return names
            .filter(|names| !names.is_empty())
            .map(FlagKind::Choice);
    }
    // An `Option` of a definition.
    for key in ["anyOf", "oneOf"] {
        if let Some(ways) = schema[key].as_array() {
            let mut ways = ways.iter().filter(|way| way["type"] != "null");
            let only = ways.next()?;
            return match ways.next() {
                None => kind(document, only, lists),
                Some(_) => None,
            };
        }
    }
    let name = match &schema["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => {
            let mut names = names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null");
            let only = names.next()?;
            if names.next().is_some() {
                return None;
            }
            only
        }
        _ => return None,
    };
    match name {
        "string" => Some(FlagKind::String),
        "integer" => Some(FlagKind::Integer),
        "number" => Some(FlagKind::Number),
        "boolean" => Some(FlagKind::Boolean),
        "array" if lists && schema.get("prefixItems").is_none() => {
            let items = kind(document, schema.get("items")?, false)?;
            Some(FlagKind::List(Box::new(items)))
        }
        _ => None,
    }
}

/// Puts the object together, and says what is wrong with single values.
pub(super) fn read(flags: &[Flag], given: &[(String, String)]) -> (Value, Vec<Finding>) {
    let mut object = Map::new();
    let mut findings = Vec::new();
    for (name, text) in given {
        let Some(flag) = find(flags, name) else {
            findings.push(unknown(flags, name));
            continue;
        };
        let path = Path::default().key(&flag.name);
        let (kind, is_list) = match &flag.kind {
            FlagKind::List(kind) => (kind.as_ref(), true),
            kind => (kind, false),
        };
        if let FlagKind::Nested(shape) = kind {
            let name = printable(name, 60);
            let message = format!("`{name}` is {shape}: give the whole input with -i");
            findings.push(
                Finding::new(path, ProblemKind::WrongType, message)
                    .expected(shape.as_str())
                    .found(short(&Value::String(text.clone()))),
            );
            continue;
        }
        let read = match whole_list(kind, text).filter(|_| is_list) {
            Some(list) => Ok(list),
            None => parse(kind, text).map(|value| vec![value]),
        };
        let values = match read {
            Ok(values) => values,
            Err(expected) => {
                let found = short(&Value::String(text.clone()));
                let message = format!("expected {expected}, found {found}");
                let suggestion = match kind {
                    FlagKind::Choice(names) => meant(text, names.iter().map(String::as_str)),
                    _ => None,
                };
                let kind = match kind {
                    FlagKind::Choice(_) => ProblemKind::NotAllowed,
                    _ => ProblemKind::WrongType,
                };
                findings.push(
                    Finding::new(path, kind, message)
                        .expected(expected)
                        .found(found)
                        .suggestion(suggestion),
                );
                continue;
            }
        };
        if is_list {
            let items = object
                .entry(flag.name.clone())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(items) = items {
                items.extend(values);
            }
        } else if values
            .into_iter()
            .any(|value| object.insert(flag.name.clone(), value).is_some())
        {
            let message = "this is given twice, and it takes one value".to_owned();
            findings.push(
                Finding::new(path, ProblemKind::DuplicateField, message).expected("one value"),
            );
        }
    }
    (Value::Object(object), findings)
}

/// `["a", "b"]`: the items of a list that is given whole. Only if each is one of them: a text may begin with a bracket.
fn whole_list(kind: &FlagKind, text: &str) -> Option<Vec<Value>> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let items: Vec<Value> = serde_json::from_str(text).ok()?;
    let fits = |item: &Value| match kind {
        FlagKind::String => item.is_string(),
        FlagKind::Integer => item.is_i64() || item.is_u64(),
        FlagKind::Number => item.is_number(),
        FlagKind::Boolean => item.is_boolean(),
        FlagKind::Choice(names) => item
            .as_str()
            .is_some_and(|item| names.iter().any(|name| name == item)),
        FlagKind::File => item.is_object(),
        FlagKind::List(_) | FlagKind::Nested(_) => false,
    };
    items.iter().all(fits).then_some(items)
}

/// By its name, with `-` for `_` as is usual on a command line.
fn find<'f>(flags: &'f [Flag], name: &str) -> Option<&'f Flag> {
    let exact = flags.iter().find(|flag| flag.name == name);
    exact.or_else(|| {
        let name = dashed(name);
        flags.iter().find(|flag| dashed(&flag.name) == name)
    })
}

fn unknown(flags: &[Flag], name: &str) -> Finding {
    let names: Vec<String> = flags.iter().map(|flag| dashed(&flag.name)).collect();
    let suggestion = meant(&dashed(name), names.iter().map(String::as_str));
    let names = names.iter().map(|name| printable(name, 40));
    let expected = any_of(names.map(|name| format!("`--{name}`")));
    let message = match suggestion {
        Some(_) => "unknown field".to_owned(),
        None => format!("unknown field, expected {expected}"),
    };
    Finding::new(
        Path::default().key(name),
        ProblemKind::UnknownField,
        message,
    )
    .expected(expected)
    .found(printable(name, 60))
    .suggestion(suggestion)
}

/// A text as a value of `kind`, or what was expected.
fn parse(kind: &FlagKind, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match kind {
        FlagKind::String => Ok(text.into()),
        FlagKind::Integer => match (trimmed.parse::<i64>(), trimmed.parse::<u64>()) {
            (Ok(number), _) => Ok(number.into()),
            (_, Ok(number)) => Ok(number.into()),
            _ => Err("integer".to_owned()),
        },
        FlagKind::Number => trimmed
            .parse::<i64>()
            .map(Value::from)
            .ok()
            .or_else(|| Some(serde_json::Number::from_f64(trimmed.parse().ok()?)?.into()))
            .ok_or_else(|| "number".to_owned()),
        FlagKind::Boolean => match trimmed {
            "" | "true" | "yes" | "1" => Ok(true.into()),
            "false" | "no" | "0" => Ok(false.into()),
            _ => Err("true or false".to_owned()),
        },
        FlagKind::Choice(names) => names
            .iter()
            .find(|name| *name == trimmed)
            .map(|name| name.as_str().into())
            .ok_or_else(|| any_of(names.iter().map(|name| printable(name, 40)))),
        FlagKind::File => serde_json::from_str::<Value>(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| "the reference of an artifact".to_owned()),
        // A list is read item by item.
        FlagKind::List(items) => parse(items, text),
        FlagKind::Nested(shape) => Err(shape.clone()),
    }
}
