// Wanted: the number of the attempt.
use agno::prelude::*;

/// Says how often it was tried.
#[tool]
async fn attempts(context: &StepContext) -> u32 {
    context.attempt()
}

fn main() {
    let _ = attempts::tool();
}
