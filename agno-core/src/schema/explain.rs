//! What the validator found, in the words of the person who wrote the input.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::describe::{any_of, choices, count, description, fields, meant, short, type_of, wanted};
use super::place::{Path, Segment};
use super::printable::printable;
use super::problem::{Finding, Mark, ProblemKind};

mod ways;

/// Collects the findings of one input.
pub(super) struct Explainer<'a> {
    document: &'a Value,
    input: &'a Value,
    findings: Vec<Finding>,
    /// Fields that no part of a schema took. They may be there because a part failed for another reason.
    left_over: Vec<Finding>,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(document: &'a Value, input: &'a Value) -> Self {
        Self {
            document,
            input,
            findings: Vec::new(),
            left_over: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.findings.len()
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.findings.is_empty() {
            self.findings = self.left_over;
        }
        if self.findings.is_empty() {
            // The validator refused it, so it is refused, whatever could be said about it.
            let message = "this does not match the schema".to_owned();
            self.findings
                .push(Finding::new(Path::default(), ProblemKind::Other, message));
        }
        self.findings
    }

    fn add(&mut self, finding: Finding) {
        let same_place = |known: &&Finding| known.path == finding.path;
        let is_wrong_type = |known: &Finding| known.problem.kind == ProblemKind::WrongType;
        let repeated = self.findings.iter().filter(same_place).any(|known| {
            known.problem == finding.problem
                // A value of the wrong type is none of the allowed ones either.
                || (is_wrong_type(known)
                    && finding.mark == Mark::Value)
        });
        if !repeated {
            self.findings.push(finding);
        }
    }

    /// The path of an error. The pointer says `0` for an index and for a field of that name.
    fn path(&self, error: &ValidationError<'_>) -> (Path, &'a Value) {
        let mut path = Path::default();
        let mut value = self.input;
        for part in error.instance_path().as_str().split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            let (segment, next) = match value {
                Value::Array(items) => match key.parse() {
                    Ok(index) => (Segment::Index(index), items.get(index)),
                    Err(_) => break,
                },
                _ => (Segment::Key(key.clone()), value.get(&key)),
            };
            let Some(next) = next else { break };
            path.0.push(segment);
            value = next;
        }
        (path, value)
    }

    /// The schema that holds the keyword which failed.
    fn owner(&self, error: &ValidationError<'_>) -> &'a Value {
        let pointer = error.schema_path().as_str();
        let end = pointer.rfind('/').unwrap_or_default();
        self.document
            .pointer(&pointer[..end])
            .unwrap_or(&Value::Null)
    }

    pub(super) fn explain(&mut self, error: &ValidationError<'_>) {
        let (path, value) = self.path(error);
        let owner = self.owner(error);
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let finding = self.unknown(&path, value, owner, key);
                    self.add(finding);
                }
            }
            Kind::UnevaluatedProperties { unexpected } => {
                let known = fields(self.document, owner);
                for key in unexpected {
                    if known.iter().any(|(name, _)| name == key) {
                        let message = "this field does not go with the others".to_owned();
                        let path = path.key(key);
                        self.left_over
                            .push(Finding::new(path, ProblemKind::UnknownField, message));
                    } else {
                        let finding = self.unknown(&path, value, owner, key);
                        self.add(finding);
                    }
                }
            }
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let finding = self.missing(&path, owner, name);
                self.add(finding);
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                self.ways(&path, value, owner, context);
            }
            Kind::PropertyNames { error } => self.explain(error),
            kind => {
                let (kind, message, expected) = self.simple(kind, value, owner);
                let mut finding = Finding::new(path, kind, message)
                    .expected(expected)
                    .found(short(value));
                if kind == ProblemKind::NotAllowed {
                    finding = finding.suggestion(self.meant_choice(value, owner));
                }
                self.add(finding);
            }
        }
    }

    /// The value that was probably meant, as it is written.
    fn meant_choice(&self, value: &Value, owner: &Value) -> Option<String> {
        let choices = choices(self.document, owner)?;
        meant(
            value.as_str()?,
            choices.into_iter().filter_map(Value::as_str),
        )
    }

    fn unknown(&self, path: &Path, value: &Value, owner: &Value, key: &str) -> Finding {
        let known = fields(self.document, owner);
        // A field that is there already was not meant.
        let free = known
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| value.get(*name).is_none());
        let suggestion = meant(key, free);
        let names = || {
            known
                .iter()
                .map(|(name, _)| format!("`{}`", printable(name, 40)))
        };
        let patterns: Vec<String> = owner["patternProperties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(pattern, _)| format!("a name that matches `{}`", printable(pattern, 60)))
            .collect();
        let expected = any_of(names().chain(patterns));
        let message = match (&suggestion, known.len()) {
            (Some(_), _) => "unknown field".to_owned(),
            (None, 0) if expected == "nothing" => "unknown field, none is expected".to_owned(),
            (None, _) => format!("unknown field, expected {expected}"),
        };
        Finding::new(path.key(key), ProblemKind::UnknownField, message)
            .expected(expected)
            .found(printable(key, 60))
            .suggestion(suggestion)
    }

    fn missing(&self, path: &Path, owner: &Value, name: &str) -> Finding {
        let fields = fields(self.document, owner);
        let field = fields.iter().find(|(known, _)| *known == name);
        let schema = field.map_or(&Value::Null, |(_, schema)| *schema);
        let expected = wanted(self.document, schema);
        let message = format!("missing field `{}` ({expected})", printable(name, 60));
        let mut finding =
            Finding::new(path.key(name), ProblemKind::MissingField, message).expected(expected);
        finding.about = description(self.document, schema);
        finding
    }

    fn wrong_type(&self, path: &Path, value: &Value, owner: &Value) -> Finding {
        let expected = wanted(self.document, owner);
        let message = format!("expected {expected}, found {}", type_of(value));
        Finding::new(path.clone(), ProblemKind::WrongType, message)
            .expected(expected)
            .found(short(value))
    }

    /// The kind, the message and what was expected, for what concerns one value.
    fn simple(&self, kind: &Kind, value: &Value, owner: &Value) -> (ProblemKind, String, String) {
        let long = |least: bool, limit: u64, noun: &str| {
            let side = if least { "at least" } else { "at most" };
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let expected = format!("{side} {}", count(limit, noun));
            let has = match value {
                Value::String(text) => text.chars().count(),
                Value::Array(items) => items.len(),
                Value::Object(fields) => fields.len(),
                _ => 0,
            };
            let kind = if least {
                ProblemKind::TooShort
            } else {
                ProblemKind::TooLong
            };
            let what = if least { "too short" } else { "too long" };
            (
                kind,
                format!("{what}: expected {expected}, found {has}"),
                expected,
            )
        };
        let range = |sign: &str, limit: &Value| {
            let expected = format!("a number {sign} {limit}");
            let message = format!("out of range: expected {expected}, found {}", short(value));
            (ProblemKind::OutOfRange, message, expected)
        };
        let plain = |kind: ProblemKind, expected: String| {
            (
                kind,
                format!("expected {expected}, found {}", short(value)),
                expected,
            )
        };
        match kind {
            Kind::Type { .. } => {
                let expected = wanted(self.document, owner);
                let message = match (expected.as_str(), value) {
                    // `3.5` is a number, and so would be what is expected.
                    ("integer", Value::Number(number)) => {
                        format!("expected {expected}, found {number}")
                    }
                    _ => format!("expected {expected}, found {}", type_of(value)),
                };
                (ProblemKind::WrongType, message, expected)
            }
            Kind::Custom { .. } => plain(ProblemKind::WrongType, wanted(self.document, owner)),
            Kind::MinLength { limit } => long(true, *limit, "character"),
            Kind::MaxLength { limit } => long(false, *limit, "character"),
            Kind::MinItems { limit } => long(true, *limit, "item"),
            Kind::MaxItems { limit } => long(false, *limit, "item"),
            Kind::AdditionalItems { limit } => {
                long(false, u64::try_from(*limit).unwrap_or(u64::MAX), "item")
            }
            Kind::MinProperties { limit } => long(true, *limit, "field"),
            Kind::MaxProperties { limit } => long(false, *limit, "field"),
            Kind::Minimum { limit } => range(">=", limit),
            Kind::Maximum { limit } => range("<=", limit),
            Kind::ExclusiveMinimum { limit } => range(">", limit),
            Kind::ExclusiveMaximum { limit } => range("<", limit),
            Kind::MultipleOf { .. } => {
                let step = short(&owner["multipleOf"]);
                plain(ProblemKind::OutOfRange, format!("a multiple of {step}"))
            }
            Kind::Pattern { pattern } => {
                let expected = format!("text that matches `{}`", printable(pattern, 80));
                plain(ProblemKind::Pattern, expected)
            }
            Kind::Format { format } => plain(ProblemKind::Format, format_name(format)),
            Kind::Enum { .. } | Kind::Constant { .. } => {
                plain(ProblemKind::NotAllowed, wanted(self.document, owner))
            }
            Kind::UniqueItems => {
                let expected = "different items".to_owned();
                let message = "an item is here twice".to_owned();
                (ProblemKind::NotAllowed, message, expected)
            }
            Kind::FalseSchema => {
                let message = "nothing is allowed here".to_owned();
                (ProblemKind::NotAllowed, message, "nothing".to_owned())
            }
            Kind::OneOfMultipleValid { .. } => {
                let expected = "one form only".to_owned();
                let message = "this fits more than one of the allowed forms".to_owned();
                (ProblemKind::NoMatch, message, expected)
            }
            other => {
                let keyword = printable(other.keyword(), 40);
                let message = format!("the schema refuses this (`{keyword}`)");
                (ProblemKind::Other, message, keyword)
            }
        }
    }
}

/// A format as people call it.
fn format_name(format: &str) -> String {
    match format {
        "email" => "an e-mail address".to_owned(),
        "uri" | "iri" => "a URL such as https://example.com".to_owned(),
        "date-time" => "a date and time such as 2026-01-31T12:00:00Z".to_owned(),
        "date" => "a date such as 2026-01-31".to_owned(),
        "time" => "a time such as 12:00:00Z".to_owned(),
        "duration" => "a duration such as PT1H30M".to_owned(),
        "uuid" => "a UUID".to_owned(),
        "ipv4" => "an IPv4 address".to_owned(),
        "ipv6" => "an IPv6 address".to_owned(),
        "hostname" => "a host name".to_owned(),
        "regex" => "a regular expression".to_owned(),
        other => format!("text in the format `{}`", printable(other, 40)),
    }
}
