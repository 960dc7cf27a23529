//! The main job, as a user runs it: the example's binary over a folder of documents. Digested
//! again, after a change, after a crash at every commit, and killed at random times.
//!
//! `AGNO_KILLS` says how often it is killed; 20 times if it says nothing.
#![cfg(all(unix, feature = "cli", feature = "sled"))]

#[path = "digest/documents.rs"]
mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use documents::DOCUMENTS;
use serde_json::Value;
use tempfile::TempDir;

const SIGKILL: i32 = 9;
/// Beside one `digest` for every document: `list`, `remember`, `list` again, `write`.
const OTHER_STEPS: u64 = 4;

/// The example, which cargo builds next to the tests.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let binary = profile.join("examples/digest");
    let built = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if std::env::var_os("AGNO_BUILT").is_none() && built(&binary) < built(&test) {
        // Only this test was built, as by `cargo test --test digest`.
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--package",
            "agno-workflows",
            "--example",
            "digest",
        ]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success());
    }
    binary
});

/// A folder of documents and a store.
struct Place {
    folder: TempDir,
    store: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("is created"),
            store: tempfile::tempdir().expect("is created"),
        };
        documents::write(place.folder.path());
        place
    }

    /// The same documents, and nothing known of them.
    fn forget(&mut self) {
        self.store = tempfile::tempdir().expect("is created");
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&*BINARY);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("AGNO_STORE", self.store.path().join("store"))
            .env("NO_COLOR", "1")
            .env_remove("AGNO_CRASH_AFTER")
            .stdin(Stdio::null());
        command
    }

    fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("starts")
    }

    /// What a verb prints with `--json`, if it succeeds.
    fn json(&self, args: &[&str]) -> Value {
        let output = self.output(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", told(&output));
        serde_json::from_slice(&output.stdout).expect("is JSON")
    }

    fn run(&self, args: &[&str]) -> Run {
        Run(self.json(&[&["run"], args].concat()))
    }

    fn runs(&self) -> usize {
        let listed = self.json(&["runs"]);
        listed["runs"].as_array().expect("is a list").len()
    }

    fn show(&self, run: &str) -> Run {
        Run(self.json(&["show", run]))
    }
}

fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{text}", output.status)
}

/// A run as the command line tells of it.
struct Run(Value);

impl Run {
    fn count(&self, what: &str) -> u64 {
        self.0[what]
            .as_u64()
            .unwrap_or_else(|| panic!("no {what} in {}", self.0))
    }

    fn id(&self) -> &str {
        self.0["run_id"].as_str().expect("has an id")
    }

    fn report(&self) -> &str {
        self.0["output"].as_str().expect("has a report")
    }

    /// The report without the line about this run.
    fn body(&self) -> &str {
        let (body, _) = self
            .report()
            .trim_end()
            .rsplit_once('\n')
            .expect("has lines");
        body
    }

    fn last_line(&self) -> &str {
        self.report().lines().last().expect("has lines")
    }

    fn list(&self, what: &str) -> &[Value] {
        self.0[what].as_array().expect("is a list")
    }

    /// The paths of the steps of a name that ran in this run.
    fn ran(&self, name: &str) -> Vec<&str> {
        let steps = self.list("steps").iter();
        steps
            .filter(|step| step["name"] == name && step["source"] == "ran")
            .filter_map(|step| step["path"].as_str())
            .collect()
    }
}

