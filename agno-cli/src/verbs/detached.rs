//! Runs that are left to others.

use std::sync::Arc;

use agno_core::{Json, RunId};
use serde::Serialize;

use super::run::{not_started, with_options};
use crate::{
    app::Session,
    args::RunWish,
    failure::{Failure, exit},
    files::Files,
    owner::Control,
    progress::screen::say,
    report,
};

/// Leaves a run to the process that has the store, or puts it down for a worker.
pub(super) async fn detach(
    session: &Session,
    workflow: &str,
    input: &str,
    files: Files,
    wish: RunWish,
) -> Result<u8, Failure> {
    let failed = |error| not_started(session, &error);
    session.reach("run").await?;
    if !session.outlives_process() {
        let problem = "a detached run needs a store that outlives this process";
        return Err(Failure::usage(problem));
    }
    files.keep(session).await?;
    let control = Control::Start {
        workflow: Arc::from(workflow),
        // It has been checked.
        input: Json::parse(input).unwrap_or_else(|_| Json::null()),
        session: wish.session.clone(),
        user: wish.user.clone(),
        run_id: wish.run_id.clone(),
        no_cache: wish.no_cache,
    };
    let elsewhere = session.control::<RunId>(control).await.map_err(failed)?;
    if let Some(id) = elsewhere.and_then(|mut ids| ids.pop()) {
        return Ok(detached(session, workflow, &id, "running", wish.watch.json));
    }
    let json = wish.watch.json;
    let start = with_options(session.runtime.start_json(workflow, input), wish).detached();
    let put = start.await.map_err(failed)?;
    Ok(detached(session, workflow, put.id(), "pending", json))
}

/// A run that a worker is to begin, as a program reads it.
#[derive(Serialize)]
struct Detached<'a> {
    run_id: &'a RunId,
    workflow: &'a str,
    status: &'static str,
}

/// Tells of a run that is left to a worker.
pub(super) fn detached(
    session: &Session,
    workflow: &str,
    run_id: &RunId,
    status: &'static str,
    json: bool,
) -> u8 {
    match json {
        true => report::print_json(&Detached {
            run_id,
            workflow,
            status,
        }),
        false => report::print(run_id.as_str()),
    }
    let command = |verb: &str| session.program.command(verb);
    if status == "pending" {
        say(&format!("a worker runs it: {}", command("worker")));
    }
    let follow = command(&format!("show {run_id} --follow"));
    say(&format!("next: {follow}"));
    exit::DONE
}
