//! What the name of a model tells about it.

use crate::model::{Capabilities, SchemaDialect};

/// What a model can do, by its name. Sources: Anthropic's pages on structured outputs (Claude 4.5
/// and later), vision and PDF support, of November 2026.
pub(super) fn capabilities(model: &str) -> Capabilities {
    let other = Capabilities {
        dialect: SchemaDialect::Anthropic,
        ..Capabilities::default()
    };
    let Some(version) = version(model) else {
        // The interface is spoken by other servers too, of which nothing is known.
        return other;
    };
    let strict = version >= (4, 5);
    Capabilities {
        strict_schema: strict,
        images: version >= (3, 0),
        files: version >= (3, 5),
        ..other
    }
}

/// Version of a Claude: `claude-sonnet-4-5-20250929` is 4.5, `claude-3-5-haiku-latest` is 3.5.
/// A Claude without a number is taken for a new one; what is no Claude has none.
fn version(model: &str) -> Option<(u32, u32)> {
    let (_, name) = model.split_once("claude")?;
    let mut parts = name
        .split(['-', '.', '@', ':', '/'])
        .skip_while(|part| number(part).is_none());
    let Some(major) = parts.next().and_then(number) else {
        return Some((u32::MAX, 0));
    };
    Some((major, parts.next().and_then(number).unwrap_or(0)))
}

/// A part of a version has one or two digits; more are a date.
fn number(part: &str) -> Option<u32> {
    (part.len() <= 2).then(|| part.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (model, expected) in [
            ("claude-sonnet-5-5", Some((5, 5))),
            ("claude-sonnet-5", Some((5, 0))),
            ("claude-haiku-4-5-20251001", Some((4, 5))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-opus-4-1-20250805", Some((4, 1))),
            ("claude-3-7-sonnet-20250219", Some((3, 7))),
            ("us.anthropic.claude-opus-4-6-v1:0", Some((4, 6))),
            ("anthropic/claude-sonnet-4.5", Some((4, 5))),
            ("claude-mythos-preview", Some((u32::MAX, 0))),
            ("kimi-k3", None),
        ] {
            assert_eq!(version(model), expected, "{model}");
        }
    }

    #[test]
    fn what_they_can_do() {
        let new = capabilities("claude-sonnet-5-5");
        assert!(new.strict_schema && new.tools_with_schema && new.images && new.files);
        assert!(!new.json_object && !new.audio && !new.video);
        assert_eq!(new.dialect, SchemaDialect::Anthropic);
        let old = capabilities("claude-sonnet-4-20250514");
        assert!(!old.strict_schema && old.images && old.files && old.tools);
        let other = capabilities("kimi-k3");
        assert!(!other.strict_schema && !other.images && other.tools);
    }
}
