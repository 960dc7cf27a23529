//! `kill -9` in a loop of five turns, as a user runs it: the example `five_turns` against aimock,
//! whose own journal says what was asked of it.
//!
//! **The rule.** What is recorded when the process dies is never done again: no turn whose answer
//! is recorded is asked for, and no tool whose outcome is recorded is called. One turn may be asked
//! for twice: the one that was under way, between the question and the commit of its answer. A
//! process that ends by `AGNO_CRASH_AFTER` ends with a commit, when no turn is under way; only the
//! first may be, as the run is put into the store beside a first turn that takes longer than 20 ms.
//! The tool that must not be called twice has its effect once, or the run fails with
//! `may_have_run`, names it, and never calls it again.
//!
//! `AGNO_KILLS` says how often it is killed at a random time; 10 times if it says nothing.

use std::{
    collections::BTreeSet,
    fs,
    hash::{BuildHasher, RandomState},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    example::{binary, told},
    server::Server,
};

const SIGKILL: i32 = 9;
const TURNS: usize = 5;
const ANSWER: &str = "Order 7 is reserved and paid: tea, cup and ribbon.";
/// What the tools do: `reserve` may be called again, `charge` may not.
const EFFECTS: [&str; 5] = [
    "reserve tea",
    "reserve cup",
    "charge tea",
    "charge cup",
    "reserve ribbon",
];

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| binary("five_turns"));

/// A store, a ledger, and a server that nobody has asked yet.
struct Place<'a> {
    server: &'a Server,
    folder: TempDir,
    /// How long a tool stays busy after its effect.
    pause: Duration,
}

impl<'a> Place<'a> {
    fn new(server: &'a Server, pause: Duration) -> Self {
        // What it takes to build is not the run's time.
        LazyLock::force(&BINARY);
        server.forget();
        let folder = tempfile::tempdir().expect("is created");
        Self {
            server,
            folder,
            pause,
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&*BINARY);
        command
            .args(args)
            .arg("--json")
            .current_dir(self.folder.path())
            .env("AGNO_STORE", self.folder.path().join("store"))
            .env("OPENAI_BASE_URL", self.server.url("/v1"))
            .env("OPENAI_MODEL", "m")
            .env("FIVE_TURNS_LEDGER", self.ledger_file())
            .env("FIVE_TURNS_PAUSE_MS", self.pause.as_millis().to_string())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for variable in ["AGNO_CRASH_AFTER", "AGNO_MODEL", "OPENAI_API_KEY"] {
            command.env_remove(variable);
        }
        command
    }

    fn start(&self) -> Command {
        self.command(&["run", "--run-id", "seven", "--input", "Order 7"])
    }

    fn resume(&self) -> Output {
        self.command(&["resume", "seven"])
            .output()
            .expect("it starts")
    }

    fn ledger_file(&self) -> PathBuf {
        self.folder.path().join("ledger.txt")
    }

    /// What the tools did, in order.
    fn ledger(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.ledger_file()).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// The turns that the server was asked for, in order.
    fn asked(&self) -> Vec<usize> {
        self.server.journal().iter().map(|it| it.turn()).collect()
    }

    /// What is recorded of the run, if it is in the store.
    fn recorded(&self) -> Option<Recorded> {
        let output = self.command(&["show", "seven"]).output().expect("starts");
        let shown: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        if !output.status.success() {
            // Killed before anything of it was on disk.
            assert_eq!(shown["error"]["code"], "not_found", "{}", told(&output));
            return None;
        }
        let mut recorded = Recorded::default();
        for event in shown["events"].as_array().expect("has events") {
            let what = &event["what"];
            match what["type"].as_str() {
                Some("turn") => recorded.turns += 1,
                Some("tool_completed") => {
                    // The scripts name each call after its effect.
                    let call = what["call"].as_str().expect("has a name");
                    recorded.effects.insert(call.replace('_', " "));
                }
                _ => {}
            }
        }
        Some(recorded)
    }
}

/// What a dead process has left in the store.
#[derive(Default)]
struct Recorded {
    turns: usize,
    effects: BTreeSet<String>,
}

fn times<T: PartialEq + ?Sized>(all: &[impl std::borrow::Borrow<T>], one: &T) -> usize {
    all.iter().filter(|it| (*it).borrow() == one).count()
}

