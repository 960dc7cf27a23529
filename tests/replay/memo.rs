//! R21 and R22: memos, and steps that must not run twice.

use agno::{RunStatus, prelude::*};

use super::kit::{self, Ran};

#[workflow]
#[derive(Default)]
struct Long {
    ran: Ran,
    /// Attempts that fail after the first part.
    failures: u32,
}

#[workflow]
impl Long {
    #[step(retry(max = 3, backoff = "1ms"))]
    async fn work(&self, context: &StepContext) -> Result<String> {
        let part = |name: &'static str| {
            let ran = self.ran.clone();
            async move { Ok::<_, agno::BoxError>(format!("{name}{}", ran.hit(name))) }
        };
        let one = context.memo("one", part("one")).await?;
        if context.attempt() <= self.failures {
            bail!("attempt {} fails", context.attempt());
        }
        let two = context.memo("two", part("two")).await?;
        Ok(format!("{one} {two} in attempt {}", context.attempt()))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.work().await
    }
}

#[tokio::test]
async fn replay_r21_a_crash_keeps_its_memos() {
    let storage = kit::store();
    let workflow = Long::default();
    let ran = workflow.ran.clone();
    assert!(kit::crash_after(&storage, 1, workflow, ()).await);
    assert_eq!((ran.count("one"), ran.count("two")), (1, 0));
    let outcome = kit::resume(
        &storage,
        Long {
            ran: ran.clone(),
            failures: 0,
        },
    )
    .await;
    assert_eq!(
        outcome.output.expect("completes").as_str(),
        r#""one1 two1 in attempt 1""#
    );
    assert_eq!((ran.count("one"), ran.count("two")), (1, 1));
}

#[tokio::test]
async fn replay_r21_a_failed_attempt_drops_its_memos_and_a_crash_keeps_the_attempt() {
    let storage = kit::store();
    let workflow = Long {
        failures: 1,
        ..Long::default()
    };
    let ran = workflow.ran.clone();
    // Commit 1: `one` of attempt 1, which fails. Commit 2: `one` of attempt 2.
    assert!(kit::crash_after(&storage, 2, workflow, ()).await);
    assert_eq!(ran.count("one"), 2, "attempt 2 does it anew");
    let outcome = kit::resume(
        &storage,
        Long {
            ran: ran.clone(),
            failures: 1,
        },
    )
    .await;
    assert_eq!(
        outcome.output.expect("completes").as_str(),
        r#""one2 two1 in attempt 2""#
    );
    assert_eq!((ran.count("one"), ran.count("two")), (2, 1));
}

#[workflow]
#[derive(Default)]
struct Careful {
    ran: Ran,
    hang: bool,
    fail: bool,
}

#[workflow]
impl Careful {
    #[step(at_most_once)]
    async fn charge(&self) -> Result<u32> {
        self.ran.hit("charge");
        if self.fail {
            bail!("the card was refused");
        }
        if self.hang {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }

    #[step(at_most_once, timeout = "20ms", retry(max = 5, backoff = "1ms"))]
    async fn slow_charge(&self) -> Result<u32> {
        self.ran.hit("slow");
        std::future::pending().await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, slow: bool) -> Result<u32> {
        if slow {
            return flow.slow_charge().await;
        }
        flow.charge().await
    }
}

#[tokio::test]
async fn replay_r22_after_a_crash_it_may_have_run() {
    let storage = kit::store();
    let ran = Ran::default();
    let workflow = Careful {
        ran: ran.clone(),
        hang: true,
        fail: false,
    };
    // The first commit says that it begins; the crash comes before its body.
    assert!(kit::crash_after(&storage, 1, workflow, false).await);
    for _ in 0..2 {
        let again = Careful {
            ran: ran.clone(),
            ..Careful::default()
        };
        let outcome = kit::resume(&storage, again).await;
        assert_eq!(outcome.status, RunStatus::Failed);
        let (code, message) = kit::failure(&outcome);
        assert_eq!(code, "may_have_run");
        assert!(message.contains("may have run"), "{message}");
    }
    assert_eq!(ran.count("charge"), 0, "never by itself");
}

#[tokio::test]
async fn replay_r22_after_a_timeout_it_may_have_run_and_is_not_retried() {
    let storage = kit::store();
    let workflow = Careful::default();
    let ran = workflow.ran.clone();
    let outcome = kit::run(&storage, workflow, true).await;
    assert_eq!(kit::failure(&outcome).0, "may_have_run");
    assert_eq!(ran.count("slow"), 1);
}

#[tokio::test]
async fn replay_r22_a_returned_error_may_be_tried_again() {
    let storage = kit::store();
    let ran = Ran::default();
    let workflow = Careful {
        ran: ran.clone(),
        fail: true,
        hang: false,
    };
    let outcome = kit::run(&storage, workflow, false).await;
    assert_eq!(kit::failure(&outcome).0, "step_failed");
    let repaired = Careful {
        ran: ran.clone(),
        ..Careful::default()
    };
    let outcome = kit::resume(&storage, repaired).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "1");
    assert_eq!(ran.count("charge"), 2);
}
