//! What a server answers to a call, as an agent has it.

use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::clean;
use crate::{
    media::{Media, MediaKind, MediaSource},
    tool::ToolAnswer,
};

/// How a call ended.
pub(super) enum Ended {
    Answer(ToolAnswer),
    /// The tool failed, and says so.
    Failed(String),
    /// The answer is none.
    Malformed(String),
}

/// Structured content is preferred over the text that stands for it; pictures, sounds and files
/// become media.
pub(super) fn read(result: CallToolResult) -> Ended {
    let mut texts = Vec::new();
    let mut media = Vec::new();
    for block in result.content {
        match part(block) {
            Ok(Part::Text(text)) => texts.push(text),
            Ok(Part::Media(part)) => media.push(part),
            Err(problem) => return Ended::Malformed(problem),
        }
    }
    let joined = texts.join("\n");
    if result.is_error == Some(true) {
        let text = match (joined.trim().is_empty(), &result.structured_content) {
            (false, _) => clean(&joined, 10_000),
            (true, Some(content)) => clean(&content.to_string(), 10_000),
            (true, None) => "the tool failed and did not say why".to_owned(),
        };
        return Ended::Failed(text);
    }
    let text = match result.structured_content {
        None | Some(Value::Null) => joined,
        Some(Value::String(text)) => text,
        Some(content) => content.to_string(),
    };
    Ended::Answer(ToolAnswer { text, media })
}

enum Part {
    Text(String),
    Media(Media),
}

fn part(block: ContentBlock) -> Result<Part, String> {
    match block {
        ContentBlock::Text(text) => Ok(Part::Text(text.text)),
        ContentBlock::Image(image) => {
            media(MediaKind::Image, &image.mime_type, image.data, None).map(Part::Media)
        }
        ContentBlock::Audio(audio) => {
            media(MediaKind::Audio, &audio.mime_type, audio.data, None).map(Part::Media)
        }
        // Not as media: a provider would fetch what an untrusted server names.
        ContentBlock::ResourceLink(link) => {
            let name = clean(&link.name, 200);
            Ok(Part::Text(format!("{name}: {}", clean(&link.uri, 2_000))))
        }
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => Ok(Part::Text(text)),
            ResourceContents::BlobResourceContents {
                uri,
                mime_type,
                blob,
                ..
            } => {
                let mime = mime_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                let kind = match mime.split('/').next() {
                    Some("image") => MediaKind::Image,
                    Some("audio") => MediaKind::Audio,
                    Some("video") => MediaKind::Video,
                    _ => MediaKind::File,
                };
                let name = uri.rsplit('/').next().map(|name| clean(name, 200));
                media(kind, &mime, blob, name).map(Part::Media)
            }
            _ => Err("it has a resource of a kind that this version does not know".to_owned()),
        },
        _ => Err("it has content of a kind that this version does not know".to_owned()),
    }
}

fn media(kind: MediaKind, mime: &str, data: String, name: Option<String>) -> Result<Media, String> {
    if let Err(error) = BASE64_STANDARD.decode(&data) {
        return Err(format!("its {kind} is no base64: {error}"));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "/+-._".contains(c);
    // Parameters behind a semicolon say nothing to a model.
    let mime = mime.split(';').next().unwrap_or_default().trim();
    let halves = mime.split_once('/');
    let whole = halves.is_some_and(|(kind, form)| !kind.is_empty() && !form.is_empty());
    if !whole || mime.len() > 100 || !mime.chars().all(legal) {
        return Err(format!("`{}` is no media type", clean(mime, 100)));
    }
    Ok(Media {
        kind,
        mime: mime.to_ascii_lowercase(),
        name: name.filter(|name| !name.is_empty()),
        source: MediaSource::Base64(data),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ended(result: Value) -> Ended {
        read(serde_json::from_value(result).expect("a result"))
    }

    fn answer(result: Value) -> ToolAnswer {
        match ended(result) {
            Ended::Answer(answer) => answer,
            Ended::Failed(text) | Ended::Malformed(text) => panic!("{text}"),
        }
    }

    #[test]
    fn texts_are_joined_and_structure_is_preferred() {
        let two = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
        assert_eq!(answer(json!({"content": two})).text, "a\nb");
        let both = json!({"content": two, "structuredContent": {"sum": 3}});
        assert_eq!(answer(both).text, r#"{"sum":3}"#);
        let text = json!({"content": [], "structuredContent": "plain"});
        assert_eq!(answer(text).text, "plain");
    }

    #[test]
    fn media_are_kept_and_links_are_text() {
        let found = answer(json!({"content": [
            {"type": "image", "mimeType": "image/PNG; x=1", "data": "aGk="},
            {"type": "audio", "mimeType": "audio/wav", "data": "aGk="},
            {"type": "resource", "resource": {"uri": "file:///a/b.pdf", "mimeType": "application/pdf", "blob": "aGk="}},
            {"type": "resource", "resource": {"uri": "file:///n", "text": "note"}},
            {"type": "resource_link", "uri": "http://169.254.169.254/x", "name": "li\u{1b}nk"},
        ]}));
        let kinds: Vec<_> = found
            .media
            .iter()
            .map(|m| (m.kind, m.mime.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                (MediaKind::Image, "image/png"),
                (MediaKind::Audio, "audio/wav"),
                (MediaKind::File, "application/pdf"),
            ]
        );
        assert_eq!(found.media[2].name.as_deref(), Some("b.pdf"));
        assert_eq!(found.text, "note\nlink: http://169.254.169.254/x");
    }

    #[test]
    fn a_failure_and_a_broken_answer_are_no_answers() {
        let failed =
            json!({"isError": true, "content": [{"type": "text", "text": "no\u{1b} disk"}]});
        assert!(matches!(ended(failed), Ended::Failed(text) if text == "no disk"));
        let silent = json!({"isError": true, "content": []});
        assert!(matches!(ended(silent), Ended::Failed(text) if !text.is_empty()));
        for (mime, data) in [
            ("image/png", "not base64!"),
            ("image", "aGk="),
            ("a/\n", "aGk="),
            ("a/b\u{1b}", "aGk="),
        ] {
            let image = json!({"content": [{"type": "image", "mimeType": mime, "data": data}]});
            assert!(matches!(ended(image), Ended::Malformed(_)), "{mime:?}");
        }
    }
}
