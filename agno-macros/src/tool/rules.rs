//! Every rule about the shape of a tool. Types are rustc's job.

use quote::ToTokens;
use syn::{FnArg, GenericParam, ReturnType, Safety, Type};

use super::read::{Param, Tool};
use crate::diag::{Diagnostics, list};
use crate::model::{ParamKind, borrow};
use crate::parse::methods::is_borrowed_input;
use crate::parse::options::plain_text;

/// What the program knows of the one it works for, and no model may say.
const IDENTITIES: [&str; 6] = [
    "user",
    "user_id",
    "session_id",
    "run_id",
    "tenant",
    "tenant_id",
];

/// Longest name that the services of models take.
const LONGEST_NAME: usize = 64;

const CONTEXT: &str = "a tool borrows its context; write `&ToolContext`";

pub(super) fn check(tool: &Tool, diag: &Diagnostics) {
    check_signature(tool, diag);
    if tool.sig.receiver().is_some() {
        // A method is no tool, and the rest is about tools.
        return;
    }
    check_name(tool, diag);
    check_options(tool, diag);
    if tool.description.is_empty() && !tool.options.describes {
        diag.at(
            tool.ident().span(),
            format!(
                "a model chooses a tool by its description; write `/// What it does.` above `{}`",
                function(tool)
            ),
        );
    }
    for param in &tool.params {
        check_param(param, diag);
        // Lifetimes of the function's own are the one mistake then.
        if tool.sig.generics.params.is_empty() {
            check_type(param, diag);
        }
    }
    check_identities(tool, diag);
    for kind in [ParamKind::State, ParamKind::Context] {
        if let Some(second) = tool.of_kind(kind).nth(1) {
            diag.over(
                &second.written.ty,
                if kind == ParamKind::State {
                    "a second `&mut` parameter; a session has one state, so make this one of its fields"
                } else {
                    "a second `&` parameter; there is one context, so remove this, or take it owned as an argument"
                },
            );
        }
    }
    if tool.sig.asyncness.is_none()
        && let Some(state) = tool.of_kind(ParamKind::State).next()
    {
        diag.over(
            &state.written.ty,
            format!(
                "a tool that changes the state is asynchronous; write `async fn {}`",
                tool.ident()
            ),
        );
    }
}

/// `fn search` or `async fn search`
fn function(tool: &Tool) -> String {
    let word = tool.sig.asyncness.map_or("", |_| "async ");
    format!("{word}fn {}", tool.ident())
}

fn check_signature(tool: &Tool, diag: &Diagnostics) {
    let sig = &tool.sig;
    if let Some(FnArg::Receiver(receiver)) = sig.inputs.first() {
        diag.over(
            receiver.self_token,
            "a tool stands outside of an impl block and takes no `self`; put what it needs into the agent and use `context.dependency::<T>()`",
        );
    }
    if let Some(param) = sig.generics.params.first() {
        diag.over(
            param,
            match param {
                GenericParam::Lifetime(_) => {
                    "a tool cannot have lifetimes; a model writes its arguments, so write owned types"
                }
                _ => "a tool cannot be generic, since a model is told the types; name the types",
            },
        );
    } else if let Some(clause) = &sig.generics.where_clause {
        diag.over(
            clause.where_token,
            "a tool cannot be generic, so it needs no conditions; remove them",
        );
    }
    if let Some(token) = &sig.constness {
        diag.over(token, "a tool runs when a model asks; remove `const`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        diag.over(
            token,
            "a tool cannot be `unsafe`; put the `unsafe` block in its body",
        );
    }
    if let Some(abi) = &sig.abi {
        diag.over(abi, "a tool is a plain Rust function; remove this");
    }
    let ReturnType::Type(_, answer) = &sig.output else {
        return;
    };
    if let Type::ImplTrait(ty) = &**answer {
        let advice = if plain_text(ty).contains("Future") {
            "write `async fn`"
        } else {
            "name the type"
        };
        diag.over(
            ty,
            format!(
                "the answer of a tool is shown to the model, so its type needs a name; {advice}"
            ),
        );
    } else if sig.generics.params.is_empty()
        && let Some(span) = borrow(answer)
    {
        diag.at(
            span,
            "the answer of a tool outlives the call; use an owned type, such as `String`",
        );
    }
}

fn check_name(tool: &Tool, diag: &Diagnostics) {
    let name = tool.name();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    let span = match &tool.options.name {
        Some(given) => given.span(),
        None => tool.ident().span(),
    };
    let other = if tool.options.name.is_some() {
        ""
    } else {
        "; write `#[tool(name = \"..\")]` to give it another"
    };
    if name.is_empty() {
        diag.at(
            span,
            "the name of a tool cannot be empty; write one or remove `name`",
        );
    } else if let Some(wrong) = name.chars().find(|c| !allowed(*c)) {
        diag.at(
            span,
            format!(
                "the name of a tool cannot hold {wrong:?}; use ASCII letters, digits, `_` and `-`{other}"
            ),
        );
    } else if !name.starts_with(starts) {
        diag.at(
            span,
            "the name of a tool cannot begin so; use a letter or `_`",
        );
    } else if name.len() > LONGEST_NAME {
        diag.at(
            span,
            format!(
                "this name has {} characters, and models take {LONGEST_NAME} at most; use a shorter one{other}",
                name.len()
            ),
        );
    }
}

