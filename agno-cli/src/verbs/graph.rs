//! `graph`.

use agno_core::graph::{GraphFormat, RunPath, render};

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
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
            session.look("graph").await?;
            let record = select::run(session, run, "graph --run RUN").await?;
            if let Some(named) = named.filter(|named| **named != *record.workflow) {
                let id = &record.id;
                let problem = format!("run {id} is one of `{}`, not of `{named}`", record.workflow);
                let next = program.command(&format!("graph --run {id}"));
                return Err(Failure::usage(problem).next(next));
            }
            let details = runtime.inspect(&record.id).await.map_err(failed)?;
            (
                record.workflow.to_string(),
                RunPath::from_journal(&details.journal),
            )
        }
    };
    let drawn = runtime.graph(&workflow).map_err(failed)?;
    if drawn.flows.is_empty() {
        say("this workflow was declared without a graph: `Definition::graph` gives it one");
    }
    report::print(&render(drawn, &path, format));
    Ok(exit::DONE)
}
