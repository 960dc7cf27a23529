//! The examples that tests start as a user does.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

/// The binary of an example, which cargo builds next to the tests.
pub(crate) fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("has a path");
    let profile = test.ancestors().nth(2).expect("stands in `deps`");
    let binary = profile.join("examples").join(name);
    if !binary.exists() {
        // Only this test was built, as by `cargo test --test servers`.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "agno-workflows"]);
        build.args(["--features", "full,testing", "--example", name]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success());
    }
    binary
}

/// How it ended, and what it printed.
pub(crate) fn told(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{out}\n{err}", output.status)
}
