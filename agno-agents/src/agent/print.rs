//! An answer on standard output, as it comes.

use std::time::Duration;

use agno_core::{Result, Value};
use futures_util::{FutureExt, StreamExt};

use super::{Agent, AgentRun, Reply, StreamItem};
use crate::console::Printer;

impl<O: Value> AgentRun<'_, O> {
    /// Asks, and prints what happens and the answer on standard output: as Agno prints on a
    /// terminal, as plain text elsewhere.
    ///
    /// # Errors
    ///
    /// Those of [`reply`](Self::reply).
    pub async fn print(self) -> Result<Reply<O>> {
        let mut printer = Printer::stdout();
        printer.start("Response", self.prompt());
        let mut stream = self.stream();
        let mut clock = tokio::time::interval(Duration::from_millis(100));
        loop {
            let item = futures_util::select_biased! {
                item = stream.next().fuse() => item,
                _ = clock.tick().fuse() => {
                    printer.tick();
                    continue;
                }
            };
            match item.transpose()? {
                Some(StreamItem::Event { agent, event }) => printer.event(&agent, &event),
                Some(StreamItem::Reply(reply)) => {
                    printer.finish(&reply.text, reply.duration, Some(&reply.usage));
                    return Ok(*reply);
                }
                None => unreachable!("a stream ends with its reply or an error"),
            }
        }
    }
}

impl<O: Value, I: Value> Agent<O, I> {
    /// Asks it and prints the answer: [`AgentRun::print`].
    ///
    /// # Errors
    ///
    /// Those of [`AgentRun::reply`].
    pub async fn print(&self, input: impl Into<I>) -> Result<Reply<O>> {
        self.run(input).print().await
    }
}
