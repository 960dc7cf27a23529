//! Workflows by id, each with what makes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::RuntimeBuilder;
use crate::{
    error::{Error, code},
    nearest::nearest,
    registry::{Registered, Workflow},
    schema::InputSchema,
};

type Factory = Box<dyn Fn(&str) -> Result<Made, Error> + Send + Sync>;

/// Workflows by id, made when they are asked for, with what is to be different this time: a model,
/// a limit, the address of a service.
///
/// ```ignore
/// let registry = Registry::new()
///     .with("typification", |o: TypificationOverrides| Typification::new(o.model))
///     .with("handoff", |_: Nothing| Ok(Handoff::from_env()));
/// let made = registry.get("typification", &json!({"model": "gpt-5"}))?;
/// let runtime = Runtime::builder().made(made).build().await?;
/// ```
#[derive(Default)]
#[must_use = "a registry makes workflows when they are asked for"]
pub struct Registry {
    factories: BTreeMap<String, Factory>,
}

/// A workflow that a [`Registry`] has made. See [`RuntimeBuilder::made`].
#[derive(Debug)]
#[must_use = "it is part of a runtime when it is added to its builder"]
pub struct Made(Result<Registered, Error>);

impl Registry {
    /// Without workflows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a workflow under an id, in the place of one that has it. `make` is called each time
    /// that it is asked for, with the overrides in their own type, whose fields are best all
    /// optional. It does not have to succeed.
    pub fn with<O, W, E>(
        mut self,
        id: impl Into<String>,
        make: impl Fn(O) -> Result<W, E> + Send + Sync + 'static,
    ) -> Self
    where
        O: DeserializeOwned + JsonSchema,
        W: Workflow,
        E: Into<Error>,
    {
        let make = move |overrides: &str| {
            let checked = InputSchema::of::<O>().check(overrides);
            let overrides = checked.map_err(Error::input)?;
            let overrides = serde_json::from_value(overrides).map_err(unreadable)?;
            let workflow = make(overrides).map_err(Into::into)?;
            Ok(Made(Registered::new(workflow)))
        };
        self.factories.insert(id.into(), Box::new(make));
        self
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.factories.keys().map(String::as_str)
    }

    /// Makes a workflow, with what is to be different: anything that is a JSON object, `()` for
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest id;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the overrides do not fit
    /// their type, with all problems at once; what the factory answers.
    pub fn get(&self, id: &str, overrides: impl Serialize) -> Result<Made, Error> {
        let Some(make) = self.factories.get(id) else {
            let guess = nearest(id, self.ids());
            let guess = guess.map_or_else(
                || ".".to_owned(),
                |near| format!(", did you mean `{near}`?"),
            );
            let ids: Vec<&str> = self.ids().collect();
            let problem = format!(
                "no workflow `{}`{guess} There are: {}",
                id.escape_debug(),
                ids.join(", ")
            );
            return Err(Error::new(code::NOT_FOUND, problem).permanent());
        };
        let overrides = serde_json::to_value(overrides).map_err(unreadable)?;
        if overrides.is_null() {
            return make("{}");
        }
        make(&overrides.to_string())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.ids()).finish()
    }
}

impl RuntimeBuilder {
    /// Adds a workflow that a [`Registry`] has made.
    pub fn made(mut self, made: Made) -> Self {
        self.workflows.push(made.0);
        self
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(error: serde_json::Error) -> Error {
    let problem = format!("the overrides cannot be read: {error}");
    Error::new(code::INVALID_INPUT, problem).permanent()
}
