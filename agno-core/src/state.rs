//! The typed state of a session: what a step sees, and what it changed.

use std::{any::Any, collections::BTreeMap, sync::Arc};

use agno_storage::{FieldChange, Json, KeyChange, Operation, SessionFields, StateDelta, digest};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::{bounds::StateData, value::Unsaved};

/// The state of a session. Write `#[agno::data]` and `#[derive(Default, State)]` above the struct: the first brings
/// `Clone`, `Serialize` and `Deserialize` from the library.
///
/// A step that takes `&mut S` works on its own copy. What it changed is merged into the session
/// in the same commit as its result; a failed attempt changes nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state",
    label = "this is the state of a session",
    note = "write `#[agno::data] #[derive(Default, State)]` above `{Self}`"
)]
pub trait State: StateData {
    /// The fields, by the names that serde writes, with their merge rules.
    const FIELDS: &'static [Field];
}

/// The fields of a state, which is what the derive writes. The condition stands here and not there, so that rustc weighs it
/// where the state is used: what the struct lacks is one error there, and not one for each derive. Nor can a derive say
/// `diagnostic::`, which a module of the user's may be called.
pub trait StateFields {
    /// As [`State::FIELDS`].
    const FIELDS: &'static [Field];
}

#[diagnostic::do_not_recommend]
impl<S: StateData + StateFields> State for S {
    const FIELDS: &'static [Field] = <S as StateFields>::FIELDS;
}

/// A field of a state.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    name: &'static str,
    merge: Merge,
}

impl Field {
    /// A field with its rule.
    pub const fn new(name: &'static str, merge: Merge) -> Self {
        Self { name, merge }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn merge(&self) -> Merge {
        self.merge
    }
}

/// How changes of one field by two steps at once come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// They do not: the second is refused, and nothing is lost.
    Conflict,
    /// Items that were added to a list are added after each other.
    Append,
    /// Items or keys that were added come together; each item once.
    Union,
    /// Differences of a number add up.
    Sum,
    /// The larger stays.
    Max,
    /// The smaller stays.
    Min,
    /// The one that is recorded last stays.
    Last,
}

/// Fits `#[merge(append)]`.
#[diagnostic::on_unimplemented(
    message = "`#[merge(append)]` does not fit `{Self}`",
    label = "this rule takes a list: `Vec`, `VecDeque`",
    note = "a set or a map takes `union`, a number `sum`, `max`, `min` or `last`, anything else `last`"
)]
pub trait MergeAppend {
    /// Does nothing: that it can be named is the check.
    #[doc(hidden)]
    fn fits() {}
}

/// Fits `#[merge(union)]`.
#[diagnostic::on_unimplemented(
    message = "`#[merge(union)]` does not fit `{Self}`",
    label = "this rule takes a list, a set, or a map with text keys",
    note = "a number takes `sum`, `max`, `min` or `last`, anything else `last`"
)]
pub trait MergeUnion {
    /// Does nothing: that it can be named is the check.
    #[doc(hidden)]
    fn fits() {}
}

/// Fits `#[merge(sum)]`.
#[diagnostic::on_unimplemented(
    message = "`#[merge(sum)]` does not fit `{Self}`",
    label = "this rule takes a number",
    note = "a list takes `append` or `union`, a set or a map `union`, anything else `last`"
)]
pub trait MergeSum {
    /// Does nothing: that it can be named is the check.
    #[doc(hidden)]
    fn fits() {}
}

/// Fits `#[merge(max)]` and `#[merge(min)]`.
#[diagnostic::on_unimplemented(
    message = "`#[merge(max)]` and `#[merge(min)]` do not fit `{Self}`",
    label = "these rules take a number or a text, or an `Option` of one"
)]
pub trait MergeExtreme {
    /// Does nothing: that it can be named is the check.
    #[doc(hidden)]
    fn fits() {}
}

impl<T> MergeAppend for Vec<T> {}
impl<T> MergeAppend for std::collections::VecDeque<T> {}
impl<T> MergeUnion for Vec<T> {}
impl<T> MergeUnion for std::collections::BTreeSet<T> {}
impl<T, S> MergeUnion for std::collections::HashSet<T, S> {}
impl<T, V> MergeUnion for BTreeMap<T, V> {}
impl<T, V, S> MergeUnion for std::collections::HashMap<T, V, S> {}

macro_rules! numbers {
    ($($T:ty),+) => { $(impl MergeSum for $T {} impl MergeExtreme for $T {})+ };
}
numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);
impl MergeExtreme for String {}
impl<T: MergeExtreme> MergeExtreme for Option<T> {}

/// Where a step finds its state. Filled when the step first asks for it.
pub struct StateSlot {
    fields: Arc<SessionFields>,
    taken: Option<Taken>,
}

