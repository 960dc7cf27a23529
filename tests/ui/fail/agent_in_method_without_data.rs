// Wanted: a step that asks an agent for a plan.
use agno::prelude::*;

struct Plan {
    steps: Vec<String>,
}

#[workflow]
struct Article {
    planner: Agent<Plan>,
}

#[workflow]
impl Article {
    #[step]
    async fn plan(&self, topic: String) -> Result<String> {
        let plan = self.planner.run(topic).await?;
        Ok(plan.steps.concat())
    }
}

fn article() -> Result<Article> {
    let planner = Agent::builder("Planner").output::<Plan>().build()?;
    Ok(Article { planner })
}

fn main() {}
