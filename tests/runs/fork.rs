//! `fork`: what is taken over does not run, what depends on a change does.

use agno::{ErrorKind, EventKind, RunStatus, Source, prelude::*};
use serde_json::json;

use super::{
    kit::{self, Ran},
    workflow::{Article, finished, id, json, output},
};

const OUTPUT: &str = "[page of rust 1], [page of rust 2] and news of rust and facts of rust, \
                      after 2";

#[tokio::test]
async fn what_came_before_is_taken_over_and_the_rest_runs_again() {
    let (storage, runtime, ran) = finished().await;
    let run = runtime
        .fork(&kit::id())
        .from("write")
        .session("apart")
        .await
        .expect("forks");
    let fork = run.id().clone();
    assert_eq!(output(run).await, OUTPUT);
    assert_eq!(ran.count("write"), 1);
    for step in ["search", "read rust 1", "tag", "news", "facts"] {
        assert_eq!(ran.count(step), 0, "{step} was recorded");
    }
    let record = storage.run(&fork).await.expect("reads").expect("is there");
    let forked = record.forked.expect("says so");
    assert_eq!((forked.run, &*forked.at), (kit::id(), "write#0"));
    let journal = storage.journal(&fork, 0).await.expect("reads");
    let told: Vec<_> = journal.iter().flat_map(|entry| &entry.events).collect();
    assert!(matches!(told[0].kind, EventKind::RunForked { .. }));
    let completed = told
        .iter()
        .filter(|event| matches!(event.kind, EventKind::StepCompleted { .. }));
    assert_eq!(
        completed.count(),
        1,
        "what was taken over is not told again"
    );
}

#[tokio::test]
async fn a_step_with_another_output_runs_what_depends_on_it() {
    let (storage, runtime, ran) = finished().await;
    let run = runtime
        .fork(&kit::id())
        .set("search", json(&json!(["else"])))
        .session("apart")
        .await
        .expect("forks");
    let fork = run.id().clone();
    let expected = "[page of else] and news of rust and facts of rust, after 1";
    assert_eq!(output(run).await, expected);
    assert_eq!((ran.count("search"), ran.count("read else")), (0, 1));
    let journal = storage.journal(&fork, 0).await.expect("reads");
    let given = journal.iter().find(|entry| &*entry.path == "search#0");
    assert_eq!(given.expect("taken over").source, Source::Given);
}

#[tokio::test]
async fn other_branches_have_not_seen_what_is_set() {
    let (_, runtime, ran) = finished().await;
    let run = runtime
        .fork(&kit::id())
        .set("news#0", json(&json!("old news")))
        .session("apart")
        .await
        .expect("forks");
    assert!(output(run).await.contains("old news and facts of rust"));
    assert_eq!((ran.count("facts"), ran.count("write")), (0, 1));

    let run = runtime
        .fork(&kit::id())
        .set("news", json(&json!("old news")))
        .set("facts", json(&json!("no facts")))
        .session("again")
        .await
        .expect("neither came after the other");
    assert!(output(run).await.contains("old news and no facts"));
}

#[tokio::test]
async fn a_step_in_a_container_leaves_its_siblings() {
    let (storage, runtime, ran) = finished().await;
    let run = runtime
        .fork(&kit::id())
        .set("map#0[0]/page#0/read#0", json(&json!("a better page")))
        .session("apart")
        .await
        .expect("forks");
    let expected = "[a better page], [page of rust 2]";
    assert!(output(run).await.starts_with(expected));
    assert_eq!(ran.count("tag"), 1, "of that item only");
    assert_eq!((ran.count("read rust 1"), ran.count("read rust 2")), (0, 0));

    // Whatever the order of commits was: from each operation on, and to the same end.
    let journal = kit::journal(&storage).await;
    let operations = journal
        .iter()
        .filter(|entry| !entry.path.contains(['!', '@']));
    for (count, operation) in operations.enumerate() {
        let run = runtime
            .fork(&kit::id())
            .from(&*operation.path)
            .session(format!("from {count}"))
            .await
            .expect("forks");
        assert_eq!(output(run).await, OUTPUT, "from {}", operation.path);
    }
}

