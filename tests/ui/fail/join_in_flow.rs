// Wanted: two searches at once.
#![allow(unused_imports, unused_macros)] // beside an error
use agno::prelude::*;
mod tokio {
    macro_rules! join {
        ($($call:expr),*) => { ($($call.await),*) };
    }
    pub(crate) use join;
}

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
        let (a, b) = tokio::join!(flow.search(topic.clone()), flow.search(topic));
        Ok([a?, b?].concat().concat())
    }
}

fn main() {}
