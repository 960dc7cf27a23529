//! Takes an impl block apart by tokens.
//!
//! The block is emitted again from its own tokens, only without `#[step]` and `#[flow]`: printing it through a
//! parser would collapse the places of its delimiters. Method bodies are taken out before parsing, so that a
//! half-typed body costs the editor nothing.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::format_ident;

/// An impl block in parts.
pub(crate) struct Impl {
    /// As written, without our attributes.
    pub(crate) emitted: TokenStream,
    /// As written, every body replaced by its number.
    pub(crate) skeleton: TokenStream,
    /// The bodies, by number.
    pub(crate) bodies: Vec<Group>,
}

/// Splits an impl block. Without a body in braces there is nothing to strip.
pub(crate) fn split(item: TokenStream) -> Impl {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let body = match tokens.last() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group.clone(),
        _ => {
            let whole: TokenStream = tokens.into_iter().collect();
            return Impl {
                emitted: whole.clone(),
                skeleton: whole,
                bodies: Vec::new(),
            };
        }
    };
    tokens.pop();
    let before: TokenStream = tokens.into_iter().collect();
    let mut bodies = Vec::new();
    let skeleton = without_bodies(body.stream(), &mut bodies);
    Impl {
        emitted: with_body(before.clone(), &body, without_markers(body.stream())),
        skeleton: with_body(before, &body, skeleton),
        bodies,
    }
}

/// The impl block again, with `change` applied to the tokens of one body: only for the fallback.
pub(crate) fn change_bodies(
    item: TokenStream,
    mut change: impl FnMut(usize, TokenStream) -> TokenStream,
) -> TokenStream {
    let mut number = 0;
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = group.stream().into_iter().map(|token| match token {
                    TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                        let changed = change(number, body.stream());
                        number += 1;
                        TokenTree::Group(regroup(&body, changed))
                    }
                    other => other,
                });
                TokenTree::Group(regroup(&group, inner.collect()))
            }
            other => other,
        })
        .collect()
}

/// The impl block with every method of these names but the first of each renamed: only for the fallback.
pub(crate) fn rename_again(item: TokenStream, names: &[Ident]) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut after_fn = false;
                let mut seen: Vec<Ident> = Vec::new();
                let inner = group.stream().into_iter().map(|token| {
                    let named = std::mem::take(&mut after_fn);
                    match token {
                        TokenTree::Ident(ident) if named && names.contains(&ident) => {
                            seen.push(ident.clone());
                            let count = seen.iter().filter(|other| **other == ident).count();
                            TokenTree::Ident(match count {
                                1 => ident,
                                _ => format_ident!("{ident}_{count}", span = ident.span()),
                            })
                        }
                        TokenTree::Ident(ident) => {
                            after_fn = ident == "fn";
                            TokenTree::Ident(ident)
                        }
                        other => other,
                    }
                });
                TokenTree::Group(regroup(&group, inner.collect()))
            }
            other => other,
        })
        .collect()
}

/// The struct without `#[step]` on its fields.
pub(crate) fn without_field_markers(item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::Bracket => {
                TokenTree::Group(regroup(&group, without_markers(group.stream())))
            }
            other => other,
        })
        .collect()
}

fn with_body(mut before: TokenStream, body: &Group, inner: TokenStream) -> TokenStream {
    before.extend([TokenTree::Group(regroup(body, inner))]);
    before
}

pub(crate) fn regroup(like: &Group, inner: TokenStream) -> Group {
    let mut group = Group::new(like.delimiter(), inner);
    group.set_span(like.span());
    group
}

fn without_bodies(inner: TokenStream, bodies: &mut Vec<Group>) -> TokenStream {
    inner
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let number = TokenTree::Literal(Literal::usize_unsuffixed(bodies.len()));
                let stub = regroup(&group, number.into());
                bodies.push(group);
                TokenTree::Group(stub)
            }
            other => other,
        })
        .collect()
}

fn without_markers(inner: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = inner.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let marker = matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_marker(group));
        if hash && marker {
            tokens.next();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

/// `[step]`, `[agno::flow(..)]`
fn is_marker(attribute: &Group) -> bool {
    if attribute.delimiter() != Delimiter::Bracket {
        return false;
    }
    let mut last = None;
    for token in attribute.stream() {
        match token {
            TokenTree::Ident(ident) => last = Some(ident),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => break,
        }
    }
    last.is_some_and(|ident| ident == "step" || ident == "flow")
}
