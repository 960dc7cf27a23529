//! Takes an impl block apart by tokens.
//!
//! The block is emitted again from its own tokens, only without `#[step]` and `#[flow]`: printing it through a
//! parser would collapse the places of its delimiters. Method bodies are taken out before parsing, so that a
//! half-typed body costs the editor nothing.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::format_ident;
use syn::{Meta, Path};

/// The attribute on a statement of a flow.
pub(crate) const ALLOWANCE: &str = "allow_in_flow";

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

/// The impl block again, with the bodies that `change` gives another text.
pub(crate) fn change_bodies(
    item: TokenStream,
    mut change: impl FnMut(usize, &Group) -> Option<TokenStream>,
) -> TokenStream {
    let mut number = 0;
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = each_body(group.stream(), |body| {
                    let changed = change(number, body);
                    number += 1;
                    changed
                });
                TokenTree::Group(regroup(&group, inner))
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
    each_body(inner, |body| {
        let number = TokenTree::Literal(Literal::usize_unsuffixed(bodies.len()));
        bodies.push(body.clone());
        Some(number.into())
    })
}

/// The items of an impl block, with the bodies that `change` gives another text. The braces of `Grid<{ 1 + 2 }>` are none:
/// what follows them tells.
fn each_body(
    items: TokenStream,
    mut change: impl FnMut(&Group) -> Option<TokenStream>,
) -> TokenStream {
    let mut tokens = items.into_iter().peekable();
    let mut all = TokenStream::new();
    while let Some(token) = tokens.next() {
        let in_type = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if matches!(next.as_char(), ',' | '>'));
        let body = braces(&token).filter(|_| !in_type);
        let changed = body.and_then(|body| Some(regroup(&body, change(&body)?)));
        all.extend([changed.map_or(token, TokenTree::Group)]);
    }
    all
}

/// A group in braces, also as the fragment `$body:block` of `macro_rules!`, which has a group without delimiters around it.
fn braces(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            let only = inner.next()?;
            inner.next().is_none().then(|| braces(&only)).flatten()
        }
        _ => None,
    }
}

/// What stands in an attribute, also as the fragment `$meta:meta`.
pub(crate) fn inside(attribute: &Group) -> TokenStream {
    let inner = attribute.stream();
    match inner.clone().into_iter().next() {
        Some(TokenTree::Group(fragment)) if fragment.delimiter() == Delimiter::None => {
            inside(&fragment)
        }
        _ => inner,
    }
}

fn without_markers(inner: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = inner.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let marker = matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_named(group, &["step", "flow"]));
        if hash && marker {
            tokens.next();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

/// A flow's body without `#[allow_in_flow]`; nothing when there is none. Each group that holds none stays as it is.
pub(crate) fn without_allowances(tokens: TokenStream) -> Option<TokenStream> {
    let mut found = false;
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if hash
            && matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_named(group, &[ALLOWANCE]))
        {
            found = true;
            tokens.next();
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => match without_allowances(group.stream()) {
                Some(inner) => {
                    found = true;
                    TokenTree::Group(regroup(&group, inner))
                }
                None => TokenTree::Group(group),
            },
            other => other,
        });
    }
    found.then(|| kept.into_iter().collect())
}

/// The paths of every `#[allow_in_flow]`, as written.
pub(crate) fn allowances(tokens: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    let mut after_hash = false;
    for token in tokens {
        let was_hash = std::mem::take(&mut after_hash);
        match token {
            TokenTree::Punct(punct) => after_hash = punct.as_char() == '#',
            TokenTree::Group(group) if was_hash && is_named(&group, &[ALLOWANCE]) => {
                let meta: Result<Meta, _> = syn::parse2(inside(&group));
                found.extend(meta.ok().map(|meta| meta.path().clone()));
            }
            TokenTree::Group(group) => found.extend(allowances(group.stream())),
            _ => {}
        }
    }
    found
}

/// `[step]`, `[agno::flow(..)]`
fn is_named(attribute: &Group, names: &[&str]) -> bool {
    if attribute.delimiter() != Delimiter::Bracket {
        return false;
    }
    let mut last = None;
    for token in inside(attribute) {
        match token {
            TokenTree::Ident(ident) => last = Some(ident),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => break,
        }
    }
    last.is_some_and(|ident| names.iter().any(|name| ident == name))
}
