//! The fuzz targets of `fuzz/`, each for a while. They are a workspace of their own, built under `target/fuzz`.

use std::{env, process::Command};

use crate::{
    stage::Stage,
    tools::{self, answers, cargo, installed, succeeds},
};

/// What reads tokens, stored bytes, and what others hand in; `cargo fuzz list` names them all.
const TARGETS: [&str; 7] = [
    "foreign_export",
    "foreign_json",
    "macro_attributes",
    "macro_flows",
    "macro_items",
    "stored_files",
    "stored_records",
];

/// What writes the seeds of the targets: a package, and its program.
const SEEDS: [[&str; 2]; 2] = [["fuzz-macros", "seeds"], ["fuzz-stores", "store-seeds"]];

pub(crate) const NAME: &str = "fuzz";

/// How long each goes on in the suite.
const SECONDS: u32 = 240;

/// Longer inputs hold nothing that shorter ones do not.
const LONGEST: u32 = 4096;

/// Begins with the seeds; says whether nothing was found.
pub(crate) fn run(args: &[&str]) -> Result<bool, String> {
    let (targets, seconds) = match args {
        [] => (&TARGETS[..], None),
        [target] => (std::slice::from_ref(target), None),
        [target, seconds] => (std::slice::from_ref(target), Some((*seconds).to_owned())),
        _ => return Err("cargo xtask fuzz takes a target and its seconds, or nothing".to_owned()),
    };
    let seconds = match seconds.or_else(|| env::var("AGNO_FUZZ_SECONDS").ok()) {
        Some(text) => text
            .parse()
            .map_err(|_| format!("`{text}` is no number of seconds"))?,
        None => SECONDS,
    };
    if let Some(unknown) = targets.iter().find(|target| !TARGETS.contains(target)) {
        let known = TARGETS.join(", ");
        return Err(format!(
            "unknown target `{unknown}`; the targets are {known}"
        ));
    }
    let mut well = true;
    for [package, program] in SEEDS {
        well &= succeeds(&mut seeds(package, program))?;
    }
    for target in targets {
        well &= succeeds(&mut fuzz(target, seconds))?;
    }
    Ok(well)
}

/// What each target begins with, from the programs in this repository.
fn seeds(package: &str, program: &str) -> Command {
    in_fuzz(&["run", "--quiet", "--package", package, "--bin", program])
}

fn fuzz(target: &str, seconds: u32) -> Command {
    // No line of this is unsafe, so a sanitizer has nothing to see, and a stable compiler will do.
    let mut command = in_fuzz(&["fuzz", "run", "--sanitizer", "none", target, "--"]);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={LONGEST}"))
        // An input that takes that long is a finding as well.
        .arg("-timeout=20");
    if target.starts_with("macro_") {
        command.arg("-dict=corpus/macro.dict");
    }
    command
}

/// cargo-fuzz finds its workspace from the folder in which it is started.
fn in_fuzz(args: &[&str]) -> Command {
    let mut command = cargo(args.iter().copied());
    command
        .current_dir(tools::root().join("fuzz"))
        .env("CARGO_TARGET_DIR", tools::target().join("fuzz"));
    command
}

pub(crate) fn stage(wanted: bool) -> Stage {
    let this = env::current_exe().unwrap_or_else(|_| "xtask".into());
    let mut fuzz = Command::new(this);
    fuzz.arg("fuzz");
    Stage::check(
        NAME,
        "no tokens break the macros, no bytes the stores",
        vec![fuzz],
    )
    .only_if(
        answers(Command::new("c++").arg("--version")),
        "there is no C++ compiler, which libFuzzer is built with",
    )
    .only_if(
        installed("fuzz"),
        "cargo-fuzz is not installed (cargo install cargo-fuzz --locked)",
    )
    .only_if(wanted, "only with --all, or when it is named")
}
