//! `sessions`.

use agno_core::storage::SessionListing;
use serde::Serialize;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::{line, quoted},
    time,
};

#[derive(Serialize)]
struct Report<'a> {
    sessions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    workflow: &'a str,
    session_id: &'a str,
    runs: u64,
    last_run_at: Option<String>,
    fields: u64,
}

/// Lists sessions.
pub(crate) async fn sessions(
    session: &Session,
    workflow: Option<&str>,
    json: bool,
) -> Result<u8, Failure> {
    session.look("sessions").await?;
    let found = session.runtime.storage().sessions().await;
    let failed = |error| Failure::of(&error, &session.program, "sessions");
    let mut found = found.map_err(|error| failed(error.into()))?;
    found.retain(|one| workflow.is_none_or(|workflow| *one.workflow == *workflow));
    let last = |one: &SessionListing| (one.last_run_at > 0).then_some(one.last_run_at);
    if json {
        let rows = found.iter().map(|one| Row {
            workflow: &one.workflow,
            session_id: &one.session,
            runs: one.runs,
            last_run_at: last(one).map(time::rfc3339),
            fields: one.fields,
        });
        report::print_json(&Report {
            sessions: rows.collect(),
        });
        return Ok(exit::DONE);
    }
    let Some(first) = found.first() else {
        say("no sessions");
        return Ok(exit::DONE);
    };
    let now = time::now_micros();
    let head = ["WORKFLOW", "SESSION", "RUNS", "FIELDS", "LAST RUN"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(|one| {
        vec![
            line(&one.workflow, 40),
            line(&one.session, 60),
            one.runs.to_string(),
            one.fields.to_string(),
            last(one).map_or_else(String::new, |at| time::ago(at, now)),
        ]
    }));
    report::print(&report::table(&rows));
    let runs = format!("runs --session {}", quoted(&first.session));
    say(&format!("next: {}", session.program.command(&runs)));
    Ok(exit::DONE)
}
