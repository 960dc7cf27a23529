//! Open requests: a record for each, beside the head of its run.

use super::{body::decode, key_value::KeyValue, keys, record};
use crate::{Request, RequestQuery, StoreResult};

/// Lists open requests. Reads them and nothing else.
pub(super) fn list<K: KeyValue>(store: &K, query: &RequestQuery) -> StoreResult<Vec<Request>> {
    let prefix = match &query.run {
        Some(run) => keys::run(keys::REQUEST, run),
        None => vec![keys::REQUEST],
    };
    let most = query.limit.unwrap_or(usize::MAX).saturating_mul(2);
    let mut found = Vec::new();
    let mut failed = None;
    record::scan(store, &prefix, |key, record| {
        match record.and_then(|record| read(key, &record.body)) {
            Ok(request) if query.accepts(&request) => found.push(request),
            Ok(_) => {}
            Err(error) => failed = failed.take().or(Some(error)),
        }
        // No more than the answer needs is held: what is asked about may be large.
        if found.len() > most {
            found = query.select(std::mem::take(&mut found));
        }
    })?;
    match failed {
        // A list of all is not refused for one that is damaged: the others wait for it.
        Some(error) if query.run.is_some() => Err(error),
        _ => Ok(query.select(found)),
    }
}

/// Reads a request, and checks that it is in its place.
pub(super) fn read(key: &[u8], json: &[u8]) -> StoreResult<Request> {
    let request: Request = decode(key, json)?;
    if key != keys::request(&request.run, &request.id) {
        return Err(record::corrupt(
            key,
            "it is another run's or has another id",
        ));
    }
    Ok(request)
}
