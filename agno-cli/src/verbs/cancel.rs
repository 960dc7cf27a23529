//! `cancel`.

use agno_core::RunStatus;
use serde::Serialize;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
};

#[derive(Serialize)]
struct Report<'a> {
    run_id: &'a str,
    status: &'a str,
}

/// Ends a run, whoever works on it.
pub(crate) async fn cancel(session: &Session, run: &str, json: bool) -> Result<u8, Failure> {
    const VERB: &str = "cancel RUN";
    session.look(VERB).await?;
    let record = select::run(session, run, VERB).await?;
    let id = &record.id;
    let show = session.program.command(&format!("show {id}"));
    if matches!(record.status, RunStatus::Completed | RunStatus::Failed) {
        let problem = format!("run {id} has {}: there is nothing to cancel", record.status);
        return Err(Failure::usage(problem).next(show));
    }
    let record = session.cancel(id).await;
    let record = record.map_err(|error| Failure::of(&error, &session.program, VERB).next(&show))?;
    if record.status != RunStatus::Cancelled {
        let problem = format!(
            "run {id} is still {}: a step of it does not end",
            record.status
        );
        return Err(Failure::usage(problem).next(show));
    }
    if json {
        report::print_json(&Report {
            run_id: id.as_str(),
            status: record.status.as_str(),
        });
    } else {
        say(&format!("run {id} is cancelled; what is recorded stays"));
        say(&format!("next: {show}"));
    }
    Ok(exit::DONE)
}
