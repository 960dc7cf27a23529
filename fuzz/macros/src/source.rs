//! The calls of macros in source text, found by tokens: a text that a fuzzer has changed seldom parses.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use crate::invariants::MACROS;

/// A macro above an item.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) args: TokenStream,
    pub(crate) item: TokenStream,
}

/// Every call in a file, in its modules and functions too.
pub(crate) fn calls(file: TokenStream) -> Vec<Call> {
    let tokens: Vec<TokenTree> = file.into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        if group.delimiter() != Delimiter::Bracket {
            found.extend(calls(group.stream()));
            continue;
        }
        let hash = at.checked_sub(1).and_then(|before| tokens.get(before));
        if !matches!(hash, Some(TokenTree::Punct(punct)) if punct.as_char() == '#') {
            continue;
        }
        for (name, args) in named(group) {
            found.push(Call {
                name,
                args,
                item: item(&tokens[at + 1..]),
            });
        }
    }
    found
}

/// `workflow(..)`, and `State` of `derive(State)`.
fn named(attribute: &Group) -> Vec<(&'static str, TokenStream)> {
    let (mut names, mut args) = (Vec::new(), TokenStream::new());
    for token in attribute.stream() {
        match token {
            TokenTree::Ident(ident) => names.push(ident.to_string()),
            TokenTree::Group(group) => args = group.stream(),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    if names.first().is_some_and(|name| name == "derive") {
        let states = args.into_iter().any(|token| token.to_string() == "State");
        return states
            .then(|| ("State", TokenStream::new()))
            .into_iter()
            .collect();
    }
    let Some(name) = names.last() else {
        return Vec::new();
    };
    let known = MACROS.into_iter().find(|known| known == name);
    known.map(|known| (known, args)).into_iter().collect()
}

/// Up to the first `;` or block.
fn item(tokens: &[TokenTree]) -> TokenStream {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    let end = tokens
        .iter()
        .position(ends)
        .map_or(tokens.len(), |end| end + 1);
    tokens[..end].iter().cloned().collect()
}

impl Call {
    pub(crate) fn text(&self) -> String {
        let (name, args, item) = (self.name, &self.args, &self.item);
        if name == "State" {
            return quote!(#[derive(State)] #item).to_string();
        }
        let name = proc_macro2::Ident::new(name, proc_macro2::Span::call_site());
        quote!(#[#name(#args)] #item).to_string()
    }

    /// What stands in its parentheses and in those of the attributes inside.
    pub(crate) fn options(&self) -> Vec<String> {
        let inside = calls(self.item.clone());
        let args = std::iter::once(&self.args).chain(inside.iter().map(|call| &call.args));
        args.filter(|args| !args.is_empty())
            .map(ToString::to_string)
            .collect()
    }

    pub(crate) fn flows(&self) -> Vec<String> {
        let flow = (self.name == "flow").then(|| self.item.clone().into_iter().last());
        match flow.flatten() {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                vec![body.stream().to_string()]
            }
            _ => Vec::new(),
        }
    }
}
