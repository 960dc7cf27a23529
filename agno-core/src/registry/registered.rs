//! A workflow with its types erased, as the engine uses it.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use agno_storage::{BoxFuture, Json, SessionFields};
use schemars::Schema;
use serde_json::Value;

use super::{
    Chain, Definition, FlowSpec, Link, OnDrift, OnError, Step, StepOptions, StepSummary, Workflow,
    WorkflowSummary,
    describe::{has_limits, input_of, object_of, schema_of},
    executable::{Executable, check_states},
    misuse,
};
use crate::{
    context::Call,
    error::{Error, code},
    execute::StateType,
    flow::Handle,
    graph::{Constructs, Graph},
    schema::{InputSchema, has_artifacts},
    state::Field,
    value::{ParamInfo, Params, Produced, Returns, SchemaOf, Unsaved, wrapped},
};

pub(crate) type StepOutcome = Result<Produced, Error>;
type Encode = Box<dyn Fn(&dyn Any) -> Result<Json, Error> + Send + Sync>;
type Decode = Box<dyn Fn(&Json) -> serde_json::Result<Box<dyn Any + Send>> + Send + Sync>;
type Check = Box<dyn Fn(&Json) -> serde_json::Result<()> + Send + Sync>;
type RunStep = Box<
    dyn Fn(Arc<dyn Any + Send + Sync>, Call, Json) -> BoxFuture<'static, (Call, StepOutcome)>
        + Send
        + Sync,
>;
type RunFlow =
    Box<dyn Fn(Handle, Json) -> BoxFuture<'static, Result<Produced, Error>> + Send + Sync>;

pub(crate) struct StateEntry {
    pub(crate) check: fn(&SessionFields) -> Result<(), String>,
    pub(crate) rules: &'static [Field],
    pub(crate) kind: StateType,
}

pub(crate) struct StepEntry {
    pub(crate) step: Step,
    pub(crate) params: Vec<ParamInfo>,
    pub(crate) encode: Encode,
    pub(crate) decode: Decode,
    /// Whether an input reads back.
    pub(crate) check: Check,
    pub(crate) run: RunStep,
    pub(crate) default: Option<Box<dyn Fn() -> StepOutcome + Send + Sync>>,
    /// Of a step that is a field.
    pub(crate) executable: Option<Executable>,
    output: SchemaOf,
    output_hash: OnceLock<String>,
    refers: OnceLock<bool>,
}

impl StepEntry {
    pub(crate) fn new<P: Params, R: Send + 'static, T: Send + 'static>(
        mut step: Step,
        params: Arc<P>,
        returns: &Returns<R, T>,
        run: RunStep,
    ) -> Self {
        let codec = returns.codec;
        let default = returns.default.map(|make| {
            let produce = move || codec.produce(&make());
            Box::new(produce) as Box<dyn Fn() -> StepOutcome + Send + Sync>
        });
        if returns.skips_failures {
            step.on_error = OnError::Skip;
        }
        Self {
            params: params.describe(),
            encode: encoder(step.name, params.clone()),
            decode: Box::new(move |json| codec.decode_any(json)),
            check: Box::new(move |values| params.decode(values).map(drop)),
            run,
            default,
            output: codec.schema_of(),
            executable: None,
            output_hash: OnceLock::new(),
            refers: OnceLock::new(),
            step,
        }
    }

    /// JSON Schema of the input: an object keyed by parameter name.
    pub(crate) fn input_schema(&self) -> Value {
        object_of(&self.params).to_value()
    }

    /// JSON Schema of the output.
    pub(crate) fn output_schema(&self) -> Schema {
        let mut schema = schema_of(self.output);
        let title = Value::String(format!("the output of {}", self.step.name));
        schema.insert("title".to_owned(), title);
        schema
    }

    /// Whether there are artifacts in the output.
    pub(crate) fn refers_to_artifacts(&self) -> bool {
        let refers = || has_artifacts(schema_of(self.output).as_value());
        *self.refers.get_or_init(refers)
    }

    /// What the step's answer depends on beside its input.
    pub(crate) fn settings(&self, workflow: &(dyn Any + Send + Sync)) -> Value {
        let find = self.executable.as_ref();
        let executable = find.and_then(|find| find(workflow));
        executable.map_or(Value::Null, |executable| executable.settings())
    }

    /// Hash of the output's schema: a cached result of another shape is not taken.
    pub(crate) fn output_hash(&self) -> &str {
        self.output_hash.get_or_init(|| {
            let schema = schema_of(self.output);
            blake3::hash(schema.as_value().to_string().as_bytes()).to_hex()[..16].to_owned()
        })
    }
}

fn encoder<P: Params>(name: &'static str, params: Arc<P>) -> Encode {
    Box::new(move |values| {
        let Some(values) = values.downcast_ref::<P::Values>() else {
            let wanted = std::any::type_name::<P::Values>();
            let problem = format!("`{name}` takes {wanted}, it was called with something else");
            return Err(Error::new(code::MISUSE, problem).permanent());
        };
        params.encode(values).map_err(|error| {
            Error::new(
                code::INVALID_INPUT,
                format!("the input of `{name}` cannot be saved: {}", Unsaved(&error)),
            )
            .permanent()
        })
    })
}

