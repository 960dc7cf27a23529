//! A struct whose fields are steps: the whole workflow.
//!
//! rustc asks for `Execute` in several places: the associated types, the links, the registration. All of them name
//! the field's type by an alias of one token, at the place of the type. The same error at the same place is
//! reported once, so a field that cannot be a step is one error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::graph;
use super::registration::{describe, stand_in, step_options};
use crate::emit::Fragment;
use crate::model::{Declaration, FieldStep, Piece, Template};
use crate::parse::attributes::summary;

/// Everything but the workflow's name and version; `checked` after an error of our own is false, and nothing runs.
pub(crate) fn fields(declaration: &Declaration, checked: bool) -> TokenStream {
    let (Some(first), Some(last)) = (declaration.steps.first(), declaration.steps.last()) else {
        return TokenStream::new();
    };
    let ident = &declaration.ident;
    let aliases = declaration.steps.iter().enumerate().map(|(place, step)| {
        let (alias, ty) = (alias(place, step), &step.ty);
        quote!(type #alias = #ty;)
    });
    let input = associated("Input", 0, first);
    let output = associated("Output", declaration.steps.len() - 1, last);
    let marker = &first.marker;
    let (body, graph) = if checked {
        let chain = chain(&declaration.steps);
        let steps = declaration.steps.iter().enumerate().map(registration);
        let state = declaration.state.as_ref().map(|state| {
            quote_spanned!(super::at(state)=> <#state as __agno::SessionState>::declare(__d);)
        });
        let names = declaration.steps.iter();
        let graph = graph::in_order(names.map(|step| (step.name.as_str(), step.ident.span())));
        (
            quote!(#state #chain #(#steps)* __d.graph(__graph());),
            Some(graph),
        )
    } else {
        (quote!(let _ = __d;), None)
    };
    quote! {
        #[#marker(__seen)] const _: () = ();
        #(#aliases)*
        #[automatically_derived]
        impl __agno::its_steps_stand_in_its_fields_or_in_one_impl_block for #ident {
            type Steps = __agno::Handle;
            #input
            #output
            fn define(__d: &mut __agno::Definition<Self>) {
                #body
            }
        }
        #graph
    }
}

/// Where the type of a field begins. The user's own place, not the macro's: else rustc adds a line to one of two errors,
/// and they are two.
fn place_of(step: &FieldStep) -> Span {
    let first = step.ty.to_token_stream().into_iter().next();
    first.map_or_else(|| step.ident.span(), |token| token.span())
}

fn alias(place: usize, step: &FieldStep) -> Ident {
    format_ident!("__AgnoField{place}", span = place_of(step))
}

/// `<Field as Execute>::Input`
fn port(name: &str, place: usize, step: &FieldStep) -> TokenStream {
    let (span, alias) = (place_of(step), alias(place, step));
    let name = Ident::new(name, span);
    quote_spanned!(span=> <#alias as __agno::Execute>::#name)
}

fn associated(name: &str, place: usize, step: &FieldStep) -> TokenStream {
    let port = port(name, place, step);
    let span = place_of(step);
    let name = Ident::new(name, span);
    quote_spanned!(span=> type #name = #port;)
}

/// The order of the steps, and the check that each fits the one before. It stands before the registration, whose own
/// text would be longer.
fn chain(steps: &[FieldStep]) -> TokenStream {
    let links = steps.iter().enumerate().map(|(place, step)| {
        let name = &step.name;
        match &step.template {
            Some(template) => {
                let input = port("Input", place, step);
                let pieces = pieces(template);
                let span = place_of(step);
                let text = quote_spanned!(span=> <#input as __agno::FromText>::from_text);
                quote!(#text(__agno::Link::new(#name), &[#(#pieces),*]))
            }
            None if place == 0 => quote!(__agno::Link::new(#name)),
            None => {
                let input = port("Input", place, step);
                let output = port("Output", place - 1, &steps[place - 1]);
                quote_spanned!(place_of(step)=> <#input as __agno::TakesFrom<#output>>::feed(#name))
            }
        }
    });
    let Some(first) = steps.first() else {
        return TokenStream::new();
    };
    let input = port("Input", 0, first);
    let links = quote!([#(#links),*]);
    quote_spanned! {place_of(first)=>
        __d.chain((__agno::param("input", <#input as __agno::Stored>::codec()),), #links);
    }
}

fn pieces(template: &Template) -> impl Iterator<Item = TokenStream> {
    template.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => quote!(__agno::Piece::Text(#text)),
        Piece::Input => quote!(__agno::Piece::Input),
        Piece::Previous => quote!(__agno::Piece::Previous),
        Piece::Output(step) => quote!(__agno::Piece::Output(#step)),
    })
}

fn registration((place, step): (usize, &FieldStep)) -> TokenStream {
    let FieldStep {
        ident,
        name,
        options,
        attrs,
        ..
    } = step;
    let about = describe(&summary(attrs));
    let skips = [options.on_error(), options.on_reject()].contains(&Some("skip"));
    let span = place_of(step);
    let calls = step_options(options);
    let alias = alias(place, step);
    let this = Ident::new("__w", Span::mixed_site());
    let named = quote!(__agno::Step::new(#name)#about #calls);
    let field = quote!(|#this| &#this.#ident);
    if skips {
        let output = port("Output", place, step);
        let returns = quote_spanned!(span=> __agno::fallible(__agno::codec()));
        let returns = Fragment::new(|to| stand_in(options, &output, span, &returns, to));
        return quote_spanned! {span=>
            __d.execute_with::<#alias>(
                #named,
                #field,
                #returns,
            );
        };
    }
    quote_spanned!(span=> __d.execute::<#alias>(#named, #field);)
}
