//! The test kit for users' own workflows.
#![cfg(feature = "testing")]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agno::{
    prelude::*,
    testing::{CrashFailure, CrashTest},
};

#[data]
#[derive(Default, State)]
struct Log {
    #[merge(append)]
    lines: Vec<String>,
}

#[workflow]
struct Report;

#[workflow(state = Log)]
impl Report {
    #[step]
    async fn list(&self, count: u32) -> Result<Vec<u32>> {
        Ok((0..count).collect())
    }

    #[step]
    async fn read(&self, n: u32) -> Result<String> {
        Ok(format!("page {n}"))
    }

    #[step]
    async fn write(&self, log: &mut Log, pages: Vec<String>) -> Result<String> {
        log.lines.extend(pages.iter().cloned());
        Ok(pages.join(", "))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, count: u32) -> Result<String> {
        let pages = flow.list(count).await?;
        let pages = flow.map(pages, |n| flow.read(n)).limit(2).await?;
        let text = flow.write(pages).await?;
        flow.say("written");
        Ok(format!("{text} ({} lines)", flow.state().lines.len()))
    }
}

#[tokio::test]
async fn a_crash_after_every_commit_changes_nothing() {
    let report = CrashTest::new(|| Report, || 3)
        .run()
        .await
        .expect("it survives");
    assert_eq!(report.crashes, 7, "the creation, five steps and the end");
    assert_eq!(
        report.output.as_str(),
        r#""page 0, page 1, page 2 (3 lines)""#
    );
}

#[tokio::test]
async fn a_double_stands_in_for_a_step() {
    let double = |input: serde_json::Value| Ok(format!("double of {}", input["n"]));
    let test =
        CrashTest::new(|| Report, || 2).setup(move |builder| builder.replace_step("read", double));
    let report = test.run().await.expect("it survives");
    assert_eq!(
        report.output.as_str(),
        r#""double of 0, double of 1 (2 lines)""#
    );
}

#[derive(Default)]
struct Counter(Arc<AtomicU32>);

/// A flow that takes chance from outside its steps.
#[workflow]
struct Chancy {
    counter: Counter,
}

#[workflow]
impl Chancy {
    #[step]
    async fn one(&self, n: u32) -> Result<u32> {
        Ok(n)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        #[allow_in_flow(environment = "the kit is to find it")]
        let chance = flow.workflow().counter.0.fetch_add(1, Ordering::SeqCst);
        flow.one(chance).await?;
        flow.one(7).await
    }
}

#[tokio::test]
async fn a_flow_that_is_not_deterministic_is_found() {
    let shared = Arc::new(AtomicU32::new(0));
    let workflow = move || Chancy {
        counter: Counter(shared.clone()),
    };
    let failure = CrashTest::new(workflow, || ())
        .run()
        .await
        .expect_err("it drifts");
    match failure {
        CrashFailure::NotCompleted { error, .. } => assert!(error.contains("drift"), "{error}"),
        other => panic!("{other}"),
    }
}
