//! JSON text as it is stored: encoded once, never parsed on the way.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON value kept as its text. Cloning is cheap; storing it copies the text unchanged.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

impl Json {
    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// What cannot be written as JSON: a map whose keys are not strings, or a type whose own
    /// `Serialize` fails.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Self> {
        to_raw_value(value).map(Self::from_raw)
    }

    /// Takes JSON text that came from elsewhere, checking that it is JSON.
    ///
    /// # Errors
    ///
    /// When the text is not one JSON value.
    pub fn parse(text: impl Into<String>) -> serde_json::Result<Self> {
        RawValue::from_string(text.into()).map(Self::from_raw)
    }

    /// The JSON `null`.
    pub fn null() -> Self {
        Self::from_raw(RawValue::NULL.to_owned())
    }

    fn from_raw(raw: Box<RawValue>) -> Self {
        Self(Arc::from(raw))
    }

    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// When the text does not describe a `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.as_str())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Size of the text in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Never true: JSON text has at least one character. Beside [`len`](Self::len) by convention.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The value as a tree.
    pub fn to_value(&self) -> serde_json::Value {
        // The text was checked or written by serde_json; depth is its own limit.
        self.decode().unwrap_or(serde_json::Value::Null)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Two values are equal when their [canonical](canonical) forms are.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() || canonical(self) == canonical(other)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from_raw)
    }
}

/// Reads a value that is there. By itself serde reads a `null` into an `Option` as `None`, and a
/// step that returned nothing would come back as one that has no output.
pub(crate) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// The canonical text of a value: object keys sorted, numbers by value, no white space. Two
/// values that differ only in the order of a map's keys have the same canonical text, whatever
/// feature of `serde_json` the user turned on.
pub fn canonical(json: &Json) -> String {
    let mut out = String::with_capacity(json.len());
    write_canonical(&json.to_value(), &mut out);
    out
}

fn write_canonical(value: &serde_json::Value, out: &mut String) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (i, (key, value)) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        // serde_json prints the shortest text that reads back as the same bits.
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_sorts_keys_at_every_depth() {
        let a = Json::parse(r#"{"b": [{"y": 1, "x": 2}], "a": 1.5}"#).expect("json");
        let b = Json::parse(r#"{"a":1.5,"b":[{"x":2,"y":1}]}"#).expect("json");
        assert_eq!(canonical(&a), r#"{"a":1.5,"b":[{"x":2,"y":1}]}"#);
        assert_eq!(a, b);
    }

    #[test]
    fn order_of_an_array_counts() {
        let a = Json::parse("[1,2]").expect("json");
        let b = Json::parse("[2,1]").expect("json");
        assert_ne!(a, b);
    }
}
