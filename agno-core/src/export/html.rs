//! A run as one page.

use std::fmt::Write as _;

use agno_storage::{Entry, Json, RecordedError, Request, Source};

use super::{
    RunExport, numbered,
    page::{page, picture},
    text::{duration, escape, escape_lines, pretty, time},
    waterfall,
};
use crate::{
    graph::{GraphFormat, render},
    runtime::{RunDetails, RunMetrics, path::is_operation},
};

/// As many events and entries are listed; the JSON document has all of them.
const MOST: usize = 5000;

/// A run as one page: its graph, its steps over time, what it was given and what it answered. The
/// page loads nothing, runs no script, and shows every text escaped, so that it can be passed on.
pub fn html(export: &RunExport) -> String {
    let run = &export.run;
    let mut out = String::new();
    head(&mut out, run);
    requests(&mut out, &export.requests);
    if let Some(graph) = export.graph {
        out.push_str("<h2>Graph</h2>\n");
        let svg = render(graph, &export.path(), GraphFormat::Svg);
        picture(&mut out, &svg, &format!("Graph of {}", run.record.workflow));
    }
    body(&mut out, run);
    if !export.called.is_empty() {
        out.push_str("<h2>Called runs</h2>\n");
        for called in &export.called {
            let record = &called.record;
            let _ = write!(
                out,
                "<details><summary><span class=\"path\">{}</span> {} {}</summary>\n<div class=\"inside\">\n",
                escape(record.parent.as_ref().map_or("", |parent| &parent.path)),
                escape(&record.workflow),
                badge(called)
            );
            head(&mut out, called);
            body(&mut out, called);
            out.push_str("</div></details>\n");
        }
    }
    let title = format!("{} {}", run.record.workflow, run.record.id);
    page(&title, &out)
}

fn badge(run: &RunDetails) -> String {
    let status = run.record.status;
    format!("<span class=\"badge {status}\">{status}</span>")
}

fn head(out: &mut String, run: &RunDetails) {
    let record = &run.record;
    let metrics = run.metrics();
    let _ = write!(
        out,
        "<h1>{} {}</h1>\n<dl>\n",
        escape(&record.workflow),
        badge(run)
    );
    let mut fact = |what: &str, value: &str| {
        let _ = writeln!(out, "<dt>{what}</dt><dd>{}</dd>", escape(value));
    };
    fact("Run", record.id.as_str());
    fact("Version", &record.version.to_string());
    fact("Session", &record.session);
    if let Some(user) = &record.user {
        fact("User", user);
    }
    if let Some(forked) = &record.forked {
        fact("Forked off", &format!("{} at {}", forked.run, forked.at));
    }
    if let Some(parent) = &record.parent {
        fact("Called by", &format!("{} at {}", parent.run, parent.path));
    }
    fact("Begun", &time(record.created_at));
    fact("Last change", &time(record.updated_at));
    let spent = format!(
        "{} in all, {} running",
        duration(metrics.total_micros),
        duration(metrics.active_micros)
    );
    fact("Time", &spent);
    fact("Resumed", &format!("{} times", record.resumes));
    if let Some(tokens) = tokens(&metrics) {
        fact("Models", &tokens);
    }
    out.push_str("</dl>\n");
    if let Some(problem) = &record.error {
        error(out, problem);
    }
}

fn tokens(metrics: &RunMetrics) -> Option<String> {
    if metrics.input_tokens == 0 && metrics.output_tokens == 0 {
        return None;
    }
    let cost = metrics.cost.map(|cost| format!(", cost {cost:.4}"));
    Some(format!(
        "{} tokens read, {} written{}",
        metrics.input_tokens,
        metrics.output_tokens,
        cost.unwrap_or_default()
    ))
}

fn body(out: &mut String, run: &RunDetails) {
    let metrics = run.metrics();
    out.push_str("<h2>Steps over time</h2>\n");
    waterfall::draw(out, run, &metrics);
    models(out, &metrics);
    out.push_str("<h2>Input and output</h2>\n");
    value(out, "Input", Some(&run.input.input));
    value(out, "Output", run.output.as_ref());
    value(
        out,
        "State of the session at the start",
        run.input.state.as_ref(),
    );
    out.push_str("<h2>Journal</h2>\n");
    let entries = run.journal.iter().filter(|entry| is_operation(entry));
    for entry in entries.take(MOST) {
        operation(out, entry);
    }
    let notes = run.journal.iter().filter(|entry| !is_operation(entry));
    let count = notes.clone().count();
    if count > 0 {
        let _ = writeln!(
            out,
            "<details><summary>{count} notes: memos, markers, answers, earlier failures</summary>"
        );
        for entry in notes.take(MOST) {
            operation(out, entry);
        }
        out.push_str("</details>\n");
    }
    events(out, run);
}

