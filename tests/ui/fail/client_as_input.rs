// Wanted: a step that is given a client.
struct Client;

use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, client: Client, topic: String) -> Result<String> {
        let _ = client;
        Ok(topic)
    }
}

fn main() {}