#[tokio::test]
async fn a_step_may_be_given_another_input() {
    let (_, runtime, ran) = finished().await;
    let fork = runtime.fork(&kit::id()).from("search").session("apart");
    let run = fork
        .input(json(&json!("go")))
        .await
        .expect("one parameter needs no name");
    assert!(output(run).await.starts_with("[page of go 1]"));
    assert_eq!(ran.count("read go 1"), 1);

    let fork = runtime.fork(&kit::id()).from("write").session("again");
    let input = json(&json!({ "pages": ["only"], "extra": "nothing" }));
    let run = fork.input(input).await.expect("forks");
    let again = run.id().clone();
    assert_eq!(output(run).await, "only and nothing, after 2");
    // It is part of what the run has recorded: a resume, and a fork of it, find it.
    let run = runtime.resume(&again).await.expect("completed");
    assert_eq!(output(run).await, "only and nothing, after 2");
    let run = runtime.fork(&again).from("write").session("third").await;
    assert_eq!(
        output(run.expect("forks")).await,
        "only and nothing, after 2"
    );
}

#[tokio::test]
async fn another_input_of_the_run_takes_nothing_over() {
    let (_, runtime, ran) = finished().await;
    let fork = runtime.fork(&kit::id()).input(json(&json!("go")));
    let run = fork.session("apart").await.expect("forks");
    assert!(output(run).await.starts_with("[page of go 1]"));
    assert_eq!(ran.count("search"), 1);
}

