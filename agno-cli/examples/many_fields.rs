//! A program whose workflows take inputs that are hard to give as flags: fields that share a name,
//! nested fields, names that `run` has itself. With `AS_ASYNC_MAIN` set it makes the mistake of an
//! asynchronous `main`.

use std::{env, fs, process::ExitCode};

use agno_core::{
    Cache, Definition, Error, Flow, FlowSpec, Handle, Result, Scope, Step, Workflow, WorkflowInfo,
    codec, fallible, param, plain,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Page {
    url: String,
    #[serde(default)]
    yes: bool,
    max_words: Option<u32>,
    max_kib: Option<u32>,
    /// Where it was found.
    source: Option<Origin>,
    /// An option of `run` has this name.
    user: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Visit {
    url: String,
    when: Origin,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Format {
    json: String,
    url: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Origin {
    place: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: u32 },
    Square { side: u32 },
}

/// A workflow that answers its input.
macro_rules! echo {
    ($workflow:ident, $name:literal, $parameter:literal, $input:ty) => {
        struct $workflow;

        impl WorkflowInfo for $workflow {
            const NAME: &'static str = $name;
        }

        impl Workflow for $workflow {
            type Steps = Handle;
            type Input = $input;
            type Output = $input;

            fn define(definition: &mut Definition<Self>) {
                definition.flow(
                    FlowSpec::new("run"),
                    (param($parameter, codec::<$input>()),),
                    plain(codec()),
                    |_, (input,)| Box::pin(async move { input }),
                );
            }
        }
    };
}

echo!(One, "one", "n", u32);
echo!(Two, "two", "n", u32);
echo!(Three, "three", "yes", String);
echo!(Publish, "publish", "page", Page);
echo!(Watch, "watch", "visit", Visit);
echo!(Print, "print", "format", Format);
echo!(Draw, "draw", "shape", Shape);

/// Caches many results.
struct Squares;

impl Squares {
    async fn run(flow: &Flow<Self>, count: u32) -> Result<usize> {
        let numbers: Vec<u32> = (0..count).collect();
        let squares: Vec<u32> = flow
            .map(numbers, |number: u32| {
                flow.step::<_, u32>("square", (number,))
            })
            .await?;
        Ok(squares.len())
    }
}

impl WorkflowInfo for Squares {
    const NAME: &'static str = "squares";
}

impl Workflow for Squares {
    type Steps = Handle;
    type Input = u32;
    type Output = usize;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("square").cache(Cache::new().scope(Scope::Global)),
            (param("number", codec::<u32>()),),
            plain(codec()),
            |_, _, (number,)| Box::pin(async move { number * number }),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("count", codec::<u32>()),),
            fallible::<Result<usize>, _>(codec()),
            |flow, (count,)| Box::pin(Self::run(flow, count)),
        );
    }
}

/// Fails, and does something else once its file is there: as if its code had changed.
struct Drifting;

impl Drifting {
    async fn run(flow: &Flow<Self>, file: String) -> Result<String> {
        let step = match fs::metadata(&file) {
            Ok(_) => "new",
            Err(_) => "old",
        };
        let file = flow.step::<_, String>(step, (file,)).await?;
        Err(Error::new("no_more", file))
    }
}

impl WorkflowInfo for Drifting {
    const NAME: &'static str = "drifting";
}

impl Workflow for Drifting {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        for name in ["old", "new"] {
            definition.step(
                Step::new(name),
                (param("file", codec::<String>()),),
                plain(codec()),
                |_, _, (file,)| Box::pin(async move { file }),
            );
        }
        definition.flow(
            FlowSpec::new("run"),
            (param("file", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |flow, (file,)| Box::pin(Self::run(flow, file)),
        );
    }
}

fn start() -> ExitCode {
    agno_cli::app()
        .workflow(One)
        .workflow(Two)
        .workflow(Three)
        .workflow(Publish)
        .workflow(Watch)
        .workflow(Print)
        .workflow(Draw)
        .workflow(Squares)
        .workflow(Drifting)
        .main()
}

fn main() -> ExitCode {
    if env::var_os("AS_ASYNC_MAIN").is_none() {
        return start();
    }
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(async { start() }),
        Err(_) => ExitCode::FAILURE,
    }
}
