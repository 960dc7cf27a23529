//! Sessions: what they begin with, what they are called, and what their runs took.

use agno::{RunStatus, Runtime, prelude::*};
use serde_json::json;

use super::kit;

#[data]
#[derive(Default, PartialEq, State)]
struct Notes {
    topic: String,
    #[merge(append)]
    sources: Vec<String>,
}

#[data]
#[derive(Default)]
struct Other {
    #[serde(default)]
    n: u32,
}

impl agno::State for Other {
    const FIELDS: &'static [agno::__private::Field] = &[];
}

#[data]
struct Caller {
    tenant: Option<String>,
}

#[workflow]
struct Research;

#[workflow(state = Notes)]
impl Research {
    #[step]
    async fn find(&self, notes: &mut Notes, source: String) -> Vec<String> {
        notes.sources.push(source);
        notes.sources.clone()
    }

    #[step]
    async fn whose(&self, context: &StepContext) -> Result<String> {
        Ok(context.metadata::<Caller>()?.tenant.unwrap_or_default())
    }

    #[flow]
    async fn run(flow: &Flow<Self>, source: String) -> Result<String> {
        let tenant = flow.metadata::<Caller>()?.tenant.unwrap_or_default();
        let same = flow.whose().await?;
        ensure!(tenant == same, "the step knows what the flow knows");
        flow.find(source).await?;
        let notes = flow.state();
        Ok(format!(
            "{tenant}/{}/{}",
            notes.topic,
            notes.sources.join("+")
        ))
    }
}

#[workflow]
struct Plain;

#[workflow]
impl Plain {
    #[step]
    async fn one(&self) -> u32 {
        1
    }
}

fn given(topic: &str) -> Notes {
    Notes {
        topic: topic.to_owned(),
        sources: vec!["given".to_owned()],
    }
}

async fn research(runtime: &Runtime, topic: &str, overwrite: bool) -> String {
    let mut start = runtime
        .start::<Research>("x".to_owned())
        .state(given(topic));
    if overwrite {
        start = start.overwrite_state();
    }
    start.await.expect("starts").await.expect("completes")
}

#[tokio::test]
async fn a_new_session_begins_with_the_given_state_and_keeps_its_own() {
    let runtime = kit::runtime(&kit::store(), Research).await;
    assert_eq!(research(&runtime, "one", false).await, "/one/given+x");
    assert_eq!(research(&runtime, "two", false).await, "/one/given+x+x");
    assert_eq!(research(&runtime, "three", true).await, "/three/given+x");
}

#[tokio::test]
async fn a_given_state_is_there_after_a_crash_at_any_commit() {
    for commits in 1.. {
        let storage = kit::store();
        let (crash, mut crashed) = tokio::sync::watch::channel(false);
        let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
            crash.send_replace(true);
        });
        let builder = Runtime::builder().storage(std::sync::Arc::new(dying));
        let first = builder.workflow(Research).build().await.expect("fits");
        let start = first.start::<Research>("x".to_owned()).state(given("one"));
        let start = start.run_id("r").metadata(json!({"tenant": "acme"}));
        let whole = async { start.await.expect("starts").outcome().await };
        let dead = tokio::select! {
            _ = whole => false,
            _ = crashed.wait_for(|crashed| *crashed) => true,
        };
        let outcome = kit::resume(&storage, Research).await;
        let output = outcome.output.map(|output| output.to_string());
        let expected = Some("\"acme/one/given+x\"".to_owned());
        assert_eq!(
            output, expected,
            "after {commits} commits: {:?}",
            outcome.error
        );
        if !dead {
            assert!(commits > 3);
            break;
        }
    }
}

#[tokio::test]
async fn a_run_that_is_put_down_for_a_worker_brings_its_state() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Research).await;
    let start = runtime
        .start::<Research>("x".to_owned())
        .state(given("one"));
    let run = start.run_id("r").detached().await.expect("is put down");
    assert_eq!(run.outcome().await.status, RunStatus::Pending);
    let outcome = kit::resume(&storage, Research).await;
    let output = outcome.output.map(|output| output.to_string());
    assert_eq!(output, Some("\"/one/given+x\"".to_owned()));
}

#[tokio::test]
async fn a_state_that_the_workflow_does_not_have_starts_nothing() {
    let storage = kit::store();
    let builder = Runtime::builder().storage(storage.clone());
    let built = builder.workflow(Plain).workflow(Research).build().await;
    let runtime = built.expect("fits");
    let none = runtime.start::<Plain>(()).state(given("one")).await;
    let other = runtime.start::<Research>("x".to_owned());
    let other = other.state(Other::default()).await;
    for (refused, part) in [
        (none.expect_err("none").into_parts(), "has no state"),
        (other.expect_err("other").into_parts(), "it was given"),
    ] {
        assert_eq!(refused.0, ErrorKind::InvalidInput);
        assert!(refused.1.contains(part), "{}", refused.1);
    }
    let bad = runtime.start::<Plain>(()).metadata([1, 2]).await;
    assert_eq!(bad.expect_err("no object").kind(), ErrorKind::InvalidInput);
    let large = json!({"text": "x".repeat(70_000)});
    let bad = runtime.start::<Plain>(()).metadata(large).await;
    assert_eq!(bad.expect_err("too large").kind(), ErrorKind::InvalidInput);
    let runs = storage.runs(agno::RunQuery::default()).await;
    assert!(runs.expect("reads").is_empty());
}

trait Parts {
    fn into_parts(self) -> (ErrorKind, String);
}

impl Parts for Error {
    fn into_parts(self) -> (ErrorKind, String) {
        (self.kind(), self.message().to_owned())
    }
}

#[tokio::test]
async fn sessions_are_listed_named_and_summed() {
    let storage = kit::store();
    let runtime = kit::runtime(&storage, Research).await;
    for session in ["a/b", "c"] {
        for _ in 0..2 {
            let start = runtime.start::<Research>("x".to_owned()).session(session);
            start.await.expect("starts").await.expect("completes");
        }
    }
    runtime
        .rename_session("Research", "a/b", "Spring")
        .await
        .expect("is renamed");
    runtime
        .rename_session("Research", "a/b", "Autumn")
        .await
        .expect("is renamed");
    let listed = runtime.sessions().await.expect("reads");
    let listed: Vec<_> = listed
        .iter()
        .map(|one| (&*one.session, one.name.as_deref(), one.runs))
        .collect();
    assert_eq!(listed, [("a/b", Some("Autumn"), 2), ("c", None, 2)]);

    let session = runtime.session("Research", "a/b").await.expect("is there");
    assert_eq!(session.name.as_deref(), Some("Autumn"));
    assert_eq!(session.state["sources"].value.to_string(), r#"["x","x"]"#);
    let active: u64 = session.runs.iter().map(|run| run.active_micros).sum();
    assert_eq!(session.metrics.runs, 2);
    assert_eq!(session.metrics.active_micros, active);

    for missing in [
        runtime.session("Research", "d").await.map(drop),
        runtime.rename_session("Research", "d", "x").await,
    ] {
        assert_eq!(
            missing.expect_err("is not there").kind(),
            ErrorKind::NotFound
        );
    }
    let bad = runtime.rename_session("Research", "c", "a\nb").await;
    assert_eq!(bad.expect_err("no name").kind(), ErrorKind::InvalidInput);
}
