//! Flows that cannot end, and those that may.

use super::warnings::warnings_of_impl;
use super::{errors, workflow};

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
