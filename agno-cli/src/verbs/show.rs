//! `show`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use agno_core::{
    Entry, EntryKind, Json, Limits, NumberedEvent, RunDetails, RunId, RunQuery, RunRecord,
    RunStatus, Source,
};
use serde::Serialize;

use super::{
    agents,
    around::{self, Asked, Called},
    asked,
    events::detached,
    run::{ErrorReport, again},
    watch::look_on,
};
use crate::{
    app::Session,
    failure::{Failure, exit, in_words},
    progress::{screen::say, step_name},
    references::json_line,
    report, select,
    spent::{self, Spent},
    text::{self, line},
    time,
};

/// A run with everything that is recorded of it, as a program reads it.
#[derive(Serialize)]
struct Report<'a> {
    run_id: &'a str,
    workflow: &'a str,
    workflow_version: u32,
    session_id: &'a str,
    user_id: Option<&'a str>,
    status: &'a str,
    /// Who is running it, if another process that shares the store is.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<&'a str>,
    input: &'a Json,
    output: Option<&'a Json>,
    error: Option<ErrorReport<'a>>,
    state: BTreeMap<&'a str, &'a Json>,
    steps_run: usize,
    steps_cached: usize,
    /// Steps are replayed by a resume; a run at rest replays nothing.
    steps_replayed: usize,
    resumes: u32,
    started_at: String,
    updated_at: String,
    duration_ms: u64,
    steps: Vec<StepReport<'a>>,
    /// What it has asked of people, with the answers.
    requests: Vec<Asked<'a>>,
    /// The runs it has called.
    called: Vec<Called<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_run_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<&'a Limits>,
    events: Vec<NumberedEvent>,
}

#[derive(Serialize)]
struct StepReport<'a> {
    path: &'a str,
    name: &'a str,
    status: &'static str,
    attempts: u32,
    source: &'static str,
    input: Option<&'a Json>,
    output: Option<&'a Json>,
    error: Option<ErrorReport<'a>>,
    started_at: String,
    duration_ms: u64,
    /// What its agents took, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    spent: Option<&'a Spent>,
}

/// Shows a run.
pub(crate) async fn show(session: &Session, run: &str, json: bool) -> Result<u8, Failure> {
    session.look("show RUN").await?;
    let record = select::run(session, run, "show RUN").await?;
    tell(session, &record.id, json).await
}

/// Shows what a run does until it ends or stops, and then the run.
pub(crate) async fn follow(session: &Session, run: &str, from: u64) -> Result<u8, Failure> {
    session.look("show RUN").await?;
    let record = select::run(session, run, "show RUN").await?;
    let followed = look_on(session.follow(&record.id, from, true)).await;
    let ended = followed.map_err(|error| Failure::of(&error, &session.program, "show RUN"))?;
    if !ended {
        detached(session, record.id.as_str());
        return Ok(exit::INTERRUPTED);
    }
    tell(session, &record.id, false).await
}

async fn tell(session: &Session, id: &RunId, json: bool) -> Result<u8, Failure> {
    let failed = |error| Failure::of(&error, &session.program, "show RUN");
    let details = session.inspect(id).await.map_err(failed)?;
    let query = RunQuery {
        parent: Some(id.clone()),
        ..RunQuery::default()
    };
    let (mut called, _) = session.runs(query).await.map_err(failed)?;
    called.sort_by_key(|run| run.created_at);
    let events = details.events();
    let spent = spent::by_step(&events);
    if json {
        report::print_json(&full(&details, &called, events, &spent));
    } else {
        let mut shown = in_text(&details, &spent);
        shown.push_str(&around::in_text(&details, &called));
        let root = details.record.root();
        let open = match details.record.status.is_over() {
            true => Vec::new(),
            false => asked::of_run(session, root).await,
        };
        let mut own = open.clone();
        own.retain(|request| root == id || request.run == *id);
        shown.push_str(&asked::in_full(&own));
        report::print(&shown);
        let agents = agents::in_text(&events);
        if !agents.is_empty() {
            report::print(&format!("\n{agents}"));
        }
        let record = &details.record;
        let next = match record.status {
            RunStatus::Completed => None,
            _ if !session.has(&record.workflow) => None,
            _ if details.is_active => Some(format!("show {id} --follow")),
            RunStatus::Pending => Some("worker".to_owned()),
            RunStatus::Paused => Some(asked::next(root, &open)),
            RunStatus::Failed | RunStatus::Cancelled => {
                Some(again(record.root(), record.error.as_ref()))
            }
            _ => Some(format!("resume {}", record.root())),
        };
        if let Some(next) = next {
            say(&format!("next: {}", session.program.command(&next)));
        }
    }
    Ok(exit::DONE)
}

/// The steps of a run that count, in the order in which they were recorded. A sub-flow whose
/// result is kept whole is one of them: it may have come from the cache, without its steps.
pub(super) fn steps(journal: &[Entry]) -> impl Iterator<Item = &Entry> {
    journal.iter().filter(|entry| {
        let ended = entry.output.is_some() || entry.error.is_some();
        let kept = entry.kind == EntryKind::Subflow && ended;
        (entry.kind == EntryKind::Step || kept) && !entry.superseded
    })
}

/// The path of a step, without the mark of a sub-flow's kept result.
pub(super) fn path(entry: &Entry) -> &str {
    entry.path.split('!').next().unwrap_or(&entry.path)
}

