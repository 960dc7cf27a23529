//! What the database holds, what room it takes, and how some is given back.

use super::{
    Shared,
    body::{column, unsigned},
    migrations::FORMAT,
    statement::Statement,
};
use crate::{Compacted, StoreResult, StoreStats};

/// Every table but those of artifacts.
const TABLES: [&str; 9] = [
    "@run",
    "@input",
    "@output",
    "@entry",
    "@request",
    "@field",
    "@cache",
    "@flight",
    "@definition",
];

impl Shared {
    pub(super) async fn stats(&self) -> StoreResult<StoreStats> {
        let bodies = TABLES.iter().filter(|table| **table != "@flight");
        let bodies = bodies
            .map(|table| format!("(select coalesce(sum(octet_length(body)), 0) from {table})"));
        let read = Statement::new(format!(
            "select (select count(*) from @entry), (select count(*) from @field), \
             (select count(*) from @request), (select count(*) from @cache), \
             (select coalesce(sum(bytes), 0)::bigint from @cache), \
             (select count(*) from @definition), (select count(*) from @artifact), \
             (select coalesce(sum(bytes), 0)::bigint from @artifact), ({})::bigint",
            bodies.collect::<Vec<_>>().join(" + ")
        ));
        let mut stats = StoreStats {
            runs: self.by_status().await?,
            sessions: self.sessions().await?.len() as u64,
            disk_bytes: Some(self.disk_bytes().await?),
            format: FORMAT,
            ..StoreStats::default()
        };
        if let Some(row) = self.pool.row(read).await? {
            let number = |place| column(&row, place).map(unsigned);
            stats.entries = number(0)?;
            stats.fields = number(1)?;
            stats.requests = number(2)?;
            stats.cached = number(3)?;
            stats.cached_bytes = number(4)?;
            stats.definitions = number(5)?;
            stats.artifacts = number(6)?;
            stats.artifact_bytes = number(7)?;
            stats.live_bytes = Some(number(8)?);
        }
        Ok(stats)
    }

    /// With indexes, and with what large values are moved out to.
    async fn disk_bytes(&self) -> StoreResult<u64> {
        let tables = TABLES.map(|table| self.pool.tables.fill(table));
        let read = Statement::new(
            "select sum(pg_total_relation_size(name::regclass))::bigint from unnest($1) as t (name)",
        );
        self.count(read.with(tables.to_vec())).await
    }

    /// `vacuum` gives room back to the tables it is in, and what is free at their ends to the disk. It
    /// does not hold commits up, as `vacuum full` would for as long as it copies.
    pub(super) async fn compact(&self) -> StoreResult<Compacted> {
        let before = self.disk_bytes().await?;
        for table in TABLES.into_iter().chain(["@artifact", "@chunk"]) {
            let vacuum = self.pool.tables.fill(&format!("vacuum (analyze) {table}"));
            let mut patience = self.pool.patience();
            loop {
                let attempt = async { self.pool.get().await?.command(&vacuum).await };
                match attempt.await {
                    Ok(()) => break,
                    Err(failure) => patience.wait(failure).await?,
                }
            }
        }
        let after = self.disk_bytes().await?;
        Ok(Compacted { before, after })
    }
}
