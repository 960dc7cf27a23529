//! An error as a provider words it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::text::{cleaned, without_tags};
use crate::model::ModelError;

/// An error as a provider words it, with a status or inside a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ProviderError {
    /// HTTP status, or the one that the word of an error inside a stream stands for.
    pub(crate) status: Option<u16>,
    /// Its code or type: `insufficient_quota`, `overloaded_error`.
    pub(crate) code: Option<String>,
    /// What it says. Untrusted.
    pub(crate) message: String,
    /// How long it asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl ProviderError {
    /// From a response's status, headers and body.
    pub(super) fn of_response(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut error = serde_json::from_slice(body)
            .ok()
            .and_then(|body| Self::read(&body))
            .unwrap_or_else(|| Self {
                message: plain(body),
                ..Self::default()
            });
        error.status = Some(status);
        error.retry_after = retry_after(headers);
        if error.message.is_empty() {
            error.message = match headers.get("location").and_then(|to| to.to_str().ok()) {
                Some(to) if (300..400).contains(&status) => {
                    format!("it points to {to}, and a key is taken to no other host")
                }
                _ => reqwest::StatusCode::from_u16(status)
                    .ok()
                    .and_then(|status| status.canonical_reason())
                    .unwrap_or("no reason given")
                    .to_owned(),
            };
        }
        error
    }

    /// From an error inside a stream, or inside a reply of status 200. Its code or type says which
    /// status it would have had.
    pub(crate) fn in_band(body: &Value) -> Self {
        Self::read(body).unwrap_or_else(|| Self {
            message: "an error without words".to_owned(),
            ..Self::default()
        })
    }

    /// Reads the shapes that are about: OpenAI, Azure, Anthropic `{"error": {"type", "code",
    /// "message"}}`, Gemini the same with a numeric code and sometimes in an array, Ollama
    /// `{"error": "text"}`, vLLM `{"message", "type", "code"}`, FastAPI `{"detail"}`.
    fn read(body: &Value) -> Option<Self> {
        let body = body.get(0).unwrap_or(body);
        let error = match body.get("error") {
            Some(Value::Null) | None => body,
            Some(error) => error,
        };
        if let Value::String(message) = error {
            return Some(Self {
                message: message.clone(),
                ..Self::default()
            });
        }
        let message = match error.get("message").or_else(|| error.get("detail"))? {
            Value::String(message) => message.clone(),
            other => other.to_string(),
        };
        // A word says more than a number.
        let words: Vec<String> = ["code", "status", "type"]
            .into_iter()
            .filter_map(|name| match error.get(name)? {
                Value::String(word) if !word.is_empty() && word != "error" => Some(word.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
            .collect();
        let code = words
            .iter()
            .find(|word| word.parse::<i64>().is_err())
            .or(words.first())
            .cloned();
        let status = words.iter().find_map(|word| status_of_word(word));
        Some(Self {
            status,
            code,
            message,
            retry_after: None,
        })
    }

    fn says(&self, parts: &[&str]) -> bool {
        let has = |text: &str| {
            let text = text.to_ascii_lowercase();
            parts.iter().any(|part| text.contains(part))
        };
        self.code.as_deref().is_some_and(has) || has(&self.message)
    }

    fn code_is(&self, words: &[&str]) -> bool {
        self.code
            .as_deref()
            .is_some_and(|code| words.iter().any(|word| code.eq_ignore_ascii_case(word)))
    }

    fn is_quota(&self) -> bool {
        self.status == Some(402)
            || self.code_is(&["insufficient_quota", "billing_error", "billing_not_active"])
    }

    fn is_context_length(&self) -> bool {
        // OpenAI, vLLM; llama.cpp; Anthropic; Gemini.
        matches!(self.status, Some(400 | 413 | 422) | None)
            && self.says(&[
                "context_length_exceeded",
                "maximum context length",
                "exceed_context_size",
                "prompt is too long",
                "input token count",
            ])
    }

    /// As the error of a model. Which one decides whether it is repeated.
    pub(super) fn into_error(self, model: String, attempts: u32) -> ModelError {
        if self.is_quota() {
            return ModelError::Quota {
                model,
                message: self.message,
            };
        }
        if self.is_context_length() {
            return ModelError::ContextLength {
                model,
                message: self.message,
            };
        }
        if self.code_is(&["content_filter", "content_policy_violation"]) {
            return ModelError::Filtered {
                model,
                message: self.message,
            };
        }
        match self.status {
            Some(429) => ModelError::RateLimited {
                model,
                retry_after: self.retry_after,
                attempts,
                message: self.message,
            },
            // 408 and 409 say that another time may be better: the provider's failure too.
            Some(status @ (300..=407 | 410..=499)) => ModelError::Rejected {
                model,
                status,
                code: self.code,
                message: self.message,
            },
            status => ModelError::Server {
                model,
                status,
                attempts,
                message: match self.retry_after {
                    Some(wait) => format!("{} (it asks to wait {wait:?})", self.message),
                    None => self.message,
                },
            },
        }
    }
}

/// The status that a code or type of an error stands for: the fixed pairs of Anthropic's and
/// OpenAI's documentation, and of Google's `google.rpc.Code`.
fn status_of_word(word: &str) -> Option<u16> {
    if let Ok(number) = word.parse() {
        return (400..600).contains(&number).then_some(number);
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "invalid_request_error" | "invalid_argument" | "failed_precondition" => 400,
        "authentication_error" | "invalid_api_key" | "unauthenticated" => 401,
        "billing_error" => 402,
        "permission_error" | "permission_denied" => 403,
        "not_found_error" | "model_not_found" | "not_found" => 404,
        "request_too_large" => 413,
        "rate_limit_error"
        | "rate_limit_exceeded"
        | "resource_exhausted"
        | "rate_limit"
        | "too_many_requests"
        | "tokens"
        | "requests" => 429,
        "api_error" | "server_error" | "internal_server_error" | "internal" => 500,
        "unavailable" => 503,
        "overloaded_error" | "overloaded" => 529,
        _ => return None,
    })
}

/// The text of a body that is not JSON: a proxy's page, or a line of text.
fn plain(body: &[u8]) -> String {
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(body);
    if text.trim_start().starts_with('<') {
        cleaned(&without_tags(&text), LONGEST)
    } else {
        cleaned(&text, LONGEST)
    }
}

/// How long a response asks to wait: `retry-after-ms` (OpenAI, Azure), else `Retry-After` in
/// seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| text(name)?.parse::<f64>().ok();
    if let Some(millis) = number("retry-after-ms") {
        return Duration::try_from_secs_f64(millis / 1e3).ok();
    }
    if let Some(seconds) = number("retry-after") {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text("retry-after")?).ok()?;
    Some(
        date.duration_since(std::time::SystemTime::now())
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::ProviderError;

    fn read(body: &str) -> (Option<String>, String) {
        let error = ProviderError::of_response(400, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.status, Some(400));
        (error.code, error.message)
    }

    #[test]
    fn the_shapes_of_errors_that_are_about() {
        for (shape, code) in [
            (
                r#"{"error":{"message":"no","type":"invalid_request_error","code":null}}"#,
                "invalid_request_error",
            ),
            (
                r#"{"error":{"message":"no","type":"t","param":null,"code":"bad_thing"}}"#,
                "bad_thing",
            ),
            (
                r#"{"error":{"code":"DeploymentNotFound","message":"no"}}"#,
                "DeploymentNotFound",
            ),
            (
                r#"[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}]"#,
                "INVALID_ARGUMENT",
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#,
                "overloaded_error",
            ),
            (
                r#"{"object":"error","message":"no","type":"BadRequestError","code":400}"#,
                "BadRequestError",
            ),
            (r#"{"statusCode":401,"message":"no","code":401}"#, "401"),
        ] {
            assert_eq!(
                read(shape),
                (Some(code.to_owned()), "no".to_owned()),
                "{shape}"
            );
        }
        for shape in [r#"{"error":"no"}"#, r#"{"detail":"no"}"#, "no", "<p>no</p>"] {
            assert_eq!(read(shape), (None, "no".to_owned()), "{shape}");
        }
        assert_eq!(read(r#"{"detail":[{"msg":"no"}]}"#).1, r#"[{"msg":"no"}]"#);
        for shape in ["", "  ", "<html></html>"] {
            assert_eq!(read(shape).1, "Bad Request");
        }
    }

    #[test]
    fn words_inside_a_stream_stand_for_a_status() {
        for (error, status) in [
            (
                json!({"error": {"type": "overloaded_error", "message": "x"}}),
                Some(529),
            ),
            (
                json!({"error": {"type": "rate_limit_error", "message": "x"}}),
                Some(429),
            ),
            (json!({"error": {"code": 502, "message": "x"}}), Some(502)),
            (
                json!({"error": {"code": "other", "type": "invalid_request_error", "message": "x"}}),
                Some(400),
            ),
            (json!({"error": {"message": "x"}}), None),
            (json!("what"), None),
        ] {
            assert_eq!(ProviderError::in_band(&error).status, status, "{error}");
        }
    }
}
