//! A schema as it comes from a type, rewritten to what providers hold a model to.
//!
//! The rules are those of OpenAI's "Structured Outputs" guide and of Anthropic's page of the same
//! name: closed objects, a short list of keywords, no `oneOf`, nothing beside a `$ref`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    error::{Obstacle, SchemaProblem},
    merge::{Merge, TooLarge},
    walk::{accepts_null, requires, resolve},
};
use crate::model::SchemaDialect;

/// Deepest nest of schemas, definitions included: more would be too much for the stack.
const DEEPEST: u32 = 128;

/// Where a root that is no plain object is put.
pub(super) const VALUE: &str = "value";

/// The formats of strings that providers know. All others are stripped.
const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Keywords that both dialects take as they are.
const PLAIN: [&str; 7] = [
    "type",
    "title",
    "description",
    "default",
    "enum",
    "const",
    "pattern",
];

/// Limits of values, which Anthropic does not take.
const LIMITS: [&str; 9] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// A rewritten schema.
pub(super) struct Strict {
    pub(super) schema: Value,
    /// The root was no plain object and is the property `value` of one.
    pub(super) wrapped: bool,
    /// Some field may now be `null` that could not be before.
    pub(super) nullable: bool,
}

/// Rewrites a whole schema. `name` is how paths begin.
pub(super) fn strict(
    raw: &Value,
    name: &str,
    dialect: SchemaDialect,
    open: Open,
) -> Result<Strict, Vec<SchemaProblem>> {
    let wrapped = !is_plain_object(raw);
    let mut rewrite = Rewrite {
        merge: Merge::new(raw),
        root: raw,
        dialect,
        open,
        root_reference: if wrapped {
            format!("#/$defs/{name}")
        } else {
            "#".to_owned()
        },
        root_is_named: false,
        defs: BTreeMap::new(),
        nullable: false,
        depth: 0,
        problems: Vec::new(),
    };
    let root = rewrite.schema(raw, name);
    if !rewrite.problems.is_empty() {
        return Err(rewrite.problems);
    }
    let mut defs: Map<String, Value> = rewrite.defs.into_iter().collect();
    let mut schema = if !wrapped {
        root
    } else if rewrite.root_is_named {
        defs.insert(name.to_owned(), root);
        wrap(&json!({ "$ref": rewrite.root_reference }))
    } else {
        wrap(&root)
    };
    if let Value::Object(schema) = &mut schema
        && !defs.is_empty()
    {
        schema.insert("$defs".to_owned(), Value::Object(defs));
    }
    Ok(Strict {
        schema,
        wrapped,
        nullable: rewrite.nullable,
    })
}

/// What an object without any properties is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// A struct without fields, as types have it.
    Empty,
    /// An object of any shape, as schemas written by hand mean it.
    Anything,
}

/// Whether a root may stay as it is: providers want an object that is no choice of objects.
pub(super) fn is_plain_object(schema: &Value) -> bool {
    let has = |key| schema.get(key).is_some();
    schema.get("type").is_some_and(|kind| kind == "object")
        && !["anyOf", "oneOf", "allOf", "$ref"].into_iter().any(has)
}

/// An object with one property, `value`.
pub(super) fn wrap(schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": { VALUE: schema },
        "required": [VALUE],
        "additionalProperties": false,
    })
}

struct Rewrite<'a> {
    merge: Merge<'a>,
    root: &'a Value,
    dialect: SchemaDialect,
    open: Open,
    /// What `#` is called afterwards.
    root_reference: String,
    root_is_named: bool,
    /// The definitions in use, rewritten; `null` while one is worked on.
    defs: BTreeMap<String, Value>,
    nullable: bool,
    /// How many schemas are around the one at hand.
    depth: u32,
    problems: Vec<SchemaProblem>,
}

