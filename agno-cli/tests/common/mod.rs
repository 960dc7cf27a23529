//! Runs the example programs as a user does.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod terminal;

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// The example program of this name. Cargo builds examples with the tests, beside them.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the test has a path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("it is in target/PROFILE/deps");
    let path = profile
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{path:?} is missing: cargo build -p agno-cli --examples"
    );
    path
}

/// A directory with a store of its own, and the two programs.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.file(name), bytes).expect("a file");
    }

    /// Whether anything like a store is there.
    pub(crate) fn has_store(&self) -> bool {
        self.file(".agno").exists()
    }

    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(example(program));
        command.current_dir(&self.directory).args(args);
        for name in [
            "AGNO_STORE",
            "AGNO_CRASH_AFTER",
            "CARGO",
            "CI",
            "RUST_LOG",
            "AGNO_LOG",
        ] {
            command.env_remove(name);
        }
        // Panics are part of some tests; their traces are not.
        command.env("RUST_BACKTRACE", "0");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The program with several workflows.
    pub(crate) fn many(&self, args: &[&str]) -> Answer {
        Answer::of(self.command("many_workflows", args).output())
    }

    /// The program with one workflow.
    pub(crate) fn one(&self, args: &[&str]) -> Answer {
        Answer::of(self.command("one_workflow", args).output())
    }

    /// A program on a terminal of its own, made by `script`; both outputs together. `None` if there
    /// is no `script`.
    pub(crate) fn on_terminal(
        &self,
        program: &str,
        environment: &str,
        args: &str,
    ) -> Option<String> {
        let program = self.command(program, &[]);
        let line = format!(
            "{environment} exec {} {args}",
            program.get_program().to_string_lossy()
        );
        let mut command = Command::new("script");
        command
            .args(["-qec", &line, "/dev/null"])
            .current_dir(&self.directory);
        command
            .env("TERM", "xterm")
            .env_remove("CI")
            .env_remove("NO_COLOR")
            .env_remove("CARGO");
        let output = command.output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).expect("text"))
    }

    /// The program with several workflows, under way.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command("many_workflows", args)
            .spawn()
            .expect("starts")
    }

    /// The slow workflow, which writes each step that runs into a file.
    pub(crate) fn slow(&self, steps: u32, millis: u32) -> Vec<String> {
        let log = self.file("log");
        let input = serde_json::json!({"steps": steps, "millis": millis, "log": log});
        vec![
            "run".to_owned(),
            "slow".to_owned(),
            "-i".to_owned(),
            input.to_string(),
        ]
    }

    /// What the slow workflow has written.
    pub(crate) fn ticks(&self) -> Vec<u32> {
        let log = fs::read_to_string(self.file("log")).unwrap_or_default();
        log.lines()
            .map(|line| line.parse().expect("a number"))
            .collect()
    }

    /// Waits until the slow workflow has run so many steps.
    pub(crate) fn wait_for_ticks(&self, number: usize) {
        let begun = Instant::now();
        while self.ticks().len() < number {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "no {number} steps in 30 s"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The id of the newest run.
    pub(crate) fn newest(&self) -> String {
        let runs = self.many(&["runs", "--json"]).json();
        runs["runs"][0]["run_id"]
            .as_str()
            .expect("a run")
            .to_owned()
    }

    /// How many runs there are.
    pub(crate) fn runs(&self) -> usize {
        self.many(&["runs", "--json"]).json()["runs"]
            .as_array()
            .expect("a list")
            .len()
    }
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(output: std::io::Result<Output>) -> Self {
        let output = output.expect("the program runs");
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// The exit code is this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// What is on standard output, as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is not said: {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Self {
        assert!(
            self.out.contains(words),
            "`{words}` is not printed: {self:#?}"
        );
        self
    }

    /// The command that is named as the next, without the program.
    #[track_caller]
    pub(crate) fn next(&self) -> Vec<String> {
        let last = self.err.lines().last().unwrap_or_default();
        let command = last
            .strip_prefix("next: ")
            .unwrap_or_else(|| panic!("no next: {self:#?}"));
        command.split(' ').skip(1).map(str::to_owned).collect()
    }
}

/// Runs a program with something on its standard input.
pub(crate) fn with_input(mut command: Command, input: &[u8]) -> Answer {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // It may not want to read all of it.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let answer = Answer::of(child.wait_with_output());
    writer.join().expect("the writer ends");
    answer
}
