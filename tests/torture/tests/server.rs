//! A PostgreSQL server that is killed, a child that is killed, and connections that are cut, again and again
//! over one database: what was acknowledged is there, and runs no second time.
//!
//! `AGNO_SERVER_KILLS` and `AGNO_SERVER_FAULTS` say how often. A child runs workflows and commits large
//! batches, as in `kills.rs`; what one has left is the next one's once its leases are over.
#![cfg(all(unix, feature = "postgres"))]

use std::{
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime},
};

use agno_storage::{RunQuery, RunRecord};
use agno_torture::{
    backend::open_postgres,
    child::Said,
    effects::EffectsReader,
    figures::{Figures, times},
    ledger::Ledger,
};
use server::Server;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

#[path = "../../../agno-storage/tests/postgres/server.rs"]
mod server;

/// After so many rounds everything is looked at, and the store is asked what it finds. After each of
/// the others, whether every run is there, and all that was acknowledged since the round before.
const WHOLE_EVERY: u64 = 10;

/// So many cuts of one child's connections.
const CHAIN: u64 = 50;

/// The shortest lease that there is, so that the next child need not wait long for what one has left.
const LEASE: Duration = Duration::from_secs(1);

/// The lease of a child that lives for longer, or outlasts the server: it has to notice nothing.
const LONG_LEASE: Duration = Duration::from_secs(10);

/// How long nothing may happen before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the children call themselves to the server.
const CHILD: &str = "child";

/// What is killed in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    /// The child alone.
    Child,
    /// The child, and right after it the server.
    ChildThenServer,
    /// The server, and right after it the child.
    ServerThenChild,
    /// The server. The child's calls give up meanwhile, and its runs stop: it has to go on by itself.
    Server,
    /// The server, for less than the child's lease: its calls wait, and nobody notices.
    ServerWithinALease,
}

/// The server in two rounds of three, and all of them in a sample of four.
const ROUNDS: [Killed; 6] = [
    Killed::Server,
    Killed::ChildThenServer,
    Killed::Child,
    Killed::ServerThenChild,
    Killed::ServerWithinALease,
    Killed::Child,
];

#[test]
fn kills_of_the_server_and_of_its_child() {
    let Some(mut trial) = Trial::new() else {
        return;
    };
    let rounds = times("AGNO_SERVER_KILLS", 4);
    let mut outages = Vec::new();
    for round in 0..rounds {
        let killed = ROUNDS[usize::try_from(round).unwrap_or(0) % ROUNDS.len()];
        let what = format!("round {round}, {killed:?}");
        let lease = match killed {
            Killed::ServerWithinALease => LONG_LEASE,
            _ => LEASE,
        };
        let Some(mut said) = trial.child(&what, lease) else {
            break;
        };
        let mut may_notice = false;
        thread::sleep(Duration::from_millis(fastrand::u64(50..=400)));
        let heard = match killed {
            Killed::Child => said.kill(),
            Killed::ChildThenServer => {
                let heard = said.kill();
                trial.server.kill_and_restart();
                heard
            }
            Killed::ServerThenChild => {
                trial.server.kill();
                let heard = said.kill();
                trial.server.restart();
                heard
            }
            Killed::Server | Killed::ServerWithinALease => {
                let begun = Instant::now();
                trial.server.kill_and_restart();
                let outage = begun.elapsed();
                outages.push(outage);
                may_notice = outage > lease / 2;
                let back = micros();
                said.until(|line| finished(line).is_some_and(|at| at > back));
                said.kill()
            }
        };
        trial.figures.tried += 1;
        trial.look(&what, heard, may_notice);
        if trial.has_enough() {
            break;
        }
    }
    outages.sort();
    println!(
        "the server was away for {:?} at the median, {:?} at most",
        outages.get(outages.len() / 2),
        outages.last()
    );
    trial.finish_what_is_left();
    trial.end("kills");
}

#[test]
fn faults_of_connections_that_are_cut() {
    let Some(mut trial) = Trial::new() else {
        return;
    };
    let cuts = times("AGNO_SERVER_FAULTS", 10);
    let mut cut = 0;
    while cut < cuts && !trial.has_enough() {
        let Some(mut said) = trial.child(&format!("cut {cut}"), LONG_LEASE) else {
            break;
        };
        let mut alive = true;
        for _ in 0..CHAIN.min(cuts - cut) {
            let (since, mut left) = (micros(), fastrand::u32(1..40));
            alive = said.until(|line| {
                left -= u32::from(finished(line).is_some_and(|at| at > since)).min(left);
                left == 0
            });
            if !alive {
                break;
            }
            trial.cut_connections(fastrand::bool());
            cut += 1;
        }
        // It has to go on after the last one too.
        let since = micros();
        alive = alive && said.until(|line| finished(line).is_some_and(|at| at > since));
        let what = format!("cut {cut}, alive: {alive}");
        let heard = said.kill();
        trial.figures.tried = cut;
        trial.look(&what, heard, false);
    }
    trial.finish_what_is_left();
    trial.end("faults");
}

