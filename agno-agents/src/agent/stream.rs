//! An answer as it comes.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use agno_core::{AgentEvent, BoxFuture, Result, Value};
use futures_util::Stream;

use super::{AgentRun, Reply};

/// What happens while an agent answers. Nothing happens unless it is polled, and what one poll
/// makes is taken before the next, so nothing piles up.
pub struct AgentStream<'a, O> {
    asking: Option<BoxFuture<'a, Result<Reply<O>>>>,
    told: Arc<Mutex<VecDeque<Result<StreamItem<O>>>>>,
}

/// One item of an [`AgentStream`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StreamItem<O> {
    /// Something happened.
    Event {
        /// The agent, or the member of a team, it happened to.
        agent: String,
        /// What.
        event: AgentEvent,
    },
    /// The whole reply; the last item.
    Reply(Box<Reply<O>>),
}

impl<'a, O: Value> AgentStream<'a, O> {
    pub(super) fn new(run: AgentRun<'a, O>) -> Self {
        let told: Arc<Mutex<VecDeque<Result<StreamItem<O>>>>> = Arc::default();
        let telling = told.clone();
        let run = run.listen(move |agent, event| {
            let item = StreamItem::Event {
                agent: agent.to_owned(),
                event: event.clone(),
            };
            let mut told = telling.lock().unwrap_or_else(PoisonError::into_inner);
            told.push_back(Ok(item));
        });
        Self {
            asking: Some(Box::pin(run.reply())),
            told,
        }
    }
}

impl<O: Value> Stream for AgentStream<'_, O> {
    type Item = Result<StreamItem<O>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = |told: &Mutex<VecDeque<_>>| {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.pop_front()
        };
        if let Some(item) = next(&self.told) {
            return Poll::Ready(Some(item));
        }
        let Some(asking) = &mut self.asking else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(done) = asking.as_mut().poll(cx) {
            self.asking = None;
            let last = done.map(|reply| StreamItem::Reply(Box::new(reply)));
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.push_back(last);
        }
        match next(&self.told) {
            Some(item) => Poll::Ready(Some(item)),
            None => Poll::Pending,
        }
    }
}

impl<O> fmt::Debug for AgentStream<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentStream")
            .field("over", &self.asking.is_none())
            .finish_non_exhaustive()
    }
}
