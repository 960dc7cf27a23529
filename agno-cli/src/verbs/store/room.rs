//! What a store holds, and the room it takes.

use agno_core::storage::StoreStats;

use super::{counted, failed};
use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::line,
};

/// Tells what the store holds. Asks the process that has it, if there is one.
pub(super) async fn stats(session: &Session, json: bool) -> Result<u8, Failure> {
    const VERB: &str = "store stats";
    session.look(VERB).await?;
    let storage = session.runtime.storage();
    let stats = storage.stats().await;
    let stats = stats.map_err(|error| failed(session, error, VERB))?;
    if json {
        report::print_json(&stats);
        return Ok(exit::DONE);
    }
    report::print(&line(&storage.location(), 200));
    report::print(&report::table(&rows(&stats)));
    Ok(exit::DONE)
}

fn rows(stats: &StoreStats) -> Vec<Vec<String>> {
    let runs: u64 = stats.runs.values().sum();
    let mut by_status: Vec<_> = stats
        .runs
        .iter()
        .filter(|(_, number)| **number > 0)
        .collect();
    by_status.sort_by_key(|(status, _)| **status);
    let by_status: Vec<_> = by_status
        .iter()
        .map(|(status, number)| format!("{number} {status}"))
        .collect();
    let mut rows = Vec::new();
    let mut row = |what: &str, number: u64, more: String| {
        rows.push(vec![what.to_owned(), number.to_string(), more]);
    };
    row("runs", runs, by_status.join(", "));
    row("journal entries", stats.entries, String::new());
    row("sessions", stats.sessions, String::new());
    row("state fields", stats.fields, String::new());
    row("open requests", stats.requests, String::new());
    row("cached results", stats.cached, size(stats.cached_bytes));
    row("versions of definitions", stats.definitions, String::new());
    row("artifacts", stats.artifacts, size(stats.artifact_bytes));
    let mut room = |what: &str, bytes: Option<u64>| {
        if let Some(bytes) = bytes {
            rows.push(vec![what.to_owned(), bytes.to_string(), size(bytes)]);
        }
    };
    room("bytes of records", stats.live_bytes);
    room("bytes on disk", stats.disk_bytes);
    rows.push(vec!["format".to_owned(), stats.format.to_string()]);
    rows
}

/// Gives room back.
pub(super) async fn compact(session: &Session, json: bool) -> Result<u8, Failure> {
    const VERB: &str = "store compact";
    session.open(VERB).await?;
    let storage = session.runtime.storage();
    let done = storage.compact().await;
    let done = done.map_err(|error| failed(session, error, VERB))?;
    if json {
        report::print_json(&done);
        return Ok(exit::DONE);
    }
    let (before, after) = (size(done.before), size(done.after));
    let location = line(&storage.location(), 200);
    report::print(&format!("{location}: {before} before, {after} after"));
    if done.after >= done.before {
        say("there was nothing to give back");
    }
    Ok(exit::DONE)
}

/// `512 B`, `3.4 MiB`.
pub(super) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["KiB", "MiB", "GiB", "TiB"] {
        value /= 1024.0;
        if value < 1024.0 || unit == "TiB" {
            return match bytes < 1024 {
                true => format!("{bytes} B"),
                false => format!("{value:.1} {unit}"),
            };
        }
    }
    counted(bytes, "byte")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        let of = [0, 1023, 1024, 3 << 20, (1 << 30) + (1 << 29), u64::MAX].map(size);
        let told = [
            "0 B",
            "1023 B",
            "1.0 KiB",
            "3.0 MiB",
            "1.5 GiB",
            "16777216.0 TiB",
        ];
        assert_eq!(of, told);
    }
}
