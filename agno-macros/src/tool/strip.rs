//! Takes a function apart by tokens: printing it through a parser would collapse the places of its delimiters, and a
//! half-typed body would cost the editor everything else.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::parse::strip::{inside, regroup};

/// The attributes that describe an argument, which rustc does not know on a parameter.
pub(super) const DESCRIBING: [&str; 3] = ["doc", "serde", "schemars"];

/// A function in parts.
pub(super) struct Function {
    /// As written, its parameters without what describes them.
    pub(super) emitted: TokenStream,
    /// As written, with an empty body.
    pub(super) skeleton: TokenStream,
}

pub(super) fn split(item: TokenStream) -> Function {
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let params = params(&tokens);
    let emitted = tokens.iter().enumerate().map(|(at, token)| match token {
        TokenTree::Group(group) if Some(at) == params => {
            TokenTree::Group(regroup(group, undescribed(group.stream())))
        }
        other => other.clone(),
    });
    let emitted = emitted.collect();
    let mut skeleton = tokens;
    if let Some(TokenTree::Group(body)) = skeleton.last_mut()
        && body.delimiter() == Delimiter::Brace
    {
        *body = regroup(body, TokenStream::new());
    }
    Function {
        emitted,
        skeleton: skeleton.into_iter().collect(),
    }
}

/// Where the parameters stand: the first parentheses after `fn` that are not among the generics.
fn params(tokens: &[TokenTree]) -> Option<usize> {
    let start = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(ident) if ident == "fn"))?;
    let mut depth = 0_usize;
    let mut arrow = false;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            TokenTree::Punct(punct) => {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
                arrow = punct.as_char() == '-';
            }
            TokenTree::Group(group)
                if depth == 0 && group.delimiter() == Delimiter::Parenthesis =>
            {
                return Some(at);
            }
            _ => {}
        }
    }
    None
}

fn undescribed(params: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = params.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if hash && matches!(tokens.peek(), Some(TokenTree::Group(group)) if describes(group)) {
            tokens.next();
        } else {
            kept.push(token);
        }
    }
    kept.into_iter().collect()
}

/// `[doc = ".."]`, `[serde(..)]`
fn describes(attribute: &Group) -> bool {
    attribute.delimiter() == Delimiter::Bracket
        && matches!(
            inside(attribute).into_iter().next(),
            Some(TokenTree::Ident(name)) if DESCRIBING.iter().any(|known| name == known)
        )
}
