//! Keeping no more than is wanted, in the background.

use std::{
    convert::Infallible,
    sync::{OnceLock, Weak},
    time::Duration,
};

use agno_storage::{CacheListing, CacheQuery, Retention, RunStatus};
use serde::Serialize;
use tokio::sync::oneshot;

use super::{Inner, PrunedRun, Runtime, prune::Rule};
use crate::{clock::now_micros, error::Error};

/// How often the policy is applied, give or take a half: many processes of one store do not do it at
/// one time.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// So many runs, with those they called, are removed at a time ..
const SLICE: usize = 16;

/// .. and then the store belongs to others for so long.
const BREATH: Duration = Duration::from_millis(100);

/// What a [`Retention`] has removed, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Removed {
    /// Runs, callers ahead of those they called.
    pub runs: Vec<PrunedRun>,
    /// Cached results that had expired.
    pub expired_results: u64,
    /// Cached results beyond the bound, those that were stored first.
    pub evicted_results: u64,
}

/// Held by the runtime: when it goes, the background task hears of it.
#[derive(Default)]
pub(super) struct Retaining(OnceLock<oneshot::Sender<Infallible>>);

fn rule(retention: &Retention) -> Rule<impl Fn(RunStatus) -> Option<Duration> + '_> {
    Rule {
        age: |status| match status {
            RunStatus::Completed => retention.completed,
            RunStatus::Failed => retention.failed,
            RunStatus::Cancelled => retention.cancelled,
            _ => None,
        },
        keep_last_per_session: retention.keep_last_per_session,
    }
}

impl Runtime {
    /// Removes what a policy does not keep, now and whole, or with `dry_run` only says what that is.
    /// Of runs that have called others all are removed or none. Sessions, definitions and artifacts
    /// stay: see [`Retention`].
    ///
    /// # Errors
    ///
    /// The store's own; what was removed until then is gone.
    pub async fn apply_retention(
        &self,
        retention: &Retention,
        dry_run: bool,
    ) -> Result<Removed, Error> {
        let mut removed = Removed::default();
        let rule = rule(retention);
        for run in rule.choose(self).await? {
            let tree = self.remove_tree(&rule, run, dry_run).await?;
            removed.runs.extend(tree);
        }
        let (expired, evicted) = match dry_run {
            true => self.cached_beyond(retention).await?,
            false => self.bound_cache(retention).await?,
        };
        removed.expired_results = expired;
        removed.evicted_results = evicted;
        Ok(removed)
    }

    /// Applies a policy in the background as long as this runtime and its tokio runtime live: a first
    /// time after a minute or so, then about every ten minutes, a few runs at a time. What it removes
    /// is told by tracing. The first policy of a runtime stays.
    ///
    /// It may be ended at any point: every removal is whole or did not begin.
    pub fn start_retention(&self, retention: Retention) {
        let (alive, gone) = oneshot::channel();
        if self.0.retaining.0.set(alive).is_ok() {
            tokio::spawn(keep(std::sync::Arc::downgrade(&self.0), retention, gone));
        }
    }

    async fn bound_cache(&self, retention: &Retention) -> Result<(u64, u64), Error> {
        let expired = self.storage().cache_clear(expired()).await?;
        let evicted = match retention.cache_bytes {
            Some(bytes) => self.storage().cache_shrink(bytes).await?,
            None => 0,
        };
        Ok((expired, evicted))
    }

    /// How many cached results have expired, and how many of the others are beyond the bound.
    async fn cached_beyond(&self, retention: &Retention) -> Result<(u64, u64), Error> {
        let now = now_micros();
        let mut cached = self.storage().cache_list(CacheQuery::default()).await?;
        let all = cached.len();
        cached.retain(|result| result.expires_at.is_none_or(|at| at > now));
        let expired = all - cached.len();
        let mut left = retention.cache_bytes.unwrap_or(u64::MAX);
        cached.sort_by_key(|result| std::cmp::Reverse(result.stored_at));
        let kept = cached.iter().take_while(|result| fits(&mut left, result));
        let evicted = cached.len() - kept.count();
        Ok((expired as u64, evicted as u64))
    }
}

fn expired() -> CacheQuery {
    CacheQuery {
        expired_at: Some(now_micros()),
        ..CacheQuery::default()
    }
}