pub(crate) enum FlowRun {
    Body(RunFlow),
    Chain(Chain),
}

pub(crate) struct FlowEntry {
    pub(crate) spec: FlowSpec,
    pub(crate) params: Vec<ParamInfo>,
    pub(crate) encode: Encode,
    pub(crate) encode_input: Encode,
    /// Whether values read back.
    pub(crate) check: Check,
    pub(crate) decode: Option<Decode>,
    pub(crate) run: FlowRun,
    output: Option<SchemaOf>,
}

impl FlowEntry {
    pub(crate) fn new<P: Params, R: Send + 'static, T: Send + 'static>(
        spec: FlowSpec,
        params: Arc<P>,
        returns: &Returns<R, T>,
        run: RunFlow,
    ) -> Self {
        let codec = returns.codec;
        Self {
            params: params.describe(),
            encode: encoder(spec.name, params.clone()),
            encode_input: input_encoder(spec.name, params.clone()),
            check: Box::new(move |values| params.decode(values).map(drop)),
            decode: Some(Box::new(move |json| codec.decode_any(json))),
            run: FlowRun::Body(run),
            output: Some(codec.schema_of()),
            spec,
        }
    }

    /// JSON Schema of the input: an object keyed by parameter name.
    pub(crate) fn input_schema(&self) -> Value {
        object_of(&self.params).to_value()
    }

    /// Hash of the output's schema: a cached result of another shape is not taken.
    pub(crate) fn output_hash(&self) -> String {
        let schema = self.output.map_or_else(Schema::default, schema_of);
        blake3::hash(schema.as_value().to_string().as_bytes()).to_hex()[..16].to_owned()
    }

    pub(crate) fn chain<P: Params>(params: P, links: Vec<Link>) -> Self {
        let params = Arc::new(params);
        Self {
            params: params.describe(),
            encode: encoder("the first step", params.clone()),
            encode_input: input_encoder("the first step", params.clone()),
            check: Box::new(move |values| params.decode(values).map(drop)),
            decode: None,
            run: FlowRun::Chain(Chain::new(links)),
            output: None,
            spec: FlowSpec::new("steps"),
        }
    }
}

fn input_encoder<P: Params>(name: &'static str, params: Arc<P>) -> Encode {
    Box::new(move |input| {
        let encoded = match input.downcast_ref::<P::Input>() {
            Some(input) => params.encode_input(input),
            None => params.encode(match input.downcast_ref::<P::Values>() {
                Some(values) => values,
                None => {
                    let problem = format!("`{name}` was started with something else than it takes");
                    return Err(Error::new(code::MISUSE, problem).permanent());
                }
            }),
        };
        encoded.map_err(|error| {
            Error::new(
                code::INVALID_INPUT,
                format!("the input of `{name}` cannot be saved: {}", Unsaved(&error)),
            )
            .permanent()
        })
    })
}

/// A workflow as the runtime holds it.
pub(crate) struct Registered {
    pub(crate) name: Arc<str>,
    pub(crate) description: &'static str,
    pub(crate) version: u32,
    pub(crate) on_drift: OnDrift,
    pub(crate) workflow: Arc<dyn Any + Send + Sync>,
    pub(crate) graph: &'static Graph,
    pub(crate) state: Option<StateEntry>,
    /// What the macro found in the source of its flows.
    pub(crate) warnings: Vec<String>,
    pub(crate) uncalled_allowed: Vec<&'static str>,
    steps: Vec<StepEntry>,
    flows: Vec<FlowEntry>,
    by_name: HashMap<&'static str, usize>,
    input: OnceLock<InputSchema>,
    limits: OnceLock<bool>,
    refers: OnceLock<bool>,
    constructs: OnceLock<Constructs>,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registered({})", self.name)
    }
}

impl Registered {
    pub(crate) fn new<W: Workflow>(workflow: W) -> Result<Self, Error> {
        let definition = Definition::<W>::collect();
        let mut by_name = HashMap::new();
        for (index, entry) in definition.steps.iter().enumerate() {
            if by_name.insert(entry.step.name, index).is_some() {
                let problem = format!("`{}` has two steps `{}`", W::NAME, entry.step.name);
                return Err(misuse(problem));
            }
        }
        if definition.flows.is_empty() {
            return Err(misuse(format!(
                "`{}` declares no flow and no chain of steps",
                W::NAME
            )));
        }
        for flow in &definition.flows {
            if let FlowRun::Chain(chain) = &flow.run
                && let Some(problem) = chain.problem(|name| by_name.contains_key(name))
            {
                return Err(misuse(format!("`{}` {problem}", W::NAME)));
            }
        }
        let declared = definition.state.as_ref().map(|state| state.kind);
        check_states(&workflow, &definition.steps, declared)?;
        Ok(Self {
            name: Arc::from(W::NAME),
            description: W::DESCRIPTION,
            version: W::VERSION,
            on_drift: W::ON_DRIFT,
            workflow: Arc::new(workflow),
            graph: definition.graph,
            state: definition.state,
            warnings: definition.warnings,
            uncalled_allowed: definition.uncalled_allowed,
            steps: definition.steps,
            flows: definition.flows,
            by_name,
            input: OnceLock::new(),
            limits: OnceLock::new(),
            refers: OnceLock::new(),
            constructs: OnceLock::new(),
        })
    }

