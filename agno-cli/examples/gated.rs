//! A program whose steps wait for files, so that another process can look on while they do.

use std::{fs, path::Path, process::ExitCode, time::Duration};

use agno_core::{
    Definition, Flow, FlowSpec, Handle, Result, Step, Workflow, WorkflowInfo, codec, fallible,
    graph::{FlowGraph, Graph, Node},
    param,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Step `n` makes the file `at.n` and goes on when `go.n` is there.
struct Gated;

/// Which gates.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Gates {
    /// How many steps.
    steps: u32,
    /// The directory of the files.
    place: String,
}

impl Gated {
    async fn pass(number: u32, place: String) -> Result<String> {
        let place = Path::new(&place);
        fs::write(place.join(format!("at.{number}")), "")?;
        while !place.join(format!("go.{number}")).exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(format!("passed {number} \u{1b}[2J"))
    }

    async fn run(flow: &Flow<Self>, gates: Gates) -> Result<u32> {
        for number in 0..gates.steps {
            flow.say(format!("comes to gate {number}"));
            let place = gates.place.clone();
            flow.step::<_, String>("pass", (number, place)).await?;
        }
        Ok(gates.steps)
    }
}

impl WorkflowInfo for Gated {
    const NAME: &'static str = "gated";
}

impl Workflow for Gated {
    type Steps = Handle;
    type Input = Gates;
    type Output = u32;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("pass"),
            (
                param("number", codec::<u32>()),
                param("place", codec::<String>()),
            ),
            fallible::<Result<String>, _>(codec()),
            |_, _, (number, place)| Box::pin(Self::pass(number, place)),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("gates", codec::<Gates>()),),
            fallible::<Result<u32>, _>(codec()),
            |flow, (gates,)| Box::pin(Self::run(flow, gates)),
        );
        definition.graph(&GRAPH);
    }
}

static GRAPH: Graph = Graph {
    flows: &[FlowGraph {
        name: "run",
        nodes: &[Node::Step {
            name: "pass",
            at: std::panic::Location::caller(),
        }],
    }],
};

fn main() -> ExitCode {
    agno_cli::app().workflow(Gated).main()
}
