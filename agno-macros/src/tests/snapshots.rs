//! Whole expansions, input beside output: `snapshots/` has one file for each. What a reviewer reads when `expand/` changes.

use proc_macro2::TokenStream;

use super::{errors, tokens, workflow};

/// Compares with the file of this name. `broken` says how many errors of our own the expansion holds.
fn assert_expansion(
    name: &str,
    attribute: &str,
    item: &str,
    expansion: TokenStream,
    broken: usize,
) {
    let errors = errors(expansion.clone());
    assert_eq!(errors.len(), broken, "{errors:?}");
    let file = syn::parse2(expansion).expect("an expansion is items");
    let output = prettyplease::unparse(&file);
    let input = dedented(item);
    let text = format!("// Written:\n\n{attribute}\n{input}\n\n// Expands to:\n\n{output}");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn assert_workflow(name: &str, args: &str, item: &str) {
    let attribute = match args {
        "" => "#[workflow]".to_owned(),
        args => format!("#[workflow({args})]"),
    };
    assert_expansion(name, &attribute, item, workflow(args, item), 0);
}

/// Without the indentation of this file.
fn dedented(item: &str) -> String {
    let lines: Vec<&str> = item.trim_matches('\n').lines().collect();
    let indented = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = indented.map(|line| line.len() - line.trim_start().len());
    let indent = indent.min().unwrap_or_default();
    let lines = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn a_struct() {
    assert_workflow(
        "struct",
        r#"name = "Writer", version = 3, on_drift = "rerun""#,
        r#"
        /// Researches a topic and writes.
        pub struct Article {
            search: Client,
            #[cfg(feature = "limit")]
            limit: u32,
        }
        "#,
    );
}

#[test]
fn steps_in_their_order() {
    assert_workflow(
        "steps_in_their_order",
        "crate = my::agno",
        r#"
        impl Article {
            /// Finds sources on the web.
            ///
            /// Slowly.
            #[step]
            pub async fn search(&self, topic: Topic) -> Result<Vec<Source>> {
                self.client.find(topic).await
            }

            #[step]
            async fn write(&self, sources: Vec<Source>) -> Result<Self, Failed> {
                Ok(draft(sources))
            }
        }
        "#,
    );
}

#[test]
fn a_flow_and_a_subflow() {
    assert_workflow(
        "flow_and_subflow",
        "",
        r#"
        impl Article {
            #[step]
            async fn search(&self, topic: Topic, pages: u32) -> Result<Vec<Source>> {
                find(topic, pages).await
            }

            #[flow]
            pub async fn run(flow: &Flow<Self>, topic: Topic, depth: u32) -> Result<Vec<Source>> {
                if depth > 3 {
                    flow.sleep(PAUSE).await?;
                }
                flow.again(topic).await
            }

            #[flow(timeout = "2m", cache(ttl = "1h"))]
            async fn again(flow: &Flow<Self>, topic: Topic) -> Result<Vec<Source>> {
                flow.search(topic, 1).await
            }
        }
        "#,
    );
}

#[test]
fn every_option() {
    assert_workflow(
        "every_option",
        "",
        r#"
        impl Article {
            #[step(
                name = "find",
                retry(max = 3, backoff = "500ms", factor = 2, max_delay = "30s", jitter = false),
                timeout = "20s",
                cache(ttl = "1h", key = "topic.title", scope = "user"),
                on_error = "skip",
                version = 2
            )]
            async fn search(&self, topic: Topic) -> Result<Vec<Source>> {
                find(topic).await
            }

            #[step(confirm = "Publish this?", cache, on_error = "pause")]
            async fn publish(&self, sources: Vec<Source>) -> Result<Url> {
                post(sources).await
            }

            #[step(
                at_most_once,
                history = 3,
                confirm(message = "Send it?", timeout = "1h", on_timeout = "approve", on_reject = "skip")
            )]
            async fn send(&self, url: Url, context: &StepContext) -> Result<Sent> {
                mail(url, context).await
            }
        }
        "#,
    );
}

