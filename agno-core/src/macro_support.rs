//! What generated code names. Not part of the public interface: it changes with the macros, and
//! both have one version.

pub use std::{self, boxed::Box};
use std::{panic::Location, time::Duration};

pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::{
    bounds::{
        Accepts, IsState, IsStepContext, IsThisWorkflow, PlainOutput, Same, SessionState,
        SharedField, StateData, Stored, TakesFrom,
        its_steps_stand_in_its_fields_or_in_one_impl_block,
    },
    context::{Call, StepContext},
    execute::{Execute, Settings},
    flow::{Flow, Handle, StepCall},
    graph::{Arm, FlowGraph, Graph, Node},
    registry::{
        Cache, Definition, FlowSpec, FromText, Gate, Link, OnDrift, OnError, OnReject, OnTimeout,
        Piece, Retry, Scope, Step, Steps, Workflow, WorkflowInfo,
    },
    state::{
        Field, Merge, MergeAppend, MergeExtreme, MergeSum, MergeUnion, State, StateFields,
        StateSlot,
    },
    unmarked::{
        HasSteps, IsMarked, IsUnmarked, MarkOf, Outside, Undeclared,
        its_steps_stand_in_one_impl_block, marked,
    },
    value::{
        Codec, Fallible, Param, Params, Probe, ProbePlain, Rejectable, Returns, Skippable, Value,
        codec, fallible, param, plain,
    },
};

/// What `#[data]` names.
pub mod data {
    pub use crate::data::*;
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

/// The place of a call in the source.
#[track_caller]
pub const fn here() -> &'static Location<'static> {
    Location::caller()
}

/// A duration that the macro has read.
pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
