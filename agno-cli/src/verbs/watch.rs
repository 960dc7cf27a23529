//! Following a run to its end, with an ear for Ctrl-C.

use std::time::Duration;

use agno_core::{EventKind, NumberedEvent, Outcome, RunHandle};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use crate::{progress::Board, progress::screen, signals::Signals};

/// How the watch ended.
pub(super) enum Watched {
    /// The run ended or stopped.
    Ended(Box<Outcome>),
    /// The user does not want to wait for that.
    Aborted,
}

/// Follows a run: shows what it does, and stops it when asked to. `seen` is how many of its
/// events belong to earlier days; `resume` the command that goes on with it.
pub(super) async fn watch(
    handle: RunHandle,
    mut signals: Option<Signals>,
    seen: u64,
    resume: &str,
) -> Watched {
    let mut events = events(&handle, seen);
    let mut board = Board::begin();
    let mut tick = tokio::time::interval(board.pace());
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut asked = false;
    let ended = {
        let outcome = handle.outcome();
        tokio::pin!(outcome);
        loop {
            let signal = async {
                match &mut signals {
                    Some(signals) => signals.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = signal => {
                    if asked {
                        break None;
                    }
                    asked = true;
                    handle.interrupt();
                    screen::say("stopping after the running step; press Ctrl-C again to stop now");
                    screen::say(&format!("next: {resume}"));
                }
                Some(event) = events.recv() => board.take(&event.event),
                outcome = &mut outcome => break Some(outcome),
                _ = tick.tick() => board.tick(),
            }
        }
    };
    let Some(outcome) = ended else {
        board.end();
        return Watched::Aborted;
    };
    // The stream ends with the last hand on the run.
    drop(handle);
    let rest = async {
        while let Some(event) = events.recv().await {
            board.take(&event.event);
            if matches!(event.event.kind, EventKind::RunEnded { .. }) {
                break;
            }
        }
    };
    // A blocking step that was given up keeps its run, and the stream with it.
    let _ = tokio::time::timeout(Duration::from_millis(200), rest).await;
    board.end();
    Watched::Ended(Box::new(outcome))
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
