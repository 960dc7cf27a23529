//! `runs`.

use std::{sync::Arc, time::Duration};

use agno_core::{RunQuery, RunRecord, RunStatus};
use serde::Serialize;

use super::run::ErrorReport;
use crate::{
    app::Session,
    args::RunsWish,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    select::shown_status,
    text, time,
};

#[derive(Serialize)]
struct Report<'a> {
    runs: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    run_id: &'a str,
    workflow: &'a str,
    session_id: &'a str,
    user_id: Option<&'a str>,
    status: &'a str,
    created_at: String,
    updated_at: String,
    resumes: u32,
    duration_ms: u64,
    error: Option<ErrorReport<'a>>,
}

/// Lists runs, newest first.
pub(crate) async fn runs(session: &Session, wish: RunsWish) -> Result<u8, Failure> {
    session.open("runs").await?;
    let runtime = &session.runtime;
    let status = wish.status.as_deref();
    let query = RunQuery {
        workflow: wish.workflow.map(Arc::from),
        session: wish.session.map(Arc::from),
        status: status.map(stored),
        // One more tells whether there are more.
        limit: Some(wish.limit + 1),
        ..RunQuery::default()
    };
    let found = runtime.runs(query).await;
    let mut found = found.map_err(|error| Failure::of(&error, &session.program, "runs"))?;
    let shown = |run: &RunRecord| shown_status(run, runtime.is_active(&run.id));
    found.retain(|run| status.is_none_or(|status| status == shown(run)));
    let more = found.len() > wish.limit;
    found.truncate(wish.limit);

    if wish.json {
        let runs = found.iter().map(|run| Row {
            run_id: run.id.as_str(),
            workflow: &run.workflow,
            session_id: &run.session,
            user_id: run.user.as_deref(),
            status: shown(run),
            created_at: time::rfc3339(run.created_at),
            updated_at: time::rfc3339(run.updated_at),
            resumes: run.resumes,
            duration_ms: run.active_micros / 1000,
            error: run.error.as_ref().map(ErrorReport::of),
        });
        report::print_json(&Report {
            runs: runs.collect(),
        });
        return Ok(exit::DONE);
    }
    if found.is_empty() {
        let store = text::line(&runtime.storage().location(), 200);
        say(&format!("no runs in {store}"));
        say(&format!("next: {}", session.program.command("run")));
        return Ok(exit::DONE);
    }
    report::print(&report::table(&rows(&found, shown)));
    if more {
        let next = session
            .program
            .command(&format!("runs --limit {}", wish.limit * 10));
        say(&format!("there are more: {next}"));
    }
    Ok(exit::DONE)
}

fn rows(runs: &[RunRecord], shown: impl Fn(&RunRecord) -> &'static str) -> Vec<Vec<String>> {
    let now = time::now_micros();
    let head = [
        "RUN", "WORKFLOW", "SESSION", "STATUS", "TIME", "STARTED", "NEXT",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for run in runs {
        let next = match run.status {
            RunStatus::Completed | RunStatus::Cancelled => String::new(),
            _ => format!("resume {}", run.id),
        };
        rows.push(vec![
            run.id.to_string(),
            text::line(&run.workflow, 40),
            text::line(&run.session, 30),
            shown(run).to_owned(),
            // Told when a run ends or stops by itself.
            match run.active_micros {
                0 => String::new(),
                micros => time::span(Duration::from_micros(micros)),
            },
            time::ago(run.created_at, now),
            next,
        ]);
    }
    rows
}

/// The status in the store: nothing there says that an owner is gone.
fn stored(status: &str) -> RunStatus {
    match status {
        "pending" => RunStatus::Pending,
        "paused" => RunStatus::Paused,
        "completed" => RunStatus::Completed,
        "failed" => RunStatus::Failed,
        "cancelled" => RunStatus::Cancelled,
        _ => RunStatus::Running,
    }
}
