//! Types and conditions as text. To ask for the places of their tokens would cost more than all the rest.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, GenericArgument, Meta, Path, PathArguments, Type};

/// A type. The usual ones are printed as they were parsed, which spares making tokens of them again.
pub(super) fn text(ty: &Type) -> String {
    let mut text = String::new();
    put(ty, &mut text);
    text
}

fn put(ty: &Type, text: &mut String) {
    match ty {
        Type::Path(ty) if ty.qself.is_none() && is_usual(&ty.path) => path(&ty.path, text),
        Type::Tuple(tuple) if tuple.elems.len() != 1 => {
            text.push('(');
            separated(&tuple.elems, text, put);
            text.push(')');
        }
        other => print(other.to_token_stream(), text),
    }
}

/// Only types stand between its angle brackets.
fn is_usual(path: &Path) -> bool {
    path.segments
        .iter()
        .all(|segment| match &segment.arguments {
            PathArguments::None => true,
            PathArguments::AngleBracketed(list) => list
                .args
                .iter()
                .all(|argument| matches!(argument, GenericArgument::Type(_))),
            PathArguments::Parenthesized(_) => false,
        })
}

fn path(path: &Path, text: &mut String) {
    for (index, segment) in path.segments.iter().enumerate() {
        if index > 0 || path.leading_colon.is_some() {
            text.push_str("::");
        }
        text.push_str(&segment.ident.to_string());
        if let PathArguments::AngleBracketed(list) = &segment.arguments {
            text.push('<');
            separated(&list.args, text, |argument, text| {
                if let GenericArgument::Type(ty) = argument {
                    put(ty, text);
                }
            });
            text.push('>');
        }
    }
}

fn separated<'a, T: 'a>(
    list: impl IntoIterator<Item = &'a T>,
    text: &mut String,
    put: impl Fn(&T, &mut String),
) {
    for (index, item) in list.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        put(item, text);
    }
}

/// What stands in `#[cfg(..)]`; several are joined.
pub(super) fn conditions(attrs: &[Attribute]) -> String {
    let mut text = String::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cfg")) {
        if let Meta::List(list) = &attr.meta {
            if !text.is_empty() {
                text.push_str(" and ");
            }
            print(list.tokens.clone(), &mut text);
        }
    }
    text
}

fn print(tokens: TokenStream, text: &mut String) {
    // Where the token before one stands close to what follows it.
    let mut is_joined = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                if open == "[" && text.ends_with(char::is_alphanumeric) {
                    text.push(' ');
                }
                text.push_str(open);
                print(group.stream(), text);
                text.push_str(close);
                is_joined = false;
            }
            TokenTree::Punct(punct) => {
                let character = punct.as_char();
                let continues = punct.spacing() == Spacing::Joint;
                let opens = !is_joined && matches!(character, '=' | '+' | '-' | '|');
                if opens && !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
                text.push(character);
                let closes = match character {
                    ',' | ';' | '=' | '+' | '|' => !continues,
                    // An arrow; `::` is close to both sides.
                    '>' => text.ends_with("->") || text.ends_with("=>"),
                    ':' => !continues && !text.ends_with("::"),
                    _ => false,
                };
                if closes {
                    text.push(' ');
                }
                is_joined = continues;
            }
            word => {
                let word = word.to_string();
                let touches = text.ends_with(|last: char| {
                    last.is_alphanumeric() || matches!(last, '_' | '"' | ')' | ']')
                });
                let follows_generics = text.ends_with('>') && !is_joined;
                if touches || follows_generics {
                    text.push(' ');
                }
                text.push_str(&word);
                is_joined = false;
            }
        }
    }
    text.truncate(text.trim_end().len());
}

#[cfg(test)]
mod tests {
    use super::{conditions, print, text};
    use proc_macro2::TokenStream;

    #[test]
    fn types_look_as_people_write_them() {
        for written in [
            "Topic",
            "Vec<Option<Source>>",
            "HashMap<String, Vec<u8>>",
            "std::collections::BTreeMap<u8, crate::a::B>",
            "&'static str",
            "&'static [u8; 4]",
            "(u8, String)",
            "()",
            "Box<dyn Fn(u8, &str) -> Result<(), E> + Send + 'static>",
            "<A as B>::C",
            "for<'a> fn(&'a u8) -> &'a u8",
            "Array<{N + 1}, 3>",
            "impl Iterator<Item = u8>",
            "r#type",
            "Größe",
            "::std::vec::Vec<(A, B)>",
            "(u8,)",
            "Cow<'static, str>",
        ] {
            assert_eq!(text(&syn::parse_str(written).expect("a type")), written);
            // The same of the tokens alone.
            let (tokens, mut printed): (TokenStream, _) =
                (written.parse().expect("tokens"), String::new());
            print(tokens, &mut printed);
            assert_eq!(printed, written);
        }
    }

    #[test]
    fn conditions_look_as_people_write_them() {
        for written in ["feature = \"judge\"", "all(unix, not(feature = \"a b\"))"] {
            let tokens: TokenStream = written.parse().expect("tokens");
            assert_eq!(conditions(&[syn::parse_quote!(#[cfg(#tokens)])]), written);
        }
    }
}
