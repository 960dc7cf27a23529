//! What `#[step]` on fields stands for, by hand: the two behave the same.

use std::panic::Location;
use std::time::Duration;

use agno::graph::{FlowGraph, Graph, Node};
use agno::{
    Cache, Definition, Handle, Link, Piece, Retry, Scope, Step, Workflow, WorkflowInfo, codec,
    fallible, param, prelude::*,
};

use crate::kit::{self, Notes, Says, Writes, says};

/// Finds out and writes.
#[workflow(name = "Content", state = Notes)]
struct Generated {
    /// Finds out.
    #[step(
        retry(max = 2, backoff = "1ms", jitter = false),
        timeout = "2m",
        cache(ttl = "1h", scope = "global")
    )]
    researcher: Says,
    #[step(input = "{input}: {previous} ({researcher})", on_error = "skip")]
    writer: Writes,
    #[step(name = "end")]
    last: Says,
}

struct ByHand {
    researcher: Says,
    writer: Writes,
    last: Says,
}

impl WorkflowInfo for ByHand {
    const NAME: &'static str = "Content";
    const DESCRIPTION: &'static str = "Finds out and writes.";
}

impl Workflow for ByHand {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        let researcher = Step::new("researcher")
            .describe("Finds out.")
            .retry(
                Retry::new(2)
                    .backoff(Duration::from_millis(1))
                    .jitter(false),
            )
            .timeout(Duration::from_secs(120))
            .cache(
                Cache::new()
                    .ttl(Duration::from_secs(3600))
                    .scope(Scope::Global),
            );
        definition.execute(researcher, |content| &content.researcher);
        let or_default = fallible(codec()).or_default();
        definition.execute_with(Step::new("writer"), |content| &content.writer, or_default);
        definition.execute(Step::new("end"), |content| &content.last);
        definition.chain(
            (param("input", codec()),),
            [
                Link::new("researcher"),
                Link::new("writer").text::<String>(&[
                    Piece::Input,
                    Piece::Text(": "),
                    Piece::Previous,
                    Piece::Text(" ("),
                    Piece::Output("researcher"),
                    Piece::Text(")"),
                ]),
                Link::new("end"),
            ],
        );
        // The order of the declarations means nothing.
        definition.state::<Notes>();
        definition.graph(&GRAPH);
    }
}

static GRAPH: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[
            Node::Step {
                name: "researcher",
                at: Location::caller(),
            },
            Node::Step {
                name: "writer",
                at: Location::caller(),
            },
            Node::Step {
                name: "end",
                at: Location::caller(),
            },
        ],
    }],
};

fn parts(failures: u32) -> (Says, Writes, Says) {
    let researcher = Says {
        failures,
        ..says("facts")
    };
    let writer = Writes::default();
    writer
        .failures
        .store(failures, std::sync::atomic::Ordering::SeqCst);
    (researcher, writer, says("end"))
}

fn generated(failures: u32) -> Generated {
    let (researcher, writer, last) = parts(failures);
    Generated {
        researcher,
        writer,
        last,
    }
}

fn by_hand(failures: u32) -> ByHand {
    let (researcher, writer, last) = parts(failures);
    ByHand {
        researcher,
        writer,
        last,
    }
}

#[tokio::test]
async fn both_describe_themselves_alike() {
    let storage = kit::store();
    let (left, right) = (
        kit::runtime(&storage, generated(0)).await,
        kit::runtime(&storage, by_hand(0)).await,
    );
    let described = |runtime: &Runtime| serde_json::to_value(runtime.workflows()).expect("is JSON");
    assert_eq!(described(&left), described(&right));
    for format in agno::graph::GraphFormat::ALL {
        let drawn = |runtime: &Runtime| {
            let graph = runtime.graph("Content").expect("is there");
            let picture = agno::graph::render(graph, &agno::graph::RunPath::default(), format);
            let lines = picture.lines().filter(|line| !line.contains("tests/"));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(drawn(&left), drawn(&right), "{format}");
        assert!(drawn(&left).contains("researcher"), "{format}");
    }
}

#[tokio::test]
async fn both_behave_alike() {
    for failures in 0..4 {
        let (left, right) = (kit::store(), kit::store());
        let ends = (
            kit::run(&left, generated(failures), "bread".to_owned()).await,
            kit::run(&right, by_hand(failures), "bread".to_owned()).await,
        );
        assert_eq!(
            kit::told(&left).await,
            kit::told(&right).await,
            "{failures}"
        );
        assert_eq!(ends.0.output, ends.1.output, "{failures}");
        assert_eq!(
            ends.0.output.is_some(),
            failures < 3,
            "{failures}: {:?}",
            ends.0.error
        );
    }
}

#[cfg(feature = "testing")]
#[tokio::test(flavor = "multi_thread")]
async fn both_survive_a_crash_after_any_commit() {
    use agno::testing::CrashTest;

    let left = CrashTest::new(|| generated(1), || "x".to_owned())
        .run()
        .await;
    let right = CrashTest::new(|| by_hand(1), || "x".to_owned()).run().await;
    let [left, right] = [left, right].map(|report| report.unwrap_or_else(|e| panic!("{e}")));
    assert_eq!((left.crashes, left.output), (right.crashes, right.output));
    assert_eq!(right.crashes, 4, "the creation, and three commits");
}
