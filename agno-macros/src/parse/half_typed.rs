//! An impl block of which one method is being typed.
//!
//! rustc never hands one over, editors do, at every key: what can be read of the others keeps their names, types
//! and documentation alive.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::ImplItem;

use super::nesting;
use super::strip::{self, Impl, regroup};

/// What may stand before `fn`.
const QUALIFIERS: [&str; 5] = ["pub", "const", "async", "unsafe", "extern"];

/// The block without the items that cannot be read; nothing when that does not help.
pub(crate) fn readable(parts: &Impl) -> Option<Impl> {
    let skeleton = strip::numbered(parts.skeleton.clone());
    let mut skeleton: Vec<TokenTree> = skeleton.into_iter().collect();
    let Some(TokenTree::Group(block)) = skeleton.pop() else {
        return None;
    };
    let items = items(block.stream());
    let all = items.len();
    let read: Vec<TokenStream> = items
        .into_iter()
        .filter(|item| nesting::parse::<ImplItem>(item.clone()).is_ok())
        .collect();
    if read.len() == all {
        return None;
    }
    let inner = read.into_iter().collect();
    skeleton.push(TokenTree::Group(regroup(&block, inner)));
    Some(Impl {
        emitted: parts.emitted.clone(),
        skeleton: skeleton.into_iter().collect(),
        bodies: parts.bodies.clone(),
        printed: parts.printed.clone(),
        may_allow: parts.may_allow,
    })
}

/// The items between the braces of an impl block. Each ends with its body or a semicolon, a half-typed one where
/// the attributes or the `fn` of the next stand.
fn items(inner: TokenStream) -> Vec<TokenStream> {
    let mut items = Vec::new();
    let mut item: Vec<TokenTree> = Vec::new();
    // Where the attributes of the item end, and whether its `fn` is behind.
    let (mut attributes, mut named) = (0, false);
    for token in inner {
        let begins = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => attributes < item.len(),
            TokenTree::Ident(ident) if ident == "fn" => named,
            _ => false,
        };
        if begins {
            let next = item.split_off(item.len() - qualifiers(&item[attributes..]));
            items.push(item.into_iter().collect());
            item = next;
            (attributes, named) = (0, false);
        }
        named |= matches!(&token, TokenTree::Ident(ident) if ident == "fn");
        let is_end = match &token {
            // The braces of a constant's value end nothing.
            TokenTree::Group(group) => named && group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        let is_attribute = match &token {
            TokenTree::Punct(punct) => punct.as_char() == '#',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
            _ => false,
        };
        if is_attribute && attributes == item.len() {
            attributes += 1;
        }
        item.push(token);
        if is_end {
            items.push(std::mem::take(&mut item).into_iter().collect());
            (attributes, named) = (0, false);
        }
    }
    if !item.is_empty() {
        items.push(item.into_iter().collect());
    }
    items
}

/// How many tokens at the end belong to the `fn` that follows: `pub(crate) async`.
fn qualifiers(tokens: &[TokenTree]) -> usize {
    let is_qualifier = |ident: &Ident| QUALIFIERS.iter().any(|word| ident == word);
    let belongs = |token: &&TokenTree| match token {
        TokenTree::Ident(ident) => is_qualifier(ident),
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        _ => false,
    };
    let run = tokens.iter().rev().take_while(belongs).count();
    // A parenthesis may also be the inputs of the half-typed method: only `pub` has one of its own.
    let tail = &tokens[tokens.len() - run..];
    let first = tail
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(_)));
    first.map_or(0, |first| tail.len() - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(source: &str) -> Option<String> {
        let parts = strip::split(source.parse().expect("tokens"));
        let readable = readable(&parts)?;
        let text = readable.skeleton.to_string();
        Some(text.split_whitespace().collect())
    }

    #[test]
    fn what_is_half_typed_is_left_out() {
        let search = "#[step] async fn search(&self) -> u8 { 1 }";
        let run = "#[doc = \"Runs.\"] #[flow] pub(crate) async fn run(flow: &Flow<Self>) { flow }";
        let kept = "implA{#[step]asyncfnsearch(&self)->u8{0}#[doc=\"Runs.\"]#[flow]pub(crate)asyncfnrun(flow:&Flow<Self>){1}}";
        for typed in [
            "#[step] async fn wri",
            "#[step] async fn write(&self, topic: Topic) -> Res",
            "#[step] async fn write(&self, topic: ) -> ;",
            "asy",
            "const LIMIT: usize",
        ] {
            let block = format!("impl A {{ {search} {typed} {run} }}");
            let text = left(&block).unwrap_or_else(|| panic!("{typed}"));
            assert_eq!(text, kept, "{typed}");
        }
    }

    #[test]
    fn a_method_without_attributes_begins_at_its_qualifiers() {
        let text = left(
            "impl A { async fn wri pub(crate) async fn read(&self) {} fn len(&self) fn is(&self) {} }",
        );
        let kept = "implA{pub(crate)asyncfnread(&self){0}fnis(&self){1}}";
        assert_eq!(text.as_deref(), Some(kept));
    }

    #[test]
    fn a_block_that_can_be_read_stays() {
        assert_eq!(left("impl A { const B: u8 = { 1 }; fn b(&self) {} }"), None);
        assert_eq!(left("impl A for { fn b(&self) {} }"), None);
        assert_eq!(left("impl A"), None);
    }
}
