//! A conversation with an agent.

use std::{fmt, marker::PhantomData};

use agno_core::{Result, Value};

use super::{Agent, AgentRun, Reply};
use crate::message::Message;

/// A conversation with an agent, which remembers what was said: the whole of it, or its last
/// exchanges ([`remember`](Self::remember)). From [`Agent::chat`].
pub struct Chat<O, I> {
    agent: Agent<O, I>,
    /// One list per question.
    said: Vec<Vec<Message>>,
    remember: usize,
    input: PhantomData<fn(I)>,
}

/// Whether an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    No,
    #[cfg(feature = "console")]
    Yes,
}

impl<O: Value, I: Value> Chat<O, I> {
    pub(super) fn new(agent: Agent<O, I>) -> Self {
        Self {
            agent,
            said: Vec::new(),
            remember: usize::MAX,
            input: PhantomData,
        }
    }

    /// How many of the last questions are shown to the model again. Default: all.
    #[must_use]
    pub fn remember(mut self, questions: usize) -> Self {
        self.remember = questions;
        self
    }

    /// Asks the next question. What fails is not remembered.
    ///
    /// # Errors
    ///
    /// Those of [`AgentRun::reply`](super::AgentRun::reply).
    pub async fn send(&mut self, input: impl Into<I>) -> Result<Reply<O>> {
        self.send_with(input.into(), Shown::No, |run| run).await
    }

    /// Asks the next question and prints the answer: [`AgentRun::print`].
    ///
    /// # Errors
    ///
    /// Those of [`AgentRun::reply`](super::AgentRun::reply).
    #[cfg(feature = "console")]
    pub async fn print(&mut self, input: impl Into<I>) -> Result<Reply<O>> {
        self.send_with(input.into(), Shown::Yes, |run| run).await
    }

    pub(crate) async fn send_with(
        &mut self,
        input: I,
        shown: Shown,
        set: impl FnOnce(AgentRun<'_, O>) -> AgentRun<'_, O>,
    ) -> Result<Reply<O>> {
        let from = self.said.len().saturating_sub(self.remember);
        let history = self.said[from..].iter().flatten().cloned();
        let run = self.agent.run(input).history(history);
        let run = set(run);
        let reply = match shown {
            Shown::No => run.reply().await?,
            #[cfg(feature = "console")]
            Shown::Yes => run.print().await?,
        };
        self.said.push(reply.messages.clone());
        Ok(reply)
    }

    /// All that was said.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.said.iter().flatten()
    }
}

impl<O, I> fmt::Debug for Chat<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Chat({}, {} questions)",
            self.agent.name(),
            self.said.len()
        )
    }
}
