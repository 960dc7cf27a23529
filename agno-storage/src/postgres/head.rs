//! The head of a run: the record it was created with, and the columns that changed since.

use tokio_postgres::Row;

use super::{
    body::{body, column, corrupt, optional, unsigned},
    name,
};
use crate::{RunId, RunRecord, RunStatus, StoreResult};

/// What a head is read from, in this order. For a table that is called `run`.
pub(super) const COLUMNS: &str = "run.id, run.status, run.fence, run.resumes, run.updated_at, \
     run.active_micros, run.wake_at, run.continued_as, run.body, run.crc, run.error, \
     run.error_crc, run.limits, run.limits_crc";

/// Every status, and those in which a run may be removed.
pub(super) const OVER: &str = "('completed', 'failed', 'cancelled')";

/// Reads the columns, which begin at a place in the row.
pub(super) fn read(row: &Row, at: usize) -> StoreResult<RunRecord> {
    let id: &str = column(row, at)?;
    let key = |what: &str| format!("{what} of run `{id}`");
    let mut head: RunRecord = body(row, at + 8, || key("head"))?;
    if head.id.as_str() != id {
        return Err(corrupt(key("head"), "it is the head of another run"));
    }
    head.status =
        status(column(row, at + 1)?).ok_or_else(|| corrupt(key("head"), "its status is none"))?;
    head.fence = unsigned(column(row, at + 2)?);
    head.resumes = u32::try_from(column::<i64>(row, at + 3)?).unwrap_or(u32::MAX);
    head.updated_at = unsigned(column(row, at + 4)?);
    head.active_micros = unsigned(column(row, at + 5)?);
    head.wake_at = column::<Option<i64>>(row, at + 6)?.map(unsigned);
    let next: Option<&str> = column(row, at + 7)?;
    head.continued_as = next.map(RunId::new).transpose()?;
    head.error = optional(row, at + 10, || key("error"))?;
    head.limits = optional(row, at + 12, || key("limits"))?;
    Ok(head)
}

/// A status as it stands in JSON and in SQL.
pub(super) fn status(text: &str) -> Option<RunStatus> {
    [
        RunStatus::Pending,
        RunStatus::Running,
        RunStatus::Paused,
        RunStatus::Completed,
        RunStatus::Failed,
        RunStatus::Cancelled,
    ]
    .into_iter()
    .find(|status| status.as_str() == text)
}

/// The row of a head, but for its lease: columns and values in one order.
pub(super) struct NewHead<'a> {
    pub(super) head: &'a RunRecord,
    pub(super) last_seq: i64,
    pub(super) events: i64,
    pub(super) commit: i64,
}

/// The columns of [`NewHead`].
pub(super) const NEW_COLUMNS: &str = "id, workflow, session, root, parent, created_at, status, \
     fence, resumes, updated_at, active_micros, wake_at, continued_as, last_seq, events, recent, \
     body, crc, error, error_crc, limits, limits_crc";

impl NewHead<'_> {
    /// Adds the values to a statement; answers their places, separated by commas.
    pub(super) fn bind(&self, statement: &mut super::statement::Statement) -> StoreResult<String> {
        use super::body::{encode, signed};
        let head = self.head;
        let (body, crc) = encode(head)?;
        let error = head.error.as_ref().map(encode).transpose()?.unzip();
        let limits = head.limits.as_ref().map(encode).transpose()?.unzip();
        let parent = head.parent.as_ref().map(|parent| parent.run.to_string());
        let places = [
            statement.bind(head.id.to_string()),
            statement.bind(name::encode(&head.workflow)),
            statement.bind(name::encode(&head.session)),
            statement.bind(head.root().to_string()),
            statement.bind(parent),
            statement.bind(signed(head.created_at)),
            statement.bind(head.status.as_str().to_owned()),
            statement.bind(signed(head.fence)),
            statement.bind(i64::from(head.resumes)),
            statement.bind(signed(head.updated_at)),
            statement.bind(signed(head.active_micros)),
            statement.bind(head.wake_at.map(signed)),
            statement.bind(head.continued_as.as_ref().map(ToString::to_string)),
            statement.bind(self.last_seq),
            statement.bind(self.events),
            statement.bind(vec![self.commit]),
            statement.bind(body),
            statement.bind(crc),
            statement.bind(error.0),
            statement.bind(error.1),
            statement.bind(limits.0),
            statement.bind(limits.1),
        ];
        Ok(places.map(|place| format!("${place}")).join(", "))
    }
}
