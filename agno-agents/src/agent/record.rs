//! Where an agent writes down what it has done: a part of its step, or nowhere when it works
//! alone.

use std::sync::Arc;

use agno_core::{Error, Part, StepContext};
use serde::{Serialize, de::DeserializeOwned};

/// Where an agent writes down what it has done.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// In its step.
    Part(Part),
    /// Nowhere. The name tells its work from that of every other question.
    Alone(Arc<str>),
}

impl Record {
    pub(crate) fn alone() -> Self {
        let name = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        Self::Alone(Arc::from(name))
    }

    /// For the work of a member, inside that of its leader.
    pub(crate) fn part(&self, name: &str) -> Self {
        match self {
            Self::Part(part) => Self::Part(part.part(name)),
            Self::Alone(own) => Self::Alone(Arc::from(format!("{own}/{name}"))),
        }
    }

    /// Tells it from all other records of the question.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Part(part) => part.name(),
            Self::Alone(own) => own,
        }
    }

    /// What is recorded in it and below it, as far as it is a `T`.
    pub(crate) fn recall_below<T: DeserializeOwned>(&self) -> Vec<T> {
        self.as_part().map_or_else(Vec::new, Part::recall_below)
    }

    pub(crate) fn as_part(&self) -> Option<&Part> {
        match self {
            Self::Part(part) => Some(part),
            Self::Alone(_) => None,
        }
    }

    pub(crate) fn context(&self) -> Option<&StepContext> {
        self.as_part().map(Part::context)
    }

    /// A key for a service, the same when a call is made again after a crash.
    pub(crate) fn idempotency_key(&self, call: &str) -> String {
        match self {
            Self::Part(part) => {
                let step = part.context().idempotency_key();
                format!("{step}:{}.{call}", part.name())
            }
            Self::Alone(own) => format!("{own}.{call}"),
        }
    }

    pub(crate) fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.as_part().map_or(Ok(None), |part| part.recall(key))
    }

    pub(crate) async fn record<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), Error> {
        match self {
            Self::Part(part) => part.record(key, value).await,
            Self::Alone(_) => Ok(()),
        }
    }
}
