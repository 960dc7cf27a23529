// Wanted: to go on when the search fails.
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
    async fn run(flow: &Flow<Self>, topic: String) -> Result<String> {
        match flow.search(topic).settle().await {
            Ok(_) => Ok("found".to_owned()),
            Err(error) => {
                flow.say(format!("nothing found: {error}"));
                Ok("nothing".to_owned())
            }
        }
    }
}

fn main() {}
