//! From a flow's body to its graph.
//!
//! What cannot be read becomes an opaque node, never a silent gap.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ExprMethodCall, Item, Local, Pat, Stmt};

use super::calls::{Call, Scope};
use super::graph::{Graph, Kind, Node};
use super::macros;
use super::outside::names_flow;
use super::text::label;
use crate::model::Workflow;
use crate::parse::attributes::conditions;

/// Reads every flow that parses.
pub(crate) fn read(workflow: &Workflow) -> Graph {
    let flows = workflow.flows.iter().map(|flow| {
        let nodes = match (Scope::of(flow, workflow), &flow.source) {
            (Some(scope), Some(source)) => {
                let mut reader = Reader {
                    scope,
                    nodes: Vec::new(),
                };
                reader.visit_block(&source.block);
                reader.nodes
            }
            _ => Vec::new(),
        };
        (flow.method.sig.ident.unraw().to_string(), nodes)
    });
    Graph(flows.collect())
}

struct Reader<'a> {
    scope: Scope<'a>,
    nodes: Vec<Node>,
}

impl Reader<'_> {
    /// The name in `let wf = flow;`
    fn is_alias(&self, pat: &Pat) -> bool {
        match pat {
            Pat::Ident(name) => self.scope.aliases.contains(&name.ident),
            Pat::Type(typed) => self.is_alias(&typed.pat),
            _ => false,
        }
    }

    fn push(&mut self, kind: Kind) {
        self.nodes.push(Node {
            conditions: Vec::new(),
            kind,
        });
    }

    /// The nodes of one part, apart from those so far.
    fn apart(&mut self, read: impl FnOnce(&mut Self)) -> Vec<Node> {
        let before = std::mem::take(&mut self.nodes);
        read(self);
        std::mem::replace(&mut self.nodes, before)
    }

    /// Reads a part that stands under conditions.
    fn under(&mut self, attrs: &[Attribute], read: impl FnOnce(&mut Self)) {
        let conditions = conditions(attrs);
        let first = self.nodes.len();
        read(self);
        if !conditions.is_empty() {
            for node in &mut self.nodes[first..] {
                node.conditions.splice(0..0, conditions.iter().cloned());
            }
        }
    }

    fn flow_call(&mut self, call: &ExprMethodCall) {
        let at = call.method.span();
        let name = call.method.unraw().to_string();
        let Some(kind) = self.scope.kind(&call.method) else {
            // The method of a trait, say: it may call steps.
            return self.handed_on(call, call.args.iter());
        };
        let workflow = self.scope.workflow;
        match kind {
            Call::Parallel | Call::Race => {
                let branches = self.branches(call);
                self.push(if kind == Call::Parallel {
                    Kind::Parallel { branches, at }
                } else {
                    Kind::Race { branches, at }
                });
            }
            Call::Map => {
                let mut args = call.args.iter();
                let over = args.next();
                if let Some(items) = over {
                    self.visit_expr(items);
                }
                let body = match args.next() {
                    Some(Expr::Closure(closure)) => self.branch(&closure.body),
                    Some(other) => self.branch(other),
                    None => Vec::new(),
                };
                self.push(Kind::Map {
                    over: over.map(label).unwrap_or_default(),
                    body,
                    at,
                });
            }
            Call::Step | Call::Subflow | Call::Workflow | Call::Sleep | Call::Human => {
                for arg in &call.args {
                    self.visit_expr(arg);
                }
                let first = call.args.first().map(label).unwrap_or_default();
                self.push(match kind {
                    Call::Step => Kind::Step {
                        name: workflow
                            .step(&call.method)
                            .map_or(name, |step| step.name.clone()),
                        at,
                    },
                    Call::Subflow => Kind::Subflow { name, at },
                    Call::Sleep => Kind::Sleep {
                        duration: first,
                        at,
                    },
                    Call::Human => Kind::Human { kind: name, at },
                    _ => Kind::Workflow {
                        name: called_workflow(call),
                        at,
                    },
                });
            }
            Call::Quiet => {
                for arg in &call.args {
                    self.visit_expr(arg);
                }
            }
        }
    }

    /// The branches of `parallel((a, b))`; each is read on its own.
    fn branches(&mut self, call: &ExprMethodCall) -> Vec<Vec<Node>> {
        match call.args.first() {
            Some(calls) => self.elements(calls),
            None => Vec::new(),
        }
    }

    /// `(a, b)`, `[a, b]`, `vec![a, b]`; anything else is one branch.
    fn elements(&mut self, calls: &Expr) -> Vec<Vec<Node>> {
        match calls {
            Expr::Tuple(tuple) => tuple.elems.iter().map(|call| self.branch(call)).collect(),
            Expr::Array(array) => array.elems.iter().map(|call| self.branch(call)).collect(),
            Expr::Paren(paren) => self.elements(&paren.expr),
            Expr::Group(group) => self.elements(&group.expr),
            Expr::Macro(call) if macros::name(&call.mac) == "vec" => {
                match macros::list(&call.mac) {
                    Some(list) => list.iter().map(|call| self.branch(call)).collect(),
                    None => vec![self.branch(calls)],
                }
            }
            other => vec![self.branch(other)],
        }
    }

    /// A part that is a call; what gives no node is one that cannot be read.
    fn branch(&mut self, expr: &Expr) -> Vec<Node> {
        self.apart(|reader| {
            reader.visit_expr(expr);
            if reader.nodes.is_empty() {
                reader.push(Kind::Opaque { text: label(expr) });
            }
        })
    }

    /// Inside a macro whose input is not a list of expressions.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens = macros::flat(tokens);
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Ident(ident) = token else {
                continue;
            };
            if ident != self.scope.flow {
                continue;
            }
            let call = match (tokens.get(index + 1), tokens.get(index + 2)) {
                (Some(TokenTree::Punct(punct)), Some(TokenTree::Ident(method)))
                    if punct.as_char() == '.' =>
                {
                    Some((method.span(), method))
                }
                _ => None,
            };
            let kind = call.and_then(|(_, method)| self.scope.kind(method));
            match (call, kind) {
                (Some((at, method)), Some(Call::Step)) => {
                    let name = self
                        .scope
                        .workflow
                        .step(method)
                        .map(|step| step.name.clone());
                    self.push(Kind::Step {
                        name: name.unwrap_or_default(),
                        at,
                    });
                }
                (Some((at, method)), Some(Call::Subflow)) => self.push(Kind::Subflow {
                    name: method.unraw().to_string(),
                    at,
                }),
                (Some((at, method)), Some(Call::Human)) => {
                    self.push(Kind::Human {
                        kind: method.to_string(),
                        at,
                    });
                }
                (Some(_), Some(Call::Quiet)) => {}
                (Some((_, method)), _) => self.push(Kind::Opaque {
                    text: format!("{ident}.{method}(..)"),
                }),
                (None, _) => self.push(Kind::Opaque {
                    text: ident.to_string(),
                }),
            }
        }
    }
}

