//! JSON of a schema, filled with what a conversation holds.

mod list;
mod schema;
mod text;
mod value;

use serde_json::{Map, Value, json};

use self::schema::{differs, kind, merged};
use super::{
    conversation::Conversation,
    sentences::{Sentence, key},
    sources::{Source, is_named},
    words::{asked, common},
};

/// Where optional parts and alternatives of alternatives are left out.
const DEEP: u32 = 5;
/// Where everything ends: a type that always contains itself has no value.
const DEEPEST: u32 = 24;
/// Most values of an answer: a schema from elsewhere may branch for ever.
const MOST_VALUES: u32 = 5_000;
const QUESTIONS: &[&str] = &[
    "query",
    "queries",
    "question",
    "questions",
    "search",
    "keyword",
];

/// What is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Arguments of a tool: what the user asks for.
    Arguments,
    /// An answer: what the sources say.
    Answer,
}

/// What a part of an answer is about.
#[derive(Clone, Copy)]
enum Scope {
    All,
    Source(usize),
    Sentence(usize),
}

pub(super) struct Fill<'a> {
    conversation: &'a Conversation<'a>,
    root: &'a Value,
    purpose: Purpose,
    given: Map<String, Value>,
    key: Vec<Sentence>,
    /// The definitions around the part at hand.
    inside: Vec<String>,
    /// How many values were made.
    made: u32,
    /// How many key sentences and numbers are used.
    told: usize,
    counted: usize,
}

impl<'a> Fill<'a> {
    pub(super) fn new(
        conversation: &'a Conversation<'a>,
        schema: &'a Value,
        purpose: Purpose,
    ) -> Self {
        let key = match purpose {
            Purpose::Arguments => Vec::new(),
            Purpose::Answer => key(&conversation.sources.sentences(), &conversation.asked, 12),
        };
        Self {
            conversation,
            root: schema,
            purpose,
            given: Map::new(),
            key,
            inside: vec!["#".to_owned()],
            made: 0,
            told: 0,
            counted: 0,
        }
    }

    /// Properties of the root whose values are known.
    pub(super) fn given(mut self, given: Map<String, Value>) -> Self {
        self.given = given;
        self
    }

    /// The whole value.
    pub(super) fn root(mut self) -> Value {
        let root = self.root;
        let mut value = self.value("value", root, Scope::All, 0);
        if let Value::Object(fields) = &mut value {
            let properties = root.get("properties").and_then(Value::as_object);
            for (name, known) in std::mem::take(&mut self.given) {
                if properties.is_some_and(|properties| properties.contains_key(&name)) {
                    // A list of addresses takes one as a list.
                    let known = match fields.get(&name) {
                        Some(Value::Array(_)) => json!([known]),
                        _ => known,
                    };
                    fields.insert(name, known);
                }
            }
        } else if self.purpose == Purpose::Arguments {
            value = Value::Object(self.given);
        }
        value
    }

