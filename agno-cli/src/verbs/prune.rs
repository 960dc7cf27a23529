//! `prune`.

use agno_core::{Prune, PrunedRun, Removed, RunStatus};
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

/// Removes runs that are over and old, or what the retention policy does not keep.
pub(crate) async fn prune(session: &Session, wish: PruneWish) -> Result<u8, Failure> {
    const VERB: &str = "prune --older-than 30d";
    let failed = |error: &agno_core::Error| Failure::of(error, &session.program, VERB);
    let Some(older_than) = wish.older_than else {
        let Some(retention) = &session.retention else {
            let problem = "how old? Say --older-than, or say what is kept in a configuration file, \
                           under [retention]";
            return Err(Failure::usage(problem).next(session.program.command(VERB)));
        };
        session.open(VERB).await?;
        let applied = session.runtime.apply_retention(retention, wish.dry_run);
        let removed = applied.await.map_err(|error| failed(&error))?;
        return Ok(told(removed, &wish));
    };
    session.open(VERB).await?;
    let mut prune = Prune {
        older_than,
        keep_last_per_session: wish.keep_last,
        dry_run: wish.dry_run,
        ..Prune::default()
    };
    if !wish.status.is_empty() {
        let statuses = wish.status.iter();
        prune.statuses = statuses.map(|status| stored(status)).collect();
    }
    let runs = session.runtime.prune(prune).await;
    let runs = runs.map_err(|error| failed(&error))?;
    if wish.json {
        report::print_json(&Report {
            dry_run: wish.dry_run,
            removed: runs,
        });
    } else {
        say_runs(&runs, wish.dry_run);
    }
    Ok(exit::DONE)
}

#[derive(Serialize)]
struct Retained {
    dry_run: bool,
    removed: Vec<PrunedRun>,
    expired_results: u64,
    evicted_results: u64,
}

/// Tells what the retention policy has removed.
fn told(removed: Removed, wish: &PruneWish) -> u8 {
    let Removed {
        runs,
        expired_results,
        evicted_results,
        ..
    } = removed;
    if wish.json {
        report::print_json(&Retained {
            dry_run: wish.dry_run,
            removed: runs,
            expired_results,
            evicted_results,
        });
        return exit::DONE;
    }
    say_runs(&runs, wish.dry_run);
    let cached = expired_results + evicted_results;
    if cached > 0 {
        let number = usize::try_from(cached).unwrap_or(usize::MAX);
        say(&gone(&count(number, "cached result"), wish.dry_run));
    }
    exit::DONE
}

fn gone(what: &str, dry_run: bool) -> String {
    match dry_run {
        true => format!("{what} would be removed"),
        false => format!("{what} removed"),
    }
}

fn say_runs(removed: &[PrunedRun], dry_run: bool) {
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
    say(&gone(&count(removed.len(), "run"), dry_run));
}

fn stored(status: &str) -> RunStatus {
    match status {
        "completed" => RunStatus::Completed,
        "failed" => RunStatus::Failed,
        _ => RunStatus::Cancelled,
    }
}
