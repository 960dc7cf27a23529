//! Calls that are given a name: which are forgotten, which are taken for their result, and which are well.

use super::reading::lint;
use super::{assert_holds, workflow};

#[test]
fn a_call_that_nobody_names_again_is_forgotten() {
    for body in [
        "let noted = flow.log(); x",
        "let _noted = flow.log(); x",
        "let noted: StepCall<()> = flow.log(); x",
        "let noted = flow.search(topic).timeout(t); x",
        "let noted = flow.parallel((flow.log(), flow.log())); x",
        "let noted = flow.log(); let noted = flow.search(noted(x)); noted.await",
        "{ let noted = flow.log(); } noted(); x",
        "for item in items { let noted = flow.log(); } x",
        "let mut all = Vec::new(); all.push(flow.log()); x",
        "let mut all = vec![]; for item in items { all.push(flow.search(item)); } x",
        "let mut all = Vec::with_capacity(2); all.push(flow.log()); all.push(flow.log()); x",
    ] {
        let found = lint(body);
        let forgotten = found
            .iter()
            .filter(|text| text.contains("so this does nothing"));
        let known = usize::from(!body.contains("noted(x)"));
        assert_eq!(forgotten.count(), known, "{body}: {found:?}");
    }
}

#[test]
fn a_call_that_is_named_again_may_be_awaited() {
    for body in [
        "let noted = flow.log(); noted.await?; x",
        "let noted = flow.log(); drop(noted); x",
        "let noted = flow.log(); flow.parallel((noted, flow.search(topic))).await?; x",
        "let noted = flow.log(); let noted = noted.settle(); noted.await; x",
        "let noted = flow.log(); if a { noted.await?; } x",
        "let noted = flow.log(); show(format!(\"{noted:?}\")); x",
        "let noted = flow.log(); my_join!(noted); x",
        "let noted = flow.log().await; x",
        "let found = flow.search(topic); found.timeout(t).await",
        "let found = flow.search(topic); let mut other = f(found).await?; x",
        "let found = flow.search(topic); let n = f(found).len(); x",
        "let found = flow.search(topic); for found in all { found.len(); } found.await",
        "let price = flow.search(topic); let print = flow.read(f(price).await?).await?; x",
        "let mut all = Vec::new(); all.push(flow.log()); all",
        "let mut all = Vec::new(); all.push(flow.log()); show(all); x",
        "let mut all = Vec::new(); all.push(flow.log().await?); x",
        "let mut all = Vec::new(); all.push(flow.log()); f(all).push(x); x",
        "let mut all = Set::new(); all.push(flow.log()); x",
        "let found = flow.now(); x",
        // What a method of the user's makes of it is not known.
        "let found = flow.search(topic).mine(); x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_name_for_a_call_is_no_name_for_its_result() {
    for (body, advice) in [
        (
            "let found = flow.search(topic); show(found.title); x",
            ".await?;",
        ),
        (
            "let found = flow.search(topic); Ok(found.len())",
            ".await?;",
        ),
        ("let found = flow.search(topic); Ok(found)", ".await?;"),
        (
            "let found = flow.search(topic); flow.read(found).await",
            ".await?;",
        ),
        (
            "let found = flow.search(topic); let found_now = found?; x",
            ".await;",
        ),
        (
            "let found = flow.search(topic); if found { x } else { y }",
            ".await?;",
        ),
        (
            "let found = flow.search(topic); match found { Ok(a) => a, Err(b) => b }",
            ".await;",
        ),
        (
            "let found = flow.search(topic); show(found.unwrap()); x",
            ".await;",
        ),
        (
            "let found = flow.search(topic); show(format!(\"{}\", found)); x",
            ".await?;",
        ),
        (
            "let found = flow.search(topic); show(found.a); show(found.b); x",
            ".await?;",
        ),
    ] {
        let found = lint(body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        let wanted = format!("write `let found = flow.search(..){advice}`");
        assert!(found[0].contains(&wanted), "{body}: {found:?}");
    }
}

#[test]
fn a_name_for_a_result_is_no_name_for_its_value() {
    for body in [
        "let found = flow.search(topic).await; show(found.title); x",
        "let found = flow.search(topic).await; Ok(found.len())",
        "let found = flow.search(topic).await; Ok(found)",
        "let found = flow.search(topic).await; flow.read(found).await",
        "show(flow.search(topic).await.title); x",
        "show(flow.search(topic).await.len()); x",
        "flow.read(flow.search(topic).await).await",
        "Ok(flow.search(topic).await)",
        "if flow.search(topic).await { x } else { y }",
    ] {
        assert_eq!(
            lint(body),
            ["`flow.search(..).await` is a `Result`; write `.await?`"],
            "{body}"
        );
    }
    for body in [
        "let found = flow.search(topic).await; show(found.is_ok()); x",
        "let found = flow.search(topic).await; match found { Ok(a) => a, Err(b) => b }",
        "let found = flow.search(topic).await; Ok(found?)",
        "let found = flow.search(topic).await; let found = found?; Ok(found.len())",
        "let found = flow.search(topic).await; for one in found { show(one); } x",
        "let found = flow.search(topic).await; show(found.clone()); x",
        "let found = flow.search(topic).await; found",
        "let found = flow.search(topic).await.ok(); found",
        "show(flow.search(topic).await.is_ok()); x",
        "{ let topic = flow.search(a).await; show(topic); } show(topic.title); x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

/// Or rustc would say the same again.
#[test]
fn beside_the_error_it_is_awaited() {
    let expansion = |call: &str| {
        let item = format!(
            "impl A {{ #[step] async fn a(&self) -> Result<T> {{ x }}
             #[flow] async fn run(flow: &Flow<Self>) -> Result<T> {{ let a = {call}; Ok(a.b) }} }}"
        );
        workflow("", &item)
    };
    for call in ["flow.a()", "flow.a().await"] {
        assert_holds(&expansion(call), "let a = flow.a().await?; Ok(a.b)");
    }
}
