//! Receiver, parameters and types, as far as their tokens tell.

use quote::ToTokens;
use syn::{FnArg, ReceiverKind, Safety, Signature, Type};

use super::MOST_INPUTS;
use super::types;
use crate::diag::Diagnostics;
use crate::model::{Method, Param, ParamKind, Workflow, borrow, type_key};
use crate::parse::attributes::conditions;
use crate::parse::options::plain_text;

const CONTEXT: &str = "a step borrows its context; write `&StepContext`";

pub(super) fn check_receiver(sig: &Signature, diag: &Diagnostics) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else {
        diag.at(
            sig.ident.span(),
            format!("a step is a method; write `fn {}(&self, ..)`", sig.ident),
        );
        return;
    };
    let state = "a step takes `&self`, since others run at the same time; \
                 for what it changes write `#[workflow(state = ..)]` and a `&mut` parameter";
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, None) => {
            if let Some(lifetime) = lifetime {
                diag.over(lifetime, "a step takes `&self`; remove the lifetime");
            }
        }
        ReceiverKind::Reference(_, _, Some(mutable)) => diag.over(mutable, state),
        ReceiverKind::Value => diag.over(
            receiver.self_token,
            "write `&self`; a step runs again after a crash, so it cannot use the workflow up",
        ),
        _ => diag.over(receiver, "a step takes `&self`"),
    }
}

pub(super) fn check_signature(sig: &Signature, kind: &str, diag: &Diagnostics) {
    if let Some(param) = sig.generics.params.first() {
        diag.over(
            param,
            match param {
                syn::GenericParam::Lifetime(_) => {
                    format!(
                        "a {kind} cannot have lifetimes; its values are stored, so write owned types"
                    )
                }
                _ => format!(
                    "a {kind} cannot be generic, since its values are stored; name the types"
                ),
            },
        );
    } else if let Some(clause) = &sig.generics.where_clause {
        diag.at(
            clause.where_token.span,
            format!("a {kind} cannot be generic, so it needs no conditions; remove them"),
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        diag.over(
            token,
            format!("a {kind} cannot be `unsafe`; put the `unsafe` block in its body"),
        );
    }
    if let Some(abi) = &sig.abi {
        diag.over(
            abi,
            format!("a {kind} is a plain Rust function; remove this"),
        );
    }
    if let syn::ReturnType::Type(_, ty) = &sig.output {
        let value = match types::value_of_result(ty) {
            Some(value @ Type::Reference(_)) => value,
            _ => ty,
        };
        check_stored_type(value, kind, "output", diag);
        types::check_error(ty, diag);
    }
}

/// An input must be stored, and a copy of it be as good.
pub(super) fn check_input_type(ty: &Type, kind: &str, diag: &Diagnostics) {
    match types::shared(ty) {
        Some(shared) if borrow(ty).is_none() => diag.over(
            shared,
            format!(
                "an input is stored, so a {kind} gets a copy of it; put what is shared into a field, what changes into the state"
            ),
        ),
        _ => check_stored_type(ty, kind, "input", diag),
    }
}

/// What is stored must own its parts and have a name.
pub(super) fn check_stored_type(ty: &Type, kind: &str, role: &str, diag: &Diagnostics) {
    match ty {
        Type::ImplTrait(ty) => {
            let futures = plain_text(ty).contains("Future");
            let advice = if futures {
                "write `async fn`"
            } else {
                "name the type"
            };
            diag.over(
                ty,
                format!("the {role} of a {kind} is stored, so it needs a name; {advice}"),
            );
        }
        Type::Reference(reference) => diag.over(
            ty,
            format!(
                "the {role} of a {kind} is stored, so it must be owned; write `{}`",
                owned(&reference.elem)
            ),
        ),
        _ => {
            if let Some(reference) = types::lasting(ty) {
                diag.over(
                    reference,
                    format!(
                        "the {role} of a {kind} is stored, so all of it must be owned; write `{}`",
                        owned(&reference.elem)
                    ),
                );
            } else if let Some(span) = borrow(ty) {
                diag.at(
                    span,
                    format!(
                        "the {role} of a {kind} is stored, so it cannot borrow; use an owned type"
                    ),
                );
            }
        }
    }
}

fn owned(ty: &Type) -> String {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", plain_text(&slice.elem)),
        other => plain_text(other),
    }
}

