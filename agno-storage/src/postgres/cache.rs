//! The step cache, and who computes what is not in it yet.

use std::time::Duration;

use super::{
    Shared,
    body::{body, column, encode, signed, unsigned},
    name,
    statement::Statement,
};
use crate::{CacheEntry, CacheKey, CacheListing, CacheQuery, StoreResult};

/// The columns of a cached result.
pub(super) const COLUMNS: &str =
    "key, workflow, step, tags, stored_at, expires_at, bytes, body, crc";

/// What changes when it is replaced.
pub(super) const REPLACED: &str = "workflow = excluded.workflow, step = excluded.step, \
     tags = excluded.tags, stored_at = excluded.stored_at, expires_at = excluded.expires_at, \
     bytes = excluded.bytes, body = excluded.body, crc = excluded.crc";

/// Adds the values of [`COLUMNS`] to a statement, separated by commas.
pub(super) fn bind(
    statement: &mut Statement,
    key: CacheKey,
    entry: &CacheEntry,
) -> StoreResult<()> {
    let (body, crc) = encode(entry)?;
    statement.part("?::bytea", key.0.to_vec());
    statement.part(", ?::text", name::encode(&entry.workflow));
    statement.part(", ?::text", name::encode(&entry.step));
    let tags: Vec<_> = entry.tags.iter().map(|tag| name::encode(tag)).collect();
    statement.part(", ?::text[]", tags);
    statement.part(", ?::bigint", signed(entry.stored_at));
    statement.part(", ?::bigint", entry.expires_at.map(signed));
    statement.part(", ?::bigint", entry.output.len() as i64);
    statement.part(", ?::bytea", body);
    statement.part(", ?::integer", crc);
    Ok(())
}

/// Adds what a query asks for.
fn select(statement: &mut Statement, query: &CacheQuery) {
    statement.push(" where true");
    if let Some(workflow) = &query.workflow {
        statement.part(" and workflow = ?", name::encode(workflow));
    }
    if let Some(step) = &query.step {
        statement.part(" and step = ?", name::encode(step));
    }
    if let Some(tag) = &query.tag {
        statement.part(" and ? = any(tags)", name::encode(tag));
    }
    if let Some(key) = &query.key {
        let prefix = name::encode(&key.to_ascii_lowercase());
        statement.part(" and starts_with(encode(key, 'hex'), ?)", prefix);
    }
    if let Some(now) = query.expired_at {
        statement.part(" and expires_at <= ?", signed(now));
    }
}

pub(super) fn key(bytes: &[u8]) -> Option<CacheKey> {
    bytes.try_into().ok().map(CacheKey)
}

impl Shared {
    pub(super) async fn cached(&self, key: CacheKey, now: u64) -> StoreResult<Option<CacheEntry>> {
        let read = Statement::new("select body, crc from @cache where key = $1");
        let row = self.pool.row(read.with(key.0.to_vec())).await?;
        // A corrupt one is a miss.
        let entry = row.and_then(|row| body::<CacheEntry>(&row, 0, String::new).ok());
        Ok(entry.filter(|entry| !entry.expired_at(now)))
    }

    pub(super) async fn cache_list(&self, query: CacheQuery) -> StoreResult<Vec<CacheListing>> {
        let mut read = Statement::new("select key, body, crc from @cache");
        select(&mut read, &query);
        read.push(" order by key");
        let mut listed = Vec::new();
        for row in self.pool.rows(read).await? {
            let entry = body::<CacheEntry>(&row, 1, String::new).ok();
            if let (Some(key), Some(entry)) = (key(column(&row, 0)?), entry) {
                listed.push(CacheListing::new(key, &entry));
            }
        }
        Ok(listed)
    }

    pub(super) async fn cache_clear(&self, query: CacheQuery) -> StoreResult<u64> {
        let mut clear = Statement::new("with gone as (delete from @cache");
        select(&mut clear, &query);
        clear.push(" returning 1) select count(*) from gone");
        self.count(clear).await
    }

    pub(super) async fn cache_shrink(&self, bytes: u64) -> StoreResult<u64> {
        let shrink = Statement::new(
            "with sums as (select key, sum(bytes) over (order by stored_at desc, key desc) as total \
             from @cache), gone as (delete from @cache as cache using sums \
             where cache.key = sums.key and sums.total > $1 returning 1) select count(*) from gone",
        );
        self.count(shrink.with(signed(bytes))).await
    }

    /// The one number that a statement answers.
    pub(super) async fn count(&self, statement: Statement) -> StoreResult<u64> {
        let row = self.pool.row(statement).await?;
        row.map_or(Ok(0), |row| column(&row, 0).map(unsigned))
    }

    pub(super) async fn begin_flight(
        &self,
        key: CacheKey,
        holder: &str,
        lease: Duration,
    ) -> StoreResult<bool> {
        let begin = Statement::new(
            "insert into @flight as flight (key, holder, until) \
             values ($1, $2, clock_timestamp() + $3 * interval '1 s') \
             on conflict (key) do update set holder = excluded.holder, until = excluded.until \
             where flight.holder = excluded.holder or flight.until <= clock_timestamp() \
             returning true",
        )
        .with(key.0.to_vec())
        .with(name::encode(holder))
        .with(lease.as_secs_f64().min(1e9));
        Ok(self.pool.row(begin).await?.is_some())
    }

    pub(super) async fn end_flight(&self, key: CacheKey, holder: &str) -> StoreResult<()> {
        let end = Statement::new("delete from @flight where key = $1 and holder = $2")
            .with(key.0.to_vec())
            .with(name::encode(holder));
        self.pool.rows(end).await.map(drop)
    }
}