/// What all kills of a test came to.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// Turns that were recorded, and so not asked for again.
    turns_kept: usize,
    /// Turns that were under way and were asked for again.
    turns_again: usize,
    /// Calls of the tool that may be called again, and was.
    effects_again: usize,
    /// Runs that failed with `may_have_run`.
    surfaced: usize,
    /// Of these, those in which the tool had had its effect.
    surfaced_after_effect: usize,
}

/// Resumes what was killed, and holds it against the rule. Answers how many turns were asked for
/// again.
fn goes_on(place: &Place<'_>, after: &str, tally: &mut Tally) -> usize {
    tally.kills += 1;
    let recorded = place.recorded();
    let in_store = recorded.is_some();
    let recorded = recorded.unwrap_or_default();
    let (asked_before, ledger_before) = (place.asked(), place.ledger());
    let output = match in_store {
        true => place.resume(),
        false => place.start().output().expect("starts"),
    };
    let asked_after = place.asked().split_off(asked_before.len());
    let ledger = place.ledger();
    let state = format!(
        "{after}, {} turns and {:?} recorded; asked for {asked_before:?}, then {asked_after:?}; \
         did {ledger_before:?}, in the end {ledger:?}",
        recorded.turns, recorded.effects
    );
    let completed = output.status.success();
    if completed {
        let report: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        assert_eq!(report["output"], ANSWER, "{state}");
    }

    let mut again = 0;
    for turn in 1..=TURNS {
        let (before, after) = (times(&asked_before, &turn), times(&asked_after, &turn));
        assert!(before <= 1, "turn {turn} was asked for twice: {state}");
        if turn <= recorded.turns {
            assert_eq!(before, 1, "turn {turn} is recorded: {state}");
            assert_eq!(after, 0, "turn {turn} is recorded: {state}");
        } else {
            assert!(after <= 1, "turn {turn} was asked for twice: {state}");
            assert!(
                before == 0 || turn == recorded.turns + 1,
                "turn {turn} was asked for ahead of a record: {state}"
            );
            again += before * after;
        }
        assert!(!completed || before + after >= 1, "{state}");
    }
    tally.turns_kept += recorded.turns;
    tally.turns_again += again;

    for effect in EFFECTS {
        let (before, all) = (times(&ledger_before, effect), times(&ledger, effect));
        assert!(before <= 1, "{effect} twice in one process: {state}");
        if recorded.effects.contains(effect) {
            assert_eq!((before, all), (1, 1), "{effect} is recorded: {state}");
        }
        if effect.starts_with("charge") {
            assert!(all <= 1, "{effect} must not be done twice: {state}");
        } else {
            assert!(all <= 2, "{effect}: {state}");
            tally.effects_again += all.saturating_sub(1);
        }
        assert!(!completed || all >= 1, "no {effect}: {state}");
    }

    if !completed {
        let words = told(&output);
        let surfaced = words.contains("may_have_run") && words.contains("charge");
        assert!(surfaced, "{state}: {words}");
        tally.surfaced += 1;
        let had_effect = EFFECTS.iter().any(|effect| {
            let unknown = effect.starts_with("charge") && !recorded.effects.contains(*effect);
            unknown && times(&ledger, *effect) == 1
        });
        tally.surfaced_after_effect += usize::from(had_effect);
        // However often it is resumed.
        for _ in 0..2 {
            let output = place.resume();
            assert!(told(&output).contains("may_have_run"), "{state}");
            let charges = |ledger: &[String]| {
                let charges = ledger.iter().filter(|line| line.starts_with("charge"));
                charges.cloned().collect::<Vec<_>>()
            };
            assert_eq!(charges(&place.ledger()), charges(&ledger), "{state}");
            let asked = place.asked().len();
            assert_eq!(asked, asked_before.len() + asked_after.len(), "{state}");
        }
    }
    again
}