/// A server that answers before it has written loses what it has acknowledged, and the test sees it.
#[test]
fn the_control_without_a_sync_loses_what_it_acknowledged() {
    let Some(mut trial) = Trial::new() else {
        return;
    };
    trial.settings = "&options=-c%20synchronous_commit%3Doff";
    let mut tries = 0;
    // The server writes by itself several times a second: a kill may come right after that.
    while trial.figures.lost == 0 && tries < 10 {
        tries += 1;
        let Some(mut said) = trial.child("the control", LEASE) else {
            break;
        };
        let mut left = 200;
        said.until(|line| {
            left -= u32::from(line.starts_with("ack ")).min(left);
            left == 0
        });
        trial.server.kill();
        let heard = said.kill();
        trial.server.restart();
        trial.look("the control", heard, true);
    }
    let (acknowledged, lost) = (trial.figures.acknowledged, trial.figures.lost);
    println!("control postgres: {lost} of {acknowledged} lost, at kill {tries}");
    assert!(
        lost > 0,
        "without a sync nothing is lost: {:?}",
        trial.problems
    );
}

/// A server, the children over it, and what is known of them.
struct Trial {
    server: Server,
    /// What the children ask of the server, for their URL.
    settings: &'static str,
    place: tempfile::TempDir,
    runtime: Runtime,
    ledger: Ledger,
    effects: EffectsReader,
    figures: Figures,
    problems: Vec<String>,
    looks: u64,
    bodies: u64,
    /// Lines of children that met a store that was away: calls that gave up, runs that stopped.
    met: [u64; 2],
}

impl Trial {
    /// `None` where there is no PostgreSQL.
    fn new() -> Option<Self> {
        Some(Self {
            server: Server::durable()?,
            settings: "",
            place: tempfile::tempdir().expect("a directory"),
            runtime: Runtime::new().expect("a runtime"),
            ledger: Ledger::default(),
            effects: EffectsReader::default(),
            figures: Figures::default(),
            problems: Vec::new(),
            looks: 0,
            bodies: 0,
            met: [0; 2],
        })
    }

    fn has_enough(&self) -> bool {
        self.problems.len() > 20
    }

