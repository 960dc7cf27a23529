//! One call of a tool: arguments in, answer out, in its time.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use agno_core::{AnyState, BoxError, BoxFuture, Error, State};
use futures_util::FutureExt;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Body, Tool, ToolAnswer, ToolContext};
use crate::model::ToolSpec;

/// Longest text of an answer, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Most answers that a tool keeps for later.
const MOST_CACHED: usize = 1_000;

/// Answers to be used again, by arguments.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<[u8; 32], (Instant, ToolAnswer)>>);

impl Cache {
    fn get(&self, key: &[u8; 32], ttl: Duration) -> Option<ToolAnswer> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (stored, answer) = entries.get(key)?;
        (stored.elapsed() < ttl).then(|| answer.clone())
    }

    fn put(&self, key: [u8; 32], ttl: Duration, answer: ToolAnswer) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_CACHED {
            entries.retain(|_, (stored, _)| stored.elapsed() < ttl);
        }
        if entries.len() < MOST_CACHED {
            entries.insert(key, (Instant::now(), answer));
        }
    }
}

impl Tool {
    /// Calls it with what a model wrote.
    ///
    /// # Errors
    ///
    /// `tool_arguments` when the arguments are not what it takes, `tool_timeout`, `tool_panic`,
    /// `tool_state` when it wants another state, and what the function returns.
    pub async fn call(
        &self,
        arguments: &str,
        context: ToolContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<ToolAnswer, Error> {
        let text = if arguments.trim().is_empty() {
            "{}"
        } else {
            arguments
        };
        let arguments: Value = serde_json::from_str(text).map_err(|error| {
            let problem = format!("the arguments are no JSON: {error}");
            Error::new("tool_arguments", problem)
        })?;
        let cache = self.0.cache.as_deref().zip(self.0.options.cache);
        let key = cache_key(&arguments, &context);
        if let Some((cache, ttl)) = cache
            && let Some(answer) = cache.get(&key, ttl)
        {
            return Ok(answer);
        }
        let mut answer = self.run(arguments, context, state).await?;
        bound(&mut answer.text);
        if let Some((cache, ttl)) = cache {
            cache.put(key, ttl, answer.clone());
        }
        Ok(answer)
    }

    async fn run(
        &self,
        arguments: Value,
        context: ToolContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<ToolAnswer, Error> {
        // Inside a future of its own: the function may panic before it has one.
        let working: BoxFuture<'_, _> = match (&self.0.body, state) {
            (Body::Free(body), _) => async { body(arguments, context).await }.boxed(),
            (Body::State(body), Some(state)) => {
                async { body(arguments, context, state).await }.boxed()
            }
            (Body::State(_), None) => {
                let state = self.0.state.map_or("a state", |state| state.name);
                let problem = format!(
                    "the tool `{}` changes {state}, and the agent was given no state: \
                     call it with `.state(..)`",
                    self.name()
                );
                return Err(Error::new("tool_state", problem).permanent());
            }
        };
        let working = AssertUnwindSafe(working).catch_unwind();
        let done = match self.0.options.timeout {
            None => working.await,
            Some(limit) => tokio::time::timeout(limit, working).await.map_err(|_| {
                Error::new(
                    "tool_timeout",
                    format!("it did not answer within {limit:?}"),
                )
            })?,
        };
        done.unwrap_or_else(|payload| {
            let text = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Error::new("tool_panic", format!("it panicked: {text}")))
        })
    }
}

/// Cuts what is longer than a model reads or a journal keeps, and says so. It is no error: what the
/// tool did is done.
fn bound(text: &mut String) {
    if text.len() > LONGEST_ANSWER {
        let whole = text.len();
        let cut = (0..=LONGEST_ANSWER)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
        text.push_str(&format!("\n(cut here: the whole answer has {whole} bytes)"));
    }
}

/// Equal arguments of one user. A tool may answer each user something else.
fn cache_key(arguments: &Value, context: &ToolContext) -> [u8; 32] {
    let key = serde_json::json!([context.user_id(), sorted(arguments.clone())]);
    *blake3::hash(key.to_string().as_bytes()).as_bytes()
}

/// Arguments in a form in which equal ones have equal texts. What is no JSON stays as it is.
pub(crate) fn canonical(arguments: &str) -> String {
    let value = serde_json::from_str::<Value>(arguments).map(sorted);
    value.map_or_else(|_| arguments.to_owned(), |value| value.to_string())
}

/// With the keys of objects in their order: serde_json keeps another where a program asks it to.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// What a model is told of a tool that takes `A`.
pub(super) fn spec<A: JsonSchema>(name: String, description: String) -> ToolSpec {
    let generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut parameters = generator.into_root_schema_for::<A>();
    parameters.remove("$schema");
    parameters.remove("title");
    ToolSpec {
        name,
        description,
        parameters: parameters.to_value(),
        strict: false,
    }
}

pub(super) fn read<A: DeserializeOwned>(arguments: Value) -> Result<A, Error> {
    let arguments = match arguments {
        Value::Null => Value::Object(serde_json::Map::new()),
        object @ Value::Object(_) => object,
        // serde would take the items of a list for the fields, in their order.
        _ => {
            let problem = "expected an object with the arguments";
            return Err(Error::new("tool_arguments", problem));
        }
    };
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let problem = match error.path().to_string().as_str() {
            "." => error.inner().to_string(),
            path => format!("{path}: {}", error.inner()),
        };
        Error::new("tool_arguments", problem)
    })
}

pub(super) fn failed(error: impl Into<BoxError>) -> Error {
    Error::wrap("tool_failed", error)
}

pub(crate) fn answer<R: Serialize + 'static, E: Into<BoxError>>(
    returned: Result<R, E>,
) -> Result<ToolAnswer, Error> {
    let value = returned.map_err(failed)?;
    let any: &dyn std::any::Any = &value;
    if let Some(answer) = any.downcast_ref::<ToolAnswer>() {
        return Ok(answer.clone());
    }
    let text = match serde_json::to_value(&value).map_err(failed)? {
        Value::String(text) => text,
        // Of a tool that only does something.
        Value::Null => "done".to_owned(),
        other => other.to_string(),
    };
    Ok(ToolAnswer {
        text,
        media: Vec::new(),
    })
}

/// Calls a function that changes the state.
pub(super) fn on_state<'a, S, A, R, E, F>(
    function: Arc<F>,
    arguments: Value,
    context: ToolContext,
    state: &'a mut dyn AnyState,
) -> BoxFuture<'a, Result<ToolAnswer, Error>>
where
    S: State,
    A: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
    E: Into<BoxError> + 'static,
    F: for<'b> Fn(A, ToolContext, &'b mut S) -> BoxFuture<'b, Result<R, E>> + Send + Sync + 'static,
{
    let kind = state.kind();
    let Some(state) = state.as_any().downcast_mut::<S>() else {
        let wanted = std::any::type_name::<S>();
        let problem = format!("it changes {wanted}, and the state here is {}", kind.name);
        return std::future::ready(Err(Error::new("tool_state", problem).permanent())).boxed();
    };
    match read::<A>(arguments) {
        Err(error) => std::future::ready(Err(error)).boxed(),
        Ok(arguments) => async move { answer(function(arguments, context, state).await) }.boxed(),
    }
}
