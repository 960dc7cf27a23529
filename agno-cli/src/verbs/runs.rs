//! `runs`.

use std::{sync::Arc, time::Duration};

use agno_core::{Error, RunQuery, RunRecord, RunStatus, storage::StoreError};
use serde::Serialize;

use super::{
    asked,
    run::{ErrorReport, again},
};
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
    /// What does not read, and is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    run_id: &'a str,
    workflow: &'a str,
    session_id: &'a str,
    user_id: Option<&'a str>,
    status: &'a str,
    /// Who is running it, if another process that shares the store is.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<&'a str>,
    created_at: String,
    updated_at: String,
    resumes: u32,
    /// The run that has called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_run_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_from: Option<&'a str>,
    duration_ms: u64,
    error: Option<ErrorReport<'a>>,
}

/// Lists runs, newest first.
pub(crate) async fn runs(session: &Session, wish: RunsWish) -> Result<u8, Failure> {
    session.look("runs").await?;
    let status = wish.status.as_deref();
    let query = RunQuery {
        workflow: wish.workflow.map(Arc::from),
        session: wish.session.map(Arc::from),
        status: status.map(stored),
        outermost: !wish.all,
        // One more tells whether there are more.
        limit: Some(wish.limit + 1),
        whole: true,
        ..RunQuery::default()
    };
    let failed = |error: Error| Failure::of(&error, &session.program, "runs");
    let ((mut found, active), damage) = match session.runs(query.clone()).await {
        Err(damage) if matches!(damage.store_error(), Some(StoreError::Corrupt { .. })) => {
            let others = RunQuery {
                whole: false,
                ..query
            };
            let found = session.runs(others).await.map_err(failed)?;
            (found, Some(damage.to_string()))
        }
        found => (found.map_err(failed)?, None),
    };
    let done = match damage {
        None => exit::DONE,
        Some(_) => exit::FAILED,
    };
    let shown = |run: &RunRecord| shown_status(run, active.contains(&run.id));
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
            held_by: active.by(&run.id),
            created_at: time::rfc3339(run.created_at),
            updated_at: time::rfc3339(run.updated_at),
            resumes: run.resumes,
            parent_run_id: run.parent.as_ref().map(|parent| parent.run.as_str()),
            forked_from: run.forked.as_ref().map(|forked| forked.run.as_str()),
            duration_ms: run.active_micros / 1000,
            error: run.error.as_ref().map(ErrorReport::of),
        });
        report::print_json(&Report {
            runs: runs.collect(),
            left_out: damage,
        });
        return Ok(done);
    }
    if let Some(damage) = &damage {
        say(&format!("left out: {}", text::block(damage)));
        say(&format!(
            "next: {}",
            session.program.command("store verify")
        ));
    }
    if found.is_empty() && damage.is_none() {
        let store = text::line(&session.runtime.storage().location(), 200);
        say(&format!("no runs in {store}"));
        say(&format!("next: {}", session.program.command("run")));
        return Ok(exit::DONE);
    }
    let mut next = Vec::new();
    for run in &found {
        next.push(next_of(session, run, shown(run)).await);
    }
    let by = |run: &RunRecord| active.by(&run.id).map(|holder| text::line(holder, 80));
    report::print(&report::table(&rows(&found, &next, shown, by)));
    if more {
        let next = session
            .program
            .command(&format!("runs --limit {}", wish.limit * 10));
        say(&format!("there are more: {next}"));
    }
    Ok(done)
}

/// What to type next for a run, if this program can do anything about it.
async fn next_of(session: &Session, run: &RunRecord, shown: &str) -> String {
    let is_called = run.parent.is_some();
    match run.status {
        RunStatus::Completed => String::new(),
        _ if !session.has(&run.workflow) => String::new(),
        RunStatus::Running if shown == "running" => format!("show {} --follow", run.id),
        // Those go on with the run that has called them.
        _ if is_called => String::new(),
        RunStatus::Pending => "worker".to_owned(),
        RunStatus::Paused => asked::next(&run.id, &asked::of_run(session, &run.id).await),
        RunStatus::Failed | RunStatus::Cancelled => again(&run.id, run.error.as_ref()),
        _ => format!("resume {}", run.id),
    }
}

fn rows(
    runs: &[RunRecord],
    next: &[String],
    shown: impl Fn(&RunRecord) -> &'static str,
    by: impl Fn(&RunRecord) -> Option<String>,
) -> Vec<Vec<String>> {
    let now = time::now_micros();
    let mut head = vec![
        "RUN", "WORKFLOW", "SESSION", "STATUS", "TIME", "STARTED", "NEXT",
    ];
    // Without others there is no such column.
    let is_shared = runs.iter().any(|run| by(run).is_some());
    if is_shared {
        head.insert(4, "BY");
    }
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (run, next) in runs.iter().zip(next) {
        let mut row = vec![
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
            next.clone(),
        ];
        if is_shared {
            row.insert(4, by(run).unwrap_or_default());
        }
        rows.push(row);
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
