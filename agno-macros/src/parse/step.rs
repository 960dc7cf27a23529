//! The options of `#[step]` and `#[flow]`, typed.

use proc_macro2::Span;
use syn::{Attribute, LitStr};

use super::options::{Given, Options, Set};
use super::table;
use crate::diag::Diagnostics;
use crate::model::{Cache, FlowOptions, Gate, Retry, StepOptions};

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
        confirm: given.get("confirm").and_then(|option| gate(option, diag)),
        on_error: given
            .get("on_error")
            .and_then(|option| option.choice(diag, &["fail", "skip", "pause"])),
        at_most_once: given
            .get("at_most_once")
            .and_then(|option| flag(option, diag)),
        history: given.get("history").and_then(|option| option.integer(diag)),
        version: given.get("version").and_then(|option| option.integer(diag)),
    };
    let name = given
        .get("name")
        .and_then(|option| option.text(diag))
        .map(|text| words(&text));
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
    let before = diag.count();
    let given = option.nested(&table::RETRY, diag)?;
    if given.get("max").is_none() && diag.count() == before {
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
    if let Some(switch) = option.switch() {
        let advice = match switch.value {
            true => "`cache` takes no value; write `cache`, or `cache(ttl = \"1h\")`",
            false => "nothing is cached that does not say so; remove `cache`",
        };
        diag.at(switch.span, advice);
        return None;
    }
    let given = option.nested(&table::CACHE, diag)?;
    Some(Cache {
        span: option.span(),
        ttl: given.get("ttl").and_then(|option| option.duration(diag)),
        key: given
            .get("key")
            .and_then(|option| option.text(diag))
            .map(|text| words(&text)),
        scope: given
            .get("scope")
            .and_then(|option| option.choice(diag, &["run", "session", "user", "global"])),
        tags: given
            .get("tags")
            .and_then(|option| option.text(diag))
            .map(|text| words(&text)),
        stale_while_revalidate: given
            .get("stale_while_revalidate")
            .and_then(|option| option.duration(diag)),
        stale_if_error: given
            .get("stale_if_error")
            .and_then(|option| option.duration(diag)),
        jitter: given.get("jitter").and_then(|option| {
            let value = option.boolean(diag)?;
            let span = option.span();
            Some(Set { value, span })
        }),
    })
}

/// `confirm = "Publish this?"` or `confirm(message = "Publish this?", ..)`
fn gate(option: &Given<'_>, diag: &Diagnostics) -> Option<Gate> {
    if !option.is_list() {
        return option
            .text_as(diag, "the question in quotes")
            .map(|message| Gate {
                message: Some(words(&message)),
                timeout: None,
                on_timeout: None,
                on_reject: None,
            });
    }
    let before = diag.count();
    let given = option.nested(&table::CONFIRM, diag)?;
    if given.get("message").is_none() && diag.count() == before {
        diag.at(
            option.span(),
            "`confirm` needs the question; write `confirm(message = \"Publish this?\")`",
        );
    }
    if let (Some(on_timeout), None) = (given.get("on_timeout"), given.get("timeout")) {
        diag.at(
            on_timeout.span(),
            "without `timeout` the question waits for ever; add `timeout = \"1h\"`, or remove `on_timeout`",
        );
    }
    let choice = |name, choices: &[&'static str]| {
        given
            .get(name)
            .and_then(|option| option.choice(diag, choices))
    };
    Some(Gate {
        message: given
            .get("message")
            .and_then(|option| option.text(diag))
            .map(|text| words(&text)),
        timeout: given
            .get("timeout")
            .and_then(|option| option.duration(diag)),
        on_timeout: choice("on_timeout", &["fail", "approve", "reject"]),
        on_reject: choice("on_reject", &["fail", "skip", "cancel"]),
    })
}

fn words(text: &LitStr) -> Set<String> {
    Set {
        value: text.value(),
        span: text.span(),
    }
}
