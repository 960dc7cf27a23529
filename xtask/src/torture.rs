//! Kills, power cuts, faults and flipped bits (`tests/torture`), and the table that they make.
//!
//! Each test prints a line, `durability: backend=sled test=kills tried=1000 ..`. A whole run writes
//! them to the record, and the record's sums to the README, between two marks. Nobody edits either.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::tools::{self, WORKSPACE, cargo};

/// The stage, its package, and the test programs of that.
pub(crate) const NAME: &str = "torture";
pub(crate) const PACKAGE: &str = "agno-torture";
pub(crate) const PROGRAMS: [&str; 6] = ["cuts", "examples", "faults", "flips", "kills", "server"];

pub(crate) fn targets() -> impl Iterator<Item = &'static str> {
    PROGRAMS.into_iter().flat_map(|name| ["--test", name])
}

const RECORD: &str = "benches/records/durability.md";
const MARKS: [&str; 2] = [
    "<!-- durability: made by the tests -->",
    "<!-- end of durability -->",
];

/// How often the loops turn in a whole run, by their variables. Without one a test takes its sample.
const WHOLE: [(&str, &str); 7] = [
    ("AGNO_KILLS", "1000"),
    ("AGNO_SERVER_KILLS", "100"),
    ("AGNO_CUTS", "200"),
    ("AGNO_FAULTS", "40"),
    ("AGNO_SERVER_FAULTS", "200"),
    ("AGNO_FLIPS", "1000"),
    ("AGNO_EXAMPLES", "all"),
];

/// Sets how often the loops turn; what is set already stays.
pub(crate) fn whole(command: &mut Command) {
    for (name, number) in WHOLE {
        if env::var_os(name).is_none() {
            command.env(name, number);
        }
    }
}

