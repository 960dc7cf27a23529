// Wanted: a flow of one step.
use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<Vec<String>> {
        Ok(vec![topic])
    }

    #[flow]
    fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        let _ = flow.run_id();
        Ok(topic)
    }
}

fn main() {}
