//! `store`.

mod room;
mod transfer;

use std::path::Path;

use agno_core::storage::{StoreConfig, VerifyReport};
use serde::Serialize;

use crate::{
    app::Session,
    args::StoreVerb,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::{count, line},
};

/// Does what is to be done with the store.
pub(crate) async fn store(session: &Session, verb: StoreVerb) -> Result<u8, Failure> {
    match verb {
        StoreVerb::Path { json } => path(session, json),
        StoreVerb::Verify { json } => verify(session, json).await,
        StoreVerb::Stats { json } => room::stats(session, json).await,
        StoreVerb::Compact { json } => room::compact(session, json).await,
        StoreVerb::Export(wish) => transfer::export(session, wish).await,
        StoreVerb::Import { file, json } => transfer::import(session, &file, json).await,
        StoreVerb::Copy(wish) => transfer::copy(session, wish).await,
    }
}

/// `3 runs`, `1 journal entry`.
fn counted(number: u64, what: &str) -> String {
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    match what.strip_suffix("entry") {
        // "entrys" is no word.
        Some(kind) if number != 1 => format!("{number} {kind}entries"),
        _ => count(number, what),
    }
}

/// Reads everything and reports what does not hold.
async fn verify(session: &Session, json: bool) -> Result<u8, Failure> {
    const VERB: &str = "store verify";
    session.open(VERB).await?;
    let storage = session.runtime.storage();
    let found = storage.verify().await;
    let found = found.map_err(|error| failed(session, error, VERB))?;
    if json {
        report::print_json(&found);
    } else {
        let location = line(&storage.location(), 200);
        report::print(&format!("{location}: {}", in_words(&found)));
        for problem in &found.problems {
            say(&format!("error: {}", line(problem, 400)));
        }
    }
    if found.problems.is_empty() {
        if !json {
            say("sound");
        }
        return Ok(exit::DONE);
    }
    say("next: restore a backup of the store, or go on with another: --store DIRECTORY");
    Ok(exit::FAILED)
}

/// Runs first, always; of the rest what there is.
fn in_words(found: &VerifyReport) -> String {
    let rest = [
        (found.entries, "journal entry"),
        (found.fields, "state field"),
        (found.cached, "cached result"),
        (found.requests, "open request"),
        (found.definitions, "version of definitions"),
        (found.artifacts, "artifact"),
    ];
    let rest = rest.into_iter().map(|(number, what)| match what {
        "version of definitions" if number != 1 => format!("{number} versions of definitions"),
        what => counted(number, what),
    });
    let all: Vec<_> = std::iter::once(counted(found.runs, "run"))
        .chain(rest)
        .collect();
    all.join(", ")
}

#[derive(Serialize)]
struct Location<'a> {
    /// As it was named.
    store: &'a str,
    /// Where that is.
    location: String,
    /// The directory, from the root.
    path: Option<String>,
}

/// Prints where the store is. Does not open it, so this works while another process has it.
fn path(session: &Session, json: bool) -> Result<u8, Failure> {
    let config = session.url.config();
    let config = config.map_err(|error| session.not_open(&error, "store path"))?;
    let path = config.directory().map(from_root);
    if json {
        report::print_json(&Location {
            store: session.url.shown(),
            location: config.location(),
            path,
        });
        return Ok(exit::DONE);
    }
    let words = match (path, config) {
        (Some(path), _) => path,
        (None, StoreConfig::Memory) => session.url.shown().to_owned(),
        (None, config) => config.location(),
    };
    report::print(&line(&words, 4096));
    Ok(exit::DONE)
}

fn from_root(path: &Path) -> String {
    let full = path.canonicalize().or_else(|_| std::path::absolute(path));
    let full = full.unwrap_or_else(|_| path.to_owned());
    full.to_string_lossy().into_owned()
}

fn failed(session: &Session, error: impl Into<agno_core::Error>, verb: &str) -> Failure {
    Failure::of(&error.into(), &session.program, verb)
}
