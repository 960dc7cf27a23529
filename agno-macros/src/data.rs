//! `#[data]`: what a value between steps needs, with one dependency.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Meta};

use crate::diag::Diagnostics;
use crate::parse::head;
use crate::parse::options::Options;
use crate::parse::table;

pub(crate) fn data(args: TokenStream, item: &TokenStream) -> TokenStream {
    let diag = Diagnostics::new();
    let options = Options::read(args, &table::DATA, &diag);
    let krate = options.get("crate").and_then(|option| option.path(&diag));
    let head = head::read(item);
    let keyword = head.keyword.as_ref().map(ToString::to_string);
    if !matches!(keyword.as_deref(), Some("struct" | "enum")) {
        let what = "`#[data]` goes on a struct or an enum";
        match &head.keyword {
            Some(keyword) => diag.at(keyword.span(), format!("{what}, not on `{keyword}`")),
            None => diag.over(item, what),
        }
        let errors = diag.finish();
        return quote!(#item #errors);
    }
    let private = match &krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::agno::__private),
    };
    let written = derives(&head.attrs);
    let ours = |name: &str| !written.iter().any(|written| written == name);
    let derives = [
        ("Clone", quote!(::core::clone::Clone)),
        ("Debug", quote!(::core::fmt::Debug)),
        ("Serialize", quote!(#private::serde::Serialize)),
        ("Deserialize", quote!(#private::serde::Deserialize)),
        ("JsonSchema", quote!(#private::schemars::JsonSchema)),
    ];
    let missing = derives
        .iter()
        .filter(|(name, _)| ours(name))
        .map(|(_, path)| path);
    let serde = text(&quote!(#private::serde));
    let schemars = text(&quote!(#private::schemars));
    let serde = ((ours("Serialize") || ours("Deserialize")) && !sets_crate(&head.attrs, "serde"))
        .then(|| quote!(#[serde(crate = #serde)]));
    let schemars = (ours("JsonSchema") && !sets_crate(&head.attrs, "schemars"))
        .then(|| quote!(#[schemars(crate = #schemars)]));
    // The derive of `JsonSchema` takes them from the prelude, which a module may do without.
    let prelude = ours("JsonSchema").then(|| {
        quote!(
            use ::core::convert::{From as _, Into as _};
        )
    });
    let errors = diag.finish();
    quote! {
        #prelude
        #[derive(#(#missing),*)]
        #serde
        #schemars
        #item
        #errors
    }
}

/// A path as one word, as `crate = ".."` wants it.
pub(crate) fn text(path: &TokenStream) -> String {
    path.to_string()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// The last segments of what the user derives already.
fn derives(attrs: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("derive")) {
        let paths = attr.parse_args_with(
            syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated,
        );
        names.extend(paths.into_iter().flatten().filter_map(|path| {
            path.segments
                .last()
                .map(|segment| segment.ident.to_string())
        }));
    }
    names
}

/// `#[serde(crate = "..")]` of the user's own.
fn sets_crate(attrs: &[Attribute], name: &str) -> bool {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident(name))
        .any(|attr| match &attr.meta {
            Meta::List(list) => list
                .tokens
                .to_token_stream()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "crate")),
            _ => false,
        })
}
