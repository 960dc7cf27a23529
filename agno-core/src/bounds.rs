//! What the macros ask of a user's types, each with a text for who does not meet it.
//!
//! Generated code calls a function of the trait itself, `<Draft as Stored>::codec()`. Of a function
//! with a bound rustc would say as well where that bound stands, in code that no user has seen. For
//! the same reason none of these traits has others above it, but [`StateData`], which is one for many.

use serde::{Serialize, de::DeserializeOwned};

pub use crate::{
    data::{Closed, Concrete, DataField, HashKey, Kept, Moment, OrderedKey, Told, Unlocked},
    state::{MergeAppend, MergeExtreme, MergeSum, MergeUnion},
    unmarked::{HasSteps, Outside},
};

use crate::{
    BoxError,
    context::StepContext,
    flow::{Flow, Handle},
    registry::{Definition, Link, Steps, Workflow, WorkflowInfo},
    state::{State, StateSlot},
    value::{Codec, Value, codec},
};

/// A [`Value`]: an input or output of a step.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot pass between steps",
    label = "this value is saved and read back",
    note = "a type of your own: write `#[data]` above its `struct` or `enum` (`{Self}`, or what is in it); one of another crate: wrap it in a struct, or convert it; what is shared, such as a client, is a field of the workflow"
)]
pub trait Stored: Sized {
    /// How its values are written, read and described.
    fn codec() -> Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Value> Stored for T {
    fn codec() -> Codec<Self> {
        codec()
    }
}

/// An output that is [`Stored`] and no `Result` under another name. `PLAIN` is what [`Probe`] says
/// of it. One trait and one text for both, since of two rustc would report two errors.
///
/// [`Probe`]: crate::macro_support::Probe
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot pass between steps",
    label = "this value is saved and read back",
    note = "a type of your own: write `#[data]` above its `struct` or `enum` (`{Self}`, or what is in it); one of another crate: wrap it in a struct, or convert it; what is shared, such as a client, is a field of the workflow",
    note = "a `Result` under another name: write `Result<..>` here, else an error would be saved as a success"
)]
pub trait PlainOutput<const PLAIN: bool>: Sized {
    /// As [`Stored::codec`].
    fn codec() -> Codec<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Value> PlainOutput<true> for T {
    fn codec() -> Codec<Self> {
        codec()
    }
}

/// What a [`State`] is made of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as a state",
    label = "a state is saved, read back, copied, and begins with its default",
    note = "write `#[agno::data] #[derive(Default, State)]` above `{Self}`"
)]
pub trait StateData:
    Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<S: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static> StateData for S {}

/// A [`State`]: what a workflow declares as the state of its sessions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state",
    label = "this is the state of a session",
    note = "write `#[agno::data] #[derive(Default, State)]` above `{Self}`"
)]
pub trait SessionState: Sized {
    /// The state, for a flow to read.
    fn read(handle: &Handle) -> Self;
    /// Declares it.
    fn declare<W: Workflow>(definition: &mut Definition<W>);
    /// The state, for a step to change.
    fn change(slot: &mut StateSlot) -> &mut Self;
}

#[diagnostic::do_not_recommend]
impl<S: State> SessionState for S {
    fn read(handle: &Handle) -> Self {
        handle.state()
    }

    fn declare<W: Workflow>(definition: &mut Definition<W>) {
        definition.state::<S>();
    }

    fn change(slot: &mut StateSlot) -> &mut Self {
        slot.get()
    }
}

/// A step's input takes what the step before it produces.
#[diagnostic::on_unimplemented(
    message = "this step takes `{Self}`, but the step before it produces `{Previous}`",
    label = "takes `{Self}`",
    note = "without a `#[flow]`, each step feeds the next: change one of the two types, or write a `#[flow]` that says what goes where"
)]
pub trait Accepts<Previous> {
    /// Does nothing: that it can be named is the check.
    fn link() {}
}

impl<T> Accepts<T> for T {}

/// A field's input takes what the field before it produces.
#[diagnostic::on_unimplemented(
    message = "this step takes `{Self}`, but the step before it produces `{Previous}`",
    label = "takes `{Self}`",
    note = "each field feeds the next: change one of the two, or write `#[step(input = \"..{{previous}}..\")]` on this one"
)]
pub trait TakesFrom<Previous> {
    /// A link to a field whose input takes what the field before it produces.
    fn feed(step: &'static str) -> Link {
        Link::new(step)
    }
}

impl<T> TakesFrom<T> for T {}

