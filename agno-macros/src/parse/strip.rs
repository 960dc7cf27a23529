//! Takes an impl block apart by tokens.
//!
//! The block is emitted again from its own tokens, only without `#[step]` and `#[flow]`: printing it through a
//! parser would collapse the places of its delimiters. Method bodies are taken out before parsing, so that a
//! half-typed body costs the editor nothing.

use proc_macro2::{Delimiter, Group, Ident, LineColumn, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::{Meta, Path};

/// The attribute on a statement of a flow.
pub(crate) const ALLOWANCE: &str = "allow_in_flow";

/// An impl block in parts.
pub(crate) struct Impl {
    /// As written, without our attributes.
    pub(crate) emitted: TokenStream,
    /// As written, every body empty, which is read fastest.
    pub(crate) skeleton: TokenStream,
    /// The bodies, in their order.
    pub(crate) bodies: Vec<Group>,
    /// All of it, printed: that takes less time than to look at each token for what is seldom there.
    pub(crate) printed: String,
    /// Whether `#[allow_in_flow]` may stand in one of the bodies.
    pub(crate) may_allow: bool,
}

impl Impl {
    /// Whether a statement may await a call and no more.
    pub(crate) fn may_lose_a_result(&self) -> bool {
        let mut waits = self.printed.match_indices("await");
        waits.any(|(at, word)| {
            self.printed[at + word.len()..]
                .trim_start()
                .starts_with(';')
        })
    }

    /// Whether one of these methods may be called on `self`.
    pub(crate) fn may_call(&self, is_method: impl Fn(&str) -> bool) -> bool {
        self.printed.match_indices("self").any(|(at, word)| {
            let behind = self.printed[at + word.len()..].trim_start();
            let Some(name) = behind.strip_prefix('.').map(str::trim_start) else {
                return false;
            };
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '#');
            is_method(&name[..end.unwrap_or(name.len())])
        })
    }
}

/// Splits an impl block. Without a body in braces there is nothing to strip.
pub(crate) fn split(item: TokenStream) -> Impl {
    let printed = item.to_string();
    let may_allow = printed.contains(ALLOWANCE);
    let mut before: Vec<TokenTree> = item.clone().into_iter().collect();
    let block = match before.pop() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
        _ => {
            return Impl {
                emitted: item.clone(),
                skeleton: item,
                bodies: Vec::new(),
                printed,
                may_allow,
            };
        }
    };
    let (mut emitted, mut skeleton, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    let mut tokens = block.stream().into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let Some(marker) = tokens.next_if(|next| is_attribute(&token, next, &["step", "flow"])) {
            skeleton.extend([token, marker]);
            continue;
        }
        match body(&token, tokens.peek()) {
            Some(body) => {
                skeleton.push(TokenTree::Group(regroup(&body, TokenStream::new())));
                bodies.push(body);
            }
            None => skeleton.push(token.clone()),
        }
        emitted.push(token);
    }
    let before: TokenStream = before.into_iter().collect();
    Impl {
        emitted: with_body(before.clone(), &block, emitted.into_iter().collect()),
        skeleton: with_body(before, &block, skeleton.into_iter().collect()),
        bodies,
        printed,
        may_allow,
    }
}

