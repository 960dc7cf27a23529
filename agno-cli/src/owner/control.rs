//! What the owner's runtime does for somebody else.

use std::time::Duration;

use agno_core::{Error, RunHandle, RunId, RunRecord, Runtime, StartJson, storage::StoreError};
use tokio::{sync::Mutex, time::timeout};

use super::{
    fault::Fault,
    message::Control,
    read::{Items, items},
    serve::Owning,
};

/// How long to wait until a cancelled run has ended: a step that blocks its thread ends late.
const PATIENCE: Duration = Duration::from_secs(10);

/// The runs that go on here because another process wished so. `None` once the owner leaves.
pub(super) type Guests = Mutex<Option<Vec<RunHandle>>>;

impl Control {
    /// Does it.
    pub(super) async fn on(
        self,
        runtime: &Runtime,
        by: Owning,
        guests: &Guests,
    ) -> Result<Items, Fault> {
        Ok(match self {
            Self::Active(mut runs) => {
                runs.retain(|run| runtime.is_active(run));
                items(runs)
            }
            Self::Cancel(run) => items([cancel(runtime, &run).await?]),
            Self::Resume(run) => admit(guests, runtime, runtime.resume(&run)).await?,
            Self::Answer { request, answer } => {
                admit(guests, runtime, runtime.answer(&request, answer)).await?
            }
            Self::Start {
                workflow,
                input,
                session,
                user,
                run_id,
                cache,
            } => {
                let mut start = runtime.start_json(&workflow, input.as_str());
                if let Some(session) = session {
                    start = start.session(session);
                }
                if let Some(user) = user {
                    start = start.user(user);
                }
                if let Some(id) = run_id {
                    start = start.run_id(id);
                }
                if let Some(mode) = cache {
                    start = start.cache_mode(mode);
                }
                admit(guests, runtime, put_down(runtime, by, start)).await?
            }
        })
    }
}

/// Puts a run down, so that it is there whatever becomes of this process, and has it begin: a worker
/// takes it up by itself, when it has room for it.
async fn put_down(runtime: &Runtime, by: Owning, start: StartJson) -> Result<RunHandle, Error> {
    let put = start.detached().await?;
    match by {
        Owning::Worker => Ok(put),
        Owning::Run => runtime.take_up(put.id()).await,
    }
}

/// Begins a run that the owner does not leave before it has ended.
async fn admit(
    guests: &Guests,
    runtime: &Runtime,
    begin: impl Future<Output = Result<RunHandle, Error>>,
) -> Result<Items, Fault> {
    let mut guests = guests.lock().await;
    let Some(guests) = &mut *guests else {
        return Err(Fault::Leaving);
    };
    let handle = begin.await?;
    let id = handle.id().clone();
    guests.retain(|guest| runtime.is_active(guest.id()));
    guests.push(handle);
    Ok(items([id]))
}

/// Ends a run, and answers its head as it is then.
pub(crate) async fn cancel(runtime: &Runtime, run: &RunId) -> Result<RunRecord, Error> {
    if let Ok(cancelled) = timeout(PATIENCE, runtime.cancel(run)).await {
        cancelled?;
    }
    let record = runtime.storage().run(run).await?;
    Ok(record.ok_or_else(|| StoreError::RunNotFound { run: run.clone() })?)
}
