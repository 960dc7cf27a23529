//! The owner's side: answers those who look on.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agno_core::{Json, RunHandle, Runtime};
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    control::Guests,
    fault::Fault,
    follow::follow,
    frame,
    message::{Ask, Hello, Reply},
    read::Items,
    socket::{self, Listener, Stream},
};

/// Connections at one time. Others wait for their turn in the system's queue.
const MOST_CONNECTIONS: usize = 64;

/// Of these, those that follow a run and may stay for long.
const MOST_FOLLOWERS: usize = 32;

/// Reads of the store at one time: they are work of the same disk and the same threads.
const MOST_READS: usize = 4;

/// For what is asked to arrive.
const TO_ASK: Duration = Duration::from_secs(5);

/// For a frame of the answer to be taken.
const TO_TAKE: Duration = Duration::from_secs(30);

/// For answers under way, when the owner leaves.
const TO_FINISH: Duration = Duration::from_secs(1);

/// What the process does that has the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owning {
    /// It takes up whatever is due.
    Worker,
    /// It sees to its own run, and to those that others wish for.
    Run,
}

/// Answers those who look on, until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Serving {
    owner: Arc<Serve>,
    leaving: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    /// Taken when it is removed.
    socket: Option<PathBuf>,
}

/// What all connections share.
#[derive(Debug)]
struct Serve {
    runtime: Runtime,
    owning: Owning,
    guests: Guests,
    reads: Semaphore,
    followers: Semaphore,
    leaving: watch::Receiver<bool>,
}

impl Serving {
    /// Begins to answer for the store in a directory, which this process has open.
    ///
    /// # Errors
    ///
    /// When there can be no socket. The runs do not need one.
    pub(crate) fn begin(runtime: Runtime, owning: Owning, store: &Path) -> io::Result<Self> {
        let listener = Listener::bind(store)?;
        let socket = Some(listener.path().to_owned());
        let (sender, leaving) = watch::channel(false);
        let owner = Arc::new(Serve {
            runtime,
            owning,
            guests: Guests::new(Some(Vec::new())),
            reads: Semaphore::new(MOST_READS),
            followers: Semaphore::new(MOST_FOLLOWERS),
            leaving,
        });
        let accepting = tokio::spawn(accept(listener, owner.clone()));
        Ok(Self {
            owner,
            leaving: sender,
            accepting,
            socket,
        })
    }

    /// The runs that go on here because another process wished so, since this was asked last. With
    /// none, no more of them are let in.
    pub(crate) async fn guests(&self) -> Vec<RunHandle> {
        let mut guests = self.owner.guests.lock().await;
        let mut under_way = guests.take().unwrap_or_default();
        under_way.retain(|guest| self.owner.runtime.is_active(guest.id()));
        if !under_way.is_empty() {
            *guests = Some(Vec::new());
        }
        under_way
    }

    /// Stops, and lets answers under way come to their end.
    pub(crate) async fn stop(mut self) {
        self.remove_socket();
        // Nobody there to hear it has stopped already.
        let _ = self.leaving.send(true);
        let _ = (&mut self.accepting).await;
    }

    /// Removes the socket. The lock is still held, so it is this owner's.
    fn remove_socket(&mut self) {
        if let Some(Err(error)) = self.socket.take().map(|path| socket::remove(&path)) {
            tracing::warn!(%error, "the socket of the store stays");
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.remove_socket();
        self.accepting.abort();
    }
}

async fn accept(listener: Listener, owner: Arc<Serve>) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Dropped, it ends them.
    let mut talks = JoinSet::new();
    let mut leaving = owner.leaving.clone();
    loop {
        while talks.try_join_next().is_some() {}
        let next = async {
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = told_to_leave(&mut leaving) => break,
            (Ok(slot), accepted) = next => match accepted {
                Ok(stream) => {
                    let owner = owner.clone();
                    talks.spawn(async move {
                        if let Err(error) = talk(stream, &owner).await {
                            tracing::debug!(%error, "one who looked on was not answered");
                        }
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot take a connection");
                    // Too many open files, most likely: until some are closed.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let rest = async { while talks.join_next().await.is_some() {} };
    // They have somebody else to ask then, or the store itself.
    let _ = timeout(TO_FINISH, rest).await;
}

async fn told_to_leave(leaving: &mut watch::Receiver<bool>) {
    // One that is dropped has left as well.
    let _ = leaving.wait_for(|leaving| *leaving).await;
}

/// One question and its answer.
async fn talk(mut stream: Stream, owner: &Serve) -> io::Result<()> {
    let mut leaving = owner.leaving.clone();
    let ask = tokio::select! {
        () = told_to_leave(&mut leaving) => return Ok(()),
        ask = timeout(TO_ASK, listen(&mut stream)) => ask??,
    };
    let runtime = &owner.runtime;
    let answer = match ask {
        Ask::Follow { run, from, live } => {
            let Ok(_place) = owner.followers.try_acquire() else {
                let full = format!("{MOST_FOLLOWERS} others follow its runs already");
                return send_end(&mut stream, Err(Fault::Store(full))).await;
            };
            return follow(&mut stream, runtime, &run, from, live).await;
        }
        Ask::Read(read) => {
            // Never closed.
            let _turn = owner.reads.acquire().await;
            read.of(&**runtime.storage()).await.map_err(Fault::from)
        }
        Ask::Control(control) => control.on(runtime, owner.owning, &owner.guests).await,
    };
    let sent = match answer {
        Err(fault) => Err(fault),
        Ok(items) => match send(&mut stream, items).await {
            // Nothing of it was sent.
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(Fault::Store(error.to_string()))
            }
            sent => Ok(sent?),
        },
    };
    send_end(&mut stream, sent).await
}

async fn listen(stream: &mut Stream) -> io::Result<Ask> {
    frame::write(stream, &Hello::OWN, Hello::LIMIT).await?;
    let hello: Hello = frame::read(stream, Hello::LIMIT).await?;
    let same = hello.check();
    same.map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
    frame::read(stream, Ask::LIMIT).await
}

/// Sends items, some at a time.
pub(super) async fn send(stream: &mut Stream, items: Items) -> io::Result<()> {
    let mut some = Vec::new();
    let mut size = 0;
    for item in items {
        let item: Json = item?;
        size += item.len();
        some.push(item);
        if size >= Reply::USUAL {
            send_one(stream, &Reply::More(std::mem::take(&mut some))).await?;
            size = 0;
        }
    }
    match some.is_empty() {
        true => Ok(()),
        false => send_one(stream, &Reply::More(some)).await,
    }
}

/// Sends how it ended.
pub(super) async fn send_end(stream: &mut Stream, sent: Result<(), Fault>) -> io::Result<()> {
    let reply = match sent {
        Ok(()) => Reply::Done,
        Err(fault) => Reply::Failed(fault),
    };
    send_one(stream, &reply).await
}

async fn send_one(stream: &mut Stream, reply: &Reply) -> io::Result<()> {
    timeout(TO_TAKE, frame::write(stream, reply, Reply::LIMIT)).await?
}
