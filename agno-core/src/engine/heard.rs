//! What other processes have recorded for a run that is under way here: answers, and that it is to
//! be cancelled.

use std::sync::{Arc, atomic::Ordering};

use agno_storage::{Ack, Entry, EntryKind, RunQuery, RunStatus, StoreResult};

use super::{cell::RunCell, replay::asked};
use crate::clock::now_micros;

/// Where it is recorded that somebody wants a run cancelled that another process has under way.
const CANCEL: &str = "@cancel~";

/// The path for a run that was taken up so often.
pub(crate) fn cancel_at(resumes: u32) -> Arc<str> {
    Arc::from(format!("{CANCEL}{resumes}"))
}

/// Where it is recorded, in a store that several share, that a run has ended. Who has read it as under
/// way must not claim it after that: the fence is still the same.
pub(crate) fn over_at(resumes: u32) -> Arc<str> {
    Arc::from(format!("@over~{resumes}"))
}

/// Where it is recorded that a run was written down as paused. Who has read it as under way must not
/// answer it as such after that: nobody would take it up.
pub(crate) fn parked_at(resumes: u32) -> Arc<str> {
    Arc::from(format!("@parked~{resumes}"))
}

/// Whether somebody wants the run cancelled, and it has not ended since.
pub(crate) fn is_to_be_cancelled(journal: &[Entry]) -> bool {
    let newest = |begins: &[&str]| {
        let of_these = |entry: &&Entry| begins.iter().any(|begin| entry.path.starts_with(begin));
        journal.iter().filter(of_these).map(|entry| entry.seq).max()
    };
    newest(&[CANCEL]) > newest(&["@ended~", "@cancelled~"])
}

impl RunCell {
    /// Counts what this process has recorded itself.
    pub(super) fn has_recorded(&self, ack: Ack, entries: usize) {
        let next = ack.seq + entries as u64;
        // With a gap before it, somebody else's may be there.
        let _ =
            self.heard
                .compare_exchange(ack.seq - 1, next - 1, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Takes in what others have recorded since.
    pub(crate) async fn hear(&self) -> StoreResult<()> {
        if self.held().is_none() || self.is_stopped() || self.is_parked() {
            return Ok(());
        }
        let heard = self.heard.load(Ordering::Acquire);
        let entries = self.storage.journal(&self.id, heard + 1).await?;
        for entry in &entries {
            self.heard.fetch_max(entry.seq, Ordering::AcqRel);
            if entry.superseded {
                continue;
            }
            if entry.path.starts_with(CANCEL) {
                self.cancel();
            } else if entry.kind == EntryKind::Answer {
                self.hear_answer(entry);
            }
        }
        self.hear_from_called().await
    }

    fn hear_answer(&self, entry: &Entry) {
        let answer = entry.output.as_ref().and_then(|json| json.decode().ok());
        let (Some(path), Some(answer)) = (asked(&entry.path), answer) else {
            return;
        };
        if self.hand_in_answer(path, answer) {
            for (number, event) in (entry.first_event..).zip(&entry.events) {
                self.tell_numbered(Some(number), event);
            }
        }
    }

    /// A run that it has called is parked, and was answered or ended elsewhere.
    async fn hear_from_called(&self) -> StoreResult<()> {
        let waiting = self.waits_below();
        if waiting.is_empty() {
            return Ok(());
        }
        let called = RunQuery {
            parent: Some(self.id.clone()),
            ..RunQuery::default()
        };
        let now = now_micros();
        for run in self.storage.runs(called).await? {
            let is_due = run.wake_at.is_some_and(|at| at <= now);
            let waits = run.status == RunStatus::Paused && !is_due;
            if let (Some(parent), false) = (run.parent, waits)
                && waiting.contains(&parent.path)
            {
                self.deliver_below(&parent.path);
            }
        }
        Ok(())
    }
}
