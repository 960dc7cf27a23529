//! `#[data]`: what a value between steps needs, with one dependency.

mod fields;
mod owned;
mod parts;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Meta};

pub(crate) use parts::derive;

use crate::diag::Diagnostics;
use crate::parse::head;
use crate::parse::nesting;
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
    let all: Vec<&str> = derives.iter().map(|(name, _)| *name).collect();
    let read = nesting::parse::<DeriveInput>(item.clone()).ok();
    let (mut how, mut mended) = (How::Derived, None);
    if let Some(read) = read {
        let before = diag.count();
        owned::check(&read, &diag);
        if diag.count() > before {
            how = How::Refused;
            mended = Some(owned::mended(read));
        } else {
            how = How::of(&read, &ours);
        }
    }
    let by_parts = matches!(how, How::Whole | How::Refused);
    let missing = derives
        .iter()
        .filter(|(name, _)| ours(name) && !by_parts)
        .map(|(_, path)| path);
    let parts = how.word().map(|how| {
        let how = Ident::new(how, Span::call_site());
        let ours = all
            .iter()
            .filter(|name| ours(name))
            .map(|name| Ident::new(name, Span::call_site()));
        quote! {
            #[derive(#private::DataParts)]
            #[agno_data(#private, #how #(, #ours)*)]
        }
    });
    let plain = |name: &str| ours(name) && !by_parts;
    let serde = text(&quote!(#private::serde));
    let schemars = text(&quote!(#private::schemars));
    // A derive of the user's may be that of our prelude, without the crate beside it.
    let of_prelude = plain("JsonSchema") && !(ours("Serialize") && ours("Deserialize"));
    let of_serde = plain("Serialize") || plain("Deserialize") || of_prelude;
    let serde =
        (of_serde && !sets_crate(&head.attrs, "serde")).then(|| quote!(#[serde(crate = #serde)]));
    let schemars = (plain("JsonSchema") && !sets_crate(&head.attrs, "schemars"))
        .then(|| quote!(#[schemars(crate = #schemars)]));
    // The derive of `JsonSchema` takes them from the prelude, which a module may do without.
    let prelude = plain("JsonSchema").then(|| {
        quote!(
            use ::core::convert::{From as _, Into as _};
        )
    });
    let derived = (!by_parts).then(|| quote!(#[derive(#(#missing),*)]));
    let item = match &mended {
        Some(mended) => mended.to_token_stream(),
        None => item.clone(),
    };
    let errors = diag.finish();
    quote! {
        #prelude
        #parts
        #derived
        #serde
        #schemars
        #item
        #errors
    }
}

/// What the derives are told to do, and what is done beside them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The derives alone: nothing in it can lack anything.
    Derived,
    /// The same, and questions in our words ahead of them.
    Asked,
    /// The questions, and impls that say nothing.
    Whole,
    /// Beside an error of ours.
    Refused,
}

impl How {
    fn of(item: &DeriveInput, ours: &impl Fn(&str) -> bool) -> Self {
        let is_ours = ["Serialize", "Deserialize", "JsonSchema"]
            .iter()
            .all(|name| ours(name));
        let goes_through = ["from", "try_from", "into", "remote", "with"];
        if !is_ours
            || fields::says(&item.attrs, &["serde", "schemars"], &goes_through)
            || fields::needs(item).is_empty()
        {
            return Self::Derived;
        }
        if is_plain(item) {
            Self::Whole
        } else {
            Self::Asked
        }
    }

    fn word(self) -> Option<&'static str> {
        match self {
            Self::Derived => None,
            Self::Asked => Some("asked"),
            Self::Whole => Some("whole"),
            Self::Refused => Some("refused"),
        }
    }
}

/// Whether a copy of the item behaves as it does.
fn is_plain(item: &DeriveInput) -> bool {
    const OF_ITSELF: [&str; 8] = [
        "transparent",
        "bound",
        "crate",
        "getter",
        "borrow",
        "variant_identifier",
        "field_identifier",
        "Self",
    ];
    let owners = ["serde", "schemars"];
    let is_plain = |attrs: &[Attribute]| {
        !fields::says(attrs, &owners, &OF_ITSELF)
            && !fields::says(attrs, &["repr"], &["packed"])
            && !attrs.iter().any(|attr| {
                ["deprecated", "cfg_attr"]
                    .iter()
                    .any(|name| attr.path().is_ident(name))
                    || (owners.iter().any(|owner| attr.path().is_ident(owner))
                        && attr.to_token_stream().to_string().contains("Self"))
            })
    };
    let fields_are_plain = |fields: &syn::Fields| fields.iter().all(|field| is_plain(&field.attrs));
    let inside = match &item.data {
        Data::Struct(data) => fields_are_plain(&data.fields),
        Data::Enum(data) => data
            .variants
            .iter()
            .all(|variant| is_plain(&variant.attrs) && fields_are_plain(&variant.fields)),
        Data::Union(_) => false,
    };
    inside
        && is_plain(&item.attrs)
        // A value of the type itself, which a copy has not.
        && !fields::says(&item.attrs, &owners, &["default"])
        && item.generics.params.is_empty()
        && item.generics.where_clause.is_none()
        && !renames_in_two_ways(&item.attrs)
}

/// `rename(serialize = ".., deserialize = "..")` on the type, of which one may be left out.
fn renames_in_two_ways(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) => {
            let tokens: Vec<TokenTree> = list.tokens.clone().into_iter().collect();
            tokens.windows(2).any(|pair| {
                matches!(pair, [TokenTree::Ident(ident), TokenTree::Group(_)] if ident == "rename")
            })
        }
        _ => false,
    })
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
