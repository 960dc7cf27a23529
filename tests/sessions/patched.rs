//! Flows that change while runs of them are under way.

use agno::{RunStatus, Runtime, prelude::*, storage::Json};

use super::kit::{self, Ran};

/// How the flow is written: before the change, and after it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Code {
    Old,
    New,
    /// The old way is gone, and the call with it.
    Later,
}

#[workflow]
struct Changing {
    ran: Ran,
    code: Code,
}

#[workflow]
impl Changing {
    #[step]
    async fn begin(&self, n: u32) -> u32 {
        self.ran.hit("begin");
        n
    }

    #[step]
    async fn old(&self, n: u32) -> String {
        self.ran.hit("old");
        format!("old {n}")
    }

    #[step(at_most_once)]
    async fn checked(&self, n: u32) -> String {
        self.ran.hit("checked");
        format!("new {n}")
    }

    #[step]
    async fn publish(&self, text: String) -> String {
        self.ran.hit("publish");
        text
    }

    #[flow]
    async fn run(flow: &Flow<Self>, n: u32) -> Result<Vec<String>> {
        flow.begin(n).await?;
        let mut published = flow.rounds(n).await?;
        let both = flow.map(0..2, |n| flow.draft(n)).await?;
        published.extend(both);
        Ok(published)
    }

    /// A patch in a loop, in a scope of its own.
    #[flow]
    async fn rounds(flow: &Flow<Self>, n: u32) -> Result<Vec<String>> {
        let mut published = Vec::new();
        for round in 0..n {
            let draft = match flow.takes_the_new_way() {
                true => flow.checked(round).await?,
                false => flow.old(round).await?,
            };
            published.push(flow.publish(draft).await?);
        }
        Ok(published)
    }

    /// A patch in the items of a map.
    #[flow]
    async fn draft(flow: &Flow<Self>, n: u32) -> Result<String> {
        flow.begin(n).await?;
        match flow.takes_the_new_way() {
            true => flow.checked(n).await,
            false => flow.old(n).await,
        }
    }
}

trait Way {
    fn takes_the_new_way(&self) -> bool;
}

impl Way for Flow<Changing> {
    fn takes_the_new_way(&self) -> bool {
        match self.workflow().code {
            Code::Old => false,
            Code::New => self.patched("check the draft"),
            Code::Later => true,
        }
    }
}

fn code(ran: &Ran, code: Code) -> Changing {
    Changing {
        ran: ran.clone(),
        code,
    }
}

fn texts(output: Option<Json>) -> Vec<String> {
    let output = output.expect("an output");
    output.decode().expect("a list of texts")
}

fn all(way: &str) -> Vec<String> {
    [0, 1, 0, 1].map(|n| format!("{way} {n}")).into()
}

#[tokio::test]
async fn a_new_run_takes_the_new_way_after_every_crash_and_when_the_call_is_gone() {
    for later in [Code::New, Code::Later] {
        for commits in 1.. {
            let (storage, ran) = (kit::store(), Ran::default());
            let dead = kit::crash_after(&storage, commits, code(&ran, Code::New), 2).await;
            if !dead {
                assert!(commits > 8, "{commits}");
                break;
            }
            let outcome = kit::resume(&storage, code(&ran, later)).await;
            let problem = format!("{later:?}, {commits} commits: {:?}", outcome.error);
            if outcome.status == RunStatus::Failed {
                // Crashed while the step ran that must not run twice: that is its own business.
                assert_eq!(kit::failure(&outcome).0, "may_have_run", "{problem}");
                continue;
            }
            assert_eq!(texts(outcome.output), all("new"), "{problem}");
            assert_eq!(ran.count("old"), 0, "{problem}");
        }
    }
}

