//! How much is kept.

use agno::prelude::*;

use super::kit::{self, Shelf};

#[workflow]
struct Pad;

#[workflow]
impl Pad {
    #[step(cache)]
    async fn fill(&self, number: u32) -> String {
        format!("{number:01000}")
    }
}

#[tokio::test]
async fn the_oldest_results_are_removed_when_enough_was_added() {
    let shelf = Shelf::new();
    let builder = kit::builder(&shelf, Pad).cache_limit(32_000);
    let runtime = builder.build().await.expect("it fits together");
    for number in 0..100 {
        let run = runtime.start::<Pad>(number).await.expect("starts");
        run.await.expect("completes");
        runtime.cache_idle().await;
    }
    let kept = shelf.outputs().await;
    assert!((16..=34).contains(&kept), "{kept} results are kept");
    // Not after each of them.
    let looks = shelf.log().iter().filter(|what| **what == "shrunk").count();
    assert!((30..=51).contains(&looks), "{looks} looks");
    // The newest are there.
    let run = runtime.start::<Pad>(99).await.expect("starts");
    assert_eq!(run.outcome().await.steps_cached, 1);
    let run = runtime.start::<Pad>(0).await.expect("starts");
    assert_eq!(run.outcome().await.steps_cached, 0);
}
