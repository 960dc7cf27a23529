// Wanted: an agent that answers with a plan, as a step.
use agno::prelude::*;

struct Plan {
    steps: Vec<String>,
}

#[workflow]
struct Article {
    #[step]
    planner: Agent<Plan>,
}

fn main() {}
