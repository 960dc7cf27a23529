//! What can be a step without being a method: an agent, a team, a type of one's own.

use std::{
    any::{Any, TypeId},
    marker::PhantomData,
    sync::Arc,
};

use serde_json::{Map, Value as JsonValue};

use crate::{
    context::StepContext,
    error::{Error, code},
    state::{State, StateSlot},
    value::Value,
};

/// Something that can be a step by itself. A field of such a type is one with `#[step]`.
///
/// ```
/// use agno_core::{AnyState, Execute, Result, Settings, StepContext};
///
/// struct Shout;
///
/// impl Settings for Shout {}
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
    note = "an `Agent` or a `Team` can, if its types have `#[agno::data]`, and what implements `agno::Execute`; else write a `#[step]` method that uses the field"
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

    /// The states that it changes, when it is made of several executables.
    fn states(&self) -> Vec<StateType> {
        self.state().into_iter().collect()
    }
}

macro_rules! pointers {
    ($($pointer:ident),+) => {$(
        impl<T: Settings + ?Sized> Settings for $pointer<T> {
            fn settings(&self) -> JsonValue {
                (**self).settings()
            }

            fn state(&self) -> Option<StateType> {
                (**self).state()
            }

            fn states(&self) -> Vec<StateType> {
                (**self).states()
            }
        }

        /// One executable for several steps or workflows.
        #[diagnostic::do_not_recommend]
        impl<T: Execute> Execute for $pointer<T> {
            type Input = T::Input;
            type Output = T::Output;

            fn execute(
                &self,
                input: T::Input,
                context: &StepContext,
                state: Option<&mut dyn AnyState>,
            ) -> impl Future<Output = Result<T::Output, Error>> + Send {
                (**self).execute(input, context, state)
            }
        }
    )+};
}
pointers!(Arc, Box);

impl<T: Settings> Settings for Option<T> {
    fn settings(&self) -> JsonValue {
        self.as_ref().map_or(JsonValue::Null, Settings::settings)
    }

    fn state(&self) -> Option<StateType> {
        self.as_ref().and_then(Settings::state)
    }

    fn states(&self) -> Vec<StateType> {
        self.as_ref().map_or_else(Vec::new, Settings::states)
    }
}

impl<T: Settings> Settings for Vec<T> {
    fn settings(&self) -> JsonValue {
        self.iter().map(Settings::settings).collect()
    }

    fn state(&self) -> Option<StateType> {
        self.iter().find_map(Settings::state)
    }

    fn states(&self) -> Vec<StateType> {
        self.iter().flat_map(Settings::states).collect()
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

/// The state of a step, loaded when it is first asked for: an executable may have no use for it.
pub(crate) struct LazyState<'a, S> {
    slot: &'a mut StateSlot,
    state: PhantomData<fn() -> S>,
}

impl<'a, S: State> LazyState<'a, S> {
    pub(crate) fn new(slot: &'a mut StateSlot) -> Self {
        Self {
            slot,
            state: PhantomData,
        }
    }

    fn get(&mut self) -> &mut S {
        self.slot.get()
    }
}

impl<S: State> AnyState for LazyState<'_, S> {
    fn kind(&self) -> StateType {
        StateType::of::<S>()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self.get().as_any()
    }

    fn fields(&self) -> Result<Map<String, JsonValue>, Error> {
        self.slot.fields::<S>().map_err(misfit)
    }

    fn set_fields(&mut self, fields: Map<String, JsonValue>) -> Result<(), Error> {
        self.get().set_fields(fields)
    }
}

/// A field of a workflow changes another state than the workflow has. The runtime is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongState {
    /// The workflow's name.
    pub workflow: &'static str,
    /// The field, or the step if its workflow is declared by hand.
    pub field: &'static str,
    /// The state that the field's tools take.
    pub wants: StateType,
    /// The state that the workflow declares.
    pub declared: Option<StateType>,
}

impl std::fmt::Display for WrongState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            workflow,
            field,
            wants,
            declared,
        } = self;
        write!(
            f,
            "`{field}` in the workflow `{workflow}` changes the state `{}`, ",
            wants.name
        )?;
        match declared {
            Some(declared) => write!(
                f,
                "but the workflow's state is `{}`: use one of the two for both",
                declared.name
            ),
            None => write!(
                f,
                "but the workflow declares none: write `#[workflow(state = ..)]`"
            ),
        }
    }
}

impl std::error::Error for WrongState {}

fn misfit(problem: String) -> Error {
    Error::new(code::INVALID_STATE, problem).permanent()
}
