//! A crash loses everything; only paused runs continue; cancelling throws finished work away.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use agno::{RunStatus, prelude::*};
use tokio::sync::Notify;

use crate::kit::{self, Ran};

/// Killed in the fourth of five steps.
#[cfg(all(unix, feature = "sled"))]
mod killed {
    use std::{
        fs::OpenOptions,
        io::{BufRead, BufReader, Write},
        path::{Path, PathBuf},
        process::{Command, Stdio},
    };

    use agno::{RunStatus, prelude::*};

    use crate::kit;

    const FOLDER: &str = "AGNO_FAULT_FOLDER";
    const TEST: &str = "crashes::killed::a_killed_run_keeps_what_was_finished";

    #[workflow]
    struct Five {
        log: PathBuf,
        hangs: bool,
    }

    #[workflow]
    impl Five {
        #[step]
        async fn work(&self, number: u32) -> Result<u32> {
            let mut log = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.log)?;
            writeln!(log, "{number}")?;
            if self.hangs && number == 4 {
                println!("\nin step four");
                std::future::pending::<()>().await;
            }
            Ok(number)
        }

        #[flow]
        async fn run(flow: &Flow<Self>) -> Result<u32> {
            let mut sum = 0;
            for number in 1..=5 {
                sum += flow.work(number).await?;
            }
            Ok(sum)
        }
    }

    async fn runtime(folder: &Path, hangs: bool) -> Runtime {
        let log = folder.join("log");
        let builder = Runtime::builder()
            .store(format!("sled:{}", folder.join("store").display()))
            .workflow(Five { log, hangs });
        builder.build().await.expect("the store opens")
    }

    #[tokio::test]
    async fn a_killed_run_keeps_what_was_finished() {
        // This program is the killed one as well, started a second time.
        if let Some(folder) = std::env::var_os(FOLDER) {
            let runtime = runtime(Path::new(&folder), true).await;
            let run = runtime.start::<Five>(()).run_id("r").await.expect("starts");
            run.await.expect("never ends");
        }
        let folder = tempfile::tempdir().expect("is created");
        let this = std::env::current_exe().expect("has a path");
        let mut child = Command::new(this)
            .args(["--exact", TEST, "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        let mut lines = lines.map(|line| line.expect("is text"));
        assert!(lines.any(|line| line == "in step four"), "it ended before");
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");

        let runtime = runtime(folder.path(), false).await;
        let details = runtime.inspect(&kit::id()).await.expect("the run is there");
        assert_eq!(details.record.status, RunStatus::Running);
        let run = runtime.resume(&kit::id()).await.expect("resumes");
        let outcome = run.outcome().await;
        assert_eq!(outcome.output.expect("completes").as_str(), "15");
        assert_eq!((outcome.steps_replayed, outcome.steps_run), (3, 2));
        let log = std::fs::read_to_string(folder.path().join("log")).expect("is there");
        assert_eq!(log.split_whitespace().collect::<String>(), "123445");
    }
}

#[workflow]
#[derive(Clone, Default)]
struct Stuck {
    ran: Ran,
    is_repaired: Arc<AtomicBool>,
    begun: Arc<Notify>,
    dropped: Arc<AtomicBool>,
}

/// Tells that it was dropped.
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[workflow]
impl Stuck {
    #[step]
    async fn first(&self) -> Result<u32> {
        self.ran.hit("first");
        Ok(1)
    }

    #[step]
    async fn hangs(&self) -> Result<u32> {
        if !self.is_repaired.load(Ordering::SeqCst) {
            let _guard = Guard(self.dropped.clone());
            self.begun.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(2)
    }

    #[step]
    async fn fails(&self) -> Result<u32> {
        ensure!(self.is_repaired.load(Ordering::SeqCst), "boom");
        Ok(3)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, how: String) -> Result<u32> {
        let first = flow.first().await?;
        let second = match how.as_str() {
            "fails" => flow.fails().await?,
            "hangs" => flow.hangs().await?,
            _ => 0,
        };
        Ok(first + second)
    }
}

#[tokio::test]
async fn failed_cancelled_and_crashed_runs_have_a_way_on() {
    for (how, status, output) in [
        ("fails", RunStatus::Failed, "4"),
        ("hangs", RunStatus::Cancelled, "3"),
        ("crashes", RunStatus::Running, "1"),
    ] {
        let (storage, stuck) = (kit::store(), Stuck::default());
        if how == "crashes" {
            assert!(kit::crash_after(&storage, 1, stuck.clone(), how.to_owned()).await);
        } else {
            let runtime = kit::runtime(&storage, stuck.clone()).await;
            let start = runtime.start::<Stuck>(how.to_owned());
            let run = start.run_id("r").await.expect("starts");
            if how == "hangs" {
                stuck.begun.notified().await;
                runtime.cancel(run.id()).await.expect("cancels");
            }
            assert_eq!(run.outcome().await.status, status, "{how}");
        }
        let record = storage.run(&kit::id()).await.expect("reads");
        assert_eq!(record.expect("is recorded").status, status, "{how}");

        stuck.is_repaired.store(true, Ordering::SeqCst);
        let outcome = kit::resume(&storage, stuck.clone()).await;
        let error = outcome.error;
        let text = outcome.output.unwrap_or_else(|| panic!("{how}: {error:?}"));
        assert_eq!(text.as_str(), output, "{how}");
        assert_eq!(stuck.ran.count("first"), 1, "{how}: it had finished");
    }
}

/// Two steps at once: one has finished, the other never does.
#[workflow]
#[derive(Clone, Default)]
struct Cancelled {
    stuck: Stuck,
}

#[workflow]
impl Cancelled {
    #[step]
    async fn finishes(&self) -> Result<u32> {
        self.stuck.ran.hit("finishes");
        Ok(1)
    }

    #[step]
    async fn hangs(&self, _after: u32) -> Result<u32> {
        self.stuck.hangs().await
    }

    #[flow]
    async fn run(flow: &Flow<Self>) -> Result<u32> {
        let both = flow.parallel((flow.finishes(), flow.branch()));
        let (left, right) = both.await?;
        Ok(left + right)
    }

    #[flow]
    async fn branch(flow: &Flow<Self>) -> Result<u32> {
        let one = flow.finishes().await?;
        flow.hangs(one).await
    }
}

#[tokio::test]
async fn cancelling_drops_what_runs_and_keeps_what_is_finished() {
    let (storage, program) = (kit::store(), Cancelled::default());
    let runtime = kit::runtime(&storage, program.clone()).await;
    let start = runtime.start::<Cancelled>(());
    let run = start.run_id("r").await.expect("starts");
    program.stuck.begun.notified().await;
    // The step would never end: what answers here did not wait for it.
    let outcome = runtime.cancel(run.id()).await.expect("cancels");
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert!(program.stuck.dropped.load(Ordering::SeqCst));
    let mut kept = kit::paths(&storage).await;
    kept.sort();
    assert_eq!(kept, ["branch#0/finishes#0", "finishes#0"]);

    program.stuck.is_repaired.store(true, Ordering::SeqCst);
    let outcome = kit::resume(&storage, program.clone()).await;
    assert_eq!(outcome.output.expect("completes").as_str(), "3");
    assert_eq!((outcome.steps_replayed, outcome.steps_run), (2, 1));
    assert_eq!(program.stuck.ran.count("finishes"), 2, "once each");
}
