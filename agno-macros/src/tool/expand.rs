//! From a valid model to tokens. Nothing here can fail.
//!
//! What a model writes is read into one struct of the arguments. Its derives ask nothing of the arguments' types: how
//! each is described stands in a function with the only bound, and the bounds of `Deserialize` are conditions that
//! `tool::Arguments` of the runtime looks up, so that a type that does not fit is one error, at the type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, LitStr, PathArguments, ReturnType, Type};

use super::read::{Param, Tool};
use crate::data::text;
use crate::expand::{at, lints};
use crate::model::ParamKind;
use crate::paths;

pub(super) fn tool(tool: &Tool) -> TokenStream {
    let import = paths::import(tool.options.krate.as_ref());
    let arguments = arguments(tool);
    let made = made(tool);
    companion(
        tool,
        &quote! {
            #import
            #[allow(unused_imports)]
            use __agno::tool::{Default as _, Into as _, Plain as _, Unreadable as _};
            #arguments
            #made
        },
    )
}

/// Beside errors: who uses the tool has none of his own.
pub(super) fn fallback(tool: &Tool) -> TokenStream {
    if tool.sig.receiver().is_some() {
        return TokenStream::new();
    }
    companion(tool, &quote!(::core::unreachable!()))
}

/// The type of the function's name. With braces it is a type only, so that the name as a value stays the function's.
fn companion(tool: &Tool, body: &TokenStream) -> TokenStream {
    let Tool {
        vis, conditions, ..
    } = tool;
    let private = private(tool);
    let name = tool.ident();
    let mut ident = name.clone();
    ident.set_span(paths::generated(ident.span()));
    // Spanned, so that another type of this name is an error at the name.
    let declared = quote_spanned!(ident.span()=> struct #ident {});
    let lints = lints::repeated();
    let doc = format!("The tool made of the function `{name}`, for an agent: `{name}::tool()`.");
    quote! {
        #(#conditions)*
        #[doc = #doc]
        #lints
        #[derive(::core::fmt::Debug)]
        #vis #declared

        #(#conditions)*
        #lints
        impl #ident {
            /// The tool, for an agent.
            #[must_use]
            #vis fn tool() -> #private::tool::Tool {
                #body
            }
        }
    }
}

fn private(tool: &Tool) -> TokenStream {
    match &tool.options.krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::agno::__private),
    }
}

