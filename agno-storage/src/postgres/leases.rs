//! Leases, by the database's clock, and the runs that nobody holds. A lease says who works on a run; what
//! keeps two from writing is the fence.

use std::time::Duration;

use tokio_postgres::Row;

use super::{
    Shared,
    body::{column, signed, unsigned},
    head::{self, COLUMNS},
    statement::Statement,
};
use crate::{DueRuns, Holder, RunId, StoreResult};

/// Among how many times as many as are asked for it looks for runs that nobody else was told of.
const WINDOW: i64 = 16;

/// For how many seconds a run that somebody was told of is answered to others last.
const OFFERED: u32 = 2;

/// Ids and fences, in order of the ids: two statements that lock many rows lock them in one order.
fn split(mut held: Vec<(RunId, u64)>) -> (Vec<String>, Vec<i64>) {
    held.sort_unstable();
    let fence = |fence| i64::try_from(fence).unwrap_or(-1);
    held.into_iter()
        .map(|(run, held)| (run.to_string(), fence(held)))
        .unzip()
}

impl Shared {
    pub(super) async fn renew(&self, held: Vec<(RunId, u64)>) -> StoreResult<Vec<RunId>> {
        let (ids, fences) = split(held);
        if ids.is_empty() {
            return self.pool.check_open().map(|()| Vec::new());
        }
        // A run that is over or paused has no holder, and is nobody else's.
        let renew = Statement::new(
            "with held as (select * from unnest($1, $2) as held (id, fence)), \
             mine as (select run.id from @run as run join held on held.id = run.id \
             and held.fence = run.fence where run.holder = $3 order by run.id for update of run), \
             renewed as (update @run as run set lease_until = clock_timestamp() + $4 * interval '1 s' \
             from mine where run.id = mine.id) \
             select held.id from held left join @run as run on run.id = held.id \
             where run.id is null or run.fence <> held.fence or run.holder <> $3",
        )
        .with(ids)
        .with(fences)
        .with(self.owner.id.clone())
        .with(self.lease.as_secs_f64());
        let rows = self.pool.rows(renew).await?;
        rows.iter()
            .map(|row| RunId::new(column::<&str>(row, 0)?))
            .collect()
    }

    pub(super) async fn release(&self, held: Vec<(RunId, u64)>) -> StoreResult<()> {
        let (ids, fences) = split(held);
        if ids.is_empty() {
            return self.pool.check_open();
        }
        let release = Statement::new(
            "with mine as (select run.id from @run as run join unnest($1, $2) as held (id, fence) \
             on held.id = run.id and held.fence = run.fence where run.holder = $3 \
             order by run.id for update of run) \
             update @run as run set holder = null, holder_name = null, lease_until = null \
             from mine where run.id = mine.id",
        )
        .with(ids)
        .with(fences)
        .with(self.owner.id.clone());
        self.pool.rows(release).await?;
        self.hint.tell();
        Ok(())
    }

    pub(super) async fn holders(&self, runs: Vec<RunId>) -> StoreResult<Vec<Holder>> {
        let ids: Vec<_> = runs.iter().map(ToString::to_string).collect();
        if ids.is_empty() {
            return self.pool.check_open().map(|()| Vec::new());
        }
        let held = Statement::new(
            "select run.id, coalesce(root.holder_name, 'somebody'), \
             extract(epoch from root.lease_until - clock_timestamp())::float8 \
             from @run as run join @run as root on root.id = run.root \
             where run.id = any($1) and root.holder is not null and root.lease_until > clock_timestamp()",
        )
        .with(ids);
        let holder = |row: &Row| {
            let left: f64 = column(row, 2)?;
            Ok(Holder {
                run: RunId::new(column::<&str>(row, 0)?)?,
                name: column(row, 1)?,
                left: Duration::from_secs_f64(left.max(0.0)),
            })
        };
        self.pool.rows(held).await?.iter().map(holder).collect()
    }

    /// One statement over partial indexes of the runs that wait, and the oldest of them. Of these it
    /// passes over those that somebody claims at this moment, and answers last those that somebody else was told
    /// of just now: workers that ask at once go different ways. The claim decides.
    pub(super) async fn due(&self, now: u64, limit: usize) -> StoreResult<DueRuns> {
        let free = "(run.lease_until is null or run.lease_until <= clock_timestamp())";
        let oldest = format!("order by run.created_at, run.id limit $2 * {WINDOW}");
        let due = format!(
            "with pending as (select run.id from @run as run \
             where run.status = 'pending' and run.parent is null {oldest}), \
             orphaned as (select run.id from @run as run \
             where run.status = 'running' and run.parent is null and {free} {oldest}), \
             woken as (select run.id from @run as run where run.id in \
             (select root from @run where status = 'paused' and wake_at <= $1) \
             and run.status not in {} and (run.status <> 'running' or {free}) {oldest}), \
             found as (select id from pending union select id from orphaned union select id from woken), \
             chosen as (select run.id from @run as run join found on found.id = run.id \
             order by coalesce(run.offered_until > clock_timestamp() and run.offered_to <> $3, false), \
             run.created_at, run.id limit $2 for update of run skip locked), \
             due as (update @run as run set offered_to = $3, \
             offered_until = clock_timestamp() + interval '{OFFERED} s' \
             from chosen where run.id = chosen.id returning {COLUMNS}) \
             select (select min(wake_at) from @run where status = 'paused' and wake_at > $1), due.* \
             from (select 1) as one left join due on true",
            head::OVER
        );
        // Times the window, it is still a number of SQL's.
        let limit = i64::try_from(limit)
            .unwrap_or(i64::MAX)
            .min(i64::MAX / WINDOW);
        let due = Statement::new(due).with(signed(now)).with(limit);
        let due = due.with(self.owner.id.clone());
        let rows = self.pool.rows(due).await?;
        let mut found = DueRuns::default();
        for row in &rows {
            found.next = column::<Option<i64>>(row, 0)?.map(unsigned);
            if column::<Option<&str>>(row, 1)?.is_some() {
                found.runs.push(head::read(row, 1)?);
            }
        }
        // In the order they were chosen in, or in none.
        found
            .runs
            .sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(found)
    }
}
