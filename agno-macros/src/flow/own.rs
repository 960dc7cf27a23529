//! Names that a flow's body gives itself: what they stand for is not what is listed under such a name.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Block, Item, Local, Macro, Pat, PatIdent, Path};

use super::calls::Scope;

/// Read before the body is checked.
pub(super) struct Own {
    /// Variables and functions, wherever in the body they are known.
    values: HashSet<Ident>,
    items: HashSet<Ident>,
    macros: HashSet<Ident>,
    /// Whether something else is called as the flow is.
    pub(super) shadows_flow: bool,
}

impl Own {
    pub(super) fn read(block: &Block, scope: Scope<'_>) -> Self {
        let mut names = Names {
            scope,
            own: Own {
                values: HashSet::new(),
                items: HashSet::new(),
                macros: HashSet::new(),
                shadows_flow: false,
            },
        };
        names.visit_block(block);
        names.own
    }

    /// A bare name for a variable or function of the body.
    pub(super) fn is_value(&self, path: &Path) -> bool {
        path.get_ident()
            .is_some_and(|name| self.values.contains(name) || self.items.contains(name))
    }

    /// A path that starts at a type or module of the body.
    pub(super) fn is_item(&self, path: &Path) -> bool {
        let first = path.segments.first().map(|first| &first.ident);
        path.leading_colon.is_none() && first.is_some_and(|name| self.names_item(name))
    }

    pub(super) fn names_item(&self, name: &Ident) -> bool {
        self.items.contains(name)
    }

    pub(super) fn is_macro(&self, mac: &Macro) -> bool {
        mac.path
            .get_ident()
            .is_some_and(|name| self.macros.contains(name))
    }
}

struct Names<'a> {
    scope: Scope<'a>,
    own: Own,
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let own = &mut self.own;
        match item {
            Item::Fn(function) => own.values.insert(function.sig.ident.clone()),
            Item::Struct(item) => own.items.insert(item.ident.clone()),
            Item::Enum(item) => own.items.insert(item.ident.clone()),
            Item::Union(item) => own.items.insert(item.ident.clone()),
            Item::Trait(item) => own.items.insert(item.ident.clone()),
            Item::Type(item) => own.items.insert(item.ident.clone()),
            Item::Mod(item) => own.items.insert(item.ident.clone()),
            Item::Const(item) => own.values.insert(item.ident.clone()),
            Item::Static(item) => own.values.insert(item.ident.clone()),
            Item::Macro(item) => match &item.ident {
                Some(name) => own.macros.insert(name.clone()),
                None => return,
            },
            _ => return,
        };
    }

    fn visit_local(&mut self, local: &'ast Local) {
        // `let flow = flow.clone();`
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && self.scope.hands_on_flow(&init.expr)
        {
            self.own.values.insert(name.ident.clone());
            return;
        }
        visit::visit_local(self, local);
    }

    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.own.shadows_flow |= pat.ident == *self.scope.flow;
        self.own.values.insert(pat.ident.clone());
        visit::visit_pat_ident(self, pat);
    }
}
