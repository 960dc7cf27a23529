//! The options of `cache(..)`, alone and with each other.

use proc_macro2::{Ident, Span};

use crate::diag::{Diagnostics, list, suggestion};
use crate::model::Cache;
use crate::parse::options::Set;

/// What is computed anew, for `stale_while_revalidate`.
#[derive(Clone, Copy)]
pub(super) enum Work {
    Step { asks: bool },
    Field,
    Flow,
}

pub(super) fn check_cache(
    cache: &Cache,
    of: &Ident,
    inputs: &[&str],
    work: Work,
    diag: &Diagnostics,
) {
    if let Some(key) = &cache.key {
        for part in key.value.split(',') {
            check_part(part, "cache key", key.span, of, inputs, diag);
        }
    }
    if let Some(tags) = &cache.tags {
        check_tags(tags, of, inputs, diag);
    }
    if cache.ttl.is_none() {
        let needs = [
            (
                "stale_while_revalidate",
                cache.stale_while_revalidate.as_ref().map(|set| set.span),
            ),
            (
                "stale_if_error",
                cache.stale_if_error.as_ref().map(|set| set.span),
            ),
            ("jitter", cache.jitter.as_ref().map(|set| set.span)),
        ];
        for (name, span) in needs {
            if let Some(span) = span {
                diag.at(
                    span,
                    format!("without `ttl` no result ever expires; add `ttl = \"1h\"`, or remove `{name}`"),
                );
            }
        }
    }
    let Some(stale) = &cache.stale_while_revalidate else {
        return;
    };
    let why = match work {
        Work::Step { asks: false } => return,
        Work::Step { asks: true } => {
            "nobody is asked in the background, where a new result would be computed; remove `confirm`, or `stale_while_revalidate`"
        }
        Work::Field => {
            "what a field does is recorded in its run, and not done in the background; remove `stale_while_revalidate`"
        }
        Work::Flow => {
            "a flow works in its run, and not in the background; put `stale_while_revalidate` on its steps"
        }
    };
    diag.at(stale.span, why);
}

/// A part of the input: `topic.title`.
fn check_part(part: &str, what: &str, span: Span, of: &Ident, inputs: &[&str], diag: &Diagnostics) {
    let first = part.trim().split('.').next().unwrap_or_default().trim();
    if inputs.contains(&first) {
        return;
    }
    let inputs_are = if inputs.is_empty() {
        format!("`{of}` has no inputs")
    } else {
        format!("the inputs are {}", list(inputs))
    };
    let meant = suggestion(first, inputs.iter().copied());
    let meant = meant.trim_end_matches('?');
    diag.at(
        span,
        format!("the {what} names `{first}`, which is not an input{meant}; {inputs_are}"),
    );
}

/// Words with parts of the input in braces: `site, {source.host}`.
fn check_tags(tags: &Set<String>, of: &Ident, inputs: &[&str], diag: &Diagnostics) {
    for tag in tags.value.split(',') {
        if tag.trim().is_empty() {
            let text = "a tag is empty; write words with commas between them, such as `tags = \"site, {topic}\"`";
            diag.at(tags.span, text);
        }
        let mut rest = tag;
        while let Some(at) = rest.find(['{', '}']) {
            let inner = rest[at..]
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'));
            match inner {
                Some((part, after)) if !part.contains('{') => {
                    check_part(part, "tag", tags.span, of, inputs, diag);
                    rest = after;
                }
                _ => {
                    let text = format!(
                        "a brace of the tag `{}` stands alone; write `{{topic}}`",
                        tag.trim()
                    );
                    diag.at(tags.span, text);
                    break;
                }
            }
        }
    }
}
