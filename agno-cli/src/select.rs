//! Finding the workflow and the run that a user means.

use agno_core::{RunId, RunQuery, RunRecord, RunStatus, Runtime};

use crate::{app::Session, failure::Failure, look::Working, program::Program, text, time};

/// The workflow that is meant: the only one may be left unnamed.
pub(crate) fn workflow(
    runtime: &Runtime,
    named: Option<&str>,
    program: &Program,
    verb: &str,
) -> Result<String, Failure> {
    if let Some(name) = named {
        return match runtime.input_schema(name) {
            Ok(_) => Ok(name.to_owned()),
            Err(error) => Err(Failure::of(&error, program, verb)),
        };
    }
    let names: Vec<_> = runtime
        .workflows()
        .into_iter()
        .map(|workflow| workflow.name)
        .collect();
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::usage(
            "this program has no workflow: add one with `.workflow(..)`",
        )),
        [first, ..] => {
            let problem = format!("which workflow? There are: {}", names.join(", "));
            Err(Failure::usage(problem).next(program.again_with(verb, first)))
        }
    }
}

/// The run that an id or its beginning means. `verb` is what was typed, with `RUN` for the id.
pub(crate) async fn run(session: &Session, named: &str, verb: &str) -> Result<RunRecord, Failure> {
    let Session {
        runtime, program, ..
    } = session;
    let failed = |error: &agno_core::Error| Failure::of(error, program, verb);
    if let Ok(id) = RunId::new(named)
        && let Some(found) = runtime
            .storage()
            .run(&id)
            .await
            .map_err(|e| failed(&e.into()))?
    {
        return Ok(found);
    }
    // No id has other characters, and every id begins with nothing.
    let legal = !named.is_empty() && RunId::new(named).is_ok();
    let query = RunQuery {
        prefix: Some(named.to_owned()),
        ..RunQuery::default()
    };
    let (found, mut active) = if legal {
        session.runs(query).await.map_err(|e| failed(&e))?
    } else {
        Default::default()
    };
    let shown = text::line(named, 80);
    let (problem, list) = match found.as_slice() {
        [only] => return Ok(only.clone()),
        [] => {
            let of_these = RunQuery {
                limit: Some(SHOWN),
                ..RunQuery::default()
            };
            let latest;
            (latest, active) = session.runs(of_these).await.map_err(|e| failed(&e))?;
            let problem = match latest.is_empty() {
                true => format!("no run `{shown}`: this store has no runs"),
                false => format!("no run `{shown}`; the latest are:"),
            };
            (problem, latest)
        }
        several => {
            let problem = format!("`{shown}` begins the ids of {} runs:", several.len());
            (problem, several.to_vec())
        }
    };
    // Nobody is told to end a run that he has not named.
    let ends = ["cancel", "resolve"]
        .iter()
        .any(|word| verb.starts_with(word));
    let next = match list.iter().find(|run| session.has(&run.workflow)) {
        Some(_) if ends => program.command("runs"),
        Some(first) => program.command(&verb.replace("RUN", first.id.as_str())),
        None => program.command("run"),
    };
    Err(Failure::not_found(with_runs(problem, &list, &active)).next(next))
}

const SHOWN: usize = 5;

fn with_runs(mut problem: String, runs: &[RunRecord], active: &Working) -> String {
    let now = time::now_micros();
    for run in runs.iter().take(SHOWN) {
        let (workflow, ago) = (
            text::line(&run.workflow, 60),
            time::ago(run.created_at, now),
        );
        problem.push_str(&format!(
            "\n  {}  {workflow}  {}  {ago}",
            run.id,
            shown_status(run, active.contains(&run.id))
        ));
    }
    if runs.len() > SHOWN {
        problem.push_str(&format!("\n  and {} more", runs.len() - SHOWN));
    }
    problem
}

/// A run's status for people: one that nobody works on was interrupted.
pub(crate) fn shown_status(run: &RunRecord, is_active: bool) -> &'static str {
    match run.status {
        RunStatus::Running if !is_active => "interrupted",
        status => status.as_str(),
    }
}
