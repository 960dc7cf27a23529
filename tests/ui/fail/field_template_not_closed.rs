// Wanted: a text around the input.
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

#[workflow]
struct Article {
    #[step(input = "Write as JSON: {\"topic\": {input}")]
    writer: Shout,
}

fn main() {}
