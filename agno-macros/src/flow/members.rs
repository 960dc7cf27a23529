//! Fields that are not there, of what a race answers. Of the flow rustc tells: in an editor such a field is a name that is
//! half typed.

use syn::{Expr, ExprField, ExprMethodCall, Local, Member, Pat, Stmt};

use super::calls::Call;
use super::lists;
use super::macros;
use super::mend::Fix;
use super::slips::Slips;

impl Slips<'_> {
    /// Reports a field that cannot be there, and says whether it is so.
    pub(super) fn is_no_member(&mut self, expr: &ExprField) -> bool {
        let Member::Named(member) = &expr.member else {
            return false;
        };
        if let Some((race, of)) = self.race(&expr.base) {
            let message = of.message(&member.to_string());
            self.diag.over(member, message);
            self.change(race.method.span(), Fix::Nothing);
            return true;
        }
        false
    }

    /// `let winner = flow.race((..)).await?;`, and then `winner.price`.
    pub(super) fn winner_gets_name(&mut self, local: &Local, behind: &[Stmt]) {
        let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init) else {
            return;
        };
        let Some((race, of)) = self.race(&init.expr) else {
            return;
        };
        if let Some(member) = lists::reads(behind, &pat.ident) {
            self.diag.over(&race.method, of.message(&member));
            self.change(race.method.span(), Fix::Nothing);
        }
    }

    /// `flow.race(..).await?`
    fn race<'e>(&self, expr: &'e Expr) -> Option<(&'e ExprMethodCall, Of)> {
        let Expr::Try(tried) = expr else {
            return None;
        };
        let Expr::Await(waited) = &*tried.expr else {
            return None;
        };
        let Expr::MethodCall(call) = &*waited.base else {
            return None;
        };
        let of = match call.args.first()? {
            Expr::Tuple(_) => Of::Tuple,
            Expr::Array(_) => Of::Vec,
            Expr::Macro(list) if macros::name(&list.mac) == "vec" => Of::Vec,
            _ => return None,
        };
        let chain = self.certain(&waited.base)?;
        let is_race = chain.call == Call::Race && chain.links == 1;
        is_race.then_some((chain.first, of))
    }
}

/// What a race is between.
enum Of {
    Tuple,
    Vec,
}

impl Of {
    fn message(&self, member: &str) -> String {
        match self {
            Of::Tuple => "a race of a tuple answers a `Winner`; write `match` with `Winner::First(x) => ..` and so on for each call".to_owned(),
            Of::Vec => format!(
                "a race of a `Vec` answers which call won, and its result; write `.1.{member}`"
            ),
        }
    }
}
