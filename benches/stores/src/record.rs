//! The table of what was measured.

use std::{fs, path::Path, process::ExitCode, time::Duration};

use crate::{RUNS, growth::Growth};

/// Runs of the measurement one by one.
pub(crate) const ONE_BY_ONE: usize = 100;

const BEGIN: &str = "<!-- figures: written by `agno-bench-stores --record` -->";
const END: &str = "<!-- end of the figures -->";

/// Of one store, a time for each round.
pub(crate) struct Row {
    name: &'static str,
    pub(crate) agno: Vec<Duration>,
    pub(crate) store: Vec<Duration>,
    pub(crate) engine: Vec<Duration>,
    pub(crate) agno_single: Vec<Duration>,
    pub(crate) engine_single: Vec<Duration>,
}

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            agno: Vec::new(),
            store: Vec::new(),
            engine: Vec::new(),
            agno_single: Vec::new(),
            engine_single: Vec::new(),
        }
    }
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers
}

fn median(numbers: &[f64]) -> f64 {
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Percent of the engine in each round, lowest first: what else the machine does lasts longer than a round.
fn percents(engine: &[Duration], agno: &[Duration]) -> Vec<f64> {
    let rounds = engine.iter().zip(agno);
    sorted(rounds.map(|(engine, agno)| 100.0 * engine.as_secs_f64() / agno.as_secs_f64()))
}

#[allow(clippy::cast_precision_loss, reason = "small numbers")]
pub(crate) fn table(rows: &[Row], growth: &[Growth]) -> String {
    let mut text = String::from(
        "64 runs of ten steps at once: | runs/s | the store alone | the engine alone | **of the engine** | in single rounds | one at a time, of the engine\n\
         ---|---:|---:|---:|---:|---:|---:\n",
    );
    for row in rows {
        let rate = |times: &[Duration]| {
            let times = sorted(times.iter().map(Duration::as_secs_f64));
            RUNS as f64 / median(&times)
        };
        let (agno, store, engine) = (rate(&row.agno), rate(&row.store), rate(&row.engine));
        let at_once = percents(&row.engine, &row.agno);
        let single = percents(&row.engine_single, &row.agno_single);
        let (Some(lowest), Some(highest)) = (at_once.first(), at_once.last()) else {
            continue;
        };
        text.push_str(&format!(
            "{} | {agno:.0} | {store:.0} | {engine:.0} | **{:.0} %** | {lowest:.0} to {highest:.0} % | {:.0} %\n",
            row.name,
            median(&at_once),
            median(&single),
        ));
    }
    if growth.is_empty() {
        return text;
    }
    text.push_str(
        "\nOne session, 10,000 runs one after another: | first 100 | last 100 | **ratio** | 100 more, each beside one of a new store | opening with a million entries\n\
         ---|---:|---:|---:|---:|---:\n",
    );
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    for of in growth {
        let session = &of.session;
        text.push_str(&format!(
            "{} | {} us | {} us | **{:.2}** | {:.2} | {} ms\n",
            of.name,
            session.first.as_micros(),
            session.last.as_micros(),
            ratio(session.last, session.first),
            ratio(session.beside_new, session.new),
            of.opened.as_millis(),
        ));
    }
    text
}

/// Puts the table between the marks of a file.
pub(crate) fn write(file: &Path, table: &str) -> ExitCode {
    let written = fs::read_to_string(file).ok().and_then(|text| {
        let begin = text.find(BEGIN)? + BEGIN.len();
        let end = text.find(END)?;
        let new = format!("{}\n\n{table}\n{}", &text[..begin], &text[end..]);
        fs::write(file, new).ok()
    });
    match written {
        Some(()) => ExitCode::SUCCESS,
        None => {
            eprintln!(
                "{} does not hold the marks, or cannot be written",
                file.display()
            );
            ExitCode::FAILURE
        }
    }
}