fn fits(left: &mut u64, result: &CacheListing) -> bool {
    let rest = left.checked_sub(result.bytes as u64);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

async fn keep(runtime: Weak<Inner>, retention: Retention, mut gone: oneshot::Receiver<Infallible>) {
    let passes = async {
        let mut wait = EVERY / 10;
        loop {
            tokio::time::sleep(jittered(wait)).await;
            wait = EVERY;
            if let Err(error) = pass(&runtime, &retention).await {
                tracing::warn!(%error, "the retention policy was not applied");
            }
        }
    };
    tokio::select! {
        () = passes => {}
        _ = &mut gone => {}
    }
}

/// Applies the policy once, without keeping the runtime alive in between.
async fn pass(runtime: &Weak<Inner>, retention: &Retention) -> Result<(), Error> {
    let alive = || runtime.upgrade().map(Runtime);
    let rule = rule(retention);
    let chosen = match alive() {
        Some(runtime) => rule.choose(&runtime).await?,
        None => return Ok(()),
    };
    let mut runs = 0;
    for (number, run) in chosen.into_iter().enumerate() {
        if number > 0 && number % SLICE == 0 {
            tokio::time::sleep(BREATH).await;
        }
        let Some(runtime) = alive() else {
            return Ok(());
        };
        runs += runtime.remove_tree(&rule, run, false).await?.len();
    }
    let Some(runtime) = alive() else {
        return Ok(());
    };
    let (expired, evicted) = runtime.bound_cache(retention).await?;
    if runs > 0 || expired + evicted > 0 {
        tracing::info!(runs, expired, evicted, "removed by the retention policy");
    }
    Ok(())
}

/// Between a half and one and a half of it.
fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use agno_storage::{Commit, MemoryStorage, RunId, RunInput, RunRecord, RunUpdate, Storage};

    use super::*;
    use crate::Json;

    /// A run of a session that ended so, or has not.
    async fn put(store: &dyn Storage, id: &str, session: &str, status: RunStatus, at: u64) {
        let id = RunId::new(id).expect("an id");
        let mut commit = Commit::new(id.clone(), 1);
        let head = RunRecord::new(id, "w".into(), session.into(), at);
        let input = RunInput {
            input: Json::null(),
            state: None,
        };
        commit.create = Some(Box::new((head, input)));
        commit.update = Some(Box::new(RunUpdate::new(status, now_micros())));
        store.commit(commit).await.expect("is created");
    }

    async fn left(store: &dyn Storage) -> Vec<String> {
        let runs = store.runs(Default::default()).await.expect("lists");
        let mut ids: Vec<_> = runs.iter().map(|run| run.id.to_string()).collect();
        ids.sort();
        ids
    }

    async fn filled() -> Arc<dyn Storage> {
        let store: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        for (number, (id, session, status)) in (1..).zip([
            ("a", "one", RunStatus::Completed),
            ("b", "one", RunStatus::Failed),
            ("c", "one", RunStatus::Running),
            ("d", "one", RunStatus::Paused),
            ("e", "two", RunStatus::Completed),
            ("f", "two", RunStatus::Cancelled),
        ]) {
            put(&*store, id, session, status, number).await;
        }
        store
    }

    #[tokio::test]
    async fn each_status_has_its_age() {
        let store = filled().await;
        let runtime = Runtime::builder().storage(store.clone()).build().await;
        let runtime = runtime.expect("builds");
        let retention = Retention::new()
            .completed(Duration::ZERO)
            .failed(Duration::from_secs(3600))
            .keep_last_per_session(0);
        let would = runtime.apply_retention(&retention, true).await;
        let would = would.expect("tells");
        assert_eq!(left(&*store).await.len(), 6, "a dry run removes nothing");
        let removed = runtime.apply_retention(&retention, false).await;
        assert_eq!(removed.expect("removes"), would);
        assert_eq!(left(&*store).await, ["b", "c", "d", "f"]);
        let rest = retention.failed(Duration::ZERO).cancelled(Duration::ZERO);
        runtime
            .apply_retention(&rest, false)
            .await
            .expect("removes");
        assert_eq!(left(&*store).await, ["c", "d"], "what is not over stays");
    }

    #[tokio::test]
    async fn the_newest_of_a_session_stay() {
        let store = filled().await;
        let runtime = Runtime::builder().storage(store.clone()).build().await;
        let retention = Retention::new()
            .completed(Duration::ZERO)
            .failed(Duration::ZERO)
            .cancelled(Duration::ZERO)
            .keep_last_per_session(1);
        let runtime = runtime.expect("builds");
        runtime
            .apply_retention(&retention, false)
            .await
            .expect("removes");
        assert_eq!(left(&*store).await, ["c", "d", "f"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_runtime_applies_it_by_itself_until_it_goes() {
        let store = filled().await;
        let retention = Retention::new().completed(Duration::ZERO);
        let runtime = Runtime::builder()
            .storage(store.clone())
            .retention(retention)
            .build()
            .await
            .expect("builds");
        tokio::time::sleep(EVERY).await;
        assert_eq!(left(&*store).await, ["b", "c", "d", "f"]);
        put(&*store, "g", "two", RunStatus::Completed, 9).await;
        tokio::time::sleep(EVERY * 2).await;
        assert_eq!(left(&*store).await, ["b", "c", "d", "f"]);
        put(&*store, "h", "two", RunStatus::Completed, 9).await;
        let alive = Arc::downgrade(&runtime.0);
        drop(runtime);
        assert!(alive.upgrade().is_none(), "it does not keep the runtime");
        tokio::time::sleep(EVERY * 4).await;
        assert_eq!(left(&*store).await, ["b", "c", "d", "f", "h"]);
    }
}
