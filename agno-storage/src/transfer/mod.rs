//! Moving a store: to a file, and from a file into any store.
//!
//! The file has a line of JSON for each part of a piece, so that neither side holds more than one
//! piece, and every line ends in a checksum:
//!
//! ```text
//! {"agno":"export","format":1,"from":"./.agno (sled)","at":1760000000000000,"crc32c":"5a1f03c2"}
//! {"definition":{"kind":"agent","name":"writer","version":1,..},"crc32c":".."}
//! {"session":{"workflow":"article","session":"default"},"crc32c":".."}
//! {"field":{"name":"drafts","value":3,"by":"run-1/write#0"},"crc32c":".."}
//! {"end":{"parts":1,"sum":".."},"crc32c":".."}
//! {"cached":{"key":"..","entry":{..}},"crc32c":".."}
//! {"artifact":{"hash":"..","bytes":70000},"crc32c":".."}
//! {"bytes":"BASE64","crc32c":".."}
//! {"end":..}
//! {"run":{"head":{..},"input":{..},"output":..},"crc32c":".."}
//! {"request":{..},"crc32c":".."}
//! {"entry":{..},"crc32c":".."}
//! {"end":..}
//! {"total":{"definitions":1,"sessions":1,..,"lines":14},"crc32c":".."}
//! ```
//!
//! The pieces stand in this order, each kind by name. The checksum of a line covers all that stands
//! before it; that of an end the checksums of its piece, so that no line of another piece can take
//! the place of one. Without its last line a file was cut.

mod export;
mod import;
mod line;
mod pieces;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

pub use self::{export::export, import::import};
use crate::{RunStatus, StoreError};

/// The format of the file that this version writes, and the newest that it reads.
pub const EXPORT_FORMAT: u32 = 1;

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Told now and then what is done so far, from the task that moves the store.
pub type OnProgress<'a> = Box<dyn FnMut(&Counts) + Send + 'a>;

/// What is exported, and who hears of it. Definitions and artifacts always are, for nobody knows
/// whose they are. By default all of it; nothing in it is blackened.
#[derive(Default)]
pub struct ExportOptions<'a> {
    /// Only runs, sessions and cached results of these workflows; empty: of all.
    pub workflows: Vec<Arc<str>>,
    /// Which runs.
    pub runs: RunSelection,
    /// Leaves the step cache out.
    pub without_cache: bool,
    /// Hears what is done.
    pub on_progress: Option<OnProgress<'a>>,
}

impl fmt::Debug for ExportOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportOptions")
            .field("workflows", &self.workflows)
            .field("runs", &self.runs)
            .field("without_cache", &self.without_cache)
            .finish_non_exhaustive()
    }
}

/// Which runs are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunSelection {
    /// All.
    #[default]
    All,
    /// Those that are completed, failed or cancelled.
    Over,
    /// Those that are not.
    Unfinished,
}

impl RunSelection {
    fn accepts(self, status: RunStatus) -> bool {
        match self {
            Self::All => true,
            Self::Over => status.is_over(),
            Self::Unfinished => !status.is_over(),
        }
    }
}

/// How a file is taken in.
#[derive(Default)]
pub struct ImportOptions<'a> {
    /// Hears what is done: added, present and refused pieces together.
    pub on_progress: Option<OnProgress<'a>>,
}

impl fmt::Debug for ImportOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions").finish_non_exhaustive()
    }
}

/// Pieces, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Versions of definitions.
    pub definitions: u64,
    /// Sessions with state.
    pub sessions: u64,
    /// Cached results.
    pub cached: u64,
    /// Artifacts.
    pub artifacts: u64,
    /// Runs.
    pub runs: u64,
    /// Entries of their journals.
    pub entries: u64,
}

impl Counts {
    /// How many pieces that is.
    pub fn pieces(&self) -> u64 {
        self.definitions + self.sessions + self.cached + self.artifacts + self.runs
    }
}

/// What [`export`] has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exported {
    /// What is in the file.
    pub counts: Counts,
    /// Its lines.
    pub lines: u64,
    /// What is not in it, since it does not read or did not stand still, one line each.
    pub problems: Vec<String>,
}

/// What [`import`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// The store that the file is from.
    pub from: String,
    /// When it was written, in microseconds since 1970.
    pub at: u64,
    /// Was written.
    pub added: Counts,
    /// Was there already, and equal.
    pub present: Counts,
    /// Pieces that the store did not take, and lines that are damaged or out of place.
    pub refused: u64,
    /// Which those are, and why, in order of their lines: at most [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Whether the file had its last line. If not, it was cut.
    pub complete: bool,
}

impl ImportReport {
    /// Whether all of a whole file is in the store now.
    pub fn is_whole(&self) -> bool {
        self.complete && self.refused == 0
    }
}

/// Most problems that an [`ImportReport`] names one by one.
pub const MAX_PROBLEMS: usize = 1000;

/// Something in a file that is not in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line, from 1: where it is damaged, or where the piece begins.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

/// Why an export or an import ended early. What was imported before stays, and a second import of the
/// file goes on from there.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The file cannot be read or written.
    #[error("{context}: {message}")]
    Io {
        /// What was tried.
        context: &'static str,
        /// The system's answer.
        message: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file does not begin as an export does.
    #[error("this is no export of a store: {reason}")]
    NotAnExport {
        /// What is wrong with it.
        reason: String,
    },
    /// Written by a newer version of agno.
    #[error("the export has format {found}; this version reads up to {EXPORT_FORMAT}")]
    NewerFormat {
        /// The format of the file.
        found: u32,
    },
}

/// Tells progress, not more often than anybody wants to hear of it.
struct Teller<'a> {
    on_progress: Option<OnProgress<'a>>,
    told: Instant,
}

impl<'a> Teller<'a> {
    fn new(on_progress: Option<OnProgress<'a>>) -> Self {
        Self {
            on_progress,
            told: Instant::now(),
        }
    }

    fn tell(&mut self, counts: &Counts) {
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.finish(counts);
            self.told = Instant::now();
        }
    }

    /// The last word, in any case.
    fn finish(&mut self, counts: &Counts) {
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(counts);
        }
    }
}
