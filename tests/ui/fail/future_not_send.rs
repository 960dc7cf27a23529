// Wanted: count with an `Rc` across an await.
use agno::prelude::*;

use std::rc::Rc;

#[workflow]
struct Article;

#[workflow]
impl Article {
    #[step]
    async fn search(&self, topic: String) -> Result<usize> {
        let shared = Rc::new(topic);
        std::future::ready(()).await;
        Ok(shared.len())
    }
}

fn main() {}
