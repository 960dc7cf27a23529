//! Fields that take less than their Rust type does, or more than one form.

use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.trim().is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        let wanted = "a name has 1 to 200 bytes, no control characters, and is not blank";
        return Err(D::Error::custom(wanted));
    }
    Ok(name)
}

/// A text, or a list of them.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }

    deserializer.deserialize_any(Texts)
}

pub(super) fn texts_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ],
    })
}

pub(super) fn tool_choice_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "enum": ["auto", "none", "required"] },
            {
                "type": "object",
                "properties": { "tool": { "type": "string" } },
                "required": ["tool"],
                "additionalProperties": false,
            },
            { "type": "null" },
        ],
    })
}

pub(super) fn positive<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    let number = Option::<u32>::deserialize(deserializer)?;
    if number == Some(0) {
        return Err(D::Error::custom("it is 0, the least is 1"));
    }
    Ok(number)
}

pub(super) fn temperature<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
        return Err(D::Error::custom("it is no number from 0 on"));
    }
    Ok(number)
}

/// Any fields but keys: settings are stored and shown, and neither is for secrets.
pub(super) fn extra<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    let mut fields = Map::deserialize(deserializer)?;
    if let Some(name) = secret_in(&fields) {
        return Err(D::Error::custom(format!(
            "`{}` looks like a secret. Keys come from the environment, never from settings",
            super::error::shown(name)
        )));
    }
    fields.values_mut().for_each(dates_as_text);
    Ok(fields)
}

/// The first field, at any depth, that would hold a key.
fn secret_in(fields: &Map<String, Value>) -> Option<&str> {
    fn within(value: &Value) -> Option<&str> {
        match value {
            Value::Array(items) => items.iter().find_map(within),
            Value::Object(fields) => secret_in(fields),
            _ => None,
        }
    }
    let own = fields.keys().find(|name| is_secret(name));
    own.map(String::as_str)
        .or_else(|| fields.values().find_map(within))
}

/// Whether a field by this name would hold a key.
pub(super) fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name = letters.collect::<String>().to_ascii_lowercase();
    let endings = [
        "apikey",
        "secret",
        "secretkey",
        "privatekey",
        "password",
        "passphrase",
        "credentials",
        "authorization",
    ];
    let tokens = ["token", "apitoken", "accesstoken", "authtoken", "bearer"];
    endings.iter().any(|ending| name.ends_with(ending)) || tokens.contains(&name.as_str())
}

/// TOML has dates and JSON has not: the `toml` crate hands them over as an object with this field
/// (its `toml_datetime::de`).
fn dates_as_text(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(dates_as_text),
        Value::Object(fields) => match fields.get("$__toml_private_datetime") {
            Some(Value::String(date)) => *value = Value::String(date.clone()),
            _ => fields.values_mut().for_each(dates_as_text),
        },
        _ => {}
    }
}
