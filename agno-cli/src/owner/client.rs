//! Asking the owner of a store.

use std::{io, path::PathBuf, time::Duration};

use agno_core::{Error, Json, storage::StoreError};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::{
    fault::Fault,
    frame,
    message::{Ask, Hello, Reply},
    socket::{self, Stream},
};

/// For the owner to say hello. A flood of others may be ahead.
const TO_GREET: Duration = Duration::from_secs(60);

/// For the next frame of an answer: a large store takes its time.
const TO_ANSWER: Duration = Duration::from_secs(120);

/// Another process that has the store.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// The store's directory.
    pub(super) store: PathBuf,
    /// Who it is, in words.
    pub(super) holder: String,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// Nobody listens, or not any more. Whoever has the store now may answer.
    Gone(io::Error),
    /// It cannot be talked to.
    Mute(io::Error),
    /// It answered that it will not, or cannot.
    Fault(Box<Fault>),
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, NotFound,
            UnexpectedEof,
        };
        match error.kind() {
            NotFound | ConnectionRefused | ConnectionReset | ConnectionAborted | BrokenPipe
            | UnexpectedEof => Self::Gone(error),
            _ => Self::Mute(error),
        }
    }
}

impl From<Fault> for Unanswered {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Leaving => Self::Gone(io::ErrorKind::ConnectionAborted.into()),
            fault => Self::Fault(Box::new(fault)),
        }
    }
}

/// An answer, as it comes.
#[derive(Debug)]
pub(super) struct Replies {
    stream: Stream,
    patience: Option<Duration>,
}

impl Replies {
    /// The next items; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Json>>, Unanswered> {
        let reply = frame::read(&mut self.stream, Reply::LIMIT);
        let reply = match self.patience {
            Some(patience) => timeout(patience, reply).await.map_err(io::Error::from)??,
            None => reply.await?,
        };
        match reply {
            Reply::More(items) => Ok(Some(items)),
            Reply::Done => Ok(None),
            Reply::Failed(fault) => Err(fault.into()),
        }
    }
}

impl Owner {
    /// The process that has locked the store in a directory. `holder` tells who that is.
    pub(crate) fn new(store: PathBuf, holder: String) -> Self {
        Self { store, holder }
    }

    /// Whether it answers at all.
    pub(super) async fn greet(&self) -> Result<(), Unanswered> {
        self.connect().await.map(drop)
    }

    async fn connect(&self) -> Result<Stream, Unanswered> {
        let mut stream = socket::connect(&self.store).await?;
        let greeted = async {
            // It may have something to say about a hello that it does not take.
            let sent = frame::write(&mut stream, &Hello::OWN, Hello::LIMIT).await;
            let hello: Hello = frame::read(&mut stream, Hello::LIMIT).await?;
            let same = hello.check();
            same.map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
            sent
        };
        timeout(TO_GREET, greeted)
            .await
            .map_err(io::Error::from)??;
        Ok(stream)
    }

    /// Asks, for an answer that is read bit by bit.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Replies, Unanswered> {
        let mut stream = self.connect().await?;
        frame::write(&mut stream, ask, Ask::LIMIT).await?;
        let patience = (!matches!(ask, Ask::Follow { .. })).then_some(TO_ANSWER);
        Ok(Replies { stream, patience })
    }

    /// Asks, and takes the whole answer.
    pub(super) async fn all<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Vec<T>, Unanswered> {
        let mut replies = self.ask(ask).await?;
        let mut all = Vec::new();
        while let Some(some) = replies.next().await? {
            for item in some {
                all.push(decode(&item)?);
            }
        }
        Ok(all)
    }

    /// What came of it, as an error of a store.
    pub(super) fn store_error(&self, problem: Unanswered) -> StoreError {
        match problem {
            Unanswered::Gone(error) | Unanswered::Mute(error) => StoreError::Io {
                context: format!(
                    "cannot ask {}, which has the store {}",
                    self.holder,
                    self.store.display()
                ),
                message: error.to_string(),
            },
            Unanswered::Fault(fault) => (*fault).into(),
        }
    }

    /// What came of it, as an error of a runtime.
    pub(super) fn error(&self, problem: Unanswered) -> Error {
        match problem {
            Unanswered::Fault(fault) => (*fault).into(),
            other => self.store_error(other).into(),
        }
    }

    /// The store cannot be written to from here.
    pub(super) fn locked(&self) -> StoreError {
        StoreError::Locked {
            path: self.store.clone(),
            holder: self.holder.clone(),
        }
    }
}

pub(super) fn decode<T: DeserializeOwned>(item: &Json) -> io::Result<T> {
    let decoded = item.decode();
    decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
