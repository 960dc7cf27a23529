//! What is known of the servers behind the interface, by their address.

use super::address::Address;
use crate::model::{Capabilities, SchemaDialect};

/// OpenAI's own server.
pub(super) const OPENAI: &str = "https://api.openai.com/v1";

/// What is known of a server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// Its name in OpenTelemetry's conventions, where they have one.
    pub(super) provider: String,
    pub(super) capabilities: Capabilities,
    /// How it calls the most tokens it may write: OpenAI has given up the older word, others do not
    /// know the newer one.
    pub(super) max_tokens: &'static str,
    /// It thinks before it answers, and its thoughts, encrypted, are to come back to it.
    pub(super) thinks: bool,
}

/// A server that is not known: what most can do.
const UNKNOWN: Capabilities = Capabilities {
    strict_schema: false,
    json_object: true,
    tools: true,
    tools_with_schema: false,
    images: true,
    audio: false,
    video: false,
    files: false,
    dialect: SchemaDialect::OpenAi,
};

/// One that decodes by the schema.
const STRICT: Capabilities = Capabilities {
    strict_schema: true,
    ..UNKNOWN
};

/// OpenAI's own models.
const OWN: Capabilities = Capabilities {
    strict_schema: true,
    tools_with_schema: true,
    files: true,
    ..UNKNOWN
};

impl Server {
    /// By its address.
    pub(super) fn of(address: &Address, model: &str) -> Self {
        let at = |domain: &str| {
            address
                .host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let local = matches!(&*address.host, "localhost" | "127.0.0.1" | "[::1]");
        let (provider, capabilities) = if at("openai.com") {
            return Self::own("openai", model);
        } else if at("openai.azure.com") || at("cognitiveservices.azure.com") {
            return Self::azure(model);
        } else if at("generativelanguage.googleapis.com") {
            let audio = true;
            ("gcp.gemini", Capabilities { audio, ..STRICT })
        } else if at("anthropic.com") {
            // Its compatible interface keeps to no form.
            let json_object = false;
            (
                "anthropic",
                Capabilities {
                    json_object,
                    ..UNKNOWN
                },
            )
        } else if at("deepseek.com") {
            let images = false;
            ("deepseek", Capabilities { images, ..UNKNOWN })
        } else if at("groq.com") {
            ("groq", UNKNOWN)
        } else if at("mistral.ai") {
            ("mistral_ai", STRICT)
        } else if at("x.ai") {
            ("x_ai", STRICT)
        } else if at("perplexity.ai") {
            ("perplexity", UNKNOWN)
        } else if at("openrouter.ai") {
            ("openrouter", UNKNOWN)
        } else if at("ollama.com") || (local && address.port == Some(11434)) {
            ("ollama", STRICT)
        } else {
            ("openai_compatible", UNKNOWN)
        };
        Self {
            provider: provider.to_owned(),
            capabilities,
            max_tokens: "max_tokens",
            thinks: false,
        }
    }

    /// OpenAI's models on Azure, whatever the address.
    pub(super) fn azure(model: &str) -> Self {
        Self::own("azure.ai.openai", model)
    }

    fn own(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            capabilities: Capabilities {
                // The models for sound have it in their names.
                audio: model.contains("audio"),
                ..OWN
            },
            max_tokens: "max_completion_tokens",
            thinks: ["gpt-5", "o1", "o3", "o4"]
                .iter()
                .any(|family| model.starts_with(family)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OPENAI, Server};
    use crate::model::openai::address::Address;

    fn server(base: &str, model: &str) -> Server {
        Server::of(&Address::read(base).expect("an address"), model)
    }

    #[test]
    fn servers_are_known_by_their_domain() {
        for (base, provider) in [
            (OPENAI, "openai"),
            ("https://eu.api.openai.com/v1", "openai"),
            ("https://x.openai.azure.com", "azure.ai.openai"),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai/",
                "gcp.gemini",
            ),
            ("http://localhost:11434/v1", "ollama"),
            ("http://localhost:8000/v1", "openai_compatible"),
            ("https://notopenai.com/v1", "openai_compatible"),
            ("https://openai.com.example.org/v1", "openai_compatible"),
        ] {
            assert_eq!(server(base, "m").provider, provider, "{base}");
        }
    }

    #[test]
    fn a_limit_is_called_as_the_server_calls_it() {
        assert_eq!(server(OPENAI, "gpt-5").max_tokens, "max_completion_tokens");
        assert_eq!(
            server("http://localhost:1/v1", "m").max_tokens,
            "max_tokens"
        );
    }

    #[test]
    fn some_is_known_by_the_name_of_the_model() {
        assert!(!server(OPENAI, "gpt-5-mini").capabilities.audio);
        assert!(server(OPENAI, "gpt-audio").capabilities.audio);
        assert!(server(OPENAI, "gpt-5-mini").thinks);
        assert!(!server(OPENAI, "gpt-4.1").thinks);
        assert!(!server("http://localhost:1/v1", "gpt-5-mini").thinks);
    }
}
