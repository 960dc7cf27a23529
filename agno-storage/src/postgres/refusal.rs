//! Why a commit was refused.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::{
    Shared,
    body::{column, unsigned},
    failure::Failure,
    name,
    statement::Statement,
};
use crate::{Ack, Commit, StoreError, StoreResult};

pub(super) enum Refusal {
    /// It was not: this commit is there already, and its answer was lost.
    Mine(Ack),
    Error(StoreError),
    /// Nothing is wrong with it any more; another commit came in between.
    Again(Failure),
}

impl Shared {
    /// Looks for the first check that does not hold, in the order that [`Commit`] says. What the
    /// state said comes last.
    pub(super) async fn refused(
        &self,
        commit: &Commit,
        id: i64,
        state: Option<StoreError>,
    ) -> Refusal {
        match self.reason(commit, id).await {
            Err(error) => Refusal::Error(error),
            Ok(Some(ack)) => Refusal::Mine(ack),
            Ok(None) => match state {
                Some(error) => Refusal::Error(error),
                None => Refusal::Again(Failure::Passing("other commits of the run".to_owned())),
            },
        }
    }

    async fn reason(&self, commit: &Commit, id: i64) -> StoreResult<Option<Ack>> {
        let run = || commit.run.clone();
        let absent = commit
            .entries
            .iter()
            .map(|entry| &entry.path)
            .chain(&commit.unless);
        let first = commit
            .entries
            .first()
            .map(|entry| name::encode(&entry.path));
        let statement = Statement::new(
            "select run.fence, run.last_seq, run.events, $2 = any(run.recent), \
             run.holder is not null and run.holder <> $3 and run.parent is null \
             and run.lease_until > clock_timestamp(), coalesce(run.holder_name, 'somebody'), \
             extract(epoch from run.lease_until - clock_timestamp())::double precision, \
             array(select path from @entry where run = $1 and path = any($4)), \
             (select seq from @entry where run = $1 and path = $5), \
             (select first_event from @entry where run = $1 and path = $5) \
             from @run as run where run.id = $1",
        )
        .with(commit.run.to_string())
        .with(id)
        .with(self.owner.id.clone())
        .with(absent.map(|path| name::encode(path)).collect::<Vec<_>>())
        .with(first);
        let Some(row) = self.pool.row(statement).await? else {
            return match &commit.create {
                // It was there, and was removed: create it again, unless it never could be.
                Some(create) => commit.check_fence(&create.0).map(|()| None),
                None => Err(StoreError::RunNotFound { run: run() }),
            };
        };
        let current = unsigned(column(&row, 0)?);
        if column(&row, 3)? {
            let last: i64 = column(&row, 1)?;
            let events: i64 = column(&row, 2)?;
            return Ok(Some(Ack {
                seq: unsigned(column::<Option<i64>>(&row, 8)?.unwrap_or(last + 1)),
                first_event: unsigned(column::<Option<i64>>(&row, 9)?.unwrap_or(events)),
                fence: current,
            }));
        }
        if commit.create.is_some() {
            return Err(StoreError::RunExists { run: run() });
        }
        if current != commit.fence {
            return Err(StoreError::Fenced {
                run: run(),
                held: commit.fence,
                current,
            });
        }
        if commit.claim && column(&row, 4)? {
            let left = column::<Option<f64>>(&row, 6)?.unwrap_or_default();
            return Err(StoreError::Leased {
                run: run(),
                holder: column(&row, 5)?,
                left: Duration::try_from_secs_f64(left).unwrap_or_default(),
            });
        }
        let recorded: Vec<String> = column(&row, 7)?;
        let recorded: HashSet<Arc<str>> = recorded.iter().map(|path| name::decode(path)).collect();
        let stands =
            |path: &&Arc<str>| recorded.contains(*path) && !commit.supersede.contains(path);
        let mut paths = commit.entries.iter().map(|entry| &entry.path);
        if let Some(path) = paths.find(stands) {
            return Err(commit.recorded(path));
        }
        match commit.unless.iter().find(stands) {
            Some(path) => Err(commit.decided(path)),
            None => Ok(None),
        }
    }
}
