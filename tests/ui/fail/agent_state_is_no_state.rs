// Wanted: an agent whose tools keep notes.
use agno::prelude::*;

struct Notes;

async fn plan(agent: &Agent, notes: &mut Notes) -> Result<String> {
    agent.run("Plan.").state(notes).await
}

fn main() {}
