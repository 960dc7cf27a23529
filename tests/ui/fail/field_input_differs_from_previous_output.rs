// Wanted: two fields, each feeding the next.
use agno::prelude::*;

struct Shout;

impl agno::Settings for Shout {}

impl agno::Execute for Shout {
    type Input = u32;
    type Output = String;

    async fn execute(&self, input: u32, _: &StepContext, _: Option<&mut dyn agno::AnyState>) -> Result<String> {
        Ok(input.to_string())
    }
}

#[workflow]
struct Article {
    #[step]
    counter: Shout,
    #[step]
    writer: std::sync::Arc<Shout>,
}

fn main() {}
