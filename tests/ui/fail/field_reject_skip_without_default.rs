// Wanted: to go on without the draft when somebody says no.
use agno::prelude::*;

#[data]
struct Draft(u32);

struct Shout;

impl agno::Settings for Shout {}

impl agno::Execute for Shout {
    type Input = String;
    type Output = Draft;

    async fn execute(&self, input: String, _: &StepContext, _: Option<&mut dyn agno::AnyState>) -> Result<Draft> {
        Ok(Draft(input.len() as u32))
    }
}

#[workflow]
struct Article {
    #[step(confirm(message = "Write it?", on_reject = "skip"))]
    writer: Shout,
}

fn main() {}
