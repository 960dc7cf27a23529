//! `worker`.

use std::sync::{Arc, Mutex, PoisonError};

use agno_core::{Outcome, RunHandle, RunStatus};
use tokio::task::JoinSet;

use super::asked;
use crate::{
    app::Session,
    failure::{Failure, exit, in_words},
    owner::Owning,
    progress::screen::{Colour, paint, say},
    report,
    signals::Signals,
    text::line,
    time,
};

/// Runs what is due, until it is asked to stop, or until nothing is.
pub(crate) async fn worker(
    session: &Session,
    limit: Option<usize>,
    until_idle: bool,
) -> Result<u8, Failure> {
    const VERB: &str = "worker";
    let no_signals = |_| Failure::usage("signals cannot be heard").with_exit(exit::FAILED);
    let mut signals = Signals::new().map_err(no_signals)?;
    session.open(VERB).await?;
    session.serve(Owning::Worker);
    if let Some(retention) = &session.retention {
        session.runtime.start_retention(retention.clone());
    }
    let store = line(&session.runtime.storage().location(), 200);
    say(&format!("worker · store {store} · press Ctrl-C to stop"));
    let under_way = Arc::new(Mutex::new(JoinSet::new()));
    let ends = under_way.clone();
    let mut worker = session.runtime.worker().until_idle(until_idle);
    if let Some(limit) = limit {
        worker = worker.limit(limit);
    }
    let worker = worker.on_taken_up(move |handle| {
        report::print(&format!("{} begins", handle.id()));
        let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended have said so.
        while ends.try_join_next().is_some() {}
        ends.spawn(tell_end(handle.clone()));
    });
    let stopping = async {
        signals.next().await;
        say("stopping after the running steps; press Ctrl-C again to stop now");
        // From here on the next one ends the process.
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(exit::INTERRUPTED.into());
        });
    };
    let done = worker.run(stopping).await;
    let mut ends = {
        let mut ends = under_way.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *ends)
    };
    while ends.join_next().await.is_some() {}
    done.map_err(|error| Failure::of(&error, &session.program, VERB))?;
    say_what_waits(session).await;
    Ok(exit::DONE)
}

/// A line for a run that has ended or stopped.
async fn tell_end(handle: RunHandle) {
    let outcome = handle.outcome().await;
    report::print(&in_brief(&outcome));
}

fn in_brief(outcome: &Outcome) -> String {
    let took = time::span(outcome.duration);
    let status = match outcome.status {
        RunStatus::Running => "interrupted",
        status => status.as_str(),
    };
    let workflow = line(&outcome.workflow, 60);
    let mut words = format!("{} {status} after {took}  {workflow}", outcome.run);
    if let (RunStatus::Failed, Some(error)) = (outcome.status, &outcome.error) {
        words.push_str(&format!("  {}", line(&in_words(error), 200)));
    }
    words
}

/// What people are asked by now.
async fn say_what_waits(session: &Session) {
    let query = agno_core::RequestQuery {
        limit: Some(1),
        ..agno_core::RequestQuery::default()
    };
    // It is a hint.
    let waiting = session.runtime.requests(query).await.unwrap_or_default();
    if let Some(request) = waiting.first() {
        let sign = paint(Colour::Yellow, "?");
        say(&format!("  {sign} {}", asked::in_words(request)));
        say(&format!("next: {}", session.program.command("inbox")));
    }
}
