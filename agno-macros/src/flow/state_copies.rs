//! `let mut notes = flow.state(); notes.drafts += 1;`: a change of a copy that nobody reads again.

use proc_macro2::{Ident, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Local, Pat, Stmt};

use super::calls::Scope;
use super::macros;
use super::outside::is_changing;
use crate::diag::Diagnostics;
use crate::parse::options::plain_text;

/// Reports the first change of each copy of which nothing but changes is left. A copy that is read may be meant.
pub(super) fn check(block: &Block, scope: Scope<'_>, diag: &Diagnostics) {
    let mut copies = Copies {
        scope,
        names: Vec::new(),
        changes: Vec::new(),
    };
    copies.visit_block(block);
    if copies.changes.is_empty() {
        return;
    }
    let Some(state) = &scope.workflow.state else {
        return;
    };
    let tokens = macros::flat(block.to_token_stream());
    for name in &copies.names {
        let mut changes = copies.changes.iter().filter(|change| *change == name);
        let Some(first) = changes.next() else {
            continue;
        };
        // Its `let` and its changes, and no text that may show it.
        let uses = tokens.iter().filter(|token| match token {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Literal(literal) => literal.to_string().contains(&name.to_string()),
            _ => false,
        });
        if uses.count() == changes.count() + 2 {
            let ty = plain_text(state);
            diag.at(
                first.span(),
                format!("`{name}` is a copy of the state, so this change is lost; make it in a step that takes `{name}: &mut {ty}`"),
            );
        }
    }
}

struct Copies<'a> {
    scope: Scope<'a>,
    names: Vec<Ident>,
    /// The name at the beginning of what is changed.
    changes: Vec<Ident>,
}

impl<'ast> Visit<'ast> for Copies<'_> {
    fn visit_local(&mut self, local: &'ast Local) {
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let (Pat::Ident(name), Some(init)) = (pat, &local.init)
            && let Expr::MethodCall(call) = &*init.expr
            && call.method == "state"
            && self.scope.is_flow(&call.receiver)
        {
            self.names.push(name.ident.clone());
        }
        visit::visit_local(self, local);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        let changed = match stmt {
            Stmt::Expr(Expr::Assign(assign), Some(_)) => field_of(&assign.left),
            Stmt::Expr(Expr::Binary(binary), Some(_)) if super::lint::changes_left(&binary.op) => {
                field_of(&binary.left)
            }
            Stmt::Expr(Expr::MethodCall(call), Some(_)) if is_changing(call) => {
                field_of(&call.receiver)
            }
            _ => None,
        };
        self.changes.extend(changed.cloned());
        visit::visit_stmt(self, stmt);
    }
}

/// The name that `notes.log`, `notes.log[0]` begins with.
fn field_of(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Field(field) => match &*field.base {
            Expr::Path(path) => path.path.get_ident(),
            base => field_of(base),
        },
        Expr::Index(index) => field_of(&index.expr),
        Expr::Paren(paren) => field_of(&paren.expr),
        _ => None,
    }
}
