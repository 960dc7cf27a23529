//! What can be a step without being a method: an agent, a team, a type of one's own.

use std::any::{Any, TypeId};

use serde_json::{Map, Value as JsonValue};

use crate::{
    context::StepContext,
    error::{Error, code},
    state::State,
    value::Value,
};

/// Something that can be a step by itself. A field of such a type is one with `#[step]`.
///
/// ```
/// use agno_core::{AnyState, Execute, Result, StepContext};
///
/// struct Shout;
///
/// impl Execute for Shout {
///     type Input = String;
///     type Output = String;
///
///     async fn execute(
///         &self,
///         input: String,
///         _: &StepContext,
///         _: Option<&mut dyn AnyState>,
///     ) -> Result<String> {
///         Ok(input.to_uppercase())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a step by itself",
    label = "this field is marked `#[step]`",
    note = "an `Agent`, a `Team` and what implements `agno::Execute` can; else write a `#[step]` method that uses the field"
)]
pub trait Execute: Settings + Send + Sync + 'static {
    /// What it takes.
    type Input: Value;
    /// What it answers.
    type Output: Value;

    /// Does the step. `state` is the session's, if the workflow has one; what is changed in it is
    /// merged with the step's result.
    fn execute(
        &self,
        input: Self::Input,
        context: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// What is known of an executable before it runs.
pub trait Settings {
    /// What its answer depends on beside the input, for the key of a cached result. Nothing by
    /// default.
    fn settings(&self) -> JsonValue {
        JsonValue::Null
    }

    /// The state that it changes, if it changes one. A workflow whose state is another is refused
    /// when the runtime is built.
    fn state(&self) -> Option<StateType> {
        None
    }
}

/// The type of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateType {
    /// Its name, for people.
    pub name: &'static str,
    id: TypeId,
}

impl StateType {
    /// Of a state.
    pub fn of<S: State>() -> Self {
        Self {
            name: std::any::type_name::<S>(),
            id: TypeId::of::<S>(),
        }
    }
}

/// The state of a session, whatever its type.
pub trait AnyState: Send {
    /// Its type.
    fn kind(&self) -> StateType;
    /// The state itself.
    fn as_any(&mut self) -> &mut dyn Any;
    /// Its fields, as they are saved.
    ///
    /// # Errors
    ///
    /// What cannot be saved as JSON.
    fn fields(&self) -> Result<Map<String, JsonValue>, Error>;
    /// Sets fields, as they were saved.
    ///
    /// # Errors
    ///
    /// What does not fit.
    fn set_fields(&mut self, fields: Map<String, JsonValue>) -> Result<(), Error>;
}

impl<S: State> AnyState for S {
    fn kind(&self) -> StateType {
        StateType::of::<S>()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn fields(&self) -> Result<Map<String, JsonValue>, Error> {
        crate::state::to_map(self).map_err(misfit)
    }

    fn set_fields(&mut self, fields: Map<String, JsonValue>) -> Result<(), Error> {
        let mut all = self.fields()?;
        all.extend(fields);
        *self = serde_json::from_value(JsonValue::Object(all))
            .map_err(|error| misfit(error.to_string()))?;
        Ok(())
    }
}

fn misfit(problem: String) -> Error {
    Error::new(code::INVALID_STATE, problem).permanent()
}