/// A run of the old code, resumed by the new: what has been done decides, scope by scope, and a
/// second crash changes nothing of it.
#[tokio::test]
async fn an_old_run_goes_on_the_way_it_has_taken() {
    let mut ways = std::collections::BTreeSet::new();
    for first in 1.. {
        let mut is_over = false;
        let mut answers: Option<Vec<String>> = None;
        for second in 1.. {
            let (storage, ran) = (kit::store(), Ran::default());
            if !kit::crash_after(&storage, first, code(&ran, Code::Old), 2).await {
                is_over = true;
                break;
            }
            let crashed = crash_again(&storage, second, code(&ran, Code::New)).await;
            let outcome = kit::resume(&storage, code(&ran, Code::New)).await;
            let problem = format!("{first} and {second} commits: {:?}", outcome.error);
            if outcome.status == RunStatus::Failed {
                assert_eq!(kit::failure(&outcome).0, "may_have_run", "{problem}");
                continue;
            }
            let texts = texts(outcome.output);
            // One way within a scope: both rounds of the loop took the same.
            let way = |text: &String| text.starts_with("new");
            assert_eq!(way(&texts[0]), way(&texts[1]), "{problem}");
            ways.insert(texts.clone());
            // Where the first process ended decides, not where the second did.
            match (&answers, crashed) {
                (Some(answers), _) => assert_eq!(&texts, answers, "{problem}"),
                (None, _) => answers = Some(texts),
            }
            if !crashed {
                break;
            }
        }
        if is_over {
            break;
        }
    }
    assert!(ways.contains(&all("new")), "{ways:?}");
    assert!(ways.contains(&all("old")), "{ways:?}");
    assert!(
        ways.len() > 2,
        "some took one way here and the other there: {ways:?}"
    );
}

/// Resumes `r` and lets that world end as well.
async fn crash_again(
    storage: &std::sync::Arc<dyn agno::Storage>,
    commits: u64,
    workflow: Changing,
) -> bool {
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
        crash.send_replace(true);
    });
    let builder = Runtime::builder().storage(std::sync::Arc::new(dying));
    let runtime = builder.workflow(workflow).build().await.expect("fits");
    let id = kit::id();
    let resumed = tokio::select! {
        run = runtime.resume(&id) => run.expect("resumes"),
        _ = crashed.wait_for(|crashed| *crashed) => return true,
    };
    let dead = tokio::select! {
        _ = resumed.outcome() => false,
        _ = crashed.wait_for(|crashed| *crashed) => true,
    };
    resumed.cancel();
    dead
}

#[workflow]
struct Once {
    is_new: bool,
}

#[workflow]
impl Once {
    #[step]
    async fn first(&self) -> u32 {
        1
    }

    #[step]
    async fn slow(&self, context: &StepContext) -> Result<String> {
        let part = context.memo("part", async { Ok::<_, Error>(1) }).await?;
        std::future::pending::<()>().await;
        Ok(format!("old {part}"))
    }

    #[step]
    async fn other(&self) -> String {
        "new".to_owned()
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        flow.first().await?;
        if flow.workflow().is_new && flow.patched("other") {
            return flow.other().await;
        }
        if flow.workflow().is_new {
            return Ok("the old way, with what it had begun".to_owned());
        }
        flow.slow().await
    }
}

/// A step that was under way when the process ended has its memos: the run has passed the place.
#[tokio::test]
async fn a_step_that_was_under_way_counts() {
    let storage = kit::store();
    // The step, and the memo of the next.
    assert!(kit::crash_after(&storage, 2, Once { is_new: false }, ()).await);
    let outcome = kit::resume(&storage, Once { is_new: true }).await;
    let output: String = outcome.output.expect("an output").decode().expect("a text");
    assert_eq!(output, "the old way, with what it had begun");

    let storage = kit::store();
    assert!(kit::crash_after(&storage, 1, Once { is_new: false }, ()).await);
    let outcome = kit::resume(&storage, Once { is_new: true }).await;
    let output: String = outcome.output.expect("an output").decode().expect("a text");
    assert_eq!(output, "new");
}

#[tokio::test]
async fn a_fork_goes_the_way_of_its_run() {
    let (storage, ran) = (kit::store(), Ran::default());
    let runtime = kit::runtime(&storage, code(&ran, Code::New)).await;
    let run = runtime
        .start::<Changing>(2)
        .run_id("r")
        .await
        .expect("starts");
    assert_eq!(run.await.expect("completes"), all("new"));
    let fork = runtime.fork(&kit::id()).from("rounds#0/publish#1").await;
    let outcome = fork.expect("forks").outcome().await;
    assert_eq!(outcome.error, None);
    assert_eq!(texts(outcome.output), all("new"));
}

#[workflow]
struct Odd;

#[workflow]
impl Odd {
    #[flow]
    async fn run(flow: &Flow<Self>, name: String) -> Result<bool> {
        Ok(flow.patched(&name))
    }
}

#[tokio::test]
async fn a_name_that_could_not_be_told_apart_is_refused() {
    for name in ["", "a!b", "a/b", "a~1", "a\nb"] {
        let outcome = kit::run(&kit::store(), Odd, name.to_owned()).await;
        assert_eq!(kit::failure(&outcome).0, "misuse", "{name:?}");
    }
    let outcome = kit::run(&kit::store(), Odd, "Überprüfung 2".to_owned()).await;
    assert_eq!(outcome.status, RunStatus::Completed);
}
