//! Runs the examples' binaries, each test in a folder of its own.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::NAMES;

const SIGKILL: i32 = 9;

/// What is told when there is nothing to quote.
pub(crate) const NOTHING: &str = "The offline model quotes what it is given";

/// The folder of the binaries, which cargo builds next to the tests; only this test may have been
/// built, as by `cargo test --test examples_agents`.
static BINARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let binaries = profile.join("examples");
    let built = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let is_old = |name: &&str| built(&binaries.join(name)) < built(&test);
    if std::env::var_os("AGNO_BUILT").is_none() && NAMES.iter().any(is_old) {
        let features = [
            ("openai", cfg!(feature = "openai")),
            ("anthropic", cfg!(feature = "anthropic")),
            ("web", cfg!(feature = "web")),
            ("mcp", cfg!(feature = "mcp")),
            ("testing", cfg!(feature = "testing")),
        ];
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "agno-workflows"]);
        for (feature, _) in features.iter().filter(|(_, is_on)| *is_on) {
            build.args(["--features", feature]);
        }
        for name in NAMES {
            build.args(["--example", name]);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.status().expect("cargo runs").success(),
            "the examples build"
        );
    }
    binaries
});

/// An example in an empty folder.
pub(crate) struct Place {
    example: &'static str,
    folder: TempDir,
}

impl Place {
    pub(crate) fn new(example: &'static str) -> Self {
        assert!(NAMES.contains(&example), "{example} is not built");
        let folder = tempfile::tempdir().expect("is created");
        Self { example, folder }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARIES.join(self.example));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("AGNO_MODEL", "offline")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        for name in ["AGNO_CRASH_AFTER", "AGNO_STORE", "SHELF"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("starts")
    }

    /// What it prints, if it succeeds.
    pub(crate) fn text(&self, args: &[&str]) -> String {
        let output = self.output(args);
        assert!(output.status.success(), "{args:?}: {}", told(&output));
        String::from_utf8(output.stdout).expect("is text")
    }

    /// The same with `--json`.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.text(&[args, &["--json"]].concat());
        serde_json::from_str(&text).expect("is JSON")
    }

    /// A run that completes.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let told = self.json(&[&["run"], args].concat());
        assert_eq!(told["status"], "completed", "{told}");
        self.show(told["run_id"].as_str().expect("has an id"))
    }

    pub(crate) fn show(&self, run: &str) -> Run {
        Run(self.json(&["show", run]))
    }

    /// The ids of all runs, the newest first.
    pub(crate) fn runs(&self) -> Vec<String> {
        let listed = self.json(&["runs"]);
        let runs = listed["runs"].as_array().expect("is a list").iter();
        runs.filter_map(|run| run["run_id"].as_str().map(str::to_owned))
            .collect()
    }

    /// Runs, and kills the process right after so many commits. False if it came to its end.
    pub(crate) fn crash(&self, args: &[&str], commits: u32) -> bool {
        let mut command = self.command(&[&["run"], args].concat());
        command.env("AGNO_CRASH_AFTER", commits.to_string());
        let output = command.output().expect("starts");
        let is_killed = output.status.signal() == Some(SIGKILL);
        assert!(is_killed || output.status.success(), "{}", told(&output));
        is_killed
    }
}

pub(crate) fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{text}", output.status)
}

/// A run, as `show --json` tells of it.
pub(crate) struct Run(pub(crate) Value);

impl Run {
    pub(crate) fn session(&self) -> &str {
        self.0["session_id"].as_str().expect("has a session")
    }

    pub(crate) fn output(&self) -> &str {
        self.0["output"].as_str().expect("is text")
    }

    /// The names of the steps and sub-flows that ran or came from the cache, sorted.
    pub(crate) fn steps(&self, source: &str) -> Vec<&str> {
        let steps = self.0["steps"].as_array().expect("is a list").iter();
        let mut names: Vec<&str> = steps
            .filter(|step| step["source"] == source)
            .filter_map(|step| step["name"].as_str())
            .collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn step(&self, name: &str) -> &Value {
        let mut steps = self.0["steps"].as_array().expect("is a list").iter();
        let found = steps.find(|step| step["name"] == name);
        found.unwrap_or_else(|| panic!("no step {name} in {}", self.0))
    }

    /// What its steps and flow have said, in order.
    pub(crate) fn said(&self) -> String {
        self.0["events"].to_string()
    }
}

/// Markdown that a person can read: a heading about the topic, some key points in whole sentences,
/// sources with titles.
pub(crate) fn assert_article(text: &str, title: &str, sources: &[&str]) {
    assert_eq!(text.lines().next(), Some(&*format!("# {title}")), "{text}");
    let points: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
    let (links, points): (Vec<&str>, Vec<&str>) =
        points.into_iter().partition(|line| line.contains("]("));
    assert!(points.len() >= 2, "{text}");
    for point in points {
        let point = point.trim_start_matches("- ");
        assert!(point.starts_with(char::is_uppercase), "{point}");
        assert!(point.ends_with(['.', '!', '?']), "{point}");
        assert!(!point.contains("://"), "{point}");
        assert!(point.split(' ').count() >= 4, "{point}");
    }
    assert!(text.contains("\n## Sources\n"), "{text}");
    assert_eq!(links.len(), sources.len(), "{text}");
    for source in sources {
        let is_there = links
            .iter()
            .any(|link| link.contains(&format!("/{source}.md)")));
        assert!(is_there, "no {source} in {text}");
    }
}
