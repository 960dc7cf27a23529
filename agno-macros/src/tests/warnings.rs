//! What is warned of, and what is not: only what is certain.

use proc_macro2::{TokenStream, TokenTree};

use super::{errors, workflow};

/// The notes of the deprecated items in an expansion, in order.
fn notes(stream: TokenStream) -> Vec<String> {
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
fn warnings_of_impl(block: &str) -> Vec<String> {
    let expanded = workflow("", block);
    assert_eq!(errors(expanded.clone()), Vec::<String>::new(), "{block}");
    notes(expanded)
}

/// Of a flow with this body, beside `search`, which it calls, and the sub-flow `part`.
#[track_caller]
fn warnings(body: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{
            #[step] async fn search(&self, topic: Topic) -> Result<Topic> {{ Ok(topic) }}
            #[flow] async fn run(flow: &Flow<Self>, topic: Topic) -> Result<Topic> {{
                flow.search(topic).await?; flow.part(topic).await?;
                {body}
            }}
            #[flow] async fn part(flow: &Flow<Self>, topic: Topic) -> Result<Topic> {{ Ok(topic) }}
        }}"
    ))
}

#[test]
fn a_loop_that_is_never_left() {
    for body in [
        "loop { flow.search(topic).await?; }",
        "while true { flow.search(topic).await?; }",
        "for round in 0.. { flow.search(topic).await?; }",
        "for round in (1u64..) { flow.search(topic).await?; }",
        "'outer: loop { flow.search(topic).await?; continue 'outer; }",
        "loop { for page in pages { flow.search(page).await?; break; } }",
        "loop { 'a: loop { flow.search(topic).await?; break 'a; } }",
        "loop { 'a: { if done { break 'a; } flow.search(topic).await?; } }",
        "loop { flow.map(pages, |page| { return flow.search(page); }).await?; }",
        "loop { let pages = pages.iter().map(|page| { return page; }); flow.search(topic).await?; }",
        "loop { flow.part(topic).await?; }",
        "loop { tracing::info!(\"next\"); assert!(flow.search(topic).await?.is_some()); }",
        "loop { fn inner() { return; } flow.search(topic).await?; }",
        "if forever { loop { flow.search(topic).await?; } } Ok(topic)",
        "loop { loop { flow.search(topic).await?; } }",
        "loop { flow.search(topic).await.map_err(own).context(\"no\")?; }",
        "loop { format!(\"{:?}\", flow.search(topic).await?); }",
        "loop { if flow.search(topic).await?.done { count += 1; } else { seen = Some(topic) } }",
    ] {
        let found = warnings(body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].starts_with("this loop is never left"), "{body}");
        assert!(found[0].contains("flow.continue_as_new(..)"), "{body}");
    }
}

