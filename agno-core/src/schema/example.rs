//! A small valid input, made from a schema.

use serde_json::{Map, Number, Value};

use super::close::target;

/// As deep as an example goes.
const DEEPEST: usize = 64;

/// As long as an example text or list becomes.
const LONGEST: u64 = 200;

pub(super) fn example(document: &Value) -> Value {
    let mut maker = Maker {
        document,
        inside: vec!["#"],
    };
    maker.make(document, 0).unwrap_or(Value::Null)
}

struct Maker<'a> {
    document: &'a Value,
    /// The definitions that an example is being made of.
    inside: Vec<&'a str>,
}

impl<'a> Maker<'a> {
    /// A value for `schema`, or `None` when every way leads round in a circle.
    fn make(&mut self, schema: &'a Value, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let said = schema["examples"].get(0).or(schema.get("default"));
        if let Some(value) = said.or(schema.get("const")) {
            return Some(value.clone());
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.first().cloned();
        }
        // Every part that describes the value says something about it.
        let mut parts = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            parts.push(self.make(part, depth + 1)?);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            // A type that contains itself: another way, or an empty list, must end it.
            if self.inside.contains(&reference) {
                return None;
            }
            self.inside.push(reference);
            let made = self.make(target(self.document, reference)?, depth + 1);
            self.inside.pop();
            parts.push(made?);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(ways) = schema[key].as_array() {
                parts.push(self.first_way(ways, depth)?);
            }
        }
        let own = match schema.get("properties") {
            Some(_) => Some(self.object(schema, depth)?),
            None if parts.is_empty() => Some(self.by_type(schema, depth)?),
            None => None,
        };
        parts.into_iter().chain(own).reduce(together)
    }

    /// The first way that ends; `null` only if there is no other.
    fn first_way(&mut self, ways: &'a [Value], depth: usize) -> Option<Value> {
        let is_null = |way: &&Value| way["type"] == "null";
        ways.iter()
            .filter(|way| !is_null(way))
            .chain(ways.iter().filter(is_null))
            .find_map(|way| self.make(way, depth + 1))
    }

    fn object(&mut self, schema: &'a Value, depth: usize) -> Option<Value> {
        let mut object = Map::new();
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str()?;
            let field = &schema["properties"][name];
            // A part beside this one may describe it.
            if !field.is_null() {
                object.insert(name.to_owned(), self.make(field, depth + 1)?);
            }
        }
        Some(Value::Object(object))
    }

    fn by_type(&mut self, schema: &'a Value, depth: usize) -> Option<Value> {
        let name = match &schema["type"] {
            Value::Array(names) => names.iter().find(|name| *name != "null"),
            name => Some(name),
        };
        let value = match name.and_then(Value::as_str) {
            Some("string") => text(schema).into(),
            Some("integer") => number(schema, true),
            Some("number") => number(schema, false),
            Some("boolean") => true.into(),
            Some("null") => Value::Null,
            Some("array") => return self.array(schema, depth),
            Some("object") => return self.object(schema, depth),
            _ => "text".into(),
        };
        Some(value)
    }

    fn array(&mut self, schema: &'a Value, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        for item in schema["prefixItems"].as_array().into_iter().flatten() {
            items.push(self.make(item, depth + 1)?);
        }
        let least = schema["minItems"].as_u64().unwrap_or(0).min(LONGEST);
        // One item shows what belongs into a list, unless that leads round in a circle.
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        if items.is_empty() && least == 0 && most > 0 {
            let item = schema.get("items").filter(|items| items.is_object());
            items.extend(item.and_then(|item| self.make(item, depth + 1)));
        }
        while (items.len() as u64) < least {
            let item = self.make(schema.get("items").unwrap_or(&Value::Null), depth + 1)?;
            items.push(match schema["uniqueItems"] == true {
                true => numbered(item, items.len()),
                false => item,
            });
        }
        Some(items.into())
    }
}

/// Puts the parts of one value together.
fn together(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            first.extend(second);
            first.into()
        }
        (_, second) => second,
    }
}

/// Makes the items of a set differ.
fn numbered(item: Value, index: usize) -> Value {
    match (&item, index) {
        (_, 0) => item,
        (Value::String(text), _) => format!("{text} {}", index + 1).into(),
        (Value::Number(number), _) => match number.as_i64() {
            Some(number) => (number + index as i64).into(),
            None => item,
        },
        _ => item,
    }
}

fn text(schema: &Value) -> String {
    let known = match schema["format"].as_str() {
        Some("email") => "name@example.com",
        Some("uri" | "iri" | "url") => "https://example.com",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("time") => "12:00:00Z",
        Some("duration") => "PT1H",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("ipv4" | "ip") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("hostname") => "example.com",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let least = schema["minLength"].as_u64().unwrap_or(0).min(LONGEST);
    let most = schema["maxLength"].as_u64().unwrap_or(LONGEST);
    let mut text = "text".to_owned();
    while (text.len() as u64) < least {
        text.push_str(" text");
    }
    text.truncate(usize::try_from(most).unwrap_or(text.len()).min(text.len()));
    text
}

fn number(schema: &Value, whole: bool) -> Value {
    let least = schema["minimum"].as_f64();
    let above = schema["exclusiveMinimum"].as_f64();
    let most = schema["maximum"].as_f64();
    let below = schema["exclusiveMaximum"].as_f64();
    let mut number: f64 = 1.0;
    if let Some(least) = least.filter(|least| *least > number) {
        number = least;
    }
    if let Some(above) = above.filter(|above| *above >= number) {
        number = above + 1.0;
    }
    if let Some(most) = most.filter(|most| *most < number) {
        number = most;
    }
    if let Some(below) = below.filter(|below| *below <= number) {
        number = match (whole, above) {
            (false, Some(above)) => f64::midpoint(above, below),
            _ => below - 1.0,
        };
    }
    if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0) {
        number = (number / step).ceil() * step;
    }
    // Whole numbers of an example are small enough for this.
    if whole || number.fract() == 0.0 {
        return (number as i64).into();
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}