    fn value(&mut self, name: &str, schema: &Value, scope: Scope, depth: u32) -> Value {
        let Value::Object(schema) = schema else {
            return self.string(name, &Map::new(), scope).into();
        };
        self.made += 1;
        if depth > DEEPEST || self.made > MOST_VALUES {
            return Value::Null;
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return self.choice(values);
        }
        let mut parts = Vec::new();
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference
                .strip_prefix('#')
                .and_then(|at| self.root.pointer(at));
            if let Some(target) = target {
                self.inside.push(reference.to_owned());
                parts.push(self.value(name, target, scope, depth + 1));
                self.inside.pop();
            }
        }
        for part in schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            parts.push(self.value(name, part, scope, depth + 1));
        }
        for alternatives in ["anyOf", "oneOf"] {
            if let Some(Value::Array(any)) = schema.get(alternatives) {
                let one = self.alternative(name, any, scope, depth);
                parts.extend(one.map(|one| self.value(name, one, scope, depth + 1)));
            }
        }
        if parts.is_empty() || schema.contains_key("properties") {
            parts.push(self.own(name, schema, scope, depth));
        }
        parts.into_iter().reduce(merged).unwrap_or_default()
    }

    fn own(&mut self, name: &str, schema: &Map<String, Value>, scope: Scope, depth: u32) -> Value {
        let kinds = schema.get("type").and_then(Value::as_array);
        let nullable = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
        let unasked = self.purpose == Purpose::Arguments && !is_named(name, QUESTIONS);
        if nullable && (unasked || depth >= DEEP || self.is_unknown(name, scope)) {
            return Value::Null;
        }
        match kind(schema) {
            "null" => Value::Null,
            "boolean" => self.boolean(name, schema, scope),
            "integer" => self.number(name, schema, scope, true),
            "number" => self.number(name, schema, scope, false),
            "array" => Value::Array(self.array(name, schema, scope, depth)),
            "object" => Value::Object(self.object(schema, scope, depth)),
            _ => self.string(name, schema, scope).into(),
        }
    }

    fn object(
        &mut self,
        schema: &Map<String, Value>,
        scope: Scope,
        depth: u32,
    ) -> Map<String, Value> {
        let mut fields = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
        let nothing_required = required.is_none_or(Vec::is_empty);
        let properties = schema.get("properties").and_then(Value::as_object);
        for (index, (name, property)) in properties.into_iter().flatten().enumerate() {
            let wanted = match self.purpose {
                Purpose::Answer => depth < DEEP,
                // A tool's optional arguments stay away; a tool without others gets its first.
                Purpose::Arguments => nothing_required && index == 0 && depth == 0,
            };
            if is_required(name) || wanted {
                fields.insert(name.clone(), self.value(name, property, scope, depth + 1));
            }
        }
        fields
    }

    /// One of several schemas: that whose words are in the request.
    fn alternative<'s>(
        &self,
        name: &str,
        any: &'s [Value],
        scope: Scope,
        depth: u32,
    ) -> Option<&'s Value> {
        let is_null = |one: &&Value| one.get("type").is_some_and(|kind| kind == "null");
        let null = any.iter().find(is_null);
        let others = any.iter().filter(|one| !is_null(one));
        // A type that contains itself ends as soon as it may.
        let (circles, mut others): (Vec<_>, Vec<_>) = others.partition(|one| self.is_circle(one));
        let unasked = self.purpose == Purpose::Arguments && !is_named(name, QUESTIONS);
        let ends = others.is_empty() || depth >= DEEP || self.is_unknown(name, scope);
        if null.is_some() && (unasked || ends) {
            return null;
        }
        if others.is_empty() {
            others = circles;
        }
        // Of a long request, a class is told by all its words, and not by its first line.
        let are_classes = others.iter().all(|one| one.get("const").is_some());
        let whole = asked(if are_classes {
            self.conversation.request
        } else {
            ""
        });
        let request = if are_classes {
            &whole
        } else {
            &self.conversation.asked
        };
        let words = |one: &Value| {
            let mut text = String::new();
            differs(one, &mut text);
            common(request, &asked(&text))
        };
        // Of equals the first, which `max_by_key` would not give.
        let best = others.into_iter().rev().max_by_key(|one| words(one));
        best.or(null)
    }

    /// Whether a schema leads back to a definition around it.
    fn is_circle(&self, schema: &Value) -> bool {
        let text = schema.to_string();
        let inside = self.inside.iter();
        inside
            .into_iter()
            .any(|name| text.contains(&format!("\"$ref\":\"{name}\"")))
    }

    fn source(&self, scope: Scope) -> Option<&Source> {
        let index = match scope {
            Scope::All => return None,
            Scope::Source(index) => index,
            Scope::Sentence(index) => self.key.get(index)?.source,
        };
        self.conversation.sources.0.get(index)
    }
}