#[test]
fn a_crash_after_any_commit_asks_for_no_turn_twice() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let mut tally = Tally::default();
    loop {
        let commits = tally.kills + 1;
        let place = Place::new(&server, Duration::ZERO);
        let output = place
            .start()
            .env("AGNO_CRASH_AFTER", commits.to_string())
            .output();
        let output = output.expect("starts");
        if output.status.success() {
            assert_eq!(place.asked(), [1, 2, 3, 4, 5]);
            assert_eq!(place.ledger().len(), EFFECTS.len());
            break;
        }
        let after = format!("a crash after commit {commits}");
        let signal = output.status.signal();
        assert_eq!(signal, Some(SIGKILL), "{after}: {}", told(&output));
        let none_recorded = place.recorded().is_some_and(|it| it.turns == 0);
        let again = goes_on(&place, &after, &mut tally);
        assert!(again == 0 || none_recorded, "{after}: {again} turns again");
    }
    println!("AGNO_CRASH_AFTER: {tally:?}");
    // Five turns, five outcomes of tools, and the beginnings of two that must not be called twice.
    assert!(tally.kills >= 12, "{tally:?}");
    // What is known of a charge that was begun and did not end is only that.
    assert!(tally.surfaced >= 1, "{tally:?}");
}

/// Kills a process when `now` says so. True if it was still there to be killed.
fn kill_when(mut process: Child, now: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !now() {
        assert!(Instant::now() < deadline, "the moment does not come");
        if process.try_wait().expect("is a child").is_some() {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    process.kill().expect("is sent");
    let status = process.wait().expect("is over");
    status.signal() == Some(SIGKILL)
}

fn spawned(place: &Place<'_>) -> Child {
    let mut run = place.start();
    run.stdout(Stdio::null()).stderr(Stdio::null());
    run.spawn().expect("starts")
}

#[test]
fn killed_while_each_tool_runs() {
    let Some(server) = Server::aimock() else {
        return;
    };
    let mut tally = Tally::default();
    for line in 1..=EFFECTS.len() {
        // The line is written and not yet recorded: the process has this long to die.
        let place = Place::new(&server, Duration::from_millis(300));
        let killed = kill_when(spawned(&place), || place.ledger().len() >= line);
        assert!(killed, "it was over before it was killed");
        goes_on(&place, &format!("killed at effect {line}"), &mut tally);
    }
    println!("killed while a tool runs: {tally:?}");
    assert_eq!(tally.turns_again, 0, "no turn was under way: {tally:?}");
    // The charge beside the cup, at the later of their two lines, and the one alone.
    assert!(tally.surfaced_after_effect >= 2, "{tally:?}");
}

#[test]
fn killed_while_each_turn_is_answered() {
    // Each piece takes a while, so that the kill comes in the middle of the answer.
    let Some(server) = Server::slow_aimock(Duration::from_millis(60)) else {
        return;
    };
    let mut tally = Tally::default();
    for turn in 1..=TURNS {
        let place = Place::new(&server, Duration::ZERO);
        let killed = kill_when(spawned(&place), || place.asked().len() >= turn);
        assert!(killed, "it was over before it was killed");
        goes_on(&place, &format!("killed in turn {turn}"), &mut tally);
    }
    println!("killed while a turn is answered: {tally:?}");
    assert_eq!(tally.surfaced, 0, "{tally:?}");
}

#[test]
fn killed_at_any_time_it_goes_on() {
    let kills: usize = match std::env::var("AGNO_KILLS") {
        Ok(given) => given.parse().expect("AGNO_KILLS is a number"),
        Err(_) => 10,
    };
    let Some(server) = Server::slow_aimock(Duration::from_millis(4)) else {
        return;
    };
    let pause = Duration::from_millis(15);
    let place = Place::new(&server, pause);
    let begun = Instant::now();
    let whole = place.start().output().expect("starts");
    assert!(whole.status.success(), "{}", told(&whole));
    let took = begun.elapsed();

    let random = RandomState::new();
    let (mut tally, mut tries) = (Tally::default(), 0);
    while tally.kills < kills {
        tries += 1;
        assert!(tries < 10 * kills, "it is always done before it is killed");
        let wait = took.mul_f64((random.hash_one(tries) % 1000) as f64 / 1000.0);
        let place = Place::new(&server, pause);
        let begun = Instant::now();
        if kill_when(spawned(&place), || begun.elapsed() >= wait) {
            goes_on(&place, &format!("killed after {wait:?}"), &mut tally);
            let verified = place.command(&["store", "verify"]).output();
            assert!(verified.expect("starts").status.success(), "{wait:?}");
        }
    }
    println!("killed at random times, {took:?} for a whole run: {tally:?}");
}
