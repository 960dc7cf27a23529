//! `cache`.

use std::sync::Arc;

use agno_core::storage::{CacheListing, CacheQuery};
use serde::Serialize;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::{self, line},
    time,
};

#[derive(Serialize)]
struct Report<'a> {
    cached: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    workflow: &'a str,
    step: &'a str,
    run_id: &'a str,
    bytes: usize,
    stored_at: String,
    expires_at: Option<String>,
}

#[derive(Serialize)]
struct Cleared {
    cleared: u64,
}

/// As many results are listed for people, unless they want all.
const SHOWN: usize = 50;

/// Which results are meant.
pub(crate) fn query(workflow: Option<String>, step: Option<String>) -> CacheQuery {
    CacheQuery {
        workflow: workflow.map(Arc::from),
        step: step.map(Arc::from),
        ..CacheQuery::default()
    }
}

/// Lists or clears the step cache.
pub(crate) async fn cache(
    session: &Session,
    clear: bool,
    query: CacheQuery,
    all: bool,
    json: bool,
) -> Result<u8, Failure> {
    match clear {
        true => session.open("cache").await?,
        false => session.look("cache").await?,
    }
    let storage = session.runtime.storage();
    let failed = |error| Failure::of(&agno_core::Error::from(error), &session.program, "cache");
    if clear {
        let cleared = storage.cache_clear(query).await.map_err(failed)?;
        match json {
            true => report::print_json(&Cleared { cleared }),
            false => {
                let number = usize::try_from(cleared).unwrap_or(usize::MAX);
                report::print(&format!("{} removed", text::count(number, "cached result")));
            }
        }
        return Ok(exit::DONE);
    }
    let asked = query.clone();
    let list = storage.cache_list(query).await.map_err(failed)?;
    if json {
        report::print_json(&Report {
            cached: list.iter().map(row).collect(),
        });
    } else if list.is_empty() {
        say("the step cache is empty");
    } else {
        let shown = match all {
            true => list.len(),
            false => list.len().min(SHOWN),
        };
        report::print(&report::table(&table(&list[..shown])));
        if shown < list.len() {
            let more = list.len() - shown;
            let next = session.program.command(&all_of(&asked));
            say(&format!("and {more} more: {next}"));
        }
    }
    Ok(exit::DONE)
}

/// The command that lists everything that was asked for.
fn all_of(query: &CacheQuery) -> String {
    let mut command = "cache list --all".to_owned();
    for (option, name) in [("workflow", &query.workflow), ("step", &query.step)] {
        if let Some(name) = name {
            command.push_str(&format!(" --{option} {}", text::quoted(name)));
        }
    }
    command
}

fn row(listing: &CacheListing) -> Row<'_> {
    Row {
        key: &listing.key,
        workflow: &listing.workflow,
        step: &listing.step,
        run_id: listing.run.as_str(),
        bytes: listing.bytes,
        stored_at: time::rfc3339(listing.stored_at),
        expires_at: listing.expires_at.map(time::rfc3339),
    }
}

fn table(list: &[CacheListing]) -> Vec<Vec<String>> {
    let now = time::now_micros();
    let head = [
        "KEY", "WORKFLOW", "STEP", "BYTES", "STORED", "EXPIRES", "RUN",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for listing in list {
        let expires = match listing.expires_at {
            None => "never".to_owned(),
            Some(at) if at <= now => "expired".to_owned(),
            Some(at) => {
                let left = std::time::Duration::from_micros(at - now);
                format!("in {}", time::span(left))
            }
        };
        rows.push(vec![
            listing.key.chars().take(12).collect(),
            line(&listing.workflow, 40),
            line(&listing.step, 40),
            listing.bytes.to_string(),
            time::ago(listing.stored_at, now),
            expires,
            listing.run.to_string(),
        ]);
    }
    rows
}
