//! `fork`.

use std::ffi::OsStr;

use agno_core::ErrorKind;

use super::{detached::detached, given, run::go_on};
use crate::{
    app::Session, args::ForkWish, failure::Failure, owner::Owning, select, signals::Signals,
    text::line,
};

/// Starts a run that takes over what another recorded.
pub(crate) async fn fork(session: &Session, wish: ForkWish) -> Result<u8, Failure> {
    const VERB: &str = "fork RUN --from STEP";
    let Session {
        runtime, program, ..
    } = session;
    // Bad JSON is told before the store is opened.
    let input = wish.input.as_deref().map(given::json).transpose()?;
    let mut set = Vec::new();
    for typed in &wish.set {
        let Some((step, output)) = typed.split_once('=') else {
            let problem = format!("--set {}: expected STEP=JSON", line(typed, 80));
            return Err(Failure::usage(problem));
        };
        set.push((step, given::json(OsStr::new(output))?));
    }
    session.open(VERB).await?;
    session.serve(Owning::Run);
    let record = select::run(session, &wish.run, VERB).await?;
    let mut fork = runtime.fork(&record.id);
    if let Some(from) = wish.from {
        fork = fork.from(from);
    }
    if let Some(input) = input {
        fork = fork.input(input);
    }
    for (step, output) in set {
        fork = fork.set(step, output);
    }
    if let Some(name) = wish.session {
        fork = fork.session(name);
    }
    if let Some(id) = wish.run_id {
        fork = fork.run_id(id);
    }
    let failed = |error| {
        let show = program.command(&format!("show {}", record.id));
        Failure::of(&error, program, VERB).next(show)
    };
    let id = fork.create_only().await.map_err(failed)?;
    if wish.detach {
        let json = wish.watch.json;
        return Ok(detached(session, &record.workflow, &id, "pending", json));
    }
    let seen = session.events_of(&id).await.map_err(failed)?;
    let signals = Signals::new().ok();
    let handle = match runtime.take_up(&id).await {
        // A worker was faster.
        Err(error) if error.kind() == ErrorKind::Leased => runtime.attach(&id).await,
        taken => taken,
    };
    let handle = handle.map_err(failed)?;
    go_on(
        session,
        handle,
        &format!("forks {} as", record.id),
        seen,
        wish.watch,
        signals,
    )
    .await
}