#[test]
fn only_what_has_changed_is_read_again() {
    let place = Place::new();
    let all = DOCUMENTS.len() as u64;
    let first = place.run(&[]);
    assert_eq!(first.count("steps_run"), all + OTHER_STEPS);
    assert_eq!(
        first.last_line(),
        "12 documents read anew, 0 known from earlier runs."
    );
    for (path, _) in DOCUMENTS {
        assert!(
            first.report().contains(&format!("({path})")),
            "no link to {path}"
        );
    }
    assert!(
        first
            .report()
            .contains("A bee that has found a rich field dances on the comb")
    );
    assert!(!first.report().contains("println"));

    // Nothing has changed: the folder is listed, and that is all.
    let second = place.run(&[]);
    assert_eq!(second.count("steps_run"), 1);
    assert_eq!(
        second.last_line(),
        "Nothing is new in 12 documents: cached report."
    );
    assert_eq!(second.body(), first.body());

    // Another length of the same reads nothing either.
    let short = place.run(&["--max-words", "300"]);
    assert_eq!(short.count("steps_run"), 2, "list and write");
    assert!(short.report().len() < first.report().len());

    let bread = fs::read_to_string(place.file("bread.txt")).expect("is there");
    let salted = format!("{bread}\nThe baker weighs the salt for the bread dough to the gram.\n");
    fs::write(place.file("bread.txt"), &salted).expect("is written");
    let changed = place.run(&[]);
    assert_eq!(changed.count("steps_run"), 1 + OTHER_STEPS);
    assert_eq!(
        changed.last_line(),
        "1 document read anew, 11 known from earlier runs."
    );
    assert!(
        changed.report().contains("weighs the salt"),
        "{}",
        changed.report()
    );
    let shown = place.show(changed.id());
    assert_eq!(shown.ran("digest"), ["map#0[0]/digest#0"]);

    // What it was before is known from the cache.
    fs::write(place.file("bread.txt"), &bread).expect("is written");
    let back = place.run(&[]);
    assert_eq!(
        (back.count("steps_cached"), back.count("steps_run")),
        (1, OTHER_STEPS)
    );
    assert_eq!(back.body(), first.body());

    // Another session has another state and the same cache.
    let other = place.run(&["--session", "other"]);
    assert_eq!(
        (other.count("steps_cached"), other.count("steps_run")),
        (all, OTHER_STEPS)
    );
    assert_eq!(other.body(), first.body());

    fs::remove_file(place.file("bread.txt")).expect("is there");
    let without = place.run(&[]);
    assert_eq!(without.count("steps_run"), 2, "list and write");
    assert!(
        without
            .report()
            .contains("## Gone since the last run\n\n- bread.txt")
    );
    assert!(
        !place.run(&[]).report().contains("bread.txt"),
        "it was news once"
    );
}

/// What a run must come to, and how long it takes.
fn uninterrupted(place: &mut Place) -> (String, Duration) {
    let begun = Instant::now();
    let report = place.run(&[]).report().to_owned();
    let took = begun.elapsed();
    place.forget();
    (report, took)
}

/// What is recorded of a run whose process is dead.
struct Recorded {
    steps: BTreeSet<String>,
    events: u64,
}

impl Recorded {
    /// Nothing if the process died before the run was in the store.
    fn of(place: &Place, run: &str) -> Option<Self> {
        if place.runs() == 0 {
            return None;
        }
        let shown = place.show(run);
        let done = |step: &&Value| step["status"] == "completed";
        let steps = shown.list("steps").iter().filter(done);
        Some(Self {
            steps: steps
                .filter_map(|step| step["path"].as_str().map(str::to_owned))
                .collect(),
            events: shown.list("events").len() as u64,
        })
    }

    /// No step that was recorded has begun again.
    fn has_not_run_again(&self, place: &Place, run: &str, after: &str) {
        let shown = place.show(run);
        for event in shown.list("events") {
            let path = event["path"].as_str().unwrap_or_default();
            let is_later = event["number"]
                .as_u64()
                .is_some_and(|number| number >= self.events);
            if is_later && event["type"] == "step_started" {
                assert!(!self.steps.contains(path), "{after}: `{path}` ran again");
            }
        }
        assert_eq!(shown.0["status"], "completed", "{after}");
    }
}

