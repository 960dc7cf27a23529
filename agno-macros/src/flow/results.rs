//! What a flow answers: its last expression and every `return`.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Expr, Stmt, Type};

use super::mend::Fix;
use super::slips::Slips;
use crate::model::Output;

/// The expressions one of which is what the block answers.
pub(super) fn of_block<'e>(block: &'e Block, found: &mut Vec<&'e Expr>) {
    if let Some(Stmt::Expr(expr, None)) = block.stmts.last() {
        of_expr(expr, found);
    }
}

pub(super) fn of_expr<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match expr {
        Expr::Paren(paren) => of_expr(&paren.expr, found),
        Expr::Group(group) => of_expr(&group.expr, found),
        Expr::Block(block) => of_block(&block.block, found),
        Expr::If(branch) => {
            of_block(&branch.then_branch, found);
            if let Some((_, otherwise)) = &branch.else_branch {
                of_expr(otherwise, found);
            }
        }
        Expr::Match(expr) => expr.arms.iter().for_each(|arm| of_expr(&arm.body, found)),
        other => found.push(other),
    }
}

impl Slips<'_> {
    /// `return ..`
    pub(super) fn returned(&mut self, expr: &Expr) {
        let mut found = Vec::new();
        of_expr(expr, &mut found);
        found.into_iter().for_each(|expr| self.result(expr));
    }

    /// What the flow answers: a `Result`, which no call is.
    pub(super) fn result(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) => {
                let is_ok = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Ok"));
                if let (true, Some(value)) = (is_ok, call.args.first()) {
                    self.value(value);
                }
            }
            other => {
                if let Some(chain) = self.certain(other) {
                    self.not_run(chain, false, None);
                }
            }
        }
    }

    /// The last statement is a call, so that nothing is left to answer.
    pub(super) fn end(&mut self, block: &Block, output: &Output) {
        let Some(Stmt::Expr(last, Some(semi))) = block.stmts.last() else {
            return;
        };
        let (base, question) = match last {
            Expr::Try(tried) => (&*tried.expr, true),
            other => (other, false),
        };
        let Expr::Await(waited) = base else {
            return;
        };
        if self.scope.durable(&waited.base).is_none() {
            return;
        }
        let is_unit = matches!(&output.value, Type::Tuple(tuple) if tuple.elems.is_empty());
        let advice = match (is_unit, question) {
            (true, _) => "add `Ok(())` below",
            (false, false) => "remove this `;`",
            (false, true) => "remove this `?` and `;`, or add `Ok(..)` below",
        };
        let place = match last {
            Expr::Try(tried) if !is_unit => tried.question_token.to_token_stream(),
            _ => semi.to_token_stream(),
        };
        let error = self.error(place, format!("a flow ends with its result; {advice}"));
        self.change(semi.span(), Fix::End { error });
    }
}
