//! How often a run did something, and how that is shown.

use serde::{Deserialize, Serialize};

/// How often a run did one operation, by how it went. No call is counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Calls that ran and succeeded, or whose result a person gave.
    pub completed: u32,
    /// Calls answered from the cache.
    pub cached: u32,
    /// Calls that failed, or were rejected, and whose default took their place.
    pub skipped: u32,
    /// Calls that failed.
    pub failed: u32,
    /// Calls that have begun and not ended.
    pub running: u32,
    /// Calls that wait for a person.
    pub waiting: u32,
    /// Calls that were dropped before they ended: another branch of their race won, a sibling failed,
    /// or the run was ended.
    pub lost: u32,
    /// Calls among the ended ones that had ended before the run was last taken up, so that their
    /// result came from the journal.
    pub replayed: u32,
}

impl Tally {
    /// How the operation is coloured: what is happening now comes before what has happened.
    pub(super) const fn status(&self) -> Status {
        if self.waiting > 0 {
            Status::Waiting
        } else if self.running > 0 {
            Status::Running
        } else if self.failed > 0 {
            Status::Failed
        } else if self.completed > 0 {
            Status::Completed
        } else if self.cached > 0 {
            Status::Cached
        } else if self.skipped > 0 {
            Status::Skipped
        } else if self.lost > 0 {
            Status::Lost
        } else {
            Status::NotReached
        }
    }

    /// The counts in words: `✔ ×3 · ✘`.
    pub(super) fn mark(&self) -> String {
        let mut parts: Vec<String> = [
            ("✔", self.completed),
            ("cached", self.cached),
            ("skipped", self.skipped),
            ("✘", self.failed),
            ("▶ running", self.running),
            ("☝ waiting", self.waiting),
            ("lost", self.lost),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(sign, count)| times(sign, count))
        .collect();
        if self.replayed > 0 {
            parts.push(format!("{} replayed", self.replayed));
        }
        match parts.is_empty() {
            true => "○".to_owned(),
            false => parts.join(" · "),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.completed += other.completed;
        self.cached += other.cached;
        self.skipped += other.skipped;
        self.failed += other.failed;
        self.running += other.running;
        self.waiting += other.waiting;
        self.lost += other.lost;
        self.replayed += other.replayed;
    }
}

/// A word, and how often it applies.
pub(super) fn times(word: &str, count: u32) -> String {
    match count {
        1 => word.to_owned(),
        _ => format!("{word} ×{count}"),
    }
}

/// How a node is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// No run is shown, or the run says nothing about such a node.
    Plain,
    NotReached,
    Lost,
    Skipped,
    Cached,
    Completed,
    Failed,
    Running,
    Waiting,
}

impl Status {
    /// The statuses that a picture has a colour for, with its name.
    pub(super) const fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::NotReached => Some("dim"),
            Self::Lost => Some("lost"),
            Self::Skipped => Some("skipped"),
            Self::Cached => Some("cached"),
            Self::Completed => Some("done"),
            Self::Failed => Some("failed"),
            Self::Running => Some("running"),
            Self::Waiting => Some("waiting"),
        }
    }
}

/// The colours of a status: fill, stroke and text. They stand on a light and on a dark page.
pub(super) const COLOURS: [(&str, &str, &str, &str); 8] = [
    ("done", "#dafbe1", "#1a7f37", "#1f2328"),
    ("cached", "#ddf4ff", "#0969da", "#1f2328"),
    ("skipped", "#fff1e5", "#bc4c00", "#1f2328"),
    ("failed", "#ffebe9", "#cf222e", "#1f2328"),
    ("running", "#fff8c5", "#9a6700", "#1f2328"),
    ("waiting", "#fbefff", "#8250df", "#1f2328"),
    ("lost", "#d8dee4", "#57606a", "#424a53"),
    ("dim", "#eaeef2", "#afb8c1", "#656d76"),
];
