// Wanted: a workflow; the struct was not marked.
use agno::prelude::*;

struct Shout;

impl agno::Settings for Shout {}

impl agno::Execute for Shout {
    type Input = String;
    type Output = String;

    async fn execute(&self, input: String, _: &StepContext, _: Option<&mut dyn agno::AnyState>) -> Result<String> {
        Ok(input)
    }
}

struct Article {
    #[step]
    writer: Shout,
}

fn main() {}
