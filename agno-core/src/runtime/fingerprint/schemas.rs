//! Whether what was recorded of one type reads as another.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What becomes of a recorded value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reads {
    /// It is read as the new type.
    Again,
    /// It is compared with one of the new type: a field that is gone is missed.
    Compared,
}

/// Types inside types, and so deep at most: a type may hold itself.
const DEEPEST: usize = 24;

/// Why not every value of the old schema reads as the new one; nothing when it does. Limits of
/// values (lengths, ranges, patterns) are no part of it.
pub(super) fn misfits(old: &Value, new: &Value, reads: Reads) -> Vec<String> {
    let mut walk = Walk {
        old,
        new,
        reads,
        problems: Vec::new(),
    };
    walk.compare(old, new, "", 0);
    walk.problems
}

struct Walk<'a> {
    old: &'a Value,
    new: &'a Value,
    reads: Reads,
    problems: Vec<String>,
}

impl<'a> Walk<'a> {
    fn compare(&mut self, old: &'a Value, new: &'a Value, at: &str, depth: usize) {
        let (old, new) = (resolve(old, self.old), resolve(new, self.new));
        if depth > DEEPEST || is_anything(new) {
            return;
        }
        if let Some(options) = options(old) {
            for option in options {
                self.compare(option, new, at, depth + 1);
            }
            return;
        }
        if let Some(options) = options(new) {
            self.one_of(old, options, at, depth);
            return;
        }
        let (had, has) = (types(old), types(new));
        let missing = had.iter().find(|kind| {
            let is_number = **kind == "integer" && has.contains("number");
            !has.is_empty() && !has.contains(*kind) && !is_number
        });
        if let Some(kind) = missing {
            self.problem(at, &format!("was {kind}, and is {}", join(&has)));
            return;
        }
        if had.is_empty() && !has.is_empty() && values(old).is_none() {
            self.problem(at, &format!("was anything, and is {}", join(&has)));
            return;
        }
        self.values(old, new, at);
        self.width(old, new, at);
        if let (Some(old), Some(new)) = (old.as_object(), new.as_object()) {
            self.fields(old, new, at, depth);
            if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
                self.compare(old, new, &format!("{at}/*"), depth + 1);
            }
            self.tuple(old, new, at, depth);
        }
    }

    /// Fits if one of the options takes it; else it is told of the one that comes nearest.
    fn one_of(&mut self, old: &'a Value, options: &'a [Value], at: &str, depth: usize) {
        let mut nearest: Option<Vec<String>> = None;
        for option in options {
            let mut walk = Walk {
                problems: Vec::new(),
                ..*self
            };
            walk.compare(old, option, at, depth + 1);
            if walk.problems.is_empty() {
                return;
            }
            let is_nearer = nearest
                .as_ref()
                .is_none_or(|nearest| walk.problems.len() < nearest.len());
            if is_nearer {
                nearest = Some(walk.problems);
            }
        }
        self.problems.extend(nearest.unwrap_or_default());
    }

    fn fields(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        at: &str,
        depth: usize,
    ) {
        let (had, has) = (properties(old), properties(new));
        let (was_required, is_required) = (required(old), required(new));
        for (name, schema) in had.into_iter().flatten() {
            let at = format!("{at}/{name}");
            match has.and_then(|has| has.get(name)) {
                Some(now) => {
                    self.compare(schema, now, &at, depth + 1);
                    if is_required.contains(&**name) && !was_required.contains(&**name) {
                        self.problem(&at, "may be missing, and is required now");
                    }
                }
                None if self.reads == Reads::Compared && !is_anything_beside(new) => {
                    self.problem(&at, "is gone");
                }
                None => {}
            }
        }
        let is_new = |name: &&&String| had.is_none_or(|had| !had.contains_key(**name));
        let names = has.into_iter().flat_map(Map::keys);
        let names: Vec<_> = names.collect();
        for name in names.iter().filter(is_new) {
            if is_required.contains(name.as_str()) {
                self.problem(&format!("{at}/{name}"), "is new, and required");
            }
        }
        if let (Some(old), Some(new)) = (
            old.get("additionalProperties").filter(|of| of.is_object()),
            new.get("additionalProperties").filter(|of| of.is_object()),
        ) {
            self.compare(old, new, &format!("{at}/*"), depth + 1);
        }
    }

    fn tuple(
        &mut self,
        old: &'a Map<String, Value>,
        new: &'a Map<String, Value>,
        at: &str,
        depth: usize,
    ) {
        let items = |schema: &'a Map<String, Value>| schema.get("prefixItems")?.as_array();
        match (items(old), items(new)) {
            (Some(old), Some(new)) if old.len() == new.len() => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.compare(old, new, &format!("{at}/{index}"), depth + 1);
                }
            }
            (None, None) => {}
            (had, has) => {
                let count = |items: Option<&'a Vec<Value>>| items.map_or(0, Vec::len);
                let (had, has) = (count(had), count(has));
                self.problem(at, &format!("had {had} items by place, and has {has}"));
            }
        }
    }

    /// Values that are named one by one: the variants of an enum.
    fn values(&mut self, old: &Value, new: &Value, at: &str) {
        let Some(allowed) = values(new) else {
            return;
        };
        match values(old) {
            Some(had) => {
                for gone in had.iter().filter(|value| !allowed.contains(value)) {
                    self.problem(at, &format!("could be {gone}, and cannot any more"));
                }
            }
            None => self.problem(at, "was free, and is one of a few values now"),
        }
    }

    /// How large a number may be, as its Rust type says.
    fn width(&mut self, old: &Value, new: &Value, at: &str) {
        let format = |schema: &'_ Value| schema.get("format")?.as_str().map(str::to_owned);
        let (Some(had), Some(has)) = (format(old), format(new)) else {
            return;
        };
        let fits = match (range(&had), range(&has)) {
            (Some(had), Some(has)) => has.0 <= had.0 && had.1 <= has.1,
            _ => !(had == "double" && has == "float"),
        };
        if !fits {
            self.problem(at, &format!("was {had}, and is {has}"));
        }
    }

    fn problem(&mut self, at: &str, what: &str) {
        let at = if at.is_empty() { "it" } else { at };
        let what = format!("{at} {what}: what runs have recorded does not fit");
        if !self.problems.contains(&what) {
            self.problems.push(what);
        }
    }
}

fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..DEEPEST {
        let at = schema.get("$ref").and_then(Value::as_str);
        match at.and_then(|at| root.pointer(at.strip_prefix('#')?)) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

fn options(schema: &Value) -> Option<&[Value]> {
    let named = |name| schema.get(name).and_then(Value::as_array);
    named("anyOf").or_else(|| named("oneOf")).map(Vec::as_slice)
}

fn is_anything(schema: &Value) -> bool {
    match schema {
        Value::Bool(all) => *all,
        Value::Object(fields) => {
            let says_nothing = |name: &String| {
                matches!(
                    name.as_str(),
                    "title" | "description" | "default" | "examples" | "$defs" | "$schema"
                )
            };
            fields.keys().all(says_nothing)
        }
        _ => false,
    }
}

/// Whether fields that are not named are taken as well: a map.
fn is_anything_beside(schema: &Map<String, Value>) -> bool {
    schema
        .get("additionalProperties")
        .is_some_and(|beside| *beside != Value::Bool(false))
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => BTreeSet::from([kind.as_str()]),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn properties(schema: &Map<String, Value>) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn values(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => Some(vec![one]),
        (None, Some(Value::Array(many))) => Some(many.iter().collect()),
        _ => None,
    }
}

/// The range of an integer's Rust type, as schemars names it: `uint8`, `int64`, `uint`.
fn range(format: &str) -> Option<(i128, i128)> {
    let bits = |digits: &str| match digits {
        "" => Some(64),
        digits => digits.parse::<u32>().ok().filter(|bits| *bits <= 64),
    };
    if let Some(digits) = format.strip_prefix("uint") {
        return Some((0, (1_i128 << bits(digits)?) - 1));
    }
    let half = 1_i128 << (bits(format.strip_prefix("int")?)? - 1);
    Some((-half, half - 1))
}

fn join(types: &BTreeSet<&str>) -> String {
    let types: Vec<&str> = types.iter().copied().collect();
    types.join(" or ")
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, schema_for};

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Before {
        /// What it is called.
        title: String,
        pages: u32,
        note: Option<String>,
    }

    fn between<A: JsonSchema, B: JsonSchema>(reads: Reads) -> Vec<String> {
        misfits(schema_for!(A).as_value(), schema_for!(B).as_value(), reads)
    }

    #[test]
    fn words_limits_and_optional_fields_are_no_matter() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is of interest")]
        struct After {
            /// The title.
            #[schemars(length(min = 3))]
            title: String,
            pages: u64,
            note: Option<String>,
            also: Option<u8>,
            #[serde(default)]
            count: u8,
        }
        assert_eq!(between::<Before, After>(Reads::Compared), [""; 0]);
        let back = between::<After, Before>(Reads::Again);
        assert_eq!(back.len(), 1, "{back:?}");
        assert!(
            back[0].starts_with("/pages was uint64, and is uint32"),
            "{back:?}"
        );
        assert_eq!(between::<After, Before>(Reads::Compared).len(), 3);
    }

    #[test]
    fn what_is_required_or_of_another_kind_does_not_fit() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is of interest")]
        struct After {
            title: Vec<String>,
            pages: Option<u32>,
            note: String,
            more: bool,
        }
        let problems = between::<Before, After>(Reads::Again);
        let said = |words: &str| problems.iter().any(|problem| problem.starts_with(words));
        assert!(said("/title was string, and is array"), "{problems:?}");
        assert!(said("/note was null, and is string"), "{problems:?}");
        assert!(said("/more is new, and required"), "{problems:?}");
        assert!(!said("/pages"), "{problems:?}");
    }

    #[test]
    fn an_enum_may_grow_and_not_shrink() {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is of interest")]
        enum Few {
            A,
            B { n: u8 },
        }
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "only its schema is of interest")]
        enum More {
            A,
            C,
            B { n: u8 },
        }
        assert_eq!(between::<Few, More>(Reads::Again), [""; 0]);
        let fewer = between::<More, Few>(Reads::Again);
        assert_eq!(fewer.len(), 1, "{fewer:?}");
    }
}
