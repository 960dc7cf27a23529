//! What `cargo doc` shows of a workflow.

use proc_macro2::{TokenStream, TokenTree};

use super::{errors, workflow};

/// The doc comment on the generated `impl Workflow`.
fn summary(args: &str, item: &str) -> String {
    let expansion = workflow(args, item);
    assert_eq!(errors(expansion.clone()), Vec::<String>::new());
    let mut found = Vec::new();
    find(expansion, &mut found);
    found
        .into_iter()
        .find(|text| text.contains("| --- |"))
        .expect("a summary")
}

/// The texts of all `#[doc = ".."]`.
fn find(stream: TokenStream, found: &mut Vec<String>) {
    for token in stream {
        let TokenTree::Group(group) = token else {
            continue;
        };
        match syn::parse2::<syn::MetaNameValue>(group.stream()) {
            Ok(syn::MetaNameValue {
                path,
                value:
                    syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(text),
                        ..
                    }),
                ..
            }) if path.is_ident("doc") => found.push(text.value()),
            _ => find(group.stream(), found),
        }
    }
}

#[test]
fn steps_are_a_table_and_the_flow_is_an_outline() {
    let summary = summary(
        "state = Notes",
        r#"impl Article {
            /// Finds sources, e.g. on the web. Slowly.
            #[step(retry(max = 3), timeout = "20s", cache(ttl = "1h", key = "topic", scope = "user"))]
            async fn search(&self, topic: Topic) -> Result<Vec<Source>> { x }

            #[step(on_error = "skip", version = 2, name = "fetch")]
            fn read(&self, source: Source) -> Page { x }

            #[cfg(feature = "judge")]
            #[step(at_most_once, on_error = "pause", timeout = "90s")]
            async fn judge(&self, notes: &mut Notes, page: Page) -> Result<Verdict> { x }

            #[step(confirm(message = "Publish?", timeout = "2d"), history = 3)]
            async fn publish(&self, page: Page, context: &StepContext) -> Result<Url> { x }

            #[flow]
            async fn run(flow: &Flow<Self>, topic: Topic, depth: u32) -> Result<Url> {
                let Some(first) = flow.search(topic).await?.pop() else {
                    flow.ask::<Topic>("Which topic?").await?;
                    bail!("nothing found")
                };
                for round in 0..3 {
                    let pages = flow.map(sources, |source| flow.read(source)).limit(4).await?;
                    if pages.is_empty() && round > 1 {
                        flow.sleep(HOUR).await?;
                    } else {
                        flow.race((flow.finish(pages[0]), flow.call::<Other>(topic))).await?;
                    }
                }
                flow.parallel(vec![flow.read(a), flow.read(b)]).await?;
                match flow.judge(page).await? {
                    Verdict::Good(post) if sure => return flow.publish(post).await,
                    _ => hand_on(flow),
                }
            }

            #[flow(timeout = "2m", cache(ttl = "1d"))]
            async fn finish(flow: &Flow<Self>, page: Page) -> Result<Url> { flow.read(page).await }
        }"#,
    );
    let expected = "\
Takes `topic: Topic`, `depth: u32`, gives `Url`, has the state `Notes`.

| Step | Takes | Gives | Options | What it does |
| --- | --- | --- | --- | --- |
| `search` | `topic: Topic` | `Vec<Source>` | 3 retries, 20 s an attempt, cached for 1 h by `topic` for a user | Finds sources, e.g. on the web. |
| `fetch` | `source: Source` | `Page` | left out if it fails, version 2 |  |
| `judge`, if `feature = \"judge\"` | `page: Page` | `Verdict` | 90 s an attempt, waits for a person if it fails, at most once, changes the state |  |
| `publish` | `page: Page` | `Url` | asks “Publish?” and waits 2 d, sees 3 earlier runs |  |

```text
run(topic: Topic, depth: u32) -> Url
  search
  unless let Some(first) = flow.search(topic).await?.pop()
    ask (a person answers)
    bail!(\"nothing found\")
  for round in 0..3
    map over sources
      fetch
    if pages.is_empty() && round > 1
      sleep HOUR
    else
      race
        - flow finish
        - workflow Other
  parallel
    - fetch
    - fetch
  judge
  match flow.judge(page).await?
    Verdict::Good(post) if sure =>
      publish
      return flow.publish(post).await
    _ =>
      hand_on(flow) (not read)
finish(page: Page) -> Url, within 2 m, cached for 1 d
  fetch
```
";
    assert_eq!(summary, expected, "{summary}");
}

#[test]
fn without_a_flow_the_table_is_the_order() {
    let summary = summary(
        "",
        "impl Hello {
            #[step] fn greet(&self) -> String { x }
            #[step] async fn shout(&self, greeting: String) { x }
        }",
    );
    let expected = "\
Takes nothing, gives `()`.

| Step | Takes | Gives |
| --- | --- | --- |
| `greet` |  | `String` |
| `shout` | `greeting: String` | `()` |

The steps run in this order, each fed by the one before.
";
    assert_eq!(summary, expected);
}

#[test]
fn steps_that_are_fields_are_a_table() {
    let summary = summary(
        "state = Notes",
        r#"struct Content {
            /// Finds out.
            #[step(retry(max = 1))]
            researcher: Arc<Agent>,
            limit: u32,
            #[step(input = "{{{input}}}\n|{researcher}")]
            writer: Agent,
        }"#,
    );
    let expected = r"Has the state `Notes`.

| Step | Done by | Options | What it does |
| --- | --- | --- | --- |
| `researcher` | `Arc<Agent>` | 1 retry | Finds out. |
| `writer` | `Agent` | given `{{{input}}}\n\|{researcher}` |  |

The steps run in this order, each fed by the one before.
";
    assert_eq!(summary, expected, "{summary}");
}

#[test]
fn what_a_user_wrote_is_no_markup() {
    let summary = summary(
        "",
        r#"impl A {
            /// <b>Bold</b> | `a | b` [link](https://a.b) *x* _y_ &amp; \| https://c.d # no
            #[step(confirm = "Is `x` | <i>y</i>?")]
            async fn a(&self) -> Result<u8> { x }
            #[flow]
            async fn run(flow: &Flow<Self>) -> Result<u8> {
                if x == "```
</script>" { flow.a().await } else { flow.a().await }
            }
        }"#,
    );
    assert!(
        summary.contains(
            r"| \<b\>Bold\</b\> \| \`a \| b\` \[link\](https\://a.b) \*x\* \_y\_ \&amp; \\\| https\://c.d \# no |"
        ),
        "{summary}"
    );
    assert!(
        summary.contains(r"asks “Is \`x\` \| \<i\>y\</i\>?”"),
        "{summary}"
    );
    assert!(
        summary.contains("````text\nrun() -> u8\n  if x == \"``` </script>\"\n"),
        "{summary}"
    );
}

#[test]
fn a_workflow_with_a_mistake_has_no_summary() {
    let expansion = workflow("", "struct A { #[step(nothing)] a: Agent }");
    let mut found = Vec::new();
    find(expansion, &mut found);
    assert!(found.iter().all(|text| !text.contains("---")), "{found:?}");
}
