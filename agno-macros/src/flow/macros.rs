//! What stands inside a macro call of a flow body, as far as it is Rust.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Token};

/// The expressions in `format!(..)`, `vec![..]` and the like; nothing when the input is another grammar.
pub(crate) fn expressions(mac: &Macro) -> Option<Vec<Expr>> {
    // A text, never run.
    if matches!(name(mac).as_str(), "stringify" | "concat") {
        return Some(Vec::new());
    }
    if let Some(list) = list(mac) {
        return Some(list);
    }
    let repeat = |input: syn::parse::ParseStream<'_>| {
        let element: Expr = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(vec![element, input.parse()?])
    };
    repeat.parse2(mac.tokens.clone()).ok()
}

/// The expressions between commas, if that is all there is.
pub(crate) fn list(mac: &Macro) -> Option<Vec<Expr>> {
    let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone());
    list.ok().map(|list| list.into_iter().collect())
}

/// The last segment of a macro's path.
pub(crate) fn name(mac: &Macro) -> String {
    mac.path
        .segments
        .last()
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}

/// Whether a `?` stands in it.
pub(crate) fn has_question(mac: &Macro) -> bool {
    let tokens = flat(mac.tokens.clone());
    let mut tokens = tokens.iter();
    tokens.any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '?'))
}

/// Whether `macro_rules! name` stands in a body.
pub(crate) fn defines(body: TokenStream, name: &str) -> bool {
    flat(body).windows(3).any(|tokens| {
        matches!(tokens, [TokenTree::Ident(rules), TokenTree::Punct(_), TokenTree::Ident(defined)]
            if rules == "macro_rules" && defined == name)
    })
}

/// Every token, those in groups too, in order.
pub(crate) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let mut all = Vec::new();
    for token in tokens {
        let inner = match &token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        };
        all.push(token);
        if let Some(inner) = inner {
            all.extend(flat(inner));
        }
    }
    all
}