#[tokio::test]
async fn a_fork_can_be_put_down_for_later() {
    let (storage, runtime, ran) = finished().await;
    let fork = runtime.fork(&kit::id()).from("write").session("apart");
    let later = fork.run_id("later").create_only().await.expect("creates");
    assert_eq!(later, id("later"));
    let record = storage.run(&later).await.expect("reads").expect("is there");
    assert_eq!(record.status, RunStatus::Pending);
    assert_eq!(ran.count("write"), 0);
    let run = runtime.resume(&later).await.expect("is taken up");
    assert_eq!(output(run).await, OUTPUT);

    let fork = runtime.fork(&kit::id()).from("write").run_id("later");
    let error = fork.create_only().await.expect_err("the id is taken");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

/// R17: what the prefix changed is in the session already.
#[tokio::test]
async fn a_forked_prefix_is_not_merged_into_the_session_again() {
    let (storage, runtime, _) = finished().await;
    let key = agno::storage::SessionKey {
        workflow: "Article".into(),
        session: "default".into(),
    };
    let before = storage.session(&key).await.expect("reads");
    let fork = runtime.fork(&kit::id()).from("write");
    fork.create_only().await.expect("creates");
    assert_eq!(storage.session(&key).await.expect("reads"), before);

    // What it changes itself is merged into what the session has become.
    let run = runtime.fork(&kit::id()).from("write").await.expect("forks");
    let error = run.outcome().await.error.expect("`drafts` has no rule");
    assert_eq!(&*error.code, "state_conflict");

    // A session of its own begins with the state as it was.
    let run = runtime
        .fork(&kit::id())
        .from("write")
        .session("apart")
        .await;
    let run = run.expect("forks");
    run.outcome().await;
    let apart = agno::storage::SessionKey {
        session: "apart".into(),
        ..key
    };
    let state = storage.session(&apart).await.expect("reads");
    assert_eq!(state["drafts"].value.as_str(), "1");
    assert_eq!(
        state["seen"].value.to_value().as_array().map(Vec::len),
        Some(2)
    );
    let error = runtime
        .fork(&kit::id())
        .from("write")
        .session("apart")
        .await
        .expect_err("it has a state by now");
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_created() {
    let (storage, runtime, _) = finished().await;
    let fork = || runtime.fork(&kit::id()).session("apart");
    let refused = [
        (fork(), "say where the fork begins"),
        (fork().from("wirte"), "did you mean `write`?"),
        (fork().from("read"), "name one of `map#0["),
        (fork().set("search", json(&json!(7))), "does not match"),
        (fork().set("map#0", json(&json!([]))), "is no step"),
        (
            fork().set("search", json(&json!([]))).from("search"),
            "set and run again at once",
        ),
        (
            fork().set("write", json(&json!("x"))).from("search"),
            "it came after `search#0`",
        ),
        (
            fork()
                .set("search", json(&json!([])))
                .set("write", json(&json!("x"))),
            "it came after `search#0`, which is set as well",
        ),
        (
            fork().from("write").input(json(&json!({ "pages": [] }))),
            "extra",
        ),
        (fork().input(json(&json!(7))), "does not match"),
    ];
    for (fork, part) in refused {
        let error = fork.await.expect_err(part);
        assert!(error.message().contains(part), "{part}: {error}");
    }
    let unknown = runtime.fork(&id("nobody")).from("write").await;
    assert_eq!(
        unknown.expect_err("no such run").kind(),
        ErrorKind::NotFound
    );
    let runs = storage
        .runs(agno::RunQuery::default())
        .await
        .expect("reads");
    assert_eq!(runs.len(), 1);
}

#[workflow]
struct Unlucky {
    ran: Ran,
    is_mended: bool,
}

#[workflow]
impl Unlucky {
    #[step]
    async fn good(&self) -> Result<u32> {
        self.ran.hit("good");
        Ok(1)
    }

    #[step]
    async fn bad(&self) -> Result<u32> {
        self.ran.hit("bad");
        ensure!(self.is_mended, "it is broken");
        Ok(2)
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let (good, bad) = flow.parallel((flow.good(), flow.bad())).await?;
        Ok(good + bad)
    }
}

#[tokio::test]
async fn a_failed_run_is_forked_around_its_failure() {
    let (storage, ran) = (kit::store(), Ran::default());
    let new = |is_mended| Unlucky {
        ran: ran.clone(),
        is_mended,
    };
    let outcome = kit::run(&storage, new(false), ()).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    let runtime = kit::runtime(&storage, new(true)).await;
    let run = runtime.fork(&kit::id()).set("bad", json(&json!(40))).await;
    let sum: u32 = run
        .expect("forks")
        .outcome()
        .await
        .output
        .expect("completes")
        .decode()
        .expect("a number");
    assert_eq!((sum, ran.count("good"), ran.count("bad")), (41, 1, 1));
    let run = runtime.fork(&kit::id()).from("bad").await.expect("forks");
    assert_eq!(run.outcome().await.status, RunStatus::Completed);
    assert_eq!((ran.count("good"), ran.count("bad")), (1, 2));
    let old = storage.run(&kit::id()).await.expect("reads");
    assert_eq!(old.expect("is there").status, RunStatus::Failed);
}

#[workflow]
struct Numbered {
    ran: Ran,
}

#[workflow]
impl Numbered {
    #[step]
    async fn order(&self, id: String) -> Result<String> {
        self.ran.hit("order");
        Ok(id)
    }

    #[step]
    async fn send(&self, id: String, lot: u64) -> Result<String> {
        Ok(format!("{id} {lot}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let id = flow.order(flow.uuid().to_string()).await?;
        flow.send(id, flow.random_below(1000) as u64).await
    }
}

#[tokio::test]
async fn what_was_taken_over_is_asked_for_with_the_same_ids() {
    let (storage, ran) = (kit::store(), Ran::default());
    let new = || Numbered { ran: ran.clone() };
    let whole = kit::run(&storage, new(), ()).await.output;
    let whole: String = whole.expect("completes").decode().expect("a text");
    let runtime = kit::runtime(&storage, new()).await;
    let fork = runtime.fork(&kit::id()).from("send").run_id("fork").await;
    assert_eq!(output(fork.expect("forks")).await, whole);
    let fork = runtime.fork(&id("fork")).from("send").await;
    assert_eq!(output(fork.expect("a fork of a fork")).await, whole);
    assert_eq!(ran.count("order"), 1);
}

/// A fork is one commit: a crash leaves all of it or nothing.
#[tokio::test]
async fn a_crash_leaves_no_half_of_a_fork() {
    let (storage, _, ran) = finished().await;
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = agno::CrashAfter::new(storage.clone(), 1, move || {
        crash.send_replace(true);
    });
    let dying: std::sync::Arc<dyn agno::Storage> = std::sync::Arc::new(dying);
    let runtime = kit::runtime(&dying, Article::new(&ran)).await;
    let fork = runtime.fork(&kit::id()).from("write").session("apart");
    let fork = fork.run_id("half").create_only();
    tokio::select! {
        _ = fork => panic!("it was acknowledged"),
        done = crashed.wait_for(|crashed| *crashed) => drop(done),
    }
    let runtime = kit::runtime(&storage, Article::new(&ran)).await;
    let run = runtime.resume(&id("half")).await.expect("it is whole");
    assert_eq!(output(run).await, OUTPUT);
}
