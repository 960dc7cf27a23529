//! What generated code names. Not part of the public interface: it changes with the macros, and
//! both have one version.

pub use std::{self, boxed::Box};
use std::{panic::Location, time::Duration};

pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::{
    context::{Call, StepContext},
    execute::{Execute, Settings},
    flow::{Flow, Handle, StepCall},
    graph::{Arm, FlowGraph, Graph, Node},
    registry::{
        Cache, Definition, FlowSpec, Gate, Link, OnDrift, OnError, OnReject, OnTimeout, Piece,
        Retry, Scope, Step, Steps, Workflow, WorkflowInfo,
    },
    state::{
        Field, Merge, MergeAppend, MergeExtreme, MergeSum, MergeUnion, State, StateSlot,
        merge_append, merge_extreme, merge_sum, merge_union,
    },
    value::{
        Codec, Fallible, Param, Params, Probe, ProbePlain, Rejectable, Returns, Skippable, Value,
        assert_plain, codec, fallible, param, plain,
    },
};

/// The struct is a workflow with steps.
pub fn has_steps<W: Workflow>() {}

/// The struct is marked.
pub fn has_info<W: WorkflowInfo>() {}

/// A failed step answers the default of its output: `on_error = "skip"`.
pub fn or_default<T: Skippable, R>(returns: Returns<R, T>) -> Returns<R, T> {
    returns.or_default()
}

/// A rejected step answers the default of its output: `on_reject = "skip"`.
pub fn or_default_if_rejected<T: Rejectable, R>(returns: Returns<R, T>) -> Returns<R, T> {
    returns.or_default_if_rejected()
}

/// The next step's input takes what the step before it produces.
pub fn link<Next: Accepts<Previous>, Previous>() {}

/// A step's input takes what the step before it produces.
#[diagnostic::on_unimplemented(
    message = "this step takes `{Self}`, but the step before it produces `{Previous}`",
    label = "takes `{Self}`",
    note = "without a `#[flow]`, each step feeds the next: change one of the two types, or write a `#[flow]` that says what goes where"
)]
pub trait Accepts<Previous> {}

impl<T> Accepts<T> for T {}

/// A link to a field whose input takes what the field before it produces.
pub fn feed<Next: Takes<Previous>, Previous>(step: &'static str) -> Link {
    Link::new(step)
}

/// A field's input takes what the field before it produces.
#[diagnostic::on_unimplemented(
    message = "this step takes `{Self}`, but the step before it produces `{Previous}`",
    label = "takes `{Self}`",
    note = "each field feeds the next: change one of the two, or write `#[step(input = \"..{{previous}}..\")]` on this one"
)]
pub trait Takes<Previous> {}

impl<T> Takes<T> for T {}

/// The workflow of a struct whose steps are its fields. Its name is what rustc quotes when the
/// struct has a `#[workflow]` impl as well: that cannot be said in any other place.
#[allow(non_camel_case_types)]
pub trait its_fields_are_its_steps_use_a_method_or_remove_the_impl: WorkflowInfo + Sized {
    /// What the first field takes.
    type Input: Send + 'static;
    /// What the last field answers.
    type Output: Send + 'static;

    /// Declares the steps.
    fn define(definition: &mut Definition<Self>);
}

#[diagnostic::do_not_recommend]
impl<W: its_fields_are_its_steps_use_a_method_or_remove_the_impl> Workflow for W {
    type Steps = Handle;
    type Input = W::Input;
    type Output = W::Output;

    fn define(definition: &mut Definition<Self>) {
        <W as its_fields_are_its_steps_use_a_method_or_remove_the_impl>::define(definition);
    }
}

/// Takes the fields of a workflow that say something of themselves.
pub type Visit<'a> = dyn FnMut(&'static str, &dyn Settings) + 'a;

/// A field of a workflow, whatever its type.
#[derive(Debug)]
pub struct FieldOf<'a, T: ?Sized>(pub &'a T);

/// A field that says something of itself. Its method is found before that of [`PlainField`],
/// which takes one reference more.
pub trait SettingsField {
    /// Shows the field.
    fn agno_visit(&self, name: &'static str, visit: &mut Visit<'_>);
}

impl<T: Settings> SettingsField for FieldOf<'_, T> {
    fn agno_visit(&self, name: &'static str, visit: &mut Visit<'_>) {
        visit(name, self.0);
    }
}

/// A field that does not.
pub trait PlainField {
    /// Does nothing.
    fn agno_visit(&self, _: &'static str, _: &mut Visit<'_>) {}
}

impl<T: ?Sized> PlainField for &FieldOf<'_, T> {}

/// The type of a step's state is that of the workflow.
#[diagnostic::on_unimplemented(
    message = "this step takes the state `{Self}`, the workflow's state is `{Declared}`",
    label = "not the workflow's state",
    note = "write `&mut {Declared}` here, or `#[workflow(state = {Self})]` on the impl"
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

/// The state a step may change.
pub fn state<S: State>(slot: &mut StateSlot) -> &mut S {
    slot.get::<S>()
}

/// The state as a step takes it: the same type, or the program is refused.
pub fn same<Used: IsState<Declared>, Declared>(declared: &mut Declared) -> &mut Used {
    Used::of(declared)
}

/// What a step takes by shared reference.
#[diagnostic::on_unimplemented(
    message = "a step takes `&StepContext` by reference, not `&{Self}`",
    label = "inputs are owned values",
    note = "write the type without `&` for an input, or `&StepContext` for the context"
)]
pub trait Context {
    /// The context as this type.
    fn of(context: &StepContext) -> &Self;
}

#[diagnostic::do_not_recommend]
impl Context for StepContext {
    fn of(context: &StepContext) -> &Self {
        context
    }
}

/// The context of a step.
pub fn context<T: Context>(context: &StepContext) -> &T {
    T::of(context)
}

/// The place of a call in the source.
#[track_caller]
pub const fn here() -> &'static Location<'static> {
    Location::caller()
}

/// A duration that the macro has read.
pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
