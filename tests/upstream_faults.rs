//! What Agno Workflows 3.1 does wrong when one tries it, and what happens here: a test for each, in
//! the order of the table in `book/src/from-agno/faults.md`.

#[path = "upstream_faults/approvals.rs"]
mod approvals;
#[path = "upstream_faults/changes.rs"]
mod changes;
#[path = "upstream_faults/crashes.rs"]
mod crashes;
#[path = "upstream_faults/failures.rs"]
mod failures;
#[path = "replay/kit.rs"]
#[allow(dead_code, reason = "the kit of the replay tests")]
mod kit;
#[path = "upstream_faults/sessions.rs"]
mod sessions;
#[path = "upstream_faults/values.rs"]
mod values;
