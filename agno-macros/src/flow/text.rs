//! Source text for the labels of a graph.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// Labels longer than this are cut.
const LONGEST: usize = 60;

/// Tokens as they were written, as far as spaces are concerned: two tokens are apart where their places are.
pub(crate) fn label(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    print(tokens.to_token_stream(), &mut text, &mut None);
    shorten(&text)
}

/// Cut to a length that fits a picture.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST - 2).collect();
    cut.truncate(cut.trim_end().len());
    cut.push_str(" ..");
    cut
}

type Place = (usize, usize);

fn print(tokens: TokenStream, text: &mut String, before: &mut Option<Place>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                put(open, &group.span_open(), text, before);
                print(group.stream(), text, before);
                put(close, &group.span_close(), text, before);
            }
            other => put(&other.to_string(), &other.span(), text, before),
        }
    }
}

fn put(token: &str, span: &proc_macro2::Span, text: &mut String, before: &mut Option<Place>) {
    let start = span.start();
    let apart = before.is_some_and(|end| end != (start.line, start.column));
    if apart && !text.is_empty() && !token.is_empty() {
        text.push(' ');
    }
    text.push_str(token);
    let end = span.end();
    *before = Some((end.line, end.column));
}

#[cfg(test)]
mod tests {
    use super::{label, shorten};
    use proc_macro2::TokenStream;

    #[test]
    fn keeps_the_spaces_of_the_source() {
        for text in [
            "a.len() > 3 && !b",
            "let Some(x) = f(a, b)?",
            "x[0..3]",
            "m!{ a => b }",
        ] {
            let tokens: TokenStream = text.parse().expect("tokens");
            assert_eq!(label(tokens), text);
        }
    }

    #[test]
    fn cuts_between_characters() {
        let long = "ä".repeat(100);
        assert_eq!(shorten(&long).chars().count(), 61);
    }
}
