//! Following a run to its end, with an ear for Ctrl-C.

use std::time::Duration;

use agno_core::{Error, Event, NumberedEvent, Outcome, RunHandle};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use crate::{
    owner::Following,
    progress::Board,
    progress::screen,
    signals::{self, Signals},
};

/// How the watch ended.
pub(super) enum Watched {
    /// The run ended or stopped; or went on to where it waits although it was asked to stop.
    Ended {
        outcome: Box<Outcome>,
        asked_to_stop: bool,
    },
    /// The user does not want to wait for that.
    Aborted,
}

/// How often what has happened is shown.
const PACE: Duration = Duration::from_millis(50);

/// Follows a run: shows what it does, and stops it when asked to. `seen` is how many of its
/// events belong to earlier days.
pub(super) async fn watch(handle: RunHandle, signals: &mut Option<Signals>, seen: u64) -> Watched {
    let mut events = events(&handle, seen);
    let mut board = Board::begin();
    let mut tick = tokio::time::interval(PACE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut pending = Vec::new();
    let mut asked = false;
    let ended = {
        let outcome = handle.outcome();
        tokio::pin!(outcome);
        loop {
            tokio::select! {
                biased;
                () = signals::next(signals) => {
                    if asked {
                        break None;
                    }
                    asked = true;
                    handle.interrupt();
                    screen::say("stopping after the running step; press Ctrl-C again to stop now");
                }
                Some(event) = events.recv() => pending.push(event.event),
                outcome = &mut outcome => break Some(outcome),
                _ = tick.tick() => {
                    show(&mut board, &mut pending);
                    board.tick();
                }
            }
        }
    };
    let Some(outcome) = ended else {
        show(&mut board, &mut pending);
        board.end();
        return Watched::Aborted;
    };
    drop(handle);
    let rest = async {
        while let Some(event) = events.recv().await {
            pending.push(event.event);
        }
    };
    // The stream ends with the run. A store that does not answer must not keep the result.
    let _ = tokio::time::timeout(Duration::from_secs(2), rest).await;
    show(&mut board, &mut pending);
    board.end();
    Watched::Ended {
        outcome: Box::new(outcome),
        asked_to_stop: asked,
    }
}

/// Shows what a run does that goes on elsewhere, until it ends or stops: answers `true` then. Ctrl-C
/// ends the looking on, and not the run.
pub(super) async fn look_on(mut following: Following) -> Result<bool, Error> {
    let mut signals = Signals::new().ok();
    // A task of its own: a read that is dropped half way loses some.
    let (told, mut events) = mpsc::channel(256);
    let reading = tokio::spawn(async move {
        while let Some(event) = following.next().await? {
            if told.send(event).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    let mut board = Board::begin();
    let mut tick = tokio::time::interval(PACE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut pending = Vec::new();
    let ended = loop {
        tokio::select! {
            biased;
            () = signals::next(&mut signals) => break false,
            event = events.recv() => match event {
                Some(event) => pending.push(event.event),
                None => break true,
            },
            _ = tick.tick() => {
                show(&mut board, &mut pending);
                board.tick();
            }
        }
    };
    show(&mut board, &mut pending);
    board.end();
    if !ended {
        reading.abort();
        return Ok(false);
    }
    // A panic there has been told.
    reading.await.unwrap_or(Ok(())).map(|()| true)
}

/// Shows what has happened, in order of time: what was told live may come after what was read
/// from the store, and before it in truth.
fn show(board: &mut Board, pending: &mut Vec<Event>) {
    pending.sort_by_key(|event| event.at);
    pending.drain(..).for_each(|event| board.take(&event));
}

/// The events of a run, read by a task of their own: a read that is dropped half way loses some.
fn events(handle: &RunHandle, seen: u64) -> mpsc::UnboundedReceiver<NumberedEvent> {
    let mut stream = handle.events_from(seen);
    let (told, events) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(event)) = stream.next().await {
            if told.send(event).is_err() {
                return;
            }
        }
    });
    events
}
