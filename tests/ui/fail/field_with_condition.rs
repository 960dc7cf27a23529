// Wanted: a step in some builds.
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
    #[step]
    researcher: Shout,
    #[cfg(unix)]
    #[step]
    writer: Shout,
}

fn main() {}
