//! Results that are kept for later runs.

use agno::prelude::*;

use crate::kit::{self, Says, says};

#[workflow]
struct Jokes {
    #[step(cache(ttl = "1h", scope = "global"))]
    comedian: Says,
}

#[tokio::test]
async fn other_settings_are_another_key() {
    let storage = kit::store();
    let tell = async |comedian: &Says, about: &str| {
        let jokes = Jokes {
            comedian: comedian.clone(),
        };
        let runtime = kit::runtime(&storage, jokes).await;
        let run = runtime
            .start::<Jokes>(about.to_owned())
            .await
            .expect("starts");
        run.await.expect("completes")
    };
    let (dry, silly) = (says("dry"), says("silly"));
    assert_eq!(tell(&dry, "ducks").await, "ducks dry");
    assert_eq!(tell(&dry, "ducks").await, "ducks dry");
    assert_eq!(dry.count(), 1, "the second time from the cache");
    // Instructions that have changed must not answer as the old ones did.
    assert_eq!(tell(&silly, "ducks").await, "ducks silly");
    assert_eq!(silly.count(), 1);
    assert_eq!(tell(&dry, "geese").await, "geese dry");
    assert_eq!(dry.count(), 2, "another input");
}

#[workflow]
struct CachedWriter {
    #[step(cache)]
    writer: kit::Writes,
}

#[workflow(state = kit::Notes)]
struct CachedNotes {
    #[step(cache)]
    writer: kit::Writes,
}

#[tokio::test]
async fn a_step_that_changes_the_state_is_not_cached() {
    let writer = kit::Writes::default();
    let built = Runtime::builder()
        .workflow(CachedNotes { writer })
        .build()
        .await;
    let error = built.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    for part in ["`writer`", "`CachedNotes`", "kit::Notes`", "remove `cache`"] {
        assert!(error.message().contains(part), "{error}");
    }
    let writer = kit::Writes::default();
    let built = Runtime::builder()
        .workflow(CachedWriter { writer })
        .build()
        .await;
    assert!(built.is_err(), "and without a state not at all");
}
