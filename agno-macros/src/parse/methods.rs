//! From an impl block to the model.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItem, ImplItemFn, ItemFn, ItemImpl, Pat, PatType,
    PathArguments, ReturnType, Signature, Stmt, Type, TypePath, TypeTuple, parse_quote,
};

use super::options::Options;
use super::strip::{self, Impl, regroup};
use super::{attributes, nesting, step, table};
use crate::diag::Diagnostics;
use crate::flow::aliases;
use crate::model::{
    Flow, Method, Names, Output, Param, ParamKind, Step, Stripped, Workflow, mentions,
};

/// The model of an impl block. Nothing when the block cannot be read at all; the reason is then reported.
pub(crate) fn workflow(args: TokenStream, parts: &Impl, diag: &Diagnostics) -> Option<Workflow> {
    let before = diag.count();
    let options = Options::read(args, &table::IMPL, diag);
    let krate = options.get("crate").and_then(|option| option.path(diag));
    let state = options.get("state").and_then(|option| option.ty(diag));
    let is_state_unclear = state.is_none() && diag.count() > before;
    let mut item = match read(parts) {
        Ok(item) => item,
        Err(error) => {
            diag.push(error);
            return None;
        }
    };
    if let Some((path, _)) = &item.trait_ {
        diag.over(
            path,
            "`#[workflow]` goes on the impl block with the steps, not on the impl of a trait",
        );
        return None;
    }
    // The struct has the error.
    if is_of_parameters(&item) {
        return None;
    }
    if let Some(param) = item.generics.params.first() {
        diag.over(
            param,
            "a workflow cannot be generic; put what varies in a field, such as `Arc<dyn Trait + Send + Sync>`",
        );
        return None;
    }
    if let Some(clause) = &item.generics.where_clause {
        diag.at(
            clause.where_token.span,
            "a workflow cannot be generic, so it needs no conditions; remove them",
        );
    }
    ungroup(&mut item.self_ty);
    let Some(ident) = last_segment(&item.self_ty) else {
        diag.over(&item.self_ty, "a workflow is a struct; write `impl Name`");
        return None;
    };
    let mut steps = Vec::new();
    let mut flows = Vec::new();
    let mut unmarked = Vec::new();
    let mut functions = Vec::new();
    let mut places = 0..;
    for item in item.items {
        let mut function = match item {
            ImplItem::Fn(function) => function,
            ImplItem::Const(item) => {
                no_method(item.attrs, diag);
                continue;
            }
            ImplItem::Type(item) => {
                no_method(item.attrs, diag);
                continue;
            }
            ImplItem::Macro(item) => {
                no_method(item.attrs, diag);
                continue;
            }
            _ => continue,
        };
        let body = number(&function).or_else(|| places.next());
        ungroup_types(&mut function.sig);
        let markers = take_markers(&mut function.attrs);
        for extra in markers.iter().skip(1) {
            diag.over(
                extra,
                "a method is either a `#[step]` or a `#[flow]`, once; remove one of them",
            );
        }
        // Of several, the one that the signature fits: what the other says of it is no second mistake.
        let is_method = function.sig.receiver().is_some();
        let fitting = markers
            .iter()
            .find(|marker| is_named(marker, "step") == is_method)
            .or_else(|| markers.first());
        let Some(marker) = fitting.cloned() else {
            hidden_marker(&function.attrs, "method", diag);
            if is_method {
                unmarked.push(read_method(None, function, body, &ident, false));
            } else {
                functions.push(read_method(None, function, body, &ident, true));
            }
            continue;
        };
        let takes_flow = matches!(function.sig.inputs.first(), Some(FnArg::Typed(first)) if is_borrowed_flow(&first.ty));
        if is_named(&marker, "step") && takes_flow && markers.len() == 1 {
            diag.over(
                marker.path(),
                format!(
                    "what takes the flow is a flow; write `#[flow]` above `fn {}`",
                    function.sig.ident
                ),
            );
            // Options of a step are no second mistake.
            let marker: Attribute = parse_quote!(#[flow]);
            flows.push(read_flow(&marker, function, body, &ident, parts, diag));
        } else if is_named(&marker, "step") {
            steps.push(read_step(&marker, function, body, &ident, diag));
        } else {
            flows.push(read_flow(&marker, function, body, &ident, parts, diag));
        }
    }
    Some(Workflow {
        names: Names::new(&steps, &flows, &unmarked),
        self_ty: *item.self_ty,
        ident,
        state,
        is_state_unclear,
        krate,
        steps,
        flows,
        unmarked,
        functions,
    })
}

/// The block as syntax. A method has its body by its place among the methods; with its number in it, where there are
/// other bodies than those of methods.
fn read(parts: &Impl) -> syn::Result<ItemImpl> {
    let item: ItemImpl = nesting::parse(parts.skeleton.clone())?;
    let methods = || {
        item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
    };
    let is_plain = methods().count() == parts.bodies.len();
    if is_plain || methods().all(|method| !method.block.stmts.is_empty()) {
        return Ok(item);
    }
    nesting::parse(strip::numbered(parts.skeleton.clone()))
}

/// A marker is taken out wherever it stands, and would mean nothing here.
fn no_method(mut attrs: Vec<Attribute>, diag: &Diagnostics) {
    for marker in take_markers(&mut attrs) {
        let name = if is_named(&marker, "step") {
            "step"
        } else {
            "flow"
        };
        diag.over(&marker, format!("`#[{name}]` goes on a method; remove it"));
    }
}

fn read_step(
    marker: &Attribute,
    function: ImplItemFn,
    body: Option<usize>,
    this: &Ident,
    diag: &Diagnostics,
) -> Step {
    let (options, name) = step::step(marker, diag);
    let method = read_method(Some(marker), function, body, this, false);
    let (name, name_span) = match name {
        Some(set) => (set.value, set.span),
        None => (method.sig.ident.unraw().to_string(), method.span()),
    };
    Step {
        method,
        name,
        name_span,
        options,
    }
}

fn read_flow(
    marker: &Attribute,
    function: ImplItemFn,
    body: Option<usize>,
    this: &Ident,
    parts: &Impl,
    diag: &Diagnostics,
) -> Flow {
    let options = step::flow(marker, diag);
    let flow = match function.sig.inputs.first() {
        Some(FnArg::Typed(first)) => binding(&first.pat),
        _ => None,
    };
    let method = read_method(Some(marker), function, body, this, true);
    let braces = method.body.and_then(|number| parts.bodies.get(number));
    let braces = braces.filter(|braces| nesting::is_readable(braces.stream(), diag));
    let source = braces.and_then(|braces| {
        // Only the body matters to the readers, so the function around it is ours. A body that does not parse
        // is half typed: rustc says so, and the graph is empty until then.
        let body = TokenTree::Group(regroup(braces, braces.stream()));
        let mut tokens: TokenStream = parse_quote!(fn body());
        tokens.extend([body]);
        syn::parse2::<ItemFn>(tokens).ok()
    });
    let stripped = braces.filter(|_| parts.may_allow).and_then(|braces| {
        strip::without_allowances(braces.stream()).map(|body| Stripped {
            body,
            marker: strip::allowances(braces.stream()).into_iter().next(),
        })
    });
    let aliases = match (&flow, &source) {
        (Some(flow), Some(source)) => aliases::read(&source.block, flow),
        _ => Vec::new(),
    };
    Flow {
        method,
        flow,
        aliases,
        options,
        source,
        stripped,
    }
}

fn read_method(
    marker: Option<&Attribute>,
    function: ImplItemFn,
    body: Option<usize>,
    this: &Ident,
    is_flow: bool,
) -> Method {
    let skipped =
        usize::from(is_flow && matches!(function.sig.inputs.first(), Some(FnArg::Typed(_))));
    let has_receiver = function.sig.receiver().is_some();
    let params = function
        .sig
        .inputs
        .iter()
        .skip(skipped)
        .filter_map(|arg| match arg {
            FnArg::Typed(written) => Some(read_param(written, this, is_flow)),
            FnArg::Receiver(_) => None,
        })
        .map(
            |param| match is_flow && has_receiver && is_borrowed_flow(&param.written.ty) {
                // The `self` before it has the error; a caller hands in neither.
                true => Param {
                    kind: ParamKind::Context,
                    ..param
                },
                false => param,
            },
        )
        .collect();
    let output = read_output(&function.sig.output, this, function.sig.ident.span());
    Method {
        body,
        summary: attributes::summary(&function.attrs),
        attrs: function.attrs,
        vis: function.vis,
        marker: marker.map(|marker| marker.path().clone()),
        params,
        output,
        sig: function.sig,
    }
}

fn read_param(written: &PatType, this: &Ident, is_flow: bool) -> Param {
    let ident = binding(&written.pat);
    let (kind, ty) = match &*written.ty {
        // Whatever its reference, the context is meant; the rules ask for `&`.
        Type::Reference(reference) if !is_flow && is_context(&reference.elem) => {
            (ParamKind::Context, &*reference.elem)
        }
        owned if !is_flow && is_context(owned) => (ParamKind::Context, owned),
        Type::Reference(reference) if !is_flow => match (&reference.mutability, &*reference.elem) {
            (Some(_), elem) => (ParamKind::State, elem),
            // Perhaps the context under another name, which rustc knows; and a flow has a rule of its own.
            (None, elem) if is_borrowed_flow(&written.ty) || is_named_context(elem) => {
                (ParamKind::Context, elem)
            }
            // A borrowed input: the rules say so.
            (None, _) => (ParamKind::Input, &*written.ty),
        },
        owned => (ParamKind::Input, owned),
    };
    Param {
        name: ident
            .as_ref()
            .map(|ident| ident.unraw().to_string())
            .unwrap_or_default(),
        ident,
        kind,
        ty: without_self(ty, this),
        written: written.clone(),
    }
}

/// The types of a signature without the groups that `macro_rules!` puts around the fragment `$ty:ty`.
pub(crate) fn ungroup_types(sig: &mut Signature) {
    for input in &mut sig.inputs {
        if let FnArg::Typed(typed) = input {
            ungroup(&mut typed.ty);
        }
    }
    if let ReturnType::Type(_, ty) = &mut sig.output {
        ungroup(ty);
    }
}

fn ungroup(ty: &mut Type) {
    while let Type::Group(group) = ty {
        *ty = (*group.elem).clone();
    }
    if let Type::Reference(reference) = ty {
        ungroup(&mut reference.elem);
    }
}

/// `&Flow<Self>`
pub(crate) fn is_borrowed_flow(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    let last = match &*reference.elem {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    last.is_some_and(|last| last.ident == "Flow")
}

/// `Context`, `Ctx`, ..: a name under which somebody may mean the context.
fn is_named_context(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| {
        let name = last.ident.to_string();
        name.ends_with("Context") || name.ends_with("Ctx")
    })
}

/// `StepContext`, `agno::StepContext`
fn is_context(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "StepContext")
}

