//! The rules: for each mistake exactly one message, and what it says to write.

mod fields;
mod flows;
mod items;
mod steps;

use super::{errors, tokens, workflow};

#[track_caller]
fn one(args: &str, item: &str, part: &str) {
    let messages = errors(workflow(args, item));
    assert_eq!(messages.len(), 1, "{item}: {messages:?}");
    assert!(messages[0].contains(part), "{item}: {messages:?}");
    let tidy = !messages[0].ends_with('.') && !messages[0].starts_with(char::is_uppercase);
    assert!(tidy, "{messages:?}");
}
