// Wanted: to count the runs.
use agno::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

static RUNS: AtomicUsize = AtomicUsize::new(0);

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
        let number = RUNS.fetch_add(1, Ordering::SeqCst);
        flow.search(format!("{topic} {number}")).await
    }
}

fn main() {}
