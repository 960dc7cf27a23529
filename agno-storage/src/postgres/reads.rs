//! Runs, journals, requests and sessions, as they are read.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::{
    Shared,
    body::{body, column, corrupt, unsigned},
    commit::read_field,
    head::{self, COLUMNS},
    name,
    statement::Statement,
};
use crate::{
    Entry, Json, Request, RequestQuery, RunId, RunInput, RunQuery, RunRecord, RunStatus,
    SessionFields, SessionKey, SessionListing, StoreError, StoreResult,
};

/// What an entry is read from, in this order.
pub(super) const ENTRY: &str = "seq, path, superseded, first_event, events, body, crc";

/// Reads an entry of a run from these columns.
pub(super) fn entry(run: &str, row: &Row) -> StoreResult<Entry> {
    let (seq, path): (i64, &str) = (column(row, 0)?, column(row, 1)?);
    let key = || format!("entry {seq} of run `{run}`");
    let mut entry: Entry = body(row, 5, key)?;
    entry.seq = unsigned(seq);
    let path = name::decode(path);
    entry.superseded = column(row, 2)?;
    // A body keeps the path that it was written under.
    let moved = || format!("{}~{seq}", entry.path);
    if path != entry.path && !(entry.superseded && *path == *moved()) {
        return Err(corrupt(
            key(),
            format!("it is the entry of another path, `{}`", entry.path),
        ));
    }
    if i64::from(column::<i32>(row, 4)?) != entry.events.len() as i64 {
        return Err(corrupt(key(), "its events are not as many as were written"));
    }
    entry.path = path;
    entry.first_event = unsigned(column(row, 3)?);
    Ok(entry)
}

pub(super) fn request(row: &Row) -> StoreResult<Request> {
    let (run, id): (&str, &str) = (column(row, 0)?, column(row, 1)?);
    let key = || format!("request `{id}` of run `{run}`");
    let request: Request = body(row, 2, key)?;
    if request.run.as_str() != run || request.id != name::decode(id) {
        return Err(corrupt(key(), "it is another request"));
    }
    Ok(request)
}

fn limited(statement: &mut Statement, limit: Option<usize>) {
    if let Some(limit) = limit {
        statement.part(" limit ?", i64::try_from(limit).unwrap_or(i64::MAX));
    }
}

impl Shared {
    pub(super) async fn run(&self, id: &RunId) -> StoreResult<Option<RunRecord>> {
        let read = format!("select {COLUMNS} from @run as run where run.id = $1");
        let row = self
            .pool
            .row(Statement::new(read).with(id.to_string()))
            .await?;
        row.map(|row| head::read(&row, 0)).transpose()
    }

    pub(super) async fn input(&self, id: &RunId) -> StoreResult<Option<RunInput>> {
        let read = Statement::new("select body, crc from @input where run = $1");
        let row = self.pool.row(read.with(id.to_string())).await?;
        let input = row.map(|row| body(&row, 0, || format!("input of run `{id}`")));
        input.transpose()
    }

    pub(super) async fn output(&self, id: &RunId) -> StoreResult<Option<Json>> {
        let read = Statement::new("select body, crc from @output where run = $1");
        let row = self.pool.row(read.with(id.to_string())).await?;
        let output = row.map(|row| body(&row, 0, || format!("output of run `{id}`")));
        output.transpose()
    }

