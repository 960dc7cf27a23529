//! Bodies: JSON as it was written, and a checksum that tells when the database gives back another.

use serde::{Serialize, de::DeserializeOwned};
use tokio_postgres::{Row, types::FromSql};

use crate::{StoreError, StoreResult};

/// Encodes a body.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> StoreResult<(Vec<u8>, i32)> {
    let bytes = serde_json::to_vec(value).map_err(|error| StoreError::Io {
        context: "cannot write a record as JSON".to_owned(),
        message: error.to_string(),
    })?;
    let crc = checksum(&bytes);
    Ok((bytes, crc))
}

/// The checksum, as the signed number that SQL has.
pub(super) fn checksum(bytes: &[u8]) -> i32 {
    crc32c::crc32c(bytes).cast_signed()
}

pub(super) fn corrupt(key: impl Into<String>, reason: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        key: key.into(),
        reason: reason.into(),
    }
}

/// Decodes a body that the database gave back.
pub(super) fn decode<T: DeserializeOwned>(
    key: impl Fn() -> String,
    bytes: &[u8],
    crc: i32,
) -> StoreResult<T> {
    if checksum(bytes) != crc {
        return Err(corrupt(key(), "its checksum is wrong"));
    }
    serde_json::from_slice(bytes).map_err(|error| corrupt(key(), error.to_string()))
}

/// A column of a row.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, number: usize) -> StoreResult<T> {
    row.try_get(number).map_err(|error| {
        let name = row
            .columns()
            .get(number)
            .map_or("?", |column| column.name());
        let reason =
            std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
        corrupt(format!("column {name}"), reason)
    })
}

/// A body in two columns: the bytes, and their checksum.
pub(super) fn body<T: DeserializeOwned>(
    row: &Row,
    number: usize,
    key: impl Fn() -> String,
) -> StoreResult<T> {
    decode(key, column(row, number)?, column(row, number + 1)?)
}

/// The same, of one that need not be there.
pub(super) fn optional<T: DeserializeOwned>(
    row: &Row,
    number: usize,
    key: impl Fn() -> String,
) -> StoreResult<Option<T>> {
    let bytes: Option<&[u8]> = column(row, number)?;
    let crc: Option<i32> = column(row, number + 1)?;
    match bytes {
        Some(bytes) => decode(key, bytes, crc.unwrap_or_default()).map(Some),
        None => Ok(None),
    }
}

/// A time or a number as SQL has it. What is beyond (the year 294,000) is kept as the largest.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number again; a negative one was never written.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
