//! Any workflow as a tool.

#[cfg(test)]
mod tests;

use std::time::Duration;

use agno_core::{Error, ErrorKind, Json, Runtime, Workflow, schema::InputErrors};
use serde_json::{Map, Value, json};

use crate::{Tool, ToolContext, model::ToolSpec, tool::ToolAnswer, workflow_agent::StartedRuns};

/// A workflow that a model may run, as a tool. [`build`](Self::build) makes the [`Tool`] of it.
///
/// A call starts a run and answers its output. The run's id is derived from the call's
/// [idempotency key](ToolContext::idempotency_key): after a crash the same call takes up the same
/// run where it stands, and finds its output if it is done. An agent that works alone has nothing
/// that survives a crash, and each of its calls is a new run.
///
/// The run belongs to the caller's session and user. It is a run of its own: when the call is
/// dropped or times out, the run goes on.
///
/// ```
/// use agno_agents::{Tool, tools::workflow::WorkflowTool};
/// use agno_core::{Result, Runtime, Workflow};
///
/// fn as_tool<W: Workflow>(runtime: &Runtime) -> Result<Tool> {
///     let tool = WorkflowTool::new::<W>(runtime)?;
///     Ok(tool.description("Writes a report on a topic.").build())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct WorkflowTool {
    runtime: Runtime,
    workflow: String,
    spec: ToolSpec,
    /// The one parameter that stands for the whole input, where the input is no object.
    wrapped: Option<String>,
    timeout: Duration,
}

impl WorkflowTool {
    /// A workflow of a runtime. Name, description and parameters are the workflow's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the runtime does not have it.
    pub fn new<W: Workflow>(runtime: &Runtime) -> Result<Self, Error> {
        Self::by_name(runtime, W::NAME)
    }

    /// A workflow of a runtime, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], with the nearest name.
    pub fn by_name(runtime: &Runtime, workflow: &str) -> Result<Self, Error> {
        let schema = runtime.input_schema(workflow)?.document().clone();
        let summaries = runtime.workflows();
        let summary = summaries.into_iter().find(|found| found.name == workflow);
        let (description, parameters) = summary
            .map(|found| (found.description, found.parameters))
            .unwrap_or_default();
        let (parameters, wrapped) = as_object(schema, &parameters);
        Ok(Self {
            runtime: runtime.clone(),
            workflow: workflow.to_owned(),
            spec: ToolSpec {
                name: tool_name(workflow),
                description: match description.is_empty() {
                    true => format!("Runs the workflow {workflow}."),
                    false => description,
                },
                parameters,
                strict: false,
            },
            wrapped,
            timeout: Duration::from_secs(3600),
        })
    }

    /// Another name for the model. Default: the workflow's, in small letters with `_`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.spec.name = name.into();
        self
    }

    /// What the model is told of it. Default: the workflow's description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.spec.description = description.into();
        self
    }

    /// How long a call waits for its run. Default: one hour. The run goes on after it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The tool.
    #[must_use]
    pub fn build(self) -> Tool {
        let timeout = self.timeout;
        Tool::raw(self.spec.clone(), move |arguments, context| {
            let call = self.clone();
            async move { call.run(arguments, context).await }
        })
        .timeout(timeout)
    }

    async fn run(self, arguments: Value, context: ToolContext) -> Result<ToolAnswer, Error> {
        let input = self.input(arguments)?;
        let mut start = self.runtime.start_json(&self.workflow, &input.to_string());
        if let Some(session) = context.session_id() {
            start = start.session(session);
        }
        if let Some(user) = context.user_id() {
            start = start.user(user);
        }
        if context.step().is_some() {
            start = start.run_id(run_id(&self.workflow, context.idempotency_key()));
        }
        let handle = start.await.map_err(|error| match error.input_errors() {
            Some(errors) => Error::new("tool_arguments", all_problems(errors)),
            None if error.kind() == ErrorKind::InvalidInput => {
                Error::new("tool_arguments", error.message())
            }
            None => error,
        })?;
        let id = handle.id().clone();
        if let Some(started) = context.dependency::<StartedRuns>() {
            started.push(id.clone());
        }
        let output = handle.await.map_err(|error| {
            let code = match error.kind() {
                ErrorKind::Interrupted => "workflow_interrupted",
                ErrorKind::Cancelled => "workflow_cancelled",
                _ => "workflow_failed",
            };
            let problem = format!("run `{id}` of workflow `{}`: {error}", self.workflow);
            let details = json!({ "run": id, "path": error.path(), "code": error.code() });
            Error::new(code, problem).with_details(&details)
        })?;
        Ok(ToolAnswer {
            text: text_of(&output),
            media: Vec::new(),
        })
    }

    /// What the run is started with.
    fn input(&self, arguments: Value) -> Result<Value, Error> {
        let Some(parameter) = &self.wrapped else {
            return Ok(arguments);
        };
        let Value::Object(mut fields) = arguments else {
            let problem = format!("the arguments have to be an object with `{parameter}`");
            return Err(Error::new("tool_arguments", problem));
        };
        let input = fields.remove(parameter);
        if let Some(unknown) = fields.keys().next() {
            let problem = format!("unknown argument `{unknown}`; there is only `{parameter}`");
            return Err(Error::new("tool_arguments", problem));
        }
        input.ok_or_else(|| {
            let problem = format!("the argument `{parameter}` is missing");
            Error::new("tool_arguments", problem)
        })
    }
}

impl From<WorkflowTool> for Tool {
    fn from(tool: WorkflowTool) -> Self {
        tool.build()
    }
}

/// A tool's parameters are an object. An input that is none becomes one of one field; its name
/// answers beside.
fn as_object(mut schema: Value, parameters: &[String]) -> (Value, Option<String>) {
    let definitions = schema.as_object_mut().and_then(|schema| {
        schema.remove("$schema");
        schema.remove("title");
        schema.remove("$defs")
    });
    let is_object = schema["type"] == "object";
    let (mut root, wrapped) = if is_object {
        (schema, None)
    } else {
        let name = parameters.first().map_or("input", String::as_str);
        let mut properties = Map::new();
        properties.insert(name.to_owned(), schema);
        let root = json!({
            "type": "object",
            "properties": properties,
            "required": [name],
            "additionalProperties": false,
        });
        (root, Some(name.to_owned()))
    };
    if let (Some(root), Some(definitions)) = (root.as_object_mut(), definitions) {
        root.insert("$defs".to_owned(), definitions);
    }
    (root, wrapped)
}

/// `DailyReport` as `daily_report`, in the characters of a tool's name.
fn tool_name(workflow: &str) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for c in workflow.chars() {
        if c.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => name.push(c.to_ascii_lowercase()),
            _ => name.push('_'),
        }
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    name.truncate(64);
    name
}

/// The id of the run that a call makes: the same for the same call, and legal.
fn run_id(workflow: &str, key: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(workflow.len() as u64).to_le_bytes());
    hasher.update(workflow.as_bytes());
    hasher.update(key.as_bytes());
    format!("tool-{}", &hasher.finalize().to_hex()[..32])
}

/// Every problem on a line of its own, for a model to repair them all at once.
fn all_problems(errors: &InputErrors) -> String {
    let mut text = format!("the arguments do not match `{}`:", errors.type_name());
    for problem in errors.problems() {
        text.push_str("\n- ");
        text.push_str(&problem.to_string());
    }
    text
}

fn text_of(output: &Json) -> String {
    match output.to_value() {
        Value::String(text) => text,
        _ => output.as_str().to_owned(),
    }
}