#[test]
fn a_loop_that_is_perhaps_left() {
    for body in [
        "loop { if flow.search(topic).await?.done { break; } }",
        "loop { return flow.search(topic).await; }",
        "loop { flow.search(topic).await?; Err(Failed)?; }",
        "loop { flow.search(pages.pop().ok_or(Failed)?).await?; }",
        "loop { flow.search(topic).await?; Err(Failed).map_err(own)?; }",
        "loop { flow.search(topic).await.ok().ok_or(Failed)?; }",
        "loop { flow.search(topic).await?; format!(\"{}\", pages.pop().ok_or(Failed)?); }",
        "loop { if flow.search(topic).await?.done { never(topic) } }",
        "loop { if more { flow.search(topic).await?; } else { my::exit(1); } }",
        "loop { match flow.search(topic).await? { Some(x) => x, None => never() }; }",
        "loop { let Some(x) = flow.search(topic).await? else { never() }; }",
        "loop { flow.search(topic).await?; error!(\"no\"); }",
        "macro_rules! debug { () => { return } } loop { flow.search(topic).await?; debug!(); }",
        "macro_rules! format { () => { return } } loop { flow.search(topic).await?; format!(); }",
        "loop { flow.search(topic).await?; bail!(\"no\"); }",
        "loop { flow.search(topic).await?; stop_if!(topic); }",
        "loop { flow.search(topic).await?; log!(a; break); }",
        "loop { vec![if done { return Ok(topic) }]; flow.search(topic).await?; }",
        "loop { helper(flow).await?; }",
        "loop { flow.of_a_trait().await?; }",
        "loop { let other = flow; other.search(topic).await?; }",
        "loop { format!(\"{:?}\", helper(flow)); }",
        "loop { flow.search(topic).await?; return flow.continue_as_new(topic).await; }",
        "loop { flow.search(topic).await?; flow.continue_as_new::<()>(topic).await?; }",
        "'a: { loop { flow.search(topic).await?; break 'a; } }",
        "'a: for page in pages { loop { flow.search(page).await?; continue 'a; } }",
        "'a: loop { loop { flow.search(topic).await?; if done { break 'a; } } }",
        "while going { flow.search(topic).await?; }",
        "while let Some(page) = pages.pop() { flow.search(page).await?; }",
        "for page in 0..9 { flow.search(page).await?; }",
        // Not recorded: a matter of plain Rust.
        "loop { count += 1; }",
        "#[allow_in_flow(endless = \"its session ends it\")] loop { flow.search(topic).await?; }",
    ] {
        assert_eq!(warnings(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn an_allowance_for_a_loop_that_is_left_is_in_vain() {
    let block = "impl Article { #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {
        #[allow_in_flow(endless = \"never\")] loop { flow.now(); break; } Ok(()) } }";
    assert_eq!(
        errors(workflow("", block)),
        ["nothing here needs `endless`; remove it"]
    );
}

/// Of the sub-flows with these bodies, `a` and `b`, which the entry calls.
#[track_caller]
fn recursions(a: &str, b: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ flow.a().await?; flow.b().await }}
            #[flow] async fn a(flow: &Flow<Self>) -> Result<()> {{ {a} }}
            #[flow] async fn b(flow: &Flow<Self>) -> Result<()> {{ {b} }}
        }}"
    ))
}

#[test]
fn a_sub_flow_that_calls_itself_on_every_path() {
    for (a, b) in [
        ("flow.a().await", "Ok(())"),
        ("return flow.a().await;", "Ok(())"),
        ("let x = flow.a().await?; Ok(x)", "Ok(())"),
        ("flow.a().timeout(limit).await", "Ok(())"),
        (
            "flow.parallel((flow.now(), flow.a())).await?; Ok(())",
            "Ok(())",
        ),
        (
            "if flow.now() > late { flow.a().await } else { flow.a().await }",
            "Ok(())",
        ),
        (
            "match x { 1 => flow.a().await, _ => { flow.a().await?; Ok(()) } }",
            "Ok(())",
        ),
        (
            "if flow.a().await.is_ok() { return Ok(()); } Ok(())",
            "Ok(())",
        ),
        ("flow.b().await", "flow.a().await"),
        ("loop { flow.a().await?; break; } Ok(())", "Ok(())"),
        // The second calls the first, which is the one that comes back to itself.
        ("flow.a().await", "flow.a().await"),
    ] {
        let found = recursions(a, b);
        assert_eq!(found.len(), 1, "{a} {b}: {found:?}");
        assert!(
            found[0].starts_with("`a` calls itself on every path"),
            "{}",
            found[0]
        );
    }
}

