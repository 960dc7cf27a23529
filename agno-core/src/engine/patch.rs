//! Changes of a flow while runs of it are under way.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind, Json};

use super::cell::{RunCell, locked};
use crate::clock::now_micros;

/// Path of the entry that says that a run takes the new way. It is no operation and has no
/// position, so runs from before the patch keep theirs.
fn mark(scope: &str, name: &str) -> Arc<str> {
    Arc::from(format!("{scope}patch!{name}"))
}

impl RunCell {
    /// Whether a run takes the new way at a patch: unless something that lies behind this place
    /// is recorded, from before the patch. The answer is the same all over the scope, as in the
    /// rounds of a loop, and after a crash.
    pub(super) fn is_patched(&self, scope: &str, name: &str) -> bool {
        let mark = mark(scope, name);
        if let Some(known) = locked(&self.patches).get(&mark) {
            return *known;
        }
        let patched = self.recall(&mark).is_some() || !self.has_passed(&mark);
        locked(&self.patches).insert(mark.clone(), patched);
        // The old way needs no record: what lies behind this place stays recorded.
        if patched {
            let mut entry = Entry::new(EntryKind::Value, mark, 0);
            entry.output = Json::encode(&true).ok();
            entry.finished_at = now_micros();
            if locked(&self.recorded).get(&entry.path).is_none() {
                self.ride(entry);
            }
        }
        patched
    }

    /// Whether the flow, at this place, has recorded something that it did not ask for yet.
    fn has_passed(&self, path: &str) -> bool {
        self.replaying() && locked(&self.recorded).is_ahead_of(path)
    }
}
