//! `hello` without the macros: what `#[data]`, `#[workflow]` and `#[step]` stand for, by hand.
//!
//! ```sh
//! cargo run --example no_macro -- run Hello --name World
//! ```

use std::panic::Location;
use std::process::ExitCode;
use std::time::Duration;

use agno::graph::{FlowGraph, Graph, Node};
use agno::{
    Cache, Definition, Flow, FlowSpec, Gate, Handle, OnDrift, OnReject, OnTimeout, Result, Retry,
    Scope, State, Step, StepContext, Workflow, WorkflowInfo, codec, fallible, param, plain,
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

/// Every option once: what each is called by hand.
#[derive(Debug)]
struct Post;

/// A state is declared field by field, so its derive is its own.
#[derive(Clone, Default, Serialize, Deserialize, State)]
struct Notes {
    #[merge(sum)]
    written: u32,
}

impl Post {
    async fn search(&self, topic: String, page: u32) -> Result<Vec<String>> {
        Ok(vec![format!("{topic} {page}")])
    }

    async fn write(&self, notes: &mut Notes, sources: Vec<String>) -> Result<String> {
        notes.written += 1;
        Ok(sources.join(", "))
    }

    async fn title(&self, text: String, context: &StepContext) -> Result<String> {
        let earlier = context.history(context.history_runs()).await?;
        Ok(format!("{}. {text}", earlier.len() + 1))
    }

    fn publish(&self, text: &str) -> Result<usize> {
        Ok(text.len())
    }

    async fn run(flow: &Flow<Self>, topic: String) -> Result<usize> {
        let sources: Vec<String> = flow.step("search", (topic, 1_u32)).await?;
        let text: String = flow.step("write", (sources,)).await?;
        flow.subflow("finish", (text,)).await
    }

    async fn finish(flow: &Flow<Self>, text: String) -> Result<usize> {
        let text: String = flow.step("title", (text,)).await?;
        flow.step("publish", (text,)).await
    }
}

impl WorkflowInfo for Post {
    const NAME: &'static str = "Blog post";
    const VERSION: u32 = 2;
    const ON_DRIFT: OnDrift = OnDrift::Rerun;
}

impl Workflow for Post {
    type Steps = Handle;
    type Input = String;
    type Output = usize;

    fn define(definition: &mut Definition<Self>) {
        definition.state::<Notes>();
        let retry = Retry::new(3)
            .backoff(Duration::from_millis(100))
            .factor(3.0)
            .max_delay(Duration::from_secs(60))
            .jitter(false);
        let cache = Cache::new()
            .ttl(Duration::from_secs(3600))
            .key("topic")
            .scope(Scope::User);
        definition.step(
            Step::new("search")
                .retry(retry)
                .timeout(Duration::from_secs(20))
                .cache(cache)
                .version(2),
            (
                param("topic", codec::<String>()),
                param("page", codec::<u32>()),
            ),
            // `on_error = "skip"`
            fallible::<Result<Vec<String>>, _>(codec()).or_default(),
            |workflow, _, (topic, page)| Box::pin(workflow.search(topic, page)),
        );
        definition.step(
            Step::new("write").pause_on_error(),
            (param("sources", codec::<Vec<String>>()),),
            fallible::<Result<String>, _>(codec()),
            |workflow, call, (sources,)| Box::pin(workflow.write(call.state(), sources)),
        );
        definition.step(
            Step::new("title").history(3),
            (param("text", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |workflow, call, (text,)| Box::pin(workflow.title(text, &call.context)),
        );
        // Nobody is waited for, so that this ends by itself.
        let gate = Gate::new("Publish this?")
            .timeout(Duration::from_millis(1))
            .on_timeout(OnTimeout::Approve)
            .on_reject(OnReject::Skip);
        definition.step_blocking(
            Step::new("publish").confirm(gate).at_most_once(),
            (param("text", codec::<String>()),),
            // `on_reject = "skip"`
            fallible::<Result<usize>, _>(codec()).or_default_if_rejected(),
            |workflow, _, (text,)| workflow.publish(&text),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("topic", codec::<String>()),),
            fallible::<Result<usize>, _>(codec()),
            |flow, (topic,)| Box::pin(Self::run(flow, topic)),
        );
        // `.cache(..)` stands here as on a step, where nothing waits for a person.
        definition.subflow(
            FlowSpec::new("finish")
                .describe("Titles and publishes it.")
                .timeout(Duration::from_secs(3600)),
            (param("text", codec::<String>()),),
            fallible::<Result<usize>, _>(codec()),
            |flow, (text,)| Box::pin(Self::finish(flow, text)),
        );
    }
}

fn main() -> ExitCode {
    agno::app().workflow(Hello).workflow(Post).main()
}

#[cfg(test)]
#[allow(dead_code, reason = "its `main` has no caller here")]
#[path = "hello.rs"]
mod with_macros;

#[cfg(test)]
mod tests {
    use agno::graph::{GraphFormat, RunPath, render};
    use agno::{RunDetails, Runtime};

    use super::{Hello, Post, with_macros};

    /// The same options as they are written for the macros.
    mod post {
        use agno::prelude::*;

        #[data]
        #[derive(Default, State)]
        struct Notes {
            #[merge(sum)]
            written: u32,
        }

        #[workflow(name = "Blog post", version = 2, on_drift = "rerun")]
        pub(super) struct Post;

        #[workflow(state = Notes)]
        impl Post {
            #[step(
                retry(
                    max = 3,
                    backoff = "100ms",
                    factor = 3.0,
                    max_delay = "1m",
                    jitter = false
                ),
                timeout = "20s",
                cache(ttl = "1h", key = "topic", scope = "user"),
                on_error = "skip",
                version = 2
            )]
            async fn search(&self, topic: String, page: u32) -> Result<Vec<String>> {
                super::super::Post.search(topic, page).await
            }

            #[step(on_error = "pause")]
            async fn write(&self, notes: &mut Notes, sources: Vec<String>) -> Result<String> {
                notes.written += 1;
                Ok(sources.join(", "))
            }

            #[step(history = 3)]
            async fn title(&self, text: String, context: &StepContext) -> Result<String> {
                super::super::Post.title(text, context).await
            }

            #[step(
                confirm(
                    message = "Publish this?",
                    timeout = "1ms",
                    on_timeout = "approve",
                    on_reject = "skip"
                ),
                at_most_once
            )]
            fn publish(&self, text: String) -> Result<usize> {
                super::super::Post.publish(&text)
            }

            #[flow]
            async fn run(flow: &Flow<Self>, topic: String) -> Result<usize> {
                let sources = flow.search(topic, 1).await?;
                let text = flow.write(sources).await?;
                flow.finish(text).await
            }

            /// Titles and publishes it.
            #[flow(timeout = "1h")]
            async fn finish(flow: &Flow<Self>, text: String) -> Result<usize> {
                let text = flow.title(text).await?;
                flow.publish(text).await
            }
        }
    }

    #[tokio::test]
    async fn every_option_means_the_same_by_hand() {
        let by_hand = Runtime::builder().workflow(Post).build();
        let by_macro = Runtime::builder().workflow(post::Post).build();
        let mut known = Vec::new();
        for runtime in [by_hand.await, by_macro.await] {
            let runtime = runtime.expect("builds");
            let described = serde_json::to_value(runtime.workflows()).expect("is JSON");
            let is_like = runtime.fingerprint("Blog post").expect("is there");
            let mut done = Vec::new();
            // The second has a history, and a cached result.
            for _ in 0..2 {
                let run = runtime.start_json("Blog post", r#""owls""#).await;
                let run = run.expect("starts");
                run.outcome().await;
                let details = runtime.inspect(run.id()).await.expect("is stored");
                // What a question holds beside its words differs: its id, its time, its place.
                let steps = details.journal.iter().filter(|entry| entry.input.is_some());
                done.extend(steps.map(|entry| format!("{} {:?}", entry.path, entry.input)));
                done.push(format!("{:?}", details.output));
            }
            known.push((described, is_like.state, is_like.steps, done));
        }
        assert_eq!(known[0], known[1]);
        assert!(
            known[0].3.contains(&"Some(9)".to_owned()),
            "{:?}",
            known[0].3
        );
    }

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
