//! A key that never shows.

use std::{fmt, sync::Arc};

use reqwest::header::HeaderValue;

use crate::model::ModelError;

/// A key. It shows in no `Debug` output, and cannot be serialised.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Arc<str>);

impl Secret {
    /// Space around it is taken off: keys are pasted.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// A variable of the environment. Empty counts as unset.
    pub(crate) fn from_env(variable: &str) -> Option<Self> {
        let secret = Self::new(&std::env::var(variable).ok()?);
        (!secret.0.is_empty()).then_some(secret)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a header, marked so that it is not logged.
    pub(crate) fn header(&self, prefix: &str) -> Result<HeaderValue, ModelError> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0)).map_err(|_| {
            ModelError::Settings("a key or header has characters that no header may have".into())
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Takes it out of a text. Servers repeat keys in their errors. Words too short to be a key,
    /// such as those that local servers ask for as a formality, stay.
    pub(crate) fn remove_from(&self, text: &mut String) {
        const SHORTEST: usize = 8;
        if self.0.len() >= SHORTEST && text.contains(&*self.0) {
            *text = text.replace(&*self.0, "[key]");
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn it_never_shows() {
        let secret = Secret::new(" sk-very-secret\n");
        assert_eq!(format!("{secret:?}"), "Secret");
        let header = secret.header("Bearer ").expect("a plain key");
        assert_eq!(header, "Bearer sk-very-secret");
        assert_eq!(format!("{header:?}"), "Sensitive");
        let mut text = "bad key sk-very-secret!".to_owned();
        secret.remove_from(&mut text);
        assert_eq!(text, "bad key [key]!");
    }

    #[test]
    fn short_words_are_no_keys() {
        let mut text = "ollama is not running".to_owned();
        Secret::new("ollama").remove_from(&mut text);
        assert_eq!(text, "ollama is not running");
    }

    #[test]
    fn a_key_with_a_line_end_is_an_error() {
        assert!(Secret::new("one\ntwo").header("").is_err());
    }
}
