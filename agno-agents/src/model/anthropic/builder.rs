//! Settings of a model, and their checks.

use std::{env, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::{Anthropic, Thinking, models, request::Settings};
use crate::model::{
    Capabilities, ModelError,
    http::{HttpSettings, Secret, Transport},
};

/// The variable that holds the key.
const KEY: &str = "ANTHROPIC_API_KEY";
/// The variable that holds the address.
const BASE_URL: &str = "ANTHROPIC_BASE_URL";
/// Anthropic's own server.
const OWN: &str = "api.anthropic.com";
/// The version of the interface this adapter is written for.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Sets up an [`Anthropic`]. What is not set here comes from the environment when it is built; an
/// empty variable counts as unset.
#[derive(Clone, Debug)]
#[must_use]
pub struct AnthropicBuilder {
    settings: Settings,
    key: Option<Secret>,
    base_url: Option<String>,
    betas: Vec<String>,
    headers: Vec<(String, Secret)>,
    http: HttpSettings,
}

impl AnthropicBuilder {
    pub(super) fn new(model: String) -> Self {
        Self {
            settings: Settings {
                capabilities: models::capabilities(&model),
                model,
                max_tokens: 4096,
                cache_prompt: false,
                thinking: None,
                effort: None,
                parallel_tools: true,
            },
            key: None,
            base_url: None,
            betas: Vec::new(),
            headers: Vec::new(),
            http: HttpSettings::default(),
        }
    }

    /// The key. Default: `ANTHROPIC_API_KEY`, for Anthropic's own server and for the one in
    /// `ANTHROPIC_BASE_URL`; it is sent to no address that the program gives. It shows in no
    /// output, error or record.
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.key = Some(Secret::new(key.as_ref()));
        self
    }

    /// Where the interface is, without `/v1/messages`. Default: `ANTHROPIC_BASE_URL`, else
    /// `https://api.anthropic.com`. A server elsewhere may do without a key.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// One more header of every request, such as `authorization`. Its value is treated as a key
    /// is. One of the same name replaces an earlier one, and the adapter's own.
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<str>) -> Self {
        self.headers
            .push((name.into(), Secret::new(value.as_ref())));
        self
    }

    /// Switches something on that is not for everybody yet, by its name in `anthropic-beta`. May
    /// be called more than once.
    pub fn beta(mut self, name: impl Into<String>) -> Self {
        self.betas.push(name.into());
        self
    }

    /// Most tokens it may write in an answer, where the request does not say: the interface wants
    /// to be told. What it thinks counts too, save for a [`Thinking::Budget`]. Default: 4096.
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.settings.max_tokens = tokens;
        self
    }

    /// Has the provider keep what it read: tools, system text, and the conversation up to the last
    /// turn of the user. Reading that again costs a tenth or less; keeping it costs a quarter more. Worth
    /// it where a long beginning is sent again within five minutes, as an agent with tools does.
    /// Default: no.
    pub fn cache_prompt(mut self, yes: bool) -> Self {
        self.settings.cache_prompt = yes;
        self
    }

    /// Has it think before it answers. Default: what the model does without being told.
    pub fn thinking(mut self, thinking: Thinking) -> Self {
        self.settings.thinking = Some(thinking);
        self
    }

    /// How much care it takes, in the provider's word: `low`, `medium`, `high`. Not every model
    /// knows it. Default: the provider's.
    pub fn effort(mut self, effort: impl Into<String>) -> Self {
        self.settings.effort = Some(effort.into());
        self
    }

    /// Whether it may ask for several tools at once. Default: yes.
    pub fn parallel_tool_calls(mut self, yes: bool) -> Self {
        self.settings.parallel_tools = yes;
        self
    }

    /// Corrects what the model is taken to be able to do. Default: known by its name.
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.settings.capabilities = capabilities;
        self
    }

    /// Most time to connect. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit;
        self
    }

    /// Most time between two pieces of an answer. Default: 120 seconds.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.http.idle_timeout = limit;
        self
    }

    /// Most time for an answer, with all its attempts and the pauses between them. Waiting for a
    /// place among the requests at once does not count. Default: 10 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.http.deadline = limit;
        self
    }

    /// Most requests for one answer, the first included. Default: 4.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.http.max_attempts = attempts;
        self
    }

    /// The longest wait a provider may ask for; asked for more, it fails at once with
    /// [`ModelError::RateLimited`] or [`ModelError::Server`]. Default: 60 seconds.
    pub fn longest_retry_after(mut self, limit: Duration) -> Self {
        self.http.longest_retry_after = limit;
        self
    }

    /// Most requests at once, of the model and its clones. Others wait. Default: 8.
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.http.in_flight = requests;
        self
    }

    /// Builds the model. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoKey`] without a key for Anthropic's own server; [`ModelError::Settings`]
    /// for an address, a header or a limit that is none.
    pub fn build(self) -> Result<Anthropic, ModelError> {
        let wrong = |what: &str| Err(ModelError::Settings(what.into()));
        if self.settings.model.trim().is_empty() {
            return wrong("the model has no name");
        }
        if self.settings.max_tokens == 0 {
            return wrong("max_tokens must not be 0");
        }
        if matches!(self.settings.thinking, Some(Thinking::Budget(0..1024))) {
            return wrong("a thinking budget is at least 1024 tokens");
        }
        let from_env = || env::var(BASE_URL).ok().filter(|url| !url.trim().is_empty());
        let url = match self.base_url.clone().or_else(from_env) {
            Some(base) => messages_url(&base)?,
            None => messages_url(&format!("https://{OWN}"))?,
        };
        let key = match &self.key {
            Some(key) => Some(key.clone()).filter(|key| !key.is_empty()),
            None if self.base_url.is_none() => Secret::from_env(KEY),
            None => None,
        };
        let headers = self.all_headers(key.as_ref())?;
        let entered = headers.contains_key(API_KEY) || headers.contains_key(AUTHORIZATION);
        if url.host_str() == Some(OWN) && !entered {
            return Err(ModelError::NoKey {
                provider: "anthropic".into(),
                variable: KEY,
            });
        }
        let secrets = key.into_iter();
        let secrets = secrets.chain(self.headers.into_iter().map(|(_, value)| value));
        Ok(Anthropic {
            transport: Transport::new(self.http, secrets.collect())?,
            settings: self.settings,
            url,
            headers,
            betas: self.betas,
        })
    }

    /// What goes with every request. A key that no header can hold is found here.
    fn all_headers(&self, key: Option<&Secret>) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", VERSION);
        if !self.betas.is_empty() {
            let names = Secret::new(&self.betas.join(","));
            headers.insert("anthropic-beta", names.header("")?);
        }
        if let Some(key) = key {
            headers.insert(API_KEY, key.header("")?);
        }
        for (name, value) in &self.headers {
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
                ModelError::Settings(format!("`{}` is no name of a header", name.escape_debug()))
            })?;
            headers.insert(parsed, value.header("")?);
        }
        Ok(headers)
    }
}