#[test]
fn a_sub_flow_that_may_end() {
    for (a, b) in [
        ("if done { return Ok(()); } flow.a().await", "Ok(())"),
        ("if more { flow.a().await?; } Ok(())", "Ok(())"),
        ("match x { 1 => Ok(()), _ => flow.a().await }", "Ok(())"),
        (
            "match x { #[cfg(a)] 1 => flow.a().await, _ => flow.a().await }",
            "Ok(())",
        ),
        ("#[cfg(a)] let x = flow.a().await?; Ok(())", "Ok(())"),
        ("done || flow.a().await.is_ok(); Ok(())", "Ok(())"),
        ("flow.map(pages, |_| flow.a()).await?; Ok(())", "Ok(())"),
        (
            "flow.race((flow.sleep(limit), flow.a())).await?; Ok(())",
            "Ok(())",
        ),
        ("ensure!(more, \"no\"); flow.a().await", "Ok(())"),
        ("left.ok_or(Failed)?; flow.a().await", "Ok(())"),
        ("flow.a().timeout(left.ok_or(Failed)?).await", "Ok(())"),
        ("if done { never() } flow.a().await", "Ok(())"),
        ("helper(flow).await?; flow.a().await", "Ok(())"),
        (
            "flow.continue_as_new::<()>(()).await?; flow.a().await",
            "Ok(())",
        ),
        ("for page in pages { flow.a().await?; } Ok(())", "Ok(())"),
        (
            "'a: { if done { break 'a; } flow.a().await?; } Ok(())",
            "Ok(())",
        ),
        (
            "flow.b().await",
            "if more { flow.a().await } else { Ok(()) }",
        ),
    ] {
        assert_eq!(recursions(a, b), Vec::<String>::new(), "{a} {b}");
    }
}

/// Of a flow with this body, beside the steps `search` and `publish`.
#[track_caller]
fn uncalled(body: &str) -> Vec<String> {
    warnings_of_impl(&format!(
        "impl Article {{
            #[step] async fn search(&self, topic: Topic) -> Result<Topic> {{ Ok(topic) }}
            #[step(name = \"put out\")] async fn publish(&self) -> Result<()> {{ Ok(()) }}
            #[flow] async fn run(f: &Flow<Self>, topic: Topic) -> Result<Topic> {{ {body} }}
        }}"
    ))
}

#[test]
fn a_step_that_no_flow_calls() {
    assert_eq!(
        uncalled("f.search(topic).await"),
        ["no flow calls `publish`; write `f.publish().await?` where it belongs, or remove it"]
    );
    assert_eq!(
        uncalled("f.publish().await?; Ok(topic)"),
        ["no flow calls `search`; write `f.search(..).await?` where it belongs, or remove it"]
    );
}

#[test]
fn a_step_that_only_a_step_calls() {
    let found = |body: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                #[step] async fn search(&self, topic: Topic) -> Result<Topic> {{ {body} }}
                #[step] async fn publish(&self) -> Result<()> {{ Ok(()) }}
                #[flow] async fn run(f: &Flow<Self>, topic: Topic) -> Result<Topic> {{ f.search(topic).await }}
            }}"
        ))
    };
    for body in [
        "self.publish().await?; Ok(topic)",
        "if a { join!(self.publish()) } Ok(topic)",
    ] {
        assert_eq!(
            found(body),
            ["`search` calls the plain `publish`, which is not recorded; call both in the flow"],
            "{body}"
        );
    }
    for body in [
        "other.publish().await?; Ok(topic)",
        "let x = self.publish; Ok(topic)",
    ] {
        let found = found(body);
        assert_eq!(found.len(), 1, "{body}");
        assert!(
            found[0].starts_with("no flow calls `publish`"),
            "{body}: {found:?}"
        );
    }
}

#[test]
fn a_step_that_is_perhaps_called() {
    for body in [
        "f.publish().await?; f.search(topic).await",
        "#[cfg(feature = \"out\")] f.publish().await?; f.search(topic).await",
        "if never { f.publish().await?; } f.search(topic).await",
        "custom!(f.publish() => x); f.search(topic).await",
        "macro_rules! out { () => { f.publish().await? } } out!(); f.search(topic).await",
        "f.search(topic).await?; helper(f).await",
        "let g = f; f.search(topic).await",
    ] {
        assert_eq!(uncalled(body), Vec::<String>::new(), "{body}");
    }
    let kept = |attribute: &str| {
        warnings_of_impl(&format!(
            "impl Article {{ {attribute} #[step] async fn publish(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ Ok(()) }} }}"
        ))
    };
    assert_eq!(kept("").len(), 1);
    for attribute in [
        "#[allow(dead_code)]",
        "#[allow(clippy::all, unused, reason = \"soon\")]",
        "#[deprecated = \"gone\"]",
    ] {
        assert_eq!(kept(attribute), Vec::<String>::new(), "{attribute}");
    }
}

