//! What is warned of, and what is not: only what is certain.

use proc_macro2::{TokenStream, TokenTree};

use super::{errors, workflow};

/// The notes of the deprecated items in an expansion, in order.
pub(super) fn notes(stream: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == "note" => {
                if let Some(TokenTree::Literal(text)) = tokens.get(index + 2) {
                    let text: syn::LitStr = syn::parse_str(&text.to_string()).expect("a text");
                    found.push(text.value());
                }
            }
            TokenTree::Group(group) => found.extend(notes(group.stream())),
            _ => {}
        }
    }
    found
}

#[track_caller]
pub(super) fn warnings_of_impl(block: &str) -> Vec<String> {
    let expanded = workflow("", block);
    assert_eq!(errors(expanded.clone()), Vec::<String>::new(), "{block}");
    notes(expanded)
}

#[test]
fn without_a_flow_every_step_runs() {
    let block = "impl Article { #[step] async fn search(&self, topic: Topic) -> Result<Topic> { Ok(topic) } }";
    assert_eq!(warnings_of_impl(block), Vec::<String>::new());
}

#[track_caller]
fn of_options(options: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{ #[step({options})] async fn search(&self, topic: Topic, page: u32) -> Result<Topic> {{ Ok(topic) }} }}"
    ))
}

#[test]
fn an_option_without_effect() {
    for (options, start) in [
        ("retry(max = 1, factor = 3.0)", "`factor` has no effect"),
        (
            "retry(max = 1, max_delay = \"9s\")",
            "`max_delay` has no effect: with one retry",
        ),
        (
            "retry(max = 3, factor = 1.0, max_delay = \"9s\")",
            "`max_delay` has no effect: with a factor of 1",
        ),
        (
            "retry(max = 3, backoff = \"1m\")",
            "no wait is longer than `max_delay`",
        ),
        (
            "cache(key = \"topic, page, topic\")",
            "the key holds `topic` twice",
        ),
        (
            "cache(key = \"topic.title, topic\")",
            "`topic.title` has no effect",
        ),
    ] {
        let found = of_options(options);
        assert_eq!(found.len(), 1, "{options}: {found:?}");
        assert!(found[0].starts_with(start), "{options}: {}", found[0]);
    }
}

#[test]
fn an_option_with_an_effect() {
    for options in [
        "retry(max = 1)",
        "retry(max = 1, backoff = \"2s\", jitter = false)",
        // The default, spelled out.
        "retry(max = 1, factor = 2.0, max_delay = \"30s\")",
        // Shorter than the first wait, which is then half a second.
        "retry(max = 1, max_delay = \"100ms\")",
        // Without it a wait would be 30 s.
        "retry(max = 1, backoff = \"1m\", max_delay = \"2m\")",
        "retry(max = 3, factor = 1.0)",
        "retry(max = 3, factor = 3.0, max_delay = \"1m\")",
        "cache(key = \"topic.title, topic.name, page\")",
        "cache(key = \"topic.title, topic.titles\")",
        "on_error = \"fail\", version = 1, confirm(message = \"Really?\", on_reject = \"fail\")",
    ] {
        assert_eq!(of_options(options), Vec::<String>::new(), "{options}");
    }
}

#[test]
fn options_of_the_entry_have_no_effect() {
    let of = |first: &str, second: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                #[flow{first}] async fn run(flow: &Flow<Self>) -> Result<()> {{ flow.part().await }}
                #[flow{second}] async fn part(flow: &Flow<Self>) -> Result<()> {{ Ok(()) }}
            }}"
        ))
    };
    let options = "(timeout = \"2m\", cache(ttl = \"1h\"))";
    let found = of(options, "");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("`timeout` has no effect on the flow that a run begins with"));
    assert!(found[1].starts_with("`cache` has no effect on the flow that a run begins with"));
    assert_eq!(of("", options), Vec::<String>::new());
}

#[test]
fn options_of_fields_too() {
    let expanded = workflow(
        "",
        "struct Content { #[step(retry(max = 1, factor = 3.0))] writer: Agent }",
    );
    assert_eq!(notes(expanded).len(), 1);
}

#[test]
fn after_a_mistake_nothing_is_warned_of() {
    let block = "impl Article {
        #[step(retry(max = 1, factor = 3.0))] async fn search(&mut self) -> Result<()> { Ok(()) }
        #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { Ok(()) }
    }";
    let expanded = workflow("", block);
    assert_eq!(errors(expanded.clone()).len(), 1);
    assert_eq!(notes(expanded), Vec::<String>::new());
}

#[test]
fn the_users_conditions_and_lint_levels_are_kept() {
    let expanded = workflow(
        "",
        "impl Article {
            #[cfg(feature = \"out\")] #[allow(deprecated)]
            #[step] async fn publish(&self) -> Result<()> { Ok(()) }
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { Ok(()) }
        }",
    );
    super::assert_holds(
        &expanded,
        "#[cfg(feature = \"out\")] #[allow(deprecated)] const _: () =",
    );
}

fn of_flow(attrs: &str, body: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{ #[step] async fn search(&self) -> Result<Topic> {{ x }}
         #[flow] {attrs} async fn run(flow: &Flow<Self>) -> Result<Topic> {{ {body} flow.search().await }} }}"
    ))
}

#[test]
fn a_failure_that_nobody_looks_at() {
    for body in [
        "flow.search().await;",
        "for x in y { flow.search().timeout(t).await; }",
        "flow.sleep(t).await;",
    ] {
        let found = of_flow("", body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(
            found[0].starts_with("the flow goes on when `flow.s"),
            "{body}: {found:?}"
        );
    }
}

#[test]
fn a_failure_that_is_let_go_on_purpose() {
    for body in [
        "let _ = flow.search().await;",
        "flow.search().await?;",
        "flow.search().await.ok();",
        "let found = flow.search().await; f(found);",
        "#[allow(unused_must_use)] flow.search().await;",
        "f(async { flow.search().await; });",
        "flow.search().mine().await;",
    ] {
        assert_eq!(of_flow("", body), Vec::<String>::new(), "{body}");
    }
    let allowed = of_flow("#[allow(unused_must_use)]", "flow.search().await;");
    assert_eq!(allowed, Vec::<String>::new());
}

#[test]
fn a_flow_that_nothing_leads_to_may_be_the_entry() {
    let found = warnings_of_impl(
        "impl Article { #[step] async fn search(&self) -> Result<Topic> { x }
         #[flow] async fn polish(flow: &Flow<Self>) -> Result<Topic> { flow.search().await }
         #[flow] async fn run(flow: &Flow<Self>) -> Result<Topic> { flow.search().await } }",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("move it above `polish` if runs begin with it"),
        "{found:?}"
    );
}
