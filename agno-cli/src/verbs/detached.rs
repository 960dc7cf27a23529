//! Runs that are left to others.

use std::sync::Arc;

use agno_core::{Json, RunId, RunStatus};
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
        cache: wish.cache,
    };
    let elsewhere = session.control::<RunId>(control).await.map_err(failed)?;
    if let Some(id) = elsewhere.and_then(|mut ids| ids.pop()) {
        // A worker begins it when it has room for it.
        let record = session.runtime.storage().run(&id).await.ok().flatten();
        let status = record.map_or(RunStatus::Pending, |record| record.status);
        left(session, workflow, &id, status.as_str(), wish.watch.json);
        return Ok(exit::DONE);
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
    if status == "pending" {
        let worker = session.program.command("worker");
        say(&format!("a worker runs it: {worker}"));
    }
    left(session, workflow, run_id, status, json);
    exit::DONE
}

/// Tells of a run that somebody else sees to.
fn left(session: &Session, workflow: &str, run_id: &RunId, status: &'static str, json: bool) {
    match json {
        true => report::print_json(&Detached {
            run_id,
            workflow,
            status,
        }),
        false => report::print(run_id.as_str()),
    }
    let follow = session.program.command(&format!("show {run_id} --follow"));
    say(&format!("next: {follow}"));
}
