//! Session state: fields, changes of fields, and how a change is merged.
//!
//! A step works on its own copy. What it changed is told as one [`FieldChange`] per field, small
//! where the field's merge rule allows it, and merged into the session by the store. The same
//! function merges it into the run's own view, so that both agree.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{Json, canonical};

/// The fields of a session's state, by name.
pub type SessionFields = BTreeMap<Arc<str>, FieldValue>;

/// One field of a session's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldValue {
    /// Its value.
    pub value: Json,
    /// Who changed it last: run and path of the step.
    pub by: Arc<str>,
}

/// What a step changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateDelta {
    /// One change per field that differs.
    pub changes: Vec<FieldChange>,
}

/// The change of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field.
    pub field: Arc<str>,
    /// Who changed it: run and path of the step.
    pub by: Arc<str>,
    /// What the field holds as long as nothing is stored: its default.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub initial: Option<Json>,
    /// How.
    pub operation: Operation,
}

/// How a field changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Replace the value, if it is still the one that the step saw.
    Set {
        /// Digest of the value that the step saw; `None` if there was none.
        expected: Option<Arc<str>>,
        /// The new value.
        value: Json,
    },
    /// Replace the value, whatever it is: `#[merge(last)]`.
    Replace {
        /// The new value.
        value: Json,
    },
    /// Add items at the end of a list: `#[merge(append)]`.
    Append {
        /// The items.
        items: Vec<Json>,
    },
    /// Add the items that are not there yet, or keys of a map: `#[merge(union)]`.
    Union {
        /// Items of a list, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<Json>,
        /// Keys of a map.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keys: Vec<KeyChange>,
    },
    /// Add to a number: `#[merge(sum)]`.
    Sum {
        /// What to add; may be negative.
        by: Json,
    },
    /// Keep the larger: `#[merge(max)]`.
    Max {
        /// The candidate.
        value: Json,
    },
    /// Keep the smaller: `#[merge(min)]`.
    Min {
        /// The candidate.
        value: Json,
    },
}

/// The change of one key of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// Digest of the value that the step saw; `None` if the key was absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Arc<str>>,
    /// The new value; `None` removes the key.
    #[serde(
        default,
        deserialize_with = "crate::json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<Json>,
}

/// Two writers changed one field and no rule says how to merge.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("state field `{field}` was changed by {first} and by {second}: {reason}")]
pub struct MergeConflict {
    /// The field.
    pub field: Arc<str>,
    /// Who changed it first: run and path of the step.
    pub first: Arc<str>,
    /// Who came second and was refused.
    pub second: Arc<str>,
    /// Why the two do not merge.
    pub reason: String,
}

/// Digest of a value by its canonical form, for comparing what a step saw with what is there.
pub fn digest(value: &Json) -> Arc<str> {
    Arc::from(&blake3::hash(canonical(value).as_bytes()).to_hex()[..24])
}

impl StateDelta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The fields as they are after this change. Only the changed fields are answered.
    ///
    /// # Errors
    ///
    /// [`MergeConflict`] names the first field that does not merge; nothing is changed then.
    pub fn merged(&self, fields: &SessionFields) -> Result<SessionFields, MergeConflict> {
        let mut changed = SessionFields::new();
        for change in &self.changes {
            let current = changed
                .get(&change.field)
                .or_else(|| fields.get(&change.field));
            let value = change.merge(current)?;
            let by = change.by.clone();
            changed.insert(change.field.clone(), FieldValue { value, by });
        }
        Ok(changed)
    }
}

