//! `#[cache(ttl = "1h")]` above a step: an option of `#[step]` as an attribute of its own.

use proc_macro2::{LineColumn, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Meta};

use crate::diag::Diagnostics;
use crate::model::Workflow;
use crate::parse::options::plain_text;
use crate::parse::table::{self, Table};

/// Reports each, and says where they stand: rustc knows no such attribute.
pub(crate) fn check(workflow: &Workflow, diag: &Diagnostics) -> Vec<LineColumn> {
    let mut places = Vec::new();
    for attr in workflow.steps.iter().flat_map(|step| &step.method.attrs) {
        if is_option(attr) {
            let option = plain_text(attr.meta.to_token_stream());
            diag.over(
                attr.path(),
                format!("this is an option of the step; write `#[step({option})]`"),
            );
            places.push(attr.path().span().start());
        }
    }
    places
}

/// One of another crate would not be given what ours takes.
fn is_option(attr: &Attribute) -> bool {
    let given = |list: &TokenStream, table: &Table| {
        let mut tokens = list.clone().into_iter();
        let name = tokens.next().map(|name| name.to_string());
        let is_equal =
            matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '=');
        is_equal && name.is_some_and(|name| table.names().any(|known| known == name))
    };
    match &attr.meta {
        Meta::List(list) if attr.path().is_ident("cache") => given(&list.tokens, &table::CACHE),
        Meta::List(list) if attr.path().is_ident("retry") => given(&list.tokens, &table::RETRY),
        Meta::NameValue(_) => attr.path().is_ident("timeout"),
        _ => false,
    }
}
