//! What survives a crash, and what is drift.

use agno::prelude::*;

use crate::kit::{self, Says, says};

#[workflow(name = "W")]
struct Before {
    #[step]
    first: Says,
    #[step]
    second: Says,
}

#[workflow(name = "W")]
struct Renamed {
    #[step]
    opening: Says,
    #[step]
    second: Says,
}

#[workflow(name = "W")]
struct SameName {
    #[step(name = "first")]
    beginning: Says,
    #[step(name = "second")]
    end: Says,
}

#[workflow(name = "W")]
struct OtherTemplate {
    #[step(input = "{input}!")]
    first: Says,
    #[step]
    second: Says,
}

async fn crashed() -> std::sync::Arc<dyn agno::Storage> {
    let storage = kit::store();
    let before = Before {
        first: says("f"),
        second: says("s"),
    };
    assert!(kit::crash_after(&storage, 1, before, "a".to_owned()).await);
    assert_eq!(kit::told(&storage).await.len(), 1);
    storage
}

#[tokio::test]
async fn a_resume_takes_what_is_recorded() {
    let storage = crashed().await;
    let (first, second) = (says("f"), says("s"));
    let outcome = kit::resume(
        &storage,
        Before {
            first: first.clone(),
            second: second.clone(),
        },
    )
    .await;
    assert_eq!(kit::output(&outcome), r#""a f s""#);
    assert_eq!((first.count(), second.count()), (0, 1));
}

#[tokio::test]
async fn a_renamed_field_is_drift_that_names_both() {
    let storage = crashed().await;
    let (opening, second) = (says("f"), says("s"));
    let renamed = Renamed {
        opening: opening.clone(),
        second,
    };
    let outcome = kit::resume(&storage, renamed).await;
    let error = outcome.error.expect("it drifts");
    assert_eq!(&*error.code, "drift");
    for part in ["`first#0`", "`opening#0`"] {
        assert!(
            error.message.contains(part),
            "{part} is not in: {}",
            error.message
        );
    }
    let places = error.message.matches("recovery.rs").count();
    assert_eq!(places, 2, "both fields: {}", error.message);
    assert_eq!(opening.count(), 0, "nothing ran");
    // The old code heals it.
    let before = Before {
        first: says("f"),
        second: says("s"),
    };
    assert_eq!(
        kit::output(&kit::resume(&storage, before).await),
        r#""a f s""#
    );
}

#[tokio::test]
async fn a_field_that_keeps_its_recorded_name_may_be_renamed() {
    let storage = crashed().await;
    let renamed = SameName {
        beginning: says("f"),
        end: says("s"),
    };
    assert_eq!(
        kit::output(&kit::resume(&storage, renamed).await),
        r#""a f s""#
    );
}

#[tokio::test]
async fn another_template_is_drift() {
    let storage = crashed().await;
    let outcome = kit::resume(
        &storage,
        OtherTemplate {
            first: says("f"),
            second: says("s"),
        },
    )
    .await;
    let error = outcome.error.expect("it drifts");
    assert_eq!(&*error.code, "drift");
    for part in [r#"{"input":"a"}"#, r#"{"input":"a!"}"#] {
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[cfg(feature = "testing")]
mod at_every_commit {
    use agno::testing::CrashTest;

    use super::*;
    use crate::kit::{Notes, Writes};

    #[workflow(state = Notes)]
    struct Long {
        #[step]
        a: Says,
        #[step(input = "{input} | {previous}")]
        b: Writes,
        #[step(retry(max = 1, backoff = "1ms"))]
        c: Says,
        #[step(input = "{a} | {b} | {previous}")]
        d: Writes,
        #[step]
        e: Writes,
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crash_changes_nothing() {
        let long = || Long {
            a: says("a"),
            b: Writes::default(),
            c: Says {
                failures: 1,
                ..says("c")
            },
            d: Writes::default(),
            e: Writes::default(),
        };
        let report = CrashTest::new(long, || "x".to_owned()).run().await;
        let report = report.unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(
            report.crashes, 6,
            "the creation; a step is a commit, and the last one ends the run"
        );
    }

    #[workflow]
    struct Ten {
        #[step]
        a: Says,
        #[step]
        b: Says,
        #[step]
        c: Says,
        #[step]
        d: Says,
        #[step]
        e: Says,
        #[step(input = "{a} {previous}")]
        f: Says,
        #[step]
        g: Says,
        #[step]
        h: Says,
        #[step]
        i: Says,
        #[step]
        j: Says,
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn ten_steps_are_ten_commits() {
        let ten = || {
            let [a, b, c, d, e, f, g, h, i, j] = std::array::from_fn(|_| says("x"));
            Ten {
                a,
                b,
                c,
                d,
                e,
                f,
                g,
                h,
                i,
                j,
            }
        };
        let report = CrashTest::new(ten, String::new).run().await;
        let report = report.unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(report.crashes, 11, "and the creation");
    }
}
