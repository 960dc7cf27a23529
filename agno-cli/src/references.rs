//! References to artifacts, as people read them.

use agno_core::{Artifact, Json};
use serde_json::Deserializer;

use crate::text::line;

/// How a reference begins. Inside of a string its quotes would have marks before them.
const BEGINS: &str = "{\"$artifact\":";

/// JSON on one line, cut to about `limit` characters, with a few words in the place of each
/// reference: `{"photo":image/png cat.png 12.3 KB (1a2b3c4d)}`.
pub(crate) fn json_line(json: &Json, limit: usize) -> String {
    let mut out = String::new();
    let mut rest = json.as_str();
    // What is cut off need not be read.
    while out.len() <= limit * 4
        && let Some(at) = rest.find(BEGINS)
    {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut values = Deserializer::from_str(from).into_iter::<Artifact>();
        match values.next() {
            Some(Ok(artifact)) => {
                out.push_str(&artifact.to_string());
                rest = &from[values.byte_offset()..];
            }
            _ => {
                out.push_str(BEGINS);
                rest = &from[BEGINS.len()..];
            }
        }
    }
    out.push_str(rest);
    line(&out, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_a_few_words_and_the_rest_stays() {
        let reference = format!(
            "{{\"$artifact\":\"{}\",\"media_type\":\"image/png\",\"name\":\"a.png\",\"bytes\":7}}",
            "ab".repeat(32)
        );
        let json = |text: String| Json::parse(text).expect("json");
        let shown = json_line(
            &json(format!("{{\"z\":[{reference},1],\"a\":{reference}}}")),
            400,
        );
        let words = "image/png a.png 7 B (abababab)";
        assert_eq!(shown, format!("{{\"z\":[{words},1],\"a\":{words}}}"));
        for other in [
            "{\"$artifact\":\"x\",\"n\":\"\\u001b\"}".to_owned(),
            format!("\"{}\"", reference.replace('"', "\\\"")),
            "[]".to_owned(),
        ] {
            assert_eq!(json_line(&json(other.clone()), 400), other);
        }
        assert_eq!(
            json_line(&json(format!("[{reference}]")), 10),
            "[image/png…"
        );
    }
}
