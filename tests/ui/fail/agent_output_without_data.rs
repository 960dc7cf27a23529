// Wanted: an agent that answers with a plan.
use agno::prelude::*;

struct Plan {
    steps: Vec<String>,
}

fn main() {
    let _planner = Agent::builder("Planner").output::<Plan>().build();
}
