//! A program with several workflows, declared by hand, that do what a command line has to cope
//! with: lists, caches, state, failures, panics, pauses, slow steps.

use std::{fs, io::Write, panic::Location, process::ExitCode, time::Duration};

use agno_core::{
    Cache, Definition, Error, Field, Flow, FlowSpec, Handle, Merge, Result, Retry, Scope, State,
    Step, Workflow, WorkflowInfo, bail,
    bounds::SessionState,
    codec, fallible,
    graph::{FlowGraph, Graph, Node},
    param, plain,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to report on.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic {
    /// What to write about.
    #[schemars(length(min = 3))]
    topic: String,
    /// How many words.
    words: Option<u32>,
    /// Only a draft.
    #[serde(default)]
    draft: bool,
    /// Words to file it under.
    #[serde(default)]
    file_under: Vec<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Seen {
    pages: u32,
}

impl State for Seen {
    const FIELDS: &'static [Field] = &[Field::new("pages", Merge::Sum)];
}

struct Report;

impl Report {
    async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> {
        flow.say(format!("looking into {}", topic.topic));
        let sources = flow
            .step::<_, Vec<String>>("search", (topic.topic.clone(),))
            .await?;
        flow.map(sources, |source: String| {
            flow.step::<_, u32>("read", (source,))
        })
        .limit(2)
        .await?;
        flow.step::<_, Topic>("write", (topic,)).await
    }
}

impl WorkflowInfo for Report {
    const NAME: &'static str = "report";
    const DESCRIPTION: &'static str = "Writes a report.";
}

impl Workflow for Report {
    type Steps = Handle;
    type Input = Topic;
    type Output = Topic;

    fn define(definition: &mut Definition<Self>) {
        definition.state::<Seen>();
        definition.step(
            Step::new("search").cache(Cache::new().scope(Scope::Global)),
            (param("topic", codec::<String>()),),
            plain(codec()),
            |_, _, (topic,)| {
                Box::pin(async move { (0..5).map(|n| format!("{topic}/{n}")).collect::<Vec<_>>() })
            },
        );
        definition.step(
            // With one retry there is nothing that the factor could change.
            Step::new("read").retry(Retry::new(1).factor(3.0)),
            (param("source", codec::<String>()),),
            plain(codec()),
            |_, call, (source,)| {
                Seen::change(&mut call.state).pages += 1;
                Box::pin(async move { u32::try_from(source.len()).unwrap_or(0) })
            },
        );
        definition.step(
            Step::new("write"),
            (param("topic", codec::<Topic>()),),
            plain(codec()),
            |_, _, (topic,)| Box::pin(async move { topic }),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("topic", codec::<Topic>()),),
            fallible::<Result<Topic>, _>(codec()),
            |flow, (topic,)| Box::pin(Self::run(flow, topic)),
        );
        definition.graph(&REPORT);
        definition.warning("run", "this loop is never left", Location::caller());
    }
}

static REPORT: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[
            Node::Step {
                name: "search",
                at: std::panic::Location::caller(),
            },
            Node::Map {
                over: "sources",
                body: &[Node::Step {
                    name: "read",
                    at: std::panic::Location::caller(),
                }],
                at: std::panic::Location::caller(),
            },
        ],
    }],
};

/// Does what its input says, well or badly.
struct Fragile;

impl Fragile {
    async fn act(how: String) -> Result<String> {
        match how.as_str() {
            "fail" => bail!("the page said \u{1b}[31mno\u{1b}[0m"),
            "panic" => panic!("out of \u{1b}]0;paper\u{7}"),
            "hang" => std::future::pending().await,
            "escape" => Ok("a\u{1b}[2Jb\u{9b}31m".to_owned()),
            // Fails until the file is there.
            path if path.starts_with('/') && fs::metadata(path).is_err() => {
                Err(Error::new("not_there", format!("no {path}")))
            }
            other => Ok(other.to_owned()),
        }
    }

    async fn run(flow: &Flow<Self>, how: String) -> Result<String> {
        flow.step::<_, String>("begin", (how.clone(),)).await?;
        let step = how.strip_prefix("pause:").map_or("act", |_| "wait");
        let how = how.strip_prefix("pause:").unwrap_or(&how).to_owned();
        flow.step::<_, String>(step, (how,)).await
    }
}

impl WorkflowInfo for Fragile {
    const NAME: &'static str = "fragile";
}

impl Workflow for Fragile {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("begin"),
            (param("how", codec::<String>()),),
            plain(codec()),
            |_, _, (how,)| Box::pin(async move { how }),
        );
        let retry = Retry::new(1)
            .backoff(Duration::from_millis(5))
            .jitter(false);
        let timeout = Duration::from_millis(100);
        definition.step(
            Step::new("act").retry(retry).timeout(timeout),
            (param("how", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |_, _, (how,)| Box::pin(Self::act(how)),
        );
        definition.step(
            Step::new("wait").pause_on_error(),
            (param("how", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |_, _, (how,)| Box::pin(Self::act(how)),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("how", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |flow, (how,)| Box::pin(Self::run(flow, how)),
        );
    }
}

/// Takes its time after its first step, and writes down each step that runs.
struct Slow;

/// How slow.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Pace {
    /// How many steps.
    steps: u32,
    /// How long each takes.
    millis: u64,
    /// Where each writes that it runs.
    log: String,
}

impl Slow {
    async fn tick(number: u32, pace: Pace) -> Result<u32> {
        if number > 0 {
            tokio::time::sleep(Duration::from_millis(pace.millis)).await;
        }
        let mut log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&pace.log)?;
        writeln!(log, "{number}")?;
        Ok(number)
    }

    async fn run(flow: &Flow<Self>, pace: Pace) -> Result<u32> {
        let mut sum = 0;
        for number in 0..pace.steps {
            sum += flow.step::<_, u32>("tick", (number, pace.clone())).await?;
        }
        Ok(sum)
    }
}

impl WorkflowInfo for Slow {
    const NAME: &'static str = "slow";
}

impl Workflow for Slow {
    type Steps = Handle;
    type Input = Pace;
    type Output = u32;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("tick"),
            (
                param("number", codec::<u32>()),
                param("pace", codec::<Pace>()),
            ),
            fallible::<Result<u32>, _>(codec()),
            |_, _, (number, pace)| Box::pin(Self::tick(number, pace)),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("pace", codec::<Pace>()),),
            fallible::<Result<u32>, _>(codec()),
            |flow, (pace,)| Box::pin(Self::run(flow, pace)),
        );
    }
}

fn main() -> ExitCode {
    agno_cli::app()
        .workflow(Report)
        .workflow(Fragile)
        .workflow(Slow)
        .main()
}
