// Wanted: no copy of a name.
use agno::prelude::*;

/// Says who asks.
#[tool]
async fn who(context: &ToolContext) -> &str {
    context.agent()
}

fn main() {
    let _ = who::tool();
}
