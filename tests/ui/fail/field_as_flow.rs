// Wanted: a sub-flow that is a field.
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
    #[flow]
    writer: Shout,
}

fn main() {}
