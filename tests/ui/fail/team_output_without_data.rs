// Wanted: a team that answers with a plan.
use agno::prelude::*;

struct Plan {
    steps: Vec<String>,
}

fn main() {
    let _planners = Team::builder("Planners").leader(|leader| leader.output::<Plan>()).build();
}
