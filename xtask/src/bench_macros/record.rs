//! The record that is kept in the repository: figures by this program, what was tried by hand.

use std::{fmt::Write, fs, path::Path, thread};

use super::{FEW, Figure, MANY, ROUNDS, clock};
use crate::tools;

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench-macros --record` -->";
const END: &str = "<!-- end of the figures -->";

/// A table of Markdown, which a terminal shows as well.
pub(super) fn table(figures: &[Figure]) -> String {
    let mut text = String::from(
        "ms of processor time per step                | plain | by hand | macros | **net** | rounds       | over by hand | budget\n\
         ---------------------------------------------|------:|--------:|-------:|--------:|--------------|-------------:|------:\n",
    );
    for figure in figures {
        let about = format!("`{}`, {}", figure.verb.name(), figure.shape.about());
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "{about:<45}| {:>5.2} | {:>7.2} | {:>6.2} | {:>7.2} | {:>4.2} to {:>4.2} | {:>12.2} | {:>5.1}{}",
            figure.plain,
            figure.by_hand,
            figure.macros,
            figure.net(),
            figure.spread.0,
            figure.spread.1,
            figure.over_hand(),
            figure.verb.budget_ms(),
            if figure.is_kept() { "" } else { " !" },
        );
    }
    text
}

/// Puts the figures between the marks of the file; a file without marks is left alone.
pub(super) fn write(file: &Path, figures: &[Figure]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let before = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("{BEGIN}\n{END}\n"),
        Err(error) => return Err(failed(error)),
    };
    let figures = format!("{}\n\n{}", circumstances(), table(figures));
    let after = between_marks(&before, &figures)
        .ok_or_else(|| format!("{}: has no line `{BEGIN}`, or none `{END}`", file.display()))?;
    fs::write(file, after).map_err(failed)
}

fn between_marks(text: &str, figures: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{figures}\n{END}{after}"))
}

/// What the figures depend on.
fn circumstances() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}; agno {}, syn {}; {cores} cores; crates of {FEW} and {MANY} steps, best of {ROUNDS} rounds.",
        clock::rustc(),
        env!("CARGO_PKG_VERSION"),
        locked("syn").unwrap_or_else(|| "unknown".to_owned()),
    )
}

/// The newest version of a package in `Cargo.lock`.
fn locked(package: &str) -> Option<String> {
    let lock = fs::read_to_string(tools::root().join("Cargo.lock")).ok()?;
    newest(&lock, package)
}

fn newest(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut versions = Vec::new();
    let mut lines = lock.lines();
    while lines.any(|line| line == name) {
        let version = lines.next()?.strip_prefix("version = \"")?;
        versions.push(version.strip_suffix('"')?.to_owned());
    }
    let numbers = |version: &String| {
        let parts = version
            .split('.')
            .map(|part| part.parse::<u64>().unwrap_or(0));
        parts.collect::<Vec<_>>()
    };
    versions.into_iter().max_by_key(numbers)
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, between_marks, newest};

    #[test]
    fn what_was_written_by_hand_stays() {
        let text = format!("# Record\n\n{BEGIN}\nold\n{END}\n\nTried.\n");
        let once = between_marks(&text, "new").expect("has marks");
        assert_eq!(
            once,
            format!("# Record\n\n{BEGIN}\n\nnew\n{END}\n\nTried.\n")
        );
        assert_eq!(between_marks(&once, "new").as_ref(), Some(&once));
        assert_eq!(between_marks("# Record\n", "new"), None);
    }

    #[test]
    fn the_newest_of_several_versions_is_the_macros_own() {
        let lock = "[[package]]\nname = \"syn\"\nversion = \"3.0.10\"\n\n[[package]]\nname = \"syn\"\nversion = \"3.0.9\"\n";
        assert_eq!(newest(lock, "syn").as_deref(), Some("3.0.10"));
        assert_eq!(newest(lock, "quote"), None);
    }
}