#[test]
fn a_crash_after_any_commit_changes_nothing() {
    let mut place = Place::new();
    let (expected, _) = uninterrupted(&mut place);
    let mut crashes = 0;
    loop {
        let mut command = place.command(&["run", "--run-id", "crash"]);
        let output = command
            .env("AGNO_CRASH_AFTER", (crashes + 1).to_string())
            .output();
        let output = output.expect("starts");
        if output.status.success() {
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim_end(),
                expected.trim_end()
            );
            break;
        }
        crashes += 1;
        let after = format!("a crash after commit {crashes}");
        assert_eq!(
            output.status.signal(),
            Some(SIGKILL),
            "{after}: {}",
            told(&output)
        );
        assert!(output.stdout.is_empty(), "{after}: a report before the end");

        let recorded = Recorded::of(&place, "crash").expect("a commit creates the run");
        let resumed = Run(place.json(&["resume", "crash"]));
        assert_eq!(resumed.report(), expected, "{after}");
        let all = DOCUMENTS.len() as u64 + OTHER_STEPS;
        assert_eq!(
            resumed.count("steps_run"),
            all - recorded.steps.len() as u64,
            "{after}"
        );
        recorded.has_not_run_again(&place, "crash", &after);
        place.forget();
    }
    let steps = DOCUMENTS.len() as u64 + OTHER_STEPS;
    assert!(crashes >= steps, "{crashes} commits for {steps} steps");
}

#[test]
fn killed_at_any_time_it_goes_on() {
    let kills: u64 = match std::env::var("AGNO_KILLS") {
        Ok(given) => given.parse().expect("AGNO_KILLS is a number"),
        Err(_) => 20,
    };
    let mut place = Place::new();
    let (expected, took) = uninterrupted(&mut place);
    let random = RandomState::new();
    let (mut killed, mut tries) = (0, 0);
    while killed < kills {
        tries += 1;
        assert!(tries < 10 * kills, "it is always done before it is killed");
        let wait = took.mul_f64((random.hash_one(tries) % 1000) as f64 / 1000.0);
        let after = format!("killed after {wait:?}");
        let mut run = place.command(&["run", "--run-id", "kill"]);
        let mut run = run
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(wait);
        run.kill().expect("is sent");
        let status = run.wait().expect("is over");
        killed += u64::from(status.signal() == Some(SIGKILL));

        let recorded = Recorded::of(&place, "kill");
        let resumed = match &recorded {
            Some(_) => Run(place.json(&["resume", "kill"])),
            None => place.run(&["--run-id", "kill"]),
        };
        assert_eq!(resumed.report(), expected, "{after}");
        if let Some(recorded) = recorded {
            recorded.has_not_run_again(&place, "kill", &after);
        }
        assert!(
            place.output(&["store", "verify"]).status.success(),
            "{after}"
        );
        place.forget();
    }
}

#[test]
fn bad_input_is_refused_with_its_place_and_starts_nothing() {
    let place = Place::new();
    let large = format!(r#"{{"path": "{}"}}"#, "x".repeat(50 * 1024 * 1024));
    for (input, expected) in [
        (r#"{"path": 1}"#.as_bytes(), "path"),
        (br#"{"path": ""}"#, "path"),
        (br#"{"max_words": 5}"#, "max_words"),
        (br#"{"folder": "."}"#, "folder"),
        (
            br#"{"max_words": "many", "max_kib": 0, "paht": ""}"#,
            "max_kib",
        ),
        (b"docs", "JSON"),
        (b"{\"path\": \"\xff\"}", "UTF-8"),
        (large.as_bytes(), "limit is 16 MB"),
    ] {
        let mut command = place.command(&["run", "--input", "-"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        // It may have seen enough before it has read everything.
        let _ = child.stdin.take().expect("is piped").write_all(input);
        let output = child.wait_with_output().expect("is over");
        let shown = String::from_utf8_lossy(&input[..input.len().min(60)]);
        assert_eq!(output.status.code(), Some(2), "{shown}: {}", told(&output));
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(problem.contains(expected), "{shown}: {problem}");
        assert!(problem.len() < 2_000, "{shown}: {problem}");
    }
    assert_eq!(place.runs(), 0);
}
