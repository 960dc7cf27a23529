//! Plain calls where the durable ones were meant.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

/// A plain method where the durable call was meant. Emitted bodies replace these tokens, so that rustc does not
/// report the same mistake again.
pub(crate) struct Misdirected {
    pub(crate) body: usize,
    pub(crate) kind: Misdirection,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misdirection {
    /// `self.step(..)`
    OnSelf,
    /// `Self::step(..)`
    OnType,
}

/// `self.step` and `Self::step` as the durable calls they were meant to be, so that only our own error is left.
pub(crate) fn redirect(tokens: TokenStream, kind: Misdirection, flow: &Ident) -> TokenStream {
    let flow_at = |span: Span| {
        let mut flow = flow.clone();
        flow.set_span(span);
        TokenTree::Ident(flow)
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out: Vec<TokenTree> = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        match token {
            TokenTree::Ident(ident) if kind == Misdirection::OnSelf && ident == "self" => {
                out.push(flow_at(ident.span()));
            }
            TokenTree::Ident(ident)
                if kind == Misdirection::OnType
                    && ident == "Self"
                    && is_colon(tokens.get(index))
                    && is_colon(tokens.get(index + 1)) =>
            {
                let mut dot = proc_macro2::Punct::new('.', proc_macro2::Spacing::Alone);
                dot.set_span(ident.span());
                out.push(flow_at(ident.span()));
                out.push(TokenTree::Punct(dot));
                index += 2;
            }
            TokenTree::Group(group) => {
                let inner = redirect(group.stream(), kind, flow);
                out.push(TokenTree::Group(crate::parse::strip::regroup(group, inner)));
            }
            other => out.push(other.clone()),
        }
    }
    out.into_iter().collect()
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}