    /// The branches and loops of its flows, at the beginning of a run.
    pub(crate) fn constructs(&self) -> Constructs {
        let read = || Constructs::new(self.graph);
        self.constructs.get_or_init(read).fresh()
    }

    pub(crate) fn step(&self, name: &str) -> Option<(usize, &StepEntry)> {
        let index = *self.by_name.get(name)?;
        Some((index, &self.steps[index]))
    }

    pub(crate) fn steps(&self) -> &[StepEntry] {
        &self.steps
    }

    pub(crate) fn step_at(&self, index: usize) -> &StepEntry {
        &self.steps[index]
    }

    /// Looked up by name; the entry flow cannot be called as a sub-flow.
    pub(crate) fn subflow(&self, name: &str) -> Option<(usize, &FlowEntry)> {
        let mut flows = self.flows.iter().enumerate().skip(1);
        flows.find(|(_, flow)| flow.spec.name == name)
    }

    pub(crate) fn flows(&self) -> &[FlowEntry] {
        &self.flows
    }

    pub(crate) fn flow_at(&self, index: usize) -> &FlowEntry {
        &self.flows[index]
    }

    pub(crate) fn entry(&self) -> &FlowEntry {
        &self.flows[0]
    }

    /// The schema that input from outside is checked against.
    pub(crate) fn input_schema(&self) -> &InputSchema {
        self.input.get_or_init(|| {
            let params = &self.entry().params;
            let name = match params.as_slice() {
                [one] => (one.schema.name)().into_owned(),
                _ => format!("the input of {}", self.name),
            };
            {
                let mut schema = input_of(params);
                schema.insert("title".to_owned(), Value::String(name));
                InputSchema::new(&schema)
            }
        })
    }

    /// Whether the input's schema asks for more than its Rust type does: lengths, ranges,
    /// patterns. If not, a typed input needs no check.
    pub(crate) fn input_has_limits(&self) -> bool {
        *self
            .limits
            .get_or_init(|| has_limits(&input_of(&self.entry().params).to_value()))
    }

    /// Whether there are artifacts in the input.
    pub(crate) fn takes_artifacts(&self) -> bool {
        let refers = || has_artifacts(input_of(&self.entry().params).as_value());
        *self.refers.get_or_init(refers)
    }

    pub(crate) fn output_schema(&self) -> Schema {
        let output = self.entry().output.or_else(|| match &self.entry().run {
            FlowRun::Chain(chain) => {
                let last = chain.last().and_then(|name| self.step(name));
                last.map(|(_, entry)| entry.output)
            }
            FlowRun::Body(_) => None,
        });
        output.map_or_else(Schema::default, schema_of)
    }

    /// Reads the output of a run.
    pub(crate) fn decode_output(&self, json: &Json) -> serde_json::Result<Box<dyn Any + Send>> {
        match (&self.entry().decode, &self.entry().run) {
            (Some(decode), _) => decode(json),
            (None, FlowRun::Chain(chain)) => {
                let last = chain.last().and_then(|name| self.step(name));
                match last {
                    Some((_, entry)) => (entry.decode)(json),
                    None => Ok(Box::new(())),
                }
            }
            (None, FlowRun::Body(_)) => Ok(Box::new(())),
        }
    }

    /// What a flow is called with, from what the run was started with.
    pub(crate) fn entry_values(&self, input: &Json) -> serde_json::Result<Json> {
        match self.entry().params.as_slice() {
            [one] => wrapped(one.name, input),
            _ => Ok(input.clone()),
        }
    }

    pub(crate) fn summary(&self) -> WorkflowSummary {
        let steps = self.steps.iter().map(|entry| StepSummary {
            name: entry.step.name.to_owned(),
            description: entry.step.description.to_owned(),
            input: object_of(&entry.params).to_value(),
            output: schema_of(entry.output).to_value(),
        });
        WorkflowSummary {
            name: self.name.to_string(),
            description: self.description.to_owned(),
            version: self.version,
            input: input_of(&self.entry().params).to_value(),
            output: self.output_schema().to_value(),
            parameters: self
                .entry()
                .params
                .iter()
                .map(|p| p.name.to_owned())
                .collect(),
            steps: steps.collect(),
        }
    }
}

impl StepOptions {
    /// These, with what a single call set anew.
    pub(crate) fn with(&self, call: &Self) -> Self {
        Self {
            retry: call.retry.or(self.retry),
            timeout: call.timeout.or(self.timeout),
            cache: call.cache.clone().or_else(|| self.cache.clone()),
            cache_mode: call.cache_mode.or(self.cache_mode),
        }
    }
}
