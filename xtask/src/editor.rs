//! rust-analyzer on half-typed workflows. It is a component of rustup, which puts a program of that
//! name on the path whether it is installed or not.

use std::process::Command;

use crate::{
    stage::Stage,
    tools::{WORKSPACE, answers, cargo},
};

/// The test program, and the stage.
pub(crate) const NAME: &str = "editor";

/// The stage, if it is wanted and can run.
pub(crate) fn stage(wanted: bool) -> Stage {
    let args = [&["test"], &WORKSPACE[..], &["--test", NAME]].concat();
    let there = answers(Command::new("rust-analyzer").arg("--version"));
    Stage::tests(
        NAME,
        "rust-analyzer understands half-typed workflows",
        cargo([&args[..], &["--", "--show-output"]].concat()),
    )
    .only_if(
        there,
        "rust-analyzer is not installed (rustup component add rust-analyzer rust-src)",
    )
    .only_if(
        wanted,
        "only with --all, or by its name: takes a minute and two gigabytes of memory",
    )
}