/// `flow.call::<Other>(..)`
fn called_workflow(call: &ExprMethodCall) -> String {
    call.turbofish
        .as_ref()
        .and_then(|turbofish| turbofish.args.first())
        .map_or_else(|| "..".to_owned(), label)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    /// A macro of the body's own may call what it names, wherever it is used.
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Macro(rules) = item
            && let Some(name) = &rules.ident
            && names_flow(rules.mac.tokens.clone(), self.scope)
        {
            let text = format!("{name}!(..)");
            self.push(Kind::Opaque { text });
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        for stmt in &block.stmts {
            self.visit_stmt(stmt);
        }
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Macro(stmt) => self.under(&stmt.attrs, |reader| reader.visit_macro(&stmt.mac)),
            other => visit::visit_stmt(self, other),
        }
    }

    fn visit_local(&mut self, local: &'ast Local) {
        self.under(&local.attrs, |reader| {
            let Some(init) = &local.init else {
                return;
            };
            // What it is called by another name is read.
            if reader.is_alias(&local.pat) {
                return;
            }
            reader.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                let otherwise = reader.apart(|reader| reader.visit_expr(diverge));
                if !otherwise.is_empty() {
                    let (pat, expr) = (&local.pat, &init.expr);
                    let condition = label(quote!(let #pat = #expr));
                    reader.push(Kind::If {
                        condition,
                        then: Vec::new(),
                        otherwise,
                    });
                }
            }
        });
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.under(attributes(expr), |reader| reader.expr(expr));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        match macros::expressions(mac) {
            Some(list) => list.iter().for_each(|expr| self.expr(expr)),
            None => self.scan(mac.tokens.clone()),
        }
        if macros::name(mac) == "bail" {
            self.push(Kind::End { text: label(mac) });
        }
    }
}