/// `cargo xtask torture`: all of it, whole; with `--record` it is written down. With logs behind that
/// nothing is run, and what they say is written down.
pub(crate) fn run(args: &[&str]) -> Result<bool, String> {
    let record_it = match args {
        [] => false,
        ["--record"] => true,
        ["--record", logs @ ..] => {
            for log in logs {
                let text = fs::read_to_string(log).map_err(|error| format!("{log}: {error}"))?;
                record(&text)?;
            }
            return Ok(true);
        }
        _ => return Err("cargo xtask torture takes `--record [LOG..]`, or nothing".to_owned()),
    };
    let mut command = cargo([&["test"], &WORKSPACE[..]].concat());
    command
        .args(targets())
        .args(["--no-fail-fast", "--", "--show-output", "--test-threads=1"]);
    whole(&mut command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if record_it {
        record(&text)?;
    }
    Ok(output.status.success())
}

/// Writes the lines of a log into the record and the README. What the log has no line of stays.
pub(crate) fn record(log: &str) -> Result<(), String> {
    let file = |name: &str| tools::root().join(name);
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let write = |path: &PathBuf, text: String| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (record, readme) = (file(RECORD), file("README.md"));
    let mut figures = Figures::of_record(&read(&record).unwrap_or_default());
    figures.take(log);
    write(&record, figures.record())?;
    let text = with_table(&read(&readme)?, &figures.table())?;
    write(&readme, text)
}

/// The five numbers of a test, in the order of the columns.
const COLUMNS: [&str; 5] = ["tried", "acknowledged", "lost", "again", "unopened"];

/// What each test of each back end counted.
#[derive(Debug, Default)]
struct Figures(BTreeMap<(String, String), [u64; 5]>);

impl Figures {
    fn take(&mut self, log: &str) {
        for line in log.lines() {
            let Some((_, line)) = line.split_once("durability: ") else {
                continue;
            };
            let words: BTreeMap<&str, &str> = line
                .split_whitespace()
                .filter_map(|word| word.split_once('='))
                .collect();
            let number = |name: &str| words.get(name).and_then(|word| word.parse().ok());
            let (Some(backend), Some(test)) = (words.get("backend"), words.get("test")) else {
                continue;
            };
            let counts = COLUMNS.map(|name| number(name).unwrap_or(0));
            self.0
                .insert(((*backend).to_owned(), (*test).to_owned()), counts);
        }
    }

    fn of_record(record: &str) -> Self {
        let mut figures = Self::default();
        for line in record.lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["", backend, test, counts @ .., ""] = &cells[..] else {
                continue;
            };
            let counts: Vec<u64> = counts.iter().filter_map(|cell| cell.parse().ok()).collect();
            if let Ok(counts) = counts.try_into() {
                figures
                    .0
                    .insert(((*backend).to_owned(), (*test).to_owned()), counts);
            }
        }
        figures
    }

    /// The record, every figure.
    fn record(&self) -> String {
        let mut text = String::from(
            "# What the stores survive\n\n\
             Written by `cargo xtask test --all` and `cargo xtask torture --record`; `tests/torture` \
             says what each test does.\n\
             Looked for is what was acknowledged before; again are recorded steps whose body ran once more.\n\n\
             | Back end | Test | Tried | Acknowledged | Lost | Run again | Not opened |\n\
             |---|---|--:|--:|--:|--:|--:|\n",
        );
        for ((backend, test), counts) in &self.0 {
            let counts = counts.map(|count| count.to_string()).join(" | ");
            text += &format!("| {backend} | {test} | {counts} |\n");
        }
        text
    }

    fn tried(&self, backend: &str, kind: &str) -> u64 {
        let of =
            |(it, test): &(String, String)| it == backend && test.split('-').next() == Some(kind);
        self.0
            .iter()
            .filter(|(key, _)| of(key))
            .map(|(_, counts)| counts[0])
            .sum()
    }

    fn sum(&self, backend: &str, column: usize) -> u64 {
        let of = |key: &(String, String)| key.0 == backend;
        self.0
            .iter()
            .filter(|(key, _)| of(key))
            .map(|(_, counts)| counts[column])
            .sum()
    }

    /// The README's table: a row for each back end. Of PostgreSQL, kills are of the server, of the process
    /// that uses it, or of both, and failed calls are connections that were cut; it keeps its own files, so
    /// no power is cut and no file damaged.
    fn table(&self) -> String {
        let kinds = ["kills", "cuts", "faults", "flips"];
        let mut text = String::from(
            "| Back end | Kills | Power cuts | Failed calls | Damaged files | Acknowledged steps lost | \
             Run again | Stores that did not open |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        let backends: BTreeSet<&String> = self.0.keys().map(|(backend, _)| backend).collect();
        for backend in backends {
            let tried = kinds.map(|kind| match self.tried(backend, kind) {
                0 => "–".to_owned(),
                tried => thousands(tried),
            });
            let sums = [2, 3, 4].map(|column| thousands(self.sum(backend, column)));
            text += &format!(
                "| {} | {} | {} |\n",
                title(backend),
                tried.join(" | "),
                sums.join(" | ")
            );
        }
        text
    }
}

fn title(backend: &str) -> &str {
    match backend {
        "sqlite" => "SQLite",
        "postgres" => "PostgreSQL",
        other => other,
    }
}

/// `12,345`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The README with this table between its marks.
fn with_table(readme: &str, table: &str) -> Result<String, String> {
    let missing = || {
        format!(
            "README.md is without the mark `{}` or `{}`",
            MARKS[0], MARKS[1]
        )
    };
    let (before, rest) = readme.split_once(MARKS[0]).ok_or_else(missing)?;
    let (_, after) = rest.split_once(MARKS[1]).ok_or_else(missing)?;
    Ok(format!(
        "{before}{}\n\n{table}\n{}{after}",
        MARKS[0], MARKS[1]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_readme_is_the_one_of_the_record() {
        let read = |name: &str| fs::read_to_string(tools::root().join(name)).expect("is there");
        let figures = Figures::of_record(&read(RECORD));
        assert!(!figures.0.is_empty(), "the record is empty");
        let readme = read("README.md");
        let made = with_table(&readme, &figures.table()).expect("the marks are there");
        assert_eq!(
            readme, made,
            "run `cargo xtask torture --record`; do not edit the table"
        );
        assert_eq!(
            figures.record(),
            read(RECORD),
            "the record was edited by hand"
        );
    }

    #[test]
    fn a_log_is_read_and_written_and_read_again() {
        let log = "  durability: backend=sled test=cuts-small tried=200 acknowledged=9 lost=0 again=0 unopened=0\n\
                   durability: backend=sled test=cuts-large tried=1100 acknowledged=5 lost=1 again=2 unopened=3\n";
        let mut figures = Figures::default();
        figures.take(log);
        let again = Figures::of_record(&figures.record());
        assert_eq!(figures.0, again.0);
        assert!(
            again
                .table()
                .ends_with("| sled | – | 1,300 | – | – | 1 | 2 | 3 |\n"),
            "{}",
            again.table()
        );
        // A later log replaces what it has a line of.
        figures.take("durability: backend=sled test=cuts-large tried=7");
        assert_eq!(figures.tried("sled", "cuts"), 207);
    }
}
