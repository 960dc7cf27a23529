//! A workflow whose tools count, and that ends at every commit in turn.

use std::{sync::Arc, time::Duration};

use agno::{
    Agent, Message, Tool,
    model::{ModelRequest, Reply, Scripted},
    prelude::*,
};
use serde_json::json;

use super::kit;

type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(crate) const ONE: &str = "delegate_task_to_member";
pub(crate) const ALL: &str = "delegate_task_to_members";

#[data]
#[derive(Default, State)]
pub(crate) struct Tally {
    pub(crate) count: u32,
    pub(crate) said: Vec<String>,
}

#[data]
pub(crate) struct Nothing {}

#[data]
pub(crate) struct Word {
    /// A word.
    pub(crate) word: String,
}

/// A model that goes by how many tools have answered in its conversation.
pub(crate) fn by_answers(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Scripted {
    Scripted::answering(move |request: &ModelRequest, _| {
        let answers = request.messages.iter();
        script(
            answers
                .filter(|m| matches!(m, Message::Tool { .. }))
                .count(),
        )
    })
}

pub(crate) fn bump() -> Tool {
    Tool::with_state("bump", "Counts.", |word: Word, _, tally: &mut Tally| {
        Box::pin(async move {
            let seen = tally.count;
            tokio::task::yield_now().await;
            tally.count = seen + 1;
            tally.said.push(word.word);
            Ok::<_, Error>(tally.count)
        })
    })
}

/// One step, in which a closure works with the state.
type Asked = Arc<
    dyn for<'a> Fn(&'a StepContext, &'a mut Tally) -> BoxFuture<'a, Result<String>> + Send + Sync,
>;

#[workflow]
pub(crate) struct Counting {
    pub(crate) ask: Asked,
}

#[workflow(state = Tally)]
impl Counting {
    #[step(retry(max = 1, backoff = "1ms"))]
    async fn work(&self, tally: &mut Tally, context: &StepContext) -> Result<String> {
        (self.ask)(context, tally).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<String> {
        let said = flow.work().await?;
        let mut words = flow.state().said.clone();
        words.sort_unstable();
        Ok(format!("{said} {} {}", flow.state().count, words.join(",")))
    }
}

pub(crate) fn asks(
    ask: impl for<'a> Fn(&'a StepContext, &'a mut Tally) -> BoxFuture<'a, Result<String>>
    + Send
    + Sync
    + 'static,
) -> Counting {
    Counting { ask: Arc::new(ask) }
}

/// Counts twice, a word at a time.
pub(crate) fn counter(name: &'static str, pause: u64) -> Agent {
    let model = by_answers(move |answers| {
        let reply = match answers {
            0 | 1 => Reply::tool("bump", json!({ "word": format!("{name}{answers}") })),
            _ => Reply::text("counted"),
        };
        reply.after(Duration::from_millis(pause))
    });
    Agent::builder(name)
        .tool(bump())
        .model(model)
        .build()
        .expect("fits")
}

/// Resumes `r` and lets its world end again right after so many commits.
async fn resume_and_crash(storage: &Arc<dyn agno::Storage>, commits: u64, workflow: Counting) {
    let (crash, mut crashed) = tokio::sync::watch::channel(false);
    let dying = agno::CrashAfter::new(storage.clone(), commits, move || {
        crash.send_replace(true);
    });
    let builder = agno::Runtime::builder().storage(Arc::new(dying));
    let runtime = builder.workflow(workflow).build().await.expect("fits");
    // The resume's own commit may be the last one.
    let id = kit::id();
    let run = tokio::select! {
        run = runtime.resume(&id) => run.expect("resumes"),
        _ = crashed.wait_for(|crashed| *crashed) => return,
    };
    tokio::select! {
        _ = run.outcome() => {}
        _ = crashed.wait_for(|crashed| *crashed) => run.cancel(),
    }
}

/// Crashes at every commit, and again at every commit of what is resumed. Answers how many runs
/// there were.
pub(crate) async fn every_crash(workflow: impl Fn() -> Counting, expected: &str) -> u32 {
    let whole = kit::run(&kit::store(), workflow(), ()).await;
    let output = |outcome: &agno::Outcome| {
        let output = outcome.output.as_ref().map(agno::Json::decode::<String>);
        output.map(|output| output.expect("a text"))
    };
    assert_eq!(
        output(&whole).as_deref(),
        Some(expected),
        "{:?}",
        whole.error
    );
    let mut crashes = 0;
    for commits in 1.. {
        let storage = kit::store();
        if !kit::crash_after(&storage, commits, workflow(), ()).await {
            break;
        }
        crashes += 1;
        // Every third resume ends early as well, at another commit each time.
        if commits % 3 == 0 {
            resume_and_crash(&storage, 1 + commits % 4, workflow()).await;
        }
        let outcome = kit::resume(&storage, workflow()).await;
        assert_eq!(
            output(&outcome).as_deref(),
            Some(expected),
            "crash {commits}: {:?}",
            outcome.error
        );
    }
    crashes
}
