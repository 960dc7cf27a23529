//! Workers that are processes, over a PostgreSQL server of the test's own. They are killed, stopped and asked
//! to end; what their steps did is in a file that they append to.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant, SystemTime},
};

use agno::{EntryKind, EventKind, RunId, RunQuery, RunStatus, Runtime, prelude::*};

use crate::server::Server;

/// Short, so that a test sees many of them end.
const LEASE: Duration = Duration::from_secs(2);

/// What a killed worker had is another one's by then: its lease has ended, and half of one more has gone.
const REPLACED: Duration = Duration::from_secs(3);

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the other process finds the store, and where it says what it does.
const STORE: &str = "AGNO_WORKERS_TEST_STORE";
const EFFECTS: &str = "AGNO_WORKERS_TEST_EFFECTS";

/// Does something out in the world, one part after the other.
#[workflow]
struct Load {
    effects: PathBuf,
}

#[workflow]
impl Load {
    /// Answers which of its executions this was.
    #[step]
    async fn part(&self, context: &StepContext, number: u32, millis: u64) -> Result<String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let pid = std::process::id();
        let token = format!("{pid}.{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let key = context.idempotency_key();
        let line = format!("{} {key} {token} {pid} {}\n", context.run_id(), micros());
        let mut effects = OpenOptions::new().append(true).open(&self.effects)?;
        effects.write_all(line.as_bytes())?;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        ensure!(number > 0, "parts are counted from 1");
        Ok(token)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, parts: u32, millis: u64) -> Result<u32> {
        for number in 1..=parts {
            flow.part(number, millis).await?;
        }
        Ok(parts)
    }
}

fn micros() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_micros()).expect("before the year 500,000")
}

/// What a step did.
#[derive(Clone, Debug)]
struct Effect {
    run: String,
    key: String,
    token: String,
    pid: u32,
    at: u64,
}

/// A server, the file of effects, and a runtime that starts runs and runs none.
struct Place {
    _server: Server,
    directory: tempfile::TempDir,
    store: String,
    desk: Runtime,
}

impl Place {
    /// `None` where there is no PostgreSQL.
    async fn new() -> Option<Self> {
        let server = Server::start()?;
        let directory = tempfile::tempdir().expect("a directory");
        let effects = directory.path().join("effects");
        fs::write(&effects, "").expect("a file");
        let store = format!("{}?schema=shared&lease={}s", server.url(), LEASE.as_secs());
        let builder = Runtime::builder().store(&store).workflow(Load { effects });
        let desk = builder.build().await.expect("the store opens");
        Some(Self {
            _server: server,
            directory,
            store,
            desk,
        })
    }

    fn effects_file(&self) -> PathBuf {
        self.directory.path().join("effects")
    }

    fn worker(&self) -> WorkerProcess {
        let mut command = Command::new(std::env::current_exe().expect("has a path"));
        let child = command
            .args([
                "--ignored",
                "--exact",
                "processes::worker_process",
                "--nocapture",
            ])
            .env(STORE, &self.store)
            .env(EFFECTS, self.effects_file())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        WorkerProcess(child)
    }

    async fn put_down(&self, run: &str, parts: u32, millis: u64) {
        let start = self.desk.start::<Load>((parts, millis));
        let start = start.run_id(run).detached();
        start.await.expect("is put down");
    }

    fn effects(&self) -> Vec<Effect> {
        let text = fs::read_to_string(self.effects_file()).expect("the effects");
        let effect = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut word = || words.next().expect("a whole line");
            Effect {
                run: word(),
                key: word(),
                token: word(),
                pid: word().parse().expect("a pid"),
                at: word().parse().expect("a time"),
            }
        };
        text.lines().map(effect).collect()
    }

    async fn completed(&self) -> usize {
        let query = RunQuery {
            status: Some(RunStatus::Completed),
            ..RunQuery::default()
        };
        self.desk.runs(query).await.expect("reads").len()
    }

    async fn until_completed(&self, runs: usize) {
        until("all runs are over", async || self.completed().await == runs).await;
    }

    /// What was acknowledged is what was done last, and nothing was done after it; every run has ended
    /// once. Answers how long runs waited after the process that had them was killed.
    async fn check(&self, killed: &HashMap<u32, u64>) -> Vec<Duration> {
        let mut by_key: BTreeMap<&str, Vec<&Effect>> = BTreeMap::new();
        let mut by_run: BTreeMap<&str, Vec<&Effect>> = BTreeMap::new();
        let effects = self.effects();
        for effect in &effects {
            by_key.entry(&effect.key).or_default().push(effect);
            by_run.entry(&effect.run).or_default().push(effect);
        }
        let mut delays = Vec::new();
        for head in self.desk.runs(RunQuery::default()).await.expect("reads") {
            let run = self.desk.inspect(&head.id).await.expect("a run");
            assert_eq!(run.record.status, RunStatus::Completed, "{}", head.id);
            let events = run.journal.iter().flat_map(|entry| &entry.events);
            let ends = events.filter(|e| matches!(e.kind, EventKind::RunEnded { .. }));
            assert_eq!(ends.count(), 1, "{} has ended once", head.id);
            for entry in &run.journal {
                if entry.kind != EntryKind::Step {
                    continue;
                }
                let key = format!("{}:{}", head.id, entry.path);
                let token: String = entry
                    .output
                    .as_ref()
                    .expect("an output")
                    .decode()
                    .expect("text");
                let last = by_key[&*key].iter().max_by_key(|effect| effect.at);
                let last = last.expect("it ran");
                assert_eq!(
                    last.token, token,
                    "{key} ran again after it was acknowledged"
                );
            }
            let claims = run
                .journal
                .iter()
                .filter(|e| e.path.starts_with("@resumed~"));
            let claims: Vec<u64> = claims.map(|entry| entry.finished_at).collect();
            let mine = by_run.get(head.id.as_str()).map_or(&[][..], Vec::as_slice);
            for (pid, died) in killed {
                let before = mine.iter().filter(|effect| effect.at <= *died);
                let had_it = before.max_by_key(|effect| effect.at);
                let next = claims.iter().filter(|at| **at > *died).min();
                if let (Some(last), Some(next)) = (had_it, next)
                    && last.pid == *pid
                {
                    delays.push(Duration::from_micros(next - died));
                }
            }
        }
        delays
    }
}