/// Writes a state, whose type it knows, as its fields.
type After = fn(&(dyn Any + Send)) -> Result<Map<String, Value>, String>;

struct Taken {
    before: Map<String, Value>,
    value: Box<dyn Any + Send>,
    after: After,
    rules: &'static [Field],
}

/// Thrown by [`state`] when what is stored is not an `S` any more, caught where the step runs.
pub(crate) struct UnreadableState(pub(crate) String);

impl StateSlot {
    pub(crate) fn new(fields: Arc<SessionFields>) -> Self {
        Self {
            fields,
            taken: None,
        }
    }

    /// The state, for a step to read and change.
    pub(crate) fn get<S: State>(&mut self) -> &mut S {
        if self.taken.is_none() {
            let loaded = load::<S>(&self.fields).and_then(|value| {
                let before = to_map(&value)?;
                Ok((value, before))
            });
            let (value, before) = match loaded {
                Ok(loaded) => loaded,
                Err(error) => std::panic::resume_unwind(Box::new(UnreadableState(error))),
            };
            self.taken = Some(Taken {
                before,
                value: Box::new(value),
                after: |value| match value.downcast_ref::<S>() {
                    Some(state) => to_map(state),
                    None => Err("the state changed its type".to_owned()),
                },
                rules: S::FIELDS,
            });
        }
        let value = self
            .taken
            .as_mut()
            .and_then(|taken| taken.value.downcast_mut::<S>());
        // One impl has one state type: the generated code spells it twice and rustc compares.
        value.expect("a workflow has one state type")
    }

    /// The fields of the state, for one who only reads it.
    pub(crate) fn fields<S: State>(&self) -> Result<Map<String, Value>, String> {
        let taken = self.taken.as_ref();
        match taken.and_then(|taken| taken.value.downcast_ref::<S>()) {
            Some(state) => to_map(state),
            None => to_map(&load::<S>(&self.fields)?),
        }
    }

    /// What the step changed, and by whom, which is asked only if it took the state.
    pub(crate) fn changes(&self, by: impl FnOnce() -> Arc<str>) -> Result<Changes, String> {
        let Some(taken) = &self.taken else {
            return Ok(Changes::default());
        };
        let after = (taken.after)(&*taken.value)?;
        Changes::between(&self.fields, &taken.before, &after, taken.rules, &by())
    }
}

impl std::fmt::Debug for StateSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateSlot")
            .field("fields", &self.fields.len())
            .finish_non_exhaustive()
    }
}

/// The fields that differ, and the change they make together.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) delta: StateDelta,
    /// Before and after of every changed field, for a conflict to keep.
    pub(crate) values: Vec<(Arc<str>, Value, Value)>,
}

impl Changes {
    pub(crate) fn between(
        stored: &SessionFields,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        rules: &[Field],
        by: &Arc<str>,
    ) -> Result<Self, String> {
        let mut changes = Self::default();
        for (name, new) in after {
            let old = before.get(name).unwrap_or(&Value::Null);
            if old == new {
                continue;
            }
            let field: Arc<str> = Arc::from(name.as_str());
            let rule = rules.iter().find(|rule| rule.name == name);
            let operation = operation(rule.map_or(Merge::Conflict, |rule| rule.merge), old, new)?;
            changes
                .values
                .push((field.clone(), old.clone(), new.clone()));
            let initial = match stored.contains_key(&field) {
                true => None,
                false => Some(Json::encode(old).map_err(|error| error.to_string())?),
            };
            changes.delta.changes.push(FieldChange {
                field,
                by: by.clone(),
                initial,
                operation,
            });
        }
        Ok(changes)
    }
}

fn operation(rule: Merge, old: &Value, new: &Value) -> Result<Operation, String> {
    let json = |value: &Value| Json::encode(value).map_err(|error| error.to_string());
    // A change that its rule cannot express (an item was removed from a list that appends)
    // replaces the value, and conflicts with any other change.
    let set = || -> Result<Operation, String> {
        Ok(Operation::Set {
            expected: Some(digest(&json(old)?)),
            value: json(new)?,
        })
    };
    match (rule, old, new) {
        (Merge::Last, _, _) => Ok(Operation::Replace { value: json(new)? }),
        (Merge::Max, _, _) => Ok(Operation::Max { value: json(new)? }),
        (Merge::Min, _, _) => Ok(Operation::Min { value: json(new)? }),
        (Merge::Append, Value::Array(old), Value::Array(new)) if new.starts_with(old) => {
            let items = new[old.len()..]
                .iter()
                .map(json)
                .collect::<Result<_, _>>()?;
            Ok(Operation::Append { items })
        }
        (Merge::Union, Value::Array(old), Value::Array(new))
            if old.iter().all(|item| new.contains(item)) =>
        {
            let added = new.iter().filter(|item| !old.contains(item));
            let items = added.map(json).collect::<Result<_, _>>()?;
            Ok(Operation::Union {
                items,
                keys: Vec::new(),
            })
        }
        (Merge::Union, Value::Object(old), Value::Object(new)) => Ok(Operation::Union {
            items: Vec::new(),
            keys: key_changes(old, new)?,
        }),
        (Merge::Sum, Value::Number(old), Value::Number(new)) => match difference(old, new) {
            Some(by) => Ok(Operation::Sum {
                by: json(&Value::Number(by))?,
            }),
            None => set(),
        },
        _ => set(),
    }
}