fn status(entry: &Entry) -> &'static str {
    match (&entry.error, entry.source) {
        (_, Source::Skipped) => "skipped",
        (Some(_), _) => "failed",
        (None, _) => "completed",
    }
}

fn micros(entry: &Entry) -> u64 {
    entry.finished_at.saturating_sub(entry.started_at)
}

fn full<'a>(
    details: &'a RunDetails,
    called: &'a [RunRecord],
    events: Vec<NumberedEvent>,
    spent: &'a HashMap<Arc<str>, Spent>,
) -> Report<'a> {
    let record = &details.record;
    let steps: Vec<_> = steps(&details.journal).collect();
    let cached = steps
        .iter()
        .filter(|entry| entry.source == Source::Cache)
        .count();
    let state = details
        .state
        .iter()
        .map(|(name, field)| (&**name, &field.value));
    Report {
        run_id: record.id.as_str(),
        workflow: &record.workflow,
        workflow_version: record.version,
        session_id: &record.session,
        user_id: record.user.as_deref(),
        status: select::shown_status(record, details.is_active),
        held_by: details.held_by.as_deref(),
        input: &details.input.input,
        output: details.output.as_ref(),
        error: record.error.as_ref().map(ErrorReport::of),
        state: state.collect(),
        steps_run: steps.len() - cached,
        steps_cached: cached,
        steps_replayed: 0,
        resumes: record.resumes,
        started_at: time::rfc3339(record.created_at),
        updated_at: time::rfc3339(record.updated_at),
        duration_ms: record.active_micros / 1000,
        steps: steps.into_iter().map(|entry| step(entry, spent)).collect(),
        requests: around::asked(&details.journal),
        called: called.iter().map(Called::of).collect(),
        parent_run_id: record.parent.as_ref().map(|parent| parent.run.as_str()),
        forked_from: record.forked.as_ref().map(|forked| forked.run.as_str()),
        limits: record.limits.as_deref(),
        events,
    }
}

fn step<'a>(entry: &'a Entry, spent: &'a HashMap<Arc<str>, Spent>) -> StepReport<'a> {
    StepReport {
        path: path(entry),
        name: step_name(&entry.path),
        status: status(entry),
        attempts: entry.attempts,
        source: if entry.source == Source::Cache {
            "cache"
        } else {
            "ran"
        },
        input: entry.input.as_ref(),
        output: entry.output.as_ref(),
        error: entry.error.as_ref().map(ErrorReport::of),
        started_at: time::rfc3339(entry.started_at),
        duration_ms: micros(entry) / 1000,
        spent: spent.get(path(entry)),
    }
}

fn in_text(details: &RunDetails, spent: &HashMap<Arc<str>, Spent>) -> String {
    let record = &details.record;
    let now = time::now_micros();
    let mut out = String::new();
    let mut put = |name: &str, value: String| out.push_str(&format!("{name:9} {value}\n"));
    put("run", record.id.to_string());
    put(
        "workflow",
        format!(
            "{} (version {})",
            line(&record.workflow, 80),
            record.version
        ),
    );
    let user = record
        .user
        .as_ref()
        .map(|user| format!(" · user {}", line(user, 80)));
    put(
        "session",
        format!("{}{}", line(&record.session, 80), user.unwrap_or_default()),
    );
    let mut words = vec![select::shown_status(record, details.is_active).to_owned()];
    words.push(time::span(Duration::from_micros(record.active_micros)));
    words.push(format!("started {}", time::ago(record.created_at, now)));
    if record.resumes > 0 {
        words.push(text::count(record.resumes as usize, "resume"));
    }
    if let Some(holder) = &details.held_by {
        words.push(format!("by {}", line(holder, 200)));
    }
    put("status", words.join(" · "));
    put("input", json_line(&details.input.input, 400));
    for (name, field) in &details.state {
        put(
            "state",
            format!("{} = {}", line(name, 60), json_line(&field.value, 300)),
        );
    }
    if let Some(output) = &details.output {
        put("output", json_line(output, 400));
    }
    if let Some(error) = &record.error {
        let name = match record.status {
            RunStatus::Paused => "waits for",
            _ => "error",
        };
        put(name, in_words(error));
    }
    let mut total = Spent::default();
    spent.values().for_each(|spent| total.plus(spent));
    if total.turns > 0 {
        put("agents", total.words());
    }
    let rows: Vec<_> = steps(&details.journal)
        .map(|entry| row(entry, spent))
        .collect();
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&report::table(&rows));
    }
    out
}

fn row(entry: &Entry, spent: &HashMap<Arc<str>, Spent>) -> Vec<String> {
    let sign = match (status(entry), entry.source) {
        ("failed", _) => "✘",
        ("skipped", _) => "↷",
        (_, Source::Cache) => "◆",
        _ => "✔",
    };
    let how = match entry.source {
        Source::Cache => "cached".to_owned(),
        _ => time::span(Duration::from_micros(micros(entry))),
    };
    let attempts = match entry.attempts {
        0 | 1 => String::new(),
        more => format!("{more} attempts"),
    };
    let result = match (&entry.error, &entry.output) {
        (Some(error), _) => line(&error.message, 100),
        (None, Some(output)) => json_line(output, 100),
        (None, None) => String::new(),
    };
    let mut cells = vec![
        format!("  {sign} {}", line(path(entry), 100)),
        how,
        attempts,
    ];
    // Without agents there is no such column.
    if !spent.is_empty() {
        cells.push(spent.get(path(entry)).map(Spent::words).unwrap_or_default());
    }
    cells.push(result);
    cells
}