impl FieldChange {
    fn merge(&self, current: Option<&FieldValue>) -> Result<Json, MergeConflict> {
        let conflict = |reason: String| MergeConflict {
            field: self.field.clone(),
            first: current.map_or_else(|| Arc::from("nobody"), |field| field.by.clone()),
            second: self.by.clone(),
            reason,
        };
        let now = current.map(|field| &field.value).or(self.initial.as_ref());
        match &self.operation {
            Operation::Replace { value } => Ok(value.clone()),
            Operation::Set { expected, value } => {
                if now.map(digest) == *expected {
                    Ok(value.clone())
                } else {
                    Err(conflict("it has no `#[merge(..)]` rule".to_owned()))
                }
            }
            Operation::Append { items } => {
                let mut list = list_of(now).map_err(conflict)?;
                list.extend(items.iter().map(Json::to_value));
                encode(&Value::Array(list)).map_err(conflict)
            }
            Operation::Union { items, keys } => {
                if keys.is_empty() {
                    let mut list = list_of(now).map_err(conflict)?;
                    for item in items.iter().map(Json::to_value) {
                        if !list.contains(&item) {
                            list.push(item);
                        }
                    }
                    encode(&Value::Array(list)).map_err(conflict)
                } else {
                    let mut map = map_of(now).map_err(conflict)?;
                    for change in keys {
                        change.apply(&mut map).map_err(conflict)?;
                    }
                    encode(&Value::Object(map)).map_err(conflict)
                }
            }
            Operation::Sum { by } => sum(now, by).map_err(conflict),
            Operation::Max { value } => extreme(now, value, false).map_err(conflict),
            Operation::Min { value } => extreme(now, value, true).map_err(conflict),
        }
    }
}

impl KeyChange {
    fn apply(&self, map: &mut Map<String, Value>) -> Result<(), String> {
        let found = match map.get(&self.key) {
            Some(value) => Some(digest(&encode(value)?)),
            None => None,
        };
        if found != self.expected {
            // Two that add the same key with the same value agree. Two that change one do not,
            // even to the same value: each may have counted from what it saw.
            let agrees = self.expected.is_none() && found == self.value.as_ref().map(digest);
            if agrees {
                return Ok(());
            }
            return Err(format!("both changed its key `{}`", self.key));
        }
        match &self.value {
            Some(value) => {
                map.insert(self.key.clone(), value.to_value());
            }
            None => {
                map.remove(&self.key);
            }
        }
        Ok(())
    }
}

fn encode(value: &Value) -> Result<Json, String> {
    Json::encode(value).map_err(|error| error.to_string())
}

fn list_of(value: Option<&Json>) -> Result<Vec<Value>, String> {
    match value.map(Json::to_value) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err("it holds no list, and its rule merges lists".to_owned()),
    }
}

fn map_of(value: Option<&Json>) -> Result<Map<String, Value>, String> {
    match value.map(Json::to_value) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err("it holds no map, and its rule merges maps".to_owned()),
    }
}

fn number_of(value: &Json) -> Result<Number, String> {
    match value.to_value() {
        Value::Number(number) => Ok(number),
        _ => Err("it holds no number, and its rule merges numbers".to_owned()),
    }
}

/// A number as a whole one, if it is.
fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// A whole number as JSON, if JSON numbers here hold it.
fn from_whole(whole: i128) -> Option<Number> {
    i64::try_from(whole)
        .map(Number::from)
        .or_else(|_| u64::try_from(whole).map(Number::from))
        .ok()
}

fn sum(now: Option<&Json>, by: &Json) -> Result<Json, String> {
    let left = now.map_or_else(|| Ok(Number::from(0)), number_of)?;
    let right = number_of(by)?;
    let overflow = || format!("{left} and {right} add up to more than a number holds");
    let total = match (whole(&left), whole(&right)) {
        (Some(a), Some(b)) => a.checked_add(b).and_then(from_whole).ok_or_else(overflow)?,
        _ => match (left.as_f64(), right.as_f64()) {
            (Some(a), Some(b)) => Number::from_f64(a + b).ok_or_else(overflow)?,
            _ => return Err(overflow()),
        },
    };
    encode(&Value::Number(total))
}

fn extreme(now: Option<&Json>, candidate: &Json, smaller: bool) -> Result<Json, String> {
    let Some(now) = now else {
        return Ok(candidate.clone());
    };
    let (a, b) = (now.to_value(), candidate.to_value());
    let order = match (&a, &b) {
        (Value::Number(a), Value::Number(b)) => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => {
                let (a, b) = (a.as_f64().unwrap_or(0.0), b.as_f64().unwrap_or(0.0));
                a.total_cmp(&b)
            }
        },
        // Dates and times in RFC 3339 sort as text.
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Null, _) => return Ok(candidate.clone()),
        (_, Value::Null) => return Ok(now.clone()),
        _ => return Err("its values are neither numbers nor texts".to_owned()),
    };
    let keep = if smaller {
        order.is_le()
    } else {
        order.is_ge()
    };
    Ok(if keep { now.clone() } else { candidate.clone() })
}
