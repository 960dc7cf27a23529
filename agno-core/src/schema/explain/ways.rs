//! A value that may have one of several forms: an enum, or an `Option`. The validator says how it fails
//! each of them; the reader wants to know how it fails the one that was meant.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::Explainer;
use crate::schema::describe::{any_of, choices, fields, meant, resolve, short, type_of, wanted};
use crate::schema::place::Path;
use crate::schema::printable::printable;
use crate::schema::problem::{Finding, Mark, ProblemKind};

type Failures = Vec<ValidationError<'static>>;

impl Explainer<'_> {
    pub(super) fn ways(
        &mut self,
        path: &Path,
        value: &Value,
        owner: &Value,
        failures: &[Failures],
    ) {
        if choices(self.document, owner).is_some() {
            return self.not_a_choice(path, value, owner);
        }
        let ways: Vec<&Value> = ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| owner[*key].as_array())
            .find(|ways| ways.len() == failures.len())
            .into_iter()
            .flatten()
            .collect();
        if self.by_tag(path, value, &ways, failures)
            || self.by_variant(path, value, &ways, failures)
        {
            return;
        }
        self.by_closeness(path, value, owner, failures);
    }

    fn not_a_choice(&mut self, path: &Path, value: &Value, owner: &Value) {
        let expected = wanted(self.document, owner);
        let found = match value {
            Value::String(_) => short(value),
            _ => type_of(value).to_owned(),
        };
        let finding = Finding::new(
            path.clone(),
            ProblemKind::NotAllowed,
            format!("expected {expected}, found {found}"),
        )
        .expected(expected)
        .found(short(value))
        .suggestion(self.meant_choice(value, owner));
        self.add(finding);
    }

    fn explain_all(&mut self, failures: &Failures) {
        for failure in failures {
            self.explain(failure);
        }
    }

    /// An enum that says in one of its fields which variant it is.
    fn by_tag(
        &mut self,
        path: &Path,
        value: &Value,
        ways: &[&Value],
        failures: &[Failures],
    ) -> bool {
        let Some(object) = value.as_object() else {
            return false;
        };
        let Some(tag) = self.tag(ways) else {
            return false;
        };
        let variants: Vec<&Value> = ways.iter().map(|way| self.constant(way, tag)).collect();
        let expected = any_of(variants.iter().map(|variant| short(variant)));
        let Some(given) = object.get(tag) else {
            let message = format!("missing field `{}` ({expected})", printable(tag, 60));
            let finding = Finding::new(path.key(tag), ProblemKind::MissingField, message);
            self.add(finding.expected(expected));
            return true;
        };
        match variants.iter().position(|variant| *variant == given) {
            Some(index) => self.explain_all(&failures[index]),
            None => {
                let names = variants.iter().filter_map(|variant| variant.as_str());
                let suggestion = given.as_str().and_then(|given| meant(given, names));
                let message = format!("expected {expected}, found {}", short(given));
                let finding = Finding::new(path.key(tag), ProblemKind::NotAllowed, message);
                self.add(
                    finding
                        .expected(expected)
                        .found(short(given))
                        .suggestion(suggestion),
                );
            }
        }
        true
    }

    /// The field that is a constant in every way.
    fn tag<'w>(&self, ways: &[&'w Value]) -> Option<&'w str> {
        let (first, rest) = ways.split_first()?;
        let names = first["properties"].as_object()?.keys();
        names
            .filter(|name| !self.constant(first, name).is_null())
            .find(|name| rest.iter().all(|way| !self.constant(way, name).is_null()))
            .map(String::as_str)
    }

    fn constant<'w>(&'w self, way: &'w Value, name: &str) -> &'w Value {
        fields(self.document, way)
            .into_iter()
            .find(|(field, _)| *field == name)
            .map_or(&Value::Null, |(_, field)| &field["const"])
    }

    /// An enum as serde writes it unless told otherwise: `"Name"` or `{"Name": ..}`.
    fn by_variant(
        &mut self,
        path: &Path,
        value: &Value,
        ways: &[&Value],
        failures: &[Failures],
    ) -> bool {
        let mut plain: Vec<&str> = Vec::new();
        let mut with_value: Vec<(&str, usize)> = Vec::new();
        for (index, way) in ways.iter().enumerate() {
            if let Some(values) = choices(self.document, way) {
                plain.extend(values.into_iter().filter_map(Value::as_str));
            } else if let Some(name) = variant(resolve(self.document, way)) {
                with_value.push((name, index));
            } else {
                return false;
            }
        }
        if with_value.is_empty() {
            return false;
        }
        let expected = || {
            let plain = plain
                .iter()
                .map(|name| format!("\"{}\"", printable(name, 40)));
            let with_value = with_value
                .iter()
                .map(|(name, _)| format!("{{\"{}\": ..}}", printable(name, 40)));
            any_of(plain.chain(with_value))
        };
        let names = || {
            plain
                .iter()
                .copied()
                .chain(with_value.iter().map(|(name, _)| *name))
        };
        let no_such = |path: Path, mark: Mark, given: &str, found: String| {
            let message = format!("expected {}, found {found}", expected());
            let mut finding = Finding::new(path, ProblemKind::NotAllowed, message)
                .expected(expected())
                .found(found)
                .suggestion(meant(given, names()));
            finding.mark = mark;
            finding
        };
        let finding = match value {
            Value::Object(object) => {
                let known = with_value
                    .iter()
                    .find(|(name, _)| object.contains_key(*name));
                if let Some((_, index)) = known {
                    self.explain_all(&failures[*index]);
                    return true;
                }
                match object.keys().next() {
                    Some(key) if object.len() == 1 => {
                        let found = format!("`{}`", printable(key, 60));
                        no_such(path.key(key), Mark::Key, key, found)
                    }
                    _ => no_such(path.clone(), Mark::Value, "", short(value)),
                }
            }
            Value::String(text) => match with_value.iter().find(|(name, _)| name == text) {
                Some((name, index)) => {
                    let way = resolve(self.document, ways[*index]);
                    let wants = wanted(self.document, &way["properties"][*name]);
                    let name = printable(name, 40);
                    let message = format!("`{name}` comes with a value: {{\"{name}\": {wants}}}");
                    Finding::new(path.clone(), ProblemKind::NotAllowed, message)
                        .expected(expected())
                        .found(short(value))
                }
                None => no_such(path.clone(), Mark::Value, text, short(value)),
            },
            _ => no_such(path.clone(), Mark::Value, "", type_of(value).to_owned()),
        };
        self.add(finding);
        true
    }

    /// Without a name to go by: the ways of the right type, and of those the one with the fewest failures.
    fn by_closeness(&mut self, path: &Path, value: &Value, owner: &Value, failures: &[Failures]) {
        let fits = |failures: &&Failures| {
            !failures.iter().any(|failure| {
                matches!(failure.kind(), Kind::Type { .. }) && self.path(failure).0 == *path
            })
        };
        let mut close: Vec<&Failures> = failures.iter().filter(fits).collect();
        close.sort_by_key(|failures| failures.len());
        match close.as_slice() {
            [] => {
                let finding = self.wrong_type(path, value, owner);
                self.add(finding);
            }
            [only] => self.explain_all(only),
            [best, next, ..] if best.len() < next.len() => self.explain_all(best),
            _ => {
                let expected = wanted(self.document, owner);
                let message = format!("this fits none of the allowed forms: {expected}");
                let finding = Finding::new(path.clone(), ProblemKind::NoMatch, message);
                self.add(finding.expected(expected).found(short(value)));
            }
        }
    }
}

/// The name of a variant with a value: the only field of an object, and required.
fn variant(way: &Value) -> Option<&str> {
    let fields = way["properties"].as_object()?;
    let required = way["required"].as_array()?;
    match (fields.keys().next(), required.as_slice()) {
        (Some(name), [required]) if fields.len() == 1 && required == name => Some(name),
        _ => None,
    }
}
