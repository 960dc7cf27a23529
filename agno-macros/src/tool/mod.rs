//! `#[tool]`: a function that a model may call. The function stays as it is; beside it stands a type of its name,
//! whose `tool()` makes the tool.

mod expand;
mod read;
mod rules;
mod strip;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use crate::diag::Diagnostics;
use crate::expand::lints;
use crate::parse::head;

pub(crate) fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let diag = Diagnostics::new();
    let head = head::read(&item);
    match &head.keyword {
        Some(keyword) if keyword == "fn" => {}
        keyword => {
            let what = "`#[tool]` goes on a function";
            match keyword {
                Some(keyword) => diag.at(keyword.span(), format!("{what}, not on `{keyword}`")),
                None => diag.over(&item, what),
            }
            let errors = diag.finish();
            return quote!(#item #errors);
        }
    }
    if let Some(TokenTree::Punct(end)) = item.clone().into_iter().last() {
        let name = head.name.as_ref().map_or(end.span(), Ident::span);
        diag.at(
            name,
            "a tool is a function with a body; `#[tool]` goes on a function, not on a method of a trait",
        );
        let (item, errors) = (strip::split(item).emitted, diag.finish());
        return quote!(#item #errors);
    }
    let item = strip::split(item);
    let model = read::tool(args, item.skeleton, &diag);
    if let Some(model) = &model {
        rules::check(model, &diag);
    }
    let errors = diag.finish();
    let item = item.emitted;
    match model {
        Some(model) if errors.is_empty() => {
            let expanded = expand::tool(&model);
            let lints = lints::asked_for();
            quote!(#lints #item #expanded)
        }
        Some(model) => {
            let expanded = expand::fallback(&model);
            // What the mistake leaves unused is no second thing to read about.
            quote!(#[allow(unused)] #item #errors #expanded)
        }
        None => quote!(#item #errors),
    }
}
