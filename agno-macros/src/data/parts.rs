//! What stands behind `#[data]` where a field's type may lack something: the question for it, in words, and impls that
//! say nothing of their own.
//!
//! The derives of serde and schemars stand on copies of the type (its parts), each below the assumption that the
//! fields' types have what it needs, so that they are silent. The impls of the type itself have no `where`: types that
//! contain each other would need one another to be proven. They call the parts' functions, or, where an assumption is
//! wrong, those of `Otherwise`.
//!
//! It is a derive, since its item has no `cfg` any more, and since a derive makes attributes known.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Field, Fields, Generics, Index, Path, Token, Type, Visibility,
};

use super::fields::{self, Need, says, without_self};
use super::text;
use crate::expand::lints;
use crate::parse::nesting;
use crate::paths::generated;

/// What `#[agno_data(..)]` says to the derive.
struct Told {
    private: Path,
    how: String,
    /// The traits that the user does not derive.
    ours: Vec<String>,
}

impl Told {
    fn read(attrs: &[Attribute]) -> Option<Self> {
        let attr = attrs
            .iter()
            .find(|attr| attr.path().is_ident("agno_data"))?;
        let tokens = attr.meta.require_list().ok()?.tokens.clone();
        let mut words = Punctuated::<Path, Token![,]>::parse_terminated
            .parse2(tokens)
            .ok()?
            .into_iter();
        let private = words.next()?;
        let mut words = words.filter_map(|word| Some(word.get_ident()?.to_string()));
        Some(Self {
            private,
            how: words.next()?,
            ours: words.collect(),
        })
    }

    fn is_ours(&self, name: &str) -> bool {
        self.ours.iter().any(|ours| ours == name)
    }
}

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    // rustc has read it already.
    let Ok(item) = nesting::parse::<DeriveInput>(item) else {
        return TokenStream::new();
    };
    let Some(told) = Told::read(&item.attrs) else {
        return TokenStream::new();
    };
    if told.how == "refused" {
        return refused(&item, &told);
    }
    let needs = fields::needs(&item);
    let questions = questions(&item, &needs, &told.private);
    let parts = (told.how == "whole").then(|| parts(&item, &needs, &told));
    quote!(#questions #parts)
}

