//! The one write, as one statement.
//!
//! The statement first changes the head, `where` all that it checks holds, and everything else is
//! written *from* the changed head: no head, nothing. Commits of one run wait for each other at the lock of
//! that row, so `read committed` is enough, with one exception. A statement that has waited sees the new head,
//! but the rest of the database as it was before it waited. What depends on the rest (paths that must be absent
//! from the journal but are not written, entries to supersede, requests to close) therefore counts
//! only if the head's `version` is still the one that belongs to that older view; else the statement
//! writes nothing and is sent again. A path that is written needs no such care: the index is unique.
//!
//! Commits that only add an entry may go with those of other runs ([`group`](super::group)).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use futures_util::future::{join, join3};
use tokio::sync::OwnedMutexGuard;

use super::{
    Shared,
    body::{body, column, unsigned},
    failure::Failure,
    group::Way,
    name,
    pool::Transaction,
    refusal::Refusal,
    statement::Statement,
    write,
};
use crate::{
    Ack, Commit, EntryKind, FieldValue, RunId, RunStatus, SessionFields, SessionKey, StateDelta,
    StoreError, StoreResult,
};

/// What became of a statement.
pub(super) enum Outcome {
    Done(Ack),
    /// A check refused it; which one is to be found out.
    Refused,
    /// The state does not merge, or no longer fits.
    Unmerged(StoreError),
}

/// Commits of one run that this process makes take turns here, and not in the database, where each would
/// wait with a connection. Only who comes from another process is met there.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<RunId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, run: &RunId) -> OwnedMutexGuard<()> {
        self.of(run).lock_owned().await
    }

    fn of(&self, run: &RunId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(run).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() == turns.capacity() {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(run.clone(), Arc::downgrade(&turn));
        turn
    }
}

impl Shared {
    pub(super) async fn commit(&self, commit: Commit) -> StoreResult<Ack> {
        self.pool.check_open()?;
        commit.check_alone()?;
        let _turn = self.turns.take(&commit.run).await;
        // The head keeps the ids of its last commits. So a commit whose answer was lost is never
        // done twice, also when its first statement is still under way while the second runs.
        let id = self.owner.commit();
        let mut patience = self.pool.patience();
        let _lane = match patience.within(self.groups.way(&commit, id)).await {
            Ok(Way::Written(ack)) => return Ok(self.written(&commit, ack)),
            Ok(Way::Alone(lane)) => lane,
            // The attempt says it again, or that there is no patience left.
            Err(_) => None,
        };
        loop {
            let failure = match patience.within(self.attempt(&commit, id)).await {
                Ok(Outcome::Done(ack)) => return Ok(self.written(&commit, ack)),
                Ok(Outcome::Refused) => self.refused(&commit, id, None).await,
                Ok(Outcome::Unmerged(error)) => self.refused(&commit, id, Some(error)).await,
                Err(Failure::Taken(_)) => self.refused(&commit, id, None).await,
                Err(failure) => Refusal::Again(failure),
            };
            match failure {
                Refusal::Mine(ack) => return Ok(ack),
                Refusal::Error(error) => return Err(error),
                Refusal::Again(failure) => patience.wait(failure).await?,
            }
        }
    }

    fn written(&self, commit: &Commit, ack: Ack) -> Ack {
        if may_interest_others(commit) {
            self.hint.tell();
        }
        ack
    }

    async fn attempt(&self, commit: &Commit, id: i64) -> Result<Outcome, Failure> {
        if let Some((key, delta)) = &commit.state
            && !delta.is_empty()
        {
            return self.attempt_with_state(commit, id, key, delta).await;
        }
        let Some(statement) = write::statement(self, commit, id, &SessionFields::new())? else {
            return Ok(Outcome::Refused);
        };
        let connection = self.pool.get().await?;
        let rows = connection.rows(&self.pool.filled(statement)).await?;
        Ok(ack(commit, &rows)?.map_or(Outcome::Refused, Outcome::Done))
    }

