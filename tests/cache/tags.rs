//! Words that results are found and removed by.

use std::sync::Arc;

use agno::{prelude::*, storage::CacheQuery};

use super::kit::{self, Ran, Shelf, came_to, told};

#[workflow]
#[derive(Default)]
struct Site {
    ran: Ran,
}

#[data]
struct Page {
    host: String,
    number: u32,
    author: Option<String>,
    links: Vec<String>,
}

#[workflow]
impl Site {
    #[flow]
    async fn run(flow: &Flow<Self>, page: Page) -> Result<String> {
        match page.links.is_empty() {
            true => flow.read(page).await,
            false => flow.follow(page).await,
        }
    }

    #[step(cache(tags = "site, {page.host}, page {page.number}, by {page.author}"))]
    async fn read(&self, page: Page) -> String {
        format!("{} {}", page.number, self.ran.hit())
    }

    #[step(cache(tags = "{page.links}"))]
    async fn follow(&self, page: Page) -> String {
        format!("{} {}", page.number, self.ran.hit())
    }
}

fn page(host: &str, number: u32) -> Page {
    Page {
        host: host.to_owned(),
        number,
        author: None,
        links: Vec::new(),
    }
}

fn tagged(tag: &str) -> CacheQuery {
    CacheQuery {
        tag: Some(Arc::from(tag)),
        ..CacheQuery::default()
    }
}

#[tokio::test]
async fn results_are_listed_and_removed_by_tags_and_by_the_beginning_of_a_key() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Site::default()).await;
    let read = async |page: Page| {
        let run = runtime.start::<Site>(page).await.expect("starts");
        told(&run.outcome().await)
    };
    for (number, host) in [(1, "a"), (2, "a"), (3, "b")] {
        read(page(host, number)).await;
    }
    let by_author = Page {
        author: Some("Ada".to_owned()),
        ..page("b", 4)
    };
    read(by_author).await;
    for (tag, count) in [
        ("site", 4),
        ("a", 2),
        ("b", 2),
        ("page 2", 1),
        ("by Ada", 1),
        ("c", 0),
    ] {
        assert_eq!(shelf.listed(tagged(tag)).await.len(), count, "{tag}");
    }
    // A part that is null leaves its tag out.
    let [second] = &shelf.listed(tagged("page 2")).await[..] else {
        panic!("one result has the tag");
    };
    assert_eq!(
        second.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(),
        ["site", "a", "page 2"]
    );
    let by_key = CacheQuery {
        key: Some(second.key[..10].to_owned()),
        ..CacheQuery::default()
    };
    let storage = runtime.storage();
    assert_eq!(storage.cache_clear(by_key).await.expect("clears"), 1);
    assert_eq!(storage.cache_clear(tagged("a")).await.expect("clears"), 1);
    assert_eq!(read(page("a", 1)).await, came_to("1 5", 1, 0));
    assert_eq!(read(page("b", 3)).await, came_to("3 3", 0, 1));
}

#[tokio::test]
async fn what_cannot_be_tagged_is_not_cached_and_says_so() {
    let shelf = Shelf::new();
    let runtime = kit::runtime(&shelf, Site::default()).await;
    let linked = || Page {
        links: vec!["x".to_owned()],
        ..page("a", 1)
    };
    for count in 1..=2 {
        let run = runtime.start::<Site>(linked()).await.expect("starts");
        let outcome = run.outcome().await;
        assert_eq!(told(&outcome), came_to(&format!("1 {count}"), 1, 0));
        let why = kit_why(&shelf, &outcome.run).await;
        assert!(why.contains("`page.links` of the tag"), "{why}");
    }
    assert_eq!(shelf.outputs().await, 0);
}

/// Why a run computed its only step.
async fn kit_why(shelf: &Shelf, run: &agno::RunId) -> String {
    let journal = shelf.journal_of(run).await;
    let mut events = journal.iter().flat_map(|entry| &entry.events);
    let why = events.find_map(|event| match &event.kind {
        agno::EventKind::StepCompleted { cache_miss, .. } => cache_miss.clone(),
        _ => None,
    });
    why.expect("it says why").to_string()
}