/// `str`, `[T]`, `dyn Trait`, ..: nobody means the context by these.
pub(crate) fn is_borrowed_input(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.is_ident("str"),
        _ => true,
    }
}

fn binding(pat: &Pat) -> Option<Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        _ => None,
    }
}

/// `T` and `Result<T, ..>` are told apart by the last segment: serde serialises `Result`, so no trait can.
fn read_output(output: &ReturnType, this: &Ident, name: Span) -> Output {
    let unit = || {
        Type::Tuple(TypeTuple {
            attrs: Vec::new(),
            paren_token: syn::token::Paren(name),
            elems: Punctuated::new(),
        })
    };
    let ReturnType::Type(_, written) = output else {
        return Output {
            whole: None,
            value: unit(),
            fallible: false,
        };
    };
    let whole = without_self(written, this);
    let last = match &whole {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    match last {
        Some(segment) if segment.ident == "Result" => {
            let value = match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(ty) => Some(ty.clone()),
                        _ => None,
                    })
                }
                _ => None,
            };
            Output {
                value: value.unwrap_or_else(unit),
                whole: Some(whole),
                fallible: true,
            }
        }
        _ => Output {
            value: whole.clone(),
            whole: Some(whole),
            fallible: false,
        },
    }
}

/// The type with `Self` spelled out, since what is generated stands outside of the impl.
pub(super) fn without_self(ty: &Type, this: &Ident) -> Type {
    if !mentions(ty, "Self") {
        return ty.clone();
    }
    syn::parse2(replace_self(ty.to_token_stream(), this)).unwrap_or_else(|_| ty.clone())
}

