//! Reading from the store for somebody else.

use agno_core::{
    Json, Storage,
    storage::{StoreError, StoreResult},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;

use super::message::Read;

/// What is read, encoded item by item as it is sent.
pub(super) type Items = Box<dyn Iterator<Item = serde_json::Result<Json>> + Send>;

/// Pieces of an artifact, in bytes.
const PIECE: usize = 512 * 1024;

pub(super) fn items<I>(list: I) -> Items
where
    I: IntoIterator<Item: Serialize>,
    I::IntoIter: Send + 'static,
{
    Box::new(list.into_iter().map(|item| Json::encode(&item)))
}

impl Read {
    /// Asks a store.
    pub(super) async fn of(self, storage: &dyn Storage) -> StoreResult<Items> {
        Ok(match self {
            Self::Run(id) => items(storage.run(&id).await?),
            Self::Input(id) => items(storage.input(&id).await?),
            Self::Output(id) => items(storage.output(&id).await?),
            Self::Runs(query) => items(storage.runs(query).await?),
            Self::Journal { run, from_seq } => items(storage.journal(&run, from_seq).await?),
            Self::Requests(query) => items(storage.requests(query).await?),
            Self::Sessions => items(storage.sessions().await?),
            Self::Session(key) => items([storage.session(&key).await?]),
            Self::Artifacts(prefix) => items(storage.artifacts(&prefix).await?),
            Self::Artifact(hash) => match storage.artifact(&hash).await? {
                Some(bytes) => pieces(bytes),
                None => items::<[(); 0]>([]),
            },
            Self::CacheList(query) => items(storage.cache_list(query).await?),
            Self::Definition {
                kind,
                name,
                version,
            } => items(storage.definition(&kind, &name, version).await?),
            Self::Definitions(kind) => items(storage.definitions(&kind).await?),
            Self::Stats => items([storage.stats().await?]),
        })
    }
}

/// Bytes as text. No bytes are one piece, so that they are not nothing.
fn pieces(bytes: Vec<u8>) -> Items {
    let number = bytes.len().div_ceil(PIECE).max(1);
    items((0..number).map(move |piece| {
        let (begin, end) = (piece * PIECE, bytes.len().min((piece + 1) * PIECE));
        BASE64_STANDARD.encode(&bytes[begin..end])
    }))
}

/// The bytes that were sent in pieces.
pub(super) fn joined(pieces: Vec<String>) -> StoreResult<Option<Vec<u8>>> {
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for piece in pieces {
        let decoded = BASE64_STANDARD.decode_vec(piece, &mut bytes);
        decoded.map_err(|error| StoreError::Io {
            context: "the process that has the store sent no Base64".to_owned(),
            message: error.to_string(),
        })?;
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_whatever_their_length() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let sent: Vec<String> = pieces(bytes.clone())
                .map(|piece| piece.expect("is text").decode().expect("is text"))
                .collect();
            assert!(sent.iter().all(|piece| piece.len() <= PIECE * 4 / 3 + 4));
            assert!(joined(sent).expect("is Base64") == Some(bytes), "{length}");
        }
        assert!(joined(Vec::new()).expect("nothing").is_none());
        assert!(joined(vec!["?".to_owned()]).is_err());
    }
}
