//! The registration: one call per step, which is also the check.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use super::at;
use super::codecs::Codecs;
use crate::model::{
    Cache, Flow, Gate, Method, Output, ParamKind, Retry, Step, StepOptions, Workflow, type_key,
};
use crate::parse::attributes::{conditions, summary};
use crate::parse::options::Set;
use crate::paths;
use crate::validate::types::foreign;

/// The body of `define`, without the graph.
pub(crate) fn registrations(workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let state = workflow.state.as_ref().map(|_| quote!((__STATE.1)(__d);));
    let steps: TokenStream = workflow
        .steps
        .iter()
        .map(|item| step(item, workflow, codecs))
        .collect();
    let flows: TokenStream = match workflow.flows.split_first() {
        None => chain(workflow, codecs),
        Some((entry, subflows)) => {
            let entry = flow(entry, "flow", workflow, codecs);
            let subflows = subflows
                .iter()
                .map(|item| flow(item, "subflow", workflow, codecs));
            std::iter::once(entry).chain(subflows).collect()
        }
    };
    quote!(#state #steps #flows)
}

/// Everything that wants the state's type to be a state, in one place: the bound is then asked for once.
pub(crate) fn state(workflow: &Workflow) -> Option<TokenStream> {
    let this = &workflow.self_ty;
    workflow.state.as_ref().map(|state| {
        let functions = quote_spanned! {at(state)=>
            (
                <#state as __agno::SessionState>::read,
                <#state as __agno::SessionState>::declare::<#this>,
                <#state as __agno::SessionState>::change,
            )
        };
        quote! {
            static __STATE: (
                fn(&__agno::Handle) -> #state,
                fn(&mut __agno::Definition<#this>),
                fn(&mut __agno::StateSlot) -> &mut #state,
            ) = #functions;
        }
    })
}

fn step(step: &Step, workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let Step {
        method,
        name,
        options,
        ..
    } = step;
    let conditions = conditions(&method.attrs);
    let ident = &method.sig.ident;
    let span = paths::generated(ident.span());
    let text = summary(&method.attrs);
    let named = match text.is_empty() {
        true => quote!(__agno::Step::new(#name)),
        false => quote!(__agno::Step::described(#name, #text)),
    };
    let options = step_options(options);
    let is_async = method.sig.asyncness.is_some();
    let params = match is_async {
        true => spread(method, &conditions, codecs),
        false => {
            let params = params(method, &conditions, codecs);
            quote!(#params,)
        }
    };
    let returns = returns(&method.output, &conditions, codecs);
    let returns = stand_in(
        &step.options,
        &method.output.value,
        at(&method.output.value),
        returns,
    );
    let (this, call) = (local("__w"), local("__c"));
    let args = method.params.iter().map(|param| {
        let ty = &param.ty;
        match param.kind {
            ParamKind::Input => {
                let ident = &param.ident;
                quote!(#ident)
            }
            ParamKind::State => {
                let declared = &workflow.state;
                quote_spanned!(at(ty)=> <#ty as __agno::IsState<#declared>>::of((__STATE.2)(&mut #call.state)))
            }
            ParamKind::Context => quote_spanned!(at(ty)=> <#ty as __agno::IsStepContext>::of(&#call.context)),
        }
    });
    let plain = quote_spanned!(span=> #this.#ident(#(#args),*));
    // One function for each number of inputs is what rustc checks fastest; see `Definition::step1`.
    let (register, inputs, run) = if is_async {
        let names: Vec<_> = method.inputs().map(|param| &param.ident).collect();
        (
            format_ident!("step{}", names.len(), span = span),
            quote!(#(#names),*),
            quote_spanned!(span=> __agno::Box::new(#plain)),
        )
    } else {
        (Ident::new("step_blocking", span), pattern(method), plain)
    };
    let uses_call = method
        .params
        .iter()
        .any(|param| param.kind != ParamKind::Input);
    let call = if uses_call { quote!(#call) } else { quote!(_) };
    quote_spanned! {span=>
        #(#conditions)*
        __d.#register(
            #named #options,
            #params
            #returns,
            |#this, #call, #inputs| #run,
        );
    }
}

fn flow(flow: &Flow, register: &str, workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let method = &flow.method;
    let conditions = conditions(&method.attrs);
    let ident = &method.sig.ident;
    let name = ident.unraw().to_string();
    let span = paths::generated(ident.span());
    let about = describe(&method.attrs);
    let timeout = timeout(flow.options.timeout.as_ref());
    let cache = flow.options.cache.as_ref().map(cache);
    let params = params(method, &conditions, codecs);
    let returns = returns(&method.output, &conditions, codecs);
    let register = Ident::new(register, span);
    let inputs = pattern(method);
    let args = method.inputs().map(|param| &param.ident);
    let this = &workflow.self_ty;
    let handle = local("__f");
    let mut given = handle.clone();
    let mut first = quote!(#handle);
    if let Some(written) = method.sig.inputs.first() {
        given.set_span(last_span(written).resolved_at(handle.span()));
        // An alias of its own is as good; rustc knows.
        first = match foreign(written, &workflow.ident) {
            Some(other) => {
                quote_spanned!(at(other)=> <#other as __agno::IsThisWorkflow<#this>>::of(#given))
            }
            None => quote!(#given),
        };
    }
    let run = quote_spanned!(span=> __agno::Box::pin(<#this>::#ident(#first, #(#args),*)));
    quote_spanned! {span=>
        #(#conditions)*
        __d.#register(
            __agno::FlowSpec::new(#name)#about #timeout #cache,
            #params,
            #returns,
            |#handle, #inputs| #run,
        );
    }
}

/// The steps in their order, and the check that each fits the one before.
fn chain(workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let Some(first) = workflow.steps.first() else {
        return TokenStream::new();
    };
    let params = params(&first.method, &[], codecs);
    let names = workflow.steps.iter().map(|step| &step.name);
    let links = workflow.steps.windows(2).filter_map(|pair| {
        let [before, next] = pair else {
            return None;
        };
        let output = &before.method.output.value;
        let input = &next.method.inputs().next()?.ty;
        // The same tokens are the same type: nothing to ask rustc.
        let differ = type_key(input, &[]) != type_key(output, &[]);
        differ.then(|| quote_spanned!(at(input)=> <#input as __agno::Accepts<#output>>::link();))
    });
    quote! {
        #(#links)*
        __d.chain(#params, &[#(#names),*]);
    }
}

/// Names and codecs, one after the other.
fn spread(method: &Method, conditions: &[Attribute], codecs: &mut Codecs) -> TokenStream {
    let params = method.inputs().map(|param| {
        let codec = codecs.name(&param.ty, conditions, false);
        let name = &param.name;
        quote!(#name, #codec,)
    });
    params.collect()
}

fn params(method: &Method, conditions: &[Attribute], codecs: &mut Codecs) -> TokenStream {
    let params = method.inputs().map(|param| {
        let codec = codecs.call(&param.ty, conditions, false);
        let name = &param.name;
        quote!(__agno::param(#name, #codec),)
    });
    let params: TokenStream = params.collect();
    quote!((#params))
}

fn pattern(method: &Method) -> TokenStream {
    let names = method.inputs().map(|param| &param.ident);
    quote!((#(#names,)*))
}

fn returns(output: &Output, conditions: &[Attribute], codecs: &mut Codecs) -> TokenStream {
    let value = &output.value;
    let codec = codecs.call(value, conditions, is_probed(output));
    match &output.whole {
        Some(whole) if output.fallible => {
            quote_spanned!(at(whole)=> <#whole as __agno::Fallible<_>>::returns(#codec))
        }
        _ => quote_spanned!(at(value)=> __agno::plain::<#value>(#codec)),
    }
}

fn is_probed(output: &Output) -> bool {
    matches!(&output.value, Type::Path(_)) && !output.fallible
}

pub(super) fn describe(attrs: &[Attribute]) -> Option<TokenStream> {
    let text = summary(attrs);
    (!text.is_empty()).then(|| quote!(.describe(#text)))
}

/// What a skipped step answers: the default of its output, which rustc asks for.
pub(super) fn stand_in(
    options: &StepOptions,
    output: impl ToTokens,
    span: Span,
    returns: TokenStream,
) -> TokenStream {
    if options.on_error() == Some("skip") {
        quote_spanned!(span=> <#output as __agno::Skippable>::or_default(#returns))
    } else if options.on_reject() == Some("skip") {
        quote_spanned!(span=> <#output as __agno::Rejectable>::or_default_if_rejected(#returns))
    } else {
        returns
    }
}

pub(super) fn step_options(options: &StepOptions) -> TokenStream {
    let retry = options.retry.as_ref().map(retry);
    let timeout = timeout(options.timeout.as_ref());
    let cache = options.cache.as_ref().map(cache);
    let confirm = options.confirm.as_ref().map(gate);
    let pause = (options.on_error() == Some("pause")).then(|| quote!(.pause_on_error()));
    let once = options.at_most_once.map(|_| quote!(.at_most_once()));
    let history = options.history.as_ref().map(|set| {
        let runs = Literal::u32_unsuffixed(set.value);
        quote!(.history(#runs))
    });
    let version = options.version.as_ref().map(|set| {
        let version = set.value;
        quote!(.version(#version))
    });
    quote!(#retry #timeout #cache #confirm #pause #once #history #version)
}

fn retry(retry: &Retry) -> TokenStream {
    let max = retry.max.as_ref().map_or(1, |set| set.value);
    let backoff = retry.backoff.as_ref().map(|set| millis(set, "backoff"));
    let factor = retry.factor.as_ref().map(|set| {
        let factor = set.value;
        quote!(.factor(#factor))
    });
    let max_delay = retry.max_delay.as_ref().map(|set| millis(set, "max_delay"));
    let jitter = retry.jitter.map(|jitter| quote!(.jitter(#jitter)));
    quote!(.retry(__agno::Retry::new(#max) #backoff #factor #max_delay #jitter))
}

fn cache(cache: &Cache) -> TokenStream {
    let ttl = cache.ttl.as_ref().map(|set| millis(set, "ttl"));
    let key = cache.key.as_ref().map(|set| {
        let key = &set.value;
        quote!(.key(#key))
    });
    let scope = cache.scope.as_ref().map(|set| {
        let scope = match set.value {
            "run" => quote!(Run),
            "session" => quote!(Session),
            "user" => quote!(User),
            _ => quote!(Global),
        };
        quote!(.scope(__agno::Scope::#scope))
    });
    quote!(.cache(__agno::Cache::new() #ttl #key #scope))
}

fn gate(gate: &Gate) -> TokenStream {
    let message = gate.message.as_ref().map(|set| &set.value);
    let timeout = timeout(gate.timeout.as_ref());
    let on_timeout = gate.on_timeout.as_ref().map(|set| {
        let then = match set.value {
            "approve" => quote!(Approve),
            "reject" => quote!(Reject),
            _ => quote!(Fail),
        };
        quote!(.on_timeout(__agno::OnTimeout::#then))
    });
    let on_reject = gate.on_reject.as_ref().map(|set| {
        let then = match set.value {
            "skip" => quote!(Skip),
            "cancel" => quote!(Cancel),
            _ => quote!(Fail),
        };
        quote!(.on_reject(__agno::OnReject::#then))
    });
    quote!(.confirm(__agno::Gate::new(#message) #timeout #on_timeout #on_reject))
}

fn timeout(set: Option<&Set<u64>>) -> Option<TokenStream> {
    set.map(|set| millis(set, "timeout"))
}

fn millis(set: &Set<u64>, method: &str) -> TokenStream {
    let method = Ident::new(method, Span::call_site());
    let millis = set.value;
    quote!(.#method(__agno::millis(#millis)))
}

/// A local that no parameter of the user's can be confused with. A constant of this name would be taken for it, whatever
/// the span, so the name is one that nobody gives.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn last_span(arg: &syn::FnArg) -> Span {
    match arg {
        syn::FnArg::Typed(param) => param.ty.span(),
        syn::FnArg::Receiver(receiver) => receiver.self_token.span(),
    }
}
