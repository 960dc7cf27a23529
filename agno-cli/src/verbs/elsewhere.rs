//! A run that is to be followed here, and that another process has.

use agno_core::RunId;

use super::{events::detached, run::finish, watch};
use crate::{
    app::Session,
    args::Watch,
    failure::{Failure, exit},
    progress::screen::say,
    text::line,
};

const VERB: &str = "run";

/// Who has the run in place of this process, in a store that several share.
pub(super) async fn holder(session: &Session, id: &RunId) -> Result<Option<String>, Failure> {
    if session.runtime.is_active(id) {
        return Ok(None);
    }
    let holder = session.holder(id).await;
    holder.map_err(|error| Failure::of(&error, &session.program, VERB))
}

/// Shows what the run does there until it ends or stops, and how that was. `seen` is how many of its events belong
/// to earlier days.
pub(super) async fn look_on(
    session: &Session,
    id: &RunId,
    seen: u64,
    holder: &str,
    how: Watch,
) -> Result<u8, Failure> {
    let failed = |error| Failure::of(&error, &session.program, VERB);
    say(&format!("it is being run by {}", line(holder, 200)));
    let following = session.follow(id, seen, true);
    if !watch::look_on(following).await.map_err(failed)? {
        detached(session, id.as_str());
        return Ok(exit::INTERRUPTED);
    }
    let handle = session.runtime.attach(id).await.map_err(failed)?;
    finish(session, &handle.outcome().await, how.json).await
}
