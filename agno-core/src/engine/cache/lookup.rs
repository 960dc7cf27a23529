//! Whether a stored result is taken.

use std::{sync::Arc, time::Duration};

use agno_storage::{CacheEntry, CacheKey, CacheMode, Json, MAX_VALUE_BYTES, RunId};

use super::{
    background::Renewal,
    flight::{Lead, Pauses},
    key::{Key, key_of, of_flow, of_step},
};
use crate::{
    clock::now_micros,
    engine::{cell::RunCell, stop::Body},
    error::{Error, code},
    op::CallOp,
    registry::{Cache, FlowEntry, StepEntry, StepOptions, micros},
};

/// Whose result is looked for.
pub(in crate::engine) enum Call<'a> {
    Step(&'a StepEntry, &'a CallOp),
    Subflow(&'a FlowEntry, &'a CallOp),
}

/// What a computed result is stored as.
#[derive(Clone)]
pub(in crate::engine) struct Fill {
    pub(in crate::engine) key: CacheKey,
    workflow: Arc<str>,
    pub(in crate::engine) step: Arc<str>,
    /// Microseconds.
    lasts: Option<u64>,
    tags: Vec<Arc<str>>,
    parts: Option<Json>,
}

impl Fill {
    /// The result as it is stored; none if it is too large for that.
    pub(in crate::engine) fn entry(
        &self,
        run: &RunId,
        output: &Json,
        now: u64,
    ) -> Option<CacheEntry> {
        // For names, tags, times and what is around them.
        const AROUND: usize = 64 * 1024;
        let parts = self.parts.as_ref().map_or(0, Json::len);
        if output.len() + parts + AROUND > MAX_VALUE_BYTES {
            let step = &*self.step;
            tracing::warn!(step, bytes = output.len(), "too large to be cached");
            return None;
        }
        Some(CacheEntry {
            workflow: self.workflow.clone(),
            step: self.step.clone(),
            run: run.clone(),
            output: output.clone(),
            stored_at: now,
            expires_at: self.lasts.map(|lasts| now.saturating_add(lasts)),
            tags: self.tags.clone(),
            parts: self.parts.clone(),
        })
    }
}

/// What the cache says to a call.
pub(in crate::engine) enum Consulted {
    /// The result.
    Hit(CacheEntry),
    /// An expired one that is good for the moment, and what computes it anew.
    Stale(CacheEntry, Box<Renewal>),
    /// It is to be computed.
    Miss(Miss),
    /// It is not stored, and nothing is to be computed.
    Refused(Error),
}

/// A result that is to be computed.
#[derive(Default)]
pub(in crate::engine) struct Miss {
    /// Held until the result is stored, so that others find it.
    pub(in crate::engine) lead: Option<Lead>,
    /// Where it is stored then.
    pub(in crate::engine) fill: Option<Box<Fill>>,
    /// Why nothing was taken, in words.
    pub(in crate::engine) why: Option<Arc<str>>,
    /// An expired result that takes the place of an error.
    pub(in crate::engine) stale: Option<CacheEntry>,
}

/// What is stored, as far as it is of use.
enum Stored {
    Good(CacheEntry),
    /// Good for the moment.
    Stale(CacheEntry),
    /// Why not, and what would take the place of an error.
    No(Arc<str>, Option<CacheEntry>),
}

impl RunCell {
    /// Looks for the result of a call with a cache.
    pub(in crate::engine) async fn consult(
        self: &Arc<Self>,
        call: Call<'_>,
        options: &StepOptions,
        cache: &Cache,
        body: &mut Option<Body<'_>>,
    ) -> Consulted {
        let mode = options.cache_mode.unwrap_or(self.cache_mode);
        let miss = |why: &str| Miss {
            why: Some(Arc::from(why)),
            ..Miss::default()
        };
        if mode == CacheMode::Bypass {
            return Consulted::Miss(miss("the cache was bypassed"));
        }
        let (name, cached) = match &call {
            Call::Step(entry, call) => (
                entry.step.name,
                of_step(&self.registered, entry, &call.input),
            ),
            Call::Subflow(flow, call) => (flow.spec.name, of_flow(flow, &call.input)),
        };
        let key = match key_of(&self.registered, &self.info, cache, cached) {
            Ok(key) => key,
            Err(reason) => {
                tracing::warn!(step = name, reason, "not cached");
                let why = format!("it cannot be cached: {reason}");
                return match mode {
                    CacheMode::Only => Consulted::Refused(refused(name, &why)),
                    _ => Consulted::Miss(miss(&why)),
                };
            }
        };
        let fill = Box::new(self.fill(name, cache, key));
        match mode {
            CacheMode::Refresh => Consulted::Miss(Miss {
                fill: Some(fill),
                ..miss("the cache was refreshed")
            }),
            CacheMode::Only => match self.stored(&call, cache, fill.key).await {
                Stored::Good(hit) | Stored::Stale(hit) => Consulted::Hit(hit),
                Stored::No(why, _) => Consulted::Refused(refused(name, &why)),
            },
            _ => self.find_or_lead(&call, options, cache, fill, body).await,
        }
    }

