//! `graph`.

use agno_core::{
    EntryKind, RunDetails, Source,
    graph::{GraphFormat, RunPath, render},
};

use super::show::steps;
use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::{screen::say, step_name},
    report, select,
};

/// Draws a workflow, with or without the path of a run.
pub(crate) async fn graph(
    session: &Session,
    named: Option<&str>,
    run: Option<&str>,
    format: &str,
) -> Result<u8, Failure> {
    let Session {
        runtime, program, ..
    } = session;
    let format: GraphFormat = format
        .parse()
        .map_err(|error| Failure::usage(format!("{error}")))?;
    let failed = |error| Failure::of(&error, program, "graph");
    let (workflow, path) = match run {
        None => (
            select::workflow(runtime, named, program, "graph")?,
            RunPath::default(),
        ),
        Some(run) => {
            session.open("graph").await?;
            let record = select::run(runtime, run, program, "graph --run RUN").await?;
            if let Some(named) = named.filter(|named| **named != *record.workflow) {
                let id = &record.id;
                let problem = format!("run {id} is one of `{}`, not of `{named}`", record.workflow);
                let next = program.command(&format!("graph --run {id}"));
                return Err(Failure::usage(problem).next(next));
            }
            let details = runtime.inspect(&record.id).await.map_err(failed)?;
            (record.workflow.to_string(), path(&details))
        }
    };
    let drawn = runtime.graph(&workflow).map_err(failed)?;
    if drawn.flows.is_empty() {
        say("this workflow was declared without a graph: `Definition::graph` gives it one");
    }
    report::print(&render(drawn, &path, format));
    Ok(exit::DONE)
}

/// How often the run did each step.
fn path(details: &RunDetails) -> RunPath {
    let mut path = RunPath::default();
    for entry in steps(&details.journal) {
        let tally = path
            .steps
            .entry(step_name(&entry.path).to_owned())
            .or_default();
        match (&entry.error, entry.source) {
            (_, Source::Cache) => tally.cached += 1,
            (Some(_), Source::Ran) => tally.failed += 1,
            _ => tally.completed += 1,
        }
    }
    // A step that must not run twice has recorded that it began.
    let recorded = |step: &str| details.journal.iter().any(|entry| *entry.path == *step);
    for entry in details
        .journal
        .iter()
        .filter(|entry| entry.kind == EntryKind::Started)
    {
        let step = entry.path.split('!').next().unwrap_or(&entry.path);
        if !entry.superseded && !recorded(step) {
            path.steps
                .entry(step_name(step).to_owned())
                .or_default()
                .running += 1;
        }
    }
    path
}
