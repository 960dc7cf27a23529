//! What is taken apart by a pattern: a call has no parts, and its `Result` has others than its value.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Expr, Pat, Path};

use super::macros;
use super::slips::Slips;

impl Slips<'_> {
    /// A pattern takes a value apart.
    pub(super) fn taken_apart(&mut self, pats: &[&Pat], expr: &Expr) {
        if pats.iter().any(|pat| takes_apart(pat)) {
            let question = !pats.iter().any(|pat| is_of_result(pat));
            let results = question && pats.iter().any(|pat| is_of_value(pat));
            match self.certain(expr) {
                Some(chain) => self.not_run(chain, question, None),
                None => self.used_by_name(expr, question, results),
            }
        }
    }
}

/// Whether a pattern is more than a name for the whole value.
pub(super) fn takes_apart(pat: &Pat) -> bool {
    match pat {
        // `None` is a name to syn.
        Pat::Ident(pat) => pat.ident.to_string().starts_with(char::is_uppercase),
        Pat::Wild(_) => false,
        Pat::Type(pat) => takes_apart(&pat.pat),
        // Without a look at it, the name may still be for the call.
        Pat::Guard(pat) => takes_apart(&pat.pat) || looks_at(&pat.guard, &pat.pat),
        _ => true,
    }
}

/// Whether a guard names what its pattern binds.
fn looks_at(guard: &Expr, pat: &Pat) -> bool {
    let Pat::Ident(pat) = pat else {
        return false;
    };
    let tokens = macros::flat(guard.to_token_stream());
    let mut tokens = tokens.iter();
    tokens.any(|token| matches!(token, TokenTree::Ident(ident) if *ident == pat.ident))
}

/// `Ok(..)`, `Err(..)`
fn is_of_result(pat: &Pat) -> bool {
    match pat {
        Pat::TupleStruct(pat) => names_result(&pat.path),
        Pat::Struct(pat) => names_result(&pat.path),
        Pat::Paren(pat) => is_of_result(&pat.pat),
        Pat::Guard(pat) => is_of_result(&pat.pat),
        Pat::Or(pat) => pat.cases.iter().any(is_of_result),
        _ => false,
    }
}

fn names_result(path: &Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| last.ident == "Ok" || last.ident == "Err")
}

/// `(a, b)`, `Some(..)`, `Quote { .. }`: never a `Result`.
fn is_of_value(pat: &Pat) -> bool {
    match pat {
        Pat::Tuple(_) | Pat::Slice(_) | Pat::TupleStruct(_) | Pat::Struct(_) | Pat::Lit(_) => true,
        Pat::Ident(pat) => pat.ident == "None",
        Pat::Type(pat) => is_of_value(&pat.pat),
        Pat::Paren(pat) => is_of_value(&pat.pat),
        Pat::Guard(pat) => is_of_value(&pat.pat),
        Pat::Or(pat) => pat.cases.iter().any(is_of_value),
        _ => false,
    }
}
