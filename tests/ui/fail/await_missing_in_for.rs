// Wanted: a line for each thing found.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        for line in flow.search(topic).await? {
            flow.say(&line);
        }
        for line in flow.search("more".to_owned()) {
            flow.say(&line);
        }
        Ok(Vec::new())
    }
}

fn main() {}
