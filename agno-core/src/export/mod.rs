//! A run as a document: for programs as [JSON](json()), and for people who were not there as one
//! [page](html()).

mod html;
mod page;
mod text;
mod waterfall;

use agno_storage::{
    Entry, Event, Json, NumberedEvent, Request, RequestQuery, RunId, RunQuery, RunRecord,
    SessionFields, StoreError,
};
use serde::Serialize;

pub use self::html::html;
use crate::{
    error::Error,
    graph::{Graph, GraphFormat, RunPath, render},
    runtime::{RunDetails, RunMetrics, Runtime},
};

/// As many runs that a run has called, directly and through others, go into one document.
const MOST_CALLED: usize = 200;

/// A run with all that belongs to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunExport {
    /// The run.
    pub run: RunDetails,
    /// The runs it has called, and those they have called.
    pub called: Vec<RunDetails>,
    /// What it and they wait for people to answer.
    pub requests: Vec<Request>,
    /// The graph of its workflow, if this program has it.
    pub graph: Option<&'static Graph>,
}

impl RunExport {
    /// A run by itself.
    pub fn new(run: RunDetails) -> Self {
        Self {
            run,
            called: Vec::new(),
            requests: Vec::new(),
            graph: None,
        }
    }

    /// The way that the run took through its graph.
    fn path(&self) -> RunPath {
        RunPath::from_journal(&self.run.journal)
    }
}

impl Runtime {
    /// Reads a run with all that belongs to it: the first 200 of the runs it has called included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such run, or the
    /// store's own error.
    pub async fn export(&self, id: &RunId) -> Result<RunExport, Error> {
        let run = self.inspect(id).await?;
        let mut called = Vec::new();
        let mut callers = vec![id.clone()];
        while let Some(caller) = callers.pop() {
            let query = RunQuery {
                parent: Some(caller),
                limit: Some(MOST_CALLED - called.len()),
                ..RunQuery::default()
            };
            for record in self.runs(query).await? {
                callers.push(record.id.clone());
                called.push(self.inspect(&record.id).await?);
            }
        }
        called.sort_by_key(|run| run.record.created_at);
        let query = RequestQuery {
            root: Some(run.record.root().clone()),
            ..RequestQuery::default()
        };
        let requests = match self.storage().requests(query).await {
            Ok(requests) => requests,
            Err(StoreError::Unsupported { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let belongs = |request: &Request| {
            request.run == run.record.id || called.iter().any(|c| c.record.id == request.run)
        };
        Ok(RunExport {
            requests: requests.into_iter().filter(belongs).collect(),
            graph: self.graph(&run.record.workflow).ok(),
            run,
            called,
        })
    }
}

/// The version of the document's shape. Fields may be added without another version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    run: Run<'a>,
    requests: &'a [Request],
    graph: Option<Json>,
    called: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    run: &'a RunRecord,
    is_active: bool,
    input: &'a Json,
    state_at_start: Option<&'a Json>,
    output: Option<&'a Json>,
    state: &'a SessionFields,
    metrics: RunMetrics,
    journal: Vec<Entry>,
    events: Vec<NumberedEvent>,
}

impl<'a> Run<'a> {
    fn of(run: &'a RunDetails) -> Self {
        let mut journal = run.journal.clone();
        for entry in &mut journal {
            entry.events = Vec::new();
        }
        let events = numbered(run).map(|(number, event)| NumberedEvent {
            number: Some(number),
            event: event.clone(),
        });
        Self {
            run: &run.record,
            is_active: run.is_active,
            input: &run.input.input,
            state_at_start: run.input.state.as_ref(),
            output: run.output.as_ref(),
            state: &run.state,
            metrics: run.metrics(),
            journal,
            events: events.collect(),
        }
    }
}

/// The events of a run with their numbers.
fn numbered(run: &RunDetails) -> impl Iterator<Item = (u64, &Event)> {
    let of = |entry: &'_ Entry| entry.first_event;
    run.journal
        .iter()
        .flat_map(move |entry| (of(entry)..).zip(&entry.events))
}

/// A run as JSON. The document is an object with these fields:
///
/// * `format`: `"agno.run"`, and `version`: `1`. Another version means another shape; fields may be
///   added without one.
/// * `run`: the run's head: `id`, `workflow`, `version`, `session`, `status`, `created_at`, ...
///   Times are microseconds since 1970.
/// * `is_active`: whether the program that wrote this was running it.
/// * `input`, `state_at_start`, `output`: what it was started with and what it answered; `null`
///   where there is none. `state`: the session's state now, by field, each with its `value` and
///   who changed it last.
/// * `metrics`: what the run and each of its steps took.
/// * `journal`: the entries in order of commit, each with its `path`, `kind`, `input`, `output`,
///   `error`, `source`, ... Those that count no longer are marked `superseded`.
/// * `events`: what happened, with `number`, `at`, `type`, and what that type tells.
/// * `requests`: what it waits for people to answer.
/// * `graph`: the workflow's graph with the way the run took, or `null`.
/// * `called`: the runs it has called, and those they have called: objects with the fields from
///   `run` to `events`.
pub fn json(export: &RunExport) -> String {
    let graph = export
        .graph
        .map(|graph| render(graph, &export.path(), GraphFormat::Json));
    let document = Document {
        format: "agno.run",
        version: VERSION,
        run: Run::of(&export.run),
        requests: &export.requests,
        graph: graph.and_then(|graph| Json::parse(graph).ok()),
        called: export.called.iter().map(Run::of).collect(),
    };
    // What it is made of was read from JSON, and has text for keys.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
