//! One codec per distinct type.
//!
//! The codec carries the only obligation on a type, so a type that cannot be stored is reported once however
//! often it is used.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Type};

use super::at;
use crate::model::type_key;

#[derive(Default)]
pub(crate) struct Codecs(Vec<Codec>);

struct Codec {
    key: String,
    name: Ident,
    ty: Type,
    conditions: Vec<Attribute>,
    probed: bool,
}

impl Codecs {
    fn probes(&self) -> bool {
        self.0.iter().any(|codec| codec.probed)
    }

    /// The function that gives the codec of `ty`, used under `conditions`. A `probed` type may be an alias that hides
    /// a `Result`, which would be stored as a success: its codec asks for that as well.
    pub(crate) fn name(&mut self, ty: &Type, conditions: &[Attribute], probed: bool) -> Ident {
        let key = type_key(ty, conditions);
        let index = self
            .0
            .iter()
            .position(|codec| codec.key == key)
            .unwrap_or_else(|| {
                self.0.push(Codec {
                    key,
                    name: format_ident!("__codec{}", self.0.len()),
                    ty: ty.clone(),
                    conditions: conditions.to_vec(),
                    probed: false,
                });
                self.0.len() - 1
            });
        self.0[index].probed |= probed;
        self.0[index].name.clone()
    }
}

impl ToTokens for Codecs {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        if self.probes() {
            tokens.extend(quote!(
                use __agno::ProbePlain as _;
            ));
        }
        for Codec {
            name,
            ty,
            conditions,
            probed,
            ..
        } in &self.0
        {
            // Only punctuation stands at the type's place: an editor leads from a type to every name there.
            let bound = if *probed {
                quote!(__agno::PlainOutput<{ <__agno::Probe<#ty>>::AGNO_PLAIN }>)
            } else {
                quote!(__agno::Stored)
            };
            let codec = quote!(codec);
            let body = quote_spanned!(at(ty)=> <#ty as #bound>::#codec());
            tokens.extend(quote!(#(#conditions)* fn #name() -> __agno::Codec<#ty> { #body }));
        }
    }
}
