//! A program with one workflow, as another process.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use agno::{Json, Secret, prelude::*, storage::Retention};
use serde_json::Value;
use tempfile::TempDir;

/// What must be nowhere.
pub(crate) const KEY: &str = "hunter2-the-key-of-the-input";
pub(crate) const TOKEN: &str = "hunter2-the-token-of-the-field";

/// What a report is about.
#[data]
pub(crate) struct Order {
    pub(crate) topic: String,
    /// A file that each step is written into when it runs.
    pub(crate) log: PathBuf,
    pub(crate) key: Secret,
}

#[data]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) key: Secret,
}

#[data]
#[derive(Default, State)]
pub(crate) struct Shelf {
    #[merge(sum)]
    pub(crate) reports: u32,
}

/// Writes reports, slowly and durably.
#[workflow]
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) token: Secret,
}

fn ran(log: &Path, step: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).open(log)?;
    Ok(writeln!(file, "{step}")?)
}

#[workflow(state = Shelf)]
impl Report {
    #[step(cache(ttl = "1h"))]
    async fn gather(&self, order: Order) -> Result<Draft> {
        ran(&order.log, "gather")?;
        if order.topic == "trouble" {
            bail!("refused for {} and {:?}", order.key, self);
        }
        let text = format!(
            "{} {} {}",
            order.topic,
            order.key.expose().len(),
            self.token.expose().len()
        );
        Ok(Draft {
            text,
            key: order.key,
        })
    }

    #[step]
    async fn polish(&self, draft: Draft, log: PathBuf) -> Result<Draft> {
        ran(&log, "polish")?;
        Ok(draft)
    }

    #[step]
    async fn shelve(&self, shelf: &mut Shelf, draft: Draft, log: PathBuf) -> Result<String> {
        ran(&log, "shelve")?;
        shelf.reports += 1;
        Ok(draft.text)
    }

    #[flow]
    async fn run(flow: &Flow<Self>, order: Order) -> Result<String> {
        let log = order.log.clone();
        let draft = flow.gather(order).await?;
        let draft = flow.polish(draft, log.clone()).await?;
        flow.shelve(draft, log).await
    }
}

/// Where the arguments of the other process are, as JSON.
const ARGUMENTS: &str = "AGNO_STORES_TEST_ARGUMENTS";

/// A directory for stores, and the program in it.
pub(crate) struct Place(TempDir);

/// What the program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("a file");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_of("program::program", args)
    }

    /// The same with another program: a test that is one.
    pub(crate) fn command_of(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("has a path"));
        command
            .args(["--ignored", "--exact", program, "--nocapture"])
            .current_dir(&self.0)
            .env(ARGUMENTS, serde_json::to_string(args).expect("json"))
            .env("AGNO_TEST_KEY", KEY)
            .env("AGNO_TEST_TOKEN", TOKEN);
        for name in ["AGNO_STORE", "AGNO_CRASH_AFTER", "AGNO_LOG", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::of(&mut self.command(args))
    }

    /// The input of a run.
    pub(crate) fn order(&self, topic: &str) -> String {
        let log = self.file("log");
        let order =
            serde_json::json!({"topic": topic, "log": log, "key": {"$secret": "AGNO_TEST_KEY"}});
        order.to_string()
    }

    /// A run in a store, from its beginning to its end.
    pub(crate) fn finished(&self, store: &str, id: &str) {
        let order = self.order(id);
        self.run(&["run", "-i", &order, "--run-id", id, "--store", store])
            .exits(0);
    }

    /// A run in a store whose process was killed after so many commits.
    pub(crate) fn half_finished(&self, store: &str, id: &str) {
        let order = self.order(id);
        let run = ["run", "-i", &order, "--run-id", id, "--store", store];
        let killed = Answer::of(self.command(&run).env("AGNO_CRASH_AFTER", "2"));
        assert_ne!(killed.code, Some(0), "{killed:#?}");
    }

    /// The steps that ran, in order.
    pub(crate) fn ran(&self) -> Vec<String> {
        let log = fs::read_to_string(self.file("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

impl Answer {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("the program runs"))
    }

    pub(crate) fn from(output: Output) -> Self {
        let out = String::from_utf8(output.stdout).expect("text");
        // The harness says what it runs.
        let (_, out) = out.split_once("running 1 test\n").expect("one program");
        Self {
            code: output.status.code(),
            out: out.to_owned(),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is not said: {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

#[test]
#[ignore = "the other process of the tests of this crate"]
fn program() {
    let Some(args) = arguments() else { return };
    let token = Secret::env("AGNO_TEST_TOKEN").expect("is set");
    let app = agno::app()
        .workflow(Report { token })
        .secrets(["AGNO_TEST_KEY"])
        .retention(Retention::new().cancelled(Duration::ZERO));
    exit_with(app.run_from(args));
}

/// What the other process is to do. `None` where this is none.
pub(crate) fn arguments() -> Option<Vec<String>> {
    let Ok(args) = std::env::var(ARGUMENTS) else {
        println!("skipped: it is started by other tests");
        return None;
    };
    Some(Json::parse(args).expect("json").decode().expect("words"))
}

/// Ends the process with a code that its harness knows nothing of.
pub(crate) fn exit_with(code: ExitCode) -> ! {
    let known = [0, 1, 2, 3, 130];
    let known = known
        .into_iter()
        .find(|known| code == ExitCode::from(*known));
    std::process::exit(known.map_or(99, i32::from))
}

/// The engines of this build that keep a store in a directory.
pub(crate) fn engines() -> Vec<&'static str> {
    let built = [
        ("sled", true),
        ("redb", cfg!(feature = "redb")),
        ("sqlite", cfg!(feature = "sqlite")),
    ];
    let built = built.into_iter().filter(|(_, is_built)| *is_built);
    built.map(|(engine, _)| engine).collect()
}
