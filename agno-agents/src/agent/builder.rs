//! How an agent is put together.

use std::{fmt, marker::PhantomData, sync::Arc};

use agno_core::{Error, Result, Value};

use super::{
    Agent, Confirm, Core, InstructionContext, Instructions, Shape, calls::Delegate,
    output::Validate,
};
use crate::{
    model::{self, Model, ModelError, ModelRequest, SchemaDialect, ToolChoice},
    schema::SchemaError,
    settings::AgentSettings,
    tool::{
        Dependencies, Tool,
        bounds::{Dependency, IntoTool},
    },
    usage::Prices,
};

/// Puts an [`Agent`] together. From [`Agent::builder`].
#[must_use = "an agent is made by `build`"]
pub struct AgentBuilder<O = String, I = String> {
    parts: Parts,
    /// Made where the type is named: `output` alone asks it to be a [`Value`].
    shape: MakeShape<O>,
    validate: Option<Validate<O>>,
    input: PhantomData<fn(I)>,
}

type MakeShape<O> = fn(SchemaDialect, bool) -> std::result::Result<Shape<O>, SchemaError>;

/// What is set of an agent, whatever it takes and answers.
struct Parts {
    name: Arc<str>,
    role: Option<String>,
    description: Option<String>,
    instructions: Instructions,
    expected_output: Option<String>,
    markdown: bool,
    model: Option<Arc<dyn Model>>,
    /// The model's name, from settings.
    named_model: Option<String>,
    tools: Vec<Tool>,
    /// Names of tools, from settings: only these of the program's are taken.
    named_tools: Option<Vec<String>>,
    tool_choice: ToolChoice,
    tool_call_limit: u32,
    max_turns: u32,
    parallel_tools: usize,
    history: usize,
    repairs: u32,
    strict: bool,
    request: ModelRequest,
    prices: Prices,
    dependencies: Dependencies,
    confirm: Option<Arc<dyn Confirm>>,
    delegate: Option<Arc<dyn Delegate>>,
    trace_content: bool,
}

impl AgentBuilder {
    pub(crate) fn new(name: Arc<str>) -> Self {
        let parts = Parts {
            name,
            role: None,
            description: None,
            instructions: Instructions::None,
            expected_output: None,
            markdown: false,
            model: None,
            named_model: None,
            tools: Vec::new(),
            named_tools: None,
            tool_choice: ToolChoice::Auto,
            tool_call_limit: 50,
            max_turns: 32,
            parallel_tools: 4,
            history: 0,
            repairs: 1,
            strict: true,
            request: ModelRequest::default(),
            prices: Prices::new(),
            dependencies: Dependencies::default(),
            confirm: None,
            delegate: None,
            trace_content: false,
        };
        Self {
            parts,
            shape: Shape::new,
            validate: None,
            input: PhantomData,
        }
    }
}