fn check_options(tool: &Tool, diag: &Diagnostics) {
    let options = &tool.options;
    if let Some(empty) = options
        .confirm
        .as_ref()
        .filter(|question| question.value().trim().is_empty())
    {
        diag.at(
            empty.span(),
            "a person is asked this; write the question, such as `confirm = \"Send it?\"`",
        );
    }
    let Some(cache) = &options.cache else {
        return;
    };
    if options.not_idempotent.is_some() {
        diag.at(
            cache.span,
            "`idempotent = false` is for effects, which a cached answer would skip; remove `cache` or `idempotent`",
        );
    }
    if tool.of_kind(ParamKind::State).next().is_some() {
        diag.at(
            cache.span,
            format!(
                "`{}` changes the state, which a cached answer would skip; remove `cache`, or the `&mut` parameter",
                tool.ident()
            ),
        );
    }
}

fn check_param(param: &Param, diag: &Diagnostics) {
    if let Some(condition) = conditional(param) {
        diag.over(
            condition,
            "a parameter of a tool cannot be conditional; put `#[cfg(..)]` on the function",
        );
    }
    let Some(ident) = &param.ident else {
        diag.over(
            &param.written.pat,
            "give this parameter a name, by which the model knows it, and take it apart in the body",
        );
        return;
    };
    if param.kind == ParamKind::Input {
        if param.description().is_empty() && !param.is_flat() {
            diag.at(
                ident.span(),
                format!(
                    "a model is told of an argument by its doc comment; write `/// What it is.` above `{ident}`"
                ),
            );
        }
    } else if let Some(attr) = param.moved().next() {
        diag.over(
            attr.path(),
            "a model does not write this parameter, so there is nothing to describe; remove the attribute",
        );
    }
}

fn conditional(param: &Param) -> Option<&syn::Attribute> {
    let attrs = &param.written.attrs;
    attrs
        .iter()
        .find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
}

fn check_type(param: &Param, diag: &Diagnostics) {
    match (&*param.written.ty, param.kind) {
        (Type::Reference(reference), ParamKind::Input) if is_borrowed_input(&reference.elem) => {
            diag.over(
                &param.written.ty,
                format!(
                    "an argument is what a model wrote, so it is owned; write `{}`",
                    owned(&reference.elem)
                ),
            );
        }
        (Type::Reference(reference), ParamKind::Context)
            if reference.mutability.is_some() || is_named(&reference.elem, "StepContext") =>
        {
            diag.over(&param.written.ty, CONTEXT);
        }
        (Type::Reference(reference), _) => {
            if let Some(lifetime) = &reference.lifetime {
                diag.over(
                    lifetime,
                    "remove this lifetime; the reference lasts as long as the call",
                );
            }
        }
        (owned, ParamKind::Context) => diag.over(owned, CONTEXT),
        (Type::ImplTrait(ty), _) => {
            diag.over(ty, "a model is told the type of an argument; name the type")
        }
        (other, _) => {
            if let Some(span) = borrow(other) {
                diag.at(
                    span,
                    "an argument is what a model wrote, so it cannot borrow; use an owned type",
                );
            }
        }
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == name)
}

fn owned(ty: &Type) -> String {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", plain_text(&slice.elem)),
        other => plain_text(other.to_token_stream()),
    }
}

/// Text from outside can make a model write any name, so it never says who somebody is.
fn check_identities(tool: &Tool, diag: &Diagnostics) {
    let mut names = tool.arguments().flat_map(Param::names);
    let identities = names.by_ref().filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        IDENTITIES.contains(&name.as_str())
    });
    let identities: Vec<_> = identities.collect();
    if let Some(allowed) = tool.options.allow_identity {
        if identities.is_empty() {
            diag.at(
                allowed,
                format!(
                    "no argument is called {}, so there is nothing to allow; remove this",
                    list(IDENTITIES)
                ),
            );
        }
        return;
    }
    for (name, span) in identities {
        diag.at(
            span,
            format!(
                "nothing that identifies a user is ever taken from what a model writes; remove `{name}` and use {}",
                source(&name)
            ),
        );
    }
}

/// Where the program's own answer is.
fn source(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "session_id" => "`context.session_id()`",
        "run_id" => "`context.step()`",
        "tenant" | "tenant_id" => "`context.dependency::<T>()`",
        _ => "`context.user_id()`",
    }
}
