// Wanted: a team that answers with a plan, as a step.
use agno::prelude::*;

struct Plan {
    steps: Vec<String>,
}

#[workflow]
struct Article {
    #[step]
    planners: Team<Plan>,
}

fn main() {}
