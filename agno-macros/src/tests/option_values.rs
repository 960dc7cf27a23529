//! Values of options that are not what the option takes: what is said keeps the user's number, and means what he meant.

use super::{errors, tokens};

fn said(options: &str) -> Vec<String> {
    let block = format!("impl A {{ #[step({options})] async fn a(&self) -> Result<T> {{ x }} }}");
    let mut found = errors(crate::entry::workflow(tokens(""), tokens(&block)));
    found.dedup();
    found
}

#[test]
fn a_number_keeps_its_unit_or_gets_the_likely_one() {
    for (options, written) in [
        ("timeout = 45", "timeout = \"45s\""),
        ("timeout = 500ms", "timeout = \"500ms\""),
        ("timeout = 2m", "timeout = \"2m\""),
        ("timeout = 1h", "timeout = \"1h\""),
        ("timeout = 20sec", "timeout = \"20s\""),
        ("timeout = 1.5s", "timeout = \"1500ms\""),
        ("timeout = 0.5m", "timeout = \"30000ms\""),
        ("timeout = 1_000ms", "timeout = \"1000ms\""),
        ("cache(ttl = 30)", "ttl = \"30s\""),
        ("cache(ttl = 2d)", "ttl = \"2d\""),
        ("cache = 1h", "cache(ttl = \"1h\")"),
        ("retry(max = 3, backoff = 500ms)", "backoff = \"500ms\""),
        ("retry(max = 3, backoff = 100)", "backoff = \"100ms\""),
        ("retry(max = 3, backoff = 2)", "backoff = \"2s\""),
        ("retry(max = 3, backoff = 0.5)", "backoff = \"500ms\""),
        ("retry(max = 3, max_delay = 5000)", "max_delay = \"5000ms\""),
        ("retry = 500ms", "retry(max = 3)"),
        ("retry = 5", "retry(max = 5)"),
    ] {
        let found = said(options);
        assert_eq!(found.len(), 1, "{options}: {found:?}");
        let wanted = format!("; write `{written}`");
        assert!(found[0].ends_with(&wanted), "{options}: {found:?}");
    }
}

#[test]
fn options_are_parted_by_commas() {
    for options in [
        "retry(max = 3; backoff = \"1s\")",
        "timeout = \"1s\"; version = 2",
    ] {
        let message = "a comma stands between two options; write `,` here";
        assert_eq!(said(options), [message], "{options}");
    }
    for options in [
        "retry(max = 3 backoff = \"1s\")",
        "timeout = \"1s\" version = 2",
    ] {
        assert_eq!(said(options), ["expected a comma before this"], "{options}");
    }
}
