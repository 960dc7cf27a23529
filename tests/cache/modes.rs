//! How a run or a call uses the cache.

use std::sync::Arc;

use agno::{CacheMode, RunStatus, prelude::*, storage::CacheQuery};

use super::kit::{self, Ran, Shelf, came_to, told};

#[workflow]
#[derive(Default)]
struct Shop {
    ran: Ran,
}

#[workflow]
impl Shop {
    #[flow]
    async fn run(flow: &Flow<Self>, item: String, mode: Option<String>) -> Result<String> {
        let call = flow.price(item);
        let mode = CacheMode::ALL
            .into_iter()
            .find(|known| Some(known.as_str()) == mode.as_deref());
        match mode {
            None => call.await,
            Some(mode) => call.cache_mode(mode).await,
        }
    }

    #[step(cache(ttl = "1h"))]
    async fn price(&self, item: String) -> String {
        format!("{item} {}", self.ran.hit())
    }
}

async fn run(runtime: &Runtime, mode: CacheMode) -> (String, u32, u32) {
    let start = runtime.start::<Shop>(("tea".to_owned(), None));
    let run = start.cache_mode(mode).await.expect("starts");
    told(&run.outcome().await)
}

#[tokio::test]
async fn a_run_uses_the_cache_as_its_mode_says() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Shop::default()).await;
    assert_eq!(
        run(&runtime, CacheMode::Only).await,
        came_to("cache_miss", 0, 0)
    );
    assert_eq!(
        run(&runtime, CacheMode::Bypass).await,
        came_to("tea 1", 1, 0)
    );
    assert_eq!(shelf.outputs().await, 0);
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 2", 1, 0));
    assert_eq!(run(&runtime, CacheMode::Only).await, came_to("tea 2", 0, 1));
    assert_eq!(
        run(&runtime, CacheMode::Bypass).await,
        came_to("tea 3", 1, 0)
    );
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 2", 0, 1));
    assert_eq!(
        run(&runtime, CacheMode::Refresh).await,
        came_to("tea 4", 1, 0)
    );
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 4", 0, 1));
}

#[tokio::test]
async fn a_call_uses_the_cache_as_it_says_itself() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Shop::default()).await;
    let call = async |mode: CacheMode| {
        let input = ("tea".to_owned(), Some(mode.to_string()));
        let start = runtime.start::<Shop>(input).cache_mode(CacheMode::Refresh);
        told(&start.await.expect("starts").outcome().await)
    };
    assert_eq!(call(CacheMode::Use).await, came_to("tea 1", 1, 0));
    assert_eq!(call(CacheMode::Use).await, came_to("tea 1", 0, 1));
    assert_eq!(call(CacheMode::Bypass).await, came_to("tea 2", 1, 0));
    assert_eq!(call(CacheMode::Only).await, came_to("tea 1", 0, 1));
    assert_eq!(call(CacheMode::Refresh).await, came_to("tea 3", 1, 0));
    assert_eq!(call(CacheMode::Use).await, came_to("tea 3", 0, 1));
}

#[tokio::test]
async fn a_resumed_run_has_the_mode_it_was_started_with() {
    let shelf = Shelf::new();
    let shop = Shop::default();
    let ran = shop.ran.clone();
    let runtime = kit::runtime(&shelf, shop).await;
    let start = runtime.start::<Shop>(("tea".to_owned(), None));
    let only = start.run_id("only").cache_mode(CacheMode::Only);
    let outcome = only.await.expect("starts").outcome().await;
    assert_eq!(told(&outcome), came_to("cache_miss", 0, 0));
    let error = outcome.error.expect("it failed");
    assert!(
        !error.retryable && error.message.contains("nothing is stored for this key"),
        "{error:?}"
    );

    // Another process takes it up: still nothing is computed.
    let again = kit::runtime(&shelf, Shop { ran: ran.clone() }).await;
    let resumed = again.resume(&outcome.run).await.expect("resumes");
    assert_eq!(told(&resumed.outcome().await), came_to("cache_miss", 0, 0));
    assert_eq!(ran.count(), 0);

    // Once it is stored, the same run finds it, and keeps what it has found.
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 1", 1, 0));
    let resumed = again.resume(&outcome.run).await.expect("resumes");
    assert_eq!(told(&resumed.outcome().await), came_to("tea 1", 0, 1));
    let cleared = runtime.storage().cache_clear(CacheQuery::default()).await;
    assert_eq!(cleared.expect("clears"), 1);
    let resumed = again.resume(&outcome.run).await.expect("answers");
    assert_eq!(resumed.outcome().await.status, RunStatus::Completed);
    assert_eq!(ran.count(), 1);
}

#[tokio::test]
async fn a_detached_run_refreshes_whoever_takes_it_up() {
    let shelf = Shelf::new();
    let shop = Shop::default();
    let ran = shop.ran.clone();
    let runtime = kit::runtime(&shelf, shop).await;
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 1", 1, 0));
    let start = runtime.start::<Shop>(("tea".to_owned(), None));
    let put = start.no_cache().detached().await.expect("is put down");
    let other = kit::runtime(&shelf, Shop { ran }).await;
    let taken = other.take_up(put.id()).await.expect("is taken up");
    assert_eq!(told(&taken.outcome().await), came_to("tea 2", 1, 0));
    let head = shelf
        .runs_of()
        .await
        .into_iter()
        .find(|head| head.id == *put.id());
    assert_eq!(head.expect("is there").cache, Some(CacheMode::Refresh));
    assert_eq!(run(&runtime, CacheMode::Use).await, came_to("tea 2", 0, 1));
}

#[workflow]
struct Outer;

#[workflow]
impl Outer {
    #[flow]
    async fn run(flow: &Flow<Self>, item: String) -> Result<String> {
        flow.call::<Shop>((item, None)).await
    }
}

#[tokio::test]
async fn a_called_run_has_the_mode_of_its_caller() {
    let shelf = Shelf::new();
    let shop = Shop::default();
    let ran = shop.ran.clone();
    let built = kit::builder(&shelf, shop).workflow(Outer).build().await;
    let runtime = Arc::new(built.expect("they fit together"));
    for (mode, count) in [
        (CacheMode::Use, 1),
        (CacheMode::Use, 1),
        (CacheMode::Refresh, 2),
        (CacheMode::Only, 2),
    ] {
        let start = runtime.start::<Outer>("tea".to_owned()).cache_mode(mode);
        let output = start.await.expect("starts").await.expect("completes");
        assert_eq!(output, format!("tea {count}"));
        assert_eq!(ran.count(), count);
    }
}
