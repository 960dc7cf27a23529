//! The registration: one call per step, which is also the check.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use super::at;
use super::codecs::Codecs;
use crate::emit::{Fragment, each, emit, separated};
use crate::model::{
    Cache, Flow, Gate, Method, Output, Param, ParamKind, Retry, Step, StepOptions, Workflow,
    type_key,
};
use crate::parse::attributes::conditions;
use crate::parse::options::Set;
use crate::paths;
use crate::validate::types::foreign;

/// The body of `define`, without the graph.
pub(crate) fn registrations(workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let state = workflow.state.as_ref().map(|_| quote!((__STATE.1)(__d);));
    let mut steps = TokenStream::new();
    for item in &workflow.steps {
        step(item, workflow, codecs, &mut steps);
    }
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

fn step(step: &Step, workflow: &Workflow, codecs: &mut Codecs, to: &mut TokenStream) {
    let Step {
        method,
        name,
        options,
        ..
    } = step;
    let conditions = conditions(&method.attrs);
    let span = paths::generated(method.sig.ident.span());
    let about = &method.summary;
    let given = step_options(options);
    let described = Fragment::new(|to| match about.is_empty() {
        true => emit!(to, span; __agno::Step::new(#name) #given),
        false => emit!(to, span; __agno::Step::described(#name, #about) #given),
    });
    let inputs: Vec<&Param> = method.inputs().collect();
    let input_codecs = input_codecs(method, &conditions, codecs);
    let returns = Returned::of(&method.output, &conditions, codecs);
    let place = at(&method.output.value);
    let returns = Fragment::new(|to| stand_in(options, &method.output.value, place, &returns, to));
    let names = Fragment::new(|to| separated(inputs.iter().map(|param| &param.ident), to));
    let body = Body::of(method, workflow);
    let this = &body.this;
    each(&conditions).to_tokens(to);
    if method.sig.asyncness.is_none() {
        let (params, inputs) = (params(method, &input_codecs), pattern(method));
        let call = body.used_call(span);
        emit!(to, span;
            __d.step_blocking(#described, #params, #returns, |#this, #call, #inputs| #body,);
        );
        return;
    }
    // One function for each number of inputs is what rustc checks fastest; see `Definition::step1`.
    let is_plain = given.is_empty() && !body.uses_call();
    let with = if is_plain { "" } else { "_with" };
    let register = format_ident!("step{}{with}", inputs.len(), span = span);
    let named = Fragment::new(|to| match is_plain {
        true => emit!(to, span; #name, #about),
        false => described.to_tokens(to),
    });
    let call = Fragment::new(|to| {
        if !is_plain {
            let call = body.used_call(span);
            emit!(to, span; #call,);
        }
    });
    let params = Fragment::new(|to| {
        for (param, codec) in inputs.iter().zip(&input_codecs) {
            let name = &param.name;
            emit!(to, span; #name, #codec,);
        }
    });
    emit!(to, span;
        __d.#register(#named, #params #returns, |#this, #call #names| __agno::Box::new(#body),);
    );
}

/// `__w.search(topic, ..)`
struct Body<'a> {
    method: &'a Method,
    workflow: &'a Workflow,
    this: Ident,
    call: Ident,
}

impl<'a> Body<'a> {
    fn of(method: &'a Method, workflow: &'a Workflow) -> Self {
        Self {
            method,
            workflow,
            this: local("__w"),
            call: local("__c"),
        }
    }

    /// Whether it takes the state or the context.
    fn uses_call(&self) -> bool {
        let mut params = self.method.params.iter();
        params.any(|param| param.kind != ParamKind::Input)
    }

    /// The parameter that leads to them.
    fn used_call(&self, span: Span) -> Ident {
        match self.uses_call() {
            true => self.call.clone(),
            false => Ident::new("_", span),
        }
    }

    fn argument(&self, param: &Param, to: &mut TokenStream) {
        let (ty, call) = (&param.ty, &self.call);
        match param.kind {
            ParamKind::Input => param.ident.to_tokens(to),
            ParamKind::State => {
                let declared = &self.workflow.state;
                quote_spanned!(at(ty)=> <#ty as __agno::IsState<#declared>>::of((__STATE.2)(&mut #call.state)))
                    .to_tokens(to);
            }
            ParamKind::Context => {
                emit!(to, at(ty); <#ty as __agno::IsStepContext>::of(&#call.context))
            }
        }
    }
}

impl ToTokens for Body<'_> {
    fn to_tokens(&self, to: &mut TokenStream) {
        let (this, ident) = (&self.this, &self.method.sig.ident);
        let args = self.method.params.iter();
        let args = args.map(|param| Fragment::new(|to| self.argument(param, to)));
        let args: Vec<_> = args.collect();
        let args = Fragment::new(|to| separated(&args, to));
        emit!(to, paths::generated(ident.span()); #this.#ident(#args));
    }
}

fn flow(flow: &Flow, register: &str, workflow: &Workflow, codecs: &mut Codecs) -> TokenStream {
    let method = &flow.method;
    let conditions = conditions(&method.attrs);
    let ident = &method.sig.ident;
    let name = ident.unraw().to_string();
    let span = paths::generated(ident.span());
    let about = describe(&method.summary);
    let timeout = timeout(flow.options.timeout.as_ref());
    let cache = flow.options.cache.as_ref().map(cache);
    let params = params(method, &input_codecs(method, &conditions, codecs));
    let returns = Returned::of(&method.output, &conditions, codecs);
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
    let params = params(&first.method, &input_codecs(&first.method, &[], codecs));
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

fn input_codecs(method: &Method, conditions: &[Attribute], codecs: &mut Codecs) -> Vec<Ident> {
    let inputs = method.inputs();
    inputs
        .map(|param| codecs.name(&param.ty, conditions, false))
        .collect()
}

fn params(method: &Method, codecs: &[Ident]) -> TokenStream {
    let params = method.inputs().zip(codecs).map(|(param, codec)| {
        let name = &param.name;
        quote!(__agno::param(#name, #codec()),)
    });
    let params: TokenStream = params.collect();
    quote!((#params))
}

fn pattern(method: &Method) -> TokenStream {
    let names = method.inputs().map(|param| &param.ident);
    quote!((#(#names,)*))
}

/// How what a method returns is split and stored.
struct Returned<'a> {
    output: &'a Output,
    codec: Ident,
}

impl<'a> Returned<'a> {
    fn of(output: &'a Output, conditions: &[Attribute], codecs: &mut Codecs) -> Self {
        let is_probed = matches!(&output.value, Type::Path(_)) && !output.fallible;
        Self {
            output,
            codec: codecs.name(&output.value, conditions, is_probed),
        }
    }
}

impl ToTokens for Returned<'_> {
    fn to_tokens(&self, to: &mut TokenStream) {
        let (value, codec) = (&self.output.value, &self.codec);
        match &self.output.whole {
            Some(whole) if self.output.fallible => {
                emit!(to, at(whole); <#whole as __agno::Fallible<_>>::returns(#codec));
            }
            _ => emit!(to, at(value); __agno::plain::<#value>(#codec())),
        }
    }
}

pub(super) fn describe(text: &str) -> Option<TokenStream> {
    (!text.is_empty()).then(|| quote!(.describe(#text)))
}

/// What a skipped step answers: the default of its output, which rustc asks for.
pub(super) fn stand_in(
    options: &StepOptions,
    output: &impl ToTokens,
    span: Span,
    returns: &impl ToTokens,
    to: &mut TokenStream,
) {
    if options.on_error() == Some("skip") {
        emit!(to, span; <#output as __agno::Skippable>::or_default(#returns));
    } else if options.on_reject() == Some("skip") {
        emit!(to, span; <#output as __agno::Rejectable>::or_default_if_rejected(#returns));
    } else {
        returns.to_tokens(to);
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
    let tags = cache.tags.as_ref().map(|set| {
        let tags = &set.value;
        quote!(.tags(#tags))
    });
    let revalidate = cache.stale_while_revalidate.as_ref();
    let revalidate = revalidate.map(|set| millis(set, "stale_while_revalidate"));
    let if_error = cache.stale_if_error.as_ref();
    let if_error = if_error.map(|set| millis(set, "stale_if_error"));
    let jitter = cache.jitter.as_ref().map(|set| {
        let jitter = set.value;
        quote!(.jitter(#jitter))
    });
    quote!(.cache(__agno::Cache::new() #ttl #key #scope #tags #revalidate #if_error #jitter))
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
