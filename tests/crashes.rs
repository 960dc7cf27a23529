//! Flows of many shapes, each with a crash after every commit in turn.
#![cfg(feature = "testing")]

use std::time::Duration;

use agno::{prelude::*, testing::CrashTest};

#[data]
#[derive(Default, State)]
struct Total {
    #[merge(sum)]
    total: u64,
    #[merge(append)]
    log: Vec<u64>,
}

#[workflow]
struct Shapes;

#[workflow(state = Total)]
impl Shapes {
    #[step]
    async fn plain(&self, n: u64) -> u64 {
        n
    }

    #[step]
    async fn wait(&self, n: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        n
    }

    #[step]
    async fn add(&self, state: &mut Total, n: u64) -> u64 {
        state.total += n;
        state.log.push(n);
        n
    }

    #[step]
    async fn fail(&self, n: u64) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(n)).await;
        bail!("no luck with {n}")
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<String> {
        let answer: u64 = match how.as_str() {
            // What rides on a commit must not be overtaken by what builds on it.
            "overtaking" => {
                flow.plain(0).await?;
                let (a, b) = flow.parallel((flow.wait(2), flow.timed(1))).await?;
                a + b
            }
            // The engine drops what a failure or a timeout cuts off, and blames nobody.
            "a failure beside a sub-flow" => {
                match flow.parallel((flow.slow(1), flow.fail(1))).await {
                    Ok(_) => 0,
                    Err(_) => flow.plain(7).await?,
                }
            }
            "a timeout around a sub-flow" => {
                let cut = flow.endless(1).timeout(Duration::from_millis(30)).await;
                match cut {
                    Ok(_) => 0,
                    Err(error) => {
                        ensure!(error.code() == "timeout", "{error}");
                        flow.plain(8).await?
                    }
                }
            }
            // What a sub-flow changed is seen after a crash as well, however it was answered.
            "state in a sub-flow kept whole" => {
                flow.adds(5).timeout(Duration::from_secs(60)).await?;
                let seen = flow.state().total;
                flow.plain(seen).await?
            }
            "state in a decided container" => {
                let both = flow.parallel((flow.adds(5), flow.fail(30))).await;
                ensure!(both.is_err(), "one of them fails");
                let seen = flow.state().total;
                flow.plain(seen).await?
            }
            "a failure in a map of sub-flows" => {
                let all = flow.map([1, 2, 3, 4], |n| flow.mixed(n)).await;
                ensure!(all.is_err(), "one of them fails");
                let seen = flow.state().total;
                flow.plain(if seen <= 12 { 1 } else { 0 }).await?
            }
            // `sub#1` is not the beginning of `sub#10`.
            "eleven sub-flows" => {
                flow.adds(0).await?;
                let both = flow.parallel((flow.adds(1), flow.fail(30))).await;
                ensure!(both.is_err(), "one of them fails");
                for n in 2..=11 {
                    flow.adds(n).await?;
                }
                flow.state().total
            }
            "many at once" => {
                let all = flow.map(0..20, |n| flow.adds(n)).limit(7).await?;
                let nothing: Vec<u64> = flow.map([], |n: u64| flow.plain(n)).await?;
                let of_none = flow.parallel(Vec::<agno::StepCall<u64>>::new()).await?;
                flow.say("said once");
                all.iter().sum::<u64>() + (nothing.len() + of_none.len()) as u64
            }
            _ => bail!("unknown"),
        };
        Ok(format!("{answer} of {}", flow.state().total))
    }

    #[flow]
    async fn timed(flow: &Flow<Self>, n: u64) -> Result<u64> {
        let now = flow.now().duration_since(std::time::UNIX_EPOCH)?;
        let same = flow.wait(now.as_micros() as u64).await?;
        ensure!(u128::from(same) == now.as_micros(), "the time is recorded");
        Ok(n)
    }

    #[flow]
    async fn slow(flow: &Flow<Self>, n: u64) -> Result<u64> {
        flow.sleep(Duration::from_millis(200)).await?;
        flow.plain(n).await
    }

    #[flow]
    async fn endless(flow: &Flow<Self>, n: u64) -> Result<u64> {
        flow.sleep(Duration::from_secs(3600)).await?;
        Ok(n)
    }

    #[flow]
    async fn adds(flow: &Flow<Self>, n: u64) -> Result<u64> {
        flow.add(n).await
    }

    #[flow]
    async fn mixed(flow: &Flow<Self>, n: u64) -> Result<u64> {
        flow.add(n).await?;
        if n == 3 {
            flow.fail(20).await
        } else {
            flow.add(n).await
        }
    }
}

async fn survives(how: &'static str) {
    let test = CrashTest::new(|| Shapes, move || how.to_owned());
    let report = tokio::time::timeout(Duration::from_secs(60), test.run()).await;
    match report.expect("it does not hang") {
        Ok(report) => assert!(report.crashes >= 2, "{how}: {report:?}"),
        Err(failure) => panic!("{how}: {failure}"),
    }
}

macro_rules! shapes {
    ($($name:ident => $how:literal),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            survives($how).await;
        })+
    };
}

shapes! {
    overtaking => "overtaking",
    failure_beside_a_sub_flow => "a failure beside a sub-flow",
    timeout_around_a_sub_flow => "a timeout around a sub-flow",
    state_in_a_sub_flow_kept_whole => "state in a sub-flow kept whole",
    state_in_a_decided_container => "state in a decided container",
    failure_in_a_map_of_sub_flows => "a failure in a map of sub-flows",
    eleven_sub_flows => "eleven sub-flows",
    many_at_once => "many at once",
}

#[workflow]
struct Remembers;

#[workflow]
impl Remembers {
    #[step]
    async fn memo(&self, context: &StepContext, pause: u64) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        context.memo("part", async { Ok::<_, Error>(pause) }).await
    }
}

/// The run is put into the store beside its first step when that takes long, and the step may
/// be about to commit something itself.
#[tokio::test]
async fn a_memo_while_the_run_is_being_created() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sled:{}", folder.path().join("store").display());
    let runtime = Runtime::builder()
        .store(store)
        .workflow(Remembers)
        .build()
        .await
        .expect("opens");
    for pause in 15..25 {
        let run = runtime.start::<Remembers>(pause).await.expect("starts");
        let done = tokio::time::timeout(Duration::from_secs(20), run.outcome()).await;
        let outcome = done.expect("it does not hang");
        assert_eq!(
            outcome.output.expect("completes").as_str(),
            pause.to_string()
        );
    }
}

#[workflow]
struct Quotes;

#[workflow]
impl Quotes {
    #[step]
    async fn first(&self) -> Result<u64> {
        bail!("the first way is closed")
    }

    #[step]
    async fn second(&self) -> u64 {
        2
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u64> {
        let Err(first) = flow.first().await else {
            bail!("it never succeeds");
        };
        flow.second().await?;
        bail!("no way left, because {}", first.message())
    }
}

/// The failure was handled, so a resume does not take it back; it only says the same again.
#[tokio::test]
async fn a_handled_failure_that_is_quoted_later_is_not_tried_again() {
    let runtime = Runtime::builder()
        .workflow(Quotes)
        .build()
        .await
        .expect("builds");
    let run = runtime.start::<Quotes>(()).await.expect("starts");
    let first = run.outcome().await.error.expect("it fails");
    let again = runtime
        .resume(run.id())
        .await
        .expect("resumes")
        .outcome()
        .await;
    assert_eq!(again.error.expect("it fails"), first);
    assert_eq!((again.steps_run, again.steps_replayed), (0, 2));
}