    /// A stored result, or the lead in computing it.
    async fn find_or_lead(
        self: &Arc<Self>,
        call: &Call<'_>,
        options: &StepOptions,
        cache: &Cache,
        fill: Box<Fill>,
        body: &mut Option<Body<'_>>,
    ) -> Consulted {
        let (key, flights) = (fill.key, &self.shared.cache.flights);
        let lease = self.storage.lease();
        let mut pauses = Pauses::within(lease.unwrap_or_default());
        let mut lead = flights.try_lead(key);
        let mut is_announced = lease.is_none();
        loop {
            let (why, stale) = match self.stored(call, cache, key).await {
                Stored::Good(hit) => return Consulted::Hit(hit),
                Stored::Stale(hit) => match self.renewal(call, options, &fill, &hit) {
                    Some(renewal) => return Consulted::Stale(hit, Box::new(renewal)),
                    None => return Consulted::Hit(hit),
                },
                Stored::No(why, stale) => (why, stale),
            };
            // What was not led yet may be there the next time.
            match &mut lead {
                None => {
                    let turn = flights.lead(key);
                    lead = Some(self.aside(self.unless_interrupted(body, turn)).await);
                }
                Some(mine) if !is_announced => {
                    let lease = lease.unwrap_or_default();
                    match flights.announce(mine, &self.storage, key, lease).await {
                        Ok(true) => is_announced = true,
                        Ok(false) => {
                            let pause = tokio::time::sleep(pauses.next());
                            self.aside(self.unless_interrupted(body, pause)).await;
                        }
                        // It may be computed twice, and that is all.
                        Err(error) => {
                            tracing::warn!(%error, "not announced to other processes");
                            is_announced = true;
                        }
                    }
                }
                Some(_) => {
                    return Consulted::Miss(Miss {
                        lead,
                        fill: Some(fill),
                        why: Some(why),
                        stale,
                    });
                }
            }
        }
    }

    async fn stored(&self, call: &Call<'_>, cache: &Cache, key: CacheKey) -> Stored {
        // Also what has expired: it may be good enough, and else it says why.
        let found = match self.storage.cached(key, 0).await {
            Ok(found) => found,
            Err(error) => self.refused(error).await,
        };
        let Some(hit) = found else {
            return Stored::No(Arc::from("nothing is stored for this key"), None);
        };
        let (reads, can_wait) = match call {
            Call::Step(entry, _) => (
                (entry.decode)(&hit.output).is_ok()
                    && self.check_artifacts(entry, &hit.output).await.is_ok(),
                self.shared.cache.background.takes(&self.registered, entry),
            ),
            Call::Subflow(flow, _) => (
                flow.decode
                    .as_ref()
                    .is_none_or(|decode| decode(&hit.output).is_ok()),
                false,
            ),
        };
        if !reads {
            return Stored::No(Arc::from("what is stored does not read any more"), None);
        }
        let Some(past) = hit.expires_at.and_then(|end| now_micros().checked_sub(end)) else {
            return Stored::Good(hit);
        };
        let within = |time: Option<Duration>| time.is_some_and(|time| past < micros(time));
        if can_wait && within(cache.stale_while_revalidate) {
            return Stored::Stale(hit);
        }
        let past = Duration::from_millis(past / 1000);
        let why = format!("what is stored had expired {past:?} before");
        Stored::No(Arc::from(why), within(cache.stale_if_error).then_some(hit))
    }

    fn fill(&self, step: &'static str, cache: &Cache, key: Key) -> Fill {
        Fill {
            key: key.hash,
            workflow: self.registered.name.clone(),
            step: Arc::from(step),
            lasts: cache.lasts(fastrand::f64()),
            tags: key.tags,
            parts: Json::encode(&key.parts).ok(),
        }
    }

    /// What computes an expired result anew.
    fn renewal(
        &self,
        call: &Call<'_>,
        options: &StepOptions,
        fill: &Fill,
        expired: &CacheEntry,
    ) -> Option<Renewal> {
        let Call::Step(_, call) = call else {
            return None;
        };
        Some(Renewal {
            shared: self.shared.clone(),
            storage: self.storage.clone(),
            registered: self.registered.clone(),
            index: call.index,
            input: call.input.clone(),
            view: self.view(),
            timeout: options.timeout,
            info: self.info.clone(),
            path: call.id.path.clone(),
            fill: fill.clone(),
            expired: expired.clone(),
        })
    }
}

fn refused(step: &str, why: &str) -> Error {
    let problem = format!(
        "`{step}` is to take its result from the cache and compute none: {why}. Run it in another \
         cache mode"
    );
    Error::new(code::CACHE_MISS, problem).permanent()
}
