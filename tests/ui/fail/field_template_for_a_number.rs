// Wanted: a text as input.
use agno::prelude::*;

struct Shout;

impl agno::Settings for Shout {}

impl agno::Execute for Shout {
    type Input = u32;
    type Output = u32;

    async fn execute(&self, input: u32, _: &StepContext, _: Option<&mut dyn agno::AnyState>) -> Result<u32> {
        Ok(input)
    }
}

#[workflow]
struct Article {
    #[step]
    counter: Shout,
    #[step(input = "{previous}")]
    writer: Shout,
}

fn main() {}
