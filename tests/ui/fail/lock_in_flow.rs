// Wanted: to see what the step has found.
use agno::prelude::*;

use std::sync::Mutex;

#[workflow]
struct Article {
    seen: Mutex<Vec<String>>,
}

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<String> {
        Ok(topic)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, topic: String) -> Result<usize> {
        flow.search(topic.clone()).await?;
        Ok(flow.workflow().seen.lock().unwrap().len())
    }
}

fn main() {}
