//! A program with one workflow, declared by hand: `cargo run -p agno-cli --example one_workflow -- run --name Ada`.

use std::process::ExitCode;

use agno_core::{
    Definition, Flow, FlowSpec, Handle, Result, Step, Workflow, WorkflowInfo, codec, fallible,
    param, plain,
};

struct Greeting;

impl Greeting {
    async fn run(flow: &Flow<Self>, name: String) -> Result<String> {
        flow.step::<_, String>("greet", (name,)).await
    }
}

impl WorkflowInfo for Greeting {
    const NAME: &'static str = "greeting";
    const DESCRIPTION: &'static str = "Greets somebody by name.";
}

impl Workflow for Greeting {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("greet"),
            (param("name", codec::<String>()),),
            plain(codec()),
            |_, _, (name,)| Box::pin(async move { format!("Hello, {name}!") }),
        );
        definition.flow(
            FlowSpec::new("run"),
            (param("name", codec::<String>()),),
            fallible::<Result<String>, _>(codec()),
            |flow, (name,)| Box::pin(Self::run(flow, name)),
        );
    }
}

fn main() -> ExitCode {
    agno_cli::app().workflow(Greeting).main()
}
