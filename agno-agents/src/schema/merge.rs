//! Schemas put into one: what stands beside a `$ref`, flattened structs and flattened enums.

use serde_json::{Map, Value};

use super::walk::resolve;

/// Most alternatives that flattened enums are multiplied out to.
const MOST_ALTERNATIVES: usize = 64;
/// Deepest nest of definitions put in place of their names.
const DEEPEST: usize = 6;
/// Most schemas that are put into others, in one rewrite.
const MOST_MERGES: u32 = 10_000;

/// More than can be written out.
#[derive(Debug)]
pub(super) struct TooLarge;

pub(super) struct Merge<'a> {
    root: &'a Value,
    /// The definitions that stand in place of their names around the schema at hand.
    inside: Vec<String>,
    merges: u32,
}

impl<'a> Merge<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self {
            root,
            inside: Vec::new(),
            merges: 0,
        }
    }

    /// The schema without `$ref`, `allOf` and `oneOf`. `None` if it is a name that has to stay, for
    /// the type contains itself. After `Some`, [`leave`](Self::leave) ends a `$ref`'s scope.
    pub(super) fn flat(
        &mut self,
        raw: &Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, TooLarge> {
        let Some(reference) = raw.get("$ref").and_then(Value::as_str) else {
            return self.flattened(raw, 0).map(Some);
        };
        let shapes = ["properties", "anyOf", "oneOf", "allOf"];
        let has_to = shapes.into_iter().any(|key| raw.contains_key(key));
        let circle = self.inside.iter().any(|inside| inside == reference);
        if circle || self.inside.len() >= DEEPEST || resolve(self.root, reference).is_none() {
            return if has_to { Err(TooLarge) } else { Ok(None) };
        }
        let flat = self.flattened(raw, 0)?;
        self.inside.push(reference.to_owned());
        Ok(Some(flat))
    }

    /// Ends the scope that [`flat`](Self::flat) opened for a `$ref`.
    pub(super) fn leave(&mut self, reference: Option<&str>) {
        if reference.is_some() {
            self.inside.pop();
        }
    }

    fn flattened(
        &mut self,
        raw: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, TooLarge> {
        self.merges += 1;
        if depth > 32 || self.merges > MOST_MERGES {
            return Err(TooLarge);
        }
        let mut flat = raw.clone();
        if let Some(one) = flat.remove("oneOf") {
            let one = Map::from_iter([("anyOf".to_owned(), one)]);
            flat = self.both(&flat, &one, depth)?;
        }
        if let Some(reference) = flat.remove("$ref") {
            let target = reference.as_str().and_then(|name| resolve(self.root, name));
            let Some(Value::Object(target)) = target else {
                return Err(TooLarge);
            };
            let mut target = target.clone();
            target.remove("$defs");
            target.remove("$schema");
            let target = self.flattened(&target, depth + 1)?;
            flat = self.both(&target, &flat, depth)?;
        }
        if let Some(Value::Array(parts)) = flat.remove("allOf") {
            for part in &parts {
                if let Value::Object(part) = part {
                    let part = self.flattened(part, depth + 1)?;
                    let described = flat.get("description").cloned();
                    flat = self.both(&flat, &part, depth)?;
                    if let Some(description) = described {
                        flat.insert("description".to_owned(), description);
                    }
                }
            }
        }
        // A flattened enum: every alternative has the struct's own fields as well.
        if flat.contains_key("properties")
            && let Some(Value::Array(any)) = flat.remove("anyOf")
        {
            let mut base = flat.clone();
            base.remove("description");
            base.remove("title");
            base.remove("$defs");
            base.remove("$schema");
            let mut each = Vec::with_capacity(any.len());
            for one in &any {
                if let Value::Object(one) = one {
                    let one = self.flattened(one, depth + 1)?;
                    each.push(Value::Object(self.both(&base, &one, depth)?));
                }
            }
            flat.retain(|key, _| key == "description" || key == "title");
            flat.insert("anyOf".to_owned(), Value::Array(each));
        }
        Ok(flat)
    }

    /// A schema that says what both say; where they differ, the second counts.
    fn both(
        &mut self,
        first: &Map<String, Value>,
        second: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, TooLarge> {
        let mut both = first.clone();
        for (key, value) in second {
            let merged = match (key.as_str(), first.get(key), value) {
                ("properties", Some(Value::Object(known)), Value::Object(more)) => {
                    let mut known = known.clone();
                    known.extend(more.clone());
                    Value::Object(known)
                }
                ("required", Some(Value::Array(known)), Value::Array(more)) => {
                    let mut known = known.clone();
                    known.extend(
                        more.iter()
                            .filter(|name| !known.contains(name))
                            .cloned()
                            .collect::<Vec<_>>(),
                    );
                    Value::Array(known)
                }
                // One closed part does not close the whole, but a map among the parts opens it.
                ("additionalProperties", Some(known), Value::Bool(false)) => known.clone(),
                ("anyOf", Some(Value::Array(known)), Value::Array(more)) => {
                    self.product(known, more, depth)?
                }
                _ => value.clone(),
            };
            both.insert(key.clone(), merged);
        }
        Ok(both)
    }

    fn product(
        &mut self,
        known: &[Value],
        more: &[Value],
        depth: usize,
    ) -> Result<Value, TooLarge> {
        if known.len().saturating_mul(more.len()) > MOST_ALTERNATIVES {
            return Err(TooLarge);
        }
        let mut each = Vec::new();
        for one in known.iter().filter_map(Value::as_object) {
            for other in more.iter().filter_map(Value::as_object) {
                let one = self.flattened(one, depth + 1)?;
                let other = self.flattened(other, depth + 1)?;
                each.push(Value::Object(self.both(&one, &other, depth + 1)?));
            }
        }
        Ok(Value::Array(each))
    }
}