fn key_changes(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<Vec<KeyChange>, String> {
    let json = |value: &Value| Json::encode(value).map_err(|error| error.to_string());
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut changes = Vec::new();
    for key in names {
        if old.get(key) != new.get(key) {
            let expected = old.get(key).map(json).transpose()?;
            changes.push(KeyChange {
                key: key.clone(),
                expected: expected.as_ref().map(digest),
                value: new.get(key).map(json).transpose()?,
            });
        }
    }
    Ok(changes)
}

fn difference(old: &Number, new: &Number) -> Option<Number> {
    let whole = |n: &Number| {
        n.as_i64()
            .map(i128::from)
            .or_else(|| n.as_u64().map(i128::from))
    };
    match (whole(old), whole(new)) {
        (Some(old), Some(new)) => {
            let by = new - old;
            i64::try_from(by)
                .map(Number::from)
                .or_else(|_| u64::try_from(by).map(Number::from))
                .ok()
        }
        _ => Number::from_f64(new.as_f64()? - old.as_f64()?),
    }
}

pub(crate) fn to_map<S: Serialize>(state: &S) -> Result<Map<String, Value>, String> {
    match serde_json::to_value(state) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err("a state is a struct with named fields".to_owned()),
        Err(error) => Err(match unsaved_field(state) {
            Some(field) => {
                format!(
                    "`{field}` of the state cannot be saved as JSON: {}",
                    Unsaved(&error)
                )
            }
            None => format!("the state cannot be saved as JSON: {}", Unsaved(&error)),
        }),
    }
}

/// The field that has no JSON form.
fn unsaved_field<S: Serialize>(state: &S) -> Option<String> {
    let tried = serde_path_to_error::serialize(state, serde_json::value::Serializer);
    match tried.err()?.path().iter().next()? {
        serde_path_to_error::Segment::Map { key } => Some(key.clone()),
        _ => None,
    }
}

/// The state that the fields make up. A missing field has its default.
pub(crate) fn load<S: State>(fields: &SessionFields) -> Result<S, String> {
    if fields.is_empty() {
        return Ok(S::default());
    }
    let mut map = to_map(&S::default())?;
    for (name, field) in fields {
        // Fields of an older or newer version stay in the store and are not shown to this one.
        if map.contains_key(&**name) || S::FIELDS.iter().any(|known| known.name == &**name) {
            map.insert(name.to_string(), field.value.to_value());
        }
    }
    let name = std::any::type_name::<S>();
    serde_path_to_error::deserialize(Value::Object(map)).map_err(|error| {
        let (field, problem) = (error.path().to_string(), error.inner());
        format!(
            "what the session holds at `{field}` does not fit `{name}`: {problem}; \
             give a field whose type has changed another name, or the run another session"
        )
    })
}

/// The fields as a run writes them down when it begins.
pub(crate) fn snapshot(fields: &SessionFields) -> Option<Json> {
    if fields.is_empty() {
        return None;
    }
    Json::encode(fields).ok()
}

/// The fields that a run wrote down when it began.
pub(crate) fn restore(snapshot: Option<&Json>) -> serde_json::Result<SessionFields> {
    snapshot.map_or_else(|| Ok(SessionFields::new()), Json::decode)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Serialize)]
    struct Seen {
        pages: u32,
        links: HashMap<(String, u32), u32>,
    }

    #[test]
    fn a_field_that_cannot_be_saved_is_named_with_the_cause() {
        let empty = Seen {
            pages: 1,
            links: HashMap::new(),
        };
        assert_eq!(to_map(&empty).expect("is JSON").len(), 2);
        let links = HashMap::from([(("a".to_owned(), 1), 2)]);
        let problem = to_map(&Seen { links, ..empty }).expect_err("has a tuple as a key");
        assert_eq!(
            problem,
            "`links` of the state cannot be saved as JSON: key must be a string \
             (the keys of a map are texts or numbers; write a list of pairs)"
        );
    }
}