/// The address of the one call there is. A base that has the `/v1` already keeps one.
fn messages_url(base: &str) -> Result<reqwest::Url, ModelError> {
    // The text is not repeated: it may hold a password.
    let wrong = |what: &str| ModelError::Settings(format!("the base URL {what}"));
    let base = base.trim().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    let url = reqwest::Url::parse(&format!("{base}/v1/messages"))
        .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("must begin with http:// or https://"));
    }
    // The address is shown, and goes into cache keys.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "must hold no name and password: give them as a header",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must have neither a query nor a fragment"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    fn built(builder: AnthropicBuilder) -> Result<Anthropic, ModelError> {
        builder.key("sk-ant-very-secret").build()
    }

    #[test]
    fn addresses() {
        for (base, expected) in [
            ("http://127.0.0.1:4010", "http://127.0.0.1:4010/v1/messages"),
            (
                "https://gate.example/claude/",
                "https://gate.example/claude/v1/messages",
            ),
            (
                "https://gate.example/v1",
                "https://gate.example/v1/messages",
            ),
        ] {
            let url = messages_url(base).expect("an address");
            assert_eq!(url.as_str(), expected);
        }
        for base in [
            "gate.example",
            "file:///etc",
            "https://me:secret@gate.example",
            "https://gate.example/?secret=1",
        ] {
            let error = messages_url(base).expect_err("no address");
            assert_eq!(error.code(), "model_settings");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        let builder = || Anthropic::builder("claude-sonnet-5-5");
        for wrong in [
            builder().max_tokens(0),
            builder().thinking(Thinking::Budget(1023)),
            builder().in_flight(0),
            builder().max_attempts(0),
            builder().deadline(Duration::ZERO),
            Anthropic::builder(" "),
        ] {
            let error = built(wrong).expect_err("settings");
            assert_eq!(error.code(), "model_settings");
        }
        assert!(built(builder().thinking(Thinking::Budget(1024))).is_ok());
    }

    #[test]
    fn keys_go_where_they_belong() {
        let builder = || Anthropic::builder("claude-sonnet-5-5");
        let own = || builder().base_url("https://api.anthropic.com");
        let error = own().build().expect_err("no key for this address");
        assert!(matches!(
            error,
            ModelError::NoKey {
                variable: "ANTHROPIC_API_KEY",
                ..
            }
        ));
        assert!(own().key(" ").build().is_err());
        assert!(own().key("sk-ant-very-secret").build().is_ok());
        assert!(own().header("Authorization", "Bearer x").build().is_ok());
        assert!(builder().base_url("http://127.0.0.1:1").build().is_ok());

        let error = own().key("sk-ant\nsecret").build().expect_err("a bad key");
        assert!(!error.to_string().contains("secret"));
        let error = own()
            .header("a b", "secret")
            .build()
            .expect_err("a bad name");
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn no_key_shows() {
        let builder = Anthropic::builder("claude-sonnet-5-5").key("sk-ant-very-secret");
        assert!(!format!("{builder:?}").contains("very-secret"));
        let builder = builder.header("x-gate", "also-very-secret");
        assert!(!format!("{builder:?}").contains("very-secret"));
        let model = builder.build().expect("a model");
        assert!(!format!("{model:?}").contains("very-secret"));
        assert!(!model.settings().to_string().contains("very-secret"));
    }

    #[test]
    fn what_changes_answers_is_in_the_settings() {
        let plain = built(Anthropic::builder("claude-sonnet-5-5")).expect("a model");
        let low = built(Anthropic::builder("claude-sonnet-5-5").effort("low")).expect("a model");
        assert_ne!(plain.settings(), low.settings());
    }
}
