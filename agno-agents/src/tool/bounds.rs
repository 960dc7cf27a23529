//! What `#[tool]` asks of a function's types, each with a text for who does not meet it. How the
//! macro asks: see [`agno_core::bounds`].

use agno_core::{BoxError, BoxFuture, Error, State};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Tool, ToolAnswer, ToolContext, call};

/// Marks an argument that may be left out, until the arguments as a whole are described.
pub(crate) const OPTIONAL: &str = "x-agno-optional";

/// A value that a model may write.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "a model writes this value",
    note = "a type of your own: write `#[data]` above its `struct` or `enum` (`{Self}`, or what is in it); one of another crate: wrap it in a struct, or convert it"
)]
pub trait ToolArgument {
    /// The schema of an argument.
    #[doc(hidden)]
    fn describe(schemas: &mut SchemaGenerator) -> Schema;

    /// The schema of an argument with `#[serde(flatten)]`, whose fields are arguments themselves.
    #[doc(hidden)]
    fn describe_flat(schemas: &mut SchemaGenerator) -> Schema;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + 'static> ToolArgument for T {
    fn describe(schemas: &mut SchemaGenerator) -> Schema {
        /// What a missing field is to serde, it is here.
        #[derive(Deserialize)]
        struct Only<T> {
            #[serde(rename = "value")]
            _value: T,
        }
        let mut schema = schemas.subschema_for::<T>();
        if serde_json::from_str::<Only<T>>("{}").is_ok() {
            schema.insert(OPTIONAL.to_owned(), Value::Bool(true));
        }
        schema
    }

    fn describe_flat(schemas: &mut SchemaGenerator) -> Schema {
        T::json_schema(schemas)
    }
}

/// What a tool may answer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of a tool",
    label = "a model reads this value as text or JSON",
    note = "a type of your own: write `#[data]` above its `struct` or `enum` (`{Self}`, or what is in it); one of another crate: wrap it in a struct, or convert it"
)]
pub trait ToolOutput: Sized {
    /// How a value is shown to a model.
    #[doc(hidden)]
    fn answers() -> Answers<Self>;
}

/// How a value is shown to a model.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answers<T>(pub(crate) fn(T) -> Result<ToolAnswer, Error>);

#[diagnostic::do_not_recommend]
impl<T: Serialize + 'static> ToolOutput for T {
    fn answers() -> Answers<T> {
        Answers(|value| call::answer(Ok::<T, Error>(value)))
    }
}

/// An error that a tool may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool",
    label = "the error of this result does not turn into `Box<dyn Error + Send + Sync>`",
    note = "return `agno::Result<T>`, or an error type that implements `std::error::Error + Send + Sync`"
)]
pub trait ToolFailure: Sized {
    /// How an error goes into a box.
    #[doc(hidden)]
    fn failures() -> Failures<Self>;
}

/// How an error goes into a box.
#[doc(hidden)]
#[derive(Debug)]
pub struct Failures<E>(pub(crate) fn(E) -> BoxError);

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> ToolFailure for E {
    fn failures() -> Failures<E> {
        Failures(E::into)
    }
}

/// What a tool takes by shared reference.
#[diagnostic::on_unimplemented(
    message = "a tool takes `&ToolContext` by reference, not `&{Self}`",
    label = "arguments are owned values",
    note = "write the type without `&` for an argument, or `&ToolContext` for the context"
)]
pub trait IsToolContext {
    /// The context as this type.
    fn of(context: &ToolContext) -> &Self;
}

#[diagnostic::do_not_recommend]
impl IsToolContext for ToolContext {
    fn of(context: &ToolContext) -> &Self {
        context
    }
}

/// The state that a tool changes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state",
    label = "this is the state of a session",
    note = "write `#[agno::data] #[derive(Default, State)]` above `{Self}`"
)]
pub trait ToolState: Sized {
    /// Does nothing: that it can be named is the check.
    #[doc(hidden)]
    fn check() {}

    /// A tool that changes it.
    #[doc(hidden)]
    fn tool<A: DeserializeOwned + JsonSchema + Send + 'static>(
        name: &str,
        description: &str,
        function: Changing<A, Self>,
    ) -> Tool;
}

/// The function of such a tool.
#[doc(hidden)]
pub type Changing<A, S> = Box<
    dyn for<'a> Fn(A, ToolContext, &'a mut S) -> BoxFuture<'a, Result<ToolAnswer, Error>>
        + Send
        + Sync,
>;

#[diagnostic::do_not_recommend]
impl<S: State> ToolState for S {
    fn tool<A: DeserializeOwned + JsonSchema + Send + 'static>(
        name: &str,
        description: &str,
        function: Changing<A, S>,
    ) -> Tool {
        Tool::with_state::<S, A, _, _>(name, description, function)
    }
}

/// A tool, for an agent to call.
#[diagnostic::on_unimplemented(
    message = "this is not a tool",
    label = "an agent takes a `Tool` here",
    note = "`#[tool]` makes a tool beside its function: of a function `find`, write `find::tool()`"
)]
pub trait IntoTool {
    /// The tool.
    fn into_tool(self) -> Tool;
}

#[diagnostic::do_not_recommend]
impl IntoTool for Tool {
    fn into_tool(self) -> Tool {
        self
    }
}

/// What tools find by its type: [`ToolContext::dependency`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared by tools",
    label = "tools run at the same time and on other threads",
    note = "use a type that is `Send`, `Sync` and owned: `Arc` in place of `Rc`, `Mutex` in place of `RefCell`"
)]
pub trait Dependency: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Dependency for T {}
