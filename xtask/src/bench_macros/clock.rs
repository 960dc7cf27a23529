//! The processor time of one run of Cargo.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::tools::{self, cargo};

/// What Cargo does, both in the profile of development.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Check,
    Build,
}

impl Verb {
    pub(super) const ALL: [Self; 2] = [Self::Check, Self::Build];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Build => "build",
        }
    }

    pub(super) fn budget_ms(self) -> f64 {
        match self {
            Self::Check => super::CHECK_BUDGET_MS,
            Self::Build => super::BUILD_BUDGET_MS,
        }
    }
}

/// Milliseconds of processor time of Cargo and the compiler.
pub(super) fn time(verb: Verb, folder: &Path, args: &[&str]) -> Result<f64, String> {
    let cargo = cargo([verb.name(), "--quiet"]);
    // The shell's own clock: the standard library has none for the time of children.
    let mut command = Command::new("bash");
    command
        .args(["-c", "TIMEFORMAT='cpu %3U %3S'; time \"$@\"", "bash"])
        .arg(cargo.get_program())
        .args(cargo.get_args())
        .args(args)
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    for (name, _) in cargo.get_envs() {
        command.env_remove(name);
    }
    let output = command
        .output()
        .map_err(|error| format!("bash did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let (verb, folder) = (verb.name(), folder.display());
        return Err(format!("cargo {verb} failed in {folder}\n{said}"));
    }
    milliseconds(&said).ok_or_else(|| format!("no time in:\n{said}"))
}

/// `cpu 0.312 0.045` of the user and of the system, in seconds.
fn milliseconds(said: &str) -> Option<f64> {
    let mut lines = said.lines().rev();
    let times = lines.find_map(|line| line.strip_prefix("cpu "))?;
    let seconds = times.split(' ').map(|time| time.parse::<f64>().ok());
    Some(seconds.sum::<Option<f64>>()? * 1000.0)
}

/// The compiler and its version.
pub(super) fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .current_dir(tools::root())
        .output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn the_time_is_the_users_and_the_systems() {
        assert_eq!(milliseconds("warning: x\ncpu 0.250 0.050\n"), Some(300.0));
        assert_eq!(milliseconds("error: no"), None);
        assert_eq!(milliseconds("cpu 0.250 x"), None);
    }
}
