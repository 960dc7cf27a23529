//! The workflow that the storms blow at: every way to wait for people, beside and inside each other.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use agno::{Json, RequestKind, Runtime, Storage, prelude::*};

use crate::kit::Ran;

/// What people have said yes to, and what went wrong where no test can fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    pub(crate) approved: Arc<Mutex<BTreeSet<String>>>,
    ran: Ran,
    wrong: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    fn behind(&self, gate: &str) {
        if !self.approved.lock().expect("no panic").contains(gate) {
            self.complain(format!("`{gate}` ran without a yes"));
        }
    }

    pub(crate) fn complain(&self, problem: String) {
        self.wrong.lock().expect("no panic").push(problem);
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.wrong.lock().expect("no panic").clone()
    }
}

async fn take_a_while() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

#[workflow]
#[derive(Clone)]
pub(crate) struct Stormy {
    watch: Watch,
}

#[workflow]
impl Stormy {
    #[step(confirm = "Go on?")]
    async fn guarded(&self, place: String) -> Result<String> {
        self.watch.behind(&place);
        take_a_while().await;
        Ok(place)
    }

    #[step(confirm = "Go on?", retry(max = 2, backoff = "2ms"))]
    async fn flaky(&self, place: String, context: &StepContext) -> Result<String> {
        self.watch.behind(&place);
        ensure!(context.attempt() > 1, "flaky");
        Ok(place)
    }

    #[step]
    async fn free(&self, place: String) -> Result<String> {
        take_a_while().await;
        Ok(place)
    }

    #[step(on_error = "pause")]
    async fn helped(&self, place: String) -> Result<String> {
        ensure!(self.watch.ran.hit(&place) > 1, "broken {place}");
        Ok(place)
    }

    #[step(retry(max = 2, backoff = "2ms"))]
    async fn asks(&self, place: String, context: &StepContext) -> Result<String> {
        let yes = context.confirm(format!("{place}?")).await?;
        let value = Json::encode(&place).expect("a text is JSON");
        let more = context.question(RequestKind::Confirm, format!("More {place}?"));
        more.about(value).ask().await?;
        ensure!(context.attempt() > 1, "first try");
        Ok(format!("{place} {yes}"))
    }

    #[step]
    async fn calls(&self, place: String, context: &StepContext) -> Result<String> {
        context.call::<Inner>(place).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<Vec<String>> {
        let mut done = Vec::new();
        let (guarded, beside, called) = flow
            .parallel((
                flow.guarded("parallel".into()),
                flow.free("beside".into()),
                flow.call::<Inner>("called".into()),
            ))
            .await?;
        done.extend([guarded, beside, called]);
        flow.say("halfway");
        let mapped = flow.map(0..4, |item| flow.group(format!("map-{item}")));
        done.extend(mapped.limit(3).await?);
        match flow
            .race((flow.guarded("race".into()), flow.confirm(UNANSWERED)))
            .await?
        {
            Winner::First(won) => done.push(won),
            Winner::Second(_) => bail!("nobody said so"),
        }
        let pause = flow.sleep(Duration::from_millis(15));
        match flow.race((flow.confirm(UNANSWERED), pause)).await? {
            Winner::First(_) => bail!("nobody said so"),
            Winner::Second(()) => done.push("slept".into()),
        }
        let (helped, asked, flaky) = flow
            .parallel((
                flow.helped("helped".into()),
                flow.asks("asked".into()),
                flow.flaky("flaky".into()),
            ))
            .await?;
        done.extend([helped, asked, flaky]);
        let broken = flow.call::<Inner>(BROKEN.into()).settle().await?;
        done.push(format!("broken {}", broken.is_err()));
        done.push(flow.calls("in a step".into()).await?);
        let (_, won) = flow.race(vec![flow.timed("timed".into())]).await?;
        done.push(won);
        Ok(done)
    }

    #[flow]
    async fn group(flow: &Flow<Self>, place: String) -> Result<String> {
        flow.free(format!("in {place}")).await?;
        flow.guarded(place).await
    }

    #[flow(timeout = "600s")]
    async fn timed(flow: &Flow<Self>, place: String) -> Result<String> {
        flow.parallel((
            flow.guarded(format!("{place} gate")),
            flow.call::<Inner>(format!("{place} call")),
            flow.helped(format!("{place} help")),
        ))
        .await?;
        flow.guarded(place).await
    }
}

/// A question that loses its race.
pub(crate) const UNANSWERED: &str = "Never answered";

const BROKEN: &str = "broken";

/// What the run has to say in the end, whatever the weather.
pub(crate) const OUTPUT: [&str; 15] = [
    "parallel",
    "beside",
    "called after",
    "map-0",
    "map-1",
    "map-2",
    "map-3",
    "race",
    "slept",
    "helped",
    "asked true",
    "flaky",
    "broken true",
    "in a step after",
    "timed",
];

#[workflow]
#[derive(Clone)]
struct Inner {
    watch: Watch,
}

#[workflow]
impl Inner {
    #[step(confirm = "Go on?")]
    async fn guarded(&self, place: String) -> Result<String> {
        self.watch.behind(&place);
        Ok(place)
    }

    #[step]
    async fn work(&self, place: String) -> Result<String> {
        take_a_while().await;
        ensure!(place != BROKEN, "broken");
        Ok(place)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, place: String) -> Result<String> {
        flow.work(place.clone()).await?;
        flow.parallel((
            flow.guarded(format!("{place} inside")),
            flow.confirm("And this?"),
            flow.call::<Leaf>(place.clone()),
        ))
        .await?;
        flow.work(format!("{place} after")).await
    }
}

#[workflow]
#[derive(Clone)]
struct Leaf {
    watch: Watch,
}

#[workflow]
impl Leaf {
    #[step(confirm = "Go on?")]
    async fn guarded(&self, place: String) -> Result<String> {
        self.watch.behind(&place);
        Ok(place)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, place: String) -> Result<String> {
        flow.guarded(format!("{place} leaf")).await
    }
}

pub(crate) async fn runtime(storage: Arc<dyn Storage>, watch: &Watch) -> Runtime {
    let watch = watch.clone();
    let builder = Runtime::builder()
        .storage(storage)
        .workflow(Leaf {
            watch: watch.clone(),
        })
        .workflow(Inner {
            watch: watch.clone(),
        })
        .workflow(Stormy { watch });
    builder.build().await.expect("fits together")
}