/// The skeleton with the number of each body in it. It takes longer to read, and is needed where not every body is that
/// of a method.
pub(crate) fn numbered(skeleton: TokenStream) -> TokenStream {
    change_bodies(skeleton, |number, _| {
        Some(TokenTree::Literal(Literal::usize_unsuffixed(number)).into())
    })
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

/// The impl block with another type where one with arguments begins at one of these places, outside of bodies: only for the
/// fallback.
pub(crate) fn replace_types(
    item: TokenStream,
    places: &[LineColumn],
    other: impl Fn() -> TokenStream,
) -> TokenStream {
    let mut all = TokenStream::new();
    for token in item {
        let TokenTree::Group(group) = &token else {
            all.extend([token]);
            continue;
        };
        let mut inner = TokenStream::new();
        let mut tokens = group.stream().into_iter();
        while let Some(token) = tokens.next() {
            let is_here =
                matches!(&token, TokenTree::Ident(ident) if places.contains(&ident.span().start()));
            if !is_here {
                inner.extend([token]);
                continue;
            }
            let mut depth = 0_i32;
            for token in tokens.by_ref() {
                let TokenTree::Punct(sign) = token else {
                    continue;
                };
                depth += i32::from(sign.as_char() == '<') - i32::from(sign.as_char() == '>');
                if depth == 0 && sign.as_char() == '>' {
                    break;
                }
            }
            inner.extend(other());
        }
        all.extend([TokenTree::Group(regroup(group, inner))]);
    }
    all
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

/// The impl block with an argument behind the types that stand at these places: only for the fallback.
pub(crate) fn with_argument(
    item: TokenStream,
    places: &[LineColumn],
    argument: &TokenStream,
) -> TokenStream {
    let tokens = item.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let inner = with_argument(group.stream(), places, argument);
            TokenTree::Group(regroup(&group, inner)).into()
        }
        TokenTree::Ident(ident) if places.contains(&ident.span().start()) => {
            quote!(#ident<#argument>)
        }
        other => TokenStream::from(other),
    });
    tokens.collect()
}

pub(crate) fn regroup(like: &Group, inner: TokenStream) -> Group {
    let mut group = Group::new(like.delimiter(), inner);
    group.set_span(like.span());
    group
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
        let body = body(&token, tokens.peek());
        let changed = body.and_then(|body| Some(regroup(&body, change(&body)?)));
        all.extend([changed.map_or(token, TokenTree::Group)]);
    }
    all
}

/// The body that this token is.
fn body(token: &TokenTree, next: Option<&TokenTree>) -> Option<Group> {
    let in_type =
        matches!(next, Some(TokenTree::Punct(next)) if matches!(next.as_char(), ',' | '>'));
    braces(token).filter(|_| !in_type)
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
        if tokens
            .next_if(|next| is_attribute(&token, next, &["step", "flow"]))
            .is_none()
        {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

/// An impl block without the attributes at these places on its methods: only for the fallback.
pub(crate) fn without_attributes_at(item: TokenStream, places: &[LineColumn]) -> TokenStream {
    if places.is_empty() {
        return item;
    }
    let is_here = |group: &Group| {
        let first = group.stream().into_iter().next();
        first.is_some_and(|first| places.contains(&first.span().start()))
    };
    let without = |block: &Group| {
        let mut kept = Vec::new();
        let mut tokens = block.stream().into_iter().peekable();
        while let Some(token) = tokens.next() {
            let wrong =
                |next: &TokenTree| matches!(next, TokenTree::Group(group) if is_here(group));
            if tokens.next_if(wrong).is_none() {
                kept.push(token);
            }
        }
        kept.into_iter().collect()
    };
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                TokenTree::Group(regroup(&group, without(&group)))
            }
            other => other,
        })
        .collect()
}

/// A flow's body without `#[allow_in_flow]`; nothing when there is none. Each group that holds none stays as it is.
pub(crate) fn without_allowances(tokens: TokenStream) -> Option<TokenStream> {
    let mut found = false;
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if tokens
            .next_if(|next| is_attribute(&token, next, &[ALLOWANCE]))
            .is_some()
        {
            found = true;
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

/// Whether two tokens are an attribute of one of these names.
fn is_attribute(hash: &TokenTree, group: &TokenTree, names: &[&str]) -> bool {
    matches!((hash, group), (TokenTree::Punct(hash), TokenTree::Group(group)) if hash.as_char() == '#' && is_named(group, names))
}

/// `[step]`, `[agno::flow(..)]`
fn is_named(attribute: &Group, names: &[&str]) -> bool {
    attribute.delimiter() == Delimiter::Bracket && begins_with(attribute.stream(), names)
}

/// Whether a path of such a name comes first, also as the fragment `$meta:meta`.
fn begins_with(tokens: TokenStream, names: &[&str]) -> bool {
    let mut last = None;
    for (index, token) in tokens.into_iter().enumerate() {
        match token {
            TokenTree::Group(fragment) if index == 0 && fragment.delimiter() == Delimiter::None => {
                return begins_with(fragment.stream(), names);
            }
            TokenTree::Ident(ident) => last = Some(ident),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => break,
        }
    }
    last.is_some_and(|ident| names.contains(&ident.to_string().as_str()))
}
