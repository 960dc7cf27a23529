// Wanted: say how long the context lasts.
use agno::prelude::*;

/// Says who asks.
#[tool]
async fn who<'a>(context: &'a ToolContext) -> String {
    context.agent().to_owned()
}

fn main() {
    let _ = who::tool();
}
