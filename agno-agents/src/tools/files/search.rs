//! Looking for a text in files.

use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EntryKind, FileError, Root};
use crate::tools::text::within;

/// Most lines that are found.
const MOST_LINES: usize = 100;

/// Most files and folders that are looked into.
const MOST_FILES: usize = 10_000;

/// Most folders in one another.
const DEEPEST: usize = 32;

/// Longest part of a line that is shown, in bytes.
const SHOWN: usize = 300;

/// A line that has the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Path of the file.
    pub path: String,
    /// Number of the line, from 1.
    pub line: usize,
    /// The line; its beginning, if it is long.
    pub text: String,
}

/// `stop` is set when nobody waits for it any more.
pub(super) fn search(
    root: &Root,
    text: &str,
    folder: &str,
    largest: usize,
    stop: &AtomicBool,
) -> Result<Vec<Found>, FileError> {
    let wanted = text.trim().to_lowercase();
    let mut found = Vec::new();
    let mut looked_into = 0;
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        looked_into += 1;
        let entries = match root.entries(&folder, MOST_FILES) {
            // Gone or closed in the meantime; the first one has to be there.
            Err(_) if depth > 0 => continue,
            entries => entries?,
        };
        for entry in entries {
            if looked_into > MOST_FILES || stop.load(Ordering::Relaxed) {
                return Ok(found);
            }
            let path = match folder.trim_end_matches('/') {
                "" => entry.name,
                folder => format!("{folder}/{}", entry.name),
            };
            match entry.kind {
                EntryKind::Folder if depth < DEEPEST => folders.push((path, depth + 1)),
                EntryKind::File => {
                    looked_into += 1;
                    let Ok(content) = root.read(&path, largest) else {
                        continue;
                    };
                    let lines = content.lines().enumerate();
                    let lines = lines.filter(|(_, line)| line.to_lowercase().contains(&wanted));
                    found.extend(lines.map(|(at, line)| Found {
                        path: path.clone(),
                        line: at + 1,
                        text: within(line.trim(), SHOWN).to_owned(),
                    }));
                    if found.len() >= MOST_LINES {
                        found.truncate(MOST_LINES);
                        return Ok(found);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(found)
}
