//! A conversational front of a workflow.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use agno_core::{Error, Result, RunId, RunQuery, RunStatus, Runtime, Workflow};

use crate::{
    agent::{Agent, AgentBuilder, Chat, Instructions, Reply, Shown, prompt},
    message::Message,
    tools::workflow::WorkflowTool,
};

/// Talks about a workflow's results, and runs it when that takes a new one: Agno's
/// `WorkflowAgent`.
///
/// It knows the last completed runs of its session, so "make it shorter" or "what did you find
/// yesterday?" is answered from them; a new topic starts a run of the session.
///
/// ```ignore
/// let mut front = WorkflowAgent::builder::<Article>(&runtime).session("alice").build()?;
/// let answer = front.ask("Write about durable workflows.").await?; // runs Article
/// let answer = front.ask("Which sources did you use?").await?;     // answers from that run
/// ```
pub struct WorkflowAgent<W> {
    chat: Chat<String, String>,
    runtime: Runtime,
    session: String,
    history: usize,
    workflow: PhantomData<fn(W)>,
}

/// Puts a [`WorkflowAgent`] together.
#[must_use = "a front is made by `build`"]
pub struct WorkflowAgentBuilder<W> {
    agent: AgentBuilder,
    runtime: Runtime,
    session: String,
    history: usize,
    instructions: Vec<String>,
    workflow: PhantomData<fn(W)>,
}

/// What a [`WorkflowAgent`] answers.
#[derive(Debug)]
#[non_exhaustive]
pub struct FrontReply {
    /// The answer, with what it took.
    pub reply: Reply,
    /// The runs that were started for it, in order.
    pub runs: Vec<RunId>,
}

/// The runs that a question has started, told by the tool that starts them.
#[derive(Clone, Debug, Default)]
pub(crate) struct StartedRuns(Arc<Mutex<Vec<RunId>>>);

impl StartedRuns {
    pub(crate) fn push(&self, run: RunId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(run);
    }

    fn take(&self) -> Vec<RunId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<W: Workflow> WorkflowAgent<W> {
    /// A front of a workflow of a runtime.
    pub fn builder(runtime: &Runtime) -> WorkflowAgentBuilder<W> {
        WorkflowAgentBuilder {
            agent: Agent::builder(format!("{} front", W::NAME)),
            runtime: runtime.clone(),
            session: "default".to_owned(),
            history: 5,
            instructions: Vec::new(),
            workflow: PhantomData,
        }
    }

    /// Asks the next question.
    ///
    /// # Errors
    ///
    /// Those of [`AgentRun::reply`](crate::agent::AgentRun::reply), and of reading the session's
    /// runs. A run that fails is told to the model, which tells it to the user.
    pub async fn ask(&mut self, question: impl Into<String>) -> Result<FrontReply> {
        self.answer(question.into(), Shown::No).await
    }

    /// Asks the next question and prints the answer: [`AgentRun::print`](crate::agent::AgentRun::print).
    ///
    /// # Errors
    ///
    /// Those of [`ask`](Self::ask).
    #[cfg(feature = "console")]
    pub async fn print(&mut self, question: impl Into<String>) -> Result<FrontReply> {
        self.answer(question.into(), Shown::Yes).await
    }

    async fn answer(&mut self, question: String, shown: Shown) -> Result<FrontReply> {
        let known = self.known().await?;
        let started = StartedRuns::default();
        let session = self.session.clone();
        let reply = self
            .chat
            .send_with(question, shown, |run| {
                run.before(known)
                    .session(session)
                    .dependency(started.clone())
            })
            .await?;
        Ok(FrontReply {
            reply,
            runs: started.take(),
        })
    }

    /// The session's last completed runs, as the model is told of them.
    async fn known(&self) -> Result<Vec<Message>> {
        if self.history == 0 {
            return Ok(Vec::new());
        }
        let query = RunQuery {
            workflow: Some(W::NAME.into()),
            session: Some(self.session.as_str().into()),
            status: Some(RunStatus::Completed),
            limit: Some(self.history),
            ..RunQuery::default()
        };
        let mut lines = Vec::new();
        for run in self.runtime.runs(query).await?.into_iter().rev() {
            let details = self.runtime.inspect(&run.id).await?;
            let input = prompt(&details.input.input);
            let output = details.output.as_ref().map(prompt).unwrap_or_default();
            lines.push(format!(
                "<run id=\"{}\">\n<input>\n{input}\n</input>\n<output>\n{output}\n</output>\n</run>",
                run.id
            ));
        }
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let runs = lines.join("\n");
        // Not as instructions: what runs answered is untrusted.
        Ok(vec![Message::user(format!(
            "What earlier runs of this session were asked and answered, for you to know:\n\
             <earlier_runs>\n{runs}\n</earlier_runs>"
        ))])
    }
}

impl<W: Workflow> WorkflowAgentBuilder<W> {
    /// The session it talks in. Default: `default`.
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.session = session.into();
        self
    }

    /// How many completed runs of the session it knows. Default: 5.
    pub fn history(mut self, runs: usize) -> Self {
        self.history = runs;
        self
    }

    /// What it is to do beside that.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions.push(instructions.into());
        self
    }

    /// Everything else of the agent: its model, further tools.
    pub fn agent(mut self, set: impl FnOnce(AgentBuilder) -> AgentBuilder) -> Self {
        self.agent = set(self.agent);
        self
    }

    /// Makes the front.
    ///
    /// # Errors
    ///
    /// When the runtime does not have the workflow; what [`AgentBuilder::build`] says.
    pub fn build(self) -> Result<WorkflowAgent<W>, Error> {
        let tool = WorkflowTool::new::<W>(&self.runtime)?
            .name("run_workflow")
            .build();
        let mut instructions = vec![
            "You talk with a user about the results of a workflow. If the question can be answered \
             from the conversation and from earlier runs, answer from them."
                .to_owned(),
            "If it needs a new result, call run_workflow, and answer with what it returns.".to_owned(),
        ];
        instructions.extend(self.instructions);
        let agent = self
            .agent
            .instructions(Instructions::List(instructions))
            .tool(tool);
        Ok(WorkflowAgent {
            chat: agent.build()?.chat(),
            runtime: self.runtime,
            session: self.session,
            history: self.history,
            workflow: PhantomData,
        })
    }
}

impl<W> fmt::Debug for WorkflowAgent<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowAgent")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for WorkflowAgentBuilder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowAgentBuilder")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
