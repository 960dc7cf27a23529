//! Why a call hit or missed.

use agno::{CacheFinding, CacheMode, CacheQuestion, CacheUse, Json, RunId, prelude::*};
use std::time::Duration as Time;

use super::kit::{self, Ran, Shelf};

#[workflow]
#[derive(Default)]
struct Library {
    ran: Ran,
}

#[workflow]
impl Library {
    #[flow]
    async fn run(flow: &Flow<Self>, title: String, page: u32) -> Result<String> {
        let read = flow.read(title, page).await?;
        flow.print(read).await
    }

    #[step(cache(ttl = "1h", tags = "{title}"))]
    async fn read(&self, title: String, page: u32) -> String {
        format!("{title} {page} {}", self.ran.hit())
    }

    #[step]
    async fn print(&self, text: String) -> String {
        text
    }
}

async fn run(runtime: &Runtime, page: u32, mode: CacheMode) -> RunId {
    let start = runtime.start::<Library>(("Emma".to_owned(), page));
    let run = start.cache_mode(mode).await.expect("starts");
    run.outcome().await.run
}

fn question(step: &str, run: Option<&RunId>) -> CacheQuestion {
    CacheQuestion {
        step: step.to_owned(),
        run: run.cloned(),
        ..CacheQuestion::default()
    }
}

#[tokio::test]
async fn the_parts_of_a_key_are_compared_with_what_is_stored() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Library::default()).await;
    let first = run(&runtime, 1, CacheMode::Use).await;
    let second = run(&runtime, 2, CacheMode::Use).await;

    let told = runtime.explain_cache(question("read", Some(&second))).await;
    let told = told.expect("explains");
    let why = "nothing is stored for this key";
    assert!(
        matches!(&told.recorded, Some(CacheUse::Computed { why: Some(it) }) if &**it == why),
        "{:?}",
        told.recorded
    );
    // Now it is stored, by that run.
    assert!(matches!(&told.now, CacheFinding::Hit { from, .. } if *from == second));
    let nearest = told.nearest.expect("another result is stored");
    assert_eq!(nearest.run, first);
    let differs: Vec<_> = nearest.differs.iter().map(|diff| &*diff.part).collect();
    assert_eq!(differs, ["input.page"]);
    let parts = told.parts.expect("it has a key").to_value();
    assert_eq!(parts["scope"], serde_json::json!({"session": "default"}));
    assert_eq!(
        parts["input"],
        serde_json::json!({"title": "Emma", "page": 2})
    );
    assert_eq!(told.tags, ["Emma".into()]);

    // Another input, with the newest run's session.
    let other = CacheQuestion {
        input: Some(
            Json::encode(&serde_json::json!({"title": "Persuasion", "page": 1})).expect("JSON"),
        ),
        ..question("read", None)
    };
    let told = runtime.explain_cache(other).await.expect("explains");
    assert!(
        matches!(told.now, CacheFinding::Nothing { others: 2 }),
        "{:?}",
        told.now
    );
    let nearest = told.nearest.expect("others are stored");
    assert_eq!((nearest.run, nearest.differs.len()), (first, 1));
}

#[tokio::test]
async fn what_expired_what_is_bypassed_and_what_has_no_cache_is_told() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Library::default()).await;
    let first = run(&runtime, 1, CacheMode::Use).await;
    shelf.pass(Time::from_secs(2 * 3600));
    let told = runtime.explain_cache(question("read", Some(&first))).await;
    let now = told.expect("explains").now;
    assert!(
        matches!(&now, CacheFinding::Expired { from, .. } if *from == first),
        "{now:?}"
    );

    // A run that meets it says so.
    let second = run(&runtime, 1, CacheMode::Use).await;
    let told = runtime.explain_cache(question("read", Some(&second))).await;
    let recorded = told.expect("explains").recorded;
    assert!(
        matches!(&recorded, Some(CacheUse::Computed { why: Some(it) }) if it.contains("had expired 3600")),
        "{recorded:?}"
    );

    let third = run(&runtime, 1, CacheMode::Bypass).await;
    let told = runtime.explain_cache(question("read", Some(&third))).await;
    let now = told.expect("explains").now;
    assert!(
        matches!(
            now,
            CacheFinding::Mode {
                mode: CacheMode::Bypass
            }
        ),
        "{now:?}"
    );

    let fourth = run(&runtime, 1, CacheMode::Use).await;
    let told = runtime.explain_cache(question("read", Some(&fourth))).await;
    let recorded = told.expect("explains").recorded;
    assert!(matches!(&recorded, Some(CacheUse::Taken { from, .. }) if **from == *second.as_str()));

    let told = runtime.explain_cache(question("print", None)).await;
    let now = told.expect("explains").now;
    assert!(matches!(&now, CacheFinding::NotCacheable { reason } if reason.contains("no `cache`")));

    let told = runtime.explain_cache(question("raed", None)).await;
    let error = told.expect_err("there is no such step").to_string();
    assert!(error.contains("did you mean `read`?"), "{error}");
}
