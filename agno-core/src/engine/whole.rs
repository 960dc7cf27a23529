//! Sub-flows whose result is kept whole: those with a cache or a timeout.

use std::sync::Arc;

use agno_storage::{Entry, EntryKind};

use super::{
    around::Around,
    cache::{self, Consulted, Miss},
    cell::RunCell,
    record::Work,
    replay::whole,
    step::timed_out,
};
use crate::{
    clock::now_micros,
    error::Error,
    op::{CallOp, Reply},
    registry::{FlowEntry, StepOptions},
    state::Changes,
    value::Produced,
};

impl RunCell {
    /// Runs a sub-flow whose result is kept whole.
    pub(super) async fn run_whole(
        self: &Arc<Self>,
        call: &CallOp,
        flow: &FlowEntry,
        options: &StepOptions,
        work: impl Future<Output = Result<Produced, Error>> + Send,
        around: &Around,
    ) -> Result<Reply, Error> {
        let mut entry = Entry::new(EntryKind::Subflow, whole(&call.id.path), call.id.position);
        entry.started_at = now_micros();
        let mut kept = Work {
            entry,
            around: around.clone(),
            fill: None,
            miss: None,
        };
        let (mut _lead, mut stale) = (None, None);
        if let Some(cache) = &options.cache {
            let asked = cache::Call::Subflow(flow, call);
            match Box::pin(self.consult(asked, options, cache, &mut None)).await {
                Consulted::Hit(hit) | Consulted::Stale(hit, _) => {
                    return self.record_hit(kept, hit).await;
                }
                Consulted::Refused(error) => {
                    let recorded = error.at(&call.id.path).to_recorded();
                    return self.record_error(kept.entry, around, recorded).await;
                }
                Consulted::Miss(miss) => {
                    Miss {
                        lead: _lead,
                        fill: kept.fill,
                        why: kept.miss,
                        stale,
                    } = miss;
                }
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
        match (produced, stale) {
            (Ok(produced), _) => {
                self.record_success(kept, produced, Changes::default(), Vec::new(), 1)
                    .await
            }
            (Err(error), Some(stale)) => {
                self.record_stale(kept, stale, &error, Vec::new(), 1).await
            }
            (Err(error), None) => {
                let recorded = error.at(&call.id.path).to_recorded();
                self.record_error(kept.entry, around, recorded).await
            }
        }
    }
}
