//! Options that change nothing. One that is written as its default is never meant: it says what holds.

use syn::Attribute;

use super::{About, Found};
use crate::model::{Cache, Flow, Retry, StepOptions};

/// The defaults of `retry(..)`, which are `agno_core::Retry`'s.
const BACKOFF: u64 = 500;
const FACTOR: f64 = 2.0;
const MAX_DELAY: u64 = 30_000;

pub(super) fn step(options: &StepOptions, attrs: &[Attribute], found: &mut Found) {
    if let Some(retry) = &options.retry {
        waits(retry, attrs, found);
    }
    if let Some(cache) = &options.cache {
        key(cache, attrs, found);
    }
}

pub(super) fn flow(flow: &Flow, is_entry: bool, found: &mut Found) {
    let (options, attrs) = (&flow.options, &flow.method.attrs);
    if let Some(cache) = &options.cache {
        key(cache, attrs, found);
    }
    if !is_entry {
        return;
    }
    if let Some(timeout) = &options.timeout {
        found.push(attrs, About::NoEffect,
            timeout.span,
            "`timeout` has no effect on the flow that a run begins with; put it on a sub-flow, or limit a run with `.limits(..)` where it is started",
        );
    }
    if let Some(cache) = &options.cache {
        found.push(attrs, About::NoEffect,
            cache.span,
            "`cache` has no effect on the flow that a run begins with; put it on a step or sub-flow",
        );
    }
}

/// What says how the wait grows, where it does not.
fn waits(retry: &Retry, attrs: &[Attribute], found: &mut Found) {
    let once = retry.max.as_ref().is_some_and(|max| max.value == 1);
    let factor = retry.factor.as_ref().map_or(FACTOR, |set| set.value);
    let backoff = retry.backoff.as_ref().map_or(BACKOFF, |set| set.value);
    let max_delay = retry.max_delay.as_ref().map_or(MAX_DELAY, |set| set.value);
    let is_default = (factor - FACTOR).abs() < f64::EPSILON;
    if let Some(set) = retry.factor.as_ref().filter(|_| once && !is_default) {
        let text =
            "`factor` has no effect: with one retry there is one wait; remove it, or raise `max`";
        found.push(attrs, About::NoEffect, set.span, text);
    }
    let constant = once || (factor - 1.0).abs() < f64::EPSILON;
    let reached = backoff > max_delay.min(MAX_DELAY);
    if let Some(set) = retry
        .max_delay
        .as_ref()
        .filter(|set| constant && !reached && set.value != MAX_DELAY)
    {
        let text = if once {
            "`max_delay` has no effect: with one retry there is one wait, which is `backoff`; remove it, or raise `max`"
        } else {
            "`max_delay` has no effect: with a factor of 1 each wait is `backoff`; remove it, or raise `factor`"
        };
        found.push(attrs, About::NoEffect, set.span, text);
    }
    if let Some(set) = retry
        .backoff
        .as_ref()
        .filter(|set| retry.max_delay.is_none() && set.value > MAX_DELAY)
    {
        let text = "no wait is longer than `max_delay`, which is 30s where it is not given; add `max_delay` with at least this";
        found.push(attrs, About::NoEffect, set.span, text);
    }
}

/// A part of the input that is in the key already.
fn key(cache: &Cache, attrs: &[Attribute], found: &mut Found) {
    let Some(key) = &cache.key else {
        return;
    };
    let parts: Vec<Vec<&str>> = key
        .value
        .split(',')
        .map(|part| part.split('.').map(str::trim).collect())
        .collect();
    for (index, part) in parts.iter().enumerate() {
        let holder = parts.iter().enumerate().find(|(other, holder)| {
            *other != index && part.starts_with(holder) && (part != *holder || *other < index)
        });
        if let Some((_, holder)) = holder {
            let (part, holder) = (part.join("."), holder.join("."));
            let text = if part == holder {
                format!("the key holds `{part}` twice; remove one")
            } else {
                format!(
                    "`{part}` has no effect: it is a part of `{holder}`, which the key holds; remove one of them"
                )
            };
            found.push(attrs, About::NoEffect, key.span, text);
            return;
        }
    }
}