    /// The same with a change of the session's state, which is merged here, by the rules that the run's own
    /// view has too: the fields are read under a lock of their session and written by the statement. The
    /// lock is of the session, not of rows: two runs may add a field that has no row yet. It is one round trip
    /// more: what begins the transaction goes out together, and so does what ends it. (Ending it when
    /// nothing was written, or after an error, writes nothing.)
    async fn attempt_with_state(
        &self,
        commit: &Commit,
        id: i64,
        key: &SessionKey,
        delta: &StateDelta,
    ) -> Result<Outcome, Failure> {
        let lock = self
            .pool
            .tables
            .lock(&["state", &key.workflow, &key.session]);
        let lock = Statement::new("select pg_advisory_xact_lock($1)::text").with(lock);
        let names = delta
            .changes
            .iter()
            .map(|change| name::encode(&change.field));
        let fields = self.pool.filled(
            Statement::new(
                "select field, body, crc from @field \
                 where workflow = $1 and session = $2 and field = any($3)",
            )
            .with(name::encode(&key.workflow))
            .with(name::encode(&key.session))
            .with(names.collect::<Vec<_>>()),
        );
        let connection = self.pool.get().await?;
        let (lock, fields) = (
            connection.ready(&lock).await?,
            connection.ready(&fields).await?,
        );
        let transaction = Transaction::on(connection);
        let connection = transaction.connection()?;
        let begin = connection.command("begin");
        let (begun, locked, rows) =
            join3(begin, connection.run(&lock), connection.run(&fields)).await;
        begun?;
        locked?;
        let mut now = SessionFields::new();
        for row in rows? {
            let (field, value) = read_field(&row, &key.session)?;
            now.insert(field, value);
        }
        let changed = match delta.merged_within_limits(&now) {
            Ok(changed) => write::statement(self, commit, id, &changed)?.ok_or(Outcome::Refused),
            Err(error) => Err(Outcome::Unmerged(error)),
        };
        let statement = match changed {
            Ok(statement) => self.pool.filled(statement),
            Err(outcome) => {
                connection.command("rollback").await?;
                transaction.done();
                return Ok(outcome);
            }
        };
        let statement = connection.ready(&statement).await?;
        let (rows, ended) = join(connection.run(&statement), connection.command("commit")).await;
        let rows = match (rows, ended) {
            (Ok(rows), Ok(())) => rows,
            (Ok(_), Err(failure)) => return Err(failure),
            (Err(failure), ended) => {
                if ended.is_ok() {
                    transaction.done();
                }
                return Err(failure);
            }
        };
        transaction.done();
        Ok(ack(commit, &rows)?.map_or(Outcome::Refused, Outcome::Done))
    }
}

/// A field of a session's state: name, body, checksum.
pub(super) fn read_field(
    row: &tokio_postgres::Row,
    session: &str,
) -> StoreResult<(Arc<str>, FieldValue)> {
    let field: &str = column(row, 0)?;
    let value = body(row, 1, || {
        format!("state field `{field}` of session `{session}`")
    })?;
    Ok((name::decode(field), value))
}

/// The numbers of a commit, from the changed head.
fn ack(commit: &Commit, rows: &[tokio_postgres::Row]) -> StoreResult<Option<Ack>> {
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let events: usize = commit.entries.iter().map(|entry| entry.events.len()).sum();
    let last = unsigned(column(row, 0)?);
    Ok(Some(Ack {
        seq: (last + 1).saturating_sub(commit.entries.len() as u64),
        first_event: unsigned(column(row, 1)?).saturating_sub(events as u64),
        fence: unsigned(column(row, 2)?),
    }))
}

/// Whether another process may wait for it: a run to take up, a time to wake, an answer.
fn may_interest_others(commit: &Commit) -> bool {
    let pending = |head: &crate::RunRecord| head.status == RunStatus::Pending;
    commit
        .create
        .as_ref()
        .is_some_and(|create| pending(&create.0))
        || commit
            .entries
            .iter()
            .any(|entry| entry.kind == EntryKind::Answer)
        || (commit.update.as_ref()).is_some_and(|update| update.status != RunStatus::Running)
}
