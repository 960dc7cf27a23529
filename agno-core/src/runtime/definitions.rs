//! Workflows as they are kept in the store: a version of their structure for every change.

use std::collections::BTreeMap;

use agno_storage::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Fingerprint, Runtime};
use crate::{
    error::{Error, code},
    graph::{self, GraphFormat, RunPath},
};

/// Under which workflows are kept.
const KIND: &str = "workflow";

/// How far a kept workflow is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Still being worked on.
    #[default]
    Draft,
    /// For everybody.
    Published,
}

/// A workflow as it was when it was kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WorkflowDefinition {
    /// Version of the definition, given by the store: 1, 2, 3 and so on.
    pub version: u32,
    /// When it was saved, in microseconds since 1970.
    pub saved_at: u64,
    /// How far it is.
    pub stage: Stage,
    /// Its types, steps and flows.
    pub fingerprint: Fingerprint,
    /// Its graph, as `graph --format json` shows it, without places in the source.
    pub graph: Value,
    /// What those of its steps go by that are fields: the settings of agents, by step.
    pub settings: BTreeMap<String, Value>,
    /// What has changed in the code since.
    pub changes: Vec<Change>,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Body {
    stage: Stage,
    fingerprint: Fingerprint,
    graph: Value,
    #[serde(default)]
    settings: BTreeMap<String, Value>,
}

impl Runtime {
    /// Keeps the structure of a workflow, as the code has it now, in the store: answers the
    /// version. One that is as the newest is that version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), with the nearest name, or the store's
    /// own error.
    pub async fn save_definition(&self, workflow: &str, stage: Stage) -> Result<u32, Error> {
        let registered = self.find(workflow)?;
        let drawn = graph::render(registered.graph, &RunPath::default(), GraphFormat::Json);
        let mut drawn = serde_json::from_str(&drawn).map_err(unsound)?;
        without_places(&mut drawn);
        let steps = registered.steps().iter();
        let settings = steps
            .map(|entry| (entry.step.name, entry.settings(&*registered.workflow)))
            .filter(|(_, settings)| !settings.is_null())
            .map(|(step, settings)| (step.to_owned(), settings));
        let body = Body {
            stage,
            fingerprint: self.fingerprint(workflow)?,
            graph: drawn,
            settings: settings.collect(),
        };
        let body = Json::encode(&body).map_err(unsound)?;
        let saving = self.storage().save_definition(KIND, workflow, body, None);
        Ok(saving.await?)
    }

    /// A version of a workflow that was kept, or the newest, with what has changed in the code
    /// since; `None` if there is no such version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the workflow is not part of this
    /// program, or the store's own error.
    pub async fn load_definition(
        &self,
        workflow: &str,
        version: Option<u32>,
    ) -> Result<Option<WorkflowDefinition>, Error> {
        let now = self.fingerprint(workflow)?;
        let kept = self.storage().definition(KIND, workflow, version).await?;
        let Some(kept) = kept else {
            return Ok(None);
        };
        let body: Body = kept.body.decode().map_err(unsound)?;
        Ok(Some(WorkflowDefinition {
            version: kept.version,
            saved_at: kept.saved_at,
            stage: body.stage,
            changes: Fingerprint::compare(&body.fingerprint, &now),
            fingerprint: body.fingerprint,
            graph: body.graph,
            settings: body.settings,
        }))
    }

    /// The newest version of a workflow that was kept as published.
    ///
    /// # Errors
    ///
    /// As [`load_definition`](Self::load_definition).
    pub async fn published_definition(
        &self,
        workflow: &str,
    ) -> Result<Option<WorkflowDefinition>, Error> {
        let mut version = None;
        while let Some(kept) = self.load_definition(workflow, version).await? {
            if kept.stage == Stage::Published {
                return Ok(Some(kept));
            }
            if kept.version <= 1 {
                break;
            }
            version = Some(kept.version - 1);
        }
        Ok(None)
    }
}

/// Takes the places out: a line that has moved makes no version.
fn without_places(graph: &mut Value) {
    match graph {
        Value::Object(fields) => {
            fields.remove("at");
            fields.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unsound(error: serde_json::Error) -> Error {
    let problem = format!("the kept workflow does not read: {error}");
    Error::new(code::STORE, problem).permanent()
}
