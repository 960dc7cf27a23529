//! `cache`.

use std::sync::Arc;

use agno_core::{
    CacheMode,
    storage::{CacheListing, CacheQuery, StoreError},
};
use serde::Serialize;

use super::explain::explain;
use crate::{
    app::Session,
    args::{CacheWish, cache_mode},
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
    tags: &'a [Arc<str>],
}

#[derive(Serialize)]
struct Cleared {
    cleared: u64,
}

/// As many results are listed for people, unless they want all.
const SHOWN: usize = 50;

/// Lists, clears or explains the step cache.
pub(crate) async fn cache(session: &Session, wish: CacheWish) -> Result<u8, Failure> {
    match wish {
        CacheWish::List { which, all, json } => list(session, which, all, json).await,
        CacheWish::Clear { which, json } => clear(session, which, json).await,
        CacheWish::Explain(wish) => explain(session, wish).await,
    }
}

fn failed(session: &Session, error: StoreError) -> Failure {
    Failure::of(&agno_core::Error::from(error), &session.program, "cache")
}

/// How runs use the cache where nobody says it: for operations.
pub(super) fn mode_of_environment() -> Result<Option<CacheMode>, Failure> {
    let Some(name) = std::env::var_os("AGNO_CACHE").filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let name = name.to_string_lossy();
    match cache_mode(&name) {
        Some(mode) => Ok(Some(mode)),
        None => {
            let modes = CacheMode::ALL.map(CacheMode::as_str).join(", ");
            let problem = format!(
                "AGNO_CACHE is `{}`, and not one of {modes}",
                line(&name, 40)
            );
            Err(Failure::usage(problem).next("unset AGNO_CACHE"))
        }
    }
}

async fn clear(session: &Session, which: CacheQuery, json: bool) -> Result<u8, Failure> {
    session.open("cache").await?;
    let cleared = session.runtime.storage().cache_clear(which).await;
    let cleared = cleared.map_err(|error| failed(session, error))?;
    match json {
        true => report::print_json(&Cleared { cleared }),
        false => {
            let number = usize::try_from(cleared).unwrap_or(usize::MAX);
            report::print(&format!("{} removed", text::count(number, "cached result")));
        }
    }
    Ok(exit::DONE)
}

async fn list(session: &Session, which: CacheQuery, all: bool, json: bool) -> Result<u8, Failure> {
    session.look("cache").await?;
    let asked = which.clone();
    let list = session.runtime.storage().cache_list(which).await;
    let list = list.map_err(|error| failed(session, error))?;
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
    let names = [
        ("workflow", query.workflow.as_deref()),
        ("step", query.step.as_deref()),
        ("tag", query.tag.as_deref()),
        ("key", query.key.as_deref()),
    ];
    for (option, name) in names {
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
        tags: &listing.tags,
    }
}

fn table(list: &[CacheListing]) -> Vec<Vec<String>> {
    let now = time::now_micros();
    let head = [
        "KEY", "WORKFLOW", "STEP", "BYTES", "STORED", "EXPIRES", "TAGS", "RUN",
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
            line(&listing.tags.join(", "), 40),
            listing.run.to_string(),
        ]);
    }
    rows
}
