//! The list of sessions, as it comes together from heads of runs and from state.

use std::collections::BTreeMap;

use crate::{RunRecord, SessionKey, SessionListing};

/// Sessions that were met so far.
#[derive(Default)]
pub(crate) struct Sessions(BTreeMap<SessionKey, SessionListing>);

impl Sessions {
    /// A run of a session.
    pub(crate) fn add_run(&mut self, run: &RunRecord) {
        let listing = self.of(&run.session_key());
        listing.runs += 1;
        listing.last_run_at = listing.last_run_at.max(run.created_at);
    }

    /// So many fields of a session's state.
    pub(crate) fn add_fields(&mut self, session: &SessionKey, fields: u64) {
        self.of(session).fields += fields;
    }

    fn of(&mut self, key: &SessionKey) -> &mut SessionListing {
        let listing = || SessionListing {
            workflow: key.workflow.clone(),
            session: key.session.clone(),
            runs: 0,
            last_run_at: 0,
            fields: 0,
        };
        self.0.entry(key.clone()).or_insert_with(listing)
    }

    /// By workflow and name.
    pub(crate) fn into_list(self) -> Vec<SessionListing> {
        self.0.into_values().collect()
    }
}

impl RunRecord {
    /// The session of the run.
    pub(crate) fn session_key(&self) -> SessionKey {
        SessionKey {
            workflow: self.workflow.clone(),
            session: self.session.clone(),
        }
    }
}
