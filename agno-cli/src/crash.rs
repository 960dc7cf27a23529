//! The crash switch: `AGNO_CRASH_AFTER=n` ends the process right after its n-th durable commit, and with 0
//! as soon as a run is there.

use std::sync::Arc;

use agno_core::{CrashAfter, Storage};

use crate::failure::Failure;

/// The environment variable.
pub(crate) const VARIABLE: &str = "AGNO_CRASH_AFTER";

/// After how many commits to crash, if the environment says so.
pub(crate) fn asked_for() -> Result<Option<u64>, Failure> {
    let Some(value) = std::env::var_os(VARIABLE) else {
        return Ok(None);
    };
    let value = value.to_string_lossy();
    match value.trim().parse() {
        Ok(commits) => Ok(Some(commits)),
        Err(_) => {
            let value = crate::text::line(&value, 40);
            let problem = format!("{VARIABLE}={value}: expected a number of commits");
            Err(Failure::usage(problem).next(format!("unset {VARIABLE}")))
        }
    }
}

/// The same store, which crashes the process after so many commits.
pub(crate) fn crashing(storage: Arc<dyn Storage>, commits: u64) -> Arc<dyn Storage> {
    Arc::new(CrashAfter::new(storage, commits, crash))
}

/// Ends the process as a power cut would: nothing is flushed, closed or dropped.
#[cfg(unix)]
fn crash() {
    use rustix::process::{Signal, getpid, kill_process};
    if kill_process(getpid(), Signal::KILL).is_err() {
        std::process::abort();
    }
}

#[cfg(not(unix))]
fn crash() {
    std::process::abort();
}
