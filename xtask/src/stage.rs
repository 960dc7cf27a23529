//! One stage of the suite: its commands, and what came of them.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    count::{self, Count},
    process::{self, Ending},
};

/// Lines of a failed stage's output that are shown.
const TAIL: usize = 160;

/// Something to check.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) work: Work,
    /// Skipped unless that stage passed.
    pub(crate) after: Option<&'static str>,
    /// The stage runs tests, and is counted by them.
    pub(crate) tests: bool,
    /// Reads in a failure that the machine, not the project, is the cause.
    pub(crate) excuse: fn(&str) -> Option<&'static str>,
    pub(crate) limit: Duration,
}

/// What a stage does.
pub(crate) enum Work {
    Run(Vec<Command>),
    Skip(String),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Skipped(String),
}

/// A line of the table.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    /// Tests, where the stage runs some.
    pub(crate) tests: Option<Count>,
    /// Why single tests of it did not run.
    pub(crate) excuses: Vec<String>,
    pub(crate) time: Duration,
}

impl Stage {
    pub(crate) fn check(name: &'static str, about: &'static str, commands: Vec<Command>) -> Self {
        Self {
            name,
            about,
            work: Work::Run(commands),
            after: None,
            tests: false,
            excuse: |_| None,
            limit: Duration::from_secs(20 * 60),
        }
    }

    pub(crate) fn tests(name: &'static str, about: &'static str, command: Command) -> Self {
        Self {
            tests: true,
            after: Some("build"),
            ..Self::check(name, about, vec![command])
        }
    }

    /// The stage, which does something else first.
    pub(crate) fn preceded_by<const N: usize>(mut self, before: [Command; N]) -> Self {
        if let Work::Run(commands) = &mut self.work {
            commands.splice(0..0, before);
        }
        self
    }

    /// The stage, or why not where `installed` is false.
    pub(crate) fn only_if(mut self, installed: bool, reason: &str) -> Self {
        if !installed {
            self.work = Work::Skip(reason.to_owned());
        }
        self
    }

    /// Runs the stage and shows how it went, the end of its output too if it failed.
    pub(crate) fn run(self, logs: &Path, done: &[Outcome]) -> io::Result<Outcome> {
        let mut outcome = Outcome {
            name: self.name,
            verdict: Verdict::Passed,
            tests: None,
            excuses: Vec::new(),
            time: Duration::ZERO,
        };
        let blocked = self.after.filter(|before| {
            done.iter()
                .any(|other| other.name == *before && other.verdict != Verdict::Passed)
        });
        let commands = match (blocked, self.work) {
            (Some(before), _) => Err(format!("`{before}` did not pass")),
            (None, Work::Skip(reason)) => Err(reason),
            (None, Work::Run(commands)) => Ok(commands),
        };
        let commands = match commands {
            Ok(commands) => commands,
            Err(reason) => {
                println!("{:<12} skipped: {reason}", self.name);
                outcome.verdict = Verdict::Skipped(reason);
                return Ok(outcome);
            }
        };
        print!("{:<12} ", self.name);
        io::stdout().flush()?;

        let log = logs.join(format!("{}.log", self.name));
        fs::write(&log, "")?;
        let started = Instant::now();
        let ended = run_all(commands, &log, self.limit, self.name);
        outcome.time = started.elapsed();
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if self.tests {
            outcome.tests = Some(Count::read(&text));
            outcome.excuses = count::excuses(&text);
        }
        let failure = match ended {
            Ok(None) if outcome.tests.is_some_and(|tests| tests.ran() == 0) => {
                Some("no test ran".to_owned())
            }
            Ok(None) if outcome.tests.is_some_and(|tests| tests.failed > 0) => {
                Some("tests failed".to_owned())
            }
            Ok(failure) => failure,
            Err(error) => Some(format!("it did not start: {error}")),
        };
        match failure {
            None => println!("ok {}", seconds(outcome.time)),
            Some(failure) => match (self.excuse)(&text) {
                Some(reason) => {
                    println!("skipped: {reason}");
                    outcome.verdict = Verdict::Skipped(reason.to_owned());
                }
                None => {
                    println!("FAILED {}: {failure}", seconds(outcome.time));
                    show_end(&text, &log);
                    outcome.verdict = Verdict::Failed;
                }
            },
        }
        Ok(outcome)
    }
}

/// Runs every command, also after one failed: each may have something else to say. The answer
/// is the first failure.
fn run_all(
    commands: Vec<Command>,
    log: &Path,
    limit: Duration,
    name: &str,
) -> io::Result<Option<String>> {
    let terminal = io::stdout().is_terminal();
    let mut shown = 0;
    let mut failure = None;
    for mut command in commands {
        let ending = process::run(&mut command, log, limit, |time| {
            // A line that never moves looks like one that hangs.
            if terminal && time.as_secs() > shown {
                shown = time.as_secs();
                print!("\r{name:<12} {shown} s \r{name:<12} ");
                let _ = io::stdout().flush();
            }
        })?;
        failure = failure.or(match ending {
            Ending::Exited(status) if status.success() => None,
            Ending::Exited(status) => Some(status.to_string()),
            Ending::TooLong => Some(format!("ended after {} minutes", limit.as_secs() / 60)),
        });
    }
    Ok(failure)
}

/// Shows the end of the output, and the errors before it: a compiler's warnings may come last.
fn show_end(text: &str, log: &Path) {
    let lines: Vec<&str> = text.lines().filter(|line| !went_well(line)).collect();
    let (before, end) = lines.split_at(lines.len().saturating_sub(TAIL));
    if !before.is_empty() {
        println!("    .. {} lines before, in {}", before.len(), log.display());
    }
    for line in errors(before).take(TAIL).chain(end.iter().copied()) {
        println!("    {line}");
    }
}

/// Whether a line only tells of something that is as it should be.
fn went_well(line: &str) -> bool {
    let line = line.trim();
    let progress = [
        "PASS [",
        "Compiling ",
        "Checking ",
        "Documenting ",
        "Blocking ",
    ];
    line.ends_with("... ok") || progress.iter().any(|word| line.starts_with(word))
}

/// Every paragraph that begins with an error.
fn errors<'a>(lines: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let mut inside = false;
    lines.iter().copied().filter(move |line| {
        inside = line.starts_with("error") || (inside && !line.is_empty());
        inside
    })
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::errors;

    #[test]
    fn errors_are_whole_paragraphs() {
        let log = "warning: a\n 1 | x\n\nerror[E0061]: b\n 2 | y\n\nwarning: c\n\nerror: d";
        let lines: Vec<&str> = log.lines().collect();
        let found: Vec<&str> = errors(&lines).collect();
        assert_eq!(found, ["error[E0061]: b", " 2 | y", "error: d"]);
    }
}
