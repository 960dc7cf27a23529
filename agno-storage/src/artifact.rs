//! Artifacts: bytes that are named by a hash of them.

use crate::{MAX_ARTIFACT_BYTES, StoreError, StoreResult, rules::check_size};

/// Reads a name. What is no hash is refused before it can become a path.
pub(crate) fn parse(name: &str) -> StoreResult<blake3::Hash> {
    blake3::Hash::from_hex(name).map_err(|_| StoreError::InvalidName {
        what: "hash of an artifact",
        name: name.chars().take(80).flat_map(char::escape_debug).collect(),
        expected: "64 hexadecimal digits",
    })
}

/// Refuses what is too large, and names the rest.
pub(crate) fn name(bytes: &[u8]) -> StoreResult<blake3::Hash> {
    check_size(bytes.len(), MAX_ARTIFACT_BYTES, || {
        "the artifact".to_owned()
    })?;
    Ok(blake3::hash(bytes))
}
