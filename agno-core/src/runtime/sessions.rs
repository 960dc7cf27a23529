//! Sessions: their names, states and runs, and what those took.

use std::{collections::HashMap, sync::Arc};

use agno_storage::{Json, RunQuery, RunRecord, SessionFields, SessionKey, StoreError};
use serde::{Deserialize, Serialize};

use super::{Runtime, metrics::add, start::name};
use crate::error::{Error, code};

/// Under which the names of sessions are kept.
const KIND: &str = "session";

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SessionSummary {
    /// Its workflow.
    pub workflow: Arc<str>,
    /// Its id: what runs are started with.
    pub session: Arc<str>,
    /// What it is called, if it was given a name.
    pub name: Option<String>,
    /// How many runs it has.
    pub runs: u64,
    /// When the newest of them began, in microseconds since 1970; 0 without one.
    pub last_run_at: u64,
    /// How many fields its state has.
    pub fields: u64,
}

/// A session with its runs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SessionDetails {
    /// Its workflow.
    pub workflow: Arc<str>,
    /// Its id: what runs are started with.
    pub session: Arc<str>,
    /// What it is called, if it was given a name.
    pub name: Option<String>,
    /// Its state, by field.
    pub state: SessionFields,
    /// Its runs, newest first. Those that they have called have sessions of their own workflows.
    pub runs: Vec<RunRecord>,
    /// What they took.
    pub metrics: SessionMetrics,
}

/// What the runs of a session took together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SessionMetrics {
    /// How many there are.
    pub runs: u64,
    /// From start to end of each, in microseconds.
    pub total_micros: u64,
    /// Time spent running, in microseconds.
    pub active_micros: u64,
    /// Tokens that models read.
    pub input_tokens: u64,
    /// Tokens that models wrote.
    pub output_tokens: u64,
    /// What that cost, in the currency of the prices; `None` when no part of it is known.
    pub cost: Option<f64>,
}

/// What is kept of a name.
#[derive(Serialize, Deserialize)]
struct Named {
    workflow: Arc<str>,
    session: Arc<str>,
    name: String,
}

impl Runtime {
    /// The sessions of this store, by workflow and id.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or keeps no list of sessions.
    pub async fn sessions(&self) -> Result<Vec<SessionSummary>, Error> {
        let names = match self.storage().definitions(KIND).await {
            Ok(names) => names,
            Err(StoreError::Unsupported { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let named = names.into_iter().filter_map(|definition| {
            let named: Named = definition.body.decode().ok()?;
            Some(((named.workflow, named.session), named.name))
        });
        let mut names: HashMap<_, _> = named.collect();
        let listed = self.storage().sessions().await?.into_iter();
        let sessions = listed.map(|listing| {
            let key = (listing.workflow, listing.session);
            SessionSummary {
                name: names.remove(&key),
                workflow: key.0,
                session: key.1,
                runs: listing.runs,
                last_run_at: listing.last_run_at,
                fields: listing.fields,
            }
        });
        Ok(sessions.collect())
    }

    /// A session with its state, its runs and what they took.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when it has neither runs nor state, or
    /// the store's own error.
    pub async fn session(&self, workflow: &str, session: &str) -> Result<SessionDetails, Error> {
        let key = SessionKey {
            workflow: Arc::from(workflow),
            session: Arc::from(session),
        };
        let state = self.storage().session(&key).await?;
        let query = RunQuery {
            workflow: Some(key.workflow.clone()),
            session: Some(key.session.clone()),
            ..RunQuery::default()
        };
        let runs = self.runs(query).await?;
        if runs.is_empty() && state.is_empty() {
            return Err(unknown(&key));
        }
        let mut metrics = SessionMetrics::default();
        for run in &runs {
            let took = self.inspect(&run.id).await?.metrics();
            metrics.runs += 1;
            metrics.total_micros = metrics.total_micros.saturating_add(took.total_micros);
            metrics.active_micros = metrics.active_micros.saturating_add(took.active_micros);
            metrics.input_tokens = metrics.input_tokens.saturating_add(took.input_tokens);
            metrics.output_tokens = metrics.output_tokens.saturating_add(took.output_tokens);
            metrics.cost = add(metrics.cost, took.cost);
        }
        Ok(SessionDetails {
            name: self.session_name(&key).await?,
            workflow: key.workflow,
            session: key.session,
            state,
            runs,
            metrics,
        })
    }

    /// Gives a session a name for people; its id stays. The names before are kept as versions of a
    /// definition of kind `session`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no name,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such session, or the
    /// store's own error.
    pub async fn rename_session(
        &self,
        workflow: &str,
        session: &str,
        to: impl Into<String>,
    ) -> Result<(), Error> {
        let to = name("session", to.into())?;
        let key = SessionKey {
            workflow: Arc::from(workflow),
            session: Arc::from(session),
        };
        let any_run = RunQuery {
            workflow: Some(key.workflow.clone()),
            session: Some(key.session.clone()),
            limit: Some(1),
            ..RunQuery::default()
        };
        let has_runs = !self.runs(any_run).await?.is_empty();
        if !has_runs && self.storage().session(&key).await?.is_empty() {
            return Err(unknown(&key));
        }
        let named = Named {
            workflow: key.workflow.clone(),
            session: key.session.clone(),
            name: to.to_string(),
        };
        let body = Json::encode(&named)
            .map_err(|error| Error::new(code::INVALID_INPUT, error.to_string()).permanent())?;
        let kept = definition_of(&key);
        let save = self.storage().save_definition(KIND, &kept, body, None);
        save.await?;
        Ok(())
    }

    async fn session_name(&self, key: &SessionKey) -> Result<Option<String>, Error> {
        let kept = self
            .storage()
            .definition(KIND, &definition_of(key), None)
            .await;
        match kept {
            Ok(kept) => Ok(kept.and_then(|kept| Some(kept.body.decode::<Named>().ok()?.name))),
            Err(StoreError::Unsupported { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The name of the definition that keeps a session's name: no two sessions share one.
fn definition_of(key: &SessionKey) -> String {
    serde_json::json!([&*key.workflow, &*key.session]).to_string()
}

fn unknown(key: &SessionKey) -> Error {
    let problem = format!(
        "`{}` has no session `{}`: `sessions` lists those there are",
        key.workflow, key.session
    );
    Error::new(code::NOT_FOUND, problem).permanent()
}
