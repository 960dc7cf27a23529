//! The options of a step or flow, alone and with each other.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;

use super::cache::{Work, check_cache};
use crate::diag::Diagnostics;
use crate::model::{Gate, Retry, StepOptions};
use crate::parse::options::Set;

/// A step, as its options see it.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) name_span: Span,
    /// The method or field.
    pub(super) written: &'a Ident,
    pub(super) inputs: &'a [&'a str],
    pub(super) changes_state: bool,
    /// Whether it can ask for its history: it takes the context, or is a field.
    pub(super) reads_history: bool,
    pub(super) is_field: bool,
}

impl Named<'_> {
    fn work(&self, options: &StepOptions) -> Work {
        match self.is_field {
            true => Work::Field,
            false => Work::Step {
                asks: options.confirm.is_some(),
            },
        }
    }
}

/// Options, alone and with each other.
pub(super) fn check_options(step: &Named<'_>, options: &StepOptions, diag: &Diagnostics) {
    check_journal_name(step, diag);
    if let Some(retry) = &options.retry {
        check_retry(retry, diag);
    }
    if let Some(version) = options
        .version
        .as_ref()
        .filter(|version| version.value == 0)
    {
        diag.at(version.span, "versions count from 1");
    }
    if let Some(gate) = &options.confirm {
        check_gate(gate, diag);
    }
    if let Some(history) = &options.history {
        if history.value == 0 {
            diag.at(
                history.span,
                "`history` counts earlier runs; write 1 or more, or remove `history`",
            );
        } else if !step.reads_history {
            diag.at(
                history.span,
                format!(
                    "`{}` cannot read its history without the context; add the parameter `context: &StepContext`, or remove `history`",
                    step.written
                ),
            );
        }
    }
    if let Some(cache) = &options.cache {
        check_cache(cache, step.written, step.inputs, step.work(options), diag);
        if step.changes_state {
            diag.at(
                cache.span,
                format!(
                    "`{}` changes the state, which a cached result would skip; remove `cache`, or the `&mut` parameter",
                    step.name
                ),
            );
        }
        if options.at_most_once.is_some() {
            diag.at(
                cache.span,
                "`at_most_once` is for effects, which a cached result would skip; remove `cache` or `at_most_once`",
            );
        }
    }
}

/// The longest name that a list or a tree of steps shows whole.
const LONGEST_NAME: usize = 64;

/// A name becomes part of a path such as `map#1[3]/read#0`, and is shown in terminals.
fn check_journal_name(step: &Named<'_>, diag: &Diagnostics) {
    let name = step.name;
    if *step.written == name || step.written.unraw() == name {
        return;
    }
    // A blank between two words is well; what is not seen, or turns the text around, is not.
    let is_good = |c: char| c.is_alphanumeric() || "_- ".contains(c);
    let bad = name.chars().find(|c| !is_good(*c));
    let edge = (name.trim() != name || name.contains("  ")).then_some(' ');
    if name.trim().is_empty() {
        diag.at(step.name_span, "the name of a step cannot be empty");
    } else if let Some(bad) = bad.or(edge) {
        diag.at(
            step.name_span,
            format!("the name of a step cannot hold {bad:?}; use letters, digits, `_` and `-`"),
        );
    } else if name.chars().count() > LONGEST_NAME {
        diag.at(
            step.name_span,
            format!("the name of a step has at most {LONGEST_NAME} characters; shorten it"),
        );
    }
}

fn check_gate(gate: &Gate, diag: &Diagnostics) {
    let empty = |message: &&Set<String>| message.value.trim().is_empty();
    if let Some(message) = gate.message.as_ref().filter(empty) {
        diag.at(
            message.span,
            "a person is asked this; write the question, such as `confirm = \"Publish this?\"`",
        );
    }
}

fn check_retry(retry: &Retry, diag: &Diagnostics) {
    if let Some(max) = retry.max.as_ref().filter(|max| max.value == 0) {
        diag.at(
            max.span,
            "`max` counts the retries after the first attempt; write 1 or more, or remove `retry`",
        );
    }
    if let Some(factor) = retry.factor.as_ref().filter(|factor| factor.value < 1.0) {
        diag.at(
            factor.span,
            "a factor below 1 would shorten the wait; write 1.0 or more",
        );
    }
    if let (Some(backoff), Some(max_delay)) = (&retry.backoff, &retry.max_delay)
        && max_delay.value < backoff.value
    {
        diag.at(
            max_delay.span,
            "`max_delay` is shorter than `backoff`, the first wait",
        );
    }
}
