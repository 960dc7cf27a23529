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

fn median(times: &[Duration]) -> f64 {
    let mut times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

#[allow(clippy::cast_precision_loss, reason = "small numbers")]
pub(crate) fn table(rows: &[Row], growth: &[Growth]) -> String {
    let mut text = String::from(
        "64 runs of ten steps at once: | runs/s | the store alone | the engine alone | **of the engine** | one at a time, of the engine\n\
         ---|---:|---:|---:|---:|---:\n",
    );
    for row in rows {
        let rate = |times: &[Duration]| RUNS as f64 / median(times);
        let (agno, store, engine) = (rate(&row.agno), rate(&row.store), rate(&row.engine));
        let single = median(&row.engine_single) / median(&row.agno_single);
        text.push_str(&format!(
            "{} | {agno:.0} | {store:.0} | {engine:.0} | **{:.0} %** | {:.0} %\n",
            row.name,
            100.0 * agno / engine,
            100.0 * single,
        ));
    }
    text.push_str(
        "\nOne session, 10,000 runs one after another: | first 100 | last 100 | ratio | opening with a million entries\n\
         ---|---:|---:|---:|---:\n",
    );
    for of in growth {
        let micros = |time: Duration| time.as_micros();
        text.push_str(&format!(
            "{} | {} us | {} us | {:.2} | {} ms\n",
            of.name,
            micros(of.first),
            micros(of.last),
            of.last.as_secs_f64() / of.first.as_secs_f64(),
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