impl<O, I> AgentBuilder<O, I> {
    /// What it is, for the model and for its team: "a fact checker".
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.parts.role = Some(role.into());
        self
    }

    /// What it is for; the first words the model reads.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.parts.description = Some(description.into());
        self
    }

    /// What it is to do: a text, or a list. `{field}` stands for a field of the session's state,
    /// where the run is given one.
    pub fn instructions(mut self, instructions: impl Into<Instructions>) -> Self {
        self.parts.instructions = instructions.into();
        self
    }

    /// What it is to do, as a function says when it is asked.
    pub fn instructions_with(
        mut self,
        function: impl Fn(&InstructionContext<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.parts.instructions = Instructions::Function(Arc::new(function));
        self
    }

    /// What a good answer looks like, in words.
    pub fn expected_output(mut self, expected: impl Into<String>) -> Self {
        self.parts.expected_output = Some(expected.into());
        self
    }

    /// Asks for Markdown, unless the answer has a type. Default: not.
    pub fn markdown(mut self, markdown: bool) -> Self {
        self.parts.markdown = markdown;
        self
    }

    /// The model. Default: what the environment names ([`model::from_env`]).
    pub fn model(mut self, model: impl Model) -> Self {
        self.parts.model = Some(Arc::new(model));
        self
    }

    /// The model, shared with others: limits on requests at once are then common.
    pub fn shared_model(mut self, model: Arc<dyn Model>) -> Self {
        self.parts.model = Some(model);
        self
    }

    /// A tool it may call.
    pub fn tool(mut self, tool: impl IntoTool) -> Self {
        self.parts.tools.push(tool.into_tool());
        self
    }

    /// Tools it may call.
    pub fn tools(mut self, tools: impl IntoIterator<Item: IntoTool>) -> Self {
        let tools = tools.into_iter().map(IntoTool::into_tool);
        self.parts.tools.extend(tools);
        self
    }

    /// Whether it may, must or must not call tools. Who must is free after the first call.
    /// Default: it may.
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.parts.tool_choice = choice;
        self
    }

    /// Most tool calls of one question. Then it has to answer with what it has. Default: 50.
    pub fn tool_call_limit(mut self, limit: u32) -> Self {
        self.parts.tool_call_limit = limit;
        self
    }

    /// Most turns of the model for one question, after which it fails with `agent_turns`.
    /// Default: 32.
    pub fn max_turns(mut self, turns: u32) -> Self {
        self.parts.max_turns = turns;
        self
    }

    /// How many tool calls of one turn run at the same time. Default: 4.
    pub fn parallel_tools(mut self, calls: usize) -> Self {
        self.parts.parallel_tools = calls.max(1);
        self
    }

    /// How many earlier runs of the session its step remembers. Default: none.
    pub fn history(mut self, runs: usize) -> Self {
        self.parts.history = runs;
        self
    }

    /// How often it is asked to mend an answer that does not fit. Default: once.
    pub fn repairs(mut self, repairs: u32) -> Self {
        self.parts.repairs = repairs;
        self
    }

    /// Whether a model that can is held to the schema of the output. A type that a strict schema
    /// cannot express then fails to [`build`](Self::build). Default: yes.
    pub fn strict(mut self, strict: bool) -> Self {
        self.parts.strict = strict;
        self
    }

    /// How much chance is in its words, from 0. Default: the provider's.
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.parts.request.temperature = Some(temperature);
        self
    }

    /// Most tokens of one turn. An answer that would be longer is an error, never cut. Default:
    /// the provider's.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.parts.request.max_tokens = Some(tokens);
        self
    }

    /// A field of the provider's request that has no setting here.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.parts.request.extra.insert(name.into(), value.into());
        self
    }

    /// What tokens cost, for [`Usage::cost`](crate::Usage::cost). Default: not known.
    pub fn prices(mut self, prices: Prices) -> Self {
        self.parts.prices = prices;
        self
    }

    /// Something that tools find by its type: [`ToolContext::dependency`](crate::ToolContext::dependency).
    pub fn dependency<T: Dependency>(mut self, dependency: T) -> Self {
        self.parts.dependencies.insert(dependency);
        self
    }

    /// Who is asked before a tool is called that wants it.
    pub fn confirm(mut self, confirm: impl Confirm) -> Self {
        self.parts.confirm = Some(Arc::new(confirm));
        self
    }

    /// Puts the conversation into traces. Default: not, since it is the user's.
    pub fn trace_content(mut self, trace: bool) -> Self {
        self.parts.trace_content = trace;
        self
    }

    pub(crate) fn delegate(mut self, delegate: Arc<dyn Delegate>) -> Self {
        self.parts.delegate = Some(delegate);
        self
    }

    /// Takes what a file or a store says. What is set there comes before what was set here; of
    /// the tools given here, only those that it names are taken, if it names any.
    pub fn settings(mut self, settings: &AgentSettings) -> Self {
        let set = |here: &mut Option<String>, there: &Option<String>| {
            if there.is_some() {
                here.clone_from(there);
            }
        };
        self.parts.name = Arc::from(settings.name.as_str());
        set(&mut self.parts.role, &settings.role);
        set(&mut self.parts.description, &settings.description);
        set(&mut self.parts.expected_output, &settings.expected_output);
        set(&mut self.parts.named_model, &settings.model);
        match settings.instructions.as_slice() {
            [] => {}
            [one] => self.parts.instructions = Instructions::Text(one.clone()),
            several => self.parts.instructions = Instructions::List(several.to_vec()),
        }
        if settings.tools.is_some() {
            self.parts.named_tools.clone_from(&settings.tools);
        }
        self.parts.markdown = settings.markdown.unwrap_or(self.parts.markdown);
        if let Some(choice) = &settings.tool_choice {
            self.parts.tool_choice = choice.clone();
        }
        self.parts.tool_call_limit = settings
            .tool_call_limit
            .unwrap_or(self.parts.tool_call_limit);
        if let Some(calls) = settings.parallel_tools {
            self.parts.parallel_tools = calls.max(1) as usize;
        }
        if let Some(runs) = settings.history {
            self.parts.history = runs as usize;
        }
        self.parts.request.temperature = settings.temperature.or(self.parts.request.temperature);
        self.parts.request.max_tokens = settings.max_tokens.or(self.parts.request.max_tokens);
        self.parts.request.extra.extend(settings.extra.clone());
        self
    }

    /// What it answers: a type with a JSON schema, in place of text.
    pub fn output<T: Value>(self) -> AgentBuilder<T, I> {
        AgentBuilder {
            parts: self.parts,
            shape: Shape::new,
            validate: None,
            input: PhantomData,
        }
    }

    /// What it is asked: a type, which the model reads as JSON, in place of text.
    pub fn input<T: Value>(self) -> AgentBuilder<O, T> {
        AgentBuilder {
            parts: self.parts,
            shape: self.shape,
            validate: self.validate,
            input: PhantomData,
        }
    }

    /// A rule for answers that their type does not say. What breaks it is sent back to be mended.
    pub fn validate<E: fmt::Display>(
        mut self,
        rule: impl Fn(&O) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.validate = Some(Arc::new(move |output| {
            rule(output).map_err(|error| error.to_string())
        }));
        self
    }

    /// Makes the agent.
    ///
    /// # Errors
    ///
    /// `agent_invalid`: no name, two tools of one name, tools that change different states, one
    /// that changes the state and has a cache, a tool that settings name and the program does not give, a type whose strict schema cannot be
    /// written (each field is named); and the [`ModelError`] of a model that the environment or
    /// settings name and this program cannot make.
    pub fn build(self) -> Result<Agent<O, I>> {
        let name = &self.parts.name;
        let invalid = |problem: String| {
            Err(Error::new("agent_invalid", format!("the agent `{name}`: {problem}")).permanent())
        };
        if name.trim().is_empty() {
            return invalid("give it a name".to_owned());
        }
        let named = AgentSettings {
            name: name.to_string(),
            tools: self.parts.named_tools,
            ..AgentSettings::default()
        };
        let tools = match named.choose_tools(&self.parts.tools) {
            Ok(tools) => tools,
            Err(error) => return invalid(error.to_string()),
        };
        let delegated = self
            .parts
            .delegate
            .iter()
            .flat_map(|delegate| delegate.specs());
        let mut names: Vec<String> = tools.iter().map(|tool| tool.name().to_owned()).collect();
        names.extend(delegated.map(|spec| spec.name));
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return invalid(format!("two tools are called `{}`", twice[0]));
        }
        if let Some(bad) = names.iter().find(|name| !is_tool_name(name)) {
            return invalid(format!(
                "a tool cannot be called `{bad}`: 1 to 64 letters, digits, `_` or `-`, beginning \
                 with a letter or `_`"
            ));
        }
        if let Some(tool) = tools.iter().find(|tool| tool.keeps_answers_of_state()) {
            return invalid(format!(
                "`{}` changes the state and keeps its answers: one that is used again would change \
                 nothing. Take its `cache` off",
                tool.name()
            ));
        }
        let members = self
            .parts
            .delegate
            .iter()
            .flat_map(|delegate| delegate.states());
        let mut states = tools.iter().filter_map(Tool::state).chain(members);
        if let Some(first) = states.next()
            && let Some(other) = states.find(|state| *state != first)
        {
            return invalid(format!(
                "its tools change different states, {} and {}: a session has one",
                first.name, other.name
            ));
        }
        let model = match (self.parts.named_model, self.parts.model) {
            (Some(name), _) => model::by_name(&name).map_err(ModelError::into_error)?,
            (None, Some(model)) => model,
            (None, None) => model::from_env().map_err(ModelError::into_error)?,
        };
        let mut shape = match (self.shape)(model.capabilities().dialect, self.parts.strict) {
            Ok(shape) => shape,
            Err(error) => return invalid(format!("its output cannot be strict:\n{error}")),
        };
        shape.validate = self.validate;
        let core = Core {
            name: self.parts.name,
            role: self.parts.role,
            description: self.parts.description,
            instructions: self.parts.instructions,
            expected_output: self.parts.expected_output,
            markdown: self.parts.markdown,
            model,
            tools,
            tool_choice: self.parts.tool_choice,
            tool_call_limit: self.parts.tool_call_limit,
            max_turns: self.parts.max_turns,
            parallel_tools: self.parts.parallel_tools,
            history: self.parts.history,
            repairs: self.parts.repairs,
            request: self.parts.request,
            prices: self.parts.prices,
            dependencies: self.parts.dependencies,
            confirm: self.parts.confirm,
            delegate: self.parts.delegate,
            trace_content: self.parts.trace_content,
        };
        Ok(Agent {
            core: Arc::new(core),
            shape: Arc::new(shape),
            input: PhantomData,
        })
    }
}

fn is_tool_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(legal)
}

impl<O, I> fmt::Debug for AgentBuilder<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentBuilder({})", self.parts.name)
    }
}