impl Rewrite<'_> {
    fn problem(&mut self, path: &str, obstacle: Obstacle) -> Value {
        let problem = SchemaProblem {
            path: path.to_owned(),
            obstacle,
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        Value::Null
    }

    fn schema(&mut self, raw: &Value, path: &str) -> Value {
        self.depth += 1;
        let done = if self.depth > DEEPEST {
            self.problem(path, Obstacle::Size)
        } else {
            self.entered(raw, path)
        };
        self.depth -= 1;
        done
    }

    fn entered(&mut self, raw: &Value, path: &str) -> Value {
        let raw = match raw {
            Value::Object(raw) => raw,
            Value::Bool(false) => return self.problem(path, Obstacle::Nothing),
            _ => return self.problem(path, Obstacle::Anything),
        };
        if let Some(reference) = raw.get("$ref").and_then(Value::as_str)
            && raw.len() == 1
        {
            return self.reference(reference, path);
        }
        let entered = raw.get("$ref").and_then(Value::as_str).map(str::to_owned);
        match self.merge.flat(raw) {
            Ok(Some(flat)) => {
                let done = self.flat(&flat, path);
                self.merge.leave(entered.as_deref());
                done
            }
            // The type contains itself here: its name has to do, without what is said beside it.
            Ok(None) => self.reference(entered.as_deref().unwrap_or_default(), path),
            Err(TooLarge) => self.problem(path, Obstacle::Size),
        }
    }

    fn reference(&mut self, reference: &str, path: &str) -> Value {
        if reference == "#" {
            self.root_is_named = true;
            return json!({ "$ref": self.root_reference });
        }
        let name = reference
            .strip_prefix("#/$defs/")
            .or_else(|| reference.strip_prefix("#/definitions/"));
        let (Some(name), Some(target)) = (name, resolve(self.root, reference)) else {
            return self.problem(path, Obstacle::Reference);
        };
        // The pointer's escapes stay in the `$ref`, and not in the name.
        let plain = name.replace("~1", "/").replace("~0", "~");
        if !self.defs.contains_key(&plain) {
            self.defs.insert(plain.clone(), Value::Null);
            let done = self.schema(target, path);
            self.defs.insert(plain, done);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// Rewrites a schema that has neither `allOf` nor `oneOf` nor a `$ref`.
    fn flat(&mut self, flat: &Map<String, Value>, path: &str) -> Value {
        if let Some(Value::Array(kinds)) = flat.get("type")
            && self.dialect == SchemaDialect::Anthropic
            && let [kind, null] = kinds.as_slice()
            && null == "null"
        {
            let mut other = flat.clone();
            other.insert("type".to_owned(), kind.clone());
            if let Some(Value::Array(values)) = other.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            return nullable(self.flat(&other, path));
        }
        let mut done = self.keywords(flat);
        if let Some(Value::Array(any)) = flat.get("anyOf") {
            let any = any.iter().map(|one| self.schema(one, path)).collect();
            done.insert("anyOf".to_owned(), any);
            return Value::Object(done);
        }
        let is = |kind: &str| match flat.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
            Some(one) => one == kind,
            None => false,
        };
        if is("object") || flat.contains_key("properties") {
            self.object(flat, &mut done, path)
        } else if is("array") || flat.contains_key("items") || flat.contains_key("prefixItems") {
            self.array(flat, &mut done, path)
        } else if !["type", "enum", "const"]
            .into_iter()
            .any(|key| flat.contains_key(key))
        {
            let never = flat.contains_key("not");
            let obstacle = if never {
                Obstacle::Nothing
            } else {
                Obstacle::Anything
            };
            return self.problem(path, obstacle);
        } else if flat.get("enum").is_some_and(|values| values == &json!([])) {
            return self.problem(path, Obstacle::Nothing);
        }
        Value::Object(done)
    }

    /// The keywords of the schema itself. What Anthropic does not take is said in words.
    fn keywords(&self, flat: &Map<String, Value>) -> Map<String, Value> {
        let mut done = Map::new();
        let mut told = Vec::new();
        for (key, value) in flat {
            let key = key.as_str();
            let keep = if LIMITS.contains(&key) {
                let keep = match self.dialect {
                    SchemaDialect::OpenAi => true,
                    // https://platform.claude.com/docs/en/build-with-claude/structured-outputs
                    SchemaDialect::Anthropic => {
                        key == "minItems" && value.as_u64().is_some_and(|least| least <= 1)
                    }
                };
                if !keep {
                    told.push(format!("{key}: {value}"));
                }
                keep
            } else if key == "format" {
                value
                    .as_str()
                    .is_some_and(|format| FORMATS.contains(&format))
            } else {
                PLAIN.contains(&key)
            };
            if keep {
                done.insert(key.to_owned(), value.clone());
            }
        }
        if !told.is_empty() {
            let told = format!("({})", told.join(", "));
            let description = match done.get("description").and_then(Value::as_str) {
                Some(description) => format!("{description} {told}"),
                None => told,
            };
            done.insert("description".to_owned(), description.into());
        }
        done
    }

    fn object(&mut self, flat: &Map<String, Value>, done: &mut Map<String, Value>, path: &str) {
        let open = match flat.get("additionalProperties") {
            None => {
                self.open == Open::Anything
                    && !flat.contains_key("properties")
                    && path.contains(['.', '['])
            }
            Some(others) => others != &Value::Bool(false),
        };
        if open || flat.contains_key("patternProperties") {
            self.problem(path, Obstacle::Map);
        }
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, raw) in flat
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let mut property = self.schema(raw, &format!("{path}.{name}"));
            let optional = !requires(flat, name);
            if !optional || self.dialect == SchemaDialect::OpenAi {
                required.push(Value::from(name.as_str()));
                if optional && !accepts_null(self.root, raw) {
                    property = nullable(property);
                    self.nullable = true;
                }
            }
            properties.insert(name.clone(), property);
        }
        done.insert("properties".to_owned(), properties.into());
        done.insert("required".to_owned(), required.into());
        done.insert("additionalProperties".to_owned(), false.into());
    }

    fn array(&mut self, flat: &Map<String, Value>, done: &mut Map<String, Value>, path: &str) {
        if flat.contains_key("prefixItems") {
            self.problem(path, Obstacle::Tuple);
            return;
        }
        let path = format!("{path}[]");
        let items = match flat.get("items") {
            Some(items) => self.schema(items, &path),
            None => self.problem(&path, Obstacle::Anything),
        };
        done.insert("items".to_owned(), items);
    }
}

/// The schema, or `null`. What is said of it stays on top.
fn nullable(mut schema: Value) -> Value {
    let description = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("description"));
    let mut any = json!({ "anyOf": [schema, { "type": "null" }] });
    if let (Value::Object(any), Some(description)) = (&mut any, description) {
        any.insert("description".to_owned(), description);
    }
    any
}
