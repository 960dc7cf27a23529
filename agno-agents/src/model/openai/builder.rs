//! How a model behind the OpenAI interface is set up.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName};

use super::{
    Inner, Interface, OpenAi,
    address::Address,
    client::Client,
    server::{OPENAI, Server},
};
use crate::model::{
    Capabilities, ModelError,
    http::{HttpSettings, Secret, Transport},
};

/// Sets up an [`OpenAi`]. Key and address, where they are not set here, come from the environment
/// when it is built; an empty variable counts as unset.
#[must_use]
pub struct OpenAiBuilder {
    name: String,
    key: Key,
    at: At,
    organization: Option<String>,
    project: Option<String>,
    headers: Vec<(String, Secret)>,
    provider: Option<String>,
    capabilities: Option<Capabilities>,
    interface: Interface,
    parallel_tool_calls: Option<bool>,
    http: HttpSettings,
}

enum Key {
    Unset,
    Given(Secret),
    Variable(&'static str),
}

enum At {
    /// `OPENAI_BASE_URL`, else OpenAI.
    Environment,
    Base(String),
    Azure {
        endpoint: String,
        deployment: String,
        api_version: String,
    },
}

/// Where requests go, and with what.
struct Entrance {
    base: String,
    address: Address,
    key: Option<Secret>,
    /// The variable that a missing key belongs in.
    missing: Option<&'static str>,
    azure: Option<String>,
}

impl OpenAiBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            key: Key::Unset,
            at: At::Environment,
            organization: None,
            project: None,
            headers: Vec::new(),
            provider: None,
            capabilities: None,
            interface: Interface::Chat,
            parallel_tool_calls: None,
            http: HttpSettings::default(),
        }
    }

    /// The key. Default: `OPENAI_API_KEY`, for OpenAI's own server and for the one in
    /// `OPENAI_BASE_URL`; it is sent to no address that the program gives. For Azure it is
    /// `AZURE_OPENAI_API_KEY`. It shows in no output, error or record.
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.key = Key::Given(Secret::new(key.as_ref()));
        self
    }

    /// The variable of the environment that holds the key: `OPENROUTER_API_KEY`. It must be set.
    pub fn key_from(mut self, variable: &'static str) -> Self {
        self.key = Key::Variable(variable);
        self
    }

    /// The address of a server, up to and with `/v1`. Default: `OPENAI_BASE_URL`, else OpenAI's.
    /// A user and password in it are used, and shown nowhere. A server there may do without a key.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.at = At::Base(url.into());
        self
    }

    /// A deployment on Azure: `https://NAME.openai.azure.com`, the deployment's name, and the
    /// version of the interface, such as `2024-10-21`.
    pub fn azure(
        mut self,
        endpoint: impl Into<String>,
        deployment: impl Into<String>,
        api_version: impl Into<String>,
    ) -> Self {
        self.at = At::Azure {
            endpoint: endpoint.into(),
            deployment: deployment.into(),
            api_version: api_version.into(),
        };
        self
    }

    /// The organization that pays: the header `OpenAI-Organization`.
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The project that pays: the header `OpenAI-Project`.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// One more header of every request. Its value is treated as a key is. One of the same name
    /// replaces an earlier one, and the adapter's own.
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.headers
            .push((name.into(), Secret::new(value.as_ref())));
        self
    }

    /// What the model can do, where the adapter is mistaken about it. Default: by the address and
    /// the model's name; of a server that is not known, little is expected.
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Who offers the model, as OpenTelemetry's `gen_ai.provider.name` spells it. Default: by the
    /// address; `openai_compatible` for a server that is not known.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Asks through OpenAI's newer Responses interface in place of chat completions. Nothing is
    /// left on the server: the conversation is sent whole each time.
    pub fn responses(mut self) -> Self {
        self.interface = Interface::Responses;
        self
    }

    /// Whether the model may wish for several tools in one answer. Default: the server's.
    pub fn parallel_tool_calls(mut self, parallel: bool) -> Self {
        self.parallel_tool_calls = Some(parallel);
        self
    }

    /// The longest time to connect. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit;
        self
    }

    /// The longest silence between two pieces of an answer. Default: 2 minutes, for models that
    /// think in silence. An answer that comes at one go may take until the deadline.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.http.idle_timeout = limit;
        self
    }

    /// The longest time for an answer, with all attempts and pauses. Waiting for a place among the
    /// requests at once does not count. Default: 10 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.http.deadline = limit;
        self
    }

    /// The most requests for one answer, the first included. Default: 4.
    ///
    /// Repeated are statuses 408, 409, 429 and from 500 on, failed connections, and answers that
    /// are cut off or cannot be read; after a pause as long as the server asks for, else of a
    /// random part of 0.5, 1, 2, 4, .. up to 30 seconds.
    pub fn max_attempts(mut self, most: u32) -> Self {
        self.http.max_attempts = most;
        self
    }

    /// The longest pause that a server may ask for. A longer one is an error at once. Default: 60
    /// seconds.
    pub fn longest_retry_after(mut self, limit: Duration) -> Self {
        self.http.longest_retry_after = limit;
        self
    }

    /// The most requests at once, of this model and its clones. Others wait in line. Default: 8.
    pub fn in_flight(mut self, most: usize) -> Self {
        self.http.in_flight = most;
        self
    }

    /// Builds the model. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoKey`] without a key for OpenAI's own server, for Azure, or in the variable
    /// that was named; [`ModelError::Settings`] for an address, header or limit that is none.
    pub fn build(self) -> Result<OpenAi, ModelError> {
        if self.name.trim().is_empty() {
            return Err(ModelError::Settings("the model has no name".to_owned()));
        }
        let entrance = self.entrance()?;
        let mut server = match &entrance.azure {
            Some(_) => Server::azure(&self.name),
            None => Server::of(&entrance.address, &self.name),
        };
        if let Some(provider) = self.provider.clone() {
            server.provider = provider;
        }
        if let Some(capabilities) = self.capabilities {
            server.capabilities = capabilities;
        }
        let headers = self.all_headers(&entrance, &server)?;
        let secrets = entrance
            .key
            .iter()
            .chain(&entrance.address.basic)
            .chain(self.headers.iter().map(|(_, value)| value))
            .cloned()
            .collect();
        let transport = Transport::new(self.http, secrets)?;
        let client = Client::new(
            transport.clone(),
            &entrance.base,
            self.interface,
            headers,
            entrance.azure,
        );
        Ok(OpenAi(Arc::new(Inner {
            name: self.name,
            address: entrance.base,
            server,
            interface: self.interface,
            parallel_tool_calls: self.parallel_tool_calls,
            transport,
            client,
        })))
    }

    fn entrance(&self) -> Result<Entrance, ModelError> {
        let key = match &self.key {
            Key::Unset => None,
            Key::Given(key) => Some(key.clone()),
            Key::Variable(variable) => Some(Secret::from_env(variable).ok_or_else(|| {
                ModelError::NoKey {
                    provider: self
                        .provider
                        .clone()
                        .unwrap_or_else(|| "the model's server".to_owned()),
                    variable,
                }
            })?),
        }
        .filter(|key| !key.is_empty());
        match &self.at {
            At::Base(base) => {
                let address = Address::read(base)?;
                Ok(Entrance {
                    base: address.base.clone(),
                    missing: (address.base == OPENAI).then_some("OPENAI_API_KEY"),
                    address,
                    key,
                    azure: None,
                })
            }
            At::Environment => {
                let given = variable("OPENAI_BASE_URL");
                let address = Address::read(given.as_deref().unwrap_or(OPENAI))?;
                Ok(Entrance {
                    base: address.base.clone(),
                    missing: (address.base == OPENAI).then_some("OPENAI_API_KEY"),
                    address,
                    key: key.or_else(|| Secret::from_env("OPENAI_API_KEY")),
                    azure: None,
                })
            }
            At::Azure {
                endpoint,
                deployment,
                api_version,
            } => {
                let address = Address::read(endpoint)?;
                let plain = |text: &str| {
                    !text.is_empty()
                        && text
                            .chars()
                            .all(|c| c.is_alphanumeric() || "-_.".contains(c))
                };
                if !plain(deployment) || !plain(api_version) {
                    return Err(ModelError::Settings(
                        "Azure's deployment and version are words of letters, digits, `-`, `_` \
                         and `.`"
                            .to_owned(),
                    ));
                }
                let base = match self.interface {
                    Interface::Chat => format!("{}/openai/deployments/{deployment}", address.base),
                    Interface::Responses => format!("{}/openai", address.base),
                };
                Ok(Entrance {
                    base,
                    missing: Some("AZURE_OPENAI_API_KEY"),
                    address,
                    key: key.or_else(|| Secret::from_env("AZURE_OPENAI_API_KEY")),
                    azure: Some(api_version.clone()),
                })
            }
        }
    }

    fn all_headers(&self, entrance: &Entrance, server: &Server) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        match (&entrance.key, &entrance.address.basic) {
            (Some(key), _) if entrance.azure.is_some() => {
                headers.insert(HeaderName::from_static("api-key"), key.header("")?);
            }
            (Some(key), _) => {
                headers.insert(AUTHORIZATION, key.header("Bearer ")?);
            }
            (None, Some(basic)) => {
                headers.insert(AUTHORIZATION, basic.header("Basic ")?);
            }
            (None, None) => {}
        }
        for (name, value) in [
            ("openai-organization", &self.organization),
            ("openai-project", &self.project),
        ] {
            if let Some(value) = value {
                headers.insert(
                    HeaderName::from_static(name),
                    Secret::new(value).header("")?,
                );
            }
        }
        for (name, value) in &self.headers {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                ModelError::Settings(format!("`{}` is no name of a header", name.escape_debug()))
            })?;
            headers.insert(parsed, value.header("")?);
        }
        let entered = headers.contains_key(AUTHORIZATION) || headers.contains_key("api-key");
        match entrance.missing {
            Some(variable) if !entered => Err(ModelError::NoKey {
                provider: server.provider.clone(),
                variable,
            }),
            _ => Ok(headers),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
}

impl fmt::Debug for OpenAiBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiBuilder")
            .field("name", &self.name)
            .field("interface", &self.interface)
            .finish_non_exhaustive()
    }
}
