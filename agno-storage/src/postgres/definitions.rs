//! Definitions, in versions.

use std::sync::Arc;

use tokio_postgres::Row;

use super::{
    Shared,
    body::{body, column, corrupt, encode},
    name,
    statement::Statement,
};
use crate::{Definition, Json, StoreResult, definition};

/// Reads kind, name, version, body and checksum.
pub(super) fn read(row: &Row) -> StoreResult<Definition> {
    let (kind, name): (&str, &str) = (column(row, 0)?, column(row, 1)?);
    let version: i64 = column(row, 2)?;
    let key = || format!("version {version} of the {kind} definition `{name}`");
    let read: Definition = body(row, 3, key)?;
    let same = *read.kind == *name::decode(kind) && *read.name == *name::decode(name);
    if !same || i64::from(read.version) != version {
        return Err(corrupt(key(), "it is another definition"));
    }
    Ok(read)
}

impl Shared {
    pub(super) async fn save_definition(
        &self,
        kind: &str,
        name: &str,
        body: Json,
        expected: Option<u32>,
    ) -> StoreResult<u32> {
        self.pool.check_open()?;
        definition::check(kind, name, &body)?;
        loop {
            let newest = self.definition(kind, name, None).await?;
            let newest = newest.as_ref();
            if let Some(version) = definition::decide(newest, kind, name, &body, expected)? {
                return Ok(version);
            }
            let newest = newest.map_or(0, |newest| newest.version);
            let saved = Definition::after(newest, kind, name, body.clone());
            if self.put_definition(&saved).await? {
                return Ok(saved.version);
            }
            // Somebody else saved one in between, or this did and its answer was lost: the newest tells.
        }
    }

    /// Writes a version; false if there is one of this number.
    pub(super) async fn put_definition(&self, saved: &Definition) -> StoreResult<bool> {
        let (body, crc) = encode(saved)?;
        let put = Statement::new(
            "insert into @definition (kind, name, version, body, crc) values ($1, $2, $3, $4, $5) \
             on conflict (kind, name, version) do nothing returning version",
        )
        .with(name::encode(&saved.kind))
        .with(name::encode(&saved.name))
        .with(i64::from(saved.version))
        .with(body)
        .with(crc);
        Ok(self.pool.row(put).await?.is_some())
    }

    pub(super) async fn definition(
        &self,
        kind: &str,
        name: &str,
        version: Option<u32>,
    ) -> StoreResult<Option<Definition>> {
        let mut one = Statement::new(
            "select kind, name, version, body, crc from @definition where kind = $1 and name = $2",
        )
        .with(name::encode(kind))
        .with(name::encode(name));
        if let Some(version) = version {
            one.part(" and version = ?", i64::from(version));
        }
        one.push(" order by version desc limit 1");
        self.pool.row(one).await?.as_ref().map(read).transpose()
    }

    pub(super) async fn definitions(&self, kind: &str) -> StoreResult<Vec<Definition>> {
        let newest = Statement::new(
            "select distinct on (name) kind, name, version, body, crc from @definition \
             where kind = $1 order by name, version desc",
        );
        let rows = self.pool.rows(newest.with(name::encode(kind))).await?;
        Ok(rows.iter().filter_map(|row| read(row).ok()).collect())
    }

    pub(super) async fn definition_kinds(&self) -> StoreResult<Vec<Arc<str>>> {
        let kinds = Statement::new("select distinct kind from @definition order by kind");
        let rows = self.pool.rows(kinds).await?;
        rows.iter()
            .map(|row| Ok(name::decode(column(row, 0)?)))
            .collect()
    }
}
