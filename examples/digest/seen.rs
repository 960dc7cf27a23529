//! What earlier runs of a session have digested, and what is left to do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::source::{Document, Listing};
use super::summary::{METHOD, Summary};

/// The session's memory: the summary of every document of one folder, by path.
// derives
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seen {
    /// The folder of the last run.
    pub folder: String,
    pub summaries: BTreeMap<String, Summary>,
}

/// What a run has to do.
// derives
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// New or changed since the last run, or summarised by an older method.
    pub changed: Vec<Document>,
    /// Known and still the same.
    pub kept: Vec<Summary>,
    /// Known, but no longer there.
    pub removed: Vec<String>,
}

/// Compares a listing with what is known.
pub fn plan(folder: &str, listing: &Listing, seen: &Seen) -> Plan {
    let mut plan = Plan::default();
    for document in &listing.documents {
        match seen.summaries.get(&document.path) {
            // The same content at the same path has the same summary, in whatever folder.
            Some(known) if known.hash == document.hash && known.method == METHOD => {
                plan.kept.push(known.clone());
            }
            _ => plan.changed.push(document.clone()),
        }
    }
    if seen.folder == folder {
        let listed = |path: &String| {
            listing
                .documents
                .binary_search_by(|document| document.path.cmp(path))
                .is_ok()
        };
        plan.removed = seen
            .summaries
            .keys()
            .filter(|path| !listed(path))
            .cloned()
            .collect();
    }
    plan
}

impl Seen {
    /// Replaces what is known by the summaries of this run.
    pub fn remember(&mut self, folder: &str, summaries: &[Summary]) {
        folder.clone_into(&mut self.folder);
        self.summaries = summaries
            .iter()
            .map(|one| (one.path.clone(), one.clone()))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::Format;
    use super::*;

    fn document(path: &str, hash: &str) -> Document {
        Document {
            path: path.into(),
            format: Format::Text,
            bytes: 1,
            hash: hash.into(),
        }
    }

    fn summary(path: &str, hash: &str, method: u32) -> Summary {
        Summary {
            path: path.into(),
            hash: hash.into(),
            method,
            ..Summary::default()
        }
    }

    #[test]
    fn only_what_changed_is_read_again() {
        let mut seen = Seen::default();
        seen.remember(
            "docs",
            &[
                summary("gone", "1", METHOD),
                summary("new-content", "1", METHOD),
                summary("old-method", "1", METHOD - 1),
                summary("same", "1", METHOD),
            ],
        );
        let listing = Listing {
            documents: vec![
                document("added", "1"),
                document("new-content", "2"),
                document("old-method", "1"),
                document("same", "1"),
            ],
            skipped: Vec::new(),
        };
        let found = plan("docs", &listing, &seen);
        let changed: Vec<_> = found.changed.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(changed, ["added", "new-content", "old-method"]);
        assert_eq!(found.kept, [summary("same", "1", METHOD)]);
        assert_eq!(found.removed, ["gone"]);
        assert!(plan("elsewhere", &listing, &seen).removed.is_empty());
    }
}
