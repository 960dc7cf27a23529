//! Options in words.

use super::markdown::{code, prose};
use crate::model::{Cache, FlowOptions, Gate, Piece, Retry, StepOptions, Template};

pub(super) fn of_step(options: &StepOptions) -> Vec<String> {
    let StepOptions {
        retry,
        timeout,
        cache,
        confirm,
        at_most_once,
        history,
        version,
        ..
    } = options;
    let on_error = match options.on_error() {
        Some("skip") => Some("left out if it fails"),
        Some("pause") => Some("waits for a person if it fails"),
        _ => None,
    };
    let words = [
        confirm.as_ref().map(asks),
        retry.as_ref().map(retries),
        timeout
            .as_ref()
            .map(|set| format!("{} an attempt", duration(set.value))),
        cache.as_ref().map(cached),
        on_error.map(str::to_owned),
        at_most_once.map(|_| "at most once".to_owned()),
        history
            .as_ref()
            .map(|set| format!("sees {} earlier runs", set.value)),
        version.as_ref().map(|set| format!("version {}", set.value)),
    ];
    words.into_iter().flatten().collect()
}

/// As plain text.
pub(super) fn of_flow(options: &FlowOptions) -> String {
    let mut words = String::new();
    if let Some(set) = &options.timeout {
        words.push_str(", within ");
        words.push_str(&duration(set.value));
    }
    if let Some(cache) = &options.cache {
        words.push_str(", cached");
        if let Some(ttl) = &cache.ttl {
            words.push_str(" for ");
            words.push_str(&duration(ttl.value));
        }
    }
    words
}

/// As it is written.
pub(super) fn of_template(template: &Template) -> String {
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Piece::Input => "{input}".to_owned(),
        Piece::Previous => "{previous}".to_owned(),
        Piece::Output(step) => format!("{{{step}}}"),
    });
    let text: String = pieces.collect();
    format!("given {}", code(&text.replace('\n', "\\n")))
}

fn asks(gate: &Gate) -> String {
    let question = gate.message.as_ref().map_or("", |set| &set.value);
    let waits = gate.timeout.as_ref().map(|set| duration(set.value));
    let waits = waits.map_or_else(String::new, |time| format!(" and waits {time}"));
    format!("asks “{}”{waits}", prose(question))
}

fn retries(retry: &Retry) -> String {
    match retry.max.as_ref().map_or(1, |set| set.value) {
        1 => "1 retry".to_owned(),
        several => format!("{several} retries"),
    }
}

fn cached(cache: &Cache) -> String {
    let mut words = String::from("cached");
    if let Some(ttl) = &cache.ttl {
        words.push_str(" for ");
        words.push_str(&duration(ttl.value));
    }
    if let Some(key) = &cache.key {
        words.push_str(" by ");
        words.push_str(&code(&key.value));
    }
    match cache.scope.as_ref().map(|set| set.value) {
        Some("run") => words.push_str(" within a run"),
        Some("user") => words.push_str(" for a user"),
        Some("global") => words.push_str(" for everybody"),
        _ => {}
    }
    words
}

/// In the largest unit that leaves no rest.
fn duration(millis: u64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    let unit = units
        .into_iter()
        .find(|(size, _)| millis.is_multiple_of(*size));
    let (size, name) = unit.unwrap_or((1, "ms"));
    format!("{} {name}", millis / size)
}