fn replace_self(tokens: TokenStream, this: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut this = this.clone();
                this.set_span(ident.span());
                TokenTree::Ident(this)
            }
            TokenTree::Group(group) => {
                let inner = replace_self(group.stream(), this);
                TokenTree::Group(regroup(&group, inner))
            }
            other => other,
        })
        .collect()
}

/// `impl<C> Desk<C>`, `impl Desk<'_>`
pub(crate) fn is_of_parameters(item: &ItemImpl) -> bool {
    let Type::Path(ty) = &*item.self_ty else {
        return false;
    };
    let last = ty.path.segments.last();
    let Some(PathArguments::AngleBracketed(arguments)) = last.map(|last| &last.arguments) else {
        return false;
    };
    let is_elided = |argument: &GenericArgument| matches!(argument, GenericArgument::Lifetime(name) if name.ident == "_");
    !item.generics.params.is_empty() || arguments.args.iter().all(is_elided)
}

pub(crate) fn last_segment(ty: &Type) -> Option<Ident> {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return None;
    };
    let last = path.segments.last()?;
    last.arguments.is_none().then(|| last.ident.clone())
}

pub(super) fn is_named(attr: &Attribute, name: &str) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

pub(super) fn take_markers(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let (markers, others) = std::mem::take(attrs)
        .into_iter()
        .partition(|attr| is_named(attr, "step") || is_named(attr, "flow"));
    *attrs = others;
    markers
}

/// `#[cfg_attr(.., step)]` is still unread when this macro runs, and would be a step that nobody sees.
pub(super) fn hidden_marker(attrs: &[Attribute], on: &str, diag: &Diagnostics) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cfg_attr")) {
        let syn::Meta::List(meta) = &attr.meta else {
            continue;
        };
        let hidden = meta.tokens.clone().into_iter().find(
            |token| matches!(token, TokenTree::Ident(ident) if ident == "step" || ident == "flow"),
        );
        if let Some(hidden) = hidden {
            diag.at(
                hidden.span(),
                format!("`{hidden}` cannot stand in `cfg_attr`; write `#[{hidden}]`, and `#[cfg(..)]` on the {on}"),
            );
        }
    }
}

/// What [`strip::numbered`] put into a body.
fn number(function: &ImplItemFn) -> Option<usize> {
    match function.block.stmts.first() {
        Some(Stmt::Expr(syn::Expr::Lit(literal), None)) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
