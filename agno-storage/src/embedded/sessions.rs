//! The list of sessions: from the heads of runs, and from the keys of state fields.

use std::collections::HashMap;

use super::{body, key_value::KeyValue, keys, record};
use crate::{SessionListing, StoreResult, sessions::Sessions};

pub(super) fn list<K: KeyValue>(store: &K) -> StoreResult<Vec<SessionListing>> {
    let mut sessions = Sessions::default();
    // Sessions by what their fields' keys begin with, for names that are cut there.
    let mut known = HashMap::new();
    record::scan(store, &[keys::HEAD], |key, record| {
        // A list of all is not refused for a run that is damaged.
        let head = record.and_then(|record| body::decode_head(key, &record.body));
        if let Ok((head, _)) = head {
            sessions.add_run(&head);
            let key = head.session_key();
            if keys::is_cut(&key) {
                known.insert(keys::session(&key), key);
            }
        }
    })?;
    record::scan(store, &[keys::FIELD], |key, record| {
        let Some((prefix, session)) = keys::session_of(key) else {
            return;
        };
        if let Some(session) = session.as_ref().or_else(|| known.get(prefix)) {
            sessions.add_fields(session, 1);
        } else if let Ok(Some(session)) = record.and_then(|r| body::session_of(key, &r.body)) {
            sessions.add_fields(&session, 1);
            known.insert(prefix.to_vec(), session);
        }
        // Else an older version wrote the field, and its runs are gone: nobody knows the name.
    })?;
    Ok(sessions.into_list())
}
