//! Artifacts, in rows of at most a mebibyte.

use std::sync::Arc;

use super::{
    Shared,
    body::{column, corrupt, unsigned},
    statement::Statement,
};
use crate::{ArtifactListing, StoreError, StoreResult, artifact};

/// The largest row.
const CHUNK: usize = 1024 * 1024;

/// How many rows are read or written at once.
const AT_ONCE: usize = 4;

/// Hashes off the runtime's threads: a large artifact takes a while.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> StoreResult<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Io {
        context: "cannot hash an artifact".to_owned(),
        message: error.to_string(),
    })
}

impl Shared {
    pub(super) async fn put_artifact(&self, bytes: Vec<u8>) -> StoreResult<Arc<str>> {
        self.pool.check_open()?;
        let (name, bytes) = blocking(move || (artifact::name(&bytes), bytes)).await?;
        let hash = name?.to_hex().to_string();
        if self.artifact_size(&hash).await?.is_some() {
            return Ok(hash.into());
        }
        // Chunks first: what is left of a put that was broken off is no artifact, and the next one's.
        let chunks: Vec<&[u8]> = bytes.chunks(CHUNK).collect();
        for (group, first) in chunks.chunks(AT_ONCE).zip((0_i32..).step_by(AT_ONCE)) {
            let put = Statement::new(
                "insert into @chunk (hash, number, body) select $1, $2 + c.ordinal - 1, c.body \
                 from unnest($3) with ordinality as c (body, ordinal) \
                 on conflict (hash, number) do nothing",
            )
            .with(hash.clone())
            .with(first)
            .with(group.iter().map(|chunk| chunk.to_vec()).collect::<Vec<_>>());
            self.pool.rows(put).await?;
        }
        let put =
            Statement::new("insert into @artifact values ($1, $2) on conflict (hash) do nothing");
        self.pool
            .rows(put.with(hash.clone()).with(bytes.len() as i64))
            .await?;
        Ok(hash.into())
    }

    pub(super) async fn artifact(&self, hash: &str) -> StoreResult<Option<Vec<u8>>> {
        self.pool.check_open()?;
        let named = artifact::parse(hash)?;
        let hash = named.to_hex().to_string();
        let Some(size) = self.artifact_size(&hash).await? else {
            return Ok(None);
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let chunks = size.div_ceil(CHUNK).min(crate::MAX_ARTIFACT_BYTES / CHUNK);
        let mut bytes = Vec::with_capacity(size.min(crate::MAX_ARTIFACT_BYTES));
        for first in (0..chunks).step_by(AT_ONCE) {
            let read = Statement::new(
                "select body from @chunk where hash = $1 and number between $2 and $3 order by number",
            )
            .with(hash.clone())
            .with(i32::try_from(first).unwrap_or(i32::MAX))
            .with(i32::try_from(first + AT_ONCE - 1).unwrap_or(i32::MAX));
            for row in self.pool.rows(read).await? {
                bytes.extend_from_slice(column(&row, 0)?);
            }
        }
        let (found, bytes) = blocking(move || (blake3::hash(&bytes), bytes)).await?;
        if found != named {
            return Err(corrupt(
                format!("artifact {hash}"),
                "its bytes do not hash to its name",
            ));
        }
        Ok(Some(bytes))
    }

    pub(super) async fn artifact_size(&self, hash: &str) -> StoreResult<Option<u64>> {
        self.pool.check_open()?;
        let hash = artifact::parse(hash)?.to_hex().to_string();
        let read = Statement::new("select bytes from @artifact where hash = $1");
        let row = self.pool.row(read.with(hash)).await?;
        row.map(|row| column(&row, 0).map(unsigned)).transpose()
    }

    pub(super) async fn artifacts(&self, prefix: &str) -> StoreResult<Vec<ArtifactListing>> {
        self.pool.check_open()?;
        if prefix.contains('\0') {
            return Ok(Vec::new());
        }
        let read = Statement::new(
            "select hash, bytes from @artifact where starts_with(hash, $1) order by hash",
        );
        let rows = self
            .pool
            .rows(read.with(prefix.to_ascii_lowercase()))
            .await?;
        let listing = |row: &tokio_postgres::Row| {
            Ok(ArtifactListing {
                hash: column::<&str>(row, 0)?.into(),
                bytes: unsigned(column(row, 1)?),
            })
        };
        rows.iter().map(listing).collect()
    }
}
