//! The bytes of a response, with limits.

use std::time::Duration;

use reqwest::Response;

use super::{Failure, failure};
use crate::model::TimeoutKind;

/// The longest answer, in bytes: 64 MiB. A model's longest is about a megabyte; without a limit a
/// server could fill the memory.
const LONGEST: usize = 64 << 20;

/// The bytes of a response, piece by piece.
pub(super) struct Body {
    response: Response,
    idle: Duration,
    read: usize,
}

impl Body {
    pub(super) fn new(response: Response, idle: Duration) -> Self {
        Self {
            response,
            idle,
            read: 0,
        }
    }

    /// The next piece, or `None` at a tidy end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = tokio::time::timeout(self.idle, self.response.chunk())
            .await
            .map_err(|_| Failure::Timeout(TimeoutKind::Idle, self.idle))?
            .map_err(|error| Failure::truncated(self.read, failure::chain(&error.without_url())))?;
        let Some(chunk) = chunk else {
            return Ok(None);
        };
        self.read += chunk.len();
        if self.read > LONGEST {
            return Err(Failure::malformed(format!(
                "it is longer than {LONGEST} bytes"
            )));
        }
        Ok(Some(chunk.to_vec()))
    }
}

/// All of a response.
pub(super) async fn whole(mut body: Body) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
