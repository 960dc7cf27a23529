//! Server-sent events of an answer that comes in pieces.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use eventsource_stream::{EventStream, EventStreamError};
use futures_util::{Stream, StreamExt, stream};

use super::{Failure, body::Body};

/// The longest event, in bytes: 4 MiB. The longest of all repeats a whole answer at its end.
const LONGEST: usize = 4 << 20;

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its kind. `message` where the server names none.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) data: String,
}

/// The events of a response, in order. They end with the response; whether that is the answer's
/// end too is for the reader to say.
pub(crate) struct Events {
    stream: Pin<Box<Parsed>>,
    /// Bytes that came since the last event.
    pending: Arc<AtomicUsize>,
}

type Parsed =
    dyn Stream<Item = Result<eventsource_stream::Event, EventStreamError<Failure>>> + Send;

impl Events {
    pub(super) fn new(body: Body) -> Self {
        let pending = Arc::new(AtomicUsize::new(0));
        let bytes = stream::unfold(
            (Some(body), Arc::clone(&pending)),
            |(body, pending)| async move {
                let mut body = body?;
                let chunk = match body.chunk().await {
                    Ok(Some(chunk)) => chunk,
                    // Some servers leave out the empty line after the last event.
                    Ok(None) => return Some((Ok(b"\n\n".to_vec()), (None, pending))),
                    Err(failure) => return Some((Err(failure), (None, pending))),
                };
                let waiting = pending.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
                if waiting > LONGEST {
                    let failure = Failure::malformed(format!("no event within {LONGEST} bytes"));
                    return Some((Err(failure), (None, pending)));
                }
                Some((Ok(chunk), (Some(body), pending)))
            },
        );
        Self {
            stream: Box::pin(EventStream::new(Box::pin(bytes))),
            pending,
        }
    }

    /// The next event, or `None` when the server closed tidily.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        match self.stream.next().await {
            None => Ok(None),
            Some(Ok(event)) => {
                self.pending.store(0, Ordering::Relaxed);
                Ok(Some(Event {
                    name: event.event,
                    data: event.data,
                }))
            }
            Some(Err(EventStreamError::Transport(failure))) => Err(failure),
            // Their texts repeat what came.
            Some(Err(EventStreamError::Utf8(_))) => Err(Failure::malformed("it is not UTF-8")),
            Some(Err(EventStreamError::Parser(_))) => {
                Err(Failure::malformed("it is no stream of events"))
            }
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}
