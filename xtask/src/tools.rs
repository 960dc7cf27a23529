//! Cargo, and what may or may not be installed beside it.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// One set of packages and features for every stage: with another one, Cargo would compile
/// the dependencies again.
pub(crate) const WORKSPACE: [&str; 3] = [
    "--workspace",
    "--features",
    "agno-workflows/full,agno-workflows/testing,agno-workflows/stores,agno-workflows/postgres-tls",
];

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// Where Cargo builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A command of Cargo at the root of the repository.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    // What `cargo run` told this program about its own package is not true of the child's.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Whether `cargo NAME` exists.
pub(crate) fn installed(name: &str) -> bool {
    answers(&mut cargo([name, "--version"]))
}

pub(crate) fn answers(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The names of all targets of a kind that are tests: `test` or `example`.
pub(crate) fn tested(kind: &str) -> Vec<String> {
    let mut metadata = cargo(["metadata", "--no-deps", "--format-version", "1"]);
    let output = metadata.stderr(Stdio::null()).output();
    // Without an answer no name is known, and the stage fails with Cargo's own words.
    output.map_or_else(
        |_| Vec::new(),
        |output| names(&String::from_utf8_lossy(&output.stdout), kind),
    )
}

/// A target is `{"kind":["test"],"crate_types":["bin"],"name":"ui", .. ,"test":true}`.
fn names(metadata: &str, kind: &str) -> Vec<String> {
    let targets = metadata
        .split("{\"kind\":[")
        .filter_map(|text| text.split('}').next());
    let of_kind = targets.filter(|target| target.starts_with(&format!("\"{kind}\"]")));
    let tested = of_kind.filter(|target| target.contains("\"test\":true"));
    let name = |target: &str| {
        let (_, rest) = target.split_once("\"name\":\"")?;
        rest.split('"').next().map(str::to_owned)
    };
    let mut names: Vec<String> = tested.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// Runs a command with this terminal; says whether it went well.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, String> {
    command
        .status()
        .map(|status| status.success())
        .map_err(|error| format!("{command:?} did not start: {error}"))
}

/// The benches. `--bench *` leaves out the unit tests, which would refuse a bench's arguments.
pub(crate) fn bench(args: &[&str]) -> Result<bool, String> {
    let named = args.first().is_some_and(|arg| *arg == "--bench");
    let all: &[&str] = if named { &[] } else { &["--bench", "*"] };
    let common = [
        "bench",
        "--package",
        "agno-workflows",
        "--features",
        "testing",
    ];
    succeeds(&mut cargo([&common, all, args].concat()))
}

#[cfg(test)]
mod tests {
    use super::tested;

    #[test]
    fn every_tested_target_is_known() {
        let tests = tested("test");
        // One of the facade, one of a crate below it.
        for known in ["ui", "conformance"] {
            assert!(tests.iter().any(|name| name == known), "{known}: {tests:?}");
        }
        let examples = tested("example");
        assert!(examples.iter().any(|name| name == "digest"), "{examples:?}");
        assert!(!examples.iter().any(|name| name == "hello"), "{examples:?}");
    }
}
