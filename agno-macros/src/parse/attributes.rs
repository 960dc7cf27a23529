//! Documentation and conditions of an item.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaList, Token, parse_quote};

/// The lines of a doc comment. Other forms (`include_str!`) are left to rustdoc.
fn doc_lines(attrs: &[Attribute]) -> Vec<String> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .flat_map(|text| {
            text.split('\n')
                .map(|line| line.trim().to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The prose of a doc comment, up to the first heading or code block.
pub(crate) fn description(attrs: &[Attribute]) -> String {
    paragraphs(attrs).join("\n\n")
}

/// The first paragraph of a doc comment.
pub(crate) fn summary(attrs: &[Attribute]) -> String {
    paragraphs(attrs).into_iter().next().unwrap_or_default()
}

fn paragraphs(attrs: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for line in doc_lines(attrs) {
        if line.starts_with('#') || line.starts_with("```") {
            break;
        }
        if line.is_empty() {
            if !open.is_empty() {
                found.push(std::mem::take(&mut open).join(" "));
            }
        } else {
            open.push(line);
        }
    }
    if !open.is_empty() {
        found.push(open.join(" "));
    }
    found
}

/// The `#[cfg(..)]` attributes. That of `#[cfg_attr(outer, cfg(inner))]`, which is unread when our macros run, is the
/// condition `any(not(outer), inner)`.
pub(crate) fn conditions(attrs: &[Attribute]) -> Vec<Attribute> {
    let mut found = pick(attrs, &["cfg"]);
    for (outer, meta) in attrs.iter().flat_map(unread) {
        if let Meta::List(list) = &meta
            && meta.path().is_ident("cfg")
        {
            let inner = &list.tokens;
            found.push(parse_quote!(#[cfg(any(not(#outer), #inner))]));
        }
    }
    found
}

/// The `#[allow(..)]` attributes.
pub(crate) fn allowances(attrs: &[Attribute]) -> Vec<Attribute> {
    pick(attrs, &["allow"])
}

/// Whether one of these lints is allowed.
pub(crate) fn allows(attrs: &[Attribute], lints: &[&str]) -> bool {
    allowances(attrs).iter().any(|attr| {
        let mut allowed = false;
        // What rustc cannot read either is its error.
        let _ = attr.parse_nested_meta(|meta| {
            allowed |= lints.iter().any(|lint| meta.path.is_ident(lint));
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
        allowed
    })
}

/// What the handle method repeats: documentation, conditions, deprecation.
pub(crate) fn repeated(attrs: &[Attribute]) -> Vec<Attribute> {
    const NAMES: [&str; 3] = ["doc", "cfg", "deprecated"];
    let mut found = pick(attrs, &NAMES);
    for (outer, meta) in attrs.iter().flat_map(unread) {
        if NAMES.iter().any(|name| meta.path().is_ident(name)) {
            found.push(parse_quote!(#[cfg_attr(#outer, #meta)]));
        }
    }
    found
}

fn pick(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| names.iter().any(|name| attr.path().is_ident(name)))
        .cloned()
        .collect()
}

/// The attributes in `#[cfg_attr(outer, ..)]`, each with its condition. What does not parse is rustc's to report.
fn unread(attr: &Attribute) -> Vec<(TokenStream, Meta)> {
    match &attr.meta {
        Meta::List(list) if attr.path().is_ident("cfg_attr") => within(list),
        _ => Vec::new(),
    }
}

fn within(list: &MetaList) -> Vec<(TokenStream, Meta)> {
    let mut tokens = list.tokens.clone().into_iter();
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let outer: TokenStream = tokens
        .by_ref()
        .take_while(|token| !is_comma(token))
        .collect();
    let rest = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens.collect());
    let metas = rest.into_iter().flatten();
    let spread = metas.flat_map(|meta| match &meta {
        Meta::List(inner) if meta.path().is_ident("cfg_attr") => within(inner)
            .into_iter()
            .map(|(condition, meta)| (quote!(all(#outer, #condition)), meta))
            .collect(),
        _ => vec![(outer.clone(), meta)],
    });
    spread.collect()
}
