// Wanted: a step that adds to what its flow holds.
use std::sync::{Arc, Mutex};

use agno::prelude::*;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, seen: Arc<Mutex<Vec<String>>>, topic: String) -> Result<String> {
        seen.lock().expect("no panic").push(topic.clone());
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<Vec<String>> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        flow.search(seen.clone(), topic).await?;
        Ok(seen.lock().expect("no panic").clone())
    }
}

fn main() {}
