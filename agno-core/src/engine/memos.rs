//! What is recorded of parts of a step.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind, Event, Json, StoreError};

use super::{
    cell::{RunCell, locked},
    commit::Writing,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
};

impl RunCell {
    /// What an attempt at a step recorded before the process ended, oldest first.
    pub(crate) fn memos_of(&self, step: &str, attempt: u32) -> Vec<Entry> {
        locked(&self.recorded).memos_of(step, attempt)
    }

    pub(crate) fn recall(&self, path: &str) -> Option<Json> {
        locked(&self.recorded)
            .get(path)
            .and_then(|entry| entry.output.clone())
    }

    /// Records parts of a step at once, each with its path, value and events. A value that is too
    /// large is the step's own mistake; for any other refusal this does not resolve, and the run
    /// stops.
    pub(crate) async fn memorise(
        &self,
        memos: Vec<(Arc<str>, Json, Vec<Event>)>,
    ) -> Result<(), Error> {
        let entry = |(path, output, events)| {
            let mut entry = Entry::new(EntryKind::Memo, path, 0);
            entry.output = Some(output);
            entry.events = events;
            entry.finished_at = now_micros();
            entry
        };
        let writing = Writing {
            entries: memos.into_iter().map(entry).collect(),
            ..Writing::default()
        };
        match self.commit(writing).await {
            Ok(_) => Ok(()),
            Err(error @ StoreError::TooLarge { .. }) => Err(Error::from(error)),
            Err(StoreError::AlreadyRecorded { path, .. }) => {
                let problem = format!(
                    "`{path}` is recorded already: each part of a step needs a key of its own, and \
                     is to be recalled before it is done"
                );
                Err(Error::new(code::MISUSE, problem).permanent())
            }
            Err(error) => self.refused(error).await,
        }
    }

    /// A memo that later attempts look for as well.
    pub(crate) fn keep_memo(&self, path: Arc<str>, output: Json) {
        let mut entry = Entry::new(EntryKind::Memo, path, 0);
        entry.output = Some(output);
        locked(&self.recorded).keep(entry);
    }
}