/// `struct __Arguments`, and how each of its fields is described.
fn arguments(tool: &Tool) -> TokenStream {
    let private = private(tool);
    let serde = text(&quote!(#private::serde));
    let schemars = text(&quote!(#private::schemars));
    let mut codecs = TokenStream::new();
    let mut bounds = Vec::new();
    let mut fields = TokenStream::new();
    for (number, param) in tool.arguments().enumerate() {
        let (ident, ty) = (&param.ident, &param.ty);
        // A flat argument is no property, so there is nothing to describe but its fields.
        let doc = (!param.is_flat()).then(|| {
            let text = param.description();
            quote!(#[doc = #text])
        });
        let moved = param.moved();
        let described = (!param.has_own_codec()).then(|| {
            let alias = format_ident!("__T{number}");
            let function = format_ident!("__describe{number}");
            let path = LitStr::new(&function.to_string(), Span::call_site());
            let describe = if param.is_flat() {
                quote_spanned!(at(ty)=> <#ty as __agno::tool::ToolArgument>::describe_flat(__schemas))
            } else {
                quote_spanned!(at(ty)=> <#ty as __agno::tool::ToolArgument>::describe(__schemas))
            };
            codecs.extend(quote! {
                type #alias = #ty;
                fn #function(
                    __schemas: &mut __agno::schemars::SchemaGenerator,
                ) -> __agno::schemars::Schema {
                    #describe
                }
            });
            bounds.push(format!("{alias}: {serde}::Deserialize<'de>"));
            quote!(#[schemars(schema_with = #path)])
        });
        fields.extend(quote!(#doc #described #(#moved)* #ident: #ty,));
    }
    let bounds = bounds.join(", ");
    quote! {
        #codecs
        #[derive(__agno::serde::Deserialize, __agno::schemars::JsonSchema)]
        #[serde(crate = #serde, bound(deserialize = #bounds))]
        #[schemars(crate = #schemars)]
        struct __Arguments {
            #fields
        }
    }
}

/// The call that makes the tool.
fn made(tool: &Tool) -> TokenStream {
    let (name, description) = (tool.name(), &tool.description);
    let ident = tool.ident();
    let span = paths::generated(ident.span());
    let state = tool.of_kind(ParamKind::State).next();
    let checked = state.map(|state| {
        let ty = &state.ty;
        quote_spanned!(at(ty)=> <#ty as __agno::tool::ToolState>::check();)
    });
    let (arguments, context, changed) =
        (local("__arguments"), local("__context"), local("__state"));
    let args = tool.params.iter().map(|param| {
        let Param { ident, ty, .. } = param;
        match param.kind {
            ParamKind::Input => quote!(#arguments.#ident),
            ParamKind::State => quote!(#changed),
            ParamKind::Context => {
                quote_spanned!(at(ty)=> <#ty as __agno::tool::IsToolContext>::of(&#context))
            }
        }
    });
    let plain = quote_spanned!(span=> #ident(#(#args),*));
    let arguments = used(&arguments, tool.arguments().next().is_some());
    let context = used(&context, tool.of_kind(ParamKind::Context).next().is_some());
    let (make, run) = match state {
        Some(state) => {
            // Its bound is the same as the one above, which rustc then reports alone.
            let (place, ty) = (at(&state.ty), &state.ty);
            let make = quote_spanned!(place=> <__agno::tool::Arguments<__Arguments>>::with_state::<#ty, _>);
            let run = boxed(span, &plain);
            (make, quote!(|#arguments, #context, #changed| #run))
        }
        None if tool.sig.asyncness.is_some() => {
            let make = quote_spanned!(span=> <__agno::tool::Arguments<__Arguments>>::tool);
            let run = boxed(span, &plain);
            (make, quote!(|#arguments, #context| #run))
        }
        None => {
            let make = quote_spanned!(span=> <__agno::tool::Arguments<__Arguments>>::blocking);
            (make, quote!(|#arguments, #context| #plain))
        }
    };
    let returns = returns(tool);
    let options = options(tool);
    let made = quote_spanned!(span=> #make(#name, #description, #returns, #run) #options);
    quote!(#checked #made)
}

fn boxed(span: Span, plain: &TokenStream) -> TokenStream {
    quote_spanned!(span=> __agno::Box::pin(async move { #plain.await }))
}

fn used(name: &Ident, used: bool) -> TokenStream {
    if used { quote!(#name) } else { quote!(_) }
}

/// How what the function returns becomes an answer. Whether that is a `Result` is told by its type; the tokens say
/// only where an error of rustc's belongs.
fn returns(tool: &Tool) -> TokenStream {
    let returned = match &tool.sig.output {
        ReturnType::Type(_, whole) => quote!(#whole),
        ReturnType::Default => quote!(()),
    };
    let (value, error) = match &tool.sig.output {
        ReturnType::Type(_, whole) => {
            let mut parts = parts(whole).into_iter();
            (
                parts.next().unwrap_or(whole).span(),
                parts.next().unwrap_or(whole).span(),
            )
        }
        ReturnType::Default => (Span::call_site(), Span::call_site()),
    };
    // With the user's own span, so that the macro is not part of the message.
    let (value, error) = (quote_spanned!(value=> _), quote_spanned!(error=> _));
    let first = returned.clone().into_iter().next();
    let place = first.map_or_else(Span::call_site, |token| token.span());
    quote_spanned! {paths::generated(place)=>
        <__agno::tool::Returned<#returned>>::agno_returns(
            <#value as __agno::tool::ToolOutput>::answers(),
            <#error as __agno::tool::ToolFailure>::failures(),
        )
    }
}

/// `T` and `E` of `Result<T, E>`
fn parts(whole: &Type) -> Vec<&Type> {
    let Type::Path(path) = whole else {
        return Vec::new();
    };
    match path.path.segments.last() {
        Some(last) if last.ident == "Result" => match &last.arguments {
            PathArguments::AngleBracketed(arguments) => arguments
                .args
                .iter()
                .filter_map(|argument| match argument {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn options(tool: &Tool) -> TokenStream {
    let options = &tool.options;
    let timeout = options.timeout.as_ref().map(|timeout| {
        let millis = timeout.value;
        quote!(.timeout(__agno::millis(#millis)))
    });
    let cache = options.cache.as_ref().and_then(|cache| {
        let millis = cache.ttl.as_ref()?.value;
        Some(quote!(.cache(__agno::millis(#millis))))
    });
    let once = options.not_idempotent.map(|_| quote!(.not_idempotent()));
    let confirm = options
        .confirm
        .as_ref()
        .map(|question| quote!(.confirm(#question)));
    quote!(#timeout #cache #once #confirm)
}

/// A local that nothing of the user's can be confused with, a constant neither.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
