//! From a function to the model of a tool. Nothing here stops at the first mistake.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, ItemFn, LitStr, Pat, PatType, Path, Signature, Type, Visibility};

use crate::diag::Diagnostics;
use crate::model::ParamKind;
use crate::parse::attributes::{conditions, description};
use crate::parse::methods::{is_borrowed_input, ungroup_types};
use crate::parse::nesting;
use crate::parse::options::{Options, Set};
use crate::parse::table;

pub(super) struct Tool {
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) conditions: Vec<Attribute>,
    pub(super) description: String,
    pub(super) params: Vec<Param>,
    pub(super) options: ToolOptions,
}

impl Tool {
    pub(super) fn ident(&self) -> &Ident {
        &self.sig.ident
    }

    /// The name under which a model calls it.
    pub(super) fn name(&self) -> String {
        match &self.options.name {
            Some(name) => name.value(),
            None => self.sig.ident.unraw().to_string(),
        }
    }

    pub(super) fn arguments(&self) -> impl Iterator<Item = &Param> {
        self.of_kind(ParamKind::Input)
    }

    pub(super) fn of_kind(&self, kind: ParamKind) -> impl Iterator<Item = &Param> {
        self.params.iter().filter(move |param| param.kind == kind)
    }
}

pub(super) struct Param {
    /// Nothing for a pattern, which is an error.
    pub(super) ident: Option<Ident>,
    pub(super) kind: ParamKind,
    /// The type behind the reference.
    pub(super) ty: Type,
    pub(super) written: PatType,
}

impl Param {
    /// `#[serde(..)]` and `#[schemars(..)]`
    pub(super) fn moved(&self) -> impl Iterator<Item = &Attribute> {
        let attrs = self.written.attrs.iter();
        attrs.filter(|attr| attr.path().is_ident("serde") || attr.path().is_ident("schemars"))
    }

    pub(super) fn description(&self) -> String {
        description(&self.written.attrs)
    }

    /// Whether functions of the user's say how it is read or described; its type then needs nothing.
    pub(super) fn has_own_codec(&self) -> bool {
        self.moved().any(|attr| {
            ["with", "deserialize_with", "schema_with"]
                .iter()
                .any(|name| mentions(attr.meta.to_token_stream(), name))
        })
    }

    /// Whether its fields are arguments in its place.
    pub(super) fn is_flat(&self) -> bool {
        self.moved()
            .any(|attr| mentions(attr.meta.to_token_stream(), "flatten"))
    }

    /// The names that a model may write for it, with the tokens that say so.
    pub(super) fn names(&self) -> Vec<(String, Span)> {
        let own = self.ident.iter();
        let own = own.map(|ident| (ident.unraw().to_string(), ident.span()));
        let mut names: Vec<_> = own.collect();
        for attr in self.moved() {
            texts(attr.meta.to_token_stream(), &mut names);
        }
        names
    }
}

#[derive(Default)]
pub(super) struct ToolOptions {
    pub(super) name: Option<LitStr>,
    pub(super) timeout: Option<Set<u64>>,
    pub(super) cache: Option<Cache>,
    /// Where it says `idempotent = false`.
    pub(super) not_idempotent: Option<Span>,
    pub(super) confirm: Option<LitStr>,
    pub(super) allow_identity: Option<Span>,
    pub(super) krate: Option<Path>,
    /// The description is given as an option, which is the one mistake then.
    pub(super) describes: bool,
}

pub(super) struct Cache {
    pub(super) span: Span,
    pub(super) ttl: Option<Set<u64>>,
}

/// The model of a function. Nothing when it cannot be read; the reason is then reported.
pub(super) fn tool(args: TokenStream, skeleton: TokenStream, diag: &Diagnostics) -> Option<Tool> {
    let options = options(args, diag);
    let mut function: ItemFn = match nesting::parse(skeleton) {
        Ok(function) => function,
        Err(error) => {
            diag.push(error);
            return None;
        }
    };
    ungroup_types(&mut function.sig);
    let params = function.sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(written) => Some(param(written)),
        FnArg::Receiver(_) => None,
    });
    Some(Tool {
        params: params.collect(),
        conditions: conditions(&function.attrs),
        description: description(&function.attrs),
        vis: function.vis,
        sig: function.sig,
        options,
    })
}

fn options(args: TokenStream, diag: &Diagnostics) -> ToolOptions {
    let describes = args
        .clone()
        .into_iter()
        .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "description"));
    let given = Options::read(args, &table::TOOL, diag);
    let cache = given.get("cache").and_then(|option| {
        let inner = option.nested(&table::TOOL_CACHE, diag)?;
        if inner.get("ttl").is_none() {
            diag.at(
                option.span(),
                "`cache` needs to know how long an answer is good; write `cache(ttl = \"5m\")`",
            );
        }
        Some(Cache {
            span: option.span(),
            ttl: inner.get("ttl").and_then(|ttl| ttl.duration(diag)),
        })
    });
    let is_false = |name| {
        let option = given.get(name)?;
        (option.boolean(diag) == Some(false)).then(|| option.span())
    };
    let allow_identity = given.get("allow_identity");
    ToolOptions {
        name: given.get("name").and_then(|option| option.text(diag)),
        timeout: given
            .get("timeout")
            .and_then(|option| option.duration(diag)),
        cache,
        not_idempotent: is_false("idempotent"),
        confirm: given.get("confirm").and_then(|option| option.text(diag)),
        allow_identity: allow_identity
            .filter(|option| option.flag(diag))
            .map(|option| option.span()),
        krate: given.get("crate").and_then(|option| option.path(diag)),
        describes,
    }
}

fn param(written: &PatType) -> Param {
    let ident = match &*written.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        _ => None,
    };
    let (kind, ty) = match &*written.ty {
        // Whatever its reference, the context is meant; the rules ask for `&`.
        Type::Reference(reference) if is_context(&reference.elem) => {
            (ParamKind::Context, &*reference.elem)
        }
        owned if is_context(owned) => (ParamKind::Context, owned),
        Type::Reference(reference) => match (&reference.mutability, &*reference.elem) {
            (Some(_), elem) => (ParamKind::State, elem),
            // What cannot be a context is a borrowed argument: the rules say so.
            (None, elem) if is_borrowed_input(elem) => (ParamKind::Input, &*written.ty),
            (None, elem) => (ParamKind::Context, elem),
        },
        owned => (ParamKind::Input, owned),
    };
    Param {
        ident,
        kind,
        ty: ty.clone(),
        written: written.clone(),
    }
}

/// `ToolContext`, `agno::ToolContext`, and the step's, which was meant to be it.
fn is_context(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "ToolContext" || last.ident == "StepContext")
}

fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// The texts of `rename = ".."`, `rename(deserialize = "..")` and `alias = ".."`.
fn texts(tokens: TokenStream, found: &mut Vec<(String, Span)>) {
    let mut naming = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                naming = ident == "rename" || ident == "alias" || ident == "deserialize";
            }
            TokenTree::Literal(literal) if naming => {
                if let Ok(text) = syn::parse2::<LitStr>(literal.to_token_stream()) {
                    found.push((text.value(), text.span()));
                }
            }
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Punct(punct) if punct.as_char() == ',' => naming = false,
            _ => {}
        }
    }
}
