//! Constants, flags and numbers.

use serde_json::{Map, Number, Value};

use super::{Fill, Purpose, Scope};
use crate::model::offline::{
    sources::{is_named, numbers},
    words::{common, stems, subject},
};

const LIMITS: &[&str] = &[
    "max", "limit", "count", "n", "num", "top", "results", "size", "page",
];
/// Flags that are true when something was found.
const FOUND: &[&str] = &[
    "found",
    "success",
    "ok",
    "complete",
    "completed",
    "done",
    "enough",
    "sufficient",
    "relevant",
    "approved",
    "passed",
    "valid",
    "finished",
    "satisfied",
];

impl Fill<'_> {
    /// One of several constants: that whose words the request has, or else the sources.
    pub(super) fn choice(&self, values: &[Value]) -> Value {
        let request = subject(self.conversation.request);
        let told: Vec<String> = self.key.iter().flat_map(|one| stems(&one.text)).collect();
        let points = |value: &Value| {
            let words = subject(value.as_str().unwrap_or_default());
            let often = told.iter().filter(|stem| words.contains(*stem)).count();
            100 * common(&request, &words) + often
        };
        let some = values.iter().filter(|value| !value.is_null());
        some.rev()
            .max_by_key(|value| points(value))
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn boolean(&self, name: &str, schema: &Map<String, Value>, scope: Scope) -> Value {
        match self.fact(name, scope).as_deref() {
            Some("true" | "yes") => return true.into(),
            Some("false" | "no") => return false.into(),
            _ => {}
        }
        match schema.get("default") {
            Some(Value::Bool(default)) if self.purpose == Purpose::Arguments => (*default).into(),
            _ => {
                let found = !self.conversation.sources.is_empty() && is_named(name, FOUND);
                (self.purpose == Purpose::Answer && found).into()
            }
        }
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        schema: &Map<String, Value>,
        scope: Scope,
        whole: bool,
    ) -> Value {
        let at = |key: &str| schema.get(key).and_then(Value::as_f64);
        let step = if whole { 1.0 } else { 0.5 };
        let least = at("minimum").or_else(|| at("exclusiveMinimum").map(|least| least + step));
        let most = at("maximum").or_else(|| at("exclusiveMaximum").map(|most| most - step));
        let fact = self.fact(name, scope);
        let said = fact.and_then(|fact| numbers(&fact).into_iter().next());
        let limit = is_named(name, LIMITS);
        let known = said.or_else(|| {
            if self.purpose == Purpose::Answer || limit {
                return None;
            }
            let number = self.conversation.numbers().into_iter().nth(self.counted)?;
            self.counted += 1;
            Some(number)
        });
        let known = known.and_then(|number| number.as_f64());
        let known = known.or_else(|| at("default")).or(limit.then_some(5.0));
        let middle = match (least, most, whole) {
            (Some(least), Some(most), false) => Some(f64::midpoint(least, most)),
            _ => least,
        };
        let mut number = known.or(middle).unwrap_or(0.0);
        if let Some(unit) = at("multipleOf").filter(|unit| *unit > 0.0) {
            number = (number / unit).ceil() * unit;
        }
        number = most.map_or(number, |most| number.min(most));
        number = least.map_or(number, |least| number.max(least));
        if whole || number.fract() == 0.0 && number.abs() < 1e15 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is bounded by the schema"
            )]
            return Value::from(number.round() as i64);
        }
        Number::from_f64(number).map_or(Value::from(0), Value::Number)
    }
}
