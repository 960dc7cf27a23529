//! `#[allow_in_flow(clock = "it is only logged")]` on a statement: what it does on purpose, and why.

use std::cell::Cell;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::{Attribute, Meta, Stmt};

use super::hazards::Hazard;
use crate::diag::Diagnostics;
use crate::parse::options::Options;
use crate::parse::strip::ALLOWANCE;
use crate::parse::table::ALLOW;

/// Where it cannot be read.
pub(crate) const MISPLACED: &str =
    "`#[allow_in_flow]` is read on a statement of the flow; put it above one";

/// One kind of thing that a statement may do.
pub(crate) struct Allowance {
    name: String,
    span: Span,
    used: Cell<bool>,
}

impl Allowance {
    pub(crate) fn covers(&self, hazard: &Hazard) -> bool {
        let covers = self.name == hazard.name;
        if covers {
            self.used.set(true);
        }
        covers
    }

    /// For one whose place is reported: what it was meant for is no second mistake.
    pub(crate) fn excused(self) -> Self {
        self.used.set(true);
        self
    }

    /// An allowance that outlived its reason hides the next mistake.
    pub(crate) fn finish(&self, diag: &Diagnostics) {
        if !self.used.get() {
            let name = &self.name;
            diag.at(self.span, format!("nothing here needs `{name}`; remove it"));
        }
    }
}

/// The attributes in front of a statement.
pub(crate) fn in_front(stmt: &Stmt) -> Vec<Attribute> {
    // By tokens: syn hangs the attributes of `a = b` on `a`.
    let mut front = TokenStream::new();
    let mut tokens = stmt.to_token_stream().into_iter().peekable();
    while matches!(tokens.peek(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#') {
        front.extend(tokens.by_ref().take(2));
    }
    let attrs = Attribute::parse_outer.parse2(front).unwrap_or_default();
    attrs.into_iter().filter(is_allowance).collect()
}

pub(crate) fn is_allowance(attr: &Attribute) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == ALLOWANCE)
}

/// Whether an attribute allows this. Its mistakes are reported where it is [`read`].
pub(crate) fn names(attr: &Attribute, name: &str) -> bool {
    let quiet = Diagnostics::new();
    let options = Options::of(attr, &ALLOW, &quiet);
    let named = options.get(name).is_some();
    drop(quiet.finish());
    named
}

/// What an attribute allows. Its mistakes are reported.
pub(crate) fn read(attr: &Attribute, diag: &Diagnostics) -> Vec<Allowance> {
    let is_bare = match &attr.meta {
        Meta::Path(_) => true,
        Meta::List(list) => list.tokens.is_empty(),
        Meta::NameValue(_) => false,
    };
    if is_bare {
        diag.over(
            attr.path(),
            "what is allowed, and why? write such as `#[allow_in_flow(clock = \"it is only logged\")]`",
        );
    }
    let options = Options::of(attr, &ALLOW, diag);
    let allowances = options.iter().map(|option| {
        let reason = option.text_as(diag, "the reason in quotes");
        if let Some(empty) = reason.filter(|reason| reason.value().trim().is_empty()) {
            diag.at(
                empty.span(),
                "give the reason why a resume goes the same way all the same",
            );
        }
        Allowance {
            name: option.name.to_string(),
            span: option.span(),
            used: Cell::new(false),
        }
    });
    allowances.collect()
}
