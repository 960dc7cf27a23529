//! `store`.

use std::path::Path;

use serde::Serialize;

use crate::{
    app::Session,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::{count, line},
};

#[derive(Serialize)]
struct Location<'a> {
    store: &'a str,
    path: Option<String>,
}

/// Reads everything and reports what does not hold.
pub(crate) async fn verify(session: &Session, json: bool) -> Result<u8, Failure> {
    session.open("store verify").await?;
    let storage = session.runtime.storage();
    let report = storage.verify().await;
    let found = report.map_err(|error| {
        Failure::of(
            &agno_core::Error::from(error),
            &session.program,
            "store verify",
        )
    })?;
    if json {
        report::print_json(&found);
    } else {
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        report::print(&format!(
            "{}: {}, {}, {}, {}",
            line(&storage.location(), 200),
            count(number(found.runs), "run"),
            // "entrys" is no word.
            match found.entries {
                1 => "1 journal entry".to_owned(),
                entries => format!("{entries} journal entries"),
            },
            count(number(found.fields), "state field"),
            count(number(found.cached), "cached result"),
        ));
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

/// Prints where the store is. Does not open it, so this works while another process has it.
pub(crate) fn path(session: &Session, json: bool) -> u8 {
    let url = session.url.as_str();
    let path = session.outlives_process().then(|| {
        let path = Path::new(url.strip_prefix("sled:").unwrap_or(url));
        let full = path.canonicalize().or_else(|_| std::path::absolute(path));
        full.unwrap_or_else(|_| path.to_owned())
            .to_string_lossy()
            .into_owned()
    });
    match (json, path) {
        (true, path) => report::print_json(&Location { store: url, path }),
        (false, Some(path)) => report::print(&line(&path, 4096)),
        (false, None) => report::print(&line(url, 4096)),
    }
    exit::DONE
}
