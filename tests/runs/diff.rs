//! `diff`: every difference is told, with its place and its reason.

use agno::{EntryKind, OperationDiff, Reason, RunDiff, RunId, Runtime, Verdict, prelude::*};
use serde_json::json;

use super::{
    kit::{self, Ran},
    workflow::{finished, id, json},
};

fn of<'d>(diff: &'d RunDiff, path: &str) -> &'d OperationDiff {
    let mut operations = diff.operations.iter();
    let found = operations.find(|operation| &*operation.path == path);
    found.unwrap_or_else(|| panic!("nothing of `{path}`"))
}

async fn diff(runtime: &Runtime, left: &RunId, right: &RunId) -> RunDiff {
    runtime.diff(left, right).await.expect("compares")
}

#[tokio::test]
async fn a_run_does_not_differ_from_itself() {
    let (_, runtime, _) = finished().await;
    let diff = diff(&runtime, &kit::id(), &kit::id()).await;
    assert!(diff.run.is_empty());
    assert!(diff.operations.len() > 8);
    for operation in &diff.operations {
        assert_eq!(operation.verdict, Verdict::Same, "{}", operation.path);
    }
}

#[tokio::test]
async fn a_fork_says_what_it_took_over_and_why_the_rest_ran() {
    let (_, runtime, _) = finished().await;
    let run = runtime
        .fork(&kit::id())
        .set("map#0[1]/page#0/read#0", json(&json!("better")))
        .session("apart")
        .run_id("fork")
        .await
        .expect("forks");
    run.outcome().await;
    let diff = diff(&runtime, &kit::id(), &id("fork")).await;

    assert_eq!(of(&diff, "search#0").verdict, Verdict::Same);
    assert_eq!(of(&diff, "search#0").reasons, [Reason::TakenOver]);
    assert_eq!(
        of(&diff, "map#0[0]/page#0/tag#0").reasons,
        [Reason::TakenOver]
    );

    let set = of(&diff, "map#0[1]/page#0/read#0");
    assert_eq!(
        (set.verdict, &*set.reasons),
        (Verdict::Differs, &[Reason::Given][..])
    );
    let output = set.differences.iter().find(|d| d.pointer == "/output");
    let output = output.expect("told");
    assert_eq!(output.right.as_deref(), Some("\"better\""));

    let write = of(&diff, "write#0");
    let input = Reason::OtherInput {
        pointers: vec!["/pages/1".to_owned()],
    };
    assert!(write.reasons.contains(&input), "{:?}", write.reasons);
    assert!(write.reasons.contains(&Reason::NoCache));
    assert!(
        write
            .reasons
            .iter()
            .any(|reason| matches!(reason, Reason::Forked { .. }))
    );
    let run: Vec<_> = diff.run.iter().map(|d| d.pointer.as_str()).collect();
    assert_eq!(run, ["/session", "/output"]);
    let text = serde_json::to_string(&diff).expect("it is serialisable");
    assert!(text.contains("\"reason\":\"other_input\""));
}

#[workflow]
struct Cached {
    ran: Ran,
}

#[workflow]
impl Cached {
    #[step(cache(ttl = "1ms"))]
    async fn brief(&self, n: u32) -> Result<u32> {
        self.ran.hit("brief");
        Ok(n)
    }

    #[step(cache(ttl = "1h"))]
    async fn kept(&self, n: u32) -> Result<u32> {
        self.ran.hit("kept");
        Ok(n)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<u32> {
        flow.sleep(std::time::Duration::from_millis(2)).await?;
        let brief = flow.brief(1).await?;
        let kept = flow.kept(n).await?;
        if n > 5 {
            return flow.kept(n + brief).await;
        }
        Ok(kept)
    }
}

#[tokio::test]
async fn why_a_cached_step_ran_again() {
    let storage = kit::store();
    let runtime = kit::runtime(
        &storage,
        Cached {
            ran: Ran::default(),
        },
    )
    .await;
    let run = async |name: &str, session: &str, n: u32, fresh: bool| {
        let mut start = runtime.start::<Cached>(n).run_id(name).session(session);
        if fresh {
            start = start.no_cache();
        }
        start.await.expect("starts").outcome().await;
        id(name)
    };
    let first = run("first", "one", 1, false).await;
    let reasons = async |right: &RunId, path: &str| {
        let diff = diff(&runtime, &first, right).await;
        of(&diff, path).reasons.clone()
    };

    let again = run("again", "one", 1, false).await;
    assert_eq!(reasons(&again, "kept#0").await, [Reason::FoundInCache]);
    let [Reason::Expired { ago_micros }] = reasons(&again, "brief#0").await[..] else {
        panic!("{:?}", reasons(&again, "brief#0").await);
    };
    assert!(ago_micros > 0);
    let fresh = run("fresh", "one", 1, true).await;
    assert_eq!(reasons(&fresh, "kept#0").await, [Reason::CacheNotTaken]);
    let elsewhere = run("elsewhere", "two", 1, false).await;
    assert_eq!(reasons(&elsewhere, "kept#0").await, [Reason::OtherSession]);
    let other = run("other", "one", 7, false).await;
    let pointers = vec!["/n".to_owned()];
    assert_eq!(
        reasons(&other, "kept#0").await,
        [Reason::OtherInput { pointers }]
    );
    let diff = diff(&runtime, &first, &other).await;
    assert_eq!(of(&diff, "kept#1").verdict, Verdict::OnlyRight);
    assert_eq!(of(&diff, "sleep#0").kind, EntryKind::Timer);
    let input = diff
        .run
        .iter()
        .find(|d| d.pointer == "/input")
        .expect("told");
    assert_eq!(
        (input.left.as_deref(), input.right.as_deref()),
        (Some("1"), Some("7"))
    );
}
