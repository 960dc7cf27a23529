//! The form of an agent's answer: text, or a type with a JSON schema.

use std::{any::TypeId, fmt, sync::Arc};

use agno_core::Value;
use serde_json::Value as JsonValue;

use crate::{
    model::{Capabilities, ReplyFormat, SchemaDialect},
    schema::{OutputSchema, SchemaError},
};

/// A program's own rule for an answer.
pub(super) type Validate<O> = Arc<dyn Fn(&O) -> Result<(), String> + Send + Sync>;

/// The form of an agent's answer.
///
/// What it needs of its type it takes when it is made. So nothing else asks `O` to be a [`Value`], and a type that is none is one
/// error, where the agent is put together.
pub(crate) struct Shape<O> {
    kind: Kind,
    read: fn(&Kind, &str) -> Result<O, String>,
    pub(super) validate: Option<Validate<O>>,
}

#[derive(Debug)]
enum Kind {
    /// Any text.
    Text,
    /// JSON of a type. What the model is held to, where it can be, and what it is shown.
    Typed {
        strict: Option<OutputSchema>,
        shown: OutputSchema,
    },
}

/// A [`Shape`] without its type, as the loop sees it.
pub(crate) trait Fits: Send + Sync {
    /// What is wrong with an answer, in words for the model.
    fn check(&self, text: &str) -> Result<(), String>;
    /// What a request asks for, and the schema that the prompt has to show.
    fn format(&self, model: &Capabilities, tools: bool) -> (ReplyFormat, Option<&OutputSchema>);
    /// What answers depend on.
    fn settings(&self) -> JsonValue;
}

impl<O: Value> Shape<O> {
    /// For a model of a dialect. Fails for a type that a strict schema cannot express, unless it
    /// need not be strict.
    pub(super) fn new(dialect: SchemaDialect, strict: bool) -> Result<Self, SchemaError> {
        let kind = if TypeId::of::<O>() == TypeId::of::<String>() {
            Kind::Text
        } else {
            let strict = strict.then(|| OutputSchema::of::<O>(dialect)).transpose()?;
            let shown = OutputSchema::loose::<O>();
            Kind::Typed { strict, shown }
        };
        Ok(Self {
            kind,
            read: Kind::read,
            validate: None,
        })
    }
}

impl Kind {
    fn read<O: Value>(&self, text: &str) -> Result<O, String> {
        match self {
            Self::Text => {
                if text.trim().is_empty() {
                    return Err("the answer is empty".to_owned());
                }
                let text: Box<dyn std::any::Any> = Box::new(text.to_owned());
                let text = text.downcast::<O>().map_err(|_| "no text".to_owned())?;
                Ok(*text)
            }
            // Whichever the model was asked for: some are held to a schema and still put a fence
            // around it.
            Self::Typed { strict, shown } => {
                match strict.as_ref().map(|strict| strict.read(text)) {
                    Some(Ok(value)) => Ok(value),
                    Some(Err(problem)) => shown.read(text).map_err(|_| problem.to_string()),
                    None => shown.read(text).map_err(|problem| problem.to_string()),
                }
            }
        }
    }
}

impl<O> Shape<O> {
    /// Reads an answer.
    pub(crate) fn read(&self, text: &str) -> Result<O, String> {
        let value = (self.read)(&self.kind, text)?;
        match &self.validate {
            Some(validate) => validate(&value).map(|()| value),
            None => Ok(value),
        }
    }
}

impl<O> Fits for Shape<O> {
    fn check(&self, text: &str) -> Result<(), String> {
        self.read(text).map(drop)
    }

    fn format(&self, model: &Capabilities, tools: bool) -> (ReplyFormat, Option<&OutputSchema>) {
        let Kind::Typed { strict, shown } = &self.kind else {
            return (ReplyFormat::Text, None);
        };
        let together = !tools || model.tools_with_schema;
        match strict {
            Some(strict) if model.strict_schema && together => {
                let format = ReplyFormat::Schema {
                    name: strict.name().to_owned(),
                    schema: strict.schema().clone(),
                };
                (format, None)
            }
            _ if model.json_object && together => (ReplyFormat::JsonObject, Some(shown)),
            _ => (ReplyFormat::Text, Some(shown)),
        }
    }

    fn settings(&self) -> JsonValue {
        match &self.kind {
            Kind::Text => JsonValue::Null,
            Kind::Typed { strict, shown } => strict.as_ref().unwrap_or(shown).schema().clone(),
        }
    }
}

impl<O> fmt::Debug for Shape<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
