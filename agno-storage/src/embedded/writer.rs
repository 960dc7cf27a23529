//! The one thread that writes: it takes what has queued up, makes one batch of it, syncs once,
//! and answers everybody.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    cache,
    compaction::{self, Room},
    definitions::{self, NewDefinition},
    deletion::{self, Deletion},
    format::Change,
    import::NewPiece,
    key_value::KeyValue,
    ledger::{Ledger, Verdict},
    lock::Lock,
    prepared::Prepared,
    shared::{Shared, message},
};
use crate::{Ack, CacheQuery, Compacted, Imported, RunId, StoreError, StoreResult};

/// Messages that may wait. Beyond it callers wait to queue.
const QUEUE: usize = 1024;
/// Most commits in a batch.
const BATCH_COMMITS: usize = 256;
/// A batch takes no more once it has so many bytes.
const BATCH_BYTES: usize = 1024 * 1024;

type Reply<T> = oneshot::Sender<StoreResult<T>>;

/// What the thread is asked to do.
pub(super) enum Message {
    Commit(Box<Prepared>, Reply<Written>),
    ClearCache(CacheQuery, Reply<u64>),
    ShrinkCache(u64, Reply<u64>),
    Import(Box<NewPiece>, Reply<Imported>),
    Compact(Reply<Compacted>),
    SaveDefinition(NewDefinition, Reply<u32>),
    DeleteRun(RunId, Reply<bool>),
    Close(Reply<()>),
}

/// A commit that is durable.
pub(super) struct Written {
    pub(super) ack: Ack,
    /// What is left of it. Who sent it has made it, and drops it more cheaply than the writer could.
    _left: Box<Prepared>,
}

/// A commit in the batch, and who waits for it.
struct Waiting {
    prepared: Box<Prepared>,
    reply: Reply<Written>,
    verdict: StoreResult<Ack>,
}

impl Waiting {
    /// A refusal may rest on what was only in this batch, so it waits for the sync too.
    fn answer(self, written: &StoreResult<()>) {
        let ack = written.clone().and(self.verdict);
        let _left = self.prepared;
        let _ = self.reply.send(ack.map(|ack| Written { ack, _left }));
    }
}

struct Writer<K> {
    store: Arc<K>,
    shared: Arc<Shared<K>>,
    queue: mpsc::Receiver<Message>,
    ledger: Ledger,
    room: Room,
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
        room: Room::open(&*store),
        store,
        shared,
        queue,
        ledger: Ledger::default(),
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
                        let (steps, removed) = cache::clear(&*writer.store, &query)?;
                        steps.write(&writer.shared, &*writer.store)?;
                        Ok(removed)
                    });
                    let _ = reply.send(result);
                }
                Message::ShrinkCache(bytes, reply) => {
                    let result = self.guarded(|writer| {
                        let (steps, removed) = cache::shrink(&*writer.store, bytes)?;
                        steps.write(&writer.shared, &*writer.store)?;
                        Ok(removed)
                    });
                    let _ = reply.send(result);
                }
                Message::Import(piece, reply) => {
                    // In batches of its own. A refusal writes nothing, and is no failure.
                    let result = self.guarded(|writer| {
                        let steps = match piece.steps(&*writer.store) {
                            Ok(Some(steps)) => steps,
                            Ok(None) => return Ok(Ok(Imported::Present)),
                            Err(refused) => return Ok(Err(refused)),
                        };
                        steps.write(&writer.shared, &*writer.store)?;
                        Ok(Ok(Imported::Added))
                    });
                    let _ = reply.send(result.flatten());
                }
                Message::Compact(reply) => {
                    let result = self.guarded(|writer| {
                        let alive = match compaction::alive(&*writer.store) {
                            Ok(alive) => alive,
                            Err(unreadable) => return Ok(Err(unreadable)),
                        };
                        writer.room.compact(&writer.shared, &*writer.store, alive)
                    });
                    let _ = reply.send(result.flatten());
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
            // What it was asked is answered already. A failure ends writing, and the next one is told.
            let _ = self.guarded(|writer| writer.room.tend(&writer.shared, &*writer.store));
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
    fn commit(&mut self, commit: Box<Prepared>, reply: Reply<Written>) {
        // Outside of what may panic: whoever waits is answered in any case.
        let mut waiting = Vec::new();
        let written = self.guarded(|writer| {
            writer.fill_batch(commit, reply, &mut waiting);
            let (batch, change) = writer.ledger.finish()?;
            writer.shared.write(&writer.store, batch, change)
        });
        for one in waiting {
            one.answer(&written);
        }
    }

    /// Admits this commit and what has queued up behind it.
    fn fill_batch(
        &mut self,
        first: Box<Prepared>,
        reply: Reply<Written>,
        waiting: &mut Vec<Waiting>,
    ) {
        let mut bytes = 0;
        let mut message = Message::Commit(first, reply);
        loop {
            let Message::Commit(prepared, reply) = message else {
                self.next = Some(message);
                return;
            };
            bytes += prepared.bytes();
            // Taken into account before it is looked at, so that a panic finds it waiting.
            waiting.push(Waiting {
                prepared,
                reply,
                verdict: Err(StoreError::Closed),
            });
            let last = waiting.last_mut().expect("pushed above");
            match self.ledger.admit(&*self.store, &mut last.prepared) {
                Verdict::Accepted(ack) => last.verdict = Ok(ack),
                Verdict::Refused(error) => last.verdict = Err(error),
                Verdict::Later => {
                    let later = waiting.pop().expect("pushed above");
                    self.next = Some(Message::Commit(later.prepared, later.reply));
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
        let (cause, full) = match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error @ StoreError::Full { .. })) => (error.to_string(), Some(error)),
            Ok(Err(error)) => (error.to_string(), None),
            Err(panic) => (format!("{} panicked: {}", K::NAME, message(&*panic)), None),
        };
        self.shared.poison(cause.clone());
        Err(full.unwrap_or(StoreError::Poisoned { cause }))
    }
}
