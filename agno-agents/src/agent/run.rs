//! One question to an agent, with what belongs to it.

use std::{fmt, future::IntoFuture, sync::Arc, time::Duration};

use agno_core::{AgentEvent, AnyState, BoxFuture, Error, Result, State, StepContext, Value};

use super::{
    Agent, AgentStream, Core, Listener, Record, Reply, Shape, SharedState, history,
    listen::Listening, output::Fits,
};
use crate::{
    media::Media,
    message::Message,
    tool::{Dependencies, bounds::Dependency},
};

/// One question to an agent. Awaited, it is asked; [`reply`](Self::reply) answers more than the
/// output, [`stream`](Self::stream) answers in pieces.
#[must_use = "an agent is asked when the run is awaited"]
pub struct AgentRun<'a, O> {
    core: Arc<Core>,
    shape: Arc<Shape<O>>,
    prompt: String,
    media: Vec<Media>,
    history: Vec<Message>,
    /// How many earlier runs of the step it is told of, in place of what the agent says.
    remembers: Option<usize>,
    session: Option<Arc<str>>,
    user: Option<Arc<str>>,
    dependencies: Option<Dependencies>,
    record: Option<Record>,
    state: Option<&'a mut dyn AnyState>,
    also: Option<Listening>,
}

/// What an agent's loop is given.
pub(crate) struct Given<'a, 's> {
    pub(crate) prompt: String,
    pub(crate) media: Vec<Media>,
    pub(crate) history: Vec<Message>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    /// In place of the agent's own.
    pub(crate) dependencies: Option<Dependencies>,
    pub(crate) record: Record,
    pub(crate) listener: Listener,
    pub(crate) state: &'a SharedState<'s>,
    pub(crate) fits: &'a dyn Fits,
}

