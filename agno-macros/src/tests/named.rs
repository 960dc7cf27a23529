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
        "let found = flow.search(topic).await; flow.read(found.clone()).await",
        "let found = flow.search(topic).await; flow.read(found.clone()).await?; flow.polish(found.clone()).await",
        "for one in flow.search(topic).await { show(one); } x",
        "for one in flow.search(topic).await { show(one.a); flow.read(one).await?; } x",
        "show(flow.search(topic).await.iter().count()); x",
        "let all = flow.search(topic).await.into_iter().collect(); x",
        "let (a, b) = flow.parallel((flow.log(), flow.search(topic))).await; x",
        "let (a, b): (A, B) = flow.parallel((flow.log(), flow.search(topic))).await; x",
        "let both = flow.parallel((flow.log(), flow.search(topic))).await; let (a, b) = both; x",
        "match flow.search(topic).await { Quote { price, .. } => price }",
        "match flow.search(topic).await { Some(a) if a.b => a, _ => x }",
        "match flow.search(topic).await { Kind::New(a) | Kind::Old(a) => a, other => x }",
        "match flow.search(topic).await { \"a\" => x, _ => y }",
        "if let Some(found) = flow.search(topic).await { show(found); } x",
        "let Some(found) = flow.search(topic).await else { return x; }; found",
        "while let Some(found) = flow.search(topic).await { show(found); } x",
        "let found = flow.search(topic).await; if let Some(found) = found { show(found.a); } x",
    ] {
        let said: Vec<String> = lint(body)
            .iter()
            .map(|text| text.replace("parallel", "search"))
            .collect();
        let wanted = "`flow.search(..).await` is a `Result`; write `.await?`";
        assert_eq!(said, [wanted], "{body}");
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
        "match flow.search(topic).await { Ok(Quote { price, .. }) => price, Err(_) => x }",
        "match flow.search(topic).await { Ok(Some(a)) | Err(Own(a)) => a, _ => x }",
        "if let Result::Ok(found) = flow.search(topic).await { show(found); } x",
        "let Ok((a, b)) = flow.search(topic).await else { return x; }; a",
        "match flow.search(topic).await { answer => answer }",
        "match flow.search(topic).await { result if f(a) => result, _ => x }",
        "let (a, b) = (flow.search(topic).await, flow.log().await); x",
        "let (a, b) = flow.parallel((flow.log(), flow.search(topic))).await?; x",
        "show(flow.search(topic).await.clone()); x",
        "for one in flow.search(topic).await? { show(one); } x",
        "{ let topic = flow.search(a).await; show(topic); } show(topic.title); x",
    ] {
        assert_eq!(lint(body), Vec::<String>::new(), "{body}");
    }
}

/// The commonest line: the name is a parameter, an earlier one, or a part of a tuple.
#[test]
fn a_name_that_is_bound_again_stands_for_the_last() {
    for (body, add) in [
        ("let topic = flow.search(topic); show(topic.title); x", true),
        (
            "let topic = flow.search(topic); show(topic.clone()); x",
            true,
        ),
        (
            "let topic = flow.search(topic); flow.read(topic).await",
            true,
        ),
        (
            "let (a, topic) = parts(x); let topic = flow.search(a); Ok(topic)",
            true,
        ),
        (
            "let topic = f(x); if a { let topic = flow.search(topic); show(topic.a); } topic.b",
            true,
        ),
        (
            "let topic = flow.search(topic); { let topic = f(x); topic.a; } show(topic.b); x",
            true,
        ),
        (
            "let topic = flow.search(topic); let topic = topic.title; show(topic.a); x",
            true,
        ),
        (
            "let topic = flow.search(a); let topic = flow.read(topic).await?; show(topic.a); x",
            true,
        ),
        (
            "let topic = flow.search(topic).await; show(topic.title); x",
            false,
        ),
        (
            "let topic = flow.search(topic).await; flow.read(topic).await",
            false,
        ),
    ] {
        let found = lint(body);
        let wanted = match add {
            true => "write `let topic = flow.search(..).await?;`",
            false => "`flow.search(..).await` is a `Result`; write `.await?`",
        };
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].contains(wanted), "{body}: {found:?}");
    }
}

#[test]
fn a_name_that_is_bound_again_may_stand_for_something_else() {
    for body in [
        "let topic = flow.search(topic); let topic = topic.await?; show(topic.title); x",
        "let topic = flow.search(topic); show(1); Ok(topic.await?.title)",
        "let topic = flow.search(topic).await; let topic = topic?; show(topic.title); x",
        "let topic = flow.search(topic); if let Some(topic) = f(a) { topic.b; } drop(topic); x",
        "let topic = flow.search(topic); while let Some(topic) = f(a) { topic.b; } drop(topic); x",
        "let topic = flow.search(topic); let n = all.map(|topic| topic.b); drop(topic); x",
        "let topic = flow.search(topic); match a { Some(topic) => topic.b, _ => c }; drop(topic); x",
        "let topic = flow.search(topic); for topic in all { topic.b; } drop(topic); x",
        "let topic = flow.search(topic); let Some(topic) = f(topic) else { return y; }; topic.b",
        "let topic = flow.search(topic); let (topic, b) = f(topic); show(topic.b); x",
        "let topic = flow.search(topic); drop(topic); let topic: T = f(x); show(topic.b); x",
        "let topic = flow.search(topic); let mut topic = f(topic); topic.push(a); x",
        "let topic = flow.search(topic); let all = flow.map(a, |topic| flow.read(topic)).await?; drop(topic); x",
        "{ let topic = flow.search(topic); drop(topic); } show(topic.b); x",
        "let f = |a| { let topic = flow.search(a); drop(topic); topic.b }; x",
        "if a { let topic = flow.search(topic); drop(topic); } else { show(topic.b); } x",
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
