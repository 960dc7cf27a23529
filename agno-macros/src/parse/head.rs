//! What kind of item an attribute stands on, read without parsing the item.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Attribute;
use syn::parse::Parser;

use super::nesting;

/// The beginning of an item: `#[attr] pub struct Name<`.
pub(crate) struct Head {
    pub(crate) attrs: Vec<Attribute>,
    /// `struct`, `impl`, `enum`, `fn`, ..
    pub(crate) keyword: Option<Ident>,
    /// The identifier right after the keyword.
    pub(crate) name: Option<Ident>,
    /// The `<` after the name.
    pub(crate) generics: Option<TokenTree>,
}

const KEYWORDS: [&str; 11] = [
    "struct",
    "impl",
    "enum",
    "union",
    "fn",
    "trait",
    "mod",
    "type",
    "static",
    "use",
    "macro_rules",
];

/// Reads the beginning of `item`. A half-typed item gives what there is.
pub(crate) fn read(item: &TokenStream) -> Head {
    let mut tokens = item.clone().into_iter().peekable();
    let mut attrs = TokenStream::new();
    while let Some(TokenTree::Punct(hash)) = tokens.peek() {
        if hash.as_char() != '#' {
            break;
        }
        attrs.extend(tokens.next());
        match tokens.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                attrs.extend(tokens.next());
            }
            _ => break,
        }
    }
    let keyword = tokens.by_ref().find_map(|token| match token {
        TokenTree::Ident(ident) if KEYWORDS.iter().any(|keyword| ident == keyword) => Some(ident),
        _ => None,
    });
    let name = match tokens.peek() {
        Some(TokenTree::Ident(ident)) => Some(ident.clone()),
        _ => None,
    };
    if name.is_some() {
        tokens.next();
    }
    let generics = match tokens.peek() {
        Some(TokenTree::Punct(punct)) if punct.as_char() == '<' => tokens.next(),
        _ => None,
    };
    Head {
        attrs: match nesting::too_deep(attrs.clone()) {
            Some(_) => Vec::new(),
            None => Attribute::parse_outer.parse2(attrs).unwrap_or_default(),
        },
        keyword,
        name,
        generics,
    }
}
