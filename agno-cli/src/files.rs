//! Files that an input refers to: `--photo ./cat.png`, and `{"photo": {"$file": "./cat.png"}}`.
//!
//! They are read ahead of the input's check, so that whatever is wrong with one is told before
//! anything is written; they are kept once the store is open.

use std::path::PathBuf;

use agno_core::{
    Artifact, Content, Error,
    schema::{Flag, FlagKind},
};
use serde_json::Value;

use crate::{app::Session, failure::Failure, flags::long, text};

/// The field that stands for a file.
const FILE: &str = "$file";

/// Files that are to be kept, and the references that stand for them already.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<(PathBuf, Artifact)>);

impl Files {
    /// The reference that a file will have.
    fn refer(&mut self, path: &str) -> Result<Value, Error> {
        let path = PathBuf::from(path);
        let reference = Content::from_file(&path)?.reference()?;
        let value = serde_json::to_value(&reference)?;
        self.0.push((path, reference));
        Ok(value)
    }

    /// Puts references into the place of paths, where fields take artifacts.
    pub(crate) fn in_fields(
        &mut self,
        flags: &[Flag],
        given: &[(String, String)],
    ) -> Result<Vec<(String, String)>, String> {
        let is_file = |name: &str| {
            let flag = flags.iter().find(|flag| long(&flag.name) == long(name));
            flag.is_some_and(|flag| match &flag.kind {
                FlagKind::List(kind) => **kind == FlagKind::File,
                kind => *kind == FlagKind::File,
            })
        };
        let mut fields = Vec::with_capacity(given.len());
        for (name, text) in given {
            let text = match is_file(name) {
                true => {
                    let referred = self.refer(text);
                    let wrong = |error: Error| {
                        format!("--{}: {}", text::line(&long(name), 60), error.message())
                    };
                    referred.map_err(wrong)?.to_string()
                }
                false => text.clone(),
            };
            fields.push((name.clone(), text));
        }
        Ok(fields)
    }

    /// Puts references into the place of `{"$file": PATH}`. Whether there were any.
    pub(crate) fn in_value(&mut self, value: &mut Value) -> Result<bool, String> {
        self.replace(value, &mut String::new())
    }

    fn replace(&mut self, value: &mut Value, place: &mut String) -> Result<bool, String> {
        if let Value::Object(fields) = &*value
            && let (1, Some(path)) = (fields.len(), fields.get(FILE))
        {
            let shown = text::line(place, 120);
            let Value::String(path) = path else {
                return Err(format!(
                    "{shown}: `{FILE}` takes the path of a file, as a text"
                ));
            };
            let referred = self.refer(path);
            *value = referred.map_err(|error| format!("{shown}: {}", error.message()))?;
            return Ok(true);
        }
        let mut any = false;
        let length = place.len();
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    place.push_str(&format!(".{name}"));
                    any |= self.replace(field, place)?;
                    place.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    place.push_str(&format!("[{index}]"));
                    any |= self.replace(item, place)?;
                    place.truncate(length);
                }
            }
            _ => {}
        }
        Ok(any)
    }

    /// Keeps them in the store.
    pub(crate) async fn keep(self, session: &Session) -> Result<(), Failure> {
        let failed = |error: &Error| Failure::of(error, &session.program, "run");
        for (path, reference) in self.0 {
            let shown = text::line(&path.to_string_lossy(), 200);
            let reading = tokio::task::spawn_blocking(move || {
                let content = Content::from_file(path)?;
                Ok((content.reference()?, content))
            });
            let read: Result<_, Error> = match reading.await {
                Ok(read) => read,
                Err(error) => Err(error.into()),
            };
            let (now, content) = read.map_err(|error| failed(&error))?;
            if now != reference {
                let problem = format!("{shown} has changed while it was read: try again");
                return Err(Failure::input(problem));
            }
            let kept = session.runtime.put_artifact(content).await;
            kept.map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

/// Puts paths into the place of references in an example.
pub(crate) fn as_example(value: &mut Value) {
    if serde_json::from_value::<Artifact>(value.clone()).is_ok() {
        *value = serde_json::json!({ FILE: "FILE" });
        return;
    }
    match value {
        Value::Object(fields) => fields.values_mut().for_each(as_example),
        Value::Array(items) => items.iter_mut().for_each(as_example),
        _ => {}
    }
}
