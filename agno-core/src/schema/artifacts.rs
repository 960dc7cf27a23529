//! References to artifacts: where a schema has them, and where a value does.

use serde_json::Value;

use super::{
    error::InputErrors,
    place::{Path, Segment},
    problem::{Finding, ProblemKind},
};
use crate::artifact::{Artifact, KEY};

/// What the schema of a reference has for its `format`.
pub(super) const FORMAT: &str = "artifact";

/// Whether a schema is that of a reference.
pub(super) fn is_artifact(schema: &Value) -> bool {
    schema["format"] == FORMAT && schema["type"] == "object"
}

/// Whether there is the schema of a reference in a document.
pub fn has_artifacts(document: &Value) -> bool {
    match document {
        Value::Object(parts) => is_artifact(document) || parts.values().any(has_artifacts),
        Value::Array(parts) => parts.iter().any(has_artifacts),
        _ => false,
    }
}

/// The references in a value, with their places.
pub(crate) fn references(value: &Value) -> Vec<(Path, Artifact)> {
    let mut found = Vec::new();
    collect(value, &mut Path::default(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Path, found: &mut Vec<(Path, Artifact)>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key(KEY)
                && let Ok(artifact) = serde_json::from_value(value.clone())
            {
                found.push((path.clone(), artifact));
                return;
            }
            for (key, field) in fields {
                path.0.push(Segment::Key(key.clone()));
                collect(field, path, found);
                path.0.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.0.push(Segment::Index(index));
                collect(item, path, found);
                path.0.pop();
            }
        }
        _ => {}
    }
}

/// A reference that stands for nothing.
pub(crate) struct Missing {
    pub(crate) path: Path,
    pub(crate) artifact: Artifact,
    pub(crate) why: String,
}

impl InputErrors {
    pub(crate) fn of_artifacts(type_name: &str, text: &str, missing: Vec<Missing>) -> Self {
        let findings = missing.into_iter().map(|missing| {
            let message = format!("no such artifact: {}", missing.why);
            Finding::new(missing.path, ProblemKind::UnknownArtifact, message)
                .expected("the reference of an artifact in the store")
                .found(missing.artifact.to_string())
        });
        Self::in_text(type_name, text, findings.collect(), false)
    }
}
