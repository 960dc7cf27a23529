//! Outputs that refer to artifacts.

use agno_storage::Json;

use super::cell::RunCell;
use crate::{
    artifact::missing,
    error::{Error, code},
    registry::StepEntry,
    schema::references,
};

impl RunCell {
    /// Refuses an output that refers to what the store does not hold. Of a step whose output has no
    /// artifacts, nothing is read.
    pub(super) async fn check_artifacts(
        &self,
        entry: &StepEntry,
        output: &Json,
    ) -> Result<(), Error> {
        if entry.refers_to_artifacts() {
            // Boxed, as is all that is rare on a step's way.
            Box::pin(self.check_references(output)).await?;
        }
        Ok(())
    }

    async fn check_references(&self, output: &Json) -> Result<(), Error> {
        for (path, artifact) in references(&output.to_value()) {
            if let Some(why) = missing(&*self.storage, &artifact).await? {
                let place = match path.to_string() {
                    path if path.is_empty() => "it".to_owned(),
                    path => format!("`{path}`"),
                };
                let problem = format!(
                    "the output refers to no artifact: {place} is {artifact}, and {why}; return \
                     what `StepContext::store` answers"
                );
                return Err(Error::new(code::INVALID_OUTPUT, problem).permanent());
            }
        }
        Ok(())
    }
}