/// What models did for the steps that asked them.
fn models(out: &mut String, metrics: &RunMetrics) {
    let asked = || metrics.steps.iter().filter(|step| step.turns > 0);
    if asked().next().is_none() {
        return;
    }
    out.push_str(
        "<h2>Models</h2>\n<table>\n<thead><tr><th>Step</th><th>Turns</th><th>Tokens read</th><th>Tokens written</th><th>Cost</th></tr></thead>\n<tbody>\n",
    );
    for step in asked() {
        let cost = step
            .cost
            .map_or("–".to_owned(), |cost| format!("{cost:.4}"));
        let _ = writeln!(
            out,
            "<tr><td class=\"path\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{cost}</td></tr>",
            escape(&step.path),
            step.turns,
            step.input_tokens,
            step.output_tokens
        );
    }
    out.push_str("</tbody></table>\n");
}

fn value(out: &mut String, what: &str, value: Option<&Json>) {
    if let Some(value) = value {
        let _ = writeln!(
            out,
            "<details><summary>{what} <span class=\"faint\">({} bytes)</span></summary><pre>{}</pre></details>",
            value.len(),
            pretty(value)
        );
    }
}

fn error(out: &mut String, problem: &RecordedError) {
    let mut text = format!("{}: {}", problem.code, problem.message);
    for cause in &problem.chain {
        let _ = write!(text, "\ncaused by: {cause}");
    }
    let _ = writeln!(out, "<pre class=\"error\">{}</pre>", escape_lines(&text));
}

fn operation(out: &mut String, entry: &Entry) {
    let took = entry.finished_at.saturating_sub(entry.started_at);
    let took = match entry.started_at > 0 && entry.finished_at > 0 {
        true => format!(", {}", duration(took)),
        false => String::new(),
    };
    let how = match (&entry.error, entry.source) {
        _ if entry.superseded => "superseded",
        (Some(_), Source::Skipped) => "skipped",
        (Some(_), _) => "failed",
        (None, Source::Cache) => "from the cache",
        (None, Source::Given) => "given",
        _ => "",
    };
    let kind = serde_json::to_value(entry.kind).unwrap_or_default();
    let _ = write!(
        out,
        "<details><summary><span class=\"path\">{}</span> <span class=\"faint\">{}{took}</span> {}</summary>\n<div class=\"inside\">\n",
        escape(&entry.path),
        escape(kind.as_str().unwrap_or_default()),
        match how {
            "" => String::new(),
            "failed" => "<span class=\"error\">failed</span>".to_owned(),
            how => format!("<span class=\"faint\">{how}</span>"),
        }
    );
    if let Some(place) = &entry.place {
        let _ = writeln!(out, "<p class=\"faint\">{}</p>", escape(&place.to_string()));
    }
    if let Some(problem) = &entry.error {
        error(out, problem);
    }
    let changes = entry
        .delta
        .as_ref()
        .and_then(|delta| Json::encode(delta).ok());
    for (what, json) in [
        ("Input", &entry.input),
        ("Output", &entry.output),
        ("Changes of the state", &changes),
    ] {
        if let Some(json) = json {
            let _ = writeln!(out, "<h3>{what}</h3><pre>{}</pre>", pretty(json));
        }
    }
    out.push_str("</div></details>\n");
}

fn requests(out: &mut String, requests: &[Request]) {
    if requests.is_empty() {
        return;
    }
    out.push_str("<h2>Waiting for people</h2>\n");
    for request in requests {
        let deadline = request.deadline.map(|at| format!(", until {}", time(at)));
        let _ = writeln!(
            out,
            "<p><strong>{}</strong> <span class=\"faint\">{} of <span class=\"path\">{}</span>, since {}{}</span></p>",
            escape(&request.message),
            escape(request.kind.as_str()),
            escape(&request.path),
            time(request.asked_at),
            deadline.unwrap_or_default()
        );
        value(out, "What it is about", request.value.as_ref());
    }
}

fn events(out: &mut String, run: &RunDetails) {
    let count = numbered(run).count();
    let _ = write!(
        out,
        "<h2>Events</h2>\n<details><summary>{count} events</summary>\n<table>\n<thead><tr><th>Number</th><th>After</th><th>What</th><th></th></tr></thead>\n<tbody>\n"
    );
    for (number, event) in numbered(run).take(MOST) {
        let mut told = serde_json::to_value(&event.kind).unwrap_or_default();
        let kind = match told.as_object_mut().and_then(|told| told.remove("type")) {
            Some(serde_json::Value::String(kind)) => kind,
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><td class=\"number\">{number}</td><td class=\"number\">{}</td><td class=\"path\">{}</td><td class=\"path\">{}</td></tr>",
            duration(event.at.saturating_sub(run.record.created_at)),
            escape(&kind),
            escape(&told.to_string())
        );
    }
    out.push_str("</tbody></table>\n</details>\n");
    if let Some(more) = count.checked_sub(MOST + 1) {
        let _ = writeln!(out, "<p class=\"faint\">… and {} more.</p>", more + 1);
    }
}
