//! What agno stores, and how.
//!
//! The ground floor: runs, their journals, requests to people, session state, the step cache,
//! artifacts and stored definitions, behind one trait, [`Storage`]. Nothing here knows of macros, flows or engines.
//!
//! * [`Commit`] is the only write of a run: one atomic, durable step forward, which names the fence of its owner.
//! * [`MemoryStorage`] keeps everything in the process. `SledStorage`, `RedbStorage` and `SqliteStorage` (features
//!   `sled`, `redb`, `sqlite`) keep it in a directory, for one process at a time. `PostgresStorage` (feature
//!   `postgres`) keeps it in a database, for any number, which share the runs by leases.
//! * [`StoreConfig`] says which one it is, by URL, file (feature `config-file`) or builder, and opens it.
//! * [`transfer`] moves a store: into a file, and out of one into any other back end.
//! * `conformance` (feature) is the suite that every back end must pass.

mod artifact;
mod cached;
mod commit;
mod config;
mod definition;
mod error;
mod event;
mod event_name;
mod json;
mod layer;
mod lease;
mod memory;
mod portable;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
mod request;
mod rules;
mod sessions;
mod state;
mod stats;
mod storage;
#[cfg(any(
    feature = "sled",
    feature = "redb",
    feature = "sqlite",
    feature = "postgres"
))]
mod stored;

pub mod transfer;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(any(feature = "sled", feature = "redb", feature = "sqlite"))]
mod embedded;

pub use cached::{CacheEntry, CacheKey, CacheMode};
pub use commit::{Ack, CacheFill, Commit, RunUpdate};
pub use config::{
    ConfigError, ConfigFile, DirectoryConfig, Engine, PostgresConfig, Retention, StoreConfig,
};
pub use definition::Definition;
#[cfg(feature = "redb")]
pub use embedded::{RedbOptions, RedbStorage};
#[cfg(feature = "sled")]
pub use embedded::{SledOptions, SledStorage};
#[cfg(feature = "sqlite")]
pub use embedded::{SqliteOptions, SqliteStorage};
pub use error::{StoreError, StoreResult};
pub use event::{AgentEvent, Event, EventError, EventKind, NumberedEvent};
pub use json::{Json, canonical};
pub use layer::Layer;
pub use lease::{DueRuns, Holder};
pub use memory::MemoryStorage;
pub use portable::{Imported, Portable, PortableRun};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStorage};
pub use record::{
    Entry, EntryKind, EventPolicy, Forked, Limits, Parent, Place, RecordedError, RunId, RunInput,
    RunRecord, RunStatus, SessionKey, Source,
};
pub use request::{Answer, Decision, Request, RequestKind, RequestQuery};
pub use rules::{MAX_ARTIFACT_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES};
pub use state::{
    FieldChange, FieldValue, KeyChange, MergeConflict, Operation, SessionFields, StateDelta, digest,
};
pub use stats::{Compacted, StoreStats, VerifyReport};
pub use storage::{ArtifactListing, CacheListing, CacheQuery, RunQuery, SessionListing, Storage};

/// A boxed future that can move between threads; what the object-safe [`Storage`] returns.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
