//! Sub-flows whose result is kept whole: those with a cache or a timeout.

use agno_storage::{CacheKey, Entry, EntryKind};

use super::{
    around::Around, cache::Cached, cell::RunCell, record::Work, replay::whole, step::timed_out,
};
use crate::{
    clock::now_micros,
    error::Error,
    op::{CallOp, Reply},
    registry::{Cache, FlowEntry, StepOptions},
    state::Changes,
    value::Produced,
};

impl RunCell {
    pub(super) fn subflow_key(
        &self,
        cache: &Cache,
        flow: &FlowEntry,
        call: &CallOp,
    ) -> Option<CacheKey> {
        let key = self.cache_key(
            cache,
            &Cached {
                step: flow.spec.name,
                version: 0,
                output_hash: &flow.output_hash(),
                schema: flow.input_schema(),
                input: &call.input,
                settings: serde_json::Value::Null,
            },
        );
        self.key_or_reason(flow.spec.name, key)
    }

    /// Runs a sub-flow whose result is kept whole.
    pub(super) async fn run_whole(
        &self,
        call: &CallOp,
        key: Option<CacheKey>,
        options: &StepOptions,
        work: impl Future<Output = Result<Produced, Error>> + Send,
        around: &Around,
    ) -> Result<Reply, Error> {
        let mut entry = Entry::new(EntryKind::Subflow, whole(&call.id.path), call.id.position);
        entry.started_at = now_micros();
        let ends = options.cache.as_ref().and_then(|cache| cache.ttl);
        let ends = ends.map(|ttl| u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX));
        let kept = Work {
            entry,
            around: around.clone(),
            fill: key.map(|key| (key, ends)),
        };
        let mut _flight = None;
        if let Some(key) = key {
            _flight = Some(self.shared.flights.lead(key).await);
            if let Some(hit) = self.cached(key, options).await {
                return self.record_hit(kept, hit).await;
            }
        }
        let produced = match options.timeout {
            None => work.await,
            Some(limit) => {
                let mut work = Box::pin(work);
                match tokio::time::timeout(limit, &mut work).await {
                    Ok(done) => done,
                    Err(_) => {
                        Self::give_up(work);
                        Err(timed_out(limit, false))
                    }
                }
            }
        };
        match produced {
            Ok(produced) => {
                self.record_success(kept, produced, Changes::default(), Vec::new(), 1)
                    .await
            }
            Err(error) => {
                let recorded = error.at(&call.id.path).to_recorded();
                self.record_error(kept.entry, around, recorded).await
            }
        }
    }
}