#[test]
fn a_state() {
    assert_workflow(
        "state",
        "state = Notes",
        r#"
        impl Article {
            #[step]
            async fn search(&self, notes: &mut Notes, topic: Topic) -> Result<()> {
                Ok(notes.add(topic))
            }
        }
        "#,
    );
}

#[test]
fn a_context() {
    assert_workflow(
        "context",
        "",
        r#"
        impl Article {
            #[step]
            async fn search(&self, r#type: Topic, context: &StepContext) -> Result<u32, Failed> {
                Ok(context.attempt())
            }
        }
        "#,
    );
}

#[test]
fn a_blocking_step() {
    assert_workflow(
        "blocking",
        "",
        r#"
        impl Article {
            #[step]
            fn read(&self, mut source: Source) -> String {
                source.read()
            }
        }
        "#,
    );
}

#[test]
fn a_step_under_a_condition() {
    assert_workflow(
        "condition",
        "",
        r#"
        impl Article {
            #[cfg(feature = "judge")]
            #[step]
            async fn judge(&self, draft: Draft) -> Result<u32> {
                Ok(draft.stars())
            }

            #[flow]
            async fn run(flow: &Flow<Self>, draft: Draft) -> Result<()> {
                #[cfg(feature = "judge")]
                flow.judge(draft).await?;
                Ok(())
            }
        }
        "#,
    );
}

#[test]
fn fields() {
    assert_workflow(
        "fields",
        "state = Notes",
        r#"
        struct Content {
            /// Finds out.
            #[step(retry(max = 2), version = 2)]
            researcher: Arc<Agent>,
            #[cfg(feature = "limit")]
            limit: u32,
            #[step(input = "{{{input}}} {researcher}", name = "author")]
            r#writer: Agent,
            #[step(confirm(message = "Publish?", on_reject = "skip"))]
            publisher: Publisher,
        }
        "#,
    );
}

#[test]
fn a_tool() {
    let item = r#"
        /// Searches the web.
        async fn search(
            /// What to look for.
            query: String,
            /// At most so many.
            limit: Option<u32>,
            context: &ToolContext,
        ) -> Result<Vec<Page>> {
            find(query, limit, context).await
        }
    "#;
    let expansion = crate::tool::tool(TokenStream::new(), tokens(item));
    assert_expansion("tool", "#[tool]", item, expansion, 0);
}

#[test]
fn data() {
    let item = r#"
        #[derive(Debug, PartialEq)]
        struct Topic {
            title: String,
        }
    "#;
    let expansion = crate::data::data(TokenStream::new(), &tokens(item));
    assert_expansion("data", "#[data]", item, expansion, 0);
}

#[test]
fn a_state_of_fields() {
    let item = r#"
        #[serde(rename_all = "camelCase")]
        struct Notes {
            #[merge(append)]
            found_sources: Vec<Source>,
            #[serde(rename = "n")]
            #[merge(max)]
            number: u32,
            #[serde(skip)]
            cache: Cache,
            r#type: String,
            #[merge(last)]
            at_last: u8,
        }
    "#;
    let expansion = crate::state::derive(tokens(item));
    assert_expansion("derive_state", "#[derive(State)]", item, expansion, 0);
}

/// The handle is whole and nothing is registered: what is right elsewhere gives no second error.
#[test]
fn after_a_mistake() {
    let item = r#"
        impl Article {
            #[step(timeout = "20")]
            async fn search(&self, topic: Topic) -> Result<Vec<Source>> {
                find(topic).await
            }

            fn helper(&self, source: Source) -> u8 {
                0
            }

            #[flow]
            async fn run(flow: &Flow<Self>, topic: Topic) -> Result<u8> {
                self.search(topic).await?;
                Ok(1)
            }
        }
    "#;
    assert_expansion("mistake", "#[workflow]", item, workflow("", item), 2);
}
