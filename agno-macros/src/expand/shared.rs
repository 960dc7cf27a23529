//! Fields with a `dyn Trait` that does not say whether threads can share it.
//!
//! The trait may say so itself, which only rustc knows. Where it does not, rustc would report each step and each impl of
//! the workflow: so such a field has its type by a trait with a text of its own, which is the same type or one error.

use proc_macro2::{TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, ItemStruct, Path, Type, TypeParamBound, TypeTraitObject, Visibility};

use crate::flow::macros;
use crate::flow::unawaited::is_name_of_std;
use crate::model::mentions;
use crate::parse::nesting;
use crate::paths;
use crate::validate::types;
use crate::validate::unshared::HOLDERS;

/// The struct, if it has such a field.
pub(crate) fn fields(item: &TokenStream, krate: Option<&Path>) -> Option<TokenStream> {
    let is_dyn = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "dyn");
    if !macros::flat(item.clone()).iter().any(is_dyn) {
        return None;
    }
    let mut item: ItemStruct = nesting::parse(item.clone()).ok()?;
    if !item.attrs.iter().all(reads_no_types) {
        return None;
    }
    let name = item.ident.to_string();
    let fields = match &mut item.fields {
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => &mut fields.unnamed,
        Fields::Unit => return None,
    };
    let private = paths::private(krate);
    let mut found = false;
    for field in fields {
        // rustc would go round in circles.
        let leads_back = [name.as_str(), "Self"]
            .iter()
            .any(|name| mentions(&field.ty, name));
        // What is public is read in the documentation.
        let is_public = matches!(field.vis, Visibility::Public(_));
        if leads_back || is_public || !is_open(&field.ty) {
            continue;
        }
        let ty = &field.ty;
        let place = paths::generated(ty.span());
        let checked = quote_spanned!(place=> <#ty as #private::SharedField>::CHECKED);
        field.ty = Type::Verbatim(quote!(<#ty as #private::Same<{ #checked }>>::Itself));
        found = true;
    }
    found.then(|| quote!(#item))
}

/// Whether an attribute leaves the fields' types as they are. Derives of others read how they are written.
fn reads_no_types(attr: &Attribute) -> bool {
    const OF_STD: [&str; 7] = [
        "Debug",
        "Clone",
        "Default",
        "PartialEq",
        "Eq",
        "Hash",
        "State",
    ];
    if attr.path().is_ident("derive") {
        let mut known = true;
        let read = attr.parse_nested_meta(|derived| {
            known &= OF_STD.iter().any(|name| derived.path.is_ident(name));
            Ok(())
        });
        return known && read.is_ok();
    }
    ["doc", "allow", "expect", "cfg"]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

/// Whether it is a `dyn Trait` that does not say both, in nothing but types of the standard library: another might lead back
/// to the workflow.
fn is_open(ty: &Type) -> bool {
    match ty {
        Type::TraitObject(object) => !(says(object, "Send") && says(object, "Sync")),
        Type::Path(path) if path.qself.is_none() => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            HOLDERS.iter().any(|holder| last.ident == holder)
                && types::arguments(last).all(|ty| is_open(ty) || is_std(ty))
                && types::arguments(last).any(is_open)
        }
        _ => false,
    }
}

fn is_std(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(is_name_of_std))
}

fn says(object: &TypeTraitObject, name: &str) -> bool {
    object.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| last.ident == name)
        }
        _ => false,
    })
}
