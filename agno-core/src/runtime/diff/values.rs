//! Where two JSON values differ.

use agno_storage::{Entry, Json};
use serde::Serialize;
use serde_json::{Value, json};

use crate::schema::printable;

/// As many differences are told of one field.
const MOST: usize = 20;

/// As much of a value is shown, in columns.
const LONGEST: usize = 160;

/// One place where two values differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueDiff {
    /// Where: a JSON pointer that begins with the field, `/input/topic/title`.
    pub pointer: String,
    /// The left value as JSON, cut to a line; `None` where there is none.
    pub left: Option<String>,
    /// The right value as JSON, cut to a line; `None` where there is none.
    pub right: Option<String>,
    /// How many more differences the field has below this place, which are not told one by one.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What an entry says, field by field.
pub(super) fn facts(entry: &Entry) -> Vec<(&'static str, Value)> {
    let json = |json: &Option<Json>| json.as_ref().map_or(Value::Null, Json::to_value);
    // Whether there is an output at all is a fact of its own: one may be `null`.
    let outcome = match (&entry.output, &entry.error) {
        (Some(_), None) => "completed",
        (Some(_), Some(_)) => "failed, with an output",
        (None, Some(_)) => "failed",
        (None, None) => "open",
    };
    let changes: Vec<Value> = entry
        .delta
        .iter()
        .flat_map(|delta| &delta.changes)
        .map(|change| {
            json!({
                "field": &*change.field,
                "operation": change.operation,
                "initial": change.initial,
            })
        })
        .collect();
    vec![
        ("kind", json!(entry.kind)),
        ("position", json!(entry.position)),
        ("outcome", json!(outcome)),
        ("has_input", json!(entry.input.is_some())),
        ("input", json(&entry.input)),
        ("output", json(&entry.output)),
        ("error", json!(entry.error)),
        ("source", json!(entry.source)),
        ("attempts", json!(entry.attempts)),
        ("state", json!(changes)),
    ]
}

/// Where two lists of the same fields differ.
pub(super) fn differences(
    left: &[(&'static str, Value)],
    right: &[(&'static str, Value)],
) -> Vec<ValueDiff> {
    let mut found = Vec::new();
    for ((field, left), (_, right)) in left.iter().zip(right) {
        let mut finder = Finder::default();
        finder.compare(&mut format!("/{field}"), Some(left), Some(right));
        if let Some(last) = finder.found.last_mut() {
            last.more = finder.more;
        }
        found.append(&mut finder.found);
    }
    found
}

#[derive(Default)]
struct Finder {
    found: Vec<ValueDiff>,
    more: usize,
}

impl Finder {
    fn compare(&mut self, at: &mut String, left: Option<&Value>, right: Option<&Value>) {
        match (left, right) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                let keys: std::collections::BTreeSet<&String> =
                    left.keys().chain(right.keys()).collect();
                for key in keys {
                    let escaped = key.replace('~', "~0").replace('/', "~1");
                    self.below(at, &escaped, left.get(key), right.get(key));
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) => {
                for index in 0..left.len().max(right.len()) {
                    let key = index.to_string();
                    self.below(at, &key, left.get(index), right.get(index));
                }
            }
            _ if same(left, right) => {}
            _ if self.found.len() < MOST => self.found.push(ValueDiff {
                pointer: printable(at, 400),
                left: left.map(excerpt),
                right: right.map(excerpt),
                more: 0,
            }),
            _ => self.more += 1,
        }
    }

    fn below(&mut self, at: &mut String, key: &str, left: Option<&Value>, right: Option<&Value>) {
        let end = at.len();
        at.push('/');
        at.push_str(key);
        self.compare(at, left, right);
        at.truncate(end);
    }
}

/// As they are written: `1` and `1.0` are two values, and so are `0.0` and `-0.0`.
fn same(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            left.to_string() == right.to_string()
        }
        (left, right) => left == right,
    }
}

fn excerpt(value: &Value) -> String {
    printable(&value.to_string(), LONGEST)
}
