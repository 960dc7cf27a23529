//! `hello` without the macros: what `#[data]`, `#[workflow]` and `#[step]` stand for, by hand.
//!
//! ```sh
//! cargo run --example no_macro -- run --name World
//! ```

use std::panic::Location;
use std::process::ExitCode;

use agno::graph::{FlowGraph, Graph, Node};
use agno::{
    Definition, Handle, Result, Retry, Step, Workflow, WorkflowInfo, codec, fallible, param, plain,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody to greet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Person {
    /// What people call them.
    #[schemars(length(min = 1))]
    name: String,
}

/// Greets somebody, loudly.
#[derive(Debug)]
struct Hello;

impl Hello {
    async fn greet(&self, person: Person) -> Result<String> {
        Ok(format!("Hello, {}!", person.name.trim()))
    }

    async fn shout(&self, greeting: String) -> String {
        greeting.to_uppercase()
    }
}

impl WorkflowInfo for Hello {
    const NAME: &'static str = "Hello";
    const DESCRIPTION: &'static str = "Greets somebody, loudly.";
}

impl Workflow for Hello {
    /// A flow would call its steps by name through this one; the macro makes a typed one.
    type Steps = Handle;
    type Input = Person;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("greet")
                .describe("Greets somebody by name.")
                .retry(Retry::new(3)),
            (param("person", codec::<Person>()),),
            fallible::<Result<String>, _>(codec()),
            |workflow, _, (person,)| Box::pin(workflow.greet(person)),
        );
        definition.step(
            Step::new("shout").describe("Says it louder."),
            (param("greeting", codec::<String>()),),
            plain::<String>(codec()),
            |workflow, _, (greeting,)| Box::pin(workflow.shout(greeting)),
        );
        definition.chain((param("person", codec::<Person>()),), &["greet", "shout"]);
        definition.graph(&GRAPH);
    }
}

static GRAPH: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[
            Node::Step {
                name: "greet",
                at: Location::caller(),
            },
            Node::Step {
                name: "shout",
                at: Location::caller(),
            },
        ],
    }],
};

fn main() -> ExitCode {
    agno::app().workflow(Hello).main()
}

#[cfg(test)]
#[allow(dead_code, reason = "its `main` has no caller here")]
#[path = "hello.rs"]
mod with_macros;

#[cfg(test)]
mod tests {
    use agno::graph::{GraphFormat, RunPath, render};
    use agno::{RunDetails, Runtime};

    use super::{Hello, with_macros};

    const INPUTS: [&str; 5] = [
        r#"{"name": " World "}"#,
        r#"{"name": ""}"#,
        r#"{"name": 1, "nam": "x"}"#,
        "{}",
        "World",
    ];

    async fn runtimes() -> [Runtime; 2] {
        let by_hand = Runtime::builder().workflow(Hello).build();
        let by_macro = Runtime::builder().workflow(with_macros::Hello).build();
        [
            by_hand.await.expect("builds"),
            by_macro.await.expect("builds"),
        ]
    }

    /// What a run has done and what a resume would compare.
    fn told(details: &RunDetails) -> Vec<String> {
        let entries = details.journal.iter().map(|entry| {
            let (input, output) = (&entry.input, &entry.output);
            format!("{:?} {} {input:?} {output:?}", entry.kind, entry.path)
        });
        entries.chain([format!("{:?}", details.output)]).collect()
    }

    #[tokio::test]
    async fn both_describe_themselves_alike() {
        let [by_hand, by_macro] = runtimes().await;
        let described =
            |runtime: &Runtime| serde_json::to_value(runtime.workflows()).expect("is JSON");
        assert_eq!(described(&by_hand), described(&by_macro));
        for format in GraphFormat::ALL {
            let drawn = |runtime: &Runtime| {
                let picture = render(
                    runtime.graph("Hello").expect("is there"),
                    &RunPath::default(),
                    format,
                );
                // The places in the source differ, and nothing else may.
                let is_place = |line: &&str| !line.contains("examples/");
                picture
                    .lines()
                    .filter(is_place)
                    .collect::<Vec<_>>()
                    .join("\n")
            };
            assert!(drawn(&by_hand).contains("greet"), "{}", drawn(&by_hand));
            assert_eq!(drawn(&by_hand), drawn(&by_macro), "{format}");
        }
    }

    #[tokio::test]
    async fn both_behave_alike() {
        let [by_hand, by_macro] = runtimes().await;
        for input in INPUTS {
            let mut ends = Vec::new();
            for runtime in [&by_hand, &by_macro] {
                ends.push(match runtime.start_json("Hello", input).await {
                    Ok(run) => {
                        run.outcome().await;
                        let details = runtime.inspect(run.id()).await.expect("is stored");
                        told(&details)
                    }
                    Err(refused) => vec![refused.to_string()],
                });
            }
            assert_eq!(ends[0], ends[1], "{input}");
        }
        let run = by_hand
            .start_json("Hello", INPUTS[0])
            .await
            .expect("starts");
        let output = run.outcome().await.output.expect("completes");
        assert_eq!(output.as_str(), r#""HELLO, WORLD!""#);
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn both_survive_a_crash_after_any_commit() {
        use agno::testing::CrashTest;

        fn world<T: serde::de::DeserializeOwned>() -> T {
            serde_json::from_str(INPUTS[0]).expect("fits")
        }
        let by_hand = CrashTest::new(|| Hello, world).run().await;
        let by_macro = CrashTest::new(|| with_macros::Hello, world).run().await;
        let [by_hand, by_macro] = [by_hand, by_macro].map(|report| report.expect("survives"));
        assert_eq!(
            (by_hand.crashes, by_hand.output),
            (by_macro.crashes, by_macro.output)
        );
        assert!(by_macro.crashes >= 2, "a commit for each step");
    }
}
