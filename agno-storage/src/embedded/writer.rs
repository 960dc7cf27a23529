//! The one thread that writes: it takes what has queued up, makes one batch of it, syncs once,
//! and answers everybody.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    definitions::{self, NewDefinition},
    deletion::{self, Deletion},
    format::Change,
    key_value::KeyValue,
    ledger::{Ledger, Verdict},
    lock::Lock,
    prepared::Prepared,
    shared::{Shared, message},
};
use crate::{Ack, CacheQuery, RunId, StoreError, StoreResult};

/// Messages that may wait. Beyond it callers wait to queue.
const QUEUE: usize = 1024;
/// Most commits in a batch.
const BATCH_COMMITS: usize = 256;
/// A batch takes no more once it has so many bytes.
const BATCH_BYTES: usize = 1024 * 1024;

type Reply<T> = oneshot::Sender<StoreResult<T>>;

/// What the thread is asked to do.
pub(super) enum Message {
    Commit(Box<Prepared>, Reply<Ack>),
    ClearCache(CacheQuery, Reply<u64>),
    SaveDefinition(NewDefinition, Reply<u32>),
    DeleteRun(RunId, Reply<bool>),
    Close(Reply<()>),
}

struct Writer<K> {
    store: Arc<K>,
    shared: Arc<Shared<K>>,
    queue: mpsc::Receiver<Message>,
    ledger: Ledger,
    /// Came out of the queue but not into the last batch.
    next: Option<Message>,
}

/// Starts the thread. It ends, and lets go of store and lock in this order, when it is told to
/// close or when the last sender is gone.
pub(super) fn spawn<K: KeyValue>(
    store: Arc<K>,
    shared: Arc<Shared<K>>,
    lock: Lock,
) -> StoreResult<(mpsc::Sender<Message>, thread::JoinHandle<()>)> {
    let (sender, queue) = mpsc::channel(QUEUE);
    let writer = Writer {
        store,
        shared,
        queue,
        ledger: Ledger::new(),
        next: None,
    };
    let thread = thread::Builder::new()
        .name(format!("agno-{}", K::NAME))
        .spawn(move || writer.run(lock))
        .map_err(|error| StoreError::io("cannot start the writer thread", &error))?;
    Ok((sender, thread))
}

impl<K: KeyValue> Writer<K> {
    fn run(mut self, lock: Lock) {
        let mut closing = None;
        while let Some(message) = self.next.take().or_else(|| self.queue.blocking_recv()) {
            match message {
                Message::Commit(commit, reply) => self.commit(commit, reply),
                Message::ClearCache(query, reply) => {
                    let result = self.guarded(|writer| {
                        let removed = writer.ledger.clear_cache(&*writer.store, &query)?;
                        let (batch, change) = writer.ledger.finish()?;
                        writer.shared.write(&writer.store, batch, change)?;
                        Ok(removed)
                    });
                    let _ = reply.send(result);
                }
                Message::SaveDefinition(new, reply) => {
                    // In a batch of its own. A refusal writes nothing, and is no failure.
                    let result = self.guarded(|writer| {
                        let (batch, version) = match definitions::save(&*writer.store, new) {
                            Ok(saved) => saved,
                            Err(refused) => return Ok(Err(refused)),
                        };
                        writer
                            .shared
                            .write(&writer.store, batch, Change::default())?;
                        Ok(Ok(version))
                    });
                    let _ = reply.send(result.flatten());
                }
                Message::DeleteRun(id, reply) => {
                    // In batches of their own, as above.
                    let result = self.guarded(|writer| {
                        let Deletion {
                            begin,
                            change,
                            rest,
                        } = match deletion::delete(&*writer.store, &id) {
                            Ok(deletion) => deletion,
                            Err(refused) => return Ok(Err(refused)),
                        };
                        let found = !begin.writes.is_empty();
                        writer.ledger.forget(&id);
                        writer.shared.write(&writer.store, begin, change)?;
                        for batch in rest {
                            writer
                                .shared
                                .write(&writer.store, batch, Change::default())?;
                        }
                        Ok(Ok(found))
                    });
                    let _ = reply.send(result.flatten());
                }
                Message::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
        }
        self.shared.close();
        let Self { store, queue, .. } = self;
        // The back end syncs once more as it goes; a panic there finds every commit durable.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(store)));
        drop(lock);
        if let Some(reply) = closing {
            let _ = reply.send(Ok(()));
        }
        // Those still in it learn that the store is closed.
        drop(queue);
    }

    /// Writes a batch that begins with this commit.
    fn commit(&mut self, commit: Box<Prepared>, reply: Reply<Ack>) {
        // Outside of what may panic: whoever waits is answered in any case.
        let mut waiting = Vec::new();
        let written = self.guarded(|writer| {
            writer.fill_batch(commit, reply, &mut waiting);
            let (batch, change) = writer.ledger.finish()?;
            writer.shared.write(&writer.store, batch, change)
        });
        for (reply, verdict) in waiting {
            // A refusal may rest on what was only in this batch, so it waits for the sync too.
            let _ = reply.send(written.clone().and(verdict));
        }
    }

    /// Admits this commit and what has queued up behind it.
    fn fill_batch(
        &mut self,
        first: Box<Prepared>,
        reply: Reply<Ack>,
        waiting: &mut Vec<(Reply<Ack>, StoreResult<Ack>)>,
    ) {
        let mut bytes = 0;
        let mut message = Message::Commit(first, reply);
        loop {
            let Message::Commit(commit, reply) = message else {
                self.next = Some(message);
                return;
            };
            bytes += commit.bytes();
            // Taken into account before it is looked at, so that a panic finds it waiting.
            waiting.push((reply, Err(StoreError::Closed)));
            let verdict = self.ledger.admit(&*self.store, commit);
            let (_, answer) = waiting.last_mut().expect("pushed above");
            match verdict {
                Verdict::Accepted(ack) => *answer = Ok(ack),
                Verdict::Refused(error) => *answer = Err(error),
                Verdict::Later(commit) => {
                    let (reply, _) = waiting.pop().expect("pushed above");
                    self.next = Some(Message::Commit(commit, reply));
                    return;
                }
            }
            if waiting.len() >= BATCH_COMMITS || bytes >= BATCH_BYTES {
                return;
            }
            match self.queue.try_recv() {
                Ok(next) => message = next,
                Err(_) => return,
            }
        }
    }

    /// Runs something that writes. If it fails or panics, it was the last.
    fn guarded<T>(&mut self, write: impl FnOnce(&mut Self) -> StoreResult<T>) -> StoreResult<T> {
        self.shared.check()?;
        let result = catch_unwind(AssertUnwindSafe(|| write(self)));
        let cause = match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("{} panicked: {}", K::NAME, message(&*panic)),
        };
        self.shared.poison(cause.clone());
        Err(StoreError::Poisoned { cause })
    }
}
