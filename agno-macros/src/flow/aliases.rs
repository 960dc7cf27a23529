//! `let wf = flow;`: other names of the flow, under which its calls are read as well.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Local, Pat, PatIdent};

/// The names that stand for the flow wherever they stand: each is bound once in the body, to the flow.
pub(crate) fn read(block: &Block, flow: &Ident) -> Vec<Ident> {
    let mut names = Names {
        flow,
        aliases: Vec::new(),
        bound: Vec::new(),
    };
    names.visit_block(block);
    let Names { aliases, bound, .. } = names;
    // Where the flow's own name is another's, it is not known whose an alias is.
    if bound.contains(flow) {
        return Vec::new();
    }
    let is_once = |name: &Ident| bound.iter().filter(|other| *other == name).count() == 1;
    aliases.into_iter().filter(is_once).collect()
}

struct Names<'a> {
    flow: &'a Ident,
    aliases: Vec<Ident>,
    bound: Vec<Ident>,
}

impl Names<'_> {
    /// `flow`, `&flow`, `flow.clone()`, or such a name again.
    fn is_flow(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path
                .path
                .get_ident()
                .is_some_and(|name| name == self.flow || self.aliases.contains(name)),
            Expr::Reference(reference) => self.is_flow(&reference.expr),
            Expr::MethodCall(call) => {
                call.method == "clone" && call.args.is_empty() && self.is_flow(&call.receiver)
            }
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_local(&mut self, local: &'ast Local) {
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        if let (Pat::Ident(name), Some(init)) = (pat, &local.init)
            && name.by_ref.is_none()
            && name.subpat.is_none()
            && self.is_flow(&init.expr)
        {
            self.aliases.push(name.ident.clone());
        }
        visit::visit_local(self, local);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.push(pat.ident.clone());
        visit::visit_pat_ident(self, pat);
    }
}
