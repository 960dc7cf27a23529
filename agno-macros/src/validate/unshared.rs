//! Fields that threads cannot share: rustc would say so of each place that the workflow goes through.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::token::Comma;
use syn::{Field, Fields, ItemStruct, PathSegment, Type, parse_quote};

use super::types::arguments;
use crate::diag::Diagnostics;
use crate::flow::macros;
use crate::parse::nesting;
use crate::parse::options::plain_text;

/// Of `std::rc` and `std::cell`, by the names that everybody calls them.
const UNSHARED: [&str; 3] = ["Rc", "RefCell", "Cell"];

/// Reports each, and gives the struct with types in their place that hang on the error, of which rustc says nothing more. An
/// editor reads the fields as they are written.
pub(crate) fn fields(item: &TokenStream, diag: &Diagnostics) -> Option<TokenStream> {
    let is_named = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if UNSHARED.iter().any(|name| ident == name));
    if !macros::flat(item.clone()).iter().any(is_named) {
        return None;
    }
    let mut mended: ItemStruct = nesting::parse(item.clone()).ok()?;
    let before = diag.count();
    match &mut mended.fields {
        Fields::Named(fields) => fields.named = told_apart(&fields.named, diag),
        Fields::Unnamed(fields) => fields.unnamed = told_apart(&fields.unnamed, diag),
        Fields::Unit => {}
    }
    let found = diag.count() > before;
    let written: ItemStruct = nesting::parse(item.clone()).ok()?;
    let refused = written.fields.iter().filter(|field| error(field).is_some());
    let types = refused.map(|field| &field.ty);
    // Nothing that was written is lost, and what it has imported is used.
    found.then(|| {
        quote! {
            #[cfg(any())] #item
            #[allow(unexpected_cfgs)] #mended
            #[allow(dead_code)] const _: () = { #({ type Written = #types; })* };
        }
    })
}

fn told_apart(fields: &Punctuated<Field, Comma>, diag: &Diagnostics) -> Punctuated<Field, Comma> {
    let mut all = Punctuated::new();
    for field in fields {
        let Some(error) = error(field) else {
            all.push(field.clone());
            continue;
        };
        let (mut written, mut mended) = (field.clone(), field.clone());
        let refused = error.to_compile_error();
        written.attrs.push(parse_quote!(#[cfg(rust_analyzer)]));
        mended.attrs.push(parse_quote!(#[cfg(not(rust_analyzer))]));
        mended.ty = Type::Verbatim(quote!([(); #refused]));
        all.extend([written, mended]);
        diag.push(error);
    }
    all
}

fn error(field: &Field) -> Option<syn::Error> {
    let (segment, inner) = unshared(&field.ty)?;
    let name = &segment.ident;
    let inner = match inner {
        Type::TraitObject(_) if name == "Rc" => shared_object(&plain_text(inner)),
        other => plain_text(other),
    };
    let message = match name == "Rc" {
        true => format!(
            "steps run on several threads, which cannot share an `Rc`; write `Arc<{inner}>`"
        ),
        false => format!(
            "steps run on several threads, which cannot share a `{name}`; write `Mutex<{inner}>`, or keep what changes in the state"
        ),
    };
    Some(syn::Error::new_spanned(name, message))
}

/// `dyn Catalogue + Send + Sync`
fn shared_object(object: &str) -> String {
    let mut shared = object.to_owned();
    for marker in ["Send", "Sync"] {
        if !object.split([' ', '+']).any(|word| word == marker) {
            shared.push_str(&format!(" + {marker}"));
        }
    }
    shared
}

/// The first of them in a type, and what it is of. Behind a lock, or in a type of somebody else's, one may well stand.
fn unshared(ty: &Type) -> Option<(&PathSegment, &Type)> {
    let path = match ty {
        Type::Path(path) if path.qself.is_none() => &path.path,
        Type::Tuple(tuple) => return tuple.elems.iter().find_map(unshared),
        Type::Paren(paren) => return unshared(&paren.elem),
        _ => return None,
    };
    let mut segments = path.segments.iter().rev();
    let segment = segments.next()?;
    let module = segments.next().map(|module| module.ident.to_string());
    let is = |name: &&str| segment.ident == name;
    if HOLDERS.iter().any(is) {
        return arguments(segment).find_map(unshared);
    }
    let inner = arguments(segment).next()?;
    let is_std = module.is_none_or(|module| module == "rc" || module == "cell");
    // A cell may be that of a table.
    let is_cell = segment.ident != "Cell" || path.segments.len() > 1 || is_primitive(inner);
    (UNSHARED.iter().any(is) && is_std && is_cell).then_some((segment, inner))
}

/// What is shared if its parts are.
pub(crate) const HOLDERS: [&str; 9] = [
    "Option", "Box", "Arc", "Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet",
];

fn is_primitive(ty: &Type) -> bool {
    let name = plain_text(ty);
    let number = name.trim_start_matches(['u', 'i', 'f']);
    name == "bool" || name == "char" || number == "size" || number.parse::<u8>().is_ok()
}