impl Reader<'_> {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::MethodCall(call) if self.scope.is_flow(&call.receiver) => self.flow_call(call),
            Expr::MethodCall(call) if call.args.iter().any(|arg| self.scope.hands_on_flow(arg)) => {
                self.visit_expr(&call.receiver);
                self.handed_on(call, call.args.iter());
            }
            Expr::Call(call) if call.args.iter().any(|arg| self.scope.hands_on_flow(arg)) => {
                self.handed_on(call, call.args.iter());
            }
            Expr::Path(_) if self.scope.is_flow(expr) => {
                self.push(Kind::Opaque { text: label(expr) })
            }
            Expr::If(branch) => {
                self.visit_expr(&branch.cond);
                let then = self.apart(|reader| reader.visit_block(&branch.then_branch));
                let otherwise = self.apart(|reader| {
                    if let Some((_, expr)) = &branch.else_branch {
                        reader.visit_expr(expr);
                    }
                });
                if !then.is_empty() || !otherwise.is_empty() {
                    self.push(Kind::If {
                        condition: label(&branch.cond),
                        then,
                        otherwise,
                    });
                }
            }
            Expr::Match(expr) => self.match_expr(expr),
            Expr::ForLoop(expr) => {
                self.visit_expr(&expr.expr);
                let (name, pat, items) = (&expr.label, &expr.pat, &expr.expr);
                let (for_token, in_token) = (&expr.for_token, &expr.in_token);
                let head = label(quote!(#name #for_token #pat #in_token #items));
                self.repeat(head, |reader| reader.visit_block(&expr.body));
            }
            Expr::While(expr) => {
                let (name, token, cond) = (&expr.label, &expr.while_token, &expr.cond);
                let head = label(quote!(#name #token #cond));
                self.repeat(head, |reader| {
                    reader.visit_expr(&expr.cond);
                    reader.visit_block(&expr.body);
                });
            }
            Expr::Loop(expr) => {
                let (name, token) = (&expr.label, &expr.loop_token);
                let head = label(quote!(#name #token));
                self.repeat(head, |reader| reader.visit_block(&expr.body));
            }
            Expr::Return(expr) => {
                if let Some(value) = &expr.expr {
                    self.visit_expr(value);
                }
                self.push(Kind::End { text: label(expr) });
            }
            other => visit::visit_expr(self, other),
        }
    }

    fn match_expr(&mut self, expr: &syn::ExprMatch) {
        self.visit_expr(&expr.expr);
        let arms: Vec<_> = expr
            .arms
            .iter()
            .map(|arm| {
                let body = self.apart(|reader| {
                    if let Pat::Guard(guarded) = &arm.pat {
                        reader.visit_expr(&guarded.guard);
                    }
                    reader.visit_expr(&arm.body);
                });
                (conditions(&arm.attrs), label(&arm.pat), body)
            })
            .collect();
        if arms.iter().any(|(_, _, body)| !body.is_empty()) {
            self.push(Kind::Match {
                on: label(&expr.expr),
                arms,
            });
        }
    }

    fn repeat(&mut self, head: String, read: impl FnOnce(&mut Self)) {
        let body = self.apart(read);
        if !body.is_empty() {
            self.push(Kind::Loop { head, body });
        }
    }

    /// The flow was given to a function that this macro cannot see into.
    fn handed_on<'e>(&mut self, call: impl ToTokens, args: impl Iterator<Item = &'e Expr>) {
        for arg in args {
            if !self.scope.hands_on_flow(arg) {
                self.visit_expr(arg);
            }
        }
        self.push(Kind::Opaque { text: label(call) });
    }
}

/// The attributes of the expressions that can be statements under a condition.
fn attributes(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::Await(expr) => &expr.attrs,
        Expr::Try(expr) => &expr.attrs,
        Expr::Assign(expr) => &expr.attrs,
        Expr::Block(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::ForLoop(expr) => &expr.attrs,
        Expr::While(expr) => &expr.attrs,
        Expr::Loop(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::Macro(expr) => &expr.attrs,
        Expr::Async(expr) => &expr.attrs,
        _ => &[],
    }
}