/// A worker. Killed with the test.
struct WorkerProcess(Child);

impl WorkerProcess {
    fn pid(&self) -> u32 {
        self.0.id()
    }

    /// When it was killed.
    fn kill(&mut self) -> u64 {
        self.0.kill().expect("is killed");
        self.0.wait().expect("has ended");
        micros()
    }

    fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.expect("kill").success(), "{name} to {pid}");
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
#[ignore = "the other process of the tests of this module"]
fn worker_process() {
    let (Ok(store), Some(effects)) = (std::env::var(STORE), std::env::var_os(EFFECTS)) else {
        return println!("skipped: it is started by other tests");
    };
    let effects = Path::new(&effects).to_owned();
    let app = agno::app().workflow(Load { effects }).store(store);
    let code = app.run_from(["worker", "--limit", "16"]);
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// One of three workers is killed every second: ten times, or a minute long if many are asked for.
#[tokio::test]
async fn three_workers_of_which_one_is_killed_every_second() {
    let Some(place) = Place::new().await else {
        return;
    };
    let asked = std::env::var("AGNO_KILLS")
        .ok()
        .and_then(|n| n.parse().ok());
    let kills = (asked.unwrap_or(20_usize) / 2).clamp(1, 60);
    let mut workers: Vec<_> = (0..3).map(|_| place.worker()).collect();
    let mut killed = HashMap::new();
    let mut runs = 0;
    place.put_down("first", 1, 1).await;
    place.until_completed(1).await;
    for _ in 0..kills {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(1) {
            place.put_down(&format!("r{runs}"), 8, 60).await;
            runs += 1;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        let mut oldest = workers.remove(0);
        killed.insert(oldest.pid(), oldest.kill());
        workers.push(place.worker());
    }
    place.until_completed(runs + 1).await;
    let mut delays = place.check(&killed).await;
    delays.sort();
    let all = place.effects().len();
    let (half, longest) = (delays.get(delays.len() / 2), delays.last());
    println!(
        "workers: kills={kills} runs={runs} steps={} again={} moved={} wait_median={half:?} wait_max={longest:?}",
        runs * 8 + 1,
        all - (runs * 8 + 1),
        delays.len(),
    );
    let longest = longest.expect("some runs were under way");
    assert!(*longest <= REPLACED, "{longest:?}");
}

/// A worker that is stopped for longer than its lease, and goes on.
#[tokio::test]
async fn a_worker_that_was_stopped_writes_nothing_more() {
    let Some(place) = Place::new().await else {
        return;
    };
    let zombie = place.worker();
    for run in 0..8 {
        place.put_down(&format!("r{run}"), 6, 300).await;
    }
    until("all are under way", async || place.effects().len() >= 16).await;
    zombie.signal("-STOP");
    let stopped = micros();
    let successor = place.worker();
    place.until_completed(8).await;
    let heads = async || {
        let runs = place.desk.runs(RunQuery::default()).await.expect("reads");
        let fence = |id: &RunId, fence, at| (id.to_string(), fence, at);
        let heads = runs
            .iter()
            .map(|run| fence(&run.id, run.fence, run.updated_at));
        heads.collect::<Vec<_>>()
    };
    let before = heads().await;
    let done = place.effects().len();
    zombie.signal("-CONT");
    // It lives, and works: on what comes next, once it is alone.
    drop(successor);
    place.put_down("next", 2, 10).await;
    place.until_completed(9).await;
    let mut after = heads().await;
    after.retain(|(run, ..)| run != "next");
    assert_eq!(after, before);
    let effects = place.effects();
    let late = effects
        .iter()
        .filter(|e| e.pid == zombie.pid() && e.at > stopped);
    let late: Vec<_> = late.filter(|effect| effect.run != "next").collect();
    assert!(late.is_empty(), "it has begun {late:?}");
    assert_eq!(effects.len(), done + 2);
    place.check(&HashMap::new()).await;
}

#[tokio::test]
async fn a_worker_that_is_asked_to_end_gives_back_what_it_has() {
    let Some(place) = Place::new().await else {
        return;
    };
    let mut first = place.worker();
    for run in 0..8 {
        place.put_down(&format!("r{run}"), 6, 300).await;
    }
    until("all are under way", async || place.effects().len() >= 16).await;
    first.signal("-TERM");
    let code = first.0.wait().expect("has ended").code();
    assert_eq!(code, Some(0));
    let begun = place.effects().len();
    assert!(begun < 48, "{begun}: it has not waited for the runs' ends");
    let second = place.worker();
    place.until_completed(8).await;
    // No step was cut off, so none ran twice.
    assert_eq!(place.effects().len(), 48);
    place.check(&HashMap::new()).await;
    drop(second);
}
