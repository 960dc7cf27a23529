//! The model that the environment names.

use std::sync::Arc;

use super::{Model, ModelError};

/// The model that the environment names:
///
/// 1. `AGNO_MODEL`, as `openai:gpt-5-mini`, `anthropic:MODEL` or `offline`;
/// 2. else, with `OPENAI_API_KEY` or `OPENAI_BASE_URL`, the model `OPENAI_MODEL` behind the OpenAI
///    interface, or `gpt-5-mini`;
/// 3. else, with `ANTHROPIC_API_KEY`, the model `ANTHROPIC_MODEL`, or the adapter's proposal;
/// 4. else the offline model, which says what it is.
///
/// An empty variable counts as unset.
///
/// # Errors
///
/// [`ModelError::Settings`] where a variable names a provider that this build has no feature for,
/// or none that is known: it never falls back to the offline model in silence.
/// [`ModelError::NoKey`] where the provider has no key.
pub fn from_env() -> Result<Arc<dyn Model>, ModelError> {
    build(choose(variable)?)
}

/// A model by name, as `AGNO_MODEL` gives it: `openai:gpt-5-mini`, `anthropic:MODEL`, `offline`. A
/// provider alone stands for the model that [`from_env`] takes of it.
///
/// # Errors
///
/// As [`from_env`].
pub fn by_name(name: &str) -> Result<Arc<dyn Model>, ModelError> {
    build(named(name, variable)?)
}

/// A variable of the environment, unless it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name)
        .ok()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// What is asked for. A model without a name is the adapter's own proposal.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    OpenAi(String),
    Anthropic(Option<String>),
    Offline,
}

fn choose(variable: impl Fn(&str) -> Option<String>) -> Result<Choice, ModelError> {
    if let Some(name) = variable("AGNO_MODEL") {
        return named(&name, variable);
    }
    let provider = if variable("OPENAI_API_KEY").is_some() || variable("OPENAI_BASE_URL").is_some()
    {
        "openai"
    } else if variable("ANTHROPIC_API_KEY").is_some() {
        "anthropic"
    } else {
        "offline"
    };
    named(provider, variable)
}

fn named(name: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Choice, ModelError> {
    let (provider, model) = match name.split_once(':') {
        Some((provider, model)) => (provider.trim(), model.trim()),
        None => (name.trim(), ""),
    };
    let model = Some(model.to_owned()).filter(|model| !model.is_empty());
    match provider {
        "openai" => Ok(Choice::OpenAi(
            model
                .or_else(|| variable("OPENAI_MODEL"))
                .unwrap_or_else(|| "gpt-5-mini".to_owned()),
        )),
        "anthropic" => Ok(Choice::Anthropic(
            model.or_else(|| variable("ANTHROPIC_MODEL")),
        )),
        "offline" => Ok(Choice::Offline),
        other => Err(ModelError::Settings(format!(
            "`{}` is no provider that is known; name a model as openai:MODEL, anthropic:MODEL or \
             offline (AGNO_MODEL, or an agent's settings)",
            other.escape_debug()
        ))),
    }
}

fn build(choice: Choice) -> Result<Arc<dyn Model>, ModelError> {
    match choice {
        #[cfg(feature = "openai")]
        Choice::OpenAi(model) => Ok(Arc::new(super::OpenAi::new(model)?)),
        #[cfg(not(feature = "openai"))]
        Choice::OpenAi(model) => Err(lacks("openai", &model)),
        #[cfg(feature = "anthropic")]
        Choice::Anthropic(model) => Ok(Arc::new(super::Anthropic::new(
            model.unwrap_or_else(|| super::Anthropic::DEFAULT_MODEL.to_owned()),
        )?)),
        #[cfg(not(feature = "anthropic"))]
        Choice::Anthropic(model) => Err(lacks("anthropic", model.as_deref().unwrap_or("Claude"))),
        Choice::Offline => Ok(Arc::new(super::Offline::new())),
    }
}

#[cfg(not(all(feature = "openai", feature = "anthropic")))]
fn lacks(feature: &str, model: &str) -> ModelError {
    ModelError::Settings(format!(
        "the model `{}` is asked for, and this build has no {feature}: turn on the Cargo feature \
         `{feature}`, or set AGNO_MODEL=offline",
        model.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::{Choice, choose};

    fn with(variables: &[(&str, &str)]) -> Result<Choice, String> {
        choose(|name| {
            variables
                .iter()
                .find(|(key, value)| *key == name && !value.is_empty())
                .map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_of_variables() {
        let openai = |model: &str| Ok(Choice::OpenAi(model.to_owned()));
        assert_eq!(with(&[]), Ok(Choice::Offline));
        assert_eq!(with(&[("OPENAI_API_KEY", "")]), Ok(Choice::Offline));
        assert_eq!(with(&[("OPENAI_API_KEY", "k")]), openai("gpt-5-mini"));
        assert_eq!(
            with(&[
                ("OPENAI_BASE_URL", "http://x"),
                ("OPENAI_MODEL", "m"),
                ("ANTHROPIC_API_KEY", "k")
            ]),
            openai("m")
        );
        assert_eq!(
            with(&[("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_MODEL", "claude-x")]),
            Ok(Choice::Anthropic(Some("claude-x".to_owned())))
        );
        assert_eq!(
            with(&[("AGNO_MODEL", "offline"), ("OPENAI_API_KEY", "k")]),
            Ok(Choice::Offline)
        );
        assert_eq!(
            with(&[("AGNO_MODEL", "openai:llama3:8b")]),
            openai("llama3:8b")
        );
        assert_eq!(with(&[("AGNO_MODEL", "openai")]), openai("gpt-5-mini"));
    }

    #[test]
    fn a_build_without_the_provider_says_what_to_turn_on() {
        #[cfg(not(all(feature = "openai", feature = "anthropic")))]
        for (feature, there) in [
            ("openai", cfg!(feature = "openai")),
            ("anthropic", cfg!(feature = "anthropic")),
        ] {
            if !there {
                let error = super::by_name(&format!("{feature}:m")).expect_err("no model");
                let hint = format!("Cargo feature `{feature}`");
                assert!(error.to_string().contains(&hint), "{error}");
            }
        }
        let offline = super::by_name("offline").expect("it is always there");
        assert!(offline.settings().is_object());
    }

    #[test]
    fn an_unknown_provider_is_an_error() {
        let error = with(&[("AGNO_MODEL", "gpt-5")]).expect_err("no provider");
        assert!(
            error.contains("`gpt-5`") && error.contains("openai:MODEL"),
            "{error}"
        );
    }
}
