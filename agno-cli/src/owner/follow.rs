//! The events of a run, for somebody who looks on.

use std::{io, time::Duration};

use agno_core::{NumberedEvent, RunHandle, RunId, Runtime};
use tokio::{io::AsyncReadExt, time::timeout};

use super::{
    fault::Fault,
    read::items,
    serve::{send, send_end},
    socket::Stream,
};

/// What happens meanwhile is read from the store at once.
const PAUSE: Duration = Duration::from_millis(25);

/// Sends the events of a run from a number on, until it ends or the reader goes away. One who reads
/// slowly holds up this task and nothing else: the stream forgets what it cannot keep and reads it
/// from the store.
pub(super) async fn follow(
    stream: &mut Stream,
    runtime: &Runtime,
    run: &RunId,
    from: u64,
    live: bool,
) -> io::Result<()> {
    let under_way = match runtime.is_active(run) {
        true => runtime.attach(run).await.map(Some),
        false => Ok(None),
    };
    let sent = match under_way {
        Err(error) => Err(error.into()),
        Ok(Some(handle)) if live => told(stream, &handle, from).await?,
        Ok(handle) => stored(stream, runtime, run, handle.as_ref(), from).await?,
    };
    send_end(stream, sent).await
}

/// What is told, as it is told.
async fn told(stream: &mut Stream, handle: &RunHandle, from: u64) -> io::Result<Result<(), Fault>> {
    let mut events = handle.events_from(from);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = gone(stream) => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        match event {
            Ok(Some(event)) => send(stream, items([event])).await?,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error.into())),
        }
    }
}

/// What is stored, in order and with nothing left out. That something is told says when to read.
async fn stored(
    stream: &mut Stream,
    runtime: &Runtime,
    run: &RunId,
    under_way: Option<&RunHandle>,
    mut from: u64,
) -> io::Result<Result<(), Fault>> {
    let mut told = under_way.map(|handle| handle.events_from(from));
    let mut seq = 0;
    loop {
        let journal = match runtime.storage().journal(run, seq).await {
            Ok(journal) => journal,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut events = Vec::new();
        for entry in &journal {
            seq = seq.max(entry.seq + 1);
            let numbered = (entry.first_event..).zip(&entry.events);
            events.extend(numbered.map(|(number, event)| NumberedEvent {
                number: Some(number),
                event: event.clone(),
            }));
        }
        events.retain(|event| event.number >= Some(from));
        events.sort_by_key(|event| event.number);
        from = events
            .last()
            .and_then(|last| last.number)
            .map_or(from, |last| last + 1);
        send(stream, items(events)).await?;

        let Some(telling) = &mut told else {
            return Ok(Ok(()));
        };
        let first = tokio::select! {
            event = telling.next() => event,
            () = gone(stream) => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        let mut next = first;
        while let Ok(Some(_)) = next {
            match timeout(PAUSE, telling.next()).await {
                Ok(event) => next = event,
                Err(_) => break,
            }
        }
        match next {
            Ok(Some(_)) => {}
            // Once more: the end is stored.
            Ok(None) => told = None,
            Err(error) => return Ok(Err(error.into())),
        }
    }
}

/// Whoever follows says nothing more: all that can come is the end.
async fn gone(stream: &mut Stream) {
    let _ = stream.read(&mut [0]).await;
}
