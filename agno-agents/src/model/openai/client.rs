//! The way to a server through `async-openai`. Nothing of that library leaves this module.
//!
//! It makes the request: address, path, body. Its middleware is where the request is sent and the
//! response taken over, whole or in pieces, before the library reads it. For what it does with a
//! response costs too much: a stream runs over an unbounded channel and ends in silence when it is
//! cut off; a body is read without limits of time and size; one that it cannot read is logged word
//! for word; and the status of an error is lost. Its own repetition is replaced with it, so that
//! there is one owner of that.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_openai::{
    config::{Config, OpenAIConfig},
    error::OpenAIError,
    middleware::HttpRequestFactory,
};
use reqwest::{
    Response,
    header::{AUTHORIZATION, HeaderMap},
};
use serde_json::Value;

use super::Interface;
use crate::model::{
    ModelError,
    http::{Failure, Patience, Transport},
};

/// A server, and how one gets in.
#[derive(Clone)]
pub(super) struct Client {
    inner: async_openai::Client<Arc<dyn Config>>,
    interface: Interface,
    post: Post,
}

impl Client {
    /// `headers` hold the key; `api_version` is Azure's.
    pub(super) fn new(
        transport: Transport,
        base: &str,
        interface: Interface,
        headers: HeaderMap,
        api_version: Option<String>,
    ) -> Self {
        // Nothing secret goes into its configuration, and nothing of the environment stays in it.
        let config = OpenAIConfig::new()
            .with_api_base(base)
            .with_api_key("")
            .with_org_id("")
            .with_project_id("");
        let config: Arc<dyn Config> = Arc::new(config);
        Self {
            inner: async_openai::Client::build(transport.client().clone(), config),
            interface,
            post: Post {
                transport,
                headers: Arc::new(headers),
                api_version,
                patience: Patience::Whole,
            },
        }
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.post.transport
    }

    /// Sends a request. The body itself says whether the answer is to come in pieces.
    pub(super) async fn post(&self, body: &Value, patience: Patience) -> Result<Response, Failure> {
        let client = self.inner.clone().with_http_service(Post {
            patience,
            ..self.post.clone()
        });
        let outcome: Result<Value, OpenAIError> = match self.interface {
            Interface::Chat => client.chat().create_byot(body).await,
            Interface::Responses => client.responses().create_byot(body).await,
        };
        match outcome {
            Err(OpenAIError::Boxed(error)) => match error.downcast::<Taken>() {
                Ok(taken) => taken.0,
                Err(error) => Err(Failure::malformed(error.to_string())),
            },
            Err(error) => Err(unsendable(&error)),
            Ok(_) => Err(Failure::malformed("the response passed the middleware by")),
        }
    }
}

fn unsendable(error: &OpenAIError) -> Failure {
    let what = match error {
        OpenAIError::InvalidArgument(what) => what.clone(),
        OpenAIError::Reqwest(_) => "the address cannot be used".to_owned(),
        _ => "the library for it failed".to_owned(),
    };
    Failure::Final(ModelError::Settings(format!(
        "no request can be made: {what}"
    )))
}

/// The middleware: sends once, and takes the response over.
#[derive(Clone)]
struct Post {
    transport: Transport,
    headers: Arc<HeaderMap>,
    api_version: Option<String>,
    patience: Patience,
}

/// What became of a request. It leaves the library as an error, which it hands through untouched.
struct Taken(Result<Response, Failure>);

impl tower::Service<HttpRequestFactory> for Post {
    type Response = Response;
    type Error = Taken;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Taken>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Taken>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let post = self.clone();
        Box::pin(async move {
            let response = match factory.build().await {
                Ok(request) => post.send(request).await,
                Err(error) => Err(unsendable(&error)),
            };
            Err(Taken(response))
        })
    }
}

impl Post {
    async fn send(&self, mut request: reqwest::Request) -> Result<Response, Failure> {
        // The library's is an empty key, at which some servers take offence.
        request.headers_mut().remove(AUTHORIZATION);
        for (name, value) in self.headers.iter() {
            request.headers_mut().insert(name, value.clone());
        }
        if let Some(version) = &self.api_version {
            request
                .url_mut()
                .query_pairs_mut()
                .append_pair("api-version", version);
        }
        self.transport.send(request, self.patience).await
    }
}

impl From<Taken> for OpenAIError {
    fn from(taken: Taken) -> Self {
        Self::Boxed(Box::new(taken))
    }
}

impl std::error::Error for Taken {}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response was taken over")
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken")
    }
}