/// The type of a step's state is that of the workflow.
#[diagnostic::on_unimplemented(
    message = "this step takes the state `{Self}`, the workflow's state is `{Declared}`",
    label = "not the workflow's state",
    note = "an input is taken by value: write `{Self}`; the state is `&mut {Declared}`, or another one by `#[workflow(state = {Self})]` on the impl"
)]
pub trait IsState<Declared> {
    /// The declared state, under the name that the step uses.
    fn of(declared: &mut Declared) -> &mut Self;
}

impl<T> IsState<T> for T {
    fn of(declared: &mut T) -> &mut T {
        declared
    }
}

/// The flow that a flow takes is that of its own workflow.
#[diagnostic::on_unimplemented(
    message = "a flow of `{W}` takes the flow of `{Self}`",
    label = "another workflow",
    note = "write `flow: &Flow<Self>`"
)]
pub trait IsThisWorkflow<W: Workflow>: Workflow {
    /// The flow, under the name that it is taken by.
    fn of(flow: &Flow<W>) -> &Flow<Self>;
}

impl<W: Workflow> IsThisWorkflow<W> for W {
    fn of(flow: &Flow<W>) -> &Flow<W> {
        flow
    }
}

/// What a step takes by shared reference.
#[diagnostic::on_unimplemented(
    message = "a step takes `&StepContext` by reference, not `&{Self}`",
    label = "inputs are owned values",
    note = "write the type without `&` for an input, or `&StepContext` for the context"
)]
pub trait IsStepContext {
    /// The context as this type.
    fn of(context: &StepContext) -> &Self;
}

#[diagnostic::do_not_recommend]
impl IsStepContext for StepContext {
    fn of(context: &StepContext) -> &Self {
        context
    }
}

/// What turns into an [`Error`](crate::Error) by `?`. Of a `?` rustc quotes the label alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not turn into an `agno::Error`",
    label = "no standard error; write `.map_err(|error| Error::wrap(\"failed\", error))?` (a `Box<dyn Error>` needs `+ Send + Sync`)"
)]
pub trait StandardError {
    /// The error, whatever its type.
    fn boxed(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: std::error::Error + Send + Sync + 'static> StandardError for E {
    fn boxed(self) -> BoxError {
        Box::new(self)
    }
}

/// The type of a workflow's field with a `dyn Trait`. Where threads cannot share it, this is the one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a workflow",
    label = "steps run on several threads, which cannot share this",
    note = "write `+ Send + Sync` behind the trait, such as `Arc<dyn Trait + Send + Sync>`, or once at the trait: `trait Trait: Send + Sync`"
)]
pub trait SharedField {
    /// It can be one.
    const CHECKED: bool = true;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> SharedField for T {}

/// The type of such a field: itself, unless what is [`SharedField::CHECKED`] of it has an error already.
pub trait Same<const CHECKED: bool> {
    /// The type itself.
    type Itself;
}

impl<T> Same<true> for T {
    type Itself = T;
}

/// What a person is asked for: a [`Value`], of which the program says the type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a person can be asked for",
    label = "say of which type the answer is",
    note = "write `let answer: String = flow.ask(..).await?`, or a type with `#[data]` whose fields are a form"
)]
pub trait AskedFor: Value {}

#[diagnostic::do_not_recommend]
impl<T: Value> AskedFor for T {}

/// The workflow of a struct whose steps are its fields. Its name is what rustc quotes when the
/// struct has a `#[workflow]` impl as well, or two of them: that cannot be said in any other place.
// rustc asks for this one where it wants an associated type of a workflow: the same text as there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow",
    label = "neither its struct nor its `impl` block is marked",
    note = "put `#[workflow]` on `struct {Self}`, and on the `impl {Self}` block with its `#[step]` methods; fields with `#[step]` need no block"
)]
#[allow(non_camel_case_types)]
pub trait its_steps_stand_in_its_fields_or_in_one_impl_block<const ALONE: bool = true>:
    WorkflowInfo + Sized
{
    /// The handle.
    type Steps: Steps;
    /// What the first field takes.
    type Input: Send + 'static;
    /// What the last field answers.
    type Output: Send + 'static;

    /// Declares the steps.
    fn define(definition: &mut Definition<Self>);
}

#[diagnostic::do_not_recommend]
impl<W: its_steps_stand_in_its_fields_or_in_one_impl_block> Workflow for W {
    type Steps = W::Steps;
    type Input = W::Input;
    type Output = W::Output;

    fn define(definition: &mut Definition<Self>) {
        <W as its_steps_stand_in_its_fields_or_in_one_impl_block>::define(definition);
    }
}
