//! A `#[data]` type owns what is in it: references are refused at their `&`.

use proc_macro2::{Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Data, DeriveInput, Field, Generics, Type, TypePath, TypeReference};

use super::fields::is_special;
use crate::diag::Diagnostics;
use crate::parse::options::plain_text;

/// Reports each reference in what is saved.
pub(super) fn check(item: &DeriveInput, diag: &Diagnostics) {
    let mut references = References {
        generics: &item.generics,
        diag,
    };
    match &item.data {
        Data::Struct(data) => data.fields.iter().for_each(|field| references.look(field)),
        Data::Enum(data) => data
            .variants
            .iter()
            .filter(|variant| !is_special(&variant.attrs))
            .flat_map(|variant| &variant.fields)
            .for_each(|field| references.look(field)),
        Data::Union(_) => {}
    }
}

struct References<'a> {
    generics: &'a Generics,
    diag: &'a Diagnostics,
}

impl References<'_> {
    fn look(&mut self, field: &Field) {
        if !is_special(&field.attrs) {
            self.visit_type(&field.ty);
        }
    }
}

impl<'ast> Visit<'ast> for References<'_> {
    fn visit_type(&mut self, ty: &'ast Type) {
        match ty {
            // What is behind them is no value of this one's.
            Type::FnPtr(_) | Type::TraitObject(_) => {}
            Type::Path(TypePath { path, .. })
                if path
                    .segments
                    .last()
                    .is_some_and(|last| last.ident == "PhantomData") => {}
            _ => visit::visit_type(self, ty),
        }
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        let owned = owned(&reference.elem);
        let mut params = self.generics.lifetimes().map(|param| &param.lifetime);
        let remove = match &reference.lifetime {
            Some(lifetime) if params.any(|param| param == lifetime) => {
                format!(", and remove `{lifetime}` everywhere")
            }
            _ => String::new(),
        };
        self.diag.at(
            reference.and_token.span,
            format!("a `#[data]` type owns its values: write `{owned}`{remove}"),
        );
    }
}

/// What to write in place of a reference to it.
fn owned(ty: &Type) -> String {
    match ty {
        Type::Paren(paren) => owned(&paren.elem),
        Type::Group(group) => owned(&group.elem),
        Type::Reference(reference) => owned(&reference.elem),
        Type::Slice(slice) => format!("Vec<{}>", owned(&slice.elem)),
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "str" => "String".to_owned(),
            Some(last) if last.ident == "Path" && last.arguments.is_none() => "PathBuf".to_owned(),
            _ => plain_text(ty),
        },
        _ => plain_text(ty),
    }
}

/// The item with a lifetime on each reference, beside an error: rustc would ask for one first.
pub(super) fn mended(mut item: DeriveInput) -> DeriveInput {
    let mend = |field: &mut Field| {
        field.ty = Type::Verbatim(with_lifetimes(field.ty.to_token_stream()));
    };
    match &mut item.data {
        Data::Struct(data) => data.fields.iter_mut().for_each(mend),
        Data::Enum(data) => data
            .variants
            .iter_mut()
            .flat_map(|variant| &mut variant.fields)
            .for_each(mend),
        Data::Union(_) => {}
    }
    item
}

fn with_lifetimes(tokens: TokenStream) -> TokenStream {
    let mut mended = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                mended.extend([TokenTree::Punct(punct)]);
                let has_one =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !has_one {
                    let quote = Punct::new('\'', Spacing::Joint);
                    let name = proc_macro2::Ident::new("static", Span::call_site());
                    mended.extend([TokenTree::Punct(quote), TokenTree::Ident(name)]);
                }
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), with_lifetimes(group.stream()));
                inner.set_span(group.span());
                mended.extend([TokenTree::Group(inner)]);
            }
            other => mended.extend([other]),
        }
    }
    mended
}