    pub(super) async fn runs(&self, query: RunQuery) -> StoreResult<Vec<RunRecord>> {
        let mut read = Statement::new(format!("select {COLUMNS} from @run as run where true"));
        if let Some(workflow) = &query.workflow {
            read.part(" and run.workflow = ?", name::encode(workflow));
        }
        if let Some(session) = &query.session {
            let place = read.bind(name::encode(session));
            read.push(&format!(
                " and run.session = ${place} and left(run.session, 100) = left(${place}, 100)"
            ));
        }
        if let Some(status) = query.status {
            read.push(&format!(" and run.status = '{status}'"));
        }
        if let Some(prefix) = &query.prefix {
            read.part(" and starts_with(run.id, ?)", name::encode(prefix));
        }
        if let Some(parent) = &query.parent {
            read.part(" and run.parent = ?", parent.to_string());
        }
        if query.outermost {
            read.push(" and run.parent is null");
        }
        read.push(" order by run.created_at desc, run.id desc");
        limited(&mut read, query.limit);
        let rows = self.pool.rows(read).await?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            match head::read(row, 0) {
                Err(error @ StoreError::Corrupt { .. }) if !query.whole => {
                    tracing::warn!(%error, "left out of a list of runs");
                }
                head => runs.push(head?),
            }
        }
        Ok(query.select(runs))
    }

    pub(super) async fn journal(&self, id: &RunId, from_seq: u64) -> StoreResult<Vec<Entry>> {
        let read = format!("select {ENTRY} from @entry where run = $1 and seq >= $2 order by seq");
        let from = i64::try_from(from_seq).unwrap_or(i64::MAX);
        let read = Statement::new(read).with(id.to_string()).with(from);
        let rows = self.pool.rows(read).await?;
        rows.iter().map(|row| entry(id.as_str(), row)).collect()
    }

    pub(super) async fn requests(&self, query: RequestQuery) -> StoreResult<Vec<Request>> {
        let mut read = Statement::new("select run, id, body, crc from @request where true");
        if let Some(run) = &query.run {
            read.part(" and run = ?", run.to_string());
        }
        if let Some(root) = &query.root {
            read.part(" and root = ?", root.to_string());
        }
        if let Some(workflow) = &query.workflow {
            read.part(" and workflow = ?", name::encode(workflow));
        }
        if let Some(session) = &query.session {
            read.part(" and session = ?", name::encode(session));
        }
        if let Some(prefix) = &query.prefix {
            read.part(" and starts_with(id, ?)", name::encode(prefix));
        }
        read.push(" order by asked_at, id, run");
        limited(&mut read, query.limit);
        let rows = self.pool.rows(read).await?;
        let mut requests = Vec::with_capacity(rows.len());
        for row in &rows {
            match request(row) {
                Ok(request) => requests.push(request),
                Err(error) if query.run.is_some() => return Err(error),
                // Told by `verify`, and by a list of its run.
                Err(_) => {}
            }
        }
        Ok(query.select(requests))
    }

    /// Removes a run with all that is recorded of it, in one statement.
    pub(super) async fn delete_run(&self, id: &RunId) -> StoreResult<bool> {
        let mut seen = false;
        loop {
            // What a commit has added since this statement began would stay behind: as in a commit, the
            // version says whether there is such.
            let removal = format!(
                "with gone as (delete from @run as run where run.id = $1 \
                 and (run.status = 'pending' or run.status in {}) \
                 and run.version = (select version from @run where id = $1) returning run.id), \
                 input as (delete from @input using gone where run = gone.id), \
                 output as (delete from @output using gone where run = gone.id), \
                 entries as (delete from @entry using gone where run = gone.id), \
                 requests as (delete from @request using gone where run = gone.id) \
                 select id from gone",
                head::OVER
            );
            let removal = Statement::new(removal).with(id.to_string());
            let (rows, before) = self.pool.rows_told(removal).await?;
            if !rows.is_empty() {
                return Ok(true);
            }
            match self.run(id).await? {
                // It was there, and an attempt of ours whose answer was lost has removed it.
                None => return Ok(before && seen),
                Some(head) => head.check_removable()?,
            }
            seen = true;
        }
    }

    pub(super) async fn session(&self, key: &SessionKey) -> StoreResult<SessionFields> {
        let read = "select field, body, crc from @field where workflow = $1 and session = $2";
        let read = Statement::new(read).with(name::encode(&key.workflow));
        let rows = self
            .pool
            .rows(read.with(name::encode(&key.session)))
            .await?;
        rows.iter()
            .map(|row| read_field(row, &key.session))
            .collect()
    }

    pub(super) async fn sessions(&self) -> StoreResult<Vec<SessionListing>> {
        let read = Statement::new(
            "select workflow, session, sum(runs)::bigint, max(last)::bigint, sum(fields)::bigint \
             from (select workflow, session, count(*) as runs, max(created_at) as last, 0 as fields \
             from @run group by workflow, session \
             union all select workflow, session, 0, 0, count(*) from @field \
             group by workflow, session) as s group by workflow, session",
        );
        let mut listed = Vec::new();
        for row in self.pool.rows(read).await? {
            listed.push(SessionListing {
                workflow: name::decode(column(&row, 0)?),
                session: name::decode(column(&row, 1)?),
                runs: unsigned(column(&row, 2)?),
                last_run_at: unsigned(column(&row, 3)?),
                fields: unsigned(column(&row, 4)?),
            });
        }
        listed.sort_unstable_by(|a, b| (&a.workflow, &a.session).cmp(&(&b.workflow, &b.session)));
        Ok(listed)
    }

    /// How many runs there are, by status.
    pub(super) async fn by_status(&self) -> StoreResult<BTreeMap<RunStatus, u64>> {
        let read = Statement::new("select status, count(*) from @run group by status");
        let mut counts = BTreeMap::new();
        for row in self.pool.rows(read).await? {
            let text: &str = column(&row, 0)?;
            let status = head::status(text).ok_or_else(|| StoreError::Corrupt {
                key: "column status".to_owned(),
                reason: format!("`{text}` is no status"),
            })?;
            counts.insert(status, unsigned(column(&row, 1)?));
        }
        Ok(counts)
    }
}
