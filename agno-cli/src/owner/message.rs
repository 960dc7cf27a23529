//! What the two sides say to each other.

use std::sync::Arc;

use agno_core::{
    Answer, CacheMode, Json, RunId, RunQuery,
    storage::{CacheQuery, RequestQuery, SessionKey},
};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// The version of all that is in this file. Whoever changes that changes it as well.
pub(super) const VERSION: u32 = 2;

/// The first frame of both sides. It stays as it is in all versions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) agno_owner: u32,
}

impl Hello {
    pub(super) const OWN: Self = Self {
        agno_owner: VERSION,
    };

    /// Largest accepted frame, in bytes.
    pub(super) const LIMIT: usize = 4096;

    /// Whether both sides speak alike; in words if not.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.agno_owner {
            VERSION => Ok(()),
            theirs => Err(format!(
                "it is of another version of agno: it speaks version {theirs} of this protocol, \
                 and this program version {VERSION}"
            )),
        }
    }
}

/// The second frame of the one who asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// Something that is stored.
    Read(Read),
    /// Something that is done where the run is.
    Control(Control),
    /// The events of a run: what is stored from a number on, then what follows, to its end.
    Follow {
        run: RunId,
        from: u64,
        /// Those too that are told ahead of the commit that stores them, and have no number.
        live: bool,
    },
}

impl Ask {
    /// Largest accepted frame, in bytes: the largest value, and a little around it.
    pub(super) const LIMIT: usize = 17 * 1024 * 1024;
}

/// A method of `Storage` that reads. Its answer is a list of items: of an `Option` at most one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Read {
    Run(RunId),
    Input(RunId),
    Output(RunId),
    Runs(RunQuery),
    Journal {
        run: RunId,
        from_seq: u64,
    },
    Requests(RequestQuery),
    Sessions,
    Session(SessionKey),
    Artifacts(Arc<str>),
    /// In pieces, each as Base64.
    Artifact(Arc<str>),
    CacheList(CacheQuery),
    Definition {
        kind: Arc<str>,
        name: Arc<str>,
        version: Option<u32>,
    },
    Definitions(Arc<str>),
    Stats,
}

/// What the owner's runtime is asked to do. Asked twice it is done once, except for a start without
/// an id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Control {
    /// Which of these runs it is running.
    Active(Vec<RunId>),
    /// Ends a run. Answers its head.
    Cancel(RunId),
    /// Takes a run up again, after a crash, a pause or a failure. Answers its id.
    Resume(RunId),
    /// Starts a run. Answers its id.
    Start {
        workflow: Arc<str>,
        input: Json,
        session: Option<String>,
        user: Option<String>,
        run_id: Option<String>,
        #[serde(default)]
        cache: Option<CacheMode>,
    },
    /// Answers a request to a person. Answers the id of the outermost run, which goes on.
    Answer { request: Arc<str>, answer: Answer },
}

/// What the owner answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// Items, and there are more.
    More(Vec<Json>),
    /// That was all.
    Done,
    /// It did not work.
    Failed(Fault),
}

impl Reply {
    /// Largest accepted frame, in bytes.
    pub(super) const LIMIT: usize = 64 * 1024 * 1024;

    /// Items are put together up to about so many bytes.
    pub(super) const USUAL: usize = 1024 * 1024;
}
