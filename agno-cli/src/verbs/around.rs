//! What stands around the steps of a run: what it asked of people, the runs it has called, where it
//! comes from, and its limits.

use std::time::Duration;

use agno_core::{Answer, Decision, Entry, EntryKind, Json, Limits, Request, RunDetails, RunRecord};
use serde::Serialize;

use crate::{report, text::line, time};

/// A request with its answer, as a program reads it.
#[derive(Serialize)]
pub(super) struct Asked<'a> {
    id: String,
    path: &'a str,
    kind: &'static str,
    message: String,
    asked_at: String,
    deadline: Option<String>,
    answer: Option<Answered>,
}

#[derive(Serialize)]
struct Answered {
    decision: Decision,
    value: Option<Json>,
    feedback: Option<String>,
    by: Option<String>,
    at: String,
}

/// A run that was called, as a program reads it.
#[derive(Serialize)]
pub(super) struct Called<'a> {
    run_id: &'a str,
    workflow: &'a str,
    status: &'a str,
    path: &'a str,
}

impl<'a> Called<'a> {
    pub(super) fn of(run: &'a RunRecord) -> Self {
        Self {
            run_id: run.id.as_str(),
            workflow: &run.workflow,
            status: run.status.as_str(),
            path: run.parent.as_ref().map_or("", |parent| &parent.path),
        }
    }
}

/// The requests of a run that count, each with its answer, in the order in which they were asked.
fn requests(journal: &[Entry]) -> Vec<(&Entry, Request, Option<Answer>)> {
    let active = || journal.iter().filter(|entry| !entry.superseded);
    let asked = active().filter(|entry| entry.kind == EntryKind::Request);
    let asked = asked.filter_map(|entry| {
        let request: Request = entry.output.as_ref()?.decode().ok()?;
        let of = |answer: &&Entry| {
            let path = answer.path.strip_prefix(&*entry.path);
            answer.kind == EntryKind::Answer && path.is_some_and(|rest| rest.starts_with('!'))
        };
        let answer = active().find(of);
        let answer = answer.and_then(|answer| answer.output.as_ref()?.decode().ok());
        Some((entry, request, answer))
    });
    asked.collect()
}

/// What a run has asked of people.
pub(super) fn asked(journal: &[Entry]) -> Vec<Asked<'_>> {
    let asked = requests(journal).into_iter();
    let asked = asked.map(|(entry, request, answer)| Asked {
        id: request.id.to_string(),
        path: &entry.path,
        kind: request.kind.as_str(),
        message: request.message,
        asked_at: time::rfc3339(request.asked_at),
        deadline: request.deadline.map(time::rfc3339),
        answer: answer.map(|answer| Answered {
            decision: answer.decision,
            value: answer.value,
            feedback: answer.feedback,
            by: answer.by.map(|by| by.to_string()),
            at: time::rfc3339(answer.at),
        }),
    });
    asked.collect()
}

/// The same for people.
pub(super) fn in_text(details: &RunDetails, called: &[RunRecord]) -> String {
    let record = &details.record;
    let mut out = String::new();
    let mut rows = Vec::new();
    for (entry, request, answer) in requests(&details.journal) {
        rows.push(vec![
            format!("  ? {}", line(&entry.path, 100)),
            line(&request.message, 60),
            answer.as_ref().map_or_else(|| "open".to_owned(), answered),
        ]);
    }
    for run in called {
        let path = run.parent.as_ref().map_or("", |parent| &parent.path);
        rows.push(vec![
            format!("  › {}", line(path, 100)),
            format!("{} {}", line(&run.workflow, 60), run.id),
            run.status.to_string(),
        ]);
    }
    if !rows.is_empty() {
        out.push_str(&format!("\n{}", report::table(&rows)));
    }
    let mut put = |name: &str, value: String| out.push_str(&format!("{name:9} {value}\n"));
    if let Some(parent) = &record.parent {
        put(
            "called by",
            format!("{} at {}", parent.run, line(&parent.path, 100)),
        );
    }
    if let Some(forked) = &record.forked {
        put(
            "fork of",
            format!("{} from {}", forked.run, line(&forked.at, 100)),
        );
    }
    if let Some(limits) = &record.limits {
        put("limits", limited(limits));
    }
    out
}

/// `approve by ada, 3m ago: because`
fn answered(answer: &Answer) -> String {
    let mut words = answer.decision.to_string();
    if let Some(value) = &answer.value {
        words.push_str(&format!(" {}", line(value.as_str(), 60)));
    }
    if let Some(by) = &answer.by {
        words.push_str(&format!(" by {}", line(by, 60)));
    }
    words.push_str(&format!(", {}", time::ago(answer.at, time::now_micros())));
    if let Some(feedback) = &answer.feedback {
        words.push_str(&format!(": {}", line(feedback, 100)));
    }
    words
}

fn limited(limits: &Limits) -> String {
    let mut words = Vec::new();
    words.extend(limits.steps.map(|steps| format!("{steps} steps")));
    let span = |micros| time::span(Duration::from_micros(micros));
    words.extend(limits.active_micros.map(span));
    words.extend(limits.tokens.map(|tokens| format!("{tokens} tokens")));
    words.extend(limits.cost.map(|cost| format!("cost {cost}")));
    words.join(" · ")
}
