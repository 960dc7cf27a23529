//! What a change of a workflow means for runs that are under way, said ahead of time.

use agno::{Fingerprint, Runtime, prelude::*};

mod before {
    use super::*;

    #[data]
    pub(crate) struct Page {
        pub(crate) title: String,
        pub(crate) size: u32,
    }

    #[workflow(name = "book")]
    pub(crate) struct Book;

    #[workflow]
    impl Book {
        #[step]
        async fn fetch(&self, title: String) -> Page {
            Page { title, size: 1 }
        }

        /// Checks a page.
        #[step]
        async fn check(&self, page: Page) -> bool {
            page.size > 0
        }

        #[step]
        async fn print(&self, page: Page) -> String {
            page.title
        }

        #[flow]
        async fn run(flow: &Flow<Self>, title: String) -> Result<String> {
            let page = flow.fetch(title).await?;
            if flow.check(page.clone()).await? {
                return flow.print(page).await;
            }
            Ok(String::new())
        }
    }
}

/// A patch, a new step behind it, a field that may be missing, other words.
mod sound {
    use super::*;

    #[data]
    pub(crate) struct Page {
        /// What it is called.
        pub(crate) title: String,
        pub(crate) size: u64,
        #[serde(default)]
        pub(crate) notes: Vec<String>,
        pub(crate) author: Option<String>,
    }

    #[workflow(name = "book", version = 2)]
    pub(crate) struct Book;

    #[workflow]
    impl Book {
        #[step(timeout = "1m", at_most_once)]
        async fn fetch(&self, title: String) -> Page {
            Page {
                title,
                size: 1,
                notes: Vec::new(),
                author: None,
            }
        }

        /// Looks at a page.
        #[step]
        async fn check(&self, page: Page) -> bool {
            page.size > 0
        }

        #[step]
        async fn spell(&self, page: Page) -> Page {
            page
        }

        #[step]
        async fn print(&self, page: Page) -> String {
            page.title
        }

        #[flow]
        async fn run(flow: &Flow<Self>, title: String) -> Result<String> {
            let mut page = flow.fetch(title).await?;
            if flow.patched("spelling") {
                page = flow.spell(page).await?;
            }
            if flow.check(page.clone()).await? {
                return flow.print(page).await;
            }
            Ok(String::new())
        }
    }
}

/// A step is renamed, a type changed, the order turned around.
mod broken {
    use super::*;

    #[data]
    pub(crate) struct Page {
        pub(crate) title: String,
        pub(crate) size: u8,
        pub(crate) author: String,
    }

    #[workflow(name = "book")]
    pub(crate) struct Book;

    #[workflow]
    impl Book {
        #[step]
        async fn get(&self, title: String) -> String {
            title
        }

        #[step]
        async fn check(&self, page: Page) -> bool {
            page.size > 0
        }

        #[step]
        async fn print(&self, page: Page) -> String {
            page.title
        }

        #[flow]
        async fn run(flow: &Flow<Self>, title: String) -> Result<String> {
            let title = flow.get(title).await?;
            let page = Page {
                title,
                size: 1,
                author: String::new(),
            };
            let printed = flow.print(page.clone()).await?;
            flow.check(page).await?;
            Ok(printed)
        }
    }
}

async fn fingerprint(workflow: impl agno::Workflow) -> Fingerprint {
    let runtime = Runtime::builder().workflow(workflow).build().await;
    let runtime = runtime.expect("fits together");
    let made = runtime.fingerprint("book").expect("there is one");
    // What is compared is what was kept in a file.
    let kept = serde_json::to_string(&made).expect("can be kept");
    let read: Fingerprint = serde_json::from_str(&kept).expect("reads");
    assert_eq!(read, made);
    read
}

fn said(old: &Fingerprint, new: &Fingerprint, breaks: bool) -> Vec<String> {
    let changes = Fingerprint::compare(old, new).into_iter();
    let changes = changes.filter(|change| change.breaks == breaks);
    changes
        .map(|change| format!("{}: {}", change.what, change.reason))
        .collect()
}

#[tokio::test]
async fn the_same_has_not_changed() {
    let before = fingerprint(before::Book).await;
    assert_eq!(Fingerprint::compare(&before, &before), []);
}

#[tokio::test]
async fn what_runs_come_through_is_told_and_breaks_nothing() {
    let (before, after) = (
        fingerprint(before::Book).await,
        fingerprint(sound::Book).await,
    );
    assert_eq!(said(&before, &after, true), [""; 0]);
    let told = said(&before, &after, false);
    for part in [
        "version: from 1 to 2",
        "step `spell`: it is new",
        "flow `run`: the patch `spelling` is new",
        "output of step `fetch`: the type has changed, and takes everything",
        "step `fetch`: its `at_most_once` was off and is on",
    ] {
        let found = told.iter().any(|told| told.starts_with(part));
        assert!(found, "{part}: {told:#?}");
    }
}

#[tokio::test]
async fn what_breaks_runs_is_named_with_its_reason() {
    let (before, after) = (
        fingerprint(before::Book).await,
        fingerprint(broken::Book).await,
    );
    let told = said(&before, &after, true);
    for part in [
        "step `fetch`: it is gone",
        "input of step `check`: /page/author is new, and required",
        "input of step `check`: /page/size was uint32, and is uint8",
        "flow `run`: where the step `fetch` was is the step `get` now",
    ] {
        let found = told.iter().any(|told| told.starts_with(part));
        assert!(found, "{part}: {told:#?}");
    }
    // A patch that is taken out again has runs on both its ways.
    let patched = fingerprint(sound::Book).await;
    let told = said(&patched, &before, true);
    assert!(
        told.iter().any(|told| told.starts_with("flow `run`")),
        "{told:#?}"
    );
}

/// What the comparison calls sound is: a run of the old code comes through the new.
#[tokio::test]
async fn a_run_comes_through_what_is_said_to_break_nothing() {
    use super::kit;
    for commits in 1.. {
        let storage = kit::store();
        let dead = kit::crash_after(&storage, commits, before::Book, "t".to_owned()).await;
        if !dead {
            assert!(commits > 3);
            break;
        }
        let outcome = kit::resume(&storage, sound::Book).await;
        assert_eq!(outcome.error, None, "after {commits} commits");
        assert_eq!(
            outcome.output.map(|o| o.to_string()),
            Some("\"t\"".to_owned())
        );
    }
}
