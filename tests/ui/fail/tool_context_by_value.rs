// Wanted: the name of the agent.
use agno::prelude::*;

/// Says who asks.
#[tool]
async fn who(context: ToolContext) -> String {
    context.agent().to_owned()
}

fn main() {
    let _ = who::tool();
}
