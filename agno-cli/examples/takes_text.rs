//! A chain whose input is one text called `input`, as that of two agents, for the tests.

use std::process::ExitCode;

use agno_core::{
    AnyState, Definition, Error, Execute, Handle, Link, Piece, Settings, Step, StepContext,
    Workflow, WorkflowInfo, codec, param,
};

struct Shout;

impl Settings for Shout {}

impl Execute for Shout {
    type Input = String;
    type Output = String;

    async fn execute(
        &self,
        input: String,
        _: &StepContext,
        _: Option<&mut dyn AnyState>,
    ) -> Result<String, Error> {
        Ok(input.to_uppercase())
    }
}

struct Content {
    researcher: Shout,
    writer: Shout,
}

impl WorkflowInfo for Content {
    const NAME: &'static str = "Content Creation";
}

impl Workflow for Content {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.execute(Step::new("researcher"), |content| &content.researcher);
        definition.execute(Step::new("writer"), |content| &content.writer);
        let pieces = &[Piece::Input, Piece::Text(": "), Piece::Previous];
        let links = [
            Link::new("researcher"),
            Link::new("writer").text::<String>(pieces),
        ];
        definition.chain((param("input", codec()),), links);
    }
}

fn main() -> ExitCode {
    let content = Content {
        researcher: Shout,
        writer: Shout,
    };
    agno_cli::app().workflow(content).main()
}
