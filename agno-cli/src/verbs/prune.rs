//! `prune`.

use agno_core::{Prune, PrunedRun, RunStatus};
use serde::Serialize;

use crate::{
    app::Session,
    args::PruneWish,
    failure::{Failure, exit},
    progress::screen::say,
    report,
    text::{count, line},
    time,
};

#[derive(Serialize)]
struct Report {
    dry_run: bool,
    removed: Vec<PrunedRun>,
}

/// Removes runs that are over and old.
pub(crate) async fn prune(session: &Session, wish: PruneWish) -> Result<u8, Failure> {
    const VERB: &str = "prune --older-than 30d";
    session.open(VERB).await?;
    let mut prune = Prune {
        older_than: wish.older_than,
        keep_last_per_session: wish.keep_last,
        dry_run: wish.dry_run,
        ..Prune::default()
    };
    if !wish.status.is_empty() {
        let statuses = wish.status.iter();
        prune.statuses = statuses.map(|status| stored(status)).collect();
    }
    let removed = session.runtime.prune(prune).await;
    let removed = removed.map_err(|error| Failure::of(&error, &session.program, VERB))?;
    if wish.json {
        report::print_json(&Report {
            dry_run: wish.dry_run,
            removed,
        });
        return Ok(exit::DONE);
    }
    let now = time::now_micros();
    let rows: Vec<_> = removed
        .iter()
        .map(|run| {
            vec![
                run.id.to_string(),
                line(&run.workflow, 40),
                line(&run.session, 30),
                run.status.to_string(),
                time::ago(run.ended_at, now),
            ]
        })
        .collect();
    if !rows.is_empty() {
        report::print(&report::table(&rows));
    }
    let number = count(removed.len(), "run");
    say(&match wish.dry_run {
        true => format!("{number} would be removed"),
        false => format!("{number} removed"),
    });
    Ok(exit::DONE)
}

fn stored(status: &str) -> RunStatus {
    match status {
        "completed" => RunStatus::Completed,
        "failed" => RunStatus::Failed,
        _ => RunStatus::Cancelled,
    }
}