pub(super) fn check_params(method: &Method, workflow: &Workflow, diag: &Diagnostics) {
    let name = &method.sig.ident;
    let state = copied_state(method, workflow).map(|param| param as *const Param);
    for param in &method.params {
        if param.ident.is_none() {
            diag.over(
                &param.written.pat,
                "give this parameter a name, under which it is recorded, and take it apart in the body",
            );
        }
        if let Some(condition) = conditions(&param.written.attrs).first() {
            diag.over(
                condition,
                "a parameter cannot have a `#[cfg(..)]`; put it on the method",
            );
        }
        // Lifetimes of the step's own are the one mistake then.
        let is_plain = method.sig.generics.params.is_empty();
        // Of the state `check_state` says more.
        if is_plain && !state.is_some_and(|state| std::ptr::eq(state, param)) {
            check_param_type(param, diag);
        }
    }
    if let Some(extra) = method.inputs().nth(MOST_INPUTS) {
        diag.over(
            extra.written.pat.to_token_stream(),
            format!(
                "`{name}` takes {} inputs, and {MOST_INPUTS} is the most; group them in a struct",
                method.inputs().count()
            ),
        );
    }
    // Whoever takes the flow means to be one: what else is borrowed says nothing.
    if method.params.iter().any(takes_flow) {
        return;
    }
    for kind in [ParamKind::State, ParamKind::Context] {
        let mut same = method.params.iter().filter(|param| param.kind == kind);
        if let (Some(_), Some(second)) = (same.next(), same.next()) {
            let message = if kind == ParamKind::State {
                let ty = plain_text(&second.ty);
                format!(
                    "a second `&mut` parameter; a workflow has one state, so make this one of its fields, or an input: write `{ty}`"
                )
            } else {
                "a second `&` parameter; there is one context, and inputs are taken owned"
                    .to_owned()
            };
            diag.over(&second.written.ty, message);
        }
    }
}

fn takes_flow(param: &Param) -> bool {
    types::is_flow(&param.written.ty)
}

fn check_param_type(param: &Param, diag: &Diagnostics) {
    if takes_flow(param) {
        diag.over(
            &param.written.ty,
            "what calls steps is a `#[flow]`; write `#[flow]` on this method and `flow: &Flow<Self>` instead of `&self`, \
             or remove this",
        );
        return;
    }
    match (&*param.written.ty, param.kind) {
        (Type::Reference(_), ParamKind::Input) => {
            check_stored_type(&param.written.ty, "step", "input", diag);
        }
        (Type::Reference(reference), ParamKind::Context) if reference.mutability.is_some() => {
            diag.over(&param.written.ty, CONTEXT);
        }
        (Type::Reference(reference), _) => {
            if let Some(lifetime) = &reference.lifetime {
                diag.over(
                    lifetime,
                    "remove this lifetime; the reference lasts as long as the step",
                );
            }
        }
        (owned, ParamKind::Context) => diag.over(owned, CONTEXT),
        (owned, _) => check_input_type(owned, "step", diag),
    }
}

/// The state as an input: by value its caller hands in a copy, and nothing brings a change back.
pub(crate) fn copied_state<'a>(method: &'a Method, workflow: &Workflow) -> Option<&'a Param> {
    let key = type_key(workflow.state.as_ref()?, &[]);
    let mut inputs = method.inputs();
    inputs.find(|param| type_key(behind_reference(&param.ty), &[]) == key)
}

fn behind_reference(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => &reference.elem,
        owned => owned,
    }
}

pub(super) fn check_state(method: &Method, workflow: &Workflow, diag: &Diagnostics) {
    if let Some(param) = copied_state(method, workflow) {
        let (name, ty) = (&param.name, plain_text(behind_reference(&param.ty)));
        let message = match &param.ty {
            Type::Reference(_) => format!(
                "a step takes the state as `&mut`, also when it only reads it; write `&mut {ty}`"
            ),
            _ => format!(
                "a step that takes the state by value changes a copy of it; write `{name}: &mut {ty}`, which no caller hands in"
            ),
        };
        diag.over(&param.written.ty, message);
    }
    let is_declared = workflow.state.is_some() || workflow.is_state_unclear;
    let undeclared = method.state().filter(|_| !is_declared);
    if let Some(param) = undeclared.filter(|param| !takes_flow(param)) {
        let ty = plain_text(&param.ty);
        diag.over(
            &param.written.ty,
            format!(
                "`&mut` means the state, and this workflow declares none; write `#[workflow(state = {ty})]` on the impl block"
            ),
        );
    }
}
