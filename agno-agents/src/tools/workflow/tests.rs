//! A call that is made again after a crash.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use agno_core::{
    Definition, Error, Handle, RunQuery, Step, StepContext, Workflow, WorkflowInfo, codec,
    fallible, param, storage::MemoryStorage,
};

use super::*;

/// Two steps; the second hangs, or fails, for as long as it is told to.
#[derive(Clone, Default)]
struct Report {
    collected: Arc<AtomicU32>,
    hangs: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
}

impl WorkflowInfo for Report {
    const NAME: &'static str = "DailyReport";
    const DESCRIPTION: &'static str = "Reports.";
}

impl Workflow for Report {
    type Steps = Handle;
    type Input = String;
    type Output = String;

    fn define(definition: &mut Definition<Self>) {
        definition.step(
            Step::new("collect"),
            (param("topic", codec::<String>()),),
            fallible::<Result<String, Error>, _>(codec()),
            |report, _, (topic,)| {
                Box::pin(async move {
                    report.collected.fetch_add(1, Ordering::SeqCst);
                    Ok(topic)
                })
            },
        );
        definition.step(
            Step::new("write"),
            (param("facts", codec::<String>()),),
            fallible::<Result<String, Error>, _>(codec()),
            |report, _, (facts,)| {
                Box::pin(async move {
                    while report.hangs.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                    match report.fails.load(Ordering::SeqCst) {
                        true => Err(Error::new("no_ink", "there is no ink").permanent()),
                        false => Ok(format!("On {facts}.")),
                    }
                })
            },
        );
        definition.chain((param("topic", codec::<String>()),), &["collect", "write"]);
    }
}

async fn runtime(store: &MemoryStorage, report: &Report) -> Runtime {
    let builder = Runtime::builder()
        .storage(Arc::new(store.clone()))
        .workflow(report.clone());
    builder.build().await.expect("a runtime")
}

fn tool(runtime: &Runtime) -> Tool {
    WorkflowTool::new::<Report>(runtime)
        .expect("a tool")
        .build()
}

/// A call from inside a step.
fn context(key: &str) -> ToolContext {
    let mut context = ToolContext::for_test();
    context.step = Some(StepContext::for_test());
    context.key = Arc::from(key);
    context
}

async fn call(tool: &Tool, key: &str) -> Result<String, Error> {
    let answer = tool.call(r#"{"topic":"tea"}"#, context(key), None).await?;
    Ok(answer.text)
}

async fn runs(runtime: &Runtime) -> usize {
    runtime.runs(RunQuery::default()).await.expect("runs").len()
}

#[tokio::test]
async fn the_same_call_is_the_same_run() {
    let (store, report) = (MemoryStorage::new(), Report::default());
    let runtime = runtime(&store, &report).await;
    let tool = tool(&runtime);
    assert_eq!(call(&tool, "a").await.expect("first"), "On tea.");
    assert_eq!(call(&tool, "a").await.expect("again"), "On tea.");
    assert_eq!(
        (
            runs(&runtime).await,
            report.collected.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
    assert_eq!(call(&tool, "b").await.expect("another"), "On tea.");
    assert_eq!(
        (
            runs(&runtime).await,
            report.collected.load(Ordering::SeqCst)
        ),
        (2, 2)
    );
    let made = runtime.runs(RunQuery::default()).await.expect("runs");
    // The caller's session.
    assert!(made.iter().all(|run| &*run.session == "test"), "{made:?}");
}

#[tokio::test]
async fn a_call_after_a_crash_takes_the_run_up_where_it_stands() {
    let (store, report) = (MemoryStorage::new(), Report::default());
    report.hangs.store(true, Ordering::SeqCst);
    let (of_first, in_first) = (store.clone(), report.clone());
    // A process of its own, which ends in the middle of the second step.
    std::thread::spawn(move || {
        let process = tokio::runtime::Runtime::new().expect("a runtime");
        process.block_on(async {
            let runtime = runtime(&of_first, &in_first).await;
            let tool = tool(&runtime);
            let calling = tokio::spawn(async move { call(&tool, "a").await });
            let recorded = async {
                loop {
                    for run in runtime.runs(RunQuery::default()).await.expect("runs") {
                        let details = runtime.inspect(&run.id).await.expect("details");
                        if details
                            .journal
                            .iter()
                            .any(|entry| &*entry.path == "collect#0")
                        {
                            return;
                        }
                    }
                    tokio::task::yield_now().await;
                }
            };
            recorded.await;
            calling.abort();
        });
        process.shutdown_timeout(Duration::from_secs(5));
    })
    .join()
    .expect("the first process");

    report.hangs.store(false, Ordering::SeqCst);
    let runtime = runtime(&store, &report).await;
    assert_eq!(call(&tool(&runtime), "a").await.expect("again"), "On tea.");
    assert_eq!(
        (
            runs(&runtime).await,
            report.collected.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_dropped_call_leaves_its_run_and_the_next_joins_it() {
    let (store, report) = (MemoryStorage::new(), Report::default());
    report.hangs.store(true, Ordering::SeqCst);
    let runtime = runtime(&store, &report).await;
    let short = WorkflowTool::new::<Report>(&runtime).expect("a tool");
    let short = short.timeout(Duration::from_millis(50)).build();
    let late = call(&short, "a").await.expect_err("too late");
    assert_eq!(late.code(), "tool_timeout");
    let made = runtime.runs(RunQuery::default()).await.expect("runs");
    assert!(runtime.is_active(&made[0].id));

    report.hangs.store(false, Ordering::SeqCst);
    let again = call(&tool(&runtime), "a").await;
    assert_eq!(again.expect("the same run"), "On tea.");
    assert_eq!(
        (
            runs(&runtime).await,
            report.collected.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_failed_run_says_which_step_and_is_tried_again_by_the_same_call() {
    let (store, report) = (MemoryStorage::new(), Report::default());
    report.fails.store(true, Ordering::SeqCst);
    let runtime = runtime(&store, &report).await;
    let tool = tool(&runtime);
    let error = call(&tool, "a").await.expect_err("it fails");
    assert_eq!(error.code(), "workflow_failed");
    assert!(error.message().contains("`write#0`"), "{error}");
    assert!(error.message().contains("there is no ink"), "{error}");
    let details = error.details().expect("details").to_value();
    assert_eq!(
        (&details["path"], &details["code"]),
        (&json!("write#0"), &json!("no_ink"))
    );
    report.fails.store(false, Ordering::SeqCst);
    assert_eq!(call(&tool, "a").await.expect("again"), "On tea.");
    assert_eq!(
        (
            runs(&runtime).await,
            report.collected.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
}

#[test]
fn names_are_legal_and_ids_differ() {
    assert_eq!(tool_name("DailyReport"), "daily_report");
    assert_eq!(tool_name("HTTPCheck2Go"), "httpcheck2_go");
    assert_eq!(tool_name("2nd über"), "_2nd__ber");
    assert_eq!(tool_name(&"x".repeat(90)).len(), 64);
    let ids = [run_id("a", "bc"), run_id("ab", "c"), run_id("a", "b")];
    assert!(
        ids.iter().all(|id| agno_core::RunId::new(id).is_ok()),
        "{ids:?}"
    );
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
}