/// One for each type, at its name.
fn questions(item: &DeriveInput, needs: &[Need], private: &Path) -> TokenStream {
    let parameters: Vec<String> = item
        .generics
        .params
        .iter()
        .map(|param| match param {
            syn::GenericParam::Type(param) => param.ident.to_string(),
            syn::GenericParam::Const(param) => param.ident.to_string(),
            syn::GenericParam::Lifetime(param) => param.lifetime.ident.to_string(),
        })
        .collect();
    let questions = needs
        .iter()
        .filter(|need| !mentions(need.ty.to_token_stream(), &parameters))
        .map(|need| {
            let Need { ty, span, asked } = need;
            let ty = without_self(ty.to_token_stream(), &item.ident);
            let asked = Ident::new(asked, *span);
            let private = respanned(private, *span);
            quote_spanned!(*span=> <#ty as #private::data::#asked>::check();)
        });
    let questions: TokenStream = questions.collect();
    if questions.is_empty() {
        return questions;
    }
    let lints = lints::repeated();
    quote! {
        #lints
        const _: fn() = || { #questions };
    }
}

fn mentions(tokens: TokenStream, names: &[String]) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        proc_macro2::TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// The path at another place: an error that began at the attribute would be reported there.
fn respanned(path: &Path, span: Span) -> TokenStream {
    path.to_token_stream()
        .into_iter()
        .map(|mut token| {
            token.set_span(span.resolved_at(token.span()));
            token
        })
        .collect()
}

fn parts(item: &DeriveInput, needs: &[Need], told: &Told) -> TokenStream {
    let private = &told.private;
    let name = &item.ident;
    // A type that cannot be named is reported where it stands, and not in each assumption again.
    let aliases: Vec<Ident> = (0..needs.len())
        .map(|index| format_ident!("__AgnoType{index}"))
        .collect();
    let types = needs
        .iter()
        .map(|need| without_self(need.ty.to_token_stream(), name));
    let assume = |bound: &dyn Fn(&Need) -> Option<TokenStream>| -> Vec<TokenStream> {
        needs
            .iter()
            .zip(&aliases)
            .filter_map(|(need, alias)| {
                let bound = bound(need)?;
                Some(quote!(for<'agno_any> #alias: #bound))
            })
            .collect()
    };
    let copied = assume(&|_| Some(quote!(#private::data::Copied<'agno_any>)));
    let written = assume(&|need| {
        need.is_saved()
            .then(|| quote!(#private::data::Written<'agno_any>))
    });
    let read = assume(&|need| {
        need.is_saved().then(|| {
            let key = match need.asked {
                "HashKey" => Some(quote!(+ #private::data::Hashed<'agno_any>)),
                "OrderedKey" => Some(quote!(+ #private::data::Ordered<'agno_any>)),
                _ => None,
            };
            quote!(#private::serde::Deserialize<'agno_any> #key)
        })
    });
    let described = assume(&|need| {
        need.is_saved()
            .then(|| quote!(#private::data::Described<'agno_any>))
    });

    let data = format_ident!("__AgnoParts");
    let schema = format_ident!("__AgnoSchema");
    let own_name = name.unraw().to_string();
    let rename =
        (!says(&item.attrs, &["serde"], &["rename"])).then(|| quote!(#[serde(rename = #own_name)]));
    let remote = name.to_string();
    let (written, read, described) = (list(&written), list(&read), list(&described));
    let serde = text(&quote!(#private::serde));
    let schemars = text(&quote!(#private::schemars));
    let copy = copy(item, &data, Generics::default(), &["serde"]);
    let generics = syn::parse_quote!(<const AGNO: bool>);
    let schema_copy = self::copy(item, &schema, generics, &DESCRIBING);
    let looks = shapes(&schema_copy).into_iter().map(|(path, _, fields)| {
        let (members, names) = bindings(fields);
        quote!(#path { #(#members: #names),* } => {})
    });
    let looks: TokenStream = looks.collect();
    let (clone, debug) = (copied_body(item), shown_body(item));
    let impls = impls(name, &data, &schema, item, told);
    let lints = lints::repeated();
    quote! {
        #lints
        const _: () = {
            use ::core::convert::{From as _, Into as _};
            use #private::data::{NoSchema as _, Otherwise as _};

            #(type #aliases = #types;)*

            #[derive(#private::serde::Serialize, #private::serde::Deserialize)]
            #[serde(crate = #serde, remote = #remote, bound(serialize = #written, deserialize = #read))]
            #rename
            #copy

            #[derive(#private::schemars::JsonSchema)]
            #[schemars(crate = #schemars, bound = #described)]
            #rename
            #schema_copy

            // A schema reads no field, and unread ones are reported.
            const _: fn(&#schema<true>) = |__agno_data| match __agno_data { #looks };

            impl #data where #(#copied,)* {
                fn copied(__agno_data: &#name) -> #name { #clone }

                fn shown(
                    __agno_data: &#name,
                    __agno_out: &mut ::core::fmt::Formatter<'_>,
                ) -> ::core::fmt::Result { #debug }
            }

            #impls
        };
    }
}

fn list(bounds: &[TokenStream]) -> Literal {
    let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
    Literal::string(&bounds.join(", "))
}

/// What the derive of `JsonSchema` reads. That of serde knows nothing of most.
const DESCRIBING: [&str; 5] = ["doc", "serde", "schemars", "validate", "garde"];

/// The item under another name, with the attributes that a derive reads.
fn copy(item: &DeriveInput, name: &Ident, generics: Generics, kept: &[&str]) -> DeriveInput {
    let mut copy = item.clone();
    copy.vis = Visibility::Inherited;
    copy.ident = name.clone();
    copy.generics = generics;
    keep(&mut copy.attrs, kept);
    let parts = |fields: &mut Fields| {
        for field in fields {
            part(field, &item.ident, kept);
        }
    };
    match &mut copy.data {
        Data::Struct(data) => parts(&mut data.fields),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                keep(&mut variant.attrs, kept);
                variant.discriminant = None;
                hide(&mut variant.ident);
                parts(&mut variant.fields);
            }
        }
        Data::Union(_) => {}
    }
    copy
}

fn part(field: &mut Field, name: &Ident, kept: &[&str]) {
    keep(&mut field.attrs, kept);
    field.vis = Visibility::Inherited;
    field.ident.iter_mut().for_each(hide);
    field.ty = Type::Verbatim(without_self(field.ty.to_token_stream(), name));
}

/// A lint speaks of the user's own.
fn hide(ident: &mut Ident) {
    ident.set_span(generated(ident.span()));
}

fn keep(attrs: &mut Vec<Attribute>, kept: &[&str]) {
    attrs.retain(|attr| kept.iter().any(|kept| attr.path().is_ident(kept)));
}

/// The shapes of an item: how it is written in patterns and expressions, its name, and its fields.
fn shapes(item: &DeriveInput) -> Vec<(TokenStream, Ident, &Fields)> {
    let name = &item.ident;
    match &item.data {
        Data::Struct(data) => vec![(quote!(#name), name.clone(), &data.fields)],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let ident = &variant.ident;
                (quote!(#name::#ident), ident.clone(), &variant.fields)
            })
            .collect(),
        Data::Union(_) => Vec::new(),
    }
}

/// The fields by their names or numbers, each with a name of ours.
fn bindings(fields: &Fields) -> (Vec<TokenStream>, Vec<Ident>) {
    fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let member = match &field.ident {
                Some(ident) => ident.to_token_stream(),
                None => Index::from(index).to_token_stream(),
            };
            (member, format_ident!("__agno_{index}"))
        })
        .unzip()
}

fn copied_body(item: &DeriveInput) -> TokenStream {
    let arms = shapes(item).into_iter().map(|(path, _, fields)| {
        let (members, names) = bindings(fields);
        quote! {
            #path { #(#members: #names),* } => #path {
                #(#members: ::core::clone::Clone::clone(#names)),*
            },
        }
    });
    quote!(match __agno_data { #(#arms)* })
}

fn shown_body(item: &DeriveInput) -> TokenStream {
    let arms = shapes(item).into_iter().map(|(path, name, fields)| {
        let (members, names) = bindings(fields);
        let text = name.unraw().to_string();
        let shown = match fields {
            Fields::Unit => quote!(::core::fmt::Formatter::write_str(__agno_out, #text)),
            Fields::Unnamed(_) => quote! {
                ::core::fmt::Formatter::debug_tuple(__agno_out, #text)
                    #(.field(#names))*
                    .finish()
            },
            Fields::Named(fields) => {
                let texts = fields
                    .named
                    .iter()
                    .flat_map(|field| &field.ident)
                    .map(|ident| ident.unraw().to_string());
                quote! {
                    ::core::fmt::Formatter::debug_struct(__agno_out, #text)
                        #(.field(#texts, #names))*
                        .finish()
                }
            }
        };
        quote!(#path { #(#members: #names),* } => #shown,)
    });
    quote!(match __agno_data { #(#arms)* })
}

fn impls(
    name: &Ident,
    data: &Ident,
    schema: &Ident,
    item: &DeriveInput,
    told: &Told,
) -> TokenStream {
    let renamed = says(&item.attrs, &["serde", "schemars"], &["rename"]);
    let own_name = name.unraw().to_string();
    let private = &told.private;
    let schema = quote!(#private::data::SchemaOf::<#schema<true>>);
    let bodies = Bodies {
        clone: quote!(#data::copied(self)),
        debug: quote!(#data::shown(self, __agno_out)),
        serialize: quote!(#data::serialize(self, __agno_serializer)),
        deserialize: quote!(#data::deserialize(__agno_deserializer)),
        schema_name: match renamed {
            true => quote!(#schema::name()),
            false => quote!(#private::std::borrow::Cow::Borrowed(#own_name)),
        },
        is_inline: quote!(#schema::is_inline()),
        schema: quote!(#schema::schema(__agno_schemas)),
    };
    bodies.write(item, told)
}

/// Impls that nobody runs, beside an error.
fn refused(item: &DeriveInput, told: &Told) -> TokenStream {
    let never = quote!(::core::unreachable!());
    let bodies = Bodies {
        clone: never.clone(),
        debug: never.clone(),
        serialize: never.clone(),
        deserialize: never.clone(),
        schema_name: never.clone(),
        is_inline: never.clone(),
        schema: never,
    };
    let bodies = bodies.write(item, told);
    let lints = lints::repeated();
    quote! {
        #lints
        const _: () = { #bodies };
    }
}

struct Bodies {
    clone: TokenStream,
    debug: TokenStream,
    serialize: TokenStream,
    deserialize: TokenStream,
    schema_name: TokenStream,
    is_inline: TokenStream,
    schema: TokenStream,
}

impl Bodies {
    fn write(self, item: &DeriveInput, told: &Told) -> TokenStream {
        let Told { private, .. } = told;
        let Self {
            clone,
            debug,
            serialize,
            deserialize,
            schema_name,
            is_inline,
            schema,
        } = self;
        let name = &item.ident;
        let id = name.unraw().to_string();
        let (generics, arguments, bounds) = item.generics.split_for_impl();
        let mut of_lifetime = item.generics.clone();
        of_lifetime.params.insert(0, syn::parse_quote!('agno_de));
        let (of_lifetime, ..) = of_lifetime.split_for_impl();
        let result = quote!(::core::result::Result);
        let clone = told.is_ours("Clone").then(|| {
            quote! {
                #[automatically_derived]
                impl #generics ::core::clone::Clone for #name #arguments #bounds {
                    fn clone(&self) -> Self { #clone }
                }
            }
        });
        let debug = told.is_ours("Debug").then(|| quote! {
            #[automatically_derived]
            impl #generics ::core::fmt::Debug for #name #arguments #bounds {
                fn fmt(&self, __agno_out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #debug }
            }
        });
        let serialize = told.is_ours("Serialize").then(|| {
            quote! {
                #[automatically_derived]
                impl #generics #private::serde::Serialize for #name #arguments #bounds {
                    fn serialize<__AgnoS: #private::serde::Serializer>(
                        &self,
                        __agno_serializer: __AgnoS,
                    ) -> #result<__AgnoS::Ok, __AgnoS::Error> { #serialize }
                }
            }
        });
        let deserialize = told.is_ours("Deserialize").then(|| quote! {
            #[automatically_derived]
            impl #of_lifetime #private::serde::Deserialize<'agno_de> for #name #arguments #bounds {
                fn deserialize<__AgnoD: #private::serde::Deserializer<'agno_de>>(
                    __agno_deserializer: __AgnoD,
                ) -> #result<Self, __AgnoD::Error> { #deserialize }
            }
        });
        let schema = told.is_ours("JsonSchema").then(|| {
            quote! {
                #[automatically_derived]
                impl #generics #private::schemars::JsonSchema for #name #arguments #bounds {
                    fn schema_name() -> #private::std::borrow::Cow<'static, str> { #schema_name }

                    fn schema_id() -> #private::std::borrow::Cow<'static, str> {
                        #private::std::borrow::Cow::Borrowed(::core::concat!(
                            ::core::module_path!(), "::", #id
                        ))
                    }

                    fn inline_schema() -> bool { #is_inline }

                    fn json_schema(
                        __agno_schemas: &mut #private::schemars::SchemaGenerator,
                    ) -> #private::schemars::Schema { #schema }
                }
            }
        });
        quote!(#clone #debug #serialize #deserialize #schema)
    }
}