#[test]
fn a_sub_flow_that_only_itself_calls() {
    let found = warnings_of_impl(
        "impl Article {
            #[flow] async fn run(flow: &Flow<Self>) -> Result<()> { Ok(()) }
            #[flow] async fn again(flow: &Flow<Self>) -> Result<()> {
                if flow.now() > late { return Ok(()); }
                flow.again().await
            }
        }",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("no flow calls `again`"),
        "{}",
        found[0]
    );
}

#[test]
fn sub_flows_that_the_entry_does_not_lead_to() {
    let of = |run: &str, ping: &str, pong: &str, on_ping: &str| {
        warnings_of_impl(&format!(
            "impl Article {{
                #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
                #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {run} Ok(()) }}
                {on_ping} #[flow] async fn ping(flow: &Flow<Self>) -> Result<()> {{ {ping} Ok(()) }}
                #[flow] async fn pong(flow: &Flow<Self>) -> Result<()> {{ {pong} Ok(()) }}
            }}"
        ))
    };
    let (ping, pong) = (
        "if a { flow.ping().await?; }",
        "if a { flow.pong().await?; }",
    );
    let search = "flow.search().await?; if a { flow.pong().await?; }";
    for (a, b, first) in [
        (search, ping, "ping"),
        (search, "", "ping"),
        ("", "flow.search().await?; flow.ping().await?;", "pong"),
    ] {
        let found = of("", a, b, "");
        assert_eq!(found.len(), 1, "{a} {b}: {found:?}");
        assert!(
            found[0].starts_with(&format!("no flow calls `{first}`")),
            "{found:?}"
        );
    }
    assert_eq!(of("", "", "flow.search().await?;", "").len(), 2);
    assert_eq!(of(pong, search, ping, ""), Vec::<String>::new());
    assert_eq!(of(ping, search, ping, ""), Vec::<String>::new());
    // What stays may call what it likes.
    assert_eq!(
        of("", search, "", "#[allow(dead_code)]"),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_allowed_is_not_recorded_either() {
    let of = |attribute: &str| {
        let block = format!(
            "impl Article {{ #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
             {attribute} #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ loop {{ flow.search().await?; }} }} }}"
        );
        super::squeezed(&workflow("", &block).to_string()).contains("__d.warning(")
    };
    assert!(of(""));
    assert!(of("#[allow(dead_code)]"));
    assert!(!of("#[allow(deprecated, reason = \"soon\")]"));
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

#[test]
fn rustc_watches_a_flow_that_is_handed_on() {
    let of = |body: &str| {
        let block = format!(
            "impl Article {{ #[step] async fn search(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ {body} }} }}"
        );
        super::squeezed(&workflow("", &block).to_string())
    };
    let silenced = super::squeezed("#[allow(dead_code)] impl ArticleSteps {}").replace("{}", "");
    assert!(of("flow.search().await").contains(&silenced));
    assert!(!of("helper(flow).await").contains(&silenced));
}

#[test]
fn what_stays_uncalled_is_recorded_as_such() {
    let of = |attribute: &str| {
        let block = format!(
            "impl Article {{ {attribute} #[step(name = \"put-out\")] async fn publish(&self) -> Result<()> {{ Ok(()) }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<()> {{ Ok(()) }} }}"
        );
        super::squeezed(&workflow("", &block).to_string())
    };
    let recorded = super::squeezed("__d.allow_uncalled(\"put-out\");");
    assert!(!of("").contains("allow_uncalled"));
    assert!(of("#[allow(dead_code)]").contains(&recorded));
    assert!(of("#[deprecated]").contains(&recorded));
}
