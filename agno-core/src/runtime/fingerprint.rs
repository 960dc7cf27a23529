//! What of a workflow the journals of its runs depend on, to be kept and compared.

mod compare;
mod schemas;
mod shape;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::compare::Change;
use self::shape::{Shape, shape_of};
use super::Runtime;
use crate::{
    error::Error,
    registry::{FlowRun, OnError, Registered, StepEntry},
};

/// The structure of a workflow, as far as runs under way depend on it: its types, its steps, and
/// in which order its flows call them. To be saved with a release and compared with the next one:
///
/// ```
/// use agno_core::Fingerprint;
///
/// fn check(saved: &str, now: &Fingerprint) -> serde_json::Result<bool> {
///     let before: Fingerprint = serde_json::from_str(saved)?;
///     Ok(Fingerprint::compare(&before, now).iter().all(|change| !change.breaks))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fingerprint {
    /// Name of the workflow.
    pub workflow: String,
    /// Its version.
    pub version: u32,
    /// JSON Schema of what a run is started with.
    pub input: Value,
    /// JSON Schema of what it ends with.
    pub output: Value,
    /// Merge rules of the state, by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state: BTreeMap<String, String>,
    /// Its steps, by name.
    pub steps: BTreeMap<String, StepFingerprint>,
    /// What its flows do, in order, by name. The first to run is `entry`.
    flows: BTreeMap<String, Vec<Shape>>,
    /// Name of the flow that a run begins with.
    entry: String,
}

/// The structure of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepFingerprint {
    /// JSON Schema of its input: an object keyed by parameter name.
    pub input: Value,
    /// JSON Schema of its output.
    pub output: Value,
    /// Its version.
    pub version: u32,
    /// Whether its results are cached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// Whether its start is recorded before it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most_once: bool,
    /// Whether a person has to say yes before it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// What happens when it has failed for good.
    pub on_error: OnError,
}

impl StepFingerprint {
    fn of(entry: &StepEntry) -> Self {
        Self {
            input: entry.input_schema(),
            output: entry.output_schema().to_value(),
            version: entry.step.version,
            cached: entry.step.options.cache.is_some(),
            at_most_once: entry.step.at_most_once,
            confirmed: entry.step.gate.is_some(),
            on_error: entry.step.on_error,
        }
    }
}

impl Fingerprint {
    fn of(registered: &Registered) -> Self {
        let summary = registered.summary();
        let steps = registered.steps().iter();
        let steps = steps.map(|entry| (entry.step.name.to_owned(), StepFingerprint::of(entry)));
        let drawn = registered.graph.flows.iter();
        let mut flows: BTreeMap<_, _> = drawn
            .map(|flow| (flow.name.to_owned(), shape_of(flow.nodes)))
            .collect();
        let entry = registered.graph.entry().map_or("steps", |flow| flow.name);
        if let (true, FlowRun::Chain(chain)) = (flows.is_empty(), &registered.entry().run) {
            let steps = chain.links.iter().map(|link| Shape::step(link.step));
            flows.insert(entry.to_owned(), steps.collect());
        }
        let state = registered
            .state
            .as_ref()
            .map_or(&[][..], |state| state.rules);
        let state = state.iter().map(|field| {
            let rule = format!("{:?}", field.merge()).to_lowercase();
            (field.name().to_owned(), rule)
        });
        Self {
            workflow: summary.name,
            version: summary.version,
            input: summary.input,
            output: summary.output,
            state: state.collect(),
            steps: steps.collect(),
            flows,
            entry: entry.to_owned(),
        }
    }
}

impl Runtime {
    /// The structure of a workflow, to be kept and compared with that of a later version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest name.
    pub fn fingerprint(&self, workflow: &str) -> Result<Fingerprint, Error> {
        self.find(workflow)
            .map(|registered| Fingerprint::of(registered))
    }
}
