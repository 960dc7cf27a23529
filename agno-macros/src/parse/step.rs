//! The options of `#[step]` and `#[flow]`, typed.

use proc_macro2::Span;
use syn::{Attribute, LitStr};

use super::options::{Given, Options, Set};
use super::table;
use crate::diag::Diagnostics;
use crate::model::{Cache, FlowOptions, Retry, StepOptions};

/// The options of a step, and its name in the journal if one is given.
pub(crate) fn step(attr: &Attribute, diag: &Diagnostics) -> (StepOptions, Option<Set<String>>) {
    options(&Options::of(attr, &table::STEP, diag), diag)
}

/// The same of a field, and the template of its input.
pub(crate) fn field(
    attr: &Attribute,
    diag: &Diagnostics,
) -> (StepOptions, Option<Set<String>>, Option<LitStr>) {
    let given = Options::of(attr, &table::FIELD, diag);
    let (options, name) = options(&given, diag);
    let template = given.get("input").and_then(|option| option.text(diag));
    (options, name, template)
}

fn options(given: &Options<'_>, diag: &Diagnostics) -> (StepOptions, Option<Set<String>>) {
    let options = StepOptions {
        retry: given.get("retry").and_then(|option| retry(option, diag)),
        timeout: given
            .get("timeout")
            .and_then(|option| option.duration(diag)),
        cache: given.get("cache").and_then(|option| cache(option, diag)),
        on_error: given
            .get("on_error")
            .and_then(|option| option.choice(diag, &["fail", "skip", "pause"])),
        at_most_once: given
            .get("at_most_once")
            .and_then(|option| flag(option, diag)),
        version: given.get("version").and_then(|option| option.integer(diag)),
    };
    let name = given
        .get("name")
        .and_then(|option| option.text(diag))
        .map(|text| Set {
            value: text.value(),
            span: text.span(),
        });
    (options, name)
}

pub(crate) fn flow(attr: &Attribute, diag: &Diagnostics) -> FlowOptions {
    let given = Options::of(attr, &table::FLOW, diag);
    FlowOptions {
        timeout: given
            .get("timeout")
            .and_then(|option| option.duration(diag)),
        cache: given.get("cache").and_then(|option| cache(option, diag)),
    }
}

fn flag(option: &Given<'_>, diag: &Diagnostics) -> Option<Span> {
    option.flag(diag).then(|| option.span())
}

fn retry(option: &Given<'_>, diag: &Diagnostics) -> Option<Retry> {
    let given = option.nested(&table::RETRY, diag)?;
    if given.get("max").is_none() {
        diag.at(
            option.span(),
            "`retry` needs the number of retries; write `retry(max = 3)`",
        );
    }
    Some(Retry {
        max: given.get("max").and_then(|option| option.integer(diag)),
        backoff: given
            .get("backoff")
            .and_then(|option| option.duration(diag)),
        factor: given.get("factor").and_then(|option| option.number(diag)),
        max_delay: given
            .get("max_delay")
            .and_then(|option| option.duration(diag)),
        jitter: given.get("jitter").and_then(|option| option.boolean(diag)),
    })
}

fn cache(option: &Given<'_>, diag: &Diagnostics) -> Option<Cache> {
    let given = option.nested(&table::CACHE, diag)?;
    Some(Cache {
        span: option.span(),
        ttl: given.get("ttl").and_then(|option| option.duration(diag)),
        key: given
            .get("key")
            .and_then(|option| option.text(diag))
            .map(|text| Set {
                value: text.value(),
                span: text.span(),
            }),
        scope: given
            .get("scope")
            .and_then(|option| option.choice(diag, &["run", "session", "user", "global"])),
    })
}