    /// A child that has opened the store.
    fn child(&mut self, what: &str, lease: Duration) -> Option<Said> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agno-torture"));
        let (url, settings) = (self.server.url(), self.settings);
        let url = format!("{url}?application_name={CHILD}{settings}");
        let effects = self.place.path().join("effects");
        let lease = lease.as_secs().to_string();
        command
            .args(["work", "postgres", &url, &lease])
            .arg(effects);
        let mut said = Said::start(command);
        if said.until(|line| line == "open") {
            return Some(said);
        }
        let (heard, _) = said.kill();
        self.problems
            .push(format!("{what}: it did not open: {heard:?}"));
        self.figures.unopened += 1;
        None
    }

    /// Terminates all connections of the child, or each with a chance of a half.
    fn cut_connections(&self, all: bool) {
        let half = if all { "true" } else { "random() < 0.5" };
        let cut = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where application_name = '{CHILD}' and {half}"
        );
        // By chance it may have been none.
        while self.ask(&cut) == 0 {}
    }

    /// The answer to a question whose answer is a number.
    fn ask(&self, question: &str) -> i64 {
        self.runtime.block_on(async {
            let url = self.server.url();
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("connect");
            tokio::spawn(connection);
            let row = client.query_one(question, &[]).await.expect("an answer");
            row.get(0)
        })
    }

    /// What a dead child has sent may still be carried out.
    fn wait_for_its_last_words(&self) {
        let begun = Instant::now();
        let connected =
            format!("select count(*) from pg_stat_activity where application_name = '{CHILD}'");
        while self.ask(&connected) > 0 {
            assert!(begun.elapsed() < PATIENCE, "it is dead and connected");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Holds the store against what the child has said, which may have noticed that the server was away.
    fn look(&mut self, what: &str, (heard, killed): (Vec<String>, bool), may_notice: bool) {
        self.looks += 1;
        if !killed {
            let last = heard.last();
            self.problems
                .push(format!("{what}: it had ended: {last:?}"));
        }
        for line in &heard {
            let word = line.split(' ').next().unwrap_or_default();
            let met = ["away", "stopped"].iter().position(|it| *it == word);
            if let Some(met) = met {
                self.met[met] += 1;
            }
            if matches!(word, "unexpected" | "broke") || (met.is_some() && !may_notice) {
                self.problems.push(format!("{what}: {line}"));
            }
        }
        self.wait_for_its_last_words();
        let acknowledged = heard.iter().filter(|line| line.starts_with("ack "));
        self.figures.acknowledged += acknowledged.count() as u64;
        self.ledger.note_all(heard.iter().map(String::as_str));
        let effects = self.place.path().join("effects");
        let ran = self.effects.read(&effects).expect("effects");
        self.bodies += ran.len() as u64;
        // What was recorded of these counts, heard of or not.
        ran.iter().for_each(|it| self.ledger.touch(&it.run));
        let whole = self.looks.is_multiple_of(WHOLE_EVERY);
        self.check(what, whole);
        let again = self.ledger.ran_again(&ran);
        self.figures.again += again.len() as u64;
        let again = again.iter().map(|it| format!("{what}: ran again: {it:?}"));
        self.problems.extend(again);
    }

    fn check(&mut self, what: &str, whole: bool) {
        let (ledger, url) = (&mut self.ledger, self.server.url());
        let finding = self.runtime.block_on(async {
            let store = open_postgres(&url, LEASE)
                .await
                .map_err(|error| error.to_string())?;
            let finding = match whole {
                true => ledger.check_and_verify(&*store).await,
                false => ledger.check(&*store).await,
            };
            store.close().await.expect("close");
            Ok::<_, String>(finding)
        });
        match finding {
            Ok(finding) => {
                self.figures.lost += (finding.missing.len() + finding.wrong.len()) as u64;
                if !finding.is_sound() {
                    self.problems.push(format!("{what}: {finding:?}"));
                }
            }
            Err(error) => {
                self.figures.unopened += 1;
                self.problems
                    .push(format!("{what}: the store does not open: {error}"));
            }
        }
    }

    /// The last child: whatever the others have left comes to its end.
    fn finish_what_is_left(&mut self) {
        let what = "at the end";
        let left = self.unfinished();
        println!("{} runs were left", left.len());
        let Some(said) = self.child(what, LONG_LEASE) else {
            return;
        };
        let (mut fewest, mut since) = (left.len(), Instant::now());
        loop {
            let mut now = self.unfinished();
            now.retain(|run| left.iter().any(|it| it.id == run.id));
            if now.is_empty() {
                break;
            }
            if now.len() < fewest {
                (fewest, since) = (now.len(), Instant::now());
            }
            if since.elapsed() > PATIENCE {
                let now = now.iter().take(5);
                let problems =
                    now.map(|run| format!("{what}: not finished: {}", self.told_of(run)));
                let problems: Vec<_> = problems.collect();
                self.problems.extend(problems);
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let heard = said.kill();
        self.look(what, heard, false);
        self.check(what, true);
    }

    /// Runs of workflows that are not over: nobody need answer them, since the child does.
    fn unfinished(&self) -> Vec<RunRecord> {
        let url = self.server.url();
        self.runtime.block_on(async {
            let store = open_postgres(&url, LEASE).await.expect("open");
            let query = RunQuery {
                workflow: Some("Errand".into()),
                ..RunQuery::default()
            };
            let mut runs = store.runs(query).await.expect("runs");
            store.close().await.expect("close");
            runs.retain(|run| !run.status.is_over());
            runs
        })
    }

    /// A run with the paths of its journal and what it asks.
    fn told_of(&self, run: &RunRecord) -> String {
        let url = self.server.url();
        self.runtime.block_on(async {
            let store = open_postgres(&url, LEASE).await.expect("open");
            let journal = store.journal(&run.id, 0).await.expect("journal");
            let paths: Vec<_> = journal.iter().map(|entry| &*entry.path).collect();
            let mut open = store.requests(Default::default()).await.expect("requests");
            let all = open.len();
            open.retain(|request| request.run == run.id);
            store.close().await.expect("close");
            format!("{run:?}, recorded: {paths:?}, asks: {open:?} of {all}")
        })
    }

    fn end(self, test: &str) {
        let Figures {
            tried,
            acknowledged,
            ..
        } = self.figures;
        let [gave_up, stopped] = self.met;
        println!(
            "{} bodies ran; {gave_up} calls gave up and {stopped} runs stopped while the server was away",
            self.bodies
        );
        self.figures.print("postgres", test);
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
        assert!(acknowledged > tried * 5, "hardly anything was acknowledged");
    }
}

/// When the outcome that this line acknowledges was finished.
fn finished(line: &str) -> Option<u64> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["ack", _, _, _, at] => at.parse().ok(),
        _ => None,
    }
}

fn micros() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_micros()).expect("before the year 500,000")
}
