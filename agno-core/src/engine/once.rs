//! Steps that must not run again: those marked at-most-once, and those that ran and whose change
//! of the state did not merge.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind, Json};

use super::{
    cell::{RunCell, locked},
    record::Work,
    replay::begun,
};
use crate::{
    clock::now_micros,
    error::{Error, code},
    op::Reply,
    registry::StepEntry,
    state::Changes,
    value::Produced,
};

impl RunCell {
    /// Records that the step begins. If that is recorded already, it may have run.
    /// After a pause it may begin once more for each time a person has said so.
    pub(super) async fn begin_once(&self, step: &Entry, pauses: u32) -> Result<(), Error> {
        let begun = match pauses {
            0 => begun(&step.path),
            _ => Arc::from(format!("{}.{pauses}", begun(&step.path))),
        };
        let known = locked(&self.recorded).get(&begun).is_some();
        if known {
            return Err(Error::new(
                code::MAY_HAVE_RUN,
                "the process ended while this step ran: it may have run, and it is not to run \
                 twice. Look whether it took effect",
            )
            .permanent());
        }
        let mut entry = Entry::new(EntryKind::Started, begun, step.position);
        entry.place.clone_from(&step.place);
        entry.input.clone_from(&step.input);
        entry.started_at = now_micros();
        self.commit_entry(entry).await;
        Ok(())
    }

    /// The output of a step that ran and whose change did not merge.
    pub(super) fn kept_output(&self, path: &str) -> Option<Entry> {
        if self.resumes == 0 {
            None
        } else {
            locked(&self.kept).remove(path)
        }
    }

    pub(super) async fn merge_again(
        &self,
        work: Work,
        entry: &StepEntry,
        kept: &Entry,
    ) -> Result<Reply, Error> {
        let Some(output) = &kept.output else {
            let error = Error::new(code::DRIFT, "the kept output is gone").permanent();
            return self
                .record_failure(work, error, Vec::new(), kept.attempts, entry)
                .await;
        };
        let by = Arc::from(format!("{}/{}", self.id, work.entry.path));
        let changes = self.changes_again(kept, &by);
        let produced = Produced {
            json: output.clone(),
            value: None,
        };
        match changes {
            Ok(changes) => {
                self.record_success(work, produced, changes, Vec::new(), kept.attempts)
                    .await
            }
            Err(problem) => {
                let error = Error::new(code::INVALID_STATE, problem).permanent();
                self.record_failure(work, error, Vec::new(), kept.attempts, entry)
                    .await
            }
        }
    }

    pub(super) fn changes_again(&self, kept: &Entry, by: &Arc<str>) -> Result<Changes, String> {
        let details = kept.error.as_ref().and_then(|error| error.details.as_ref());
        let values = details.map(Json::to_value).unwrap_or_default();
        let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
        for change in values.as_array().into_iter().flatten() {
            let field = change["field"].as_str().unwrap_or_default();
            before.insert(field.to_owned(), change["before"].clone());
            after.insert(field.to_owned(), change["after"].clone());
        }
        let rules = self
            .registered
            .state
            .as_ref()
            .map_or(&[][..], |state| state.rules);
        Changes::between(&self.view(), &before, &after, rules, by)
    }
}
