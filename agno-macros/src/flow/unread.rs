//! Macro calls of a flow body whose input is no list of expressions.

use proc_macro2::{Literal, TokenStream, TokenTree};

use super::hazards;
use super::lint::Lint;
use super::macros;

impl Lint<'_> {
    /// Inside a macro whose input is not a list of expressions: paths only.
    pub(super) fn scan(&self, tokens: TokenStream) {
        self.misplaced(&tokens);
        let mut segments: Vec<String> = Vec::new();
        let mut first = None;
        let mut joined = false;
        let tokens = macros::flat(tokens);
        for token in tokens.iter().chain(std::iter::once(&TokenTree::Literal(
            Literal::u8_unsuffixed(0),
        ))) {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => joined = true,
                TokenTree::Ident(ident) if joined && !segments.is_empty() => {
                    segments.push(ident.to_string());
                    joined = false;
                }
                other => {
                    if let (Some(hazard), Some(first)) = (hazards::of_path(&segments), first)
                        && !self.own.names_item(first)
                    {
                        self.report(hazard, first);
                    }
                    segments.clear();
                    joined = false;
                    if let TokenTree::Ident(ident) = other {
                        segments.push(ident.to_string());
                        first = Some(ident);
                    }
                }
            }
        }
    }
}
