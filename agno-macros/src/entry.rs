//! The macros on `proc_macro2` tokens, so that tests can call them in process.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::copies;
use crate::diag::Diagnostics;
use crate::expand::{self, declaration::declaration, lints, shared};
use crate::fallback;
use crate::flow::{in_steps, lint, made_errors, plain, reader, text_errors};
use crate::model::{Declaration, Workflow};
use crate::parse::fields::{self, Parsed};
use crate::parse::head::{self, Head};
use crate::parse::options::Options;
use crate::parse::{attributes, half_typed, methods, strip, table};
use crate::stray;
pub(crate) use crate::stray::stray;
use crate::validate;

/// `#[workflow]`
pub(crate) fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    let head = head::read(&item);
    match head.keyword.as_ref().map(ToString::to_string).as_deref() {
        Some("struct") => on_struct(args, item, &head),
        Some("impl") => on_impl(args, item, &head),
        _ => {
            let diag = Diagnostics::new();
            let what = "`#[workflow]` goes on a struct and on its impl block";
            match &head.keyword {
                Some(keyword) => diag.at(keyword.span(), format!("{what}, not on `{keyword}`")),
                None => diag.over(&item, what),
            }
            let errors = diag.finish();
            quote!(#item #errors)
        }
    }
}

fn on_struct(args: TokenStream, item: TokenStream, head: &Head) -> TokenStream {
    let diag = Diagnostics::new();
    let parsed = fields::read(item.clone(), &diag);
    let item = match parsed.is_marked {
        true => strip::without_field_markers(item),
        false => item,
    };
    validate::fields(&parsed.steps, &diag);
    let unshared = validate::unshared::fields(&item, &diag);
    let item = unshared.unwrap_or(item);
    let Some(model) = read_struct(args.clone(), head, parsed, &diag) else {
        let errors = diag.finish();
        let expanded = fallback::generic(args, head, &item);
        return quote!(#item #errors #expanded);
    };
    let errors = diag.finish();
    let item = match errors.is_empty() {
        true => shared::fields(&item, model.krate.as_ref()).unwrap_or(item),
        false => item,
    };
    let expanded = declaration(&model, errors.is_empty());
    quote!(#item #errors #expanded)
}

fn read_struct(
    args: TokenStream,
    head: &Head,
    parsed: Parsed,
    diag: &Diagnostics,
) -> Option<Declaration> {
    let table = match parsed.is_marked {
        true => &table::STRUCT_OF_STEPS,
        false => &table::STRUCT,
    };
    let options = Options::read(args, table, diag);
    let ident = head.name.clone()?;
    let name = options.get("name").and_then(|option| option.text(diag));
    if let Some(empty) = name.as_ref().filter(|name| name.value().trim().is_empty()) {
        diag.at(empty.span(), "the name of a workflow cannot be empty");
    }
    let version = options
        .get("version")
        .and_then(|option| option.integer(diag));
    if let Some(zero) = version.as_ref().filter(|version| version.value == 0) {
        diag.at(zero.span, "versions count from 1");
    }
    let drift = options
        .get("on_drift")
        .and_then(|option| option.choice(diag, &["fail", "rerun"]));
    let krate = options.get("crate").and_then(|option| option.path(diag));
    let state = options.get("state").and_then(|option| option.ty(diag));
    if head.generics.is_some() {
        return None;
    }
    Some(Declaration {
        name: name.map_or_else(|| ident.unraw().to_string(), |name| name.value()),
        ident,
        description: attributes::description(&head.attrs),
        version: version.map_or(1, |version| version.value),
        rerun_on_drift: drift.is_some_and(|drift| drift.value == "rerun"),
        krate,
        state,
        steps: parsed.steps,
        fields: parsed.fields,
    })
}

fn on_impl(args: TokenStream, item: TokenStream, head: &Head) -> TokenStream {
    let diag = Diagnostics::new();
    let parts = strip::split(item);
    let Some(mut model) = methods::workflow(args.clone(), &parts, &diag) else {
        let (item, errors) = (&parts.emitted, diag.finish());
        let expanded = match half_typed(args.clone(), &parts) {
            Some(model) => fallback::workflow(&model),
            None => fallback::unreadable(args.clone(), head, &parts.skeleton),
        };
        // What it says of a type with an error would be errors as well.
        let off = fallback::is_generic(&parts.skeleton).then(|| quote!(#[cfg(any())]));
        let expanded = match fallback::of_generic(args, &parts.skeleton) {
            Some(marked) => quote!(#expanded #marked),
            None => expanded,
        };
        return quote!(#off #item #errors #expanded);
    };
    let graph = reader::read(&model);
    validate::workflow(&model, &graph, &diag);
    let attributes = validate::attributes::check(&model, &diag);
    let mut mends = lint::check(&model, &diag);
    mends.extend(plain::forgotten_entry(&model, &parts, &diag));
    mends.extend(text_errors::check(&model, &parts, &diag));
    mends.extend(made_errors::check(&model, &parts, &diag));
    mends.extend(in_steps::check(&model, &parts, &diag));
    let outside = stray::allowances(&parts, &model, &diag);
    let errors = diag.finish();
    let item = without_allowances(parts.emitted.clone(), &model);
    let lints = lints::asked_for();
    if errors.is_empty() {
        let expanded = expand::workflow(&model, &graph, &parts);
        return quote!(#lints #item #expanded);
    }
    let item = strip::without_attributes_at(item, &attributes);
    let item = fallback::without_allowances(item, &outside);
    let item = fallback::mended(item, &model, &mends);
    let item = fallback::told_apart(item, &model);
    let item = fallback::with_flows_of_somebody(item, &model);
    let sent = fallback::with_errors_that_are_sent(&item, &model);
    // Nothing that was written is lost.
    let written = sent.is_some().then(|| quote!(#[cfg(any())] #item));
    let item = sent.as_ref().unwrap_or(&item);
    copies::leave_out(&mut model, &parts.emitted);
    let expanded = fallback::workflow(&model);
    // What the mistake leaves unused is no second thing to read about.
    quote!(#written #[allow(unexpected_cfgs, unused)] #item #errors #expanded)
}

/// What can be read of an impl block that cannot be read whole. That is already an error, and enough of one.
fn half_typed(args: TokenStream, parts: &strip::Impl) -> Option<Workflow> {
    let diag = Diagnostics::new();
    let readable = half_typed::readable(parts);
    let model = readable.and_then(|readable| methods::workflow(args, &readable, &diag));
    let _ = diag.finish();
    model
}

/// The impl block without `#[allow_in_flow]`, which has been read.
fn without_allowances(item: TokenStream, workflow: &Workflow) -> TokenStream {
    if workflow.flows.iter().all(|flow| flow.stripped.is_none()) {
        return item;
    }
    strip::change_bodies(item, |body, _| {
        let stripped = workflow.flow_of(body)?.stripped.as_ref()?;
        Some(stripped.body.clone())
    })
}