impl<'a, O: 'a> AgentRun<'a, O> {
    pub(super) fn new<I>(agent: &Agent<O, I>, prompt: String) -> Self {
        Self {
            core: agent.core.clone(),
            shape: agent.shape.clone(),
            prompt,
            media: Vec::new(),
            history: Vec::new(),
            remembers: None,
            session: None,
            user: None,
            dependencies: None,
            record: None,
            state: None,
            also: None,
        }
    }

    /// The step it works in. Needed only where that is not the one the calling code runs in, such
    /// as in a task that a step has spawned: inside a step, what is done is recorded in it by
    /// itself. Runs of one agent in one step are told apart by their order.
    pub fn context(mut self, context: &StepContext) -> Self {
        self.record = Some(Record::Part(context.part(&self.core.name)));
        self
    }

    /// The session's state, for tools that change it and instructions that name its fields.
    pub fn state<S: State>(self, state: &'a mut S) -> Self {
        self.any_state(state)
    }

    /// The same, for a state whose type is not known here.
    pub fn any_state(mut self, state: &'a mut dyn AnyState) -> Self {
        self.state = Some(state);
        self
    }

    /// Pictures, sounds and files with the question.
    pub fn media(mut self, media: impl IntoIterator<Item = Media>) -> Self {
        self.media.extend(media);
        self
    }

    /// What was said before.
    pub fn history(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.history.extend(messages);
        self
    }

    /// Tells it of so many earlier runs of the step, whatever the agent says.
    pub(crate) fn remembering(mut self, runs: usize) -> Self {
        self.remembers = Some(runs);
        self
    }

    /// What comes before all that was said, such as what the model is to know of the session.
    pub(crate) fn before(mut self, messages: Vec<Message>) -> Self {
        self.history.splice(0..0, messages);
        self
    }

    /// Something more that tools find by its type, for this question.
    pub fn dependency<T: Dependency>(mut self, dependency: T) -> Self {
        let own = || self.core.dependencies.clone();
        let mut all = self.dependencies.take().unwrap_or_else(own);
        all.insert(dependency);
        self.dependencies = Some(all);
        self
    }

    /// The session it works in, where there is no step that knows.
    pub fn session(mut self, session: impl Into<Arc<str>>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// The user it works for, where there is no step that knows.
    pub fn user(mut self, user: impl Into<Arc<str>>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Tells what happens, with the name of the agent or member it happens to. The listener must
    /// not block.
    pub fn listen(mut self, listener: impl Fn(&str, &AgentEvent) + Send + Sync + 'static) -> Self {
        self.also = Some(Arc::new(listener));
        self
    }
    /// Asks, and answers with what it took.
    ///
    /// # Errors
    ///
    /// A model's error under the code of [`ModelError`](crate::ModelError); `output_mismatch` when
    /// the answer does not fit its type, also after a repair; `agent_turns` when there is none
    /// after so many turns; `may_have_run` and `confirmation_required` of tools.
    pub fn reply(mut self) -> impl Future<Output = Result<Reply<O>>> + Send + use<'a, O> {
        // Taken when it is asked for, and not when it is first polled: the order is the same each
        // time.
        let record = self.record.take().unwrap_or_else(|| {
            let step = StepContext::current();
            step.map_or_else(Record::alone, |step| {
                Record::Part(step.part(&self.core.name))
            })
        });
        self.asked(record)
    }

    async fn asked(self, record: Record) -> Result<Reply<O>> {
        let Self {
            core,
            shape,
            prompt,
            media,
            history: mut said,
            remembers,
            session,
            user,
            dependencies,
            state,
            also,
            ..
        } = self;
        check_state(&core, state.as_deref())?;
        let runs = remembers.unwrap_or(core.history);
        if runs > 0 {
            said.splice(0..0, history::remembered(&record, runs).await?);
        }
        let listener = Listener::new(core.name.clone(), record.clone(), also);
        let state = SharedState::new(state);
        let given = Given {
            prompt,
            media,
            history: said,
            session,
            user,
            dependencies,
            record,
            listener,
            state: &state,
            fits: &*shape,
        };
        let (answered, result) = core.answer(given).await;
        result?;
        let output = shape.read(&answered.text).map_err(|problem| {
            let problem = format!("the answer of `{}` does not fit: {problem}", core.name);
            Error::new("output_mismatch", problem).permanent()
        })?;
        Ok(Reply {
            output,
            text: answered.text,
            messages: answered.messages,
            usage: answered.usage,
            turns: answered.turns,
            model: answered.model,
            tools: answered.tools,
            members: answered.members,
            duration: Duration::from_micros(answered.micros),
            first: answered.first_micros.map(Duration::from_micros),
        })
    }

    /// What the model is asked.
    #[cfg(feature = "console")]
    pub(super) fn prompt(&self) -> &str {
        &self.prompt
    }
}

impl<'a, O: Value> AgentRun<'a, O> {
    /// Asks, and answers what happens as it happens; the last item is the whole reply.
    pub fn stream(self) -> AgentStream<'a, O> {
        AgentStream::new(self)
    }
}

/// Tools that change another state than there is fail before anything is asked.
fn check_state(core: &Core, given: Option<&dyn AnyState>) -> Result<()> {
    let (Some(wanted), Some(given)) = (core.state(), given.map(|state| state.kind())) else {
        return Ok(());
    };
    if wanted == given {
        return Ok(());
    }
    let problem = format!(
        "the tools of the agent `{}` change {}, and the state here is {}",
        core.name, wanted.name, given.name
    );
    Err(Error::new("tool_state", problem).permanent())
}

impl<'a, O: 'a> IntoFuture for AgentRun<'a, O> {
    type Output = Result<O>;
    type IntoFuture = BoxFuture<'a, Result<O>>;

    fn into_future(self) -> Self::IntoFuture {
        let asked = self.reply();
        Box::pin(async move { Ok(asked.await?.output) })
    }
}

impl<O> fmt::Debug for AgentRun<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentRun({})", self.core.name)
    }
}
