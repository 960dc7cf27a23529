//! An agent: a model with instructions, tools and a form for its answers.

mod builder;
mod calls;
mod chat;
mod confirm;
mod effect;
mod history;
mod instructions;
mod listen;
mod output;
#[cfg(feature = "console")]
mod print;
mod record;
mod reply;
mod run;
mod state;
mod stream;
mod turns;

use std::{fmt, sync::Arc};

use agno_core::{AnyState, Error, Execute, Result, Settings, StateType, StepContext, Value};
use serde_json::{Value as JsonValue, json};

pub use self::{
    builder::AgentBuilder,
    chat::Chat,
    confirm::{Confirm, ConfirmRequest, Decision},
    instructions::{InstructionContext, Instructions},
    reply::{MemberReply, Reply, ToolRecord},
    run::AgentRun,
    stream::{AgentStream, StreamItem},
};
pub(crate) use self::{
    calls::{Delegate, Delegated, Work, is_fatal},
    chat::Shown,
    instructions::prompt,
    listen::Listener,
    output::{Fits, Shape},
    record::Record,
    run::Given,
    state::SharedState,
    turns::Answered,
};
use crate::{
    model::{Model, ModelRequest, ToolChoice},
    tool::{Dependencies, Tool},
    usage::Prices,
};

/// A model with instructions, tools and a form for its answers.
///
/// It works alone, inside a step, and as a step:
///
/// ```
/// use agno_agents::{Agent, model::Scripted};
///
/// # async fn example() -> agno_core::Result<()> {
/// let writer = Agent::builder("Writer")
///     .role("writes for the company's blog")
///     .instructions(["Be brief.", "Name your sources."])
///     .model(Scripted::new(["A short post."]))
///     .build()?;
/// let post = writer.run("Write about durable workflows.").await?;
/// assert_eq!(post, "A short post.");
/// # Ok(())
/// # }
/// ```
///
/// `O` is what it answers: text, or any type with a JSON schema
/// ([`AgentBuilder::output`]). `I` is what it is asked.
///
/// Inside a step its work is durable: each turn of the model and each answer of a tool is recorded
/// in the step when it is there, and after a crash none of them is bought again. In a task that a
/// step has spawned, [`AgentRun::context`] says which step that is.
pub struct Agent<O = String, I = String> {
    pub(crate) core: Arc<Core>,
    pub(crate) shape: Arc<Shape<O>>,
    input: std::marker::PhantomData<fn(I)>,
}

/// All of an agent but the types of its input and output.
pub(crate) struct Core {
    pub(crate) name: Arc<str>,
    pub(crate) role: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) instructions: Instructions,
    pub(crate) expected_output: Option<String>,
    pub(crate) markdown: bool,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_choice: ToolChoice,
    pub(crate) tool_call_limit: u32,
    pub(crate) max_turns: u32,
    pub(crate) parallel_tools: usize,
    pub(crate) history: usize,
    pub(crate) repairs: u32,
    /// What is the same in every request: temperature and the like.
    pub(crate) request: ModelRequest,
    pub(crate) prices: Prices,
    pub(crate) dependencies: Dependencies,
    pub(crate) confirm: Option<Arc<dyn Confirm>>,
    /// The members of a team, for its leader to give work to.
    pub(crate) delegate: Option<Arc<dyn Delegate>>,
    pub(crate) trace_content: bool,
}

impl<O, I> Clone for Agent<O, I> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            shape: self.shape.clone(),
            input: std::marker::PhantomData,
        }
    }
}

impl<O, I> fmt::Debug for Agent<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("name", &self.core.name)
            .field("model", &self.core.model.name())
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// Puts an agent together. The name is what events and teams call it.
    pub fn builder(name: impl Into<Arc<str>>) -> AgentBuilder {
        AgentBuilder::new(name.into())
    }
}

impl<O, I> Agent<O, I> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Its model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.core.model
    }

    /// Its tools.
    pub fn tools(&self) -> &[Tool] {
        &self.core.tools
    }
}

impl<O, I: Value> Agent<O, I> {
    /// Asks it. The answer comes when the run is awaited; what belongs to the run is set before:
    ///
    /// ```ignore
    /// let draft = self.writer.run(topic).state(notes).await?;
    /// ```
    pub fn run(&self, input: impl Into<I>) -> AgentRun<'_, O> {
        AgentRun::new(self, instructions::prompt(&input.into()))
    }
}

impl<O: Value, I: Value> Agent<O, I> {
    /// A conversation that remembers what was said.
    pub fn chat(&self) -> Chat<O, I> {
        Chat::new(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl<O: Value, I: Value> Execute for Agent<O, I> {
    type Input = I;
    type Output = O;

    async fn execute(
        &self,
        input: I,
        context: &StepContext,
        state: Option<&mut dyn AnyState>,
    ) -> Result<O, Error> {
        let mut run = self.run(input).context(context);
        // The step's own option, if it has one.
        if context.history_runs() > 0 {
            run = run.remembering(context.history_runs());
        }
        match state {
            Some(state) => run.any_state(state).await,
            None => run.await,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<O: Value, I: Value> Settings for Agent<O, I> {
    fn settings(&self) -> JsonValue {
        self.core.settings(&self.shape.settings())
    }

    fn state(&self) -> Option<StateType> {
        self.core.state()
    }
}

impl Core {
    pub(crate) fn settings(&self, output: &JsonValue) -> JsonValue {
        json!({
            "name": &*self.name,
            "role": self.role,
            "description": self.description,
            "instructions": self.instructions.settings(),
            "expected_output": self.expected_output,
            "markdown": self.markdown,
            "model": self.model.settings(),
            "tools": self.tools.iter().map(Tool::spec).collect::<Vec<_>>(),
            "tool_choice": self.tool_choice,
            "tool_call_limit": self.tool_call_limit,
            "history": self.history,
            "repairs": self.repairs,
            "request": self.request,
            "members": self.delegate.as_ref().map(|delegate| delegate.settings()),
            "output": output,
        })
    }

    /// The state that its tools change. The builder has refused tools that change several.
    pub(crate) fn state(&self) -> Option<StateType> {
        let own = self.tools.iter().find_map(Tool::state);
        let members = || self.delegate.iter().flat_map(|delegate| delegate.states());
        own.or_else(|| members().next())
    }
}
