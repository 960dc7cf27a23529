//! Earlier runs of the session, as a flow sees them.

use agno_storage::{
    Entry, EntryKind, Json, MAX_VALUE_BYTES, RunQuery, RunStatus, StoreError, StoreResult,
};

use super::{around::Around, cell::RunCell, commit::Writing, execute::Outcome};
use crate::{
    clock::now_micros,
    error::Error,
    flow::PastRun,
    op::{Identity, Reply},
};

impl RunCell {
    /// Reads the last completed runs and records what it has read: another run may end while this
    /// one is away.
    pub(super) async fn run_history(&self, id: Identity, runs: usize, around: &Around) -> Outcome {
        let _working = self.working_here();
        let started_at = now_micros();
        let read = self.past_runs(runs).await.and_then(|past| {
            let json = Json::encode(&past);
            json.map_err(|error| StoreError::Corrupt {
                key: format!("history of session {}", self.info.session),
                reason: error.to_string(),
            })
        });
        let json = match read {
            Ok(json) => json,
            Err(error) => return self.refused(error).await,
        };
        let mut entry = Entry::new(EntryKind::Value, id.path.clone(), id.position);
        entry.place = Some(id.place);
        entry.started_at = started_at;
        if json.len() > MAX_VALUE_BYTES {
            let error = Error::from(StoreError::TooLarge {
                what: format!("the history of {runs} runs"),
                size: json.len(),
                limit: MAX_VALUE_BYTES,
            });
            let recorded = error.at(&id.path).to_recorded();
            return self.record_error(entry, around, recorded).await;
        }
        entry.finished_at = now_micros();
        entry.output = Some(json.clone());
        let mut entries = vec![entry];
        entries.extend(self.decisions_for(around, None));
        self.commit_or_stop(Writing {
            entries,
            unless: around.unless(),
            ..Writing::default()
        })
        .await;
        self.remember_decisions(around, None);
        Ok(Reply::One { json, value: None })
    }

    /// Oldest first.
    async fn past_runs(&self, runs: usize) -> StoreResult<Vec<PastRun>> {
        let query = RunQuery {
            workflow: Some(self.session.workflow.clone()),
            session: Some(self.session.session.clone()),
            status: Some(RunStatus::Completed),
            outermost: true,
            limit: Some(runs),
            whole: true,
            ..RunQuery::default()
        };
        let mut past = Vec::new();
        for record in self.storage.runs(query).await? {
            let input = self.storage.input(&record.id).await?;
            // Removed between the two looks.
            let Some(input) = input else { continue };
            let output = self.storage.output(&record.id).await?;
            let output = output.unwrap_or_else(Json::null);
            past.push(PastRun::new(
                record.id,
                record.created_at,
                input.input,
                output,
            ));
        }
        past.reverse();
        Ok(past)
    }
}
