//! `workflows` and `schema`.

use agno_core::WorkflowSummary;
use serde::Serialize;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report, select,
    text::{self, line},
};

#[derive(Serialize)]
struct Report<'a> {
    workflows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    summary: &'a WorkflowSummary,
    /// What `--check` found; absent without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// Lists the workflows of this program.
pub(crate) fn workflows(session: &Session, json: bool, check: bool) -> u8 {
    let summaries = session.runtime.workflows();
    let rows: Vec<_> = summaries
        .iter()
        .map(|summary| Row {
            summary,
            problems: check.then(|| problems(session, summary)),
            warnings: check.then(|| warnings(session, summary)),
        })
        .collect();
    let broken = rows
        .iter()
        .any(|row| row.problems.as_ref().is_some_and(|p| !p.is_empty()));
    if json {
        report::print_json(&Report { workflows: rows });
    } else {
        tell(session, &rows);
    }
    if broken { exit::FAILED } else { exit::DONE }
}

fn tell(session: &Session, rows: &[Row<'_>]) {
    let mut table = vec![
        ["WORKFLOW", "VERSION", "STEPS", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for Row { summary, .. } in rows {
        let about = summary.description.lines().next().unwrap_or_default();
        table.push(vec![
            line(&summary.name, 60),
            summary.version.to_string(),
            summary.steps.len().to_string(),
            line(about, 100),
        ]);
    }
    report::print(&report::table(&table));
    for row in rows {
        let name = line(&row.summary.name, 60);
        for problem in row.problems.iter().flatten() {
            say(&format!("error: {name}: {problem}"));
        }
        for warning in row.warnings.iter().flatten() {
            say(&format!("warning: {name}: {warning}"));
        }
        if row.problems.as_ref().is_some_and(Vec::is_empty) {
            say(&format!("{name}: schemas are sound"));
        }
    }
    let first = rows
        .first()
        .map_or("WORKFLOW".to_owned(), |row| text::quoted(&row.summary.name));
    say(&format!(
        "next: {}",
        session.program.command(&format!("run {first}"))
    ));
}

/// What keeps a workflow from working.
fn problems(session: &Session, summary: &WorkflowSummary) -> Vec<String> {
    let schema = match session.runtime.input_schema(&summary.name) {
        Ok(schema) => schema,
        Err(error) => return vec![line(&error.to_string(), 400)],
    };
    let compiled = schema.compile();
    compiled
        .err()
        .map(|error| line(&error.to_string(), 400))
        .into_iter()
        .collect()
}

/// What is probably not meant so.
fn warnings(session: &Session, summary: &WorkflowSummary) -> Vec<String> {
    let warnings = session.runtime.warnings(&summary.name).unwrap_or_default();
    warnings.iter().map(|warning| line(warning, 400)).collect()
}

/// Prints the JSON Schema of a workflow's input or output.
pub(crate) fn schema(session: &Session, named: Option<&str>, output: bool) -> Result<u8, Failure> {
    let Session {
        runtime, program, ..
    } = session;
    let name = select::workflow(runtime, named, program, "schema")?;
    if output {
        let workflows = runtime.workflows();
        if let Some(summary) = workflows.iter().find(|summary| summary.name == name) {
            report::print_json(&summary.output);
        }
        return Ok(exit::DONE);
    }
    let schema = runtime.input_schema(&name);
    let schema = schema.map_err(|error| Failure::of(&error, program, "schema"))?;
    report::print_json(schema.document());
    Ok(exit::DONE)
}
