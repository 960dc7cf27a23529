//! From a file into a store.

use std::io::BufRead;

use super::{
    Counts, ImportOptions, ImportReport, MAX_PROBLEMS, Problem, Teller, TransferError,
    pieces::{self, Next},
};
use crate::{Imported, Portable, Storage, StoreError};

/// Writes every piece of an export into a store, as it is: numbers, fences and times too. Each is
/// written whole or not at all, after all its lines were read and their checksums held.
///
/// What is there already, and equal, is passed over, so an import that was cut short is finished by
/// a second one. What is there and differs stays, and is reported, as is every line that is damaged;
/// the others go on.
///
/// It reads from `from` on the task that polls it, so use a thread that may block, and a buffer.
///
/// # Errors
///
/// [`TransferError`]: the file is no export, or of a newer version; the file cannot be read; the
/// store cannot be written.
pub async fn import(
    store: &dyn Storage,
    from: impl BufRead + Send,
    options: ImportOptions<'_>,
) -> Result<ImportReport, TransferError> {
    let mut pieces = pieces::read(from)?;
    let mut report = ImportReport {
        from: pieces.header.from.clone(),
        at: pieces.header.at,
        ..ImportReport::default()
    };
    let mut teller = Teller::new(options.on_progress);
    let mut done = Counts::default();
    while let Some(next) = pieces.next()? {
        let (line, piece) = match next {
            Next::Piece(line, piece) => (line, piece),
            Next::Damaged(line, reason) => {
                report.refuse(line, reason);
                continue;
            }
        };
        let mut counts = Counts::default();
        counts.add(&piece);
        let what = name_of(&piece);
        match store.import(piece).await {
            Ok(Imported::Added) => report.added = report.added.plus(&counts),
            Ok(Imported::Present) => report.present = report.present.plus(&counts),
            Err(error) if ends_all(&error) => return Err(error.into()),
            Err(error) => report.refuse(line, format!("{what}: {error}")),
        }
        done = done.plus(&counts);
        teller.tell(&done);
    }
    report.complete = pieces.complete;
    teller.finish(&done);
    Ok(report)
}

/// Whether the store takes no other piece either.
fn ends_all(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Io { .. }
            | StoreError::Full { .. }
            | StoreError::Poisoned { .. }
            | StoreError::Locked { .. }
            | StoreError::Closed
    )
}

fn name_of(piece: &Portable) -> String {
    match piece {
        Portable::Run(run) => format!("run `{}`", run.head.id),
        Portable::Session(key, _) => format!("session `{}` of {}", key.session, key.workflow),
        Portable::Cached(key, _) => format!("cached result {}", key.to_hex()),
        Portable::Definition(saved) => {
            let (kind, name, version) = (&saved.kind, &saved.name, saved.version);
            format!("version {version} of the {kind} definition `{name}`")
        }
        Portable::Artifact(hash, _) => format!("artifact {hash}"),
    }
}

impl ImportReport {
    fn refuse(&mut self, line: u64, reason: String) {
        self.refused += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { line, reason });
        }
    }
}

impl Counts {
    fn plus(&self, more: &Self) -> Self {
        Self {
            definitions: self.definitions + more.definitions,
            sessions: self.sessions + more.sessions,
            cached: self.cached + more.cached,
            artifacts: self.artifacts + more.artifacts,
            runs: self.runs + more.runs,
            entries: self.entries + more.entries,
        }
    }
}
