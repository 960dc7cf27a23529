//! The connection to a provider.

use std::{sync::Arc, time::Duration};

use reqwest::{Request, Response, redirect};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::{
    Events, Failure, HttpSettings, ProviderError, Secret,
    body::{Body, whole},
    failure,
};
use crate::model::{ModelError, TimeoutKind};

/// The connection to a provider, with its limits. Clones share the connections and the number of
/// requests at once.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    pub(super) client: reqwest::Client,
    pub(super) settings: HttpSettings,
    pub(super) in_flight: Arc<Semaphore>,
    pub(super) secrets: Arc<[Secret]>,
}

/// How long the head of an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// The answer comes at one go: its head comes when the model is done, within the deadline.
    Whole,
    /// The answer comes in pieces: its head is the first of them.
    Pieces,
}

impl Transport {
    /// A connection. `secrets` are taken out of every error.
    pub(crate) fn new(settings: HttpSettings, secrets: Vec<Secret>) -> Result<Self, ModelError> {
        settings.check()?;
        let client = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .redirect(redirect::Policy::custom(within_origin))
            .retry(reqwest::retry::never())
            .user_agent(concat!("agno-rust/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                ModelError::Settings(format!("no HTTP client: {}", failure::chain(&error)))
            })?;
        Ok(Self {
            client,
            in_flight: Arc::new(Semaphore::new(
                settings.in_flight.min(Semaphore::MAX_PERMITS),
            )),
            settings,
            secrets: secrets.into(),
        })
    }

    /// The client, to build requests with.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request. The response has a status of 200 to 299.
    pub(crate) async fn send(
        &self,
        request: Request,
        patience: Patience,
    ) -> Result<Response, Failure> {
        let HttpSettings {
            connect_timeout,
            idle_timeout,
            ..
        } = self.settings;
        let answer = self.client.execute(request);
        let answer = match patience {
            Patience::Whole => answer.await,
            Patience::Pieces => {
                // Connecting has a limit of its own, which is not to be cut short by this one.
                let limit = idle_timeout.max(connect_timeout);
                tokio::time::timeout(limit, answer)
                    .await
                    .map_err(|_| Failure::Timeout(TimeoutKind::Idle, limit))?
            }
        };
        let response = answer.map_err(|error| failure::of_request(error, connect_timeout))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = self.start_of_error(response).await;
        Err(ProviderError::of_response(status.as_u16(), &headers, &body).into())
    }

    /// Reads an answer that comes at one go.
    pub(crate) async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        let body = whole(Body::new(response, self.settings.idle_timeout)).await?;
        serde_json::from_slice(&body).map_err(|error| {
            if error.is_eof() {
                Failure::truncated(body.len(), "the JSON ends before its end")
            } else {
                Failure::malformed(format!("it is not the JSON that was expected: {error}"))
            }
        })
    }

    /// Reads an answer that comes in pieces.
    pub(crate) fn events(&self, response: Response) -> Events {
        Events::new(Body::new(response, self.settings.idle_timeout))
    }

    /// The beginning of an error's body. An error in reading it is no matter: the status is known.
    async fn start_of_error(&self, response: Response) -> Vec<u8> {
        const LONGEST_BODY: usize = 64 * 1024;
        const LONGEST_WAIT: Duration = Duration::from_secs(10);
        let mut start = Vec::new();
        let idle = self.settings.idle_timeout.min(LONGEST_WAIT);
        let mut body = Body::new(response, idle);
        let read = async {
            while let Ok(Some(chunk)) = body.chunk().await {
                start.extend_from_slice(&chunk);
                if start.len() >= LONGEST_BODY {
                    break;
                }
            }
        };
        // The status is known: a slow body is not waited for.
        let _late = tokio::time::timeout(LONGEST_WAIT, read).await;
        start.truncate(LONGEST_BODY);
        start
    }
}

/// Follows a redirect only within an origin: the HTTP client strips `Authorization` on the way to
/// another host, but not `api-key`, `x-api-key` and a program's own headers.
fn within_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    const MOST: usize = 3;
    let same = attempt
        .previous()
        .last()
        .is_some_and(|from| from.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= MOST {
        attempt.follow()
    } else {
        attempt.stop()
    }
}
