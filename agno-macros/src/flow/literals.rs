//! Texts and numbers where a call takes a value: options of attributes are read by the macro, arguments by rustc.

use quote::quote;
use syn::{Expr, ExprMethodCall, Lit};

use super::calls::{Call, Chain};
use super::mend::Fix;
use super::slips::{Inside, Slips};
use crate::parse::duration;

/// `flow.search(topic).timeout("3s")`
pub(super) fn option(slips: &mut Slips<'_>, chain: Chain<'_>, call: &ExprMethodCall) {
    let name = call.method.to_string();
    if name == "limit" && slips.inside == Inside::Map && chain.call != Call::Map {
        return limit_of_one(slips, chain, call);
    }
    if !chain.call.modifiers().contains(&name.as_str()) {
        return;
    }
    let links = chain.links + 1;
    match name.as_str() {
        "timeout" | "or_after" => duration(slips, chain.first, call, links),
        "retry" => {
            if let Some(Lit::Int(max)) = literal(call) {
                let written = format!("agno::Retry::new({})", max.base10_digits());
                value(slips, chain.first, call, links, "Retry", &written);
            }
        }
        "cache" => {
            if let Some(Lit::Str(ttl)) = literal(call) {
                let ttl = of_text(&ttl.value()).unwrap_or_else(|| EXAMPLE.to_owned());
                let written = format!("agno::Cache::new().ttl({ttl})");
                value(slips, chain.first, call, links, "Cache", &written);
            }
        }
        _ => {}
    }
}

/// `flow.map(orders, |order| flow.check(order).limit(2))`
fn limit_of_one(slips: &mut Slips<'_>, chain: Chain<'_>, call: &ExprMethodCall) {
    let flow = slips.scope.flow;
    let message = format!("`limit` goes behind `map(..)`; write `{flow}.map(..).limit(..).await?`");
    let error = slips.error(&call.method, message);
    let links = chain.links + 1;
    slips.change(chain.first.method.span(), Fix::Chain { links, error });
}

/// `flow.say("{} booked", count)`: what takes one text is given those of `format!`.
pub(super) fn formatted(slips: &mut Slips<'_>, call: &ExprMethodCall) {
    let takes_text = ["say", "confirm", "ask"]
        .iter()
        .any(|name| call.method == name);
    let Some(Lit::Str(text)) = literal(call) else {
        return;
    };
    if takes_text && call.args.len() > 1 && text.value().contains('{') {
        let (flow, method) = (slips.scope.flow, &call.method);
        let message = format!("`{method}` takes one text; write `{flow}.{method}(format!(..))`");
        slips.diag.at(text.span(), message);
        slips.change(method.span(), Fix::Format);
    }
}

/// The first argument is a `Duration`.
pub(super) fn duration(
    slips: &mut Slips<'_>,
    first: &ExprMethodCall,
    call: &ExprMethodCall,
    links: usize,
) {
    let written = match literal(call) {
        Some(Lit::Str(text)) => of_text(&text.value()),
        Some(Lit::Int(seconds)) => {
            Some(format!("Duration::from_secs({})", seconds.base10_digits()))
        }
        Some(Lit::Float(seconds)) => Some(format!(
            "Duration::from_secs_f64({})",
            seconds.base10_digits()
        )),
        _ => return,
    };
    let written = written.unwrap_or_else(|| EXAMPLE.to_owned());
    value(slips, first, call, links, "Duration", &written);
}

const EXAMPLE: &str = "Duration::from_secs(20)";

/// What a duration of an attribute is to a call.
fn of_text(text: &str) -> Option<String> {
    let millis = duration::parse(text).ok()?;
    Some(match millis % 1_000 {
        0 => format!("Duration::from_secs({})", millis / 1_000),
        _ => format!("Duration::from_millis({millis})"),
    })
}

fn literal(call: &ExprMethodCall) -> Option<&Lit> {
    match call.args.first()? {
        Expr::Lit(literal) => Some(&literal.lit),
        _ => None,
    }
}

fn value(
    slips: &mut Slips<'_>,
    first: &ExprMethodCall,
    call: &ExprMethodCall,
    links: usize,
    ty: &str,
    written: &str,
) {
    let Some(argument) = call.args.first() else {
        return;
    };
    let message = format!("a call takes a `{ty}`; write `{written}`");
    slips.diag.over(argument, message);
    // Of any type.
    let value = quote!(loop {});
    slips.change(first.method.span(), Fix::Argument { links, value });
}
