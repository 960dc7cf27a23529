// Wanted: stop waiting for the search after a minute.
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
        let minute = std::time::Duration::from_secs(60);
        match flow.race((flow.search(topic), tokio::time::sleep(minute))).await? {
            Winner::First(found) => Ok(found),
            Winner::Second(()) => Ok(Vec::new()),
        }
    }
}

fn main() {}
