//! Source text for the labels of a graph.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

/// Labels longer than this are cut.
const LONGEST: usize = 60;

/// Tokens as they were written, as far as spaces are concerned: two tokens are apart where their places are.
/// Attributes in front are left out.
pub(crate) fn label(tokens: impl ToTokens) -> String {
    shorten(&written(without_attributes(tokens.to_token_stream())))
}

/// The same, however long.
pub(crate) fn written(tokens: TokenStream) -> String {
    let mut text = String::new();
    print(tokens, &mut text, &mut None);
    text
}

fn without_attributes(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    while matches!(tokens.peek(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#') {
        tokens.by_ref().take(2).for_each(drop);
    }
    tokens.collect()
}

/// Cut to a length that fits a picture.
fn shorten(text: &str) -> String {
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
                // Printed by syn, both delimiters have the span of the whole group: only its two
                // ends say where they are.
                let (start, end) = (group.span_open().start(), group.span_close().end());
                let (start, end) = ((start.line, start.column), (end.line, end.column));
                put(open, start, (start.0, start.1 + open.len()), text, before);
                print(group.stream(), text, before);
                put(
                    close,
                    (end.0, end.1.saturating_sub(close.len())),
                    end,
                    text,
                    before,
                );
            }
            other => {
                let (start, end) = (other.span().start(), other.span().end());
                let places = ((start.line, start.column), (end.line, end.column));
                put(&other.to_string(), places.0, places.1, text, before);
            }
        }
    }
}

fn put(token: &str, start: Place, end: Place, text: &mut String, before: &mut Option<Place>) {
    let apart = before.is_some_and(|before| before != start);
    if apart && !text.is_empty() && !token.is_empty() {
        text.push(' ');
    }
    text.push_str(token);
    *before = Some(end);
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
    fn leaves_attributes_in_front_out() {
        let tokens: TokenStream = "#[cfg(unix)] #[a] return f(#[b] x)"
            .parse()
            .expect("tokens");
        assert_eq!(label(tokens), "return f(#[b] x)");
    }

    #[test]
    fn cuts_between_characters() {
        let long = "ä".repeat(100);
        assert_eq!(shorten(&long).chars().count(), 61);
    }
}
