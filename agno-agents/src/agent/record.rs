//! Where an agent writes down what it has done: a part of its step, or nowhere when it works
//! alone.

use agno_core::{Error, Part, StepContext};
use serde::{Serialize, de::DeserializeOwned};

/// Where an agent writes down what it has done.
#[derive(Clone, Debug)]
pub(crate) struct Record(Option<Part>);

impl Record {
    pub(crate) fn new(part: Option<Part>) -> Self {
        Self(part)
    }

    /// For the work of a member, inside that of its leader.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self(self.0.as_ref().map(|part| part.part(name)))
    }

    pub(crate) fn as_part(&self) -> Option<&Part> {
        self.0.as_ref()
    }

    pub(crate) fn context(&self) -> Option<&StepContext> {
        self.0.as_ref().map(Part::context)
    }

    pub(crate) fn recall<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        match &self.0 {
            Some(part) => part.recall(key),
            None => Ok(None),
        }
    }

    pub(crate) async fn record<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), Error> {
        match &self.0 {
            Some(part) => part.record(key, value).await,
            None => Ok(()),
        }
    }
}
